// The page of a lecture (study/shell/lecture.py): the cards in their order, the controls that stay on the screen, the
// speaker's notes; and what leads through the cards while one fills the screen. Notes stay in this browser.
import { make } from "./dom.js";
import { DOES, guessing, joins, leave, stage, standing, windowed } from "./present.js";
import { Channel, notes } from "./speaker_notes.js";
import { speaker } from "./speaker.js";

const page = document.documentElement, PATIENCE = 4000;  // ms until an answer is given up
let view;  // the list of this page
let channel;

const lecture = {
  wants: (demo) => view?.items[view.at]?.key === demo,
  go(way) { show(view.at + way); },
  presenter() {
    windowed();
    open(address({ view: "presenter" }), "presenter", "popup,width=1180,height=760");
  },
  told() {
    channel?.postMessage({ of: "screen", show: view.data.show, at: view.at, ...standing() });
    const { step } = standing();
    if (step !== view.step && page.classList.contains("lf-staged")) {
      view.step = step;
      view.set("step", { step, n: Date.now() });
    }
  },
  left() {
    channel?.postMessage({ of: "screen", over: true });
    if (view.root.isConnected) document.querySelector("[class*=st-key-to_lecture_] a")?.click();  // to the lesson that the key L was pressed in
  },
};

// The address of this lecture. Commas and colons may stand in it as they are, so that people can read it.
function address(more = {}) {
  const readable = (text) => encodeURIComponent(text).replace(/%(2C|3A|3B|3D)/g, decodeURIComponent);
  const all = { ...more, show: view.data.show, ...(more.view && { at: String(view.at + 1) }) };
  return `${location.origin}${location.pathname}?${Object.entries(all).map(([k, v]) => `${k}=${readable(v)}`).join("&")}`;
}

function show(at) {
  if (!view.items[at]) return;
  view.at = at;
  view.asked = Date.now();
  view.set("go", { at, n: view.asked });
  lecture.told();
}

function edit(items, at) {
  view.set("edit", { items: items.map(({ text }) => text), at: Math.max(0, Math.min(at, items.length - 1)), n: Date.now() });
}

function start() {
  stage(lecture);
  const state = document.querySelector(`.st-key-page .st-key-card_${view.items[view.at].key.split(".")[1]} .lf`)?.__state;
  if (state) joins(state);
}

function button(does, label, run, name = "lecture-button") {
  const node = make("button", name, label);
  node.type = "button";
  node.dataset.do = does;
  node.addEventListener("click", () => run(node));
  return node;
}

async function copy(node) {
  const { copy: label, copied } = view.data.words, link = address();
  try {
    await navigator.clipboard.writeText(link);
    node.textContent = copied;
    setTimeout(() => { node.textContent = label; }, 2500);
  } catch { prompt(label, link); }
}

// The card as it stands now takes the place of the one in the list.
function keep() {
  const state = document.querySelector(".st-key-page [class*=st-key-card_] .lf")?.__state, item = view.items[view.at];
  if (!state?.item || !lecture.wants(state.demo)) return;
  const step = state.steps[state.step]?.name, told = [step && `step=${step}`, item.pins.length && `pin=${item.pins.join(".")}`].filter(Boolean);
  const text = told.length ? `${state.item}${state.item.includes(":") ? ";" : ":"}${told.join(";")}` : state.item;
  notes.move(item.note, text.replace(/[:;]pin=[^;]*/, ""));
  edit(view.items.map((other, i) => (i === view.at ? { text } : other)), view.at);
}

function row(item, i) {
  const { words } = view.data, line = make("li"), all = view.items;
  const title = button(`show${i}`, "", () => show(i), "lecture-title");
  title.append(make("b", "", item.lesson), make("span", "", item.title), ...(item.state ? [make("small", "", item.state)] : []));
  if (i === view.data.at) line.setAttribute("aria-current", "true");
  const move = (way, sign, label) => {
    const node = button(`${way < 0 ? "up" : "down"}${i}`, sign, () => {
      const next = [...all];
      next.splice(i + way, 0, ...next.splice(i, 1));
      view.focus = `${way < 0 ? "up" : "down"}${i + way}`;
      edit(next, view.at === i ? i + way : view.at === i + way ? i : view.at);
    });
    node.disabled = !all[i + way];
    return named(node, `${label}: ${item.title}`);
  };
  const remove = named(button(`remove${i}`, "×", () => edit(all.filter((_, j) => j !== i), view.at > i ? view.at - 1 : view.at)), `${words.remove}: ${item.title}`);
  line.append(title, move(-1, "↑", words.up), move(1, "↓", words.down), remove);
  return line;
}

