"""Starts the app and a real Chromium, and reads lesson pages the way that a reader's eyes and hands do.

Hooks: `.st-key-card_<demo>` a demo's card; `.lf[data-drawn]` how often its figure was drawn; `[data-act=…]` the quiet
links under it; `.st-key-<stem>-<demo>-<control>` a widget; `.stApp[data-test-script-state]` whether Streamlit works.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Playwright, expect

from study.notes import Lesson, lessons

ROOT = Path(__file__).resolve().parents[2]
#: A real Chromium without sandbox (CI runs as root) and without errands of its own.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
#: The shell first: a whole Chromium draws parts of a window that nobody sees, a second of a core for each new reader.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "msedge",
    "chrome",
)
#: Streamlit looks for its server under the page's own path first; these two 404s are its way to find the root.
PROBES = ("/_stcore/health", "/_stcore/host-config")
SLOW = 30_000  # ms; a first visit waits for torch
LESSONS = {lesson.stem: lesson for lesson in lessons}
T5 = "t5_attention"  # it has every kind of control


def chromium(playwright: Playwright) -> str:
    """The path of a Chromium: $CHROMIUM, one on PATH, Playwright's own. Raises FileNotFoundError saying what to do."""
    candidates = [os.environ.get("CHROMIUM") or "", *NAMES, playwright.chromium.executable_path]
    found = next((path for name in candidates if name and (path := shutil.which(name))), None)
    if not found:
        raise FileNotFoundError(
            "The browser tests need a Chromium and found none. Use `python start.py test`, which gets one; or run "
            "`python -m playwright install chromium`; or install Chrome, Edge or Chromium (Debian and Ubuntu: apt "
            "install chromium); or name its program in the environment variable CHROMIUM."
        )
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium(playwright), args=FLAGS)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def served(script: str | Path = "app.py", env: Mapping[str, str] | None = None, port: int = 0) -> Iterator[str]:
    """The address of `streamlit run script`, started from the repository's root; its end is the server's end.

    port: 0 for one that is free.

    Raises RuntimeError with the server's own words where it does not come up within a minute.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.headless=true"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (env or {})
    with tempfile.TemporaryFile("w+") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 60
            while not _healthy(url):
                if server.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"the server did not come up:\n{log.read()}")
                time.sleep(0.02)
            yield url
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def watch(page: Page, complaints: list[str]) -> None:
    """Notes what must never happen on a page: errors, dialogs, requests that leave this machine."""

    def console(message) -> None:
        probe = urlsplit(message.location.get("url", "")).path.endswith(PROBES) and "404" in message.text
        if message.type == "error" and not probe:
            complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def request(sent) -> None:
        parts = urlsplit(sent.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            complaints.append(f"request left this machine: {sent.url}")

    def dialog(shown) -> None:
        complaints.append(f"dialog: {shown.message}")
        shown.dismiss()

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(f"page error: {error.stack or error}"))  # with its place
    page.on("request", request)
    page.on("websocket", lambda ws: None if urlsplit(ws.url).hostname == "127.0.0.1" else complaints.append(ws.url))
    page.on("dialog", dialog)


# --- reading a page --------------------------------------------------------------------------------------------------
def idle(page: Page) -> None:
    """Waits until Streamlit has no script running."""
    page.wait_for_function(
        "() => document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'", timeout=SLOW
    )


def listening(page: Page) -> None:
    """Waits until the page's own script (assets/shell.js) hears arrow keys: its last step is to note the theme."""
    page.wait_for_function("() => document.cookie.includes('theme=')", timeout=SLOW)
    idle(page)


def resize(page: Page, size: tuple[int, int]) -> None:
    """size: width and height, px."""
    page.set_viewport_size({"width": size[0], "height": size[1]})


def moved(page: Page) -> None:
    """The reader has moved: the page is no longer held where it began while it grows (assets/shell.js), so that what a
    test scrolls to, which no hand does, stays in sight."""
    page.keyboard.press("Shift")


def titled(page: Page, title: str) -> None:
    """Waits until this is the page's one title: the left page's may still stand beside it while the new one comes."""
    expect(page.locator("h1")).to_have_text([title], timeout=SLOW)


def all_drawn(page: Page, lesson: Lesson) -> None:
    """Waits until every demo of the lesson shows its figure, or the button that starts its work, and all is quiet."""
    there = "stem => location.pathname.endsWith(stem) && document.querySelector('.lf')"  # the page before may have one
    page.wait_for_function(there, arg=lesson.stem, timeout=SLOW)
    idle(page)
    page.evaluate("document.documentElement.dataset.drawAll = 1; document.dispatchEvent(new Event('draw-all'))")
    for name in lesson.demos:
        go = page.locator(f".st-key-{lesson.stem}-{name}-_go")
        expect(card(page, name).locator(".lf[data-drawn]").or_(go).first).to_be_attached(timeout=SLOW)
    expect(page.locator(".st-key-quizpart_now input").first).to_be_attached(timeout=SLOW)
    expect(page.locator(".st-key-page .lf-rest")).to_have_count(0, timeout=SLOW)  # all of the quiz has come
    # a page that has come anew since has its folds closed
    closed = page.locator("[class*=fold_] > [data-testid=stExpander] > details:not([open])")
    for _ in range(20):
        if closed.count() == 0:
            break
        closed.evaluate_all("folds => folds.forEach(fold => fold.querySelector('summary').click())")
        page.wait_for_timeout(700)
    idle(page)
    moved(page)


