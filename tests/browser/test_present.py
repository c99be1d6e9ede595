"""A card that fills the screen, for a lecture: large type, chips by arrow keys, × and Esc leave."""

import re

import pytest
from playwright.sync_api import Page, expect

from .driver import LESSONS, T5, act, at, card, idle, resize, step, titled

DEMO = "step_by_step"
SMALLEST = """(card) => Math.min(...[...card.querySelectorAll(
  ".xtick text, .ytick text, .lf-title, .lf-chip span, .lf-tab, .lf-numbers dt, .lf-legend bdi, [class*=-looks_] p"
)].filter((n) => n.getClientRects().length).map((n) => parseFloat(getComputedStyle(n).fontSize)))"""


def present(page: Page, demo: str) -> None:
    """Fills the screen with a card, and waits until its figures have been drawn anew."""
    act(page, demo, "full").click()
    expect(card(page, demo)).to_have_attribute("data-present", "")
    tick = card(page, demo).locator(".ytick text").first
    expect(tick).to_have_css("font-size", re.compile(r"^(1[89]|2\d)"))
    idle(page)


def pressed(page: Page, demo: str):
    return card(page, demo).locator(".lf-chip[aria-pressed=true]")


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)], ids=str)
def test_a_card_fills_the_screen_in_large_type(t5, size):
    page = t5()
    resize(page, size)
    shown = card(page, DEMO)
    step(page, DEMO, "weights")
    before = shown.bounding_box()
    present(page, DEMO)
    place = shown.bounding_box()
    assert (place["x"], place["y"]) == (0, 0) and (place["width"], place["height"]) == size
    assert shown.evaluate(SMALLEST) >= 18
    assert shown.evaluate("(n) => n.scrollWidth <= n.clientWidth")
    expect(act(page, DEMO, "leave")).to_be_in_viewport()
    for hidden in ("copy", "data", "full"):
        expect(act(page, DEMO, hidden)).to_be_hidden()
    act(page, DEMO, "leave").click()
    expect(shown).not_to_have_attribute("data-present", "")
    page.wait_for_timeout(500)
    after = shown.bounding_box()
    assert all(abs(after[k] - before[k]) <= 2 for k in ("x", "width", "height"))


def test_arrow_keys_walk_through_the_chips_and_escape_leaves(t5):
    page = t5()
    present(page, DEMO)
    names = card(page, DEMO).locator(".lf-chip").evaluate_all("(all) => all.map((n) => n.dataset.preset)")
    for way, name in (("ArrowRight", names[0]), ("ArrowRight", names[1]), ("ArrowLeft", names[0])):
        page.keyboard.press(way)
        expect(pressed(page, DEMO)).to_have_attribute("data-preset", name)
        page.wait_for_timeout(1600)
    page.keyboard.press("Escape")
    expect(card(page, DEMO)).not_to_have_attribute("data-present", "")
    assert page.url.split("?")[0].endswith(T5)  # the arrows turned no page
    expect(act(page, DEMO, "full")).to_be_focused()


def test_who_goes_to_another_page_meets_it_whole(t5):
    page = t5()
    present(page, DEMO)
    page.evaluate(
        "document.querySelector('.st-key-pages a[href$=t6_self_attention]').click()"
    )  # as back and forward do
    titled(page, LESSONS["t6_self_attention"].title("en"))
    expect(page.locator("[data-testid=stSidebar]")).to_be_visible()
    expect(page.locator(".bar-theme")).to_be_visible()


def test_a_drawing_is_as_high_as_the_screen_beside_the_controls(open_page):
    page = at(open_page, "t4_encoder_decoder", size=(1280, 720))
    act(page, "house", "full").click()
    shown, drawing = card(page, "house"), card(page, "house").locator(".lf-map svg")
    expect(shown).to_have_attribute("data-walled", "")
    expect(shown.locator(".ytick text").first).to_have_css("font-size", re.compile(r"^(1[89]|2\d)"))
    rail = shown.locator("[class*=st-key-rail]")
    expect(rail).to_be_in_viewport()
    map_at, rail_at, values_at = (n.bounding_box() for n in (drawing, rail, shown.locator(".lf-figures")))
    assert map_at["height"] > 0.85 * 720
    assert map_at["x"] + map_at["width"] < values_at["x"]
    assert rail_at["x"] == pytest.approx(values_at["x"], abs=4) and rail_at["y"] >= values_at["y"]


def test_on_a_phone_the_names_of_a_drawing_stay_in_their_boxes(open_page):
    """Letters for a wall would cover each other in boxes as narrow as these."""
    page = at(open_page, "b7_descendants", size=(390, 844))
    act(page, "tree", "full").click()
    shown = card(page, "tree")
    expect(shown).to_have_attribute("data-present", "")
    idle(page)
    beyond = """(card) => [...card.querySelectorAll(".lf-block")].map((block) => {
      const [text, box] = ["text", "rect"].map((of) => block.querySelector(of).getBoundingClientRect());
      return text.width - box.width;
    })"""
    widths = shown.evaluate(beyond)
    assert widths and max(widths) <= 2
