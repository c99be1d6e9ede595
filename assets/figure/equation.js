// Matrices of one shape joined by signs, and under each the number of the chosen cell: a sum that reads as a sum. All
// have cells of one size; where there is no room for all of them abreast, two stand in a line.
import { make, spelled } from "./dom.js";
import { NARROW } from "./layout.js";
import { plot } from "./plot.js";

const SIGN = 24, TITLE = 20, VALUE = 26, BARE = 4;  // px: a sign, a title, a number, the margin beside no labels

function build(p, view) {
  p.terms = view.terms.map(() => ({ body: make("div", "lf-term-body") }));
  const line = make("div", "lf-equation");
  line.append(...p.terms.map((term) => {
    const box = make("div", "lf-term");
    box.dataset.term = "";
    Object.assign(term, { title: make("span", "lf-term-title"), value: make("b"), signs: [make("i"), make("i", "lf-low")] });
    box.append(term.title, ...term.signs, term.body, term.value);
    return box;
  }));
  p.body.replaceChildren(line);
}

// The same tokens on both axes: in a lecture's size the names of the columns would only repeat those of the rows.
const repeats = ({ large = 1, figure: { layout } }) => large > 1 && String(layout.xaxis.ticktext) === String(layout.yaxis.ticktext);

// The names of rows stand beside the first matrix of a line, those of columns below the last one of a column.
function named(term, rows, last) {
  const columns = last && !repeats(term), { layout } = term.figure, { l, b } = layout.margin;
  const yaxis = { ...layout.yaxis, showticklabels: rows }, xaxis = { ...layout.xaxis, showticklabels: columns };
  const margin = { ...layout.margin, l: rows ? l : BARE, r: BARE, b: columns ? b : BARE };
  const widest = columns ? term.widest : 0;
  return { ...term, widest, figure: { ...term.figure, layout: { ...layout, xaxis, yaxis, margin } } };
}

// room: {width, height} for all of it, its height without meaning on a narrow screen
export function equation(state, p, view, room, budget) {
  if (p.terms?.length !== view.terms.length) build(p, view);
  const narrow = room.width < NARROW, { large = 1 } = view, abreast = narrow ? 2 : view.terms.length, [rows, cols] = view.cells;
  const left = view.terms[0].figure.layout.margin.l;
  const free = room.width - left - (narrow ? abreast : abreast - 1) * (SIGN + BARE) - abreast * BARE - 4;
  const cell = Math.min(46 * large, free / (abreast * cols));
  p.body.firstChild.classList.toggle("lf-abreast", !narrow);
  return Promise.all(view.terms.map((term, i) => {
    const own = p.terms[i], first = i % abreast === 0, margin = first ? left : BARE;
    spelled(own.title, term.title);
    own.value.textContent = term.value;
    own.title.style.marginLeft = own.value.style.marginLeft = `${margin - BARE}px`;
    own.signs.forEach((sign) => { sign.textContent = term.sign; });
    const height = narrow ? cell * rows + 100 : room.height - (TITLE + VALUE) * large;
    const last = i >= view.terms.length - abreast;
    return plot(state, own, named(term, first, last), { width: cell * cols + margin + BARE, height }, budget);
  }));
}
