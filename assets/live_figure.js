// Draws the views of one demo in place: Plotly.react on the same nodes (zoom and focus stay), a canvas grid, chains and
// tables. Text reaches the page through textContent only. Clicks and arrow keys report a cell; hover stays here.
let library;
function plotly(source) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  library ??= new Promise((ok, no) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => ok(window.Plotly);
    script.onerror = () => { library = undefined; script.remove(); no(new Error("figure library")); };
    document.head.append(script);
  });
  return library;
}

const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
};
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

// --- a panel: head (title, scale) and body ------------------------------------------------------------------------
function panel(state, index) {
  const box = make("div", "lf-panel");
  const head = make("div", "lf-head"), mark = make("span", "lf-mark"), title = make("span", "lf-title");
  const scale = make("div", "lf-scale"), low = make("span"), bar = make("span", "lf-ramp"), high = make("span");
  const y = make("div", "lf-scale");
  const name = make("div", "lf-name-line");
  scale.append(low, bar, high);
  name.append(mark, title);
  head.append(name, scale, y);
  const body = make("div", "lf-body");
  box.append(head, body);
  const p = { box, head, mark, title, scale, low, bar, high, y, body, index, kind: "" };
  body.addEventListener("click", (event) => picked(state, p, event));
  body.addEventListener("keydown", (event) => keyed(state, p, event));
  return p;
}

function dress(p, view) {
  p.head.hidden = !view.title && !view.scale && !view.y_axis;
  p.y.textContent = view.y_axis ? `↑ ${view.y_axis}` : "";
  p.y.hidden = !view.y_axis;
  p.title.textContent = view.title || "";
  p.mark.style.background = view.mark || "transparent";
  p.mark.hidden = !view.mark;
  p.scale.hidden = !view.scale;
  if (view.scale) {
    p.low.textContent = view.scale.low;
    p.high.textContent = view.scale.high;
    p.bar.style.background = `linear-gradient(90deg, ${view.scale.colors.join(",")})`;
  }
  p.body.classList.toggle("lf-pick", Boolean(view.pick));
  if (view.pick && view.kind === "plot") {
    p.body.tabIndex = 0;
    p.body.setAttribute("role", "group");
    p.body.setAttribute("aria-label", view.title || "");
  } else p.body.removeAttribute("tabindex");
}

// --- size: square matrices stay square, panels stand side by side where there is room, none is wider than the page ----
function size(view, width, like) {
  const m = { ...view.figure.layout.margin };
  const share = (n) => (width - 20 * (n - 1)) / n;
  if (!view.cells) {
    if (view.square) return { width: Math.min(width, 420), height: Math.min(width, 420) + 40, cell: 99 };
    const w = like > 1 && width >= 700 ? share(2) : width;
    return { width: w, height: clamp(w * 0.55, 260, 380), cell: 99 };
  }
  const [r, c] = view.cells, square = r === c, small = r <= 12 && c <= 12;
  const tight = small && (share(2) - m.l - m.r) / c < 38;  // its numbers would not fit in half the width
  const room = width < 560 || c > 26 || tight || like === 1 ? width : like > 2 && c <= 9 && !small ? share(3) : share(2);
  const cell = Math.min(small ? 46 : square ? 30 : 40, (room - m.l - m.r) / c);
  const tall = square ? cell : clamp(cell, 18, small ? 32 : 22);
  const angle = view.widest > cell - 3 && !view.numbered ? -45 : 0;
  if (angle) m.b += view.widest * 0.72 - 8;
  const every = (need, have) => Math.max(1, Math.ceil(need / have));  // a tick text needs this much room
  const steps = [every(angle ? 13 : view.widest + 6, cell), every(13, tall)];
  return { width: m.l + m.r + cell * c, height: m.t + m.b + tall * r, cell, angle, steps, margin: m };
}

async function plot(state, p, view, width, like) {
  const room = size(view, width, like);
  p.body.style.width = `${Math.floor(room.width)}px`;
  p.body.style.height = `${Math.floor(room.height)}px`;
  p.box.style.width = `${Math.max(Math.floor(room.width), 170)}px`;
  const Plotly = await plotly(state.source);
  const layout = { ...view.figure.layout, width: Math.floor(room.width), height: Math.floor(room.height) };
  if (room.margin) {
    layout.margin = room.margin;
    const thin = (axis, n) => ({ ...axis, tickvals: axis.tickvals.filter((_, i) => i % n === 0), ticktext: axis.ticktext.filter((_, i) => i % n === 0) });
    layout.xaxis = { ...thin(layout.xaxis, room.steps[0]), tickangle: room.angle };
    layout.yaxis = thin(layout.yaxis, room.steps[1]);
  }
  if (view.y_axis) layout.yaxis = { ...layout.yaxis, title: undefined };
  if (still() || p.width !== layout.width) delete layout.transition;  // Plotly does not resize while it animates
  p.width = layout.width;
  let data = view.figure.data;
  if (room.cell < 38) data = data.map(({ texttemplate, ...rest }) => (rest.type === "heatmap" ? rest : { ...rest, texttemplate }));
  await Plotly.react(p.body, data, layout, { displayModeBar: false, responsive: false, doubleClick: "reset" });
}

