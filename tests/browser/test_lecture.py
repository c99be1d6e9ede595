"""A lecture: its keys, what a room has to guess, an order of one's own, the speaker's window, bad links."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from study.words import app_words

from .driver import LESSONS, SLOW, T5, all_drawn, card, idle, listening, titled

B3 = "b3_wordpiece"
SHOW = f"{B3}.split,{T5}.scaling:d_k=128;pin=d_k,{T5}.step_by_step"
WORDS = {lang: app_words(lang) for lang in ("zh", "en")}


def lecture(open_page, show: str = SHOW, at: int = 1, **settings) -> Page:
    page = open_page(f"/lecture?show={quote(show)}&at={at}", **settings)
    titled(page, WORDS["zh" if settings.get("locale") == "zh-CN" else "en"]("pages.lecture"))
    listening(page)
    return page


def begun(page: Page, demo: str) -> None:
    """Waits until this card fills the screen, drawn."""
    expect(card(page, demo)).to_have_attribute("data-present", "", timeout=SLOW)
    expect(card(page, demo).locator(".lf[data-drawn]")).to_be_attached(timeout=SLOW)
    idle(page)


def has(page: Page, name: str) -> None:
    expect(page.locator("html")).to_have_class(re.compile(rf"\b{name}\b"))


def has_not(page: Page, name: str) -> None:
    expect(page.locator("html")).not_to_have_class(re.compile(rf"\b{name}\b"))


def number(page: Page, demo: str):
    return card(page, demo).locator(".lf-numbers dd").first


def test_a_clicker_leads_through_steps_numbers_and_cards(open_page):
    page = lecture(open_page, at=2)
    page.keyboard.press("l")
    begun(page, "scaling")
    place = card(page, "scaling").bounding_box()
    assert (place["x"], place["y"], place["width"], place["height"]) == (0, 0, 1280, 900)
    page.keyboard.press("PageDown")
    expect(card(page, "scaling").locator(".lf-tab").nth(1)).to_have_attribute("aria-selected", "true")
    expect(number(page, "scaling")).to_be_hidden()
    page.keyboard.press("PageDown")
    expect(number(page, "scaling")).to_be_visible()
    page.keyboard.press("PageDown")
    begun(page, "step_by_step")
    has(page, "lf-guess")
    tabs = card(page, "step_by_step").locator(".lf-tab")
    page.keyboard.press("Space")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("PageUp")
    expect(tabs.nth(0)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    begun(page, "scaling")
    assert "at=2" in page.url
    page.keyboard.press("Escape")
    expect(card(page, "scaling")).not_to_have_attribute("data-present", "")
    has_not(page, "lf-staged")


def test_what_each_key_hides(open_page):
    page = lecture(open_page, at=2)
    page.locator("[data-do=start]").click()
    begun(page, "scaling")
    shown = card(page, "scaling")
    slider = shown.locator(f".st-key-{T5}-scaling-d_k-_thumb")
    expect(slider).to_be_visible()  # pinned
    page.keyboard.press("r")
    expect(number(page, "scaling")).to_be_visible()
    page.keyboard.press("Enter")
    expect(number(page, "scaling")).to_be_hidden()
    looks = shown.locator(".st-key-looks_scaling")
    expect(looks).to_be_visible()
    page.keyboard.press("w")
    expect(looks).to_be_hidden()
    page.keyboard.press("f")
    expect(shown.locator(".lf-chips")).to_be_hidden()
    expect(shown.locator("h3")).to_be_hidden()
    expect(shown.locator(".main-svg").first).to_be_visible()
    page.keyboard.press("f")
    expect(shown.locator(".lf-chips")).to_be_visible()
    page.keyboard.press(".")
    expect(page.locator(".lf-cover-black")).to_be_visible()
    page.keyboard.press("PageDown")  # the card comes back, and no other one
    expect(page.locator(".lf-cover")).to_have_count(0)
    has(page, "lf-guess")
    page.keyboard.press("2")
    expect(shown.locator(".lf-chip").nth(1)).to_have_attribute("aria-pressed", "true")


def test_controls_are_hidden_until_they_are_asked_for(open_page):
    page = lecture(open_page)
    page.keyboard.press("l")
    begun(page, "split")
    rail = card(page, "split").locator(".st-key-rail_split")
    expect(rail).to_be_hidden()
    page.keyboard.press("c")
    expect(rail).to_be_visible()


@pytest.mark.parametrize(("locale", "lang"), [("en-US", "en"), ("zh-CN", "zh")])
def test_the_list_of_keys(open_page, locale, lang):
    page = lecture(open_page, locale=locale)
    page.keyboard.press("l")
    begun(page, "split")
    page.keyboard.press("?")
    keys = page.locator(".lf-cover-help")
    expect(keys).to_contain_text(WORDS[lang]("lecture.keys.black"))
    expect(keys.locator("dd")).to_have_count(13)
    assert "undefined" not in keys.inner_text()
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(card(page, "split")).to_have_attribute("data-present", "")


def test_the_key_l_in_a_lesson_begins_with_the_demo_in_sight_and_escape_returns(open_page):
    page = open_page(f"/{T5}")
    all_drawn(page, LESSONS[T5])
    card(page, "scaling").scroll_into_view_if_needed()
    page.keyboard.press("l")
    begun(page, "scaling")
    assert "/lecture?" in page.url and f"show={T5}" in page.url
    following = LESSONS[T5].demos[LESSONS[T5].demos.index("scaling") + 1]
    page.keyboard.press("ArrowDown")
    begun(page, following)
    page.keyboard.press("Escape")
    titled(page, LESSONS[T5].title("en"))
    assert page.url.split("?")[0].endswith(T5)
    expect(card(page, following)).to_be_in_viewport(timeout=SLOW)


def test_who_has_just_chosen_a_language_walks_through_the_chips_too(open_page):
    page = open_page(f"/{T5}")
    all_drawn(page, LESSONS[T5])
    page.locator(".st-key-_lang button", has_text=WORDS["zh"]("language")).click()  # it keeps the focus
    titled(page, LESSONS[T5].title("zh"))
    all_drawn(page, LESSONS[T5])
    card(page, "scaling").scroll_into_view_if_needed()
    page.keyboard.press("l")
    begun(page, "scaling")
    chips = card(page, "scaling").locator(".lf-chip")
    pressed = chips.evaluate_all("all => all.findIndex((chip) => chip.ariaPressed === 'true')")
    page.keyboard.press("ArrowRight")
    expect(chips.nth(pressed + 1)).to_have_attribute("aria-pressed", "true")


def test_an_order_of_ones_own_is_made_and_copied(open_page):
    page = lecture(open_page, f"{B3}.split,{T5}.scaling")
    titles = page.locator(".lecture-list .lecture-title span")
    split, scaling = (LESSONS[stem].demo_titles("en")[name] for stem, name in ((B3, "split"), (T5, "scaling")))
    expect(titles).to_have_text([split, scaling])
    page.locator("[data-do=down0]").click()
    expect(titles).to_have_text([scaling, split])
    expect(page.locator("[data-do=down1], [data-do=up1]").and_(page.locator(":focus"))).to_have_count(1)
    page.locator(".lecture-notes textarea").fill("<b>slowly</b> 🙂")
    page.locator("[data-do=copy]").click()
    expect(page.locator("[data-do=copy]")).to_have_text(WORDS["en"]("lecture.buttons.copied"))
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"/lecture?show={T5}.scaling,{B3}.split")
    page.locator("[data-do=remove0]").click()
    expect(titles).to_have_text([split])
    idle(page)
    page.goto(link)
    expect(titles).to_have_text([scaling, split], timeout=SLOW)
    page.locator("[data-do=show1]").click()
    expect(page.locator(".lecture-notes textarea")).to_have_value("<b>slowly</b> 🙂", timeout=SLOW)


def test_the_state_that_stands_there_is_kept(open_page):
    page = lecture(open_page, f"{T5}.scaling")
    chip = card(page, "scaling").locator(".lf-chip").nth(1)
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true", timeout=SLOW)
    idle(page)
    page.locator("[data-do=keep]").click()
    expect(page.locator(".lecture-title small")).to_be_visible(timeout=SLOW)
    assert re.search(r"show=[^&]*scaling(%3A|:)", page.url)


def test_the_speakers_window_follows_and_leads(open_page):
    page = lecture(open_page)
    with page.context.expect_page() as opened:
        page.locator("[data-do=presenter]").click()
    speaker = opened.value
    scaling = LESSONS[T5].demo_titles("en")["scaling"]
    expect(speaker.locator(".lecture h2").first).to_contain_text("1/3", timeout=SLOW)
    expect(speaker.locator(".lecture h2").last).to_contain_text(scaling)
    expect(speaker.locator(".st-key-card_scaling .lf[data-drawn]")).to_be_attached(timeout=SLOW)  # what comes next
    expect(speaker.locator("[data-testid=stSidebar]")).to_be_hidden()
    expect(speaker.locator(".speaker-clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    speaker.locator(".lecture-notes textarea").fill("wait for guesses")
    expect(page.locator(".lecture-notes textarea")).to_have_value("wait for guesses")
    page.locator("[data-do=start]").click()
    begun(page, "split")
    expect(speaker.locator(".speaker-said")).not_to_contain_text(WORDS["en"]("lecture.buttons.waiting"))
    speaker.locator("[data-do=black]").click()
    expect(page.locator(".lf-cover-black")).to_be_visible()
    speaker.locator("[data-do=black]").click()
    page.keyboard.press("ArrowDown")
    begun(page, "scaling")
    expect(speaker.locator(".lecture h2").first).to_contain_text("2/3", timeout=SLOW)
    speaker.locator("[data-do=reveal]").click()
    expect(number(page, "scaling")).to_be_visible()


@pytest.mark.parametrize(("locale", "lang"), [("en-US", "en"), ("zh-CN", "zh")])
def test_a_bad_link_shows_what_can_be_shown(open_page, locale, lang):
    page = lecture(open_page, f"{T5}.nothing,<b>x</b>,{T5}.scaling:d_k=blue,🙂", locale=locale)
    expect(card(page, "scaling").locator(".lf[data-drawn]")).to_be_attached(timeout=SLOW)
    said = page.locator("[data-testid=stAlert]").first
    expect(said).to_contain_text(f"{T5}.nothing")
    expect(said).to_contain_text("<b>x</b>")
    expect(card(page, "scaling").locator(".lf-said")).to_contain_text(WORDS[lang]("link_mended", controls="")[:12])
