"""Chips and lines of tokens, and several lines of text: what only a browser can show."""

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from study.demo import demos
from study.words import app_words

from .driver import at, box, card, drawn, redraws, widget

T6, T9 = "t6_self_attention", "t9_bleu"
EN, ZH = app_words("en"), app_words("zh")


def ends(page, side):
    return card(page, "token_lines").locator(f".lf-{side} .lf-end")


def pointed(page, end):
    """The pointer is on it, and it knows: while a page settles, what is under a resting pointer may move away."""
    for _ in range(5):
        end.hover()
        if "lf-here" in end.get_attribute("class"):
            return
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)


def test_lines_follow_the_pointer_without_a_rerun(open_page):
    page = at(open_page, T6)
    view = demos(T6)["token_lines"]().views[0]
    told, before = card(page, "token_lines").locator(".lf-told"), drawn(page, "token_lines")
    expect(ends(page, "left")).to_have_count(len(view.left))
    for side, i in (("left", 1), ("right", 2), ("left", len(view.left) - 1)):
        pointed(page, ends(page, side).nth(i))
        weights = view.weights[view.head, i] if side == "left" else view.weights[view.head, :, i]
        expect(told.locator("div").first).to_contain_text(f"{weights.max():.2f}")
        expect(ends(page, side).nth(i)).to_have_class("lf-end lf-here")
    page.mouse.move(0, 0)
    assert drawn(page, "token_lines") == before


def test_lines_follow_the_keyboard(open_page):
    page = at(open_page, T6)
    left, right = ends(page, "left"), ends(page, "right")
    left.nth(0).focus()
    for key, button in (("ArrowDown", left.nth(1)), ("ArrowDown", left.nth(2)), ("ArrowRight", right.nth(2)),
                        ("ArrowUp", right.nth(1)), ("ArrowLeft", left.nth(1))):  # fmt: skip
        page.keyboard.press(key)
        expect(button).to_be_focused()
        expect(button).to_have_class("lf-end lf-here")
    assert T6 in page.url  # the arrow keys did not turn the page
    assert card(page, "token_lines").locator(".lf-end[tabindex='0']").count() == 1


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.1])
def test_the_lines_told_are_the_lines_drawn(open_page, threshold):
    page = at(open_page, T6, f"{T6}.token_lines.threshold={threshold}&{T6}.token_lines.every=1")
    told = {m.name: m.value for m in demos(T6)["token_lines"](threshold=threshold, every=True).measured}
    canvas = card(page, "token_lines").locator("canvas")
    expect(canvas).to_have_attribute("data-lines", f"{told['drawn']:.0f}")


def test_a_line_is_drawn_where_there_is_weight_and_none_below_the_threshold(open_page):
    def ink(threshold):
        page = at(open_page, T6, f"{T6}.token_lines.threshold={threshold}&{T6}.token_lines.every=1")
        canvas = card(page, "token_lines").locator("canvas")
        return canvas.evaluate(
            "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter(v => v).length"
        )

    assert ink(0.0) > ink(0.5) > 0


@pytest.mark.parametrize("size", [(1280, 900), (390, 800)])
def test_both_columns_and_the_lines_fit(open_page, size):
    page = at(open_page, T6, size=size)
    frame = card(page, "token_lines").bounding_box()
    for part in (ends(page, "left").first, card(page, "token_lines").locator("canvas"), ends(page, "right").first):
        inner = part.bounding_box()
        assert inner["width"] >= 14 and inner["x"] >= frame["x"]
        assert inner["x"] + inner["width"] <= frame["x"] + frame["width"] + 1


def test_clipped_words_are_struck_where_they_stand(open_page):
    """The chip fills the boxes and stays where it is."""
    page = at(open_page, T9)
    chip = card(page, "anatomy").locator(".lf-chip").first
    top = card(page, "anatomy")
    place = chip.bounding_box()["y"] - top.bounding_box()["y"]
    with redraws(page, "anatomy"):
        chip.click()
    expect(box(page, f"{T9}.anatomy.candidate")).to_have_value("the the the the the the the")
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert chip.bounding_box()["y"] - top.bounding_box()["y"] == pytest.approx(place, abs=1)
    chips = card(page, "anatomy").locator(".lf-panel").first.locator(".lf-token")
    expect(chips).to_have_count(7)
    expect(chips.locator("s")).to_have_count(5)
    assert card(page, "anatomy").locator(".lf-panel").first.locator(".lf-token.lf-m-right").count() == 2


def test_chips_follow_the_typing_and_show_markup_as_text(open_page):
    page = at(open_page, T9)
    with redraws(page, "anatomy"):
        box(page, f"{T9}.anatomy.candidate").fill("<b>bold</b> & <script>alert(1)</script> 你好")
    first = card(page, "anatomy").locator(".lf-panel").first
    expect(first).to_contain_text("script")
    assert first.locator("b, script").count() == 0


@pytest.mark.parametrize(
    ("text", "rightmost_first"), [("שלום עולם זה טוב", True), ("می‌خواهم 👨‍👩‍👧 🫨 क्‍ष", True), ("a 🫨 b", False)]
)
def test_chips_stand_as_typed_in_the_direction_of_their_script(open_page, text, rightmost_first):
    page = at(open_page, T9, f"{T9}.anatomy.tokenize=none&{T9}.anatomy.candidate={quote(text)}")
    chips = card(page, "anatomy").locator(".lf-panel").first.locator(".lf-token")
    assert chips.all_inner_texts() == text.split()
    left = [chips.nth(i).bounding_box()["x"] for i in range(chips.count())]
    assert left == sorted(left, reverse=rightmost_first)


def test_several_lines_of_text_are_kept_and_too_many_are_refused_in_words(open_page):
    page = at(open_page, T9)
    area = widget(page, f"{T9}.corpus_vs_sentence.hyps").locator("textarea")
    area.fill("\n".join(f"line {i}" for i in range(30)))
    area.press("Control+Enter")
    told = EN("refusals.too_many_lines", lines=30, limit=8).split("—")[0][:40]
    expect(card(page, "corpus_vs_sentence").locator(".lf-note")).to_contain_text(told)
    expect(area).to_have_value("\n".join(f"line {i}" for i in range(30)))
