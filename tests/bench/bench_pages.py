"""How fast the app is beside a bare Streamlit page, in one run:  python -m tests.bench.bench_pages [part …]

Seconds differ from machine to machine, so every time stands beside the same thing done by a bare script on a server of
its own, measured in turns with ours; what counts is the ratio. Nothing is asserted: PASS or OVER stands beside a bound.

start     process start -> home visible, and home visible in a new browser (empty cache) on a running server; bare:
          a script of one title and one text. Then the first figure of T5 and of home in a new browser; bare: the page
          of `latency` with one demo.
switch    click on a lesson in the side bar -> its first figure, in a warm browser; bare: an app of two pages, the
          second with the figure of `latency`.
latency   key -> figure. bare: a script that imports the same demo, has one slider for the same control with the same
          steps, caches evidence as the app does, and calls st.plotly_chart(study.figures.figure(view)) for every view.
          Both pages run the same watcher: the capturing keydown listener takes the time; every animation frame makes a
          fingerprint of all figures in sight (the numbers that Plotly holds for each, the text of chains and tables,
          for ours also `data-drawn`); the time of the last frame in which the fingerprint changed, before 400 ms of no
          change, is the end. 10 steps up and 10 down on each; both walk in turns of five steps. Ours is the whole
          lesson page with all of its demos, bare shows the one demo.
          Also: bytes that came over the websocket per step.
bytes     JSON of a demo's drawings: the grid of all heads for 32 tokens, and every demo at its largest control values.
torch     whether the home page imports torch.
"""

import json
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, expect, sync_playwright

from study.notes import lessons
from tests.browser.driver import ROOT, SLOW, all_drawn, idle, launch, served, slider

HELLO = 'import streamlit as st\nst.title("Hello")\nst.write("A page with one title and one text.")\n'
BARE = """
import streamlit as st
from study.controls import Slider
from study.demo import demos
from study.look import Look
from study.figures import figure

@st.cache_resource(max_entries=256, show_spinner=False)
def evidence(stem, name, control, value):
    return demos(stem)[name](**{control: value})

stem, name, control = st.query_params.get("what", "t5_attention.scaling.d_k").split(".")
p = next(p for p in demos(stem)[name].params if p.name == control)
c = p.control
if c.scale == "log":
    value = st.select_slider(control, c.ladder, p.default, key="control")
else:
    whole = int if c.whole else float
    value = st.slider(control, whole(c.low), whole(c.high), p.default, whole(c.step or 1), key="control")
st.title(name)
for i, view in enumerate(evidence(stem, name, control, value).views):
    st.plotly_chart(figure(view), key=f"view{i}")
"""
#: How a bare page is served: as Streamlit comes, which looks for garbage after every run (our config.toml does not).
AS_IT_COMES = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true"}
TWO_PAGES = """
import streamlit as st

pages = [st.Page(lambda: st.title("Hello"), title="Hello", url_path="hello", default=True)]
st.navigation([*pages, st.Page("bare.py", title="Figure", url_path="figure")]).run()
"""
#: (stem, demo, control): sliders with more than STEPS steps; the walk begins at the lower end.
WALKS = [
    ("t5_attention", "scaling", "d_k"),
    ("t5_attention", "step_by_step", "d_k"),
    ("t5_attention", "real_heads", "head"),
    ("t2_layer_vs_batch_norm", "neighbour", "sentences"),
    ("t3_positional_encoding", "rotation", "p"),
    ("t6_self_attention", "token_lines", "bert_head"),
    ("t9_bleu", "our_translator", "pair"),
    ("b2_input_embeddings", "parts", "first"),
    ("b2_input_embeddings", "recover", "width"),
    ("b3_wordpiece", "train", "merges"),
    ("b6_glue", "confusion", "tp"),
    ("b6_glue", "score", "wnli"),
    ("t1_why_attention", "complexity", "n"),
    ("t7_learned_parameters", "count", "d_ff"),
    ("t8_text_to_tensor", "cost", "T"),
    ("b5_pretrain_finetune", "masking", "share"),
    ("b7_descendants", "masks", "epochs"),
]
SWITCHED_TO = ("T1", "T5", "T8", "B2", "B5")
STEPS, TURN = 10, 5  # up and then down again; steps at a time
LATENCY = {"median": 0.8, "p95": 1.0}  # the bounds
HOME, SWITCH, GRID, DEMO = 1.5, 1.2, 150_000, 400_000

