// What is not there yet. A figure that has not been drawn: the server is asked for it when the reader comes near, or for
// all of them at once (print, export, tests) by the event "draw-all"; <html data-draw-all> says it for all that will come.
const NEAR = "150% 0px";
export const page = () => document.querySelector("[data-testid=stMain]");

// Streamlit gathers what widgets say at the same time into one request, for one fragment, and the others would not be
// run: a figure is asked for when the one before has come, and again where it does not come.
const PATIENCE = 4000, TRIES = 5;  // ms
const waiting = new Map();  // the places that are kept -> how each of them asks
let turn = Promise.resolve();

// A page that the reader leaves asks for nothing: Streamlit would join the question with the request for the next page,
// and stay. (html[data-leaving] says since when; a page that does not come is given up after a while.)
const LEAVES = 3000;  // ms
export async function stays() {
  const since = () => Number(document.documentElement.dataset.leaving ?? 0);
  while (Date.now() - since() < LEAVES) await new Promise((done) => setTimeout(done, 50));
}

function inTurn(next, all) {
  turn = turn.then(async () => {
    for (let i = 0, done = false; i < TRIES && !done; i++) {
      await stays();
      const root = next();
      if (!root) return;
      waiting.get(root)("act", { name: "near", all, n: Date.now() });
      done = await new Promise((end) => {
        root.__came = () => end(true);
        setTimeout(() => end(false), PATIENCE);
      });
    }
  });
}

// Everything at once is one request, for the whole page; what it does not bring is asked for by itself.
let asked = { when: 0 };
function askForAll() {
  if (asked.page === location.pathname && Date.now() - asked.when < PATIENCE) return;
  asked = { page: location.pathname, when: Date.now() };
  inTurn(() => [...waiting.keys()].find((root) => root.isConnected), true);
}

export function reserve(root, data, send) {
  root.style.minHeight = `${data.reserve}px`;
  root.replaceChildren(...data.anchors.map((id) => Object.assign(document.createElement("span"), { id })));
  waiting.set(root, send);
  if (root.__near) return;
  const ask = () => {
    root.__near.disconnect();
    document.removeEventListener("draw-all", everything);
    inTurn(() => (root.isConnected && waiting.has(root) ? root : undefined), false);
  };
  const everything = () => {
    askForAll();
    setTimeout(() => { if (root.isConnected && waiting.has(root)) ask(); }, 2 * PATIENCE);
  };
  root.__near = new IntersectionObserver((seen) => { if (seen.some((s) => s.isIntersecting)) ask(); }, { root: page(), rootMargin: NEAR });
  root.__near.observe(root);
  document.addEventListener("draw-all", everything);
  if (document.documentElement.dataset.drawAll) everything();  // said before this script had come
}

export function came(root) {
  waiting.delete(root);
  root.__came?.();
}

let printing = false;
export const keepsAll = () => printing || document.documentElement.dataset.drawAll !== undefined;
addEventListener("beforeprint", () => {
  printing = true;
  document.dispatchEvent(new Event("draw-all"));
});
addEventListener("afterprint", () => { printing = false; });

// What only that event brings (a quiz's items that are not shown): asked for in its turn, where it is still missing then.
export default function ({ parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lf-rest");
  waiting.set(root, setTriggerValue);
  if (!root.__asks) {
    root.__asks = () => inTurn(() => (root.isConnected && waiting.has(root) ? root : undefined), false);
    document.addEventListener("draw-all", root.__asks);
    if (document.documentElement.dataset.drawAll) root.__asks();
  }
  return () => {
    if (root.isConnected) return;
    document.removeEventListener("draw-all", root.__asks);
    came(root);
  };
}
