"""How long a lesson's page is and how much of it moves by itself:  python -m tests.bench.bench_layout [stem …]

A reader opens the page and turns the wheel down to its end, a screen's third at a time, with time to look. Printed:

shift     the cumulative layout shift, as browsers define it: the largest sum of a session of shifts (each within 1 s of
          the last, 5 s in all) that no key or click caused. Bound: 0.02.
height    of the page when all of it has been drawn, in px at 1280.
nodes     of the page then, and how many of them belong to formulas.
"""

import sys

from playwright.sync_api import sync_playwright

from tests.browser.driver import LESSONS, SLOW, idle, launch, served

SHIFT = 0.02
WATCH = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput) window.__shifts.push([entry.startTime, entry.value,
      entry.sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement)?.closest(
        "[class*=st-key-]")?.className.match(/st-key-[\\w-]+/)?.[0])]);
}).observe({ type: "layout-shift", buffered: true });
"""
SIZE = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  return [main.scrollHeight, document.querySelectorAll("*").length, document.querySelectorAll(".katex *").length];
}"""


def sessions(shifts: list[list]) -> float:
    """The largest sum of a session window."""
    best = total = start = last = 0.0
    for at, value, _ in shifts:
        if at - last > 1000 or at - start > 5000:
            total, start = 0.0, at
        total, last = total + value, at
        best = max(best, total)
    return best


def main(stems: list[str]) -> None:
    with served() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        for stem in stems:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(WATCH)
            page.goto(f"{url}/{stem}")
            page.locator(".lf[data-drawn]").first.wait_for(timeout=SLOW)
            idle(page)
            page.mouse.move(700, 400)
            at, end = -1.0, 0.0
            while at < end:
                at = end
                page.mouse.wheel(0, 270)
                page.wait_for_timeout(350)
                end = page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
            shifts = page.evaluate("window.__shifts")
            height, nodes, formulas = page.evaluate(SIZE)
            worst = sorted(shifts, key=lambda shift: -shift[1])[:3]
            shift = sessions(shifts)
            verdict = "PASS" if shift <= SHIFT else "OVER"
            print(f"{verdict} {stem}: shift {shift:.4f} of {SHIFT}; {height} px; {nodes} nodes, {formulas} in formulas")
            for when, value, where in worst:
                print(f"     {value:.4f} at {when / 1000:.1f} s: {', '.join(sorted({str(name) for name in where}))}")
            page.close()


if __name__ == "__main__":
    main(sys.argv[1:] or list(LESSONS))
