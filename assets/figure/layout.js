// How the views of a step lie on the screen: figures abreast in a row of fixed height, rows of text below them. Nothing
// here depends on the length of a label or on a value, so that nothing moves while a reader changes one.
import { clamp } from "./dom.js";
import { wide } from "./letters.js";
import { named } from "./legend.js";

export const GAP = 20, NARROW = 600;  // px between figures; px below which they stand one below the other
const TALL = 400, LOW = 200, ROWS = 230;  // px: a figure at the most and at the least, rows beside figures at the most
const LOW_LARGE = 170, ABOVE = 227;  // px, where a card fills the screen: a figure at the least, one above an equation
const GRID = 330, COLUMNS = 110, CELL = 16;  // px at the least: a grid of small matrices; the columns of an oblong one, and each of them
const SMALL = 12;  // rows and columns of a matrix whose cells have room for numbers

export const isFigure = (view) => view.kind === "plot" || view.kind === "grid" || view.kind === "token_lines";

// Room for the figures of a step: [{width, height}], heads of panels included. rows: the height of the rows below them.
export function rooms(views, width, budget, rows) {
  if (width < NARROW) return views.map((view) => ({ width, height: narrow(view, width, views.length) }));
  const large = views.some((view) => view.large), low = large ? LOW_LARGE : LOW;
  const height = clamp(budget - rows, low, Math.max(low, large ? budget : TALL));
  const free = width - GAP * (views.length - 1), wants = views.map((view) => wanted(view, height, budget));
  const gives = views.map((view, i) => Math.max(0, wants[i] - least(view, wants[i])));
  const part = clamp((sum(wants) - free) / (sum(gives) || 1), 0, 1);
  gives.forEach((give, i) => { wants[i] -= part * give; });
  const widths = alike(views, wants, free), total = sum(widths);
  const stretches = (view) => view.kind === "plot" && !view.cells && !view.square;
  const flexible = views.filter(stretches).length;
  const spare = Math.max(0, free - total), scale = Math.min(1, free / total);
  return views.map((view, i) => ({ width: widths[i] * scale + (stretches(view) ? spare / flexible : 0), height }));
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// The width that a figure of this height asks for.
function wanted(view, height, budget) {
  if (view.kind === "grid") return 40 + ((height - 60) / view.shape[0]) * view.shape[1];
  if (view.kind === "token_lines") return 700 * (view.large ?? 1);
  if (!view.cells) return view.square ? height : 300;
  const [r, c] = view.cells, m = view.figure.layout.margin, cell = largest(view, budget);
  const tall = Math.min(cell, (height - m.t - m.b - 60) / r), across = c * (r === c ? Math.max(tall, 1) : cell);
  return beside(view, across) + across;
}

// The width to which a figure gives way to a large square beside it: a square has no use for a width of its own.
function least(view, want) {
  if (view.kind === "grid") return GRID * (view.large ?? 1);
  if (!view.cells || view.cells[0] === view.cells[1]) return want;
  const across = columns(view);
  return Math.min(want, beside(view, across) + across);
}

const columns = (view) => Math.max(COLUMNS, CELL * (view.large ?? 1) * view.cells[1]);

// px left and right of a matrix's cells, which are so wide together.
function beside(view, across) {
  const { layout } = view.figure, { l, r } = layout.margin;
  return view.large ? Math.max(l, beyond(layout.xaxis, layout, across)) + right(view, across) : l + r;
}

// Figures that are too wide all the same: matrices with the largest cells give way first, so that those that are
// compared are alike. The width of a cell is found by halving.
function alike(views, wants, free) {
  const edges = views.map((view) => (view.cells ? beside(view, columns(view)) : 0));
  const room = (i, cell) => Math.min(wants[i], views[i].cells ? edges[i] + views[i].cells[1] * cell : Infinity);
  let low = 0, high = free;
  for (let n = 0; n < 24; n++) {
    const cell = (low + high) / 2;
    if (sum(wants.map((_, i) => room(i, cell))) > free) high = cell;
    else low = cell;
  }
  return wants.map((_, i) => room(i, low));
}

// A cell at the most. In a lecture a small square grows with its numbers, which would not fit into it; an oblong matrix
// would take the room of what stands beside it.
function largest({ cells: [r, c], large = 1 }, budget) {
  const cell = Math.max(r, c) > SMALL ? 30 : r === c ? 46 * large : 46;
  return cell * Math.max(1, budget / 480);
}

const NAME = 22;  // px that a name above a chart takes where few stand beside each other
const LEANING = 25;  // px more for a matrix whose slanted names would take the room of its cells

// Will a matrix of this width have slanted names?
function slants({ cells, figure, widest, numbered }, width) {
  if (!cells || numbered) return false;
  const { l, r } = figure.layout.margin;
  return widest > (width - l - r) / cells[1] - 3;
}

function narrow(view, width, n) {
  if (view.kind === "grid") return Math.min(300, (width / view.shape[1]) * view.shape[0] + 70);
  if (view.kind === "token_lines") return undefined;
  if (n === 1) return 300 + NAME * Math.max(0, named(view).length - 4);
  if (n > 2) return 200 + (slants(view, width) ? LEANING : 0);
  if (view.square) return 320;  // one unit is as long on both axes: what is not high is not wide either
  return (view.cells ? clamp(14 * view.cells[0] + 100 + (slants(view, width) ? LEANING : 0), 250, 270) : 220) + NAME * clamp(named(view).length - 1, 0, 2);
}

// What scrolls within a page that scrolls is easily overlooked: rows that stand alone have more room.
export const rowsRoom = (width, budget, figures, rows) => (width < NARROW ? (figures || rows > 1 ? 240 : 360) : figures ? ROWS : budget);

// An equation of matrices below figures leaves them what they need at the least.
export const equationRoom = (budget, figures, large) => (figures ? budget - (large ? ABOVE : LOW - 10) : budget);

const SENTENCE = 24;  // tokens
const STEEP = 18;  // px: where columns are narrower, slanted names would cover each other at 45 degrees
const FLAT = 12, FINGER = 22;  // px: square cells that are lower are drawn oblong, on a phone; those that a finger chooses

// A matrix in its room: the size of a cell, the slant of the tick texts, how many of them are left out.
export function matrix(view, room, budget) {
  const [r, c] = view.cells, { large = 1 } = view, plain = cells(view, room, budget, view.figure.layout.margin);
  const { m, cell, tall, angle } = cells(view, room, budget, overhang(view, plain));
  const every = (need, have) => nice(Math.max(1, Math.ceil(need / have)));  // a tick text needs this much room
  const slanted = c > SENTENCE ? 18 : 13;  // names of a sentence's tokens may touch rather than be left out
  const steps = [every(angle ? slanted * large : view.widest + (view.numbered ? 6 : 3), cell), every(13 * large, tall)];
  return { width: m.l + m.r + cell * c, height: m.t + m.b + tall * r, cell: Math.min(cell, tall * 1.6), angle, steps, margin: m };
}

function cells(view, room, budget, margin) {
  const m = { ...margin }, [r, c] = view.cells, square = r === c, { large = 1 } = view;
  let cell = Math.min(largest(view, budget), (room.width - m.l - m.r) / c);
  const slanted = view.widest > cell - 3 && !view.numbered, likely = Math.min(cell, square ? (room.height - m.t - m.b) / r : cell);
  const angle = !slanted ? 0 : likely < STEEP * large ? -60 : -45;
  if (angle) m.b += view.widest * (angle === -60 ? 0.87 : 0.72) - 8;
  const high = Math.max(1, (room.height - m.t - m.b) / r);
  const flat = innerWidth < NARROW && c <= SENTENCE && high < (view.pick ? FINGER : FLAT);  // on a phone there is more room across
  if (square) cell = Math.min(cell, flat ? 3 * high : high);
  const tall = square && !flat ? cell : Math.min(clamp(cell, 16 * large, 32 * large), high);
  return { m, cell, tall, angle };
}

// The margins of a matrix: an axis title that is longer than its axis has room at both ends.
function overhang(view, { cell, tall }) {
  const { layout } = view.figure, [r, c] = view.cells, { l, t } = layout.margin;
  const above = beyond(layout.yaxis, layout, tall * r);
  return { ...layout.margin, l: Math.max(l, beyond(layout.xaxis, layout, cell * c)), r: right(view, cell * c), t: Math.max(t, above) };
}

// px by which an axis title goes beyond either end of an axis of this length, or less than nothing
const beyond = ({ title }, { font }, length) => (title?.text ? (wide(title.text.replace(/<[^>]*>/g, ""), title.font.size, font.family) - length) / 2 + 6 : 0);
const right = ({ figure: { layout } }, across) => Math.max(layout.margin.r, beyond(layout.xaxis, layout, across));

// Ticks at every 1st, 2nd, 4th, 8th … place.
const nice = (n) => (n <= 2 ? n : 2 ** Math.ceil(Math.log2(n)));
