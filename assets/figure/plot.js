// A Plotly figure on its node: Plotly.react in place (zoom and focus stay), in the room that its step gives it.
import { matrix } from "./layout.js";
import { group } from "./legend.js";

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

const CHART = { cell: 99 }, BAR = 44;  // px of a bar with its gaps whose number has room

// Numbers on some bars of a chart and not on others would tell of a difference: without room for all there are none.
function crowded(data, width, large = 1) {
  const bars = data.filter((trace) => trace.type === "bar");
  return bars.length > 0 && width / (new Set(bars.map((bar) => bar.offsetgroup)).size * bars[0].x.length) < BAR * large;
}

// room: {width, height} of the panel's body; budget: the height of the step, larger where a card fills the screen
export async function plot(state, p, view, room, budget) {
  const size = view.cells ? matrix(view, room, budget) : { ...room, ...CHART };
  if (view.square) size.width = Math.min(size.width, size.height);
  p.body.style.width = `${Math.floor(size.width)}px`;
  p.body.style.height = `${Math.floor(size.height)}px`;
  const Plotly = await plotly(state.source);
  const layout = { ...view.figure.layout, width: Math.floor(size.width), height: Math.floor(size.height) };
  if (size.margin) {
    layout.margin = size.margin;
    const thin = (axis, n) => ({ ...axis, tickvals: axis.tickvals.filter((_, i) => i % n === 0), ticktext: axis.ticktext.filter((_, i) => i % n === 0) });
    layout.xaxis = { ...thin(layout.xaxis, size.steps[0]), tickangle: size.angle };
    layout.yaxis = thin(layout.yaxis, size.steps[1]);
  }
  if (view.y_axis) layout.yaxis = { ...layout.yaxis, title: undefined };
  layout.showlegend = false;  // it stands above the chart (legend.js)
  const data = view.figure.data.filter((trace) => size.cell >= (trace.meta ?? 0) * (view.large ?? 1) && !p.hidden?.has(group(trace)));
  if (crowded(data, size.width, view.large)) data.forEach((trace, i) => { if (trace.type === "bar") data[i] = { ...trace, text: undefined, texttemplate: undefined }; });
  // In place, Plotly keeps the room of tick texts as it was: another width, other names or other tick texts begin anew.
  // Nothing is animated, for while it animates Plotly gives new tick texts no room at all.
  const bare = layout.xaxis.ticktext?.map((text) => text.replace(/<[^>]*>/g, ""));  // a colour changes no width
  const frame = JSON.stringify([layout.width, layout.height, data.map((trace) => trace.name), bare]);
  if (p.frame !== frame) Plotly.purge(p.body);
  p.frame = frame;
  await Plotly.react(p.body, data, layout, { displayModeBar: false, responsive: false, doubleClick: "reset" });
  numbers(p.body);
}

// The numbers of bars, all of them or none: Plotly leaves out those alone that their bars have no room for. Where some
// have none it is asked again in the next frame: right after a drawing, some had no width yet that had room.
function numbers(body, again = true) {
  body.removeAttribute("data-crowded");
  const widths = [...body.querySelectorAll(".bartext")].map((text) => text.getBoundingClientRect().width);
  const isCrowded = widths.some((width) => width) && !widths.every((width) => width);
  body.toggleAttribute("data-crowded", isCrowded);
  if (isCrowded && again) requestAnimationFrame(() => numbers(body, false));
}
