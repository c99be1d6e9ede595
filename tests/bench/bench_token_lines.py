"""The drawing script of the token lines at 64 tokens and 12 heads, against stroking every line by itself.

    python -m tests.bench.bench_token_lines [--moves 60]

Real attention of the local BERT, all heads of a layer. What is measured is the time of the script per hover, in
Chromium; painting comes after it and is the browser's.
"""

import argparse
from statistics import median

from playwright.sync_api import expect, sync_playwright

from study.demo import demos
from tests.browser import driver

STEM = "t6_self_attention"
SENTENCE = " ".join(["the animal did not cross the street because it was too tired"] * 5 + ["and slept"])

#: The same weights, one stroke each: what the component would do without its classes of darkness.
NAIVE = """([repeats, z]) => {
  const canvas = document.querySelector(".st-key-card_token_lines canvas"), pen = canvas.getContext("2d");
  const T = 64, H = 12, times = [];
  for (let n = 0; n < repeats; n++) {
    const began = performance.now();
    pen.clearRect(0, 0, canvas.width, canvas.height);
    for (let h = 0; h < H; h++) for (let i = 0; i < T; i++) for (let j = 0; j < T; j++) {
      const w = z[(h * T + i) * T + j];
      if (w < 0.01) continue;
      pen.globalAlpha = w; pen.strokeStyle = `hsl(${30 * h}, 65%, 42%)`;
      pen.beginPath(); pen.moveTo(0, 24 * i); pen.lineTo(400, 24 * j); pen.stroke();
    }
    times.push(performance.now() - began);
  }
  return times;
}"""
TIMES = "() => performance.getEntriesByName('token_lines').map((e) => e.duration)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=60)
    moves = parser.parse_args().moves
    query = f"{STEM}.sentence={SENTENCE}&{STEM}.token_lines.every=1&{STEM}.token_lines.threshold=0"
    with driver.served() as url, sync_playwright() as playwright:
        page = driver.launch(playwright).new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{url}/{STEM}?{query}")
        expect(page.locator(".st-key-card_token_lines canvas")).to_be_attached(timeout=driver.SLOW)
        page.wait_for_timeout(8000)  # other demos of the lesson refuse so long a sentence: nothing to wait for there
        driver.idle(page)
        ends = page.locator(".st-key-card_token_lines .lf-left .lf-end")
        print(f"{ends.count()} tokens")
        page.evaluate("() => performance.clearMeasures()")
        for i in range(moves):
            ends.nth(i % ends.count()).dispatch_event("mouseenter")
        hover = page.evaluate(TIMES)
        page.evaluate("() => performance.clearMeasures()")
        for i in range(moves // 3):
            ends.nth(i).dispatch_event("mouseleave")
        whole = page.evaluate(TIMES)
        weights = demos(STEM)["token_lines"](sentence=SENTENCE, every=True, threshold=0.0).views[0].weights
        naive = page.evaluate(NAIVE, [5, weights.ravel().tolist()])
        p95 = sorted(hover)[int(0.95 * len(hover))]
        print(f"one token's lines:  median {median(hover):.1f} ms, p95 {p95:.1f} ms")
        print(f"all lines:          median {median(whole):.1f} ms")
        print(
            f"one stroke a line:  median {median(naive):.1f} ms; all lines / this {median(whole) / median(naive):.2f}"
        )


if __name__ == "__main__":
    main()
