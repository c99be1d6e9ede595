"""The frame of a page: bar, side bar, the page of a wrong address; and what the home page does."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from study.notes import lessons
from study.words import app_words

from .driver import LESSONS, SLOW, T5, all_drawn, at, card, drawn, idle, listening, redraws, slider, titled

EN, ZH = app_words("en"), app_words("zh")
LESSON = LESSONS[T5]


def marked(page: Page) -> Locator:
    """The link in the contents to the place in sight."""
    return page.locator(".st-key-contents a[aria-current=location]")


def to(page: Page, anchor: str) -> None:
    """Brings a heading under the bar by the link in the contents, as a reader does."""
    page.locator(f".st-key-contents a[href='#{anchor}']").click()
    expect(page.locator(f"#{anchor}")).to_be_in_viewport()
    expect(marked(page)).to_have_attribute("href", f"#{anchor}")


def language(page: Page, words) -> None:
    page.locator(".st-key-_lang button", has_text=words("language")).click()


def background(page: Page) -> int:
    """The brightness of the page, 0 to 765."""
    color = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    return sum(map(int, re.findall(r"\d+", color)[:3]))


# --- the bar ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_bar_is_always_there_and_names_the_section(open_page, size):
    page = at(open_page, T5, size=size)
    page.evaluate("document.querySelector('#s3').scrollIntoView()")
    expect(page.locator(".bar-section")).to_have_text(LESSON.sections("en")[3][0])
    box = page.locator(".st-key-bar").bounding_box()
    assert box["y"] == 0 and box["height"] == pytest.approx(48, abs=2)
    assert box["x"] + box["width"] == pytest.approx(size[0], abs=16)  # a scroll bar may stand beside it
    for control in (page.locator(".bar-theme"), *page.locator(".st-key-_lang button").all()):
        inside = control.bounding_box()
        assert inside["x"] + inside["width"] <= size[0] and inside["y"] + inside["height"] <= 48


def test_the_theme_button_recolours_the_page_and_keeps_the_session(open_page):
    page = at(open_page, T5)
    listening(page)
    with redraws(page, "scaling"):
        slider(page, f"{T5}.scaling.d_k").press("ArrowRight")
    value = slider(page, f"{T5}.scaling.d_k").get_attribute("aria-valuetext")
    to(page, "s3")
    button = page.locator(".bar-theme")
    for name, is_dark in (("light", False), ("dark", True), ("system", False)):
        button.click()
        expect(button).to_have_attribute("aria-label", EN(f"bar.themes.{name}"))
        expect(button).to_be_focused()
        assert (background(page) < 3 * 128) == is_dark
        expect(page.locator("[data-testid=stMainMenuList]")).to_have_count(0)
        idle(page)
    expect(slider(page, f"{T5}.scaling.d_k")).to_have_attribute("aria-valuetext", value)
    expect(page.locator("#s3")).to_be_in_viewport()


def test_a_theme_holds_for_every_page_and_the_next_visit(open_page):
    page = open_page("/")
    listening(page)
    button = page.locator(".bar-theme")
    button.click()
    expect(button).to_have_attribute("aria-label", EN("bar.themes.light"))
    button.click()
    expect(button).to_have_attribute("aria-label", EN("bar.themes.dark"))
    later = open_page(f"/{T5}", context=page.context)
    listening(later)
    assert background(later) < 3 * 128
    expect(later.locator(".bar-theme")).to_have_attribute("aria-label", EN("bar.themes.dark"))


@pytest.mark.parametrize("anchor", ["s2", "s6", "retrieval", "quiz"])
def test_a_switch_of_the_language_keeps_the_place(open_page, anchor):
    page = at(open_page, T5)
    listening(page)
    to(page, anchor)
    page.wait_for_timeout(3000)  # the link's own hold is over
    top = "n => n.getBoundingClientRect().top"
    place = page.locator(f"#{anchor}")
    before = place.evaluate(top)
    for words, lang in ((ZH, "zh"), (EN, "en")):
        language(page, words)
        titled(page, LESSON.title(lang))
        expect(page.locator(".lf:not([data-drawn])")).to_have_count(0, timeout=SLOW)
        idle(page)
        page.wait_for_timeout(1500)
        assert place.evaluate(top) == pytest.approx(before, abs=40)


# --- the side bar ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("locale", "lang"), [("en-US", "en"), ("zh-CN", "zh")])
def test_the_contents_hold_sections_demos_and_the_quiz_in_the_order_of_the_page(open_page, locale, lang):
    page = at(open_page, T5, locale=locale)
    links = page.locator(".st-key-contents a").evaluate_all("all => all.map(a => a.getAttribute('href').slice(1))")
    assert links == page.locator(".st-key-page :is(h2, h3)[id]").evaluate_all("all => all.map(h => h.id)")
    assert {*LESSON.demos, "s0", "quiz"} <= set(links)
    to(page, "scaling")
    expect(marked(page)).to_have_text(LESSON.demo_titles(lang)["scaling"])
    expect(marked(page)).to_be_in_viewport()
    current = page.locator(".st-key-pages a[aria-current=page]")
    expect(current).to_have_text(f"{LESSON.number} {LESSON.title(lang)}")


def test_the_focus_is_seen_in_the_side_bar_and_the_first_tab_skips_it(open_page):
    page = open_page("/")
    listening(page)
    page.keyboard.press("Tab")
    expect(page.locator("[data-testid=stSkipToContent]")).to_be_focused()
    expect(page.locator("[data-testid=stSkipToContent]")).to_have_text(EN("bar.skip"))
    outline = "n => getComputedStyle(n).outlineStyle + getComputedStyle(n).outlineWidth"
    link = page.locator(".st-key-pages a").nth(2)
    for _ in range(8):
        page.keyboard.press("Tab")
        if link.evaluate("n => n === document.activeElement"):
            break
    expect(link).to_be_focused()
    assert link.evaluate(outline) == "solid2px"


def test_streamlits_own_words_are_in_the_readers_language(open_page):
    page = at(open_page, T5, locale="zh-CN")
    expect(page.locator("[data-testid=stSkipToContent]")).to_have_text(ZH("bar.skip"))
    expect(page.locator("[data-testid=stSidebar]")).to_have_attribute("aria-label", ZH("bar.side_bar"))
    for link in page.locator("[data-testid=stHeaderActionElements] a").all():
        expect(link).to_have_attribute("aria-label", ZH("bar.heading_link"))
    expect(page.locator("[data-testid=stMainMenuButton]")).to_be_hidden()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_address_that_leads_nowhere_says_so_and_leads_home(open_page, lang):
    words = app_words(lang)
    page = open_page(f"/no_such_page?lang={lang}")
    titled(page, words("no_page"))
    expect(page.locator("[role=dialog]")).to_have_count(0)
    page.locator(".st-key-page [data-testid=stPageLink] a").first.click()
    titled(page, words("name"))


# --- home ------------------------------------------------------------------------------------------------------------
def test_the_home_page_shows_the_heads_of_a_sentence_that_is_typed(open_page):
    page = open_page("/")
    heads = card(page, "real_heads")
    expect(heads.locator(".lf[data-drawn]")).to_be_visible(timeout=SLOW)
    idle(page)
    assert heads.bounding_box()["y"] < 450  # the first screen shows it
    before = drawn(page, "real_heads")
    heads.locator(".sentence input").fill("The cat sat on the mat")
    page.wait_for_function("n => +document.querySelector('.lf').dataset.drawn > n", arg=before)
    expect(heads).to_contain_text("cat")
    page.locator(".st-key-start a").click()
    titled(page, LESSON.title("en"))
    all_drawn(page, LESSON)
    expect(card(page, "real_heads").locator(".sentence input")).to_have_value("The cat sat on the mat")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_map_leads_to_every_lesson_by_mouse_and_keys_in_the_same_session(open_page, size):
    page = open_page("/", size=size)
    listening(page)
    links = page.locator(".map a")
    assert {link.get_attribute("href") for link in links.all()} == {lesson.stem for lesson in lessons}
    for text in page.locator(".map text").all():
        assert text.bounding_box()["height"] >= 12
    page.evaluate("window.sameDocument = true")
    page.locator(".map a[href=t5_attention]").press("Enter")
    titled(page, LESSON.title("en"))
    assert page.evaluate("window.sameDocument") and urlsplit(page.url).path == f"/{T5}"


def test_a_slash_goes_to_the_search_and_a_result_to_its_demo(open_page):
    page = open_page("/")
    listening(page)
    expect(page.locator(".st-key-search input")).to_be_visible()
    page.keyboard.press("/")
    expect(page.locator(".st-key-search input")).to_be_focused()
    page.keyboard.type(LESSON.demo_titles("zh")["scaling"])  # found in either language
    result = page.locator(".st-key-search a", has_text=LESSON.demo_titles("en")["scaling"])
    expect(result).to_be_visible()
    result.click()
    titled(page, LESSON.title("en"))
    all_drawn(page, LESSON)
    page.wait_for_timeout(1500)
    assert card(page, "scaling").evaluate("n => n.getBoundingClientRect().top") == pytest.approx(60, abs=12)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_side_bar_searches_from_every_lesson(open_page, size):
    page = open_page(f"/{T5}", size=size)
    listening(page)
    page.keyboard.press("/")
    typed = page.locator(".st-key-side_search input")
    expect(typed).to_be_focused()
    page.keyboard.type("WordPiece")
    page.locator(".st-key-side_search a").first.click()
    titled(page, LESSONS["b3_wordpiece"].title("en"))
    if size[0] < 768:  # the side bar covers the page there: it goes when it has led somewhere
        expect(typed).not_to_be_in_viewport()


@pytest.mark.parametrize(("locale", "typed"), [("en-US", "saturating"), ("zh-CN", "避免 饱和")])
def test_a_sentence_of_the_page_in_sight_is_found_and_led_to(open_page, locale, typed):
    page = open_page(f"/{T5}", locale=locale)
    listening(page)
    page.keyboard.press("End")
    page.keyboard.press("/")
    expect(page.locator(".st-key-side_search input")).to_be_focused()
    page.keyboard.type(typed)
    found = page.locator(".st-key-side_search")
    expect(found.locator("strong").first).to_have_text(typed.split()[0])
    page.evaluate("window.sameDocument = true")
    found.locator("a").first.click()
    expect(page.locator("h2#s0")).to_be_in_viewport()
    page.wait_for_timeout(1500)
    assert page.locator("h2#s0").evaluate("n => n.getBoundingClientRect().top") == pytest.approx(60, abs=12)
    assert page.evaluate("window.sameDocument")


@pytest.mark.parametrize("name", ["glossary", "source", "workbook"])
def test_a_slash_searches_everything_from_every_page_but_not_while_one_types(open_page, name):
    page = open_page(f"/{name}")
    listening(page)
    page.keyboard.press("/")
    search = page.locator(".st-key-side_search input")
    expect(search).to_be_focused()
    page.keyboard.type("a/b$(<")
    expect(search).to_have_value("a/b$(<")
    expect(page.locator(".st-key-side_search")).to_contain_text("“a/b$(<”")


def test_a_search_without_a_result_says_so_and_shows_what_was_typed_as_text(open_page):
    page = open_page("/")
    listening(page)
    page.locator(".st-key-search input").fill("<b>*none*</b>")
    expect(page.locator(".st-key-search")).to_contain_text("“<b>*none*</b>”")