// --- the grid of small matrices ------------------------------------------------------------------------------------
function ramp(colors) {
  const canvas = make("canvas");
  canvas.width = 256; canvas.height = 1;
  const pen = canvas.getContext("2d"), fill = pen.createLinearGradient(0, 0, 256, 0);
  colors.forEach((c, i) => fill.addColorStop(i / (colors.length - 1), c));
  pen.fillStyle = fill;
  pen.fillRect(0, 0, 256, 1);
  return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
}

function grid(p, view) {
  const [R, C, T, S] = view.shape;
  const shape = view.shape.join();
  if (p.shape !== shape || p.kind !== "grid") {
    p.shape = shape;
    const table = make("div", "lf-grid");
    table.style.gridTemplateColumns = `max-content repeat(${C}, minmax(0, 1fr))`;
    table.append(make("span"), ...view.col_names.map((n) => make("span", "lf-name", n)));
    p.cells = [];
    for (let r = 0; r < R; r++) {
      table.append(make("span", "lf-name", view.row_names[r]));
      for (let c = 0; c < C; c++) {
        const button = make("button", "lf-cell"), canvas = make("canvas");
        canvas.width = S; canvas.height = T;
        button.type = "button";
        button.dataset.cell = `${r},${c}`;
        button.append(canvas);
        table.append(button);
        p.cells.push(button);
      }
    }
    p.body.replaceChildren(table);
    p.body.style.width = p.body.style.height = "";
  }
  const bytes = Uint8Array.from(atob(view.z), (ch) => ch.charCodeAt(0));
  const colors = ramp(view.scale.colors);
  p.cells.forEach((button, i) => {
    const pen = button.firstChild.getContext("2d"), image = pen.createImageData(S, T);
    const out = new Uint32Array(image.data.buffer), from = i * T * S;
    for (let k = 0; k < T * S; k++) out[k] = colors[bytes[from + k]];
    pen.putImageData(image, 0, 0);
    const [r, c] = [Math.floor(i / C), i % C];
    const chosen = Boolean(view.selected) && view.selected[0] === r && view.selected[1] === c;
    button.title = `${view.row_names[r]}·${view.col_names[c]}`;
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-pressed", chosen);
    button.tabIndex = chosen || (!view.selected && i === 0) ? 0 : -1;
  });
}

// --- rows of numbers and tables ------------------------------------------------------------------------------------
function chain(p, view) {
  const list = make("ol", "lf-chain");
  for (const link of view.links) {
    const item = make("li");
    item.append(make("span", "", link.name), make("b", "", link.value));
    list.append(item);
  }
  p.body.replaceChildren(list);
}

function table(p, view) {
  const t = make("table", "lf-table"), head = make("tr");
  head.append(...view.columns.map((c) => make("th", "", c)));
  t.append(head, ...view.rows.map((row) => {
    const line = make("tr");
    line.append(...row.map((v) => make("td", "", v)));
    return line;
  }));
  p.body.replaceChildren(t);
}

