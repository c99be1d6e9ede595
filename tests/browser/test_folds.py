"""What the reader has opened stays open: on the way back from another page, and in another language."""

import pytest
from playwright.sync_api import Locator, Page, expect

from study.notes import lessons
from study.words import app_words

from .driver import LESSONS, SLOW, begun, card, idle, listening, titled

STEM = "t2_layer_vs_batch_norm"
DEMO = "train_vs_eval"  # waits under Further
NEXT = lessons[lessons.index(LESSONS[STEM]) + 1]


def fold(page: Page) -> Locator:
    """The box that the demo waits in; another one in it says what one should see."""
    return page.locator("[class*=fold_further_] > [data-testid=stExpander] > details", has=page.locator(f"#{DEMO}"))


def inner(page: Page) -> Locator:
    """The one inside."""
    return fold(page).locator("[class*=note_fold_] details")


def opened(page: Page) -> None:
    """Opens both by their summaries and brings what one should see to the middle of the screen."""
    listening(page)
    fold(page).locator("summary").first.click()
    expect(card(page, DEMO).locator(".lf[data-drawn]")).to_be_attached(timeout=SLOW)
    idle(page)
    page.wait_for_timeout(600)  # what came has its height
    inner(page).locator("summary").click()
    expect(inner(page)).to_have_attribute("open", "")
    idle(page)
    inner(page).locator("li").last.scroll_into_view_if_needed()
    page.mouse.move(800, 400)
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(600)


def is_as_it_was(page: Page, y: float) -> None:
    expect(inner(page)).to_have_attribute("open", "", timeout=SLOW)
    page.wait_for_timeout(3000)  # the place is held until the page has been quiet
    assert inner(page).locator("li").last.bounding_box()["y"] == pytest.approx(y, abs=6)


def test_back_returns_into_a_fold(open_page):
    page = begun(open_page, STEM)
    opened(page)
    y = inner(page).locator("li").last.bounding_box()["y"]
    page.locator(".st-key-pages a", has_text=NEXT.title("en")).first.click()
    titled(page, NEXT.title("en"))
    idle(page)
    page.go_back()
    titled(page, LESSONS[STEM].title("en"))
    is_as_it_was(page, y)
    page.reload()
    titled(page, LESSONS[STEM].title("en"))
    is_as_it_was(page, y)


def test_what_is_closed_is_not_marked_as_in_sight(open_page):
    page = begun(open_page, STEM)
    listening(page)
    heading = page.locator(".st-key-page h2", has_text="Further")
    marked = page.locator(".st-key-contents a[aria-current=location]")
    heading.evaluate("n => n.scrollIntoView()")
    expect(marked).to_have_text("Further")
    link = page.locator(f".st-key-contents a[href='#{DEMO}']")
    link.click()
    expect(card(page, DEMO).locator(".lf[data-drawn]")).to_be_visible(timeout=SLOW)
    expect(marked).to_have_attribute("href", f"#{DEMO}")


def test_another_language_leaves_a_fold_open(open_page):
    page = begun(open_page, STEM)
    opened(page)
    page.locator(".st-key-_lang button", has_text=app_words("zh")("language")).click()
    titled(page, LESSONS[STEM].title("zh"))
    expect(inner(page)).to_have_attribute("open", "", timeout=SLOW)
    page.wait_for_timeout(3000)
    expect(inner(page).locator("li").last).to_be_in_viewport()


def test_a_fold_that_was_closed_again_stays_closed(open_page):
    page = begun(open_page, STEM)
    opened(page)
    fold(page).locator("summary").first.click()
    expect(card(page, DEMO)).to_be_hidden()
    page.reload()
    titled(page, LESSONS[STEM].title("en"))
    idle(page)
    page.wait_for_timeout(1500)
    expect(card(page, DEMO)).to_be_hidden()