WATCH = """(scope) => {
  const sum = (a) => {
    if (a === undefined || a === null) return 0;
    if (typeof a === "number") return a || 0;
    if (typeof a === "string") { let h = 7; for (const ch of a) h = (h * 31 + ch.codePointAt(0)) % 1e9; return h; }
    let s = 0, i = 1;
    for (const v of a) s += sum(v) * (i = i % 97 + 1);
    return s;
  };
  const look = () => [...document.querySelectorAll(scope)].map(box => [
    box.querySelector(".lf")?.dataset.drawn,
    ...[...box.querySelectorAll(".js-plotly-plot")].map(n =>
      (n._fullData ?? []).map(t => sum(t.z) + sum(t.y) + sum(t.x) + sum(t.cells?.values)).join()
      + JSON.stringify(n._fullLayout?.shapes?.map?.(s => s.x0))),
    ...[...box.querySelectorAll(".lf-chain, .lf-table")].map(n => n.textContent)].join("|")).join("#");
  const w = window.__watch = { key: 0, end: 0, print: look() };
  document.addEventListener("keydown", () => { w.key = performance.now(); w.end = 0; }, true);
  const frame = () => {
    const print = look();
    if (print !== w.print) { w.print = print; w.end = performance.now(); }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
SETTLED = "() => { const w = window.__watch; return w.end && performance.now() - w.end > 400 && w.end - w.key; }"


def written(folder: Path) -> Path:
    """The bare page as a script."""
    script = folder / "bare.py"
    script.write_text(BARE)
    return script


def p95(values: list[float]) -> float:
    return sorted(values)[round(0.95 * (len(values) - 1))]


def verdict(value: float, bound: float) -> str:
    return "PASS" if value <= bound else "OVER"


def visible(browser: Browser, url: str, what: str) -> float:
    """Seconds from asking for a page to seeing `what` on it, in a browser with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    expect(page.locator(what).first).to_be_visible(timeout=SLOW)
    taken = time.perf_counter() - start
    context.close()
    return taken


def start_(browser: Browser, folder: Path, times: int = 5) -> None:
    hello = folder / "hello.py"
    hello.write_text(HELLO)
    scripts = {"ours": "app.py", "bare": hello}
    cold, home = {k: [] for k in scripts}, {k: [] for k in scripts}
    for _ in range(times):
        for name, script in scripts.items():
            begun = time.perf_counter()
            with served(script) as url:
                visible(browser, url, "h1")
                cold[name].append(time.perf_counter() - begun)
    with ExitStack() as stack:
        urls = {name: stack.enter_context(served(script)) for name, script in scripts.items()}
        for url in urls.values():
            visible(browser, url, "h1")
        time.sleep(8)  # ours has imported torch meanwhile
        for _ in range(2 * times):
            for name, url in urls.items():
                home[name].append(visible(browser, url, "h1"))
        figures = first_figures(browser, urls["ours"], stack.enter_context(served(written(folder), AS_IT_COMES)), times)
    for what, found in (("process start -> home visible", cold), ("home visible, server running", home)):
        ours, bare = median(found["ours"]), median(found["bare"])
        told = f"ours {ours:6.2f} s   bare {bare:6.2f} s   ratio {ours / bare:5.2f}   bound {HOME}"
        print(f"{what:32} {told}   {verdict(ours / bare, HOME)}")
    for what, (ours, bare) in figures.items():
        told = f"ours {ours:6.2f} s   bare {bare:6.2f} s   ratio {ours / bare:5.2f}   bound {HOME}"
        print(f"{what:32} {told}   {verdict(ours / bare, HOME)}")