def at(open_page: Callable[..., Page], stem: str, query: str = "", **settings) -> Page:
    """open_page for a lesson with query parameters; every figure is drawn when it returns."""
    page = open_page(f"/{stem}{query and '?' + query}", **settings)
    all_drawn(page, LESSONS[stem])
    return page


def begun(open_page: Callable[..., Page], stem: str, **settings) -> Page:
    """open_page for a lesson as a reader opens it: its first figures are drawn when it returns."""
    page = open_page(f"/{stem}", **settings)
    page.locator(".lf[data-drawn]").first.wait_for(timeout=SLOW)
    idle(page)
    moved(page)
    return page


def visit(page: Page, where: str | int) -> None:
    """Clicks a page in the side bar: a lesson's stem, or 0 for the home page."""
    links = page.locator(".st-key-pages [data-testid=stPageLink] a")
    (links.nth(where) if isinstance(where, int) else links.and_(page.locator(f"[href$={where}]"))).click()


def number_of(page: Page, i: int) -> Locator:
    """The button of a quiz item in its row."""
    return page.locator(".st-key-quizrow button").nth(2 + i)


def turn(page: Page, i: int) -> Locator:
    """Brings an item of the quiz on the screen."""
    number_of(page, i).click()
    place = page.locator(f".st-key-quizpart_now .st-key-quiz_{i}")
    expect(place).to_be_visible()
    idle(page)
    return place


def card(page: Page, demo: str) -> Locator:
    return page.locator(f".st-key-card_{demo}")


def widget(page: Page, key: str) -> Locator:
    """A widget by its key: "t5_attention.scaling.d_k"."""
    return page.locator(f".st-key-{key.replace('.', '-')}")


def slider(page: Page, key: str) -> Locator:
    """The focusable part of a slider; `aria-valuetext` is the value that the reader sees."""
    return widget(page, f"{key}._thumb").locator("input[type=range]")


def box(page: Page, key: str) -> Locator:
    """The box of a text control."""
    return widget(page, key).locator("input")


def start(go: Locator, stop: str) -> None:
    """Presses the button that starts work until it can be stopped: a click into a page that still moves is lost."""
    for patience in (10_000, 10_000, SLOW):
        go.click(timeout=SLOW)
        try:
            return expect(go).to_contain_text(stop, timeout=patience)
        except AssertionError:
            if patience == SLOW:
                raise


def act(page: Page, demo: str, name: str) -> Locator:
    """A quiet link under the figure: reset, copy, data, full."""
    return card(page, demo).locator(f"[data-act={name}]")


def drawn(page: Page, demo: str) -> int:
    """How many times this demo's figure was drawn."""
    return int(card(page, demo).locator(".lf").get_attribute("data-drawn") or 0)


@contextlib.contextmanager
def redraws(page: Page, demo: str, timeout: int = 15_000) -> Iterator[None]:
    """What happens inside must lead to a new drawing of this demo's figure, which is in sight and at rest before."""
    card(page, demo).scroll_into_view_if_needed()
    page.wait_for_function(
        """name => { const state = document.querySelector(`.st-key-card_${name} .lf`)?.__state;
        return !state || !(state.stale || state.busy); }""",
        arg=demo,
    )
    before = drawn(page, demo)
    yield
    page.wait_for_function(
        "([name, before]) => +document.querySelector(`.st-key-card_${name} .lf`)?.dataset.drawn > before",
        arg=[demo, before],
        timeout=timeout,
    )
    idle(page)


def step(page: Page, demo: str, name: str) -> None:
    """Shows a step of a demo."""
    card(page, demo).locator(f".lf-tab[data-step='{name}']").click()
    expect(card(page, demo).locator(f".lf[data-step='{name}']")).to_be_visible()


def panel(page: Page, demo: str, index: int) -> Locator:
    """One view of the step that a demo shows, in order."""
    return card(page, demo).locator(".lf-panel").nth(index).locator(".lf-body")


def cell(page: Page, demo: str, index: int, at: tuple[int, int], shape: tuple[int, int]) -> None:
    """Clicks a cell of a heatmap."""
    area = panel(page, demo, index).locator(".nsewdrag").first
    area.scroll_into_view_if_needed()
    size = area.bounding_box()
    x, y = ((at[1] + 0.5) / shape[1] * size["width"], (at[0] + 0.5) / shape[0] * size["height"])
    area.click(position={"x": x, "y": y})
