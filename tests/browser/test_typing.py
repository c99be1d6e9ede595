"""What a reader types is what stands there in the end: at any speed, in every box, while other demos compute."""

import time

import pytest
from playwright.sync_api import Locator, Page, expect

from study.controls import Text
from study.demo import demos

from .driver import LESSONS, SLOW, T5, all_drawn, at, idle, slider, widget

PACES = (0.1, 0.4, 0.7, 1.1)  # seconds a key
TYPED = "a dog"
TOGETHER, EACH = 5, 4  # readers: a key into a box of each takes less than the shortest pace; boxes


def boxes(stem: str) -> list[str]:
    """The keys of the text controls that a lesson shows at first; of a sentence the boxes in two cards."""
    keys: dict[str, list[str]] = {}
    for demo in demos(stem).values():
        defaults = {p.name: p.default for p in demo.params}
        for p in demo.params:
            if isinstance(p.control, Text) and (p.when is None or p.when.holds(defaults)):
                own = f"{stem}.{demo.name}.{p.name}"
                keys.setdefault(p.key, []).append(own)
    return [key for same in keys.values() for key in same[:2]]


def entry(page: Page, key: str) -> Locator:
    return widget(page, key).locator("input, textarea").first


def type_slowly(entries: list[Locator], text: str, pace: float) -> None:
    """The same text into several pages' boxes, a key each in turn, every `pace` seconds."""
    for box in entries:
        box.fill("")
        box.focus()
    for char in text:
        began = time.monotonic()
        for box in entries:
            box.press("Space" if char == " " else char)
        time.sleep(max(0.0, pace - (time.monotonic() - began)))


def visits() -> list[tuple[str, list[str]]]:
    """Readers, each with a few boxes of a lesson to type into, so that none takes longer than the rest."""
    shares = [(stem, boxes(stem)[n : n + EACH]) for stem in sorted(LESSONS) for n in range(0, len(boxes(stem)), EACH)]
    return sorted(shares, key=lambda share: len(share[1]))


VISITS = visits()


@pytest.mark.parametrize("first", range(0, len(VISITS), TOGETHER), ids=lambda first: VISITS[first][0])
def test_no_key_is_lost_in_any_text_control(open_page, first):
    """Some readers at once: each page's requests compete with the others', as in a class. One visit for all paces."""
    pages = [(at(open_page, stem), keys) for stem, keys in VISITS[first : first + TOGETHER]]
    for pace in PACES:
        type_into_every_box(pages, pace)


def type_into_every_box(pages: list[tuple[Page, list[str]]], pace: float) -> None:
    for turn in range(max(len(keys) for _, keys in pages)):
        now = [(page, entry(page, keys[turn]), keys[turn]) for page, keys in pages if turn < len(keys)]
        type_slowly([box for _, box, _ in now], TYPED, pace)
        for page, box, key in now:
            idle(page)
            expect(box, key).to_have_value(TYPED, timeout=SLOW)


def test_the_sentence_is_kept_while_a_demo_trains_and_serves_every_card(open_page):
    page = at(open_page, T5)
    widget(page, f"{T5}.train_live._go").locator("button").click()
    first, second = (entry(page, f"{T5}.{demo}.sentence") for demo in ("step_by_step", "real_heads"))
    type_slowly([first], "the old man sat", 0.4)
    type_slowly([second], "the young man ran", 0.7)
    all_drawn(page, LESSONS[T5])
    for box in (first, second):
        expect(box).to_have_value("the young man ran")
    page.wait_for_function(
        "() => new URLSearchParams(location.search).get('t5_attention.sentence') === 'the young man ran'"
    )
    page.reload()
    all_drawn(page, LESSONS[T5])
    expect(second).to_have_value("the young man ran")


def test_a_reset_is_newer_than_what_was_typed_before_and_older_than_what_is_typed_after(open_page):
    page = at(open_page, T5)
    box = entry(page, f"{T5}.step_by_step.sentence")
    default = box.input_value()
    box.fill("a dog")
    page.locator(".st-key-card_step_by_step [data-act=reset]").click()  # at once: the text may not have been sent yet
    expect(box).to_have_value(default, timeout=SLOW)
    idle(page)
    expect(box).to_have_value(default)
    page.locator(".st-key-card_step_by_step [data-act=reset]").click()
    box.fill("a cat")
    idle(page)
    page.wait_for_function(
        "() => new URLSearchParams(location.search).get('t5_attention.sentence') === 'a cat'", timeout=SLOW
    )
    expect(box).to_have_value("a cat")


def test_chinese_is_composed_without_losses(open_page):
    page = at(open_page, T5)
    box = entry(page, f"{T5}.step_by_step.sentence")
    box.fill("")
    box.focus()
    keyboard = page.context.new_cdp_session(page)
    for keys, word in ((["m", "ma", "mao"], "猫"), (["z", "zh", "zhui"], "追"), (["g", "go", "gou"], "狗")):
        for shown in keys:  # what the input method shows before a word is chosen
            place = {"text": shown, "selectionStart": len(shown), "selectionEnd": len(shown)}
            keyboard.send("Input.imeSetComposition", place)
            page.wait_for_timeout(500)
        keyboard.send("Input.insertText", {"text": word})
        page.wait_for_timeout(600)
    idle(page)
    expect(box).to_have_value("猫追狗")
    expect(entry(page, f"{T5}.real_heads.sentence")).to_have_value("猫追狗")


def test_a_slider_held_down_ends_where_it_was_let_go(open_page):
    page = at(open_page, T5)
    thumb = slider(page, f"{T5}.scaling.d_k")
    thumb.focus()
    before, steps = int(thumb.input_value()), 8
    for _ in range(steps):
        page.keyboard.down("ArrowLeft")  # without an up between them: the key repeats
        page.wait_for_timeout(40)
    page.keyboard.up("ArrowLeft")
    idle(page)
    shown = thumb.get_attribute("aria-valuetext")
    assert int(thumb.input_value()) == before - steps
    page.wait_for_function(
        "wanted => new URLSearchParams(location.search).get('t5_attention.scaling.d_k') === wanted", arg=shown
    )
