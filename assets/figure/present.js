// A card that fills the screen: its type is larger, keys walk through its states and steps, Esc and × leave. By itself
// (the link under a card), or as one of a lecture (lecture.js), where keys lead on to the next card, and what was
// measured stays hidden until the room has guessed.
import { clamp } from "./dom.js";
import { blacken, covered, help, lift } from "./screens.js";

const LARGE = 1.7;  // type, as a multiple of what it is on the page: ticks of 12 px have 20
const SMALLEST = 20;  // px of a number on a bar: one that has no room for it has none
const OWN_ARROWS = "input, textarea, select, [contenteditable], [role=tab], [role=radio], [role=application], .lf-lines, .lf-grid, .lf-map";
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const BEHIND = ".st-key-bar";  // a card covers it: whoever chose a language there has the focus on it still
const PRESSED = "button, a, summary, [role=button], input";  // what Enter and the space bar press
// What a key hides: classes of the document.
const HIDES = { guess: "lf-guess", looks: "lf-no-look", bare: "lf-bare", controls: "lf-no-controls" };

const page = document.documentElement;
let shown;  // the state of the card that fills the screen
let talk;  // the lecture that it belongs to (lecture.js): what leads on, who is told
let place;  // where the page stood
let full = false;  // does the document fill the screen?

export const presenting = (state) => shown === state;
const hidden = (what) => page.classList.contains(HIDES[what]);

// The whole document fills the screen and the card the document, for menus of Streamlit stand beside the card in it. A
// browser that lets no page fill the screen (Safari on a phone) shows the card in its window.
export function present(state) {
  if (shown === state || !state.card || (shown && !talk)) return;
  if (shown) undress(shown);
  shown = state;
  const main = document.querySelector("[data-testid=stMain]");
  place ??= { main, top: main?.scrollTop ?? 0 };
  state.card.parentElement.style.minHeight = `${state.card.offsetHeight}px`;  // what follows stays where it is
  state.card.setAttribute("data-present", "");
  page.classList.add("lf-presenting");
  fill();
  guessing();
  state.refresh();
}

const fill = () => { if (!document.fullscreenElement) page.requestFullscreen?.().catch(() => {}); };

// A lecture begins: from now on every card that comes fills the screen.
export function stage(lecture) {
  if (talk) return;
  if (shown) leave();
  talk = lecture;
  page.classList.add("lf-staged", HIDES.controls);
  fill();
}

// The next card of a lecture is there: the room guesses anew.
export function guessing() {
  page.classList.toggle(HIDES.guess, Boolean(talk));
  if (talk) page.classList.remove(HIDES.bare);
  talk?.told();
}

function undress(state) {
  state.card.removeAttribute("data-present");
  state.card.parentElement?.style.removeProperty("min-height");
}

export function leave() {
  const state = shown, over = talk;
  if (!state && !over) return;
  shown = talk = undefined;
  full = false;  // the browser tells of its end later: a card that fills the screen by then stays
  if (document.fullscreenElement) document.exitFullscreen();
  page.classList.remove("lf-presenting", "lf-staged", ...Object.values(HIDES));
  delete page.dataset.lecture;
  lift();
  if (state) undress(state);
  const { main, top } = place ?? {};
  place = undefined;
  if (state?.card.isConnected) {  // else the reader has gone to another page
    if (main) main.scrollTop = top;
    state.root.querySelector("[data-act=full]")?.focus({ preventScroll: true });
    state.refresh();
  }
  over?.left();
}

// A card that has come: in a lecture it fills the screen when it is its turn.
export function joins(state) {
  if (talk?.wants(state.demo) && state.came) present(state);
}

// Another window is opened, for which browsers end the full screen: the lecture goes on in its window.
export function windowed() {
  full = false;
}

// The card has gone from the page. In a lecture the next one takes its place.
export function gone(state) {
  if (shown !== state) return;
  if (talk || page.dataset.lecture === "coming") shown = undefined;
  else leave();
}

// What the speaker may want to know of the card on the screen.
export function standing() {
  const tabs = steps(), { step = 0, steps: all = [] } = shown ?? {};
  return { step: all[step]?.name ?? "", n: step + 1, all: tabs.length, guess: hidden("guess") && numbers(), black: covered() === "black" };
}

const steps = () => [...(shown?.tabs?.children ?? [])];
const numbers = () => Boolean(shown?.numbers.children.length || shown?.card.querySelector("[class*=st-key-small_]"));

// The chips one after the other; what the server has not answered yet counts as pressed.
function walk(state, way) {
  const chips = [...(state.chips?.children ?? [])];
  if (!chips.length) return;
  const pressed = chips.findIndex((chip) => chip.getAttribute("aria-pressed") === "true");
  state.walked = clamp((state.walked ?? pressed) + way, 0, chips.length - 1);
  clearTimeout(state.walking);
  state.walking = setTimeout(() => { state.walked = undefined; }, 1500);
  chips[state.walked].click();
}

