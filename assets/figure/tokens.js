// Chips with marks, and lines from tokens to tokens.
import { clamp, make } from "./dom.js";

// --- chips: a text that wraps, its marks as colours and as bars below --------------------------------------------------
export function tokens(p, view) {
  const text = make("div", "lf-tokens");
  text.dir = view.dir;
  text.append(...view.tokens.map((token, i) => {
    const chip = make("span", `lf-token ${token.mark ? `lf-m-${token.mark}` : ""}`);
    const word = make(token.mark === "clip" ? "s" : "span", "lf-token-text", token.text);
    word.dir = "auto";
    chip.append(word);
    const notes = token.note ? [token.note] : [];
    for (const lane of view.lanes) {
      const span = lane.find(([start, stop]) => start <= i && i < stop);
      const bar = make("span", "lf-lane");
      if (span) {
        const [start, stop, mark, note] = span;
        bar.classList.add(`lf-m-${mark}`);
        if (i === start) bar.classList.add("lf-first");
        if (i === stop - 1) bar.classList.add("lf-last");
        if (note) notes.push(note);
      }
      chip.append(bar);
    }
    if (notes.length) chip.title = notes.join("\n");
    return chip;
  }));
  const legend = make("div", "lf-legend");
  legend.append(...view.legend.map(([mark, label]) => {
    const item = make("span", "lf-legend-item");
    item.append(make("span", `lf-swatch lf-m-${mark}`), make("span", "", label));
    return item;
  }));
  p.body.replaceChildren(text, legend);
  gather(p, legend);
}

// The rows of chips of a step have one legend, under the last of them.
function gather(p, legend) {
  for (let row = p.box.previousElementSibling; row; row = row.previousElementSibling) {
    const above = row.querySelector(".lf-tokens + .lf-legend"), own = [...legend.children].map((item) => item.textContent);
    legend.prepend(...[...(above?.children ?? [])].filter((item) => !own.includes(item.textContent)));
    above?.replaceChildren();
  }
}

// --- lines: two columns of tokens and a canvas between -----------------------------------------------------------------
const LOWEST = 20, HIGHEST = 24, TITLES = 22;  // px: a row of tokens, the titles above the columns
const LOWEST_LARGE = 22, BELOW = 5;  // px, in a lecture: letters of 20 px still stand apart; those of the last row hang over it

// room: {width, height} of the panel's body; a longer text scrolls in it. Beside the lines: the heads' colours, and what
// is told of the token that the reader points at. On a phone, where there is no height to keep to, they stand below.
export function tokenLines(p, view, room) {
  const [, T, S] = view.shape, { large = 1 } = view;
  const sides = { left: view.left, right: view.right };
  const text = JSON.stringify([view.left, view.right, view.left_title, view.right_title]);
  if (p.kind !== "token_lines" || p.text !== text) {
    p.text = text;
    p.seen = { side: "left", at: view.focus, held: view.focus };
    const box = make("div", "lf-lines");
    p.buttons = {};
    for (const side of ["left", "right"]) {
      const column = make("div", `lf-column lf-${side}`);
      column.setAttribute("role", "group");
      column.setAttribute("aria-label", view[`${side}_title`]);
      p.buttons[side] = sides[side].map((token, i) => {
        const button = make("button", "lf-end"), word = make("bdi", "", token);
        button.append(word);
        Object.assign(button, { type: "button", title: token, tabIndex: i ? -1 : 0 });
        button.addEventListener("mouseenter", () => look(p, side, i, false));
        button.addEventListener("mouseleave", () => look(p, p.seen.heldSide ?? "left", p.seen.held, false));
        button.addEventListener("focus", () => look(p, side, i, true));
        button.addEventListener("click", () => look(p, side, i, true));
        return button;
      });
      column.append(make("div", "lf-column-title", view[`${side}_title`]), ...p.buttons[side]);
      column.addEventListener("keydown", (event) => walk(p, side, event));
      p[`${side}Column`] = column;
    }
    p.canvas = make("canvas", "lf-canvas");
    p.canvas.setAttribute("aria-hidden", "true");
    box.append(p.leftColumn, p.canvas, p.rightColumn);
    p.heads = make("div", "lf-legend");
    p.told = make("div", "lf-told");
    p.told.setAttribute("aria-live", "polite");
    const side = make("div", "lf-beside");
    side.append(p.heads, p.told);
    p.body.replaceChildren(box, side);
  }
  p.body.style.maxHeight = room.height ? `${room.height}px` : "";
  p.body.classList.toggle("lf-abreast", Boolean(room.height));
  const [least, most, rest] = large > 1 ? [LOWEST_LARGE, HIGHEST * large, TITLES * large + BELOW] : [LOWEST, HIGHEST, TITLES];
  p.row = room.height ? clamp(Math.floor((room.height - rest) / Math.max(T, S)), least, most) : most;
  p.body.style.setProperty("--row", `${p.row}px`);
  p.view = view;
  p.weights = new Float32Array(Uint8Array.from(atob(view.z), (ch) => ch.charCodeAt(0)).buffer);
  p.shown = view.names.map((_, h) => h);
  p.heads.replaceChildren(...(p.shown.length > 1 ? p.shown : []).map((h) => {
    const item = make("span", "lf-legend-item"), swatch = make("span", "lf-swatch");
    swatch.style.background = view.colors[h];
    item.append(swatch, make("span", "", view.names[h]));
    return item;
  }));
  const height = p.row * Math.max(T, S), width = Math.max(60, p.canvas.clientWidth), dots = devicePixelRatio || 1;
  p.canvas.style.height = `${height}px`;
  p.canvas.width = width * dots;
  p.canvas.height = height * dots;
  p.size = { width, height, dots };
  lines(p);
}

