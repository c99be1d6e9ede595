// What stands around the figures: chips that set a demo to a state, tabs of its steps, sentences about the input, and
// the numbers that are the lesson, in large type.
import { make, spelled, unbroken } from "./dom.js";
import { counted } from "./counts.js";

export function top(state, data, redraw) {
  state.steps = data.steps;
  if (data.step && data.step.n !== state.stepAsked) {  // a link or a chip names a step; clicks on tabs are newer
    state.stepAsked = data.step.n;
    const i = data.steps.findIndex((step) => step.name === data.step.name);
    if (i >= 0) go(state, i);
  }
  if (state.step >= data.steps.length) go(state, 0);
  state.presets = data.presets;
  state.looks = data.looks ?? [];  // the steps with a sentence of their own: a picture has none
  const text = JSON.stringify([data.steps, data.presets, data.words]);
  if (state.topText !== text) {
    state.topText = text;
    const chips = make("div", "lf-chips"), tabs = make("div", "lf-tabs");
    chips.append(...data.presets.map((preset, i) => chip(state, preset, i)));
    chips.setAttribute("role", "group");
    chips.setAttribute("aria-label", data.words.presets);
    tabs.setAttribute("role", "tablist");
    if (data.steps.length > 1) tabs.append(...data.steps.map((step, i) => tab(state, step, i, redraw)));
    state.tabs = tabs;
    state.chips = chips;
    state.top.replaceChildren(...(data.presets.length ? [chips] : []), ...(data.steps.length > 1 ? [tabs] : []));
  }
  mark(state);
}

function chip(state, preset, i) {
  const button = make("button", "lf-chip");
  button.type = "button";
  button.dataset.preset = preset.name;
  button.append(make("i", "", String(i + 1)), spelled(make("span"), preset.label));
  button.addEventListener("click", () => {
    state.send("act", { name: "preset", preset: preset.name, counts: counted(), n: ++state.n });
  });
  return button;
}

function tab(state, step, i, redraw) {
  const button = spelled(make("button", "lf-tab"), step.label);
  button.type = "button";
  button.dataset.step = step.name;
  button.setAttribute("role", "tab");
  const show = (at) => { go(state, at); mark(state); redraw(); };
  button.addEventListener("click", () => show(i));
  button.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key], at = i + way;
    if (!way || !state.steps[at]) return;
    event.preventDefault();
    event.stopPropagation();
    show(at);
    state.tabs.children[at].focus();
  });
  return button;
}

function go(state, i) {
  state.moved ||= state.step !== i;
  state.step = i;
}

// The chosen tab, the chip whose values and step these are, and the look-for sentence of the step where it has one of its own.
function mark(state) {
  [...(state.tabs?.children ?? [])].forEach((tab, i) => {
    tab.setAttribute("aria-selected", i === state.step);
    tab.tabIndex = i === state.step ? 0 : -1;
  });
  tell(state);
  const shown = state.steps[state.step].name;
  [...(state.chips?.children ?? [])].forEach((chip, i) => {
    const { active, step } = state.presets[i];
    chip.setAttribute("aria-pressed", active && (!step || step === shown));
  });
  if (state.root.dataset.step !== shown) {
    state.root.dataset.step = shown;
    document.dispatchEvent(new Event("lf-step"));
  }
  const own = 1 + state.looks.indexOf(state.step);  // 0: the sentence of the whole demo
  state.card?.querySelectorAll("[class*='st-key-looks_'] p").forEach((look, i) => look.toggleAttribute("data-away", i !== own));
}

export function say(state, data) {
  state.said.replaceChildren(...data.said.map(({ kind, text }) => {
    const line = spelled(make("p", `lf-note lf-note-${kind}`), text);
    line.setAttribute("role", kind === "info" ? "status" : "alert");
    line.dir = "auto";
    return line;
  }));
  state.told = data.numbers;
  tell(state);
}

// The large numbers of the step that is shown; where it has none of its own, those of the whole demo.
function tell(state) {
  const all = state.told ?? [], shown = state.steps[state.step].name;
  const whole = !all.some(({ step }) => step === shown);
  state.numbers.replaceChildren(...all.filter(({ step }) => step === (whole ? "" : shown)).map(({ label, value }) => {
    const pair = make("div");
    pair.append(unbroken(spelled(make("dt"), label.replace(/(\S) = (?=\S)/g, "$1\u00a0=\u00a0"))), make("dd", "", value));
    return pair;
  }));
}
