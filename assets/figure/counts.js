// The counts of what a reader types and moves (sentence.js, slider.js): what the reader asks for now, a reset say, is
// newer than all of it.
const views = (window.__counted ??= new Set());  // {key, n}

export function register(view) {
  views.add(view);
}

export function counted() {
  const counts = {};
  for (const view of views) {
    view.n += 1;
    if (view.key) counts[view.key] = Math.max(view.n, counts[view.key] ?? 0);
  }
  return counts;
}
