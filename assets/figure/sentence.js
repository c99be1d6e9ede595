// The lesson's sentence: a box in every card that asks for it, all of them views of one text. What was typed last wins:
// each text carries a count that only grows, here and at the server, and an older one never replaces a newer one.
import { register } from "./counts.js";
import { label } from "./dom.js";

const PAUSE = 400;  // ms without a key until the text is sent

const texts = (window.__sentences ??= new Map());  // name -> {text, n, session, views}

function known(name) {
  if (!texts.has(name)) {
    texts.set(name, { key: name, text: "", n: -1, session: "", views: new Set(), timer: 0 });
    register(texts.get(name));
  }
  return texts.get(name);
}

function show(text) {
  for (const view of text.views) {
    if (!view.input.isConnected && view.shown) text.views.delete(view);
    else if (!view.composing && view.input.value !== text.text) view.input.value = text.text;
    view.shown ||= view.input.isConnected;
  }
}

function send(view) {
  clearTimeout(view.text.timer);
  view.text.timer = 0;
  view.set("typed", { text: view.text.text, n: view.text.n });
}

function typed(view) {
  const text = view.text;
  if (view.composing || view.input.value === text.text) return;
  text.text = view.input.value;
  text.n += 1;
  show(text);
  clearTimeout(text.timer);
  text.timer = setTimeout(() => send(view), PAUSE);
}

function build(root) {
  const box = document.createElement("label"), name = document.createElement("span"), input = document.createElement("input");
  const view = { root, name, input, composing: false };
  input.type = "text";
  input.dir = "auto";
  input.autocomplete = "off";
  input.spellcheck = false;
  box.append(name, input);
  root.append(box);
  input.addEventListener("input", () => typed(view));
  input.addEventListener("compositionstart", () => { view.composing = true; });
  input.addEventListener("compositionend", () => { view.composing = false; typed(view); });
  const now = () => { if (view.text.timer) send(view); };
  input.addEventListener("blur", now);
  input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !view.composing) now(); });
  return view;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sentence");
  const view = (root.__view ??= build(root)), text = known(data.name);
  view.set = setStateValue;
  label(view.name, data.label);
  view.text = text;
  text.views.add(view);
  if (data.n >= text.n) {  // as many: the answer to what was sent last, or to a reset
    text.text = data.text;
    text.n = data.n;
  } else if (data.session !== text.session && data.text !== text.text) {
    send(view);  // the connection was lost and came back as a new session: it does not know what was typed
  }
  text.session = data.session;
  show(text);
  return () => { if (!root.isConnected) text.views.delete(view); };
}