function look(p, side, at, hold) {
  Object.assign(p.seen, { side, at });
  if (hold) Object.assign(p.seen, { held: at, heldSide: side });
  lines(p);
}

function walk(p, side, event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const all = p.buttons[side], at = all.indexOf(document.activeElement);
  let next;
  if (step && at >= 0) next = all[clamp(at + step, 0, all.length - 1)];
  else if (event.key === "ArrowLeft") next = p.buttons.left[Math.min(at, p.buttons.left.length - 1)];
  else if (event.key === "ArrowRight") next = p.buttons.right[Math.min(at, p.buttons.right.length - 1)];
  else if (event.key === "Escape") look(p, "left", p.view.focus, true);
  if (!next && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  if (next) {
    for (const b of [...p.buttons.left, ...p.buttons.right]) b.tabIndex = b === next ? 0 : -1;
    next.focus();
  }
}

// Weights fall into a few classes of darkness; each class of a head is one path, so that thousands of lines are few strokes.
const CLASSES = 10;
function lines(p) {
  const began = performance.now();
  const { view, weights, shown } = p, [, T, S] = view.shape, { width, height, dots } = p.size;
  const at = p.seen.at ?? null, fromLeft = p.seen.side === "left";
  let drawn = 0;
  const pen = p.canvas.getContext("2d");
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, width, height);
  const [i0, i1] = at !== null && fromLeft ? [at, at + 1] : [0, T];
  const [j0, j1] = at !== null && !fromLeft ? [at, at + 1] : [0, S];
  for (const h of shown) {
    const paths = [];
    for (let i = i0; i < i1; i++) {
      for (let j = j0, k = (h * T + i) * S + j0; j < j1; j++, k++) {
        const w = weights[k];
        if (w < view.least) continue;
        drawn++;
        const path = (paths[Math.min(CLASSES - 1, Math.floor(w * CLASSES))] ??= new Path2D());
        path.moveTo(0, p.row * (i + 0.5));
        path.lineTo(width, p.row * (j + 0.5));
      }
    }
    pen.strokeStyle = view.colors[h];
    paths.forEach((path, n) => {
      const share = (n + 0.5) / CLASSES;
      pen.globalAlpha = Math.min(1, 0.12 + 0.88 * share);
      pen.lineWidth = 0.8 + 2.7 * share;
      pen.stroke(path);
    });
  }
  p.canvas.dataset.lines = drawn;
  tint(p, at, fromLeft);
  performance.measure("token_lines", { start: began, end: performance.now() });
}

function tint(p, at, fromLeft) {
  const { view, weights, shown } = p, [, T, S] = view.shape;
  const mean = (i, j) => shown.reduce((sum, h) => sum + weights[(h * T + i) * S + j], 0) / shown.length;
  const color = shown.length === 1 ? view.colors[shown[0]] : "currentColor";
  for (const [side, buttons] of Object.entries(p.buttons)) {
    const other = at !== null && (side === "left") !== fromLeft;
    buttons.forEach((b, n) => {
      b.classList.toggle("lf-here", at === n && (side === "left") === fromLeft);
      const share = other ? (fromLeft ? mean(at, n) : mean(n, at)) : 0;
      b.style.background = share > 0.01 ? `color-mix(in srgb, ${color} ${Math.round(60 * share)}%, transparent)` : "";
    });
  }
  const told = [];
  if (at !== null) {
    for (const h of shown) {
      for (let n = 0; n < (fromLeft ? S : T); n++) {
        const [i, j] = fromLeft ? [at, n] : [n, at];
        told.push([weights[(h * T + i) * S + j], i, j, h]);
      }
    }
    told.sort((a, b) => b[0] - a[0]);
  }
  p.told.replaceChildren(...told.slice(0, 3).map(([w, i, j, h]) => {
    const values = { row: view.left[i], col: view.right[j], z: w.toFixed(2), head: view.names[h] };
    return make("div", "", view.hover.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all));
  }));
}
