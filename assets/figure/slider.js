// A slider whose figure follows the thumb. A value is sent while the thumb moves, but never more than one is under way:
// the next goes when the last has been answered, so that a class that drags does not queue. As with the sentence, each
// value carries a count that only grows, and an older one never replaces a newer one.
import { register } from "./counts.js";
import { label } from "./dom.js";

const PAUSE = 120, PATIENCE = 3000;  // ms between two values at the least; until an answer is given up

function build(root) {
  const box = document.createElement("label"), name = document.createElement("span"), shown = document.createElement("output");
  const input = document.createElement("input");
  input.type = "range";
  box.append(name, shown, input);
  root.append(box);
  const view = { name, shown, input, n: -1, sent: -1, answered: -1, at: 0, timer: 0 };
  input.addEventListener("input", () => {
    view.n += 1;
    tell(view);
    send(view);
  });
  register(view);
  return view;
}

function tell(view) {
  const { texts, digits } = view.data, at = Number(view.input.value);
  const text = (texts ? texts[at] : at.toFixed(digits)).replace("-", "−");
  view.shown.textContent = text;
  view.input.setAttribute("aria-valuetext", text);
}

function send(view) {
  if (view.timer) return;
  const now = Date.now(), waits = view.sent > view.answered && now - view.at < PATIENCE ? PATIENCE : PAUSE - (now - view.at);
  if (waits > 0) {
    view.timer = setTimeout(() => { view.timer = 0; send(view); }, waits);
    return;
  }
  if (view.sent >= view.n) return;
  view.sent = view.n;
  view.at = now;
  view.set("moved", { value: Number(view.input.value), n: view.n });
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".slider");
  const view = (root.__view ??= build(root));
  view.set = setStateValue;
  view.data = data;
  view.key = data.name;
  view.answered = data.n;
  label(view.name, data.label);
  Object.assign(view.input, { min: data.low, max: data.high, step: data.step });
  view.input.setAttribute("aria-label", data.label.replaceAll("$", ""));
  if (data.n >= view.n || data.session !== view.session) {
    view.n = data.n;
    view.sent = data.n;
    if (Number(view.input.value) !== data.at) view.input.value = data.at;
    tell(view);
  }
  view.session = data.session;
  if (view.timer) {  // the answer to the last value has come: the next may go
    clearTimeout(view.timer);
    view.timer = 0;
  }
  send(view);
}
