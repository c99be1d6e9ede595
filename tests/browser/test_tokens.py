"""Chips and lines of tokens, several lines of text, and the interview box: what only a browser can show."""

import pytest
from playwright.sync_api import expect

from study.demo import demos
from study.notes import app_words

from .driver import LESSONS, at, box, card, drawn, redraws, titled, widget

T6, T9 = "t6_self_attention", "t9_bleu"
EN, ZH = app_words("en"), app_words("zh")


def ends(page, side):
    return card(page, "token_lines").locator(f".lf-{side} .lf-end")


def test_lines_follow_the_pointer_without_a_rerun(open_page):
    page = at(open_page, T6)
    view = demos(T6)["token_lines"]().views[0]
    told, before = card(page, "token_lines").locator(".lf-told"), drawn(page, "token_lines")
    expect(ends(page, "left")).to_have_count(len(view.left))
    for side, i in (("left", 1), ("right", 2), ("left", len(view.left) - 1)):
        ends(page, side).nth(i).hover()
        weights = view.weights[view.head, i] if side == "left" else view.weights[view.head, :, i]
        expect(told.locator("div").first).to_contain_text(f"{weights.max() / 255:.2f}")
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
    page = at(open_page, T9, f"{T9}.anatomy.example=the_the&{T9}.anatomy.n=1")
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


def test_several_lines_of_text_are_kept_and_too_many_are_refused_in_words(open_page):
    page = at(open_page, T9)
    area = widget(page, f"{T9}.corpus_vs_sentence.hyps").locator("textarea")
    area.fill("\n".join(f"line {i}" for i in range(30)))
    area.press("Control+Enter")
    told = EN("refusals.too_many_lines", lines=30, limit=8).split("—")[0][:40]
    expect(card(page, "corpus_vs_sentence").locator("[data-testid=stAlert]")).to_contain_text(told)
    expect(area).to_have_value("\n".join(f"line {i}" for i in range(30)))


def test_the_interview_box_keeps_what_was_written(open_page):
    lesson = LESSONS[T6]
    page = at(open_page, T6)
    place = page.locator(".st-key-interview")
    expect(place).to_contain_text(EN("quiz.interview"))
    expect(place).not_to_contain_text(EN("quiz.said", count=0, all=len(lesson.interview("en").points)))
    place.locator("textarea").fill("the source is the same <b>sequence</b>")
    place.locator("textarea").press("Control+Enter")
    place.get_by_text(EN("quiz.compare")).click()
    expect(place).to_contain_text(EN("quiz.said", count=0, all=len(lesson.interview("en").points)))
    place.locator("[data-testid=stCheckbox] label").last.click()
    expect(place).to_contain_text(EN("quiz.said", count=1, all=len(lesson.interview("en").points)))
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, lesson.title("zh"))
    expect(place.locator("textarea")).to_have_value("the source is the same <b>sequence</b>")
    expect(place).to_contain_text(ZH("quiz.said", count=1, all=len(lesson.interview("zh").points)))