def first_figures(browser: Browser, url: str, bare: str, times: int) -> dict[str, tuple[float, float]]:
    """(ours, bare) seconds to the first figure in a new browser: bare is a page with the same figure and its slider."""
    same, found = f"{bare}/?what=t5_attention.scaling.d_k", {"first figure of T5": [], "first figure of home": []}
    visible(browser, same, ".js-plotly-plot .main-svg")
    for _ in range(times):
        for what, path in zip(found, ("t5_attention", ""), strict=True):
            ours = visible(browser, f"{url}/{path}", ".lf[data-drawn]")
            found[what].append((ours, visible(browser, same, ".js-plotly-plot .main-svg")))
    return {what: (median(o for o, _ in pairs), median(b for _, b in pairs)) for what, pairs in found.items()}


#: Milliseconds from the click to the frame in which a figure of the page that was asked for stands there.
CLICKED = """(figure) => {
  const w = window.__switch = { end: 0 };
  addEventListener("click", () => { w.start = performance.now(); }, { capture: true, once: true });
  const look = () => {
    if (w.start && document.querySelector(figure)) w.end = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
SWITCHED = "() => { const w = window.__switch; return w.end && w.end - w.start; }"


def switch(browser: Browser, folder: Path) -> None:
    """From the click on a page's name to its first figure, for each of SWITCHED_TO."""
    written(folder)
    two = folder / "two.py"
    two.write_text(TWO_PAGES)
    with served() as ours_url, served(two, AS_IT_COMES) as bare_url:
        side = "[data-testid=stSidebar]"
        bare = (bare_url, f"{side} a[href$=figure]", f"{side} a >> nth=0", ".js-plotly-plot .main-svg", "h1")
        for lesson in (le for le in lessons if le.number in SWITCHED_TO):
            link, home = f"{side} a[href$={lesson.stem}]", f"{side} .st-key-pages a >> nth=0"
            figure = f".st-key-card_{lesson.demos[0]} .lf[data-drawn]"
            found = in_turns(browser, {"ours": (ours_url, link, home, figure, ".map svg"), "bare": bare})
            told = f"ours {found['ours']:6.0f} ms   bare {found['bare']:6.0f} ms"
            ratio = found["ours"] / found["bare"]
            what = f"click -> first figure of {lesson.number}"
            print(f"{what:32} {told}   ratio {ratio:5.2f}   bound {SWITCH}   {verdict(ratio, SWITCH)}")


def in_turns(browser: Browser, ways: dict[str, tuple[str, ...]], times: int = 10) -> dict[str, float]:
    """Median milliseconds of each way: (url, link there, link back, figure there, what is seen back); the first visit
    is not counted.
    """
    found = {name: [] for name in ways}
    pages = {name: browser.new_context(viewport={"width": 1280, "height": 900}).new_page() for name in ways}
    for turn in range(times + 1):
        for name, (url, there, back, figure, home) in ways.items():
            page = pages[name]
            page.bring_to_front()
            if not turn:
                page.goto(url)
            expect(page.locator(home).first).to_be_visible(timeout=SLOW)
            expect(page.locator(figure)).to_have_count(0)
            idle(page)
            page.evaluate(CLICKED, figure)
            page.locator(there).first.click()
            taken = page.wait_for_function(SWITCHED, timeout=SLOW)
            found[name] += [taken.json_value()] * bool(turn)
            idle(page)
            page.locator(back).first.click()
    for page in pages.values():
        page.context.close()
    return {name: median(times) for name, times in found.items()}


def step(page: Page, key: str) -> float:
    """Milliseconds from the key to the last change of a figure."""
    page.keyboard.press(key)
    return page.wait_for_function(SETTLED, timeout=SLOW).json_value()


