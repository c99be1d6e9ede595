// Draws the views of one demo in place, one panel each. Clicks and arrow keys report a cell; hover stays here.
import { actions } from "./bar.js";
import { block, diagram, isMap, mapWidth } from "./diagram.js";
import { crossing, pointed } from "./cross.js";
import { STEPS, clamp, make, spelled, unbroken } from "./dom.js";
import { equation } from "./equation.js";
import { say, top } from "./frame.js";
import { grid } from "./grid.js";
import { legend } from "./legend.js";
import { GAP, NARROW, equationRoom, isFigure, rooms, rowsRoom } from "./layout.js";
import { came, keepsAll, page, reserve, stays } from "./near.js";
import { plot } from "./plot.js";
import { enlarged, gone, joins, presenting } from "./present.js";
import { chain, table } from "./rows.js";
import { tokenLines, tokens } from "./tokens.js";

// --- a panel: head (title, scale) and body ------------------------------------------------------------------------
function panel(state, index) {
  const box = make("div", "lf-panel");
  const head = make("div", "lf-head"), mark = make("span", "lf-mark"), title = make("span", "lf-title");
  const scale = make("div", "lf-scale"), low = make("span"), bar = make("span", "lf-ramp"), high = make("span");
  const y = make("div", "lf-scale");
  const name = make("div", "lf-name-line"), names = make("div", "lf-legend");
  scale.append(low, bar, high);
  name.append(mark, title);
  head.append(name, scale, y, names);
  const body = make("div", "lf-body");
  box.append(head, body);
  const p = { box, head, mark, title, scale, low, bar, high, y, body, index, kind: "", legend: names, hidden: new Set() };
  body.addEventListener("click", (event) => picked(state, p, event));
  body.addEventListener("keydown", (event) => keyed(state, p, event));
  crossing(box, body, () => state.views[p.index]);
  return p;
}

function dress(p, view) {
  p.head.hidden = !view.title && !view.scale && !view.y_axis && !view.figure?.layout.showlegend;
  p.y.textContent = view.y_axis ? `↑ ${view.y_axis}` : "";
  p.y.hidden = !view.y_axis || view.y_axis.toLowerCase() === view.title?.toLowerCase();  // a title that names the axis says it
  p.title.textContent = view.title || "";
  p.mark.style.background = view.mark || "transparent";
  p.mark.hidden = !view.mark;
  for (const line of [p.title, p.y]) unbroken(spelled(line));
  p.scale.hidden = !view.scale;
  if (view.scale) {
    p.low.textContent = view.scale.low;
    p.high.textContent = view.scale.high;
    p.bar.style.background = `linear-gradient(90deg, ${view.scale.colors.join(",")})`;
  }
  p.body.classList.toggle("lf-pick", Boolean(view.pick));
  if (view.kind !== "plot" && view.kind !== "equation") return;
  p.body.setAttribute("role", view.pick ? "application" : "img");  // arrow keys walk through the cells
  p.body.setAttribute("aria-label", view.alt);
  if (view.pick) p.body.tabIndex = 0;
  else p.body.removeAttribute("tabindex");
}

// --- clicks and keys -----------------------------------------------------------------------------------------------
function picked(state, p, event) {
  const view = state.views[p.index];
  if (!view?.pick) return;
  if (view.kind === "diagram") return report(state, p, block(p, event));
  if (view.kind === "grid") return report(state, p, event.target.closest?.("[data-cell]")?.dataset.cell.split(",").map(Number));
  const at = pointed(p.body, view.cells, event);
  if (at && at.row !== null && at.col !== null) report(state, p, [at.row, at.col]);
}

// What was chosen in a panel, (row, column) or the name of a box; nothing where nothing was.
function report(state, p, cell) {
  if (cell) state.send("click", { view: p.index, cell, n: ++state.n });
}

function keyed(state, p, event) {
  const view = state.views[p.index], step = STEPS[event.key];
  if (!view?.pick) return;
  const name = view.kind === "diagram" ? block(p, event) : undefined;
  if (!name && !step) return;
  event.preventDefault();
  event.stopPropagation();  // at the edge, too: an arrow within a figure leads to no other lesson
  if (view.kind === "diagram") return report(state, p, name);
  const [R, C] = view.kind === "grid" ? view.shape : view.cells;
  const at = p.at ?? view.selected ?? [0, 0];
  const cell = [clamp(at[0] + step[0], 0, R - 1), clamp(at[1] + step[1], 0, C - 1)];
  p.at = cell;
  if (view.kind === "grid") p.cells[cell[0] * C + cell[1]].focus();
  report(state, p, cell);
}

