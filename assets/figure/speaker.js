// What the speaker sees in a second window: the card on the wall by name, its step, notes, a clock; the next card stands
// below, drawn by the page. The two windows talk by a channel of the browser: the server has no part in it.
import { make } from "./dom.js";
import { notes } from "./speaker_notes.js";

const KEYS = { PageDown: "forward", " ": "forward", PageUp: "back", ArrowDown: "next", ArrowUp: "previous", r: "reveal", Enter: "reveal", b: "black", ".": "black" };
let view;

function build(root) {
  const v = { root, now: make("h2"), said: make("p", "speaker-said"), clock: make("time", "speaker-clock"), since: make("span", "speaker-since"),
    leads: make("div", "lecture-lead"), notes: make("div"), then: make("h2") };
  const top = make("div", "speaker-top"), times = make("div", "speaker-times");
  v.said.setAttribute("role", "status");
  times.append(v.clock, v.since);
  top.append(v.now, times);
  root.replaceChildren(top, v.said, v.leads, v.notes, v.then);
  v.timer = setInterval(() => tick(v), 500);
  return v;
}

const two = (n) => String(n).padStart(2, "0");
function tick(v) {
  const now = new Date(), past = v.began ? Math.floor((Date.now() - v.began) / 1000) : 0;
  v.clock.textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
  v.since.textContent = `${v.data.words.since} ${Math.floor(past / 60)}:${two(past % 60)}`;
}

function tell(v) {
  const { data, screen } = v, { words } = data, item = data.items[data.at], next = data.items[data.at + 1];
  v.now.textContent = `${words.now} ${data.at + 1}/${data.items.length} · ${item.lesson} ${item.title}`;
  const said = [item.state];
  if (!screen) said.push(words.waiting);
  else {
    if (screen.all > 1) said.push(words.step.replace("{n}", screen.n).replace("{all}", screen.all));
    if (screen.guess) said.push(words.hidden);
    if (screen.black) said.push(words.black);
  }
  v.said.textContent = said.filter(Boolean).join(" · ");
  v.then.textContent = next ? `${words.then} · ${next.lesson} ${next.title}` : words.end;
}

function does(v, what) {
  v.began ??= Date.now();
  v.channel.postMessage({ of: "speaker", does: what });
}

function dress(v) {
  const { words } = v.data, leads = [["back", words.back], ["forward", words.forward], ["reveal", words.reveal], ["black", words.blacken]];
  v.leads.replaceChildren(...leads.map(([what, label]) => {
    const node = make("button", `lecture-button ${what === "forward" ? "lecture-first" : ""}`, label);
    node.type = "button";
    node.dataset.do = what;
    node.addEventListener("click", () => does(v, what));
    return node;
  }));
  v.notes.replaceChildren(notes.box(words, v.data.items[v.data.at].note));
}

function heard(v, { data: screen }) {
  if (screen.of !== "screen") return;
  v.screen = screen.over ? undefined : screen;
  if (!screen.over) {
    v.began ??= Date.now();
    if (screen.show !== v.data.show) {  // the order has been changed in the other window
      const query = new URLSearchParams({ view: "presenter", show: screen.show, at: screen.at + 1 });
      return location.replace(`${location.pathname}?${query}`);
    }
    if (screen.at !== v.data.at) v.set("go", { at: screen.at, n: Date.now() });
  }
  tell(v);
}

document.addEventListener("keydown", (event) => {
  if (!view?.root.isConnected || event.ctrlKey || event.altKey || event.metaKey) return;
  const what = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!what || event.target.closest?.("input, textarea, select, button, a, summary, [role=tab], [role=application]")) return;
  event.preventDefault();
  event.stopPropagation();
  does(view, what);
}, { capture: true });

export function speaker({ data, setTriggerValue }, root, channel) {
  document.documentElement.classList.add("lf-speaker");
  const v = (view = root.__speaker ??= build(root)), text = JSON.stringify([data.words, data.at, data.items]);
  Object.assign(v, { data, channel, set: setTriggerValue });
  channel.hear = (event) => heard(v, event);
  if (v.text !== text) dress(v);
  if (!v.text) channel.postMessage({ of: "speaker", asks: true });
  v.text = text;
  tell(v);
  tick(v);
  return () => {
    if (root.isConnected) return;
    clearInterval(v.timer);
    document.documentElement.classList.remove("lf-speaker");
  };
}