// One press of a clicker: the next step; behind the last one what was measured; then the next card.
function forward() {
  const next = shown && steps()[shown.step + 1];
  if (next) next.click();
  else if (shown && hidden("guess") && numbers()) toggle("guess");
  else talk?.go(1);
}

function back() {
  const before = shown && steps()[shown.step - 1];
  if (before) before.click();
  else talk?.go(-1);
}

function toggle(what) {
  page.classList.toggle(HIDES[what]);
  shown?.refresh();
  talk?.told();
}

// What the speaker's second window may ask for, too.
export const DOES = {
  forward, back,
  next: () => talk?.go(1),
  previous: () => talk?.go(-1),
  reveal: () => toggle("guess"),
  look: () => toggle("looks"),
  figure: () => toggle("bare"),
  controls: () => toggle("controls"),
  reset: () => shown?.root.querySelector("[data-act=reset]")?.click(),
  black: () => { blacken(); talk?.told(); },
  presenter: () => talk?.presenter(),
  help: () => help(Boolean(talk)),
};
const KEYS = { PageDown: "forward", " ": "forward", PageUp: "back", ArrowDown: "next", ArrowUp: "previous", r: "reveal",
  Enter: "reveal", w: "look", f: "figure", c: "controls", 0: "reset", b: "black", ".": "black", p: "presenter", "?": "help" };

function meant(event) {
  const { key, target } = event, at = (what) => Boolean(target.closest?.(what));
  if (at(TYPED)) return undefined;
  if (/^[1-9]$/.test(key)) return () => shown?.chips?.children[key - 1]?.click();
  if (key === " " || key === "Enter") {  // a button that was clicked keeps the focus, and does not mean it
    if (tabbed && at(PRESSED)) return undefined;
    return key === " " && event.shiftKey ? back : DOES[KEYS[key]];
  }
  if (key.startsWith("Arrow") && at(OWN_ARROWS) && !at(BEHIND)) return undefined;
  if (key === "ArrowLeft" || key === "ArrowRight") return () => shown && walk(shown, key === "ArrowLeft" ? -1 : 1);
  return DOES[KEYS[key.length === 1 ? key.toLowerCase() : key]];
}

let tabbed = false;  // has the focus come by Tab?
document.addEventListener("pointerdown", () => { tabbed = false; }, { capture: true, passive: true });

document.addEventListener("keydown", (event) => {
  if (event.key === "Tab") tabbed = true;
  if ((!shown && !talk) || event.ctrlKey || event.altKey || event.metaKey) return;
  if (shown && !shown.card.isConnected && !talk) return leave();
  const act = event.key === "Escape" ? (covered() ? lift : leave) : meant(event);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();  // on the page these keys lead to another lesson
  if (covered() && act !== DOES.help) {  // a key that is pressed on a black screen brings the card back, no more
    lift();
    talk?.told();
    return;
  }
  act();
  if (talk && shown && act !== DOES.presenter) fill();
}, { capture: true });
document.addEventListener("lf-step", () => talk?.told());
document.addEventListener("fullscreenchange", () => {
  if (full && !document.fullscreenElement) leave();  // by the browser's own Esc
  full = Boolean(document.fullscreenElement);
});

// A view with its type as large as a lecture's; `large` says so to what is drawn without Plotly.
export function enlarged(view) {
  const more = { ...view, large: LARGE };
  if (view.widest) more.widest = view.widest * LARGE;
  if (view.figure) more.figure = { data: view.figure.data.map(trace), layout: layout(view.figure.layout) };
  if (view.terms) more.terms = view.terms.map(enlarged);
  return more;
}

const font = (of) => of && { ...of, size: of.size * LARGE };

// A title without what stands in brackets: beside a matrix there is no room for it in this size.
function axis(of) {
  if (!of) return of;
  const title = of.title?.text && { ...of.title, text: of.title.text.replace(/ ?[(（].*[)）]/, ""), font: font(of.title.font) };
  const powers = of.type === "log" && !of.tickvals && { dtick: 1 };  // Plotly writes what stands between them in smaller digits
  return { ...of, tickfont: font(of.tickfont), ...(title && { title }), ...powers };
}

function layout(of) {
  const margin = of.margin && Object.fromEntries(Object.entries(of.margin).map(([side, px]) => [side, px * LARGE]));
  return { ...of, font: font(of.font), hoverlabel: { ...of.hoverlabel, font: font(of.hoverlabel?.font) }, margin,
    ...(of.uniformtext && { uniformtext: { ...of.uniformtext, minsize: SMALLEST } }), xaxis: axis(of.xaxis), yaxis: axis(of.yaxis) };
}

function trace(of) {
  const line = of.line?.width ? { ...of.line, width: of.line.width * LARGE } : of.line;
  const marker = typeof of.marker?.size === "number" ? { ...of.marker, size: of.marker.size * LARGE } : of.marker;
  return { ...of, ...(line && { line }), ...(marker && { marker }), ...(of.textfont && { textfont: font(of.textfont) }) };
}
