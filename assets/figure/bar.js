// The quiet links under the figure: where the numbers come from, reset, copy, put into my answer, data, full screen.
import { make } from "./dom.js";
import { put } from "./answer.js";
import { counted } from "./counts.js";
import { leave, present } from "./present.js";

export function actions(state, data) {
  const text = JSON.stringify(data.bar);
  Object.assign(state, { demo: data.bar.demo, item: data.bar.item });
  if (state.bar.__text === text) return;
  state.bar.__text = text;
  if (!data.bar.demo) return state.bar.replaceChildren();  // a picture in a note
  const bar = data.bar, shown = Boolean(bar.kind);  // without a figure there is no source and no data
  const act = (name, label, run) => {
    const button = make("button", "lf-act", label);
    button.type = "button";
    button.dataset.act = name;
    button.addEventListener("click", () => run(button));
    return button;
  };
  const flash = (button, words) => {
    const old = button.textContent;
    button.textContent = words;
    setTimeout(() => { button.textContent = old; }, 2500);
  };
  const links = make("span", "lf-links"), cross = act("leave", "×", leave);
  cross.title = bar.leave;
  cross.setAttribute("aria-label", bar.leave);
  links.append(
    act("reset", bar.reset, () => state.send("act", { name: "reset", counts: counted(), n: ++state.n })),
    act("copy", bar.copy, async (button) => {
      const step = state.steps.length > 1 && state.step ? `${bar.link ? "&" : "?"}${bar.demo}.step=${state.steps[state.step].name}` : "";
      const link = location.origin + location.pathname + bar.link + step + bar.anchor;
      try { await navigator.clipboard.writeText(link); flash(button, bar.copied); }
      catch { prompt(bar.copy, link); }
    }),
    ...(bar.put ? [act("put", bar.put, (button) => {
      if (put(bar.answer, bar.marks[state.step] ?? bar.marks[0])) flash(button, bar.put_done);
      else state.send("act", { name: "put", step: state.step, n: ++state.n });  // the card says what became of it
    })] : []),
    ...(shown ? [act("data", bar.data, () => state.send("act", { name: "data", n: ++state.n }))] : []),
    act("full", bar.full, () => present(state)),
    cross,
  );
  const putting = links.querySelector("[data-act=put]");
  if (putting) putting.title = bar.putting;
  state.bar.replaceChildren(...(shown ? origin(bar) : []), links);
}

function origin(bar) {
  const badge = make("span", `lf-origin lf-${bar.kind}`, bar.origin);
  badge.title = bar.meaning;
  const source = make(bar.card ? "a" : "span", "lf-source");
  source.append(...bar.source.split(/(?<=\|)/).flatMap((part, i) => (i ? [make("wbr"), part] : [part])));  // a signature's parts
  if (bar.card) Object.assign(source, { href: bar.card, target: "_blank", rel: "noopener" });
  return [badge, source];
}
