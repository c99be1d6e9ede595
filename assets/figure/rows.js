// The numbers of a formula in a row, and tables.
import { make } from "./dom.js";

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

// A cell. Only a word that no screen has room for may break anywhere: else columns would break their words to save room.
function cell(tag, text) {
  const node = make(tag, /\S{17}/.test(text) ? "lf-long" : "", text);
  node.dir = "auto";  // a right-to-left text reads from the right
  return node;
}

export function table(p, view) {
  const t = make("table", "lf-table"), head = make("tr");
  head.append(...view.columns.map((c) => cell("th", c)));
  for (const name of head.children) name.scope = "col";
  t.setAttribute("aria-label", view.alt);
  t.append(head, ...view.rows.map((row) => {
    const line = make("tr");
    line.append(...row.map((v) => cell("td", v)));
    return line;
  }));
  p.body.replaceChildren(t);
}