// --- clicks and keys -----------------------------------------------------------------------------------------------
function picked(state, p, event) {
  const view = state.views[p.index];
  if (!view?.pick) return;
  if (view.kind === "grid") {
    const button = event.target.closest?.("[data-cell]");
    if (button) state.send("click", { view: p.index, cell: button.dataset.cell.split(",").map(Number), n: ++state.n });
    return;
  }
  const area = p.body.querySelector(".nsewdrag")?.getBoundingClientRect();
  if (!area) return;
  const [r, c] = view.cells;
  const row = Math.floor(((event.clientY - area.top) / area.height) * r);
  const col = Math.floor(((event.clientX - area.left) / area.width) * c);
  if (row >= 0 && row < r && col >= 0 && col < c) state.send("click", { view: p.index, cell: [row, col], n: ++state.n });
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
function keyed(state, p, event) {
  const view = state.views[p.index], step = STEPS[event.key];
  if (!view?.pick || !step) return;
  event.preventDefault();
  event.stopPropagation();
  const [R, C] = view.kind === "grid" ? view.shape : view.cells;
  const at = p.at ?? view.selected ?? [0, 0];
  const cell = [clamp(at[0] + step[0], 0, R - 1), clamp(at[1] + step[1], 0, C - 1)];
  p.at = cell;
  if (view.kind === "grid") p.cells[cell[0] * C + cell[1]].focus();
  state.send("click", { view: p.index, cell, n: ++state.n });
}

// --- the quiet links under the figure ------------------------------------------------------------------------------
function actions(state, data) {
  const text = JSON.stringify(data.bar);
  if (state.bar.__text === text) return;
  state.bar.__text = text;
  const bar = data.bar, badge = make("span", `lf-origin lf-${bar.kind}`, bar.origin);
  badge.title = bar.meaning;
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
  const links = make("span", "lf-links");
  links.append(
    act("reset", bar.reset, () => state.send("act", { name: "reset", n: ++state.n })),
    act("copy", bar.copy, async (button) => {
      const link = location.origin + location.pathname + bar.link;
      try { await navigator.clipboard.writeText(link); flash(button, bar.copied); }
      catch { prompt(bar.copy, link); }
    }),
    act("data", bar.data, () => state.send("act", { name: "data", n: ++state.n })),
    act("full", bar.full, () => {
      const card = state.root.closest("[class*='st-key-card_']") ?? state.root;
      if (document.fullscreenElement) document.exitFullscreen(); else card.requestFullscreen?.();
    }),
  );
  const source = make(bar.card ? "a" : "span", "lf-source", bar.source);
  if (bar.card) Object.assign(source, { href: bar.card, target: "_blank", rel: "noopener" });
  state.bar.replaceChildren(badge, source, links);
}

// --- everything ----------------------------------------------------------------------------------------------------
async function draw(state) {
  const width = Math.max(240, state.root.clientWidth);
  state.width = width;
  const like = (view) => state.views.filter((v) => v.kind === "plot" && !v.cells === !view.cells).length;
  while (state.panels.length > state.views.length) state.panels.pop().box.remove();
  const work = state.views.map((view, i) => {
    let p = state.panels[i];
    if (!p || p.kind !== view.kind) {
      const fresh = panel(state, i);
      if (p) p.box.replaceWith(fresh.box); else state.box.append(fresh.box);
      p = state.panels[i] = fresh;
    }
    dress(p, view);
    p.at = undefined;
    p.box.classList.toggle("lf-wide", view.kind !== "plot");
    if (view.kind === "grid") grid(p, view);
    else if (view.kind === "chain") chain(p, view);
    else if (view.kind === "table") table(p, view);
    else if (view.kind === "tokens") tokens(p, view);
    else if (view.kind === "token_lines") tokenLines(p, view);
    p.kind = view.kind;
    return view.kind === "plot" ? plot(state, p, view, width, like(view)) : undefined;
  });
  try {
    await Promise.all(work);
    state.root.dataset.drawn = String(++state.drawn);
  } catch (error) {
    console.warn(error);
    state.box.replaceChildren(make("p", "lf-failed", state.failed));
    state.panels = [];
  }
}

// One drawing at a time; what came meanwhile is drawn next, and only the newest of it.
async function refresh(state) {
  state.wanted = true;
  if (state.busy) return;
  state.busy = true;
  try {
    while (state.wanted) {
      state.wanted = false;
      await draw(state);
    }
  } finally {
    state.busy = false;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lf");
  let state = root.__state;
  if (!state) {
    state = root.__state = { root, panels: [], n: Date.now(), drawn: 0, box: make("div", "lf-box"), bar: make("div", "lf-bar") };
    root.append(state.box, state.bar);
    if (!document.querySelector(`link[href="${data.style}"]`)) {
      const style = make("link");
      Object.assign(style, { rel: "stylesheet", href: data.style });
      document.head.append(style);
    }
    state.observer = new ResizeObserver(() => {
      if (root.clientWidth && Math.abs(Math.max(240, root.clientWidth) - state.width) > 1) refresh(state);
    });
    state.observer.observe(root);
  }
  state.send = setTriggerValue;
  state.source = data.library;
  state.failed = data.failed;
  if (state.text !== data.views) {
    state.text = data.views;
    state.views = JSON.parse(data.views);
    refresh(state);
  }
  actions(state, data);
  return () => { if (!root.isConnected) state.observer.disconnect(); };
}