function named(node, label) {
  node.title = label;
  node.setAttribute("aria-label", label);
  return node;
}

// The controls of the card that may stay on the screen.
function pins(item) {
  const { words, controls } = view.data, box = make("fieldset", "lecture-pins");
  box.append(make("legend", "", words.pins), ...controls.map(({ name, label }) => {
    const choice = make("label"), tick = make("input");
    tick.type = "checkbox";
    tick.checked = item.pins.includes(name);
    tick.addEventListener("change", () => {
      const next = controls.map((c) => c.name).filter((n) => (n === name ? tick.checked : item.pins.includes(n)));
      const bare = item.text.replace(/([:;])pin=[^;]*;?/, "$1").replace(/[:;]$/, "");
      const text = next.length ? `${bare}${bare.includes(":") ? ";" : ":"}pin=${next.join(".")}` : bare;
      edit(view.items.map((other, i) => (i === view.at ? { text } : other)), view.at);
    });
    choice.append(tick, make("span", "", label.replaceAll("$", "").replaceAll("\\", "")));
    return choice;
  }));
  box.hidden = !controls.length;
  return box;
}

// Of the rail only what is pinned stands on the screen; the key C shows all of it.
const style = make("style");
function hold(item) {
  const keys = item.pins.map((name) => `st-key-${CSS.escape(item.key.replace(".", "-"))}-${CSS.escape(name)}`);
  const own = keys.map((key) => `.${key}, .${key}-_thumb, :has(.${key}, .${key}-_thumb, [class*="${key}-_editor"])`).join(", ");
  style.textContent = own && `html.lf-no-controls.lf-pinned [data-present] [class*="st-key-rail"] > :not(${own}) { display: none; }`;
  if (!style.isConnected) document.head.append(style);
  page.classList.toggle("lf-pinned", keys.length > 0);
}

function draw(root) {
  const { data, items } = view, { words } = data, item = items[data.at], list = make("ol", "lecture-list");
  const lines = make("div", "lecture-lead");
  lines.append(button("start", words.start, start, "lecture-button lecture-first"), button("presenter", words.presenter, lecture.presenter),
    button("copy", words.copy, copy), button("keep", words.keep, keep));
  list.setAttribute("aria-label", words.list);
  list.append(...items.map(row));
  root.replaceChildren(lines, list, pins(item), notes.box(words, item.note));
  const again = view.focus && root.querySelector(`[data-do=${view.focus}]`);
  (again?.disabled ? again.parentElement.querySelector(".lecture-button:not(:disabled)") : again)?.focus();
  view.focus = undefined;
}

document.addEventListener("keydown", (event) => {
  if (!view?.root.isConnected || page.classList.contains("lf-staged") || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], [role=combobox]")) return;
  if (event.key.toLowerCase() === "l") start();
  else if (event.key.toLowerCase() === "p") lecture.presenter();
});

function heard({ data }) {
  if (data.of !== "speaker" || !view?.root.isConnected) return;
  if (data.does in DOES && page.classList.contains("lf-staged")) DOES[data.does]();
  lecture.told();
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component, root = parentElement.querySelector(".lecture");
  channel ??= new Channel(heard);
  if (data.view) return speaker(component, root, channel);
  const before = view?.root === root ? view : { root, at: data.at, step: "" };
  view = Object.assign(before, { data, items: data.items, set: setTriggerValue });
  const waits = view.asked && view.at !== data.at && Date.now() - view.asked < PATIENCE;  // an answer to what was asked before
  if (!waits) view.at = data.at;
  const text = JSON.stringify(data), card = `${data.at} ${data.items[data.at].text}`;
  if (view.text !== text) draw(root);
  view.text = text;
  hold(data.items[data.at]);
  if (view.card !== card) {
    view.step = "";  // as the server has it for a new card
    if (page.classList.contains("lf-staged")) guessing();
  }
  view.card = card;
  if (page.dataset.lecture === "coming") {
    page.dataset.lecture = "came";
    start();
  }
  lecture.told();
  return () => {
    if (root.isConnected || view.root !== root) return;
    if (page.classList.contains("lf-staged")) leave();
  };
}
