// The strip of a class: asks whether the room has changed, tells where the instructor is, goes where the class goes.
// ms between two questions; where the server does not answer; until the page is asked to be drawn once more; between two looks
const EVERY = 1500, SLOW = 15_000, AGAIN = 6000, LOOK = 600;
const CARD = "[class*=st-key-card_]";

let gone = "";  // where this document went last: the strip may be made anew, the document stays where it is

// Which demo is in sight, as its figure's key says it ("t5_attention-scaling-_figure"), and the step that it shows.
function inSight() {
  const middle = innerHeight / 2, cards = [...document.querySelectorAll(CARD)].filter((card) => !card.closest("[data-stale=true]"));
  const away = (card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return top > middle ? top - middle : bottom < middle ? middle - bottom : 0;
  };
  const shown = cards.find((card) => card.hasAttribute("data-present")) ?? cards.sort((a, b) => away(a) - away(b))[0];
  if (!shown || away(shown) > innerHeight / 2) return { demo: "", step: "" };
  const key = shown.querySelector("[class*='-_figure']")?.className.match(/st-key-([a-z0-9_]+)-([a-z0-9_]+)-_figure/);
  const state = shown.querySelector(".lf")?.__state;
  const step = state?.steps?.length > 1 ? state.steps[state.step]?.name ?? "" : "";
  return key ? { demo: `${key[1]}.${key[2]}`, step } : { demo: "", step: "" };
}

// The address has the values of the controls: what changes there has changed on the page.
function tell(state) {
  if (!state.data.drives) return;
  const place = inSight(), text = JSON.stringify([location.pathname, location.search, place]);
  const rests = text === state.seen && document.querySelector(".stApp")?.dataset.testScriptState === "notRunning";
  state.seen = text;
  if (!rests || text === state.told) return;
  state.told = text;
  state.send("at", { ...place, n: Date.now() });
}

async function ask(state) {
  let wait = EVERY;
  if (!document.hidden) {
    try {
      const answer = await fetch(state.data.pulse, { cache: "no-store" });
      const said = answer.ok ? await answer.text() : "";
      const part = (text) => (state.data.drives ? text : text.split(" ")[0]);
      if (said && part(said) !== part(state.data.at) && (state.heard !== part(said) || Date.now() - state.when > AGAIN)) {
        state.heard = part(said);
        state.when = Date.now();
        state.send("changed", { n: Date.now() });
      }
    } catch { wait = SLOW; }
  }
  if (state.root.isConnected) state.timer = setTimeout(() => ask(state), wait * (0.9 + 0.2 * Math.random()));  // a class does not ask in step
}

function go({ page, demo, n }) {
  if (!n || n === gone) return;
  gone = n;
  document.dispatchEvent(new CustomEvent("go-to", { detail: { page, anchor: demo || "top" } }));
  const figure = demo && document.querySelector(`.st-key-card_${demo} .lf`)?.__state;
  if (figure && location.pathname.endsWith(`/${page}`)) figure.send("act", { name: "follow", n: ++figure.n });  // drawn with the new values
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".classroom"), state = (root.__class ??= { root });
  state.data = data;
  state.send = setTriggerValue;
  document.documentElement.dataset.class = "";
  if (!state.timer) {
    state.timer = setTimeout(() => ask(state), EVERY);
    state.looks = setInterval(() => tell(state), LOOK);
  }
  go(data.go);
  return () => {
    if (root.isConnected) return;
    clearTimeout(state.timer);
    clearInterval(state.looks);
  };
}
