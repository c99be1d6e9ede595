"""Where the reader stands: each page opens at its top, links to a place land there, Back and reload return to it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from study.notes import lessons
from study.words import app_words

from .driver import (
    LESSONS,
    SLOW,
    T5,
    act,
    all_drawn,
    at,
    card,
    idle,
    listening,
    redraws,
    slider,
    start,
    titled,
    visit,
    widget,
)

T6 = "t6_self_attention"
EN = app_words("en")
NEXT = lessons[lessons.index(LESSONS[T5]) + 1]


def top(page: Page) -> float:
    """How far the page is scrolled."""
    return page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")


def scroll(page: Page, by: int) -> float:
    """Turns the wheel as a reader does; returns where the page then stands."""
    page.mouse.move(640, 450)
    before = top(page)
    page.mouse.wheel(0, by)
    page.wait_for_function("t => document.querySelector('[data-testid=stMain]').scrollTop !== t", arg=before)
    page.wait_for_timeout(300)
    return top(page)


def rests_at(page: Page, place: float, slack: float = 2) -> None:
    """The page comes to this place and stays there while its last figures are drawn."""
    for _ in range(150):
        if abs(top(page) - place) <= slack:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1500)
    assert top(page) == pytest.approx(place, abs=slack)


def lands_on(page: Page, demo: str) -> None:
    """The card stands at the top of the window, below the bar, once everything is drawn."""
    all_drawn(page, LESSONS[urlsplit(page.url).path.strip("/")])
    page.wait_for_timeout(1500)
    assert card(page, demo).evaluate("n => n.getBoundingClientRect().top") == pytest.approx(60, abs=12)


def never_short(page: Page) -> None:
    """As where a page comes so fast that the one before it leaves no gap: nothing takes the window to its top."""
    page.add_style_tag(content="[data-testid=stMainBlockContainer] { min-height: 30000px; }")


# --- a new page ------------------------------------------------------------------------------------------------------
def test_a_lesson_opens_at_its_top_however_fast_it_comes(t5):
    page = t5()
    never_short(page)
    page.locator(".st-key-go_next a").click()
    titled(page, NEXT.title("en"))
    all_drawn(page, NEXT)
    rests_at(page, 0)
    scroll(page, 9000)
    visit(page, T5)
    titled(page, LESSONS[T5].title("en"))
    all_drawn(page, LESSONS[T5])
    rests_at(page, 0)


def test_an_arrow_key_opens_the_next_lesson_at_its_top(t5):
    page = t5()
    listening(page)
    never_short(page)
    scroll(page, 9000)
    page.keyboard.press("ArrowRight")
    titled(page, NEXT.title("en"))
    all_drawn(page, NEXT)
    rests_at(page, 0)


# --- history ---------------------------------------------------------------------------------------------------------
def test_one_back_leaves_the_lesson_and_forward_returns_to_its_values_and_its_place(open_page):
    page = open_page("/")
    listening(page)
    visit(page, T5)
    all_drawn(page, LESSONS[T5])
    entries = page.evaluate("history.length")
    for _ in range(3):
        with redraws(page, "scaling"):
            slider(page, f"{T5}.scaling.d_k").press("ArrowRight")
    value = slider(page, f"{T5}.scaling.d_k").get_attribute("aria-valuetext")
    assert page.evaluate("history.length") == entries
    assert parse_qs(urlsplit(page.url).query)[f"{T5}.scaling.d_k"] == [value]
    place = scroll(page, 2500)

    page.go_back()
    titled(page, EN("name"))
    page.go_forward()
    titled(page, LESSONS[T5].title("en"))
    all_drawn(page, LESSONS[T5])
    expect(slider(page, f"{T5}.scaling.d_k")).to_have_attribute("aria-valuetext", value)
    rests_at(page, place)

    page.reload()
    all_drawn(page, LESSONS[T5])
    expect(slider(page, f"{T5}.scaling.d_k")).to_have_attribute("aria-valuetext", value)
    rests_at(page, place)


def test_word_of_a_page_that_was_left_at_once_comes_too_late(open_page):
    page = open_page("/")
    listening(page)
    visit(page, "t9_bleu")
    titled(page, LESSONS["t9_bleu"].title("en"))
    idle(page)
    page.go_back()
    titled(page, EN("name"))
    idle(page)
    late = """() => new Promise((done) => {
      addEventListener("popstate", () => {
        history.pushState({}, "", "/");  // as Streamlit does when a run for the home page says where it is
        done([location.pathname, history.length]);
      }, { once: true });
      history.forward();
    })"""
    length = page.evaluate("history.length")
    assert page.evaluate(late) == ["/t9_bleu", length]
    titled(page, LESSONS["t9_bleu"].title("en"))
    page.go_back()
    titled(page, EN("name"))


def test_whoever_scrolls_while_the_page_returns_is_not_taken_back(t5):
    page = t5()
    place = scroll(page, 6000)
    page.reload()
    page.wait_for_function("() => document.querySelector('[data-testid=stMain]')?.scrollTop > 200", timeout=SLOW)
    page.mouse.move(640, 450)
    page.mouse.wheel(0, -100_000)
    all_drawn(page, LESSONS[T5])
    page.wait_for_timeout(1500)
    assert top(page) < place / 4  # the browser itself keeps what is in sight where figures grow above it


# --- links to a place ------------------------------------------------------------------------------------------------
def test_a_copied_link_opens_at_its_demo(t5, open_page):
    page = t5()
    act(page, "retrieval", "copy").click()
    expect(act(page, "retrieval", "copy")).to_have_text(EN("copied"))
    link = page.evaluate("navigator.clipboard.readText()")
    assert urlsplit(link).fragment == "retrieval"
    lands_on(open_page(f"/{T5}#{urlsplit(link).fragment}"), "retrieval")


@pytest.mark.parametrize("size", [(1280, 900), (390, 800)])
def test_a_link_lands_on_its_demo_though_figures_grow_above_it(open_page, size):
    page = open_page(f"/{T6}#symmetry", size=size)
    lands_on(page, "symmetry")


def test_a_section_in_the_side_bar_closes_it_on_a_phone(t5):
    page = t5(size=(390, 800))
    page.locator("[data-testid=stExpandSidebarButton]").click()
    side = page.locator("[data-testid=stSidebar]")
    expect(side).to_have_attribute("data-collapsed", "false")
    page.locator(".st-key-contents a[href='#s3']").click()
    expect(side).to_have_attribute("data-collapsed", "true")
    expect(page.locator("#s3")).to_be_in_viewport()


# --- arrow keys ------------------------------------------------------------------------------------------------------
def test_arrow_keys_do_not_turn_the_page_after_a_click_in_a_card(t5):
    page = t5()
    listening(page)
    figure = card(page, "scaling").locator(".lf-body").first
    figure.click()
    page.keyboard.press("ArrowRight")
    card(page, "scaling").locator(".lf-numbers dt").first.click()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1000)
    idle(page)
    titled(page, LESSONS[T5].title("en"))
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    titled(page, NEXT.title("en"))


def test_the_arrow_keys_are_told_where_the_neighbours_stand(t5):
    page = t5()
    for way in ("previous", "next"):
        expect(page.locator(f".st-key-go_{way} a")).to_have_attribute("title", EN(f"keys.{way}"))


# --- refused input ---------------------------------------------------------------------------------------------------
def test_a_refusal_keeps_the_figure_dimmed_and_its_links(t5):
    page = t5()
    area = card(page, "real_heads")
    box = widget(page, f"{T5}.step_by_step.sentence").locator("input")
    default = box.input_value()
    height = area.bounding_box()["height"]
    box.fill("words and more " * 50)
    expect(area.locator(".lf-figures.lf-dim")).to_be_visible()
    assert area.locator(".lf-panel").count() > 1
    assert area.bounding_box()["height"] > height * 0.6
    assert float(area.locator(".lf-figures.lf-dim").evaluate("n => getComputedStyle(n).opacity")) < 0.6
    act(page, "real_heads", "copy").click()
    expect(act(page, "real_heads", "copy")).to_have_text(re.compile(f"{EN('copied')}|{re.escape(EN('copied_short'))}"))
    act(page, "real_heads", "data").click()
    expect(area.locator("[data-testid=stDataFrame]").first).to_be_visible()
    act(page, "real_heads", "reset").click()
    expect(area.locator(".lf-dim")).to_have_count(0)
    expect(box).to_have_value(default)


def test_a_link_with_a_refused_value_can_be_reset(open_page):
    page = at(open_page, T5, f"{T5}.sentence=")
    expect(card(page, "real_heads").locator(".lf-note")).to_be_visible()
    expect(act(page, "real_heads", "data")).to_have_count(0)
    act(page, "real_heads", "reset").click()
    expect(card(page, "real_heads").locator(".lf-panel").first).to_be_visible()


# --- Streamlit's own Stop --------------------------------------------------------------------------------------------
def test_a_training_is_stopped_by_its_own_button_only(t5):
    page = t5()
    page.evaluate("""() => {
      window.seen = [0, 0];  // how often it was looked for, how often it was there to be seen
      const shown = () => document.querySelector("[data-testid=stStatusWidget]")?.getBoundingClientRect().width > 0;
      setInterval(() => { window.seen[0]++; window.seen[1] += shown(); }, 50);
    }""")
    go = widget(page, f"{T5}.race._go").locator("button")
    go.click()
    expect(card(page, "race").locator(".lf[data-drawn]")).to_be_visible(timeout=SLOW)
    idle(page)
    go = widget(page, f"{T5}.train_live._go").locator("button")
    start(go, EN("stop"))
    page.wait_for_function("() => window.seen[0] > 60", timeout=SLOW)
    go.click()
    expect(go).to_contain_text(EN("start"))
    assert page.evaluate("window.seen[1]") == 0
