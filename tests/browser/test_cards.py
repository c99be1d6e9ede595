"""A demo fits one screen: every card, every step, at the largest values of its controls and with chips pressed.

At its defaults, and in Chinese, test_pages.py looks at it.
"""

import itertools
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from study.controls import Slider
from study.demo import Demo, demos

from .driver import LESSONS, SLOW, at, card, idle, redraws, slider, widget
from .heights import SIZES, too_high


def largest(demo: Demo) -> dict[str, str]:
    """The link's values at the upper ends of all sliders, with the longest choice of the others left as it is."""
    ends = {p.key: p.control.text(p.control.ends()[-1]) for p in demo.params if type(p.control) is Slider}
    return {} if demo.work else ends


def link(values: dict[str, str]) -> str:
    return "&".join(f"{k}={quote(v)}" for k, v in values.items())


@pytest.mark.parametrize("stem", list(LESSONS))
def test_every_card_fits_the_screen_at_its_largest(open_page, stem):
    query = dict(itertools.chain.from_iterable(largest(demo).items() for demo in demos(stem).values()))
    page = at(open_page, stem, link(query), size=SIZES["wide"])
    assert too_high(page, "wide") == {}
    assert too_high(page, "phone") == {}


def test_every_card_fits_the_screen_with_a_chip_pressed(open_page):
    stem = "b3_wordpiece"  # its tables and chips are as long as a text
    page = at(open_page, stem, size=SIZES["wide"])
    for nth in range(max(len(demo.presets) for demo in demos(stem).values())):
        for name, demo in demos(stem).items():
            if nth < len(demo.presets):
                chip = card(page, name).locator("[data-preset]").nth(nth)
                chip.click()
                expect(chip).to_have_attribute("aria-pressed", "true", timeout=SLOW)
                idle(page)
        assert too_high(page, "wide") == {}, nth


def test_a_box_of_lines_has_its_height_on_a_phone(open_page):
    """The controls have a third of the screen there and scroll in it: none of them is squeezed."""
    stem = "b5_pretrain_finetune"
    page = at(open_page, stem, size=SIZES["phone"])
    box = widget(page, f"{stem}.fine_tune.lines").locator("textarea")
    box.scroll_into_view_if_needed()
    assert box.bounding_box()["height"] >= 80


def test_one_sentence_stands_over_a_card_whose_script_has_not_spoken_yet(open_page):
    """Its steps have sentences of their own, one behind the other; the figure's script hides all but one."""
    page = open_page("/t4_encoder_decoder")
    area = card(page, "three_attentions")
    area.scroll_into_view_if_needed(timeout=SLOW)
    expect(area.locator(".lf[data-drawn]")).to_be_attached(timeout=SLOW)
    shown = area.locator("[class*=st-key-looks_]").evaluate(
        """looks => {
            for (const look of looks.querySelectorAll("[data-away]")) look.removeAttribute("data-away");
            return [...looks.querySelectorAll("p")].map((p) => getComputedStyle(p).visibility);
        }"""
    )
    assert len(shown) > 1 and shown[0] == "visible" and set(shown[1:]) == {"hidden"}


def test_what_is_rarely_changed_comes_when_it_is_opened_and_is_kept(open_page):
    page, seed = at(open_page, "t5_attention", "t5_attention.scaling.d_k=64"), "t5_attention.scaling.seed"
    more = card(page, "scaling").get_by_test_id("stPopoverButton")
    expect(widget(page, seed)).to_have_count(0)
    more.click()
    number = widget(page, seed).locator("input")
    with redraws(page, "scaling"):
        number.fill("7")
        number.press("Enter")
    page.wait_for_function(f"() => new URLSearchParams(location.search).get('{seed}') === '7'")
    page.keyboard.press("Escape")
    expect(widget(page, seed)).to_have_count(0)
    with redraws(page, "scaling"):
        slider(page, "t5_attention.scaling.d_k").press("ArrowRight")
    page.wait_for_function(f"() => new URLSearchParams(location.search).get('{seed}') === '7'")
    more.click()
    expect(widget(page, seed).locator("input")).to_have_value("7")
