// The mouse on a cell of a matrix lights its row and its column; on a name beside them, that one's own.
import { make } from "./dom.js";

// Where in the matrix an event is: the box of its cells, row and column; outside, null for what it does not point at.
export function pointed(body, cells, event) {
  const area = (event.target.closest?.("[data-term]") ?? body).querySelector(".nsewdrag")?.getBoundingClientRect();
  if (!area) return undefined;
  const [rows, cols] = cells, row = Math.floor(((event.clientY - area.top) / area.height) * rows);
  const col = Math.floor(((event.clientX - area.left) / area.width) * cols);
  return { area, row: row >= 0 && row < rows ? row : null, col: col >= 0 && col < cols ? col : null };
}

// view: gives the panel's view of the moment
export function crossing(box, body, view) {
  const bands = [make("div", "lf-cross"), make("div", "lf-cross")];
  const off = () => bands.forEach((band) => band.remove());
  body.addEventListener("pointerleave", off);
  body.addEventListener("pointermove", (event) => {
    const cells = view()?.cells, at = cells && event.pointerType !== "touch" && pointed(body, cells, event);
    if (!at || Math.min(...cells) < 2) return off();
    const frame = box.getBoundingClientRect(), { area, row, col } = at;
    const left = area.left - frame.left, top = area.top - frame.top, high = area.height / cells[0], wide = area.width / cells[1];
    const places = [row !== null && [left, top + row * high, area.width, high], col !== null && [left + col * wide, top, wide, area.height]];
    places.forEach((place, i) => {
      if (!place) return bands[i].remove();
      ["left", "top", "width", "height"].forEach((side, j) => { bands[i].style[side] = `${place[j]}px`; });
      if (bands[i].parentElement !== box) box.append(bands[i]);
    });
  });
}
