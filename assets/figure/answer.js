// The student's own answer: a text area that reports after a pause, and when it is left. What is being typed is never
// replaced by something older: each text carries a count that only grows, here and at the server. What the server has
// not acknowledged yet waits in this tab's storage and survives a reload.
import { make } from "./dom.js";

const PAUSE = 500;  // ms without a key until the text is sent: with the way there and back it is kept within a second
const STORE = "answer:";

const texts = (window.__answers ??= new Map());  // name -> {text, n, seen, session, timer}

const views = new Map();  // name -> the box that was built last

function waiting(name) {
  try {
    return JSON.parse(sessionStorage.getItem(STORE + name));
  } catch {
    return null;
  }
}

function keep(text) {
  try {
    sessionStorage.setItem(STORE + text.name, JSON.stringify({ text: text.text, seen: text.seen }));
  } catch { /* storage is full or forbidden: the server still gets the text */ }
}

function known(data) {
  let text = texts.get(data.name);
  if (!text) {
    texts.set(data.name, (text = { name: data.name, text: "", n: -1, seen: 0, session: "", timer: 0 }));
    const left = waiting(data.name);
    if (typeof left?.text === "string" && left.text !== data.text) Object.assign(text, left, { n: data.n + 1 });
  }
  return text;
}

function send(view) {
  const { text } = view;
  clearTimeout(text.timer);
  text.timer = 0;
  // seen: the version that this text began with, as this session (or, after a lost connection, an older one) knew it
  view.set("typed", { text: text.text, n: text.n, seen: text.seen, session: text.session });
}

function typed(view) {
  const { text } = view;
  if (view.composing || view.input.value === text.text) return;
  text.text = view.input.value;
  text.n += 1;
  keep(text);
  status(view);
  clearTimeout(text.timer);
  text.timer = setTimeout(() => send(view), PAUSE);
}

// What became of it: being typed, saved at …, or the server's sentence why not.
function status(view) {
  const { text, data } = view, { kind, said, saved } = data.status, typing = text.n > data.n;
  const time = saved && new Date(saved).toLocaleTimeString(data.lang, { hour: "2-digit", minute: "2-digit" });
  view.status.dataset.kind = typing ? "typing" : kind;
  view.status.textContent = typing ? data.words.typing : kind === "saved" ? data.words.saved.replace("{time}", time) : said;
}

// Puts a paragraph at the end of an answer and sends it at once; false where its box does not stand on this page.
export function put(name, markdown) {
  const view = views.get(name);
  if (!view?.root.isConnected) return false;
  const before = view.input.value.trimEnd();
  view.input.value = `${before}${before && "\n\n"}${markdown}\n`;
  typed(view);
  if (view.text.timer) send(view);
  return true;
}

function build(root) {
  const box = make("label"), name = make("span"), input = make("textarea"), told = make("p");
  const view = { root, name, input, status: told, composing: false };
  input.dir = "auto";
  input.rows = 9;
  told.setAttribute("role", "status");
  box.append(name, input);
  root.append(box, told);
  const now = () => { if (view.text.timer) send(view); };
  input.addEventListener("input", () => typed(view));
  input.addEventListener("compositionstart", () => { view.composing = true; });
  input.addEventListener("compositionend", () => { view.composing = false; typed(view); });
  input.addEventListener("blur", now);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) now();
  });
  document.addEventListener("visibilitychange", () => { if (root.isConnected && document.hidden) now(); });
  return view;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".answer");
  const view = (root.__view ??= build(root)), text = known(data);
  Object.assign(view, { set: setStateValue, text, data });
  views.set(data.name, view);
  view.name.textContent = data.label;
  const other = data.session !== text.session;
  if (data.n >= text.n) {  // as many: the answer to what was sent last
    Object.assign(text, { text: data.text, n: data.n, seen: data.seen, session: data.session });
    if (data.status.kind === "saved") sessionStorage.removeItem(STORE + text.name);
  } else if (other && data.text !== text.text) {
    send(view);  // the page or the connection came back as a new session: it does not know what was typed
  } else if (other) {
    Object.assign(text, { seen: data.seen, session: data.session });
  }
  if (!view.composing && view.input.value !== text.text) view.input.value = text.text;
  status(view);
}