// --- everything ----------------------------------------------------------------------------------------------------
const BUDGET = 440;  // px: figures and rows of a step together, so that the card fits a laptop's screen
const TITLE = 20, TABS = 34;  // px: a title above a row, the tabs that a card with one step does without

const LINE = 32;  // px: nobody scrolls for what is lower, half a row of a table
const EDGE = 10, PRESENTED = 250;  // px, where a card fills the screen: what stays free below it; its figures at the least
const SIDE = 20;  // px left and right of a card that fills the screen
const WALL = 1000, TALL = 200;  // px: a screen on which a drawing stands beside all else; units of one that is worth it

function budget(state) {
  if (!presenting(state)) return BUDGET;
  const top = state.card.getBoundingClientRect().top - state.card.scrollTop, flows = (n) => getComputedStyle(n).position !== "absolute";
  const last = [...state.card.children].filter(flows).at(-1);
  const rest = last.getBoundingClientRect().bottom - top - state.figures.offsetHeight - state.rows.offsetHeight;
  return Math.max(PRESENTED, innerHeight - rest - EDGE);
}

function panelOf(state, i) {
  const view = state.views[i];
  let p = state.panels[i];
  if (!p || p.kind !== view.kind) {
    const fresh = panel(state, i);
    p?.box.remove();
    p = state.panels[i] = fresh;
    fresh.kind = fresh.box.dataset.kind = view.kind;
  }
  return p;
}

async function draw(state) {
  if (state.far && state.drawn && !presenting(state) && !keepsAll()) {  // the first drawing of all is made wherever it stands
    clear(state);  // an older one may be wider than the page has become
    state.stale = true;
    return;
  }
  state.stale = false;
  state.views = presenting(state) ? state.came.map(enlarged) : state.came;
  align(state);
  const wall = presenting(state) && innerWidth >= WALL;  // a drawing takes the whole height of the screen
  state.card?.removeAttribute("data-walled");
  const isDrawing = (view) => isMap(view) || (wall && view.kind === "diagram" && view.size[1] > TALL);
  for (const p of state.panels.splice(state.views.length)) p?.box.remove();
  const shown = state.steps[state.step].views.map((i) => [panelOf(state, i), state.views[i]]);
  const maps = shown.filter(([, view]) => isDrawing(view));
  const figures = shown.filter(([, view]) => isFigure(view));
  const rows = shown.filter(([, view]) => !isFigure(view) && !isDrawing(view));
  const onWall = wall && maps.length > 0;  // controls do not stand beside it (style.css)
  const whole = Math.max(240, onWall ? state.card.clientWidth - 2 * SIDE : state.box.clientWidth);
  const beside = maps.length && whole >= NARROW ? mapWidth(maps[0][1], whole, wall ? innerHeight - EDGE : budget(state)) : 0;  // px
  state.box.classList.toggle("lf-mapped", beside > 0 && !wall);
  state.box.style.setProperty("--map", `${beside}px`);
  if (beside && wall) {
    state.card.setAttribute("data-walled", "");
    state.card.style.setProperty("--map", `${beside}px`);
    footed(state, innerHeight - EDGE - (beside * maps[0][1].size[1]) / maps[0][1].size[0]);
  }
  state.width = state.box.clientWidth;
  const width = onWall ? state.width : beside ? whole - beside - GAP : whole;
  const high = budget(state) - (presenting(state) ? 0 : state.said.offsetHeight);  // a full screen's budget knows of it
  place(state.map, maps);
  place(state.figures, figures);
  place(state.rows, rows);
  for (const [p, view] of shown) {
    dress(p, view);
    legend(p, view, () => refresh(state));
    p.at = undefined;
    p.index = state.views.indexOf(view);
  }
  for (const [p, view] of maps) diagram(p, view);
  const most = rowsRoom(whole, high, figures.length, rows.length), work = [];
  for (const [p, view] of rows) {
    if (view.kind === "equation") {
      work.push(equation(state, p, view, { width, height: equationRoom(high, figures.length, presenting(state)) - p.head.offsetHeight }, high));
      continue;
    }
    p.body.style.maxHeight = `${most}px`;
    ({ chain, diagram, table, tokens })[view.kind](p, view, width);
    const over = p.body.scrollHeight - p.body.clientHeight;
    if (whole < NARROW && over > 0 && over < LINE) p.body.style.maxHeight = "";
    if (view.kind === "table" && !figures.length) steady(state, p, width);
  }
  if (!figures.length && whole >= NARROW) share(state, rows, high);
  const below = rows.length ? state.rows.offsetHeight + 12 : 0;
  const room = rooms(figures.map(([, view]) => view), width, high, below);
  work.push(...figures.map(([p, view], i) => {
    const inside = { width: room[i].width, height: room[i].height };
    p.box.style.width = `${Math.floor(inside.width)}px`;
    if (inside.height) inside.height -= p.head.offsetHeight;
    const drawn = JSON.stringify([state.names[p.index], inside, high, view.large]);
    if (p.drawn === drawn) return undefined;
    p.drawn = drawn;
    p.body.style.minHeight = "";
    if (view.kind === "grid") return grid(p, view, inside);
    if (view.kind === "token_lines") return tokenLines(p, view, inside);
    return plot(state, p, view, inside, high);
  }));
  try {
    await Promise.all(work);
    state.root.dataset.drawn = String(++state.drawn);
    align(state);
    for (const cell of state.rows.querySelectorAll("th, td")) {
      spelled(cell);
      if (whole < NARROW) unbroken(cell);
    }
    for (const [p, view] of shown) scrollable(p, view);
  } catch (error) {
    console.warn(error);
    state.figures.replaceChildren(make("p", "lf-failed", state.failed));
    state.panels = [];
  }
}

