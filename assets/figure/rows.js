// The numbers of a formula in a row, and tables.
import { make } from "./dom.js";
import { NARROW } from "./layout.js";
import { wide } from "./letters.js";

export function chain(p, view) {
  const list = make("ol", "lf-chain");
  for (const link of view.links) {
    const item = make("li");
    if (link.sign) item.append(make("i", "lf-sign", link.sign));
    item.append(make("bdi", "", link.name), make("b", "", link.value));
    list.append(item);
  }
  p.body.replaceChildren(list);
}

const SIZE = 13, SHORT = 200, SHORT_NARROW = 100;  // px: the type of a table, columns that stay on one line
const NAME = 90, PART = 0.55;  // px: the name of a column that does so, too; of the room, what these columns may take

// Which columns stay on one line: else a column of long texts takes the room, and short names break beside it. The
// narrowest first, as long as the others keep room.
function short(view, room) {
  const scale = view.large ?? 1, most = innerWidth < NARROW ? SHORT_NARROW : SHORT * scale;
  const family = getComputedStyle(document.body).fontFamily, columns = new Set();
  const across = (text) => wide(text, SIZE * scale, family), named = (name) => Math.min(across(name), NAME * scale);
  const widths = view.columns.map((name, i) => Math.max(named(name), ...view.rows.map((row) => across(row[i]))));
  let taken = 0;
  for (const i of widths.map((_, i) => i).sort((a, b) => widths[a] - widths[b])) {
    taken += widths[i];
    if (widths[i] > most || taken > PART * room) break;
    columns.add(i);
  }
  return columns;
}

// A cell. Only a word that no screen has room for may break anywhere: else columns would break their words to save room.
// A shape, 4 × 9 × 64, stays on its line.
function cell(tag, text, isShort) {
  const whole = text.replace(/(\d) × (?=\d)/g, "$1\u00a0×\u00a0");
  const node = make(tag, isShort ? "lf-line" : /\S{17}/.test(text) ? "lf-long" : "", whole);
  node.dir = "auto";  // a right-to-left text reads from the right
  return node;
}

// room: px that the table has at the most
export function table(p, view, room) {
  const t = make("table", "lf-table"), head = make("tr"), lines = short(view, room);
  head.append(...view.columns.map((c, i) => cell("th", c, lines.has(i) && wide(c, SIZE, "sans-serif") <= NAME)));
  for (const name of head.children) name.scope = "col";
  t.setAttribute("aria-label", view.alt);
  t.append(head, ...view.rows.map((row) => {
    const line = make("tr");
    line.append(...row.map((v, i) => cell("td", v, lines.has(i))));
    return line;
  }));
  p.body.replaceChildren(t);
}
