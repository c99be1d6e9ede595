"""A lesson on paper: all of it, cards whole, without the frame. And who asks for less motion gets none."""

import io
import unicodedata

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from study.words import app_words

from .driver import LESSONS, T5, all_drawn, card, idle, listening, moved, visit

STEM = "b6_glue"
LESSON, EN = LESSONS[STEM], app_words("en")
AWAY = (
    "[data-testid=stSidebar], [data-testid=stHeader], .st-key-bar, .st-key-neighbours, .lf-links, .st-key-side_search"
)

#: Opens every fold of the note.
UNFOLD = """() => {
  const closed = "[class*=fold_] > [data-testid=stExpander] > details:not([open]) > summary";
  for (const line of document.querySelectorAll(closed)) line.click();
}"""
MISSING = "document.querySelectorAll('.st-key-page .lf:not([data-drawn])').length"
#: Seconds that a change takes at the longest, and how much moves now; a ring that stands is no motion.
LONGEST = """() => Math.max(0, ...[...document.querySelectorAll(".st-key-page *")].slice(0, 3000)
  .map((n) => parseFloat(getComputedStyle(n).transitionDuration)))"""
MOVING = """() => document.getAnimations().filter((a) => a.playState === "running"
  && new Set(a.effect.getKeyframes().map((k) => k.boxShadow ?? Math.random())).size > 1).length"""


def squeezed(text: str) -> str:
    """Letters and digits alone; PDF has ligatures for some."""
    return "".join(ch for ch in unicodedata.normalize("NFKC", text) if ch.isalnum())


def test_a_lesson_is_printed_whole(open_page):
    page = open_page(f"/{STEM}", size=(1280, 800))
    all_drawn(page, LESSON)
    page.emulate_media(media="print")
    for node in page.locator(AWAY).all():
        expect(node).to_be_hidden()
    sheets = [squeezed(sheet.extract_text()) for sheet in PdfReader(io.BytesIO(page.pdf(format="A4"))).pages]
    text = "".join(sheets)
    assert squeezed(LESSON.title("en")) in text
    for demo, title in LESSON.demo_titles("en").items():
        assert squeezed(title) in text, demo
    for heading, _ in LESSON.sections("en"):
        assert squeezed(heading) in text
    for item in LESSON.quiz("en"):
        assert squeezed(item.ask.split("$")[0].split("`")[0])[:40] in text
    assert squeezed(EN("search.label")) not in text


def test_ctrl_p_waits_for_figures_that_have_not_come(open_page):
    page = open_page(f"/{STEM}", size=(1280, 800))
    listening(page)
    page.evaluate(f"() => {{ window.print = () => {{ window.missing = {MISSING}; }}; }}")
    page.locator("h1").click()
    page.keyboard.press("Control+p")
    page.wait_for_function("() => window.missing !== undefined", timeout=45_000)
    assert page.evaluate("window.missing") == 0


@pytest.mark.parametrize("name", [STEM, "practice"])
def test_the_quiz_is_printed_whole_where_every_figure_has_come(open_page, name):
    """The reader has been everywhere on the page, and nothing but the items that are not shown is missing on paper."""
    page = open_page(f"/{name}", size=(1280, 800))
    listening(page)
    moved(page)
    count = len(LESSON.quiz("en")) if name == STEM else 10
    missing = page.locator(".st-key-page .lf:not([data-drawn])")
    for _ in range(80):
        page.evaluate(UNFOLD)
        if missing.count() == 0:
            break
        missing.evaluate_all("figures => figures[0]?.scrollIntoView()")  # it may have come by now
        page.wait_for_timeout(700)
    expect(missing).to_have_count(0)
    items = page.locator(".st-key-quiz [class*='st-key-quiz_']")
    expect(items).to_have_count(1)
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    page.locator("h1").click()
    page.keyboard.press("Control+p")
    page.wait_for_function("() => window.printed", timeout=45_000)
    assert items.count() == count
    assert [items.nth(i).is_visible() for i in range(count)] == [True] + [False] * (count - 1)
    page.emulate_media(media="print")
    for i in range(count):
        expect(items.nth(i)).to_be_visible()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_asks_for_that(open_page, motion):
    page = open_page("/")
    page.emulate_media(reduced_motion=motion)
    visit(page, T5)
    page.locator(".st-key-contents a[href='#scaling']").click()
    expect(card(page, "scaling").locator(".lf[data-drawn]")).to_be_visible()
    idle(page)
    if motion == "reduce":
        assert page.evaluate(MOVING) == 0
        assert page.evaluate(LONGEST) == 0
    else:
        assert page.evaluate(LONGEST) > 0  # the test can fail