// What was measured stands below the drawing where that leaves this much room, and what stands beside it gets more.
function footed(state, free) {
  state.card.setAttribute("data-footed", "");
  state.card.toggleAttribute("data-footed", state.numbers.offsetHeight <= free);
}

// Rows without a figure share the height of the step: the tallest of them scrolls where they would make the card too high.
function share(state, rows, high) {
  const bodies = rows.filter(([, view]) => view.kind !== "equation").map(([p]) => p.body);
  const [tallest] = bodies.sort((a, b) => b.offsetHeight - a.offsetHeight);
  const spare = presenting(state) ? 0 : state.steps.length > 1 ? TITLE : TITLE + TABS;  // px that a card on the page has yet
  const over = state.rows.offsetHeight - high - spare;
  if (over > 0 && tallest) tallest.style.maxHeight = `${Math.max(120, tallest.offsetHeight - over)}px`;
}

// A table that a chip makes shorter keeps its height, so that what follows stays where it is; one that a reader's own
// text makes longer and shorter has no height of its own.
function steady(state, p, width) {
  const now = [state.step, width, presenting(state)].join();
  p.body.style.minHeight = "";
  if (presenting(state) || state.card?.querySelector("textarea, input[type=text]")) return;
  p.tall = Math.max(p.body.offsetHeight, p.tallAt === now ? p.tall : 0);
  p.tallAt = now;
  p.body.style.minHeight = `${p.tall}px`;
}

// What scrolls can be reached by keyboard, and has a name.
function scrollable(p, view) {
  if (view.pick || view.kind === "plot" || view.kind === "equation") return;
  const scrolls = p.body.scrollHeight > p.body.clientHeight + 1 || p.body.scrollWidth > p.body.clientWidth + 1;
  p.body.toggleAttribute("tabindex", scrolls);
  if (!scrolls) return p.body.removeAttribute("role");
  p.body.tabIndex = 0;
  p.body.setAttribute("role", "region");
  p.body.setAttribute("aria-label", view.alt || view.title);
}

// Puts the boxes of these panels, and no others, into a row, in order; those that stand there already are not moved.
function place(row, shown) {
  const boxes = shown.map(([p]) => p.box);
  for (const old of [...row.children]) if (!boxes.includes(old)) old.remove();
  boxes.forEach((box, i) => { if (row.children[i] !== box) row.insertBefore(box, row.children[i] ?? null); });
}

// The rail of controls stands beside the figures: its place and the least height of the figures' box follow each other.
// The page may bring the rail after the figure: until it has come, it is looked for in every frame.
function align(state) {
  if (!state.card || !state.root.isConnected) return;
  const rail = state.card.querySelector("[class*='st-key-rail']");
  const top = state.box.getBoundingClientRect().top - state.card.getBoundingClientRect().top;
  state.card.style.setProperty("--rail-top", `${Math.round(top)}px`);
  const beside = rail && getComputedStyle(rail).position === "absolute";
  state.box.style.minHeight = beside ? `${rail.offsetHeight}px` : "";
  if (rail && state.rail !== rail) {
    state.rail = rail;
    state.observer.observe(rail);
  }
  if (!rail && state.railed) requestAnimationFrame(() => align(state));
}

// The style beside this script, once for all figures of the page. How much room there is shows when it has come.
function dressed() {
  const href = new URL("style.css", import.meta.url).href;
  let style = [...document.querySelectorAll("link[rel=stylesheet]")].find((link) => link.href === href);
  if (style?.sheet) return Promise.resolve();
  if (!style) {
    style = make("link");
    Object.assign(style, { rel: "stylesheet", href });
    document.head.append(style);
  }
  return new Promise((done) => ["load", "error"].forEach((event) => style.addEventListener(event, done, { once: true })));
}