def latency(browser: Browser, folder: Path) -> None:
    everything = {"ours": [], "bare": []}
    with served() as ours_url, served(written(folder), AS_IT_COMES) as bare_url:
        for stem, demo, control in WALKS:
            pages, times, frames = {}, {"ours": [], "bare": []}, {"ours": [], "bare": []}
            for name in times:
                page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US").new_page()
                page.on("websocket", lambda ws, f=frames[name]: ws.on("framereceived", lambda m: f.append(len(m))))
                if name == "ours":
                    page.goto(f"{ours_url}/{stem}")
                    all_drawn(page, next(le for le in lessons if le.stem == stem))
                    thumb = slider(page, f"{stem}.{demo}.{control}")
                else:
                    page.goto(f"{bare_url}/?what={stem}.{demo}.{control}")
                    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_attached(timeout=SLOW)
                    thumb = page.locator("input[type=range]")
                idle(page)
                thumb.focus()
                page.keyboard.press("Home")
                page.wait_for_timeout(2500)
                idle(page)
                page.evaluate(WATCH, f".st-key-card_{demo}" if name == "ours" else ".stMain")
                frames[name].clear()
                pages[name] = page
            walk = ["ArrowRight"] * STEPS + ["ArrowLeft"] * STEPS
            for turn in range(0, len(walk), TURN):
                for name, page in pages.items():
                    page.bring_to_front()
                    times[name] += [step(page, key) for key in walk[turn : turn + TURN]]
            for name, page in pages.items():
                everything[name] += times[name]
                page.context.close()
            report(f"{demo}.{control}", times, {name: sum(f) / len(walk) for name, f in frames.items()})
    report("all together", everything)


def report(what: str, times: dict[str, list[float]], sizes: dict[str, float] | None = None) -> None:
    for name, measure in (("median", median), ("p95", p95)):
        ours, bare = measure(times["ours"]), measure(times["bare"])
        told = f"ours {ours:6.0f} ms   bare {bare:6.0f} ms   ratio {ours / bare:5.2f}   bound {LATENCY[name]}"
        print(f"{what:24} {name:7} {told}   {verdict(ours / bare, LATENCY[name])}")
    if sizes:
        ours, bare = sizes["ours"] / 1e3, sizes["bare"] / 1e3
        told = f"ours {ours:6.1f} kB   bare {bare:6.1f} kB   ratio {ours / bare:5.2f}   (mean per step)"
        print(f"{what:24} {'frames':7} {told}")


def bytes_(*_) -> None:
    from study.demo import demos
    from study.figures import as_is, draw_all
    from study.look import Look
    from tests.evidence import corners

    def size(evidence) -> int:
        drawn = draw_all(evidence.views, Look("light"), as_is)
        return len(json.dumps(drawn, ensure_ascii=False, separators=(",", ":")).encode())

    heads = demos("t5_attention")["real_heads"](sentence=" ".join(["word"] * 30))
    assert heads.views[1].z.shape[-1] == 32, heads.views[1].z.shape
    found = size(heads)
    print(f"{'all heads, 32 tokens':44} {found / 1e3:7.1f} kB   bound {GRID / 1e3:.0f}   {verdict(found, GRID)}")
    for lesson in lessons:
        for name, demo in demos(lesson.stem).items():
            sizes = [(size(evidence), given) for given in corners(demo) if (evidence := _first(demo, given))]
            found, given = max(sizes, key=lambda pair: pair[0])
            told = {k: v if len(str(v)) < 20 else textwrap.shorten(str(v), 40) for k, v in given.items()}
            line = f"{lesson.stem.split('_')[0]}.{name:40} {found / 1e3:7.1f} kB   bound {DEMO / 1e3:.0f}   "
            print(line + f"{verdict(found, DEMO)}   {told}")


def _first(demo, given):
    from study.controls import Refusal

    try:
        return next(demo.start(**given))
    except Refusal:
        return None


def torch_(*_) -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        "app = AppTest.from_file('study/shell/main.py', default_timeout=60).run(); assert not app.exception; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    imported = done.stdout.split()[-1:] != ["False"]
    print(f"home without torch: {'OVER (torch was imported, or the page failed)' if imported else 'PASS'}")


PARTS: dict[str, Callable] = {"torch": torch_, "bytes": bytes_, "start": start_, "switch": switch, "latency": latency}


def main(wanted: list[str]) -> None:
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"unknown part {sorted(unknown)}; there are {list(PARTS)}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launch(playwright)
        for name in wanted or PARTS:
            print(f"--- {name}", flush=True)
            PARTS[name](browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
