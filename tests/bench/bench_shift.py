"""What moves by itself while a lesson opens, and by how much:  python -m tests.bench.bench_shift [--width=390] [stem …]

A new browser opens the page at 1280 × 800 (390 × 844 with --width=390), nothing is clicked and nothing scrolled.
Printed for each lesson: the cumulative layout shift (bound 0.02), seconds to the first figure, height of the page in
px, nodes, and the largest shifts: when, how much, and which nodes went from where to where (top and height in px).
"""

import sys
import time

from playwright.sync_api import Browser, sync_playwright

from tests.bench.bench_layout import SHIFT, sessions
from tests.browser.driver import LESSONS, SLOW, idle, launch, served

REST = 2500  # ms in which nothing may come any more
SIZES = {1280: 800, 390: 844}
WATCH = """
window.__shifts = [];
const called = (node) => {
  const n = node?.nodeType === 1 ? node : node?.parentElement, own = n?.closest("[class*=st-key-]");
  const kind = n?.dataset?.testid ?? (String(n?.className?.baseVal ?? n?.className ?? "").split(" ")[0] || n?.tagName);
  return `${own?.className.match(/st-key-[\\w-]+/)?.[0].slice(7) ?? "-"} ${kind}`;
};
const rect = (r) => `${Math.round(r.x)},${Math.round(r.y)} ${Math.round(r.width)}×${Math.round(r.height)}`;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.__shifts.push([entry.startTime, entry.value, entry.sources.map((s) =>
      `${called(s.node)} (${rect(s.previousRect)} -> ${rect(s.currentRect)})`)]);
}).observe({ type: "layout-shift", buffered: true });
"""
SIZE = """() => [document.querySelector("[data-testid=stMain]").scrollHeight, document.querySelectorAll("*").length]"""


def opened(browser: Browser, url: str, stem: str, width: int, worst: int = 6) -> None:
    """Opens a lesson and prints what moved."""
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, locale="en-US")
    page = context.new_page()
    page.add_init_script(WATCH)
    begun = time.perf_counter()
    page.goto(f"{url}/{stem}", wait_until="commit")
    page.locator(".lf[data-drawn]").first.wait_for(timeout=4 * SLOW)
    first = time.perf_counter() - begun
    idle(page)
    page.wait_for_timeout(REST)
    shifts, (height, nodes) = page.evaluate("window.__shifts"), page.evaluate(SIZE)
    shift, said = sessions(shifts), f"{first:.1f} s to the first figure; {height} px; {nodes} nodes"
    print(f"{'PASS' if shift <= SHIFT else 'OVER'} {stem} at {width}: shift {shift:.4f} of {SHIFT}; {said}", flush=True)
    for when, value, nodes_ in sorted(shifts, key=lambda s: -s[1])[:worst]:
        print(f"     {value:.4f} at {when / 1000:.1f} s: " + "\n              ".join(nodes_), flush=True)
    context.close()


def main(arguments: list[str]) -> None:
    width = next((int(a.partition("=")[2]) for a in arguments if a.startswith("--width=")), 1280)
    stems = [a for a in arguments if not a.startswith("--")] or list(LESSONS)
    with served() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        opened(browser, url, stems[0], width, worst=0)  # the server's own first time is not the reader's
        for stem in stems:
            opened(browser, url, stem, width)


if __name__ == "__main__":
    main(sys.argv[1:])