// One drawing at a time; what came meanwhile is drawn next, and only the newest of it.
async function refresh(state) {
  state.wanted = true;
  if (state.busy) return;
  state.busy = true;
  try {
    await state.dressed;
    while (state.wanted) {
      state.wanted = false;
      await draw(state);
    }
  } finally {
    state.busy = false;
  }
}

const FAR = "150% 0px";  // where it is drawn for the first time, too: a page that is read keeps below 3,000 nodes

// Figures far from the screen are let go; they are drawn again, from the same numbers, on return.
function letGo(state, seen) {
  const far = !seen && !presenting(state);  // a card that fills the screen is nowhere in the page
  if (state.far === far) return;
  state.far = far;
  if (far && !keepsAll()) clear(state);
  else if (state.stale) refresh(state);
}

function clear(state) {
  for (const p of state.panels) {
    const isPlot = p?.kind === "plot" && p.frame;
    const isPicture = p?.kind === "diagram" && !isMap(state.views[p.index]) && p.body.firstChild;  // nothing in it is pressed
    if (!isPlot && !isPicture) continue;
    p.body.style.minHeight = `${p.body.offsetHeight}px`;
    if (isPlot) window.Plotly?.purge(p.body);
    p.body.replaceChildren();
    p.frame = p.drawn = undefined;
    state.stale = true;
  }
}

// The drawings by name: those that came, and those that stand here already. False where one is missing.
function receive(state, views) {
  const held = new Map();
  for (const { name, text } of views) {
    if (text) held.set(name, JSON.parse(text));
    else if (!held.has(name) && !state.held.has(name)) return false;
    else if (!held.has(name)) held.set(name, state.held.get(name));
  }
  state.held = held;
  state.came = views.map(({ name }) => held.get(name));
  state.views ??= state.came;
  state.names = views.map(({ name }) => name);
  return true;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lf");
  if (data.reserve) {
    reserve(root, data, setTriggerValue);
    return () => { if (!root.isConnected) came(root); };  // what was asked for has taken its place
  }
  root.style.minHeight = "";
  came(root);
  let state = root.__state;
  if (!state) {
    state = root.__state = { root, panels: [], n: Date.now(), drawn: 0, step: 0, bar: make("div", "lf-bar"),
      top: make("div", "lf-top"), said: make("div", "lf-said"), box: make("div", "lf-box"),
      map: make("div", "lf-map"), figures: make("div", "lf-figures"), rows: make("div", "lf-rows"), numbers: make("dl", "lf-numbers") };
    state.box.append(state.said, state.map, state.figures, state.rows, state.numbers);
    root.append(state.top, state.box, state.bar);
    state.dressed = dressed();
    state.card = root.closest("[class*='st-key-card_']");
    state.observer = new ResizeObserver(() => {
      align(state);
      if (state.box.clientWidth && Math.abs(state.box.clientWidth - state.width) > 1) refresh(state);
    });
    state.observer.observe(root);
    state.observer.observe(state.box);  // its room becomes less when the style or the rail comes after the figure
    state.held = new Map();
    state.away = new IntersectionObserver(([seen]) => letGo(state, seen.isIntersecting), { root: page(), rootMargin: FAR });
    state.away.observe(root);
    state.refresh = () => { if (root.isConnected && state.came) refresh(state); };
    addEventListener("resize", () => { if (presenting(state)) state.refresh(); });  // the browser's own bars come and go
  }
  state.send = setTriggerValue;
  state.source = data.library;
  state.failed = data.failed;
  state.dim = data.dim;  // this is the figure of the input before, for the newest was refused
  for (const part of [state.map, state.figures, state.rows, state.numbers]) {
    part.classList.toggle("lf-dim", data.dim);
    part.toggleAttribute("inert", data.dim);
    part.setAttribute("aria-disabled", data.dim);
  }
  state.box.classList.toggle("lf-stored", data.stored);  // a run of another machine
  state.railed = Boolean(data.rail);
  root.classList.toggle("lf-railed", state.railed);
  root.classList.toggle("lf-rail-wide", data.rail === "railwide");
  top(state, data, () => refresh(state));
  say(state, data);
  actions(state, data);
  if (data.resume && data.resume !== state.resumed) state.send("act", { name: "resume", n: ++state.n });
  state.resumed = data.resume;
  const names = data.views.map(({ name }) => name).join();
  if (!receive(state, data.views)) stays().then(() => { if (root.isConnected) state.send("act", { name: "resend", n: ++state.n }); });
  else {  // what was missing has not been drawn: it is drawn when it comes
    if (state.text !== names || state.moved) refresh(state);
    state.text = names;
    state.moved = false;
  }
  joins(state);
  return () => {
    if (root.isConnected) return;
    gone(state);
    state.observer.disconnect();
    state.away.disconnect();
  };
}
