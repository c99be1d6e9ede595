// A grid of small matrices, each a button with a picture. (Each canvas would be a layer of its own for the compositor:
// seventy of them cost it a quarter of what any change of the page takes.)
import { make } from "./dom.js";

function ramp(colors) {
  const canvas = make("canvas");
  canvas.width = 256; canvas.height = 1;
  const pen = canvas.getContext("2d"), fill = pen.createLinearGradient(0, 0, 256, 0);
  colors.forEach((c, i) => fill.addColorStop(i / (colors.length - 1), c));
  pen.fillStyle = fill;
  pen.fillRect(0, 0, 256, 1);
  return new Uint32Array(pen.getImageData(0, 0, 256, 1).data.buffer);
}

// px that the names above the columns and the gaps between the lines take
const names = ({ large, shape: [R] }) => (large ? 30 + 3 * R : 24);

function paint(p, view) {
  const painted = view.z + view.scale.colors;
  if (p.painted === painted) return;  // where another cell is chosen, the pictures stay
  p.painted = painted;
  const bytes = Uint8Array.from(atob(view.z), (ch) => ch.charCodeAt(0)), colors = ramp(view.scale.colors);
  const [, , T, S] = view.shape, canvas = make("canvas");
  canvas.width = S; canvas.height = T;
  const pen = canvas.getContext("2d", { willReadFrequently: true }), image = pen.createImageData(S, T);
  const out = new Uint32Array(image.data.buffer);
  p.cells.forEach((button, i) => {
    const from = i * T * S;
    for (let k = 0; k < T * S; k++) out[k] = colors[bytes[from + k]];
    pen.putImageData(image, 0, 0);
    button.firstChild.src = canvas.toDataURL();
  });
}

// room: {width, height} of the panel's body
export function grid(p, view, room) {
  const [R, C, T, S] = view.shape;
  const shape = view.shape.join();
  if (p.shape !== shape || p.kind !== "grid") {
    p.shape = shape;
    p.painted = "";
    const table = make("div", "lf-grid");
    table.style.gridTemplateColumns = `max-content repeat(${C}, minmax(0, 1fr))`;
    table.append(make("span"), ...view.col_names.map((n) => make("span", "lf-name", n)));
    p.cells = [];
    for (let r = 0; r < R; r++) {
      table.append(make("span", "lf-name", view.row_names[r]));
      for (let c = 0; c < C; c++) {
        const button = make("button", "lf-cell"), picture = make("img");
        picture.alt = "";  // the button has the name
        picture.decoding = "sync";
        picture.draggable = false;
        button.type = "button";
        button.dataset.cell = `${r},${c}`;
        button.append(picture);
        table.append(button);
        p.cells.push(button);
      }
    }
    p.body.replaceChildren(table);
    p.body.style.width = p.body.style.height = "";
  }
  p.body.firstChild.style.maxWidth = room.height ? `${Math.min(room.width, 40 + ((room.height - names(view)) / R) * C)}px` : "";
  paint(p, view);
  p.cells.forEach((button, i) => {
    const [r, c] = [Math.floor(i / C), i % C];
    const chosen = Boolean(view.selected) && view.selected[0] === r && view.selected[1] === c;
    const name = `${view.row_names[r]}·${view.col_names[c]}`, tab = chosen || (!view.selected && i === 0) ? 0 : -1;
    if (button.title !== name) {  // what is as it was is not written again: the browser would look at its style anew
      button.title = name;
      button.setAttribute("aria-label", name);
    }
    if (button.getAttribute("aria-pressed") !== String(chosen)) button.setAttribute("aria-pressed", chosen);
    if (button.getAttribute("tabindex") !== String(tab)) button.tabIndex = tab;
  });
}
