// The names of a chart's lines, bars or points, beside their strokes, above the chart: it keeps its size whatever they
// say. A click hides one.
import { make, spelled } from "./dom.js";

const GLYPHS = { 0: "●", circle: "●", 1: "■", square: "■", 2: "◆", diamond: "◆", 3: "✚", cross: "✚", 4: "✖", x: "✖", 5: "▲",
  "triangle-up": "▲", "triangle-down": "▼", star: "★", pentagon: "⬟", hexagon: "⬢" };
const DASHES = { dash: "6 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "10 4", longdashdot: "10 3 2 3" };
const FILLS = { "/": "//", ".": "··", x: "××" };
const SVG = "http://www.w3.org/2000/svg";

export const group = (trace) => trace.legendgroup ?? trace.name;
const text = (name) => name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");  // as Plotly wants it

function stroke(trace) {
  const mark = make("span", "lf-stroke"), color = trace.line?.color ?? trace.marker?.color;
  if (trace.type === "bar") {
    mark.classList.add("lf-bar-mark");
    mark.style.background = color;
    mark.style.opacity = trace.opacity ?? 1;
    mark.textContent = FILLS[trace.marker.pattern?.shape] ?? "";
    return mark;
  }
  mark.style.color = color;
  if (trace.mode.includes("lines")) {
    const svg = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "line");
    const at = { x1: 0, x2: 26, y1: 6, y2: 6, stroke: color, "stroke-width": 2, "stroke-dasharray": DASHES[trace.line.dash] ?? "none" };
    for (const [name, value] of Object.entries(at)) line.setAttribute(name, value);
    svg.append(line);
    mark.append(svg);
    mark.style.opacity = trace.opacity ?? 1;
  }
  if (trace.mode.includes("markers")) mark.append(make("i", "", GLYPHS[trace.marker.symbol] ?? "●"));
  return mark;
}

// What a chart names above itself.
export const named = ({ figure }) => (figure?.layout.showlegend ? figure.data.filter((t) => t.name && t.showlegend !== false) : []);

// redraw: what draws the panel anew when a name has been clicked
export function legend(p, view, redraw) {
  const traces = named(view);
  p.legend.hidden = !traces.length;
  p.legend.replaceChildren(...traces.map((trace) => {
    const button = make("button", "lf-legend-item");
    button.type = "button";
    button.setAttribute("aria-pressed", !p.hidden.has(group(trace)));
    button.append(stroke(trace), spelled(make("bdi"), text(trace.name)));
    button.addEventListener("click", () => {
      if (!p.hidden.delete(group(trace))) p.hidden.add(group(trace));
      p.drawn = undefined;
      redraw();
    });
    return button;
  }));
}
