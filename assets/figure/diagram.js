// A drawing of ours (study/figures/diagram.py): SVG made of our own words and of escaped data.
import { STEPS } from "./dom.js";
import { NARROW } from "./layout.js";

const HALF = 0.55, WALL = 0.485;  // of the card, of a screen, at the most, for a drawing that stands beside figures

export const isMap = (view) => view.kind === "diagram" && view.pick;

export function diagram(p, view) {
  p.body.classList.add("lf-drawing");
  p.body.style.minHeight = "";
  p.body.style.maxWidth = `${view.width * (view.large ?? 1)}px`;
  const focused = document.activeElement?.closest?.("[data-block]"), had = focused && p.body.contains(focused);
  const drawing = new DOMParser().parseFromString(view.svg, "image/svg+xml").documentElement;
  p.body.replaceChildren(document.importNode(drawing, true));
  if (view.large && innerWidth >= NARROW) legible(p.body.firstChild);  // on a phone they would cover each other
  if (had) p.body.querySelector(".lf-block[tabindex='0']")?.focus({ preventScroll: true });
}

const SMALLEST = 20;  // px of a letter on the wall

// A drawing that is too high for the screen at the size of its letters: they grow a little within their boxes.
function legible(svg) {
  const scale = svg.getScreenCTM()?.d ?? 1;
  for (const text of svg.querySelectorAll("text")) {
    const size = Number(text.getAttribute("font-size"));
    if (size * scale < SMALLEST) text.setAttribute("font-size", (SMALLEST / scale).toFixed(2));
  }
}

// The width of a drawing that stands beside the figures of its step, in a card with this much room.
export function mapWidth(view, width, height) {
  const [w, h] = view.size;
  return Math.round(Math.min(view.width * (view.large ?? 1), (height * w) / h, (view.large ? WALL : HALF) * width));
}

// The name of the box that a click or a key chooses: the one under the pointer, the next in the direction of the arrow.
export function block(p, event) {
  const at = event.target.closest?.("[data-block]");
  const chosen = at ?? p.body.querySelector("[data-block][tabindex='0']");
  if (event.type === "click" || event.key === "Enter" || event.key === " ") return at?.dataset.block;
  const way = STEPS[event.key];
  if (!way || !chosen) return undefined;
  const middle = (of) => { const r = of.getBoundingClientRect(); return [r.y + r.height / 2, r.x + r.width / 2]; };
  const [y, x] = middle(chosen);
  const far = (of) => {  // along the arrow, and three times as much across it
    const [dy, dx] = [middle(of)[0] - y, middle(of)[1] - x], along = dy * way[0] + dx * way[1];
    return along > 4 ? along + 3 * Math.abs(dy * way[1] + dx * way[0]) : Infinity;
  };
  const [next] = [...p.body.querySelectorAll("[data-block]")].sort((a, b) => far(a) - far(b));
  if (!next || far(next) === Infinity) return undefined;
  p.body.querySelectorAll("[data-block]").forEach((of) => of.setAttribute("tabindex", of === next ? 0 : -1));
  next.focus({ preventScroll: true });
  // Where nothing is chosen yet, a choice may be an answer: the arrows only lead to it, Enter or the space bar gives it.
  return p.body.querySelector("[data-block][aria-pressed='true']") ? next.dataset.block : undefined;
}
