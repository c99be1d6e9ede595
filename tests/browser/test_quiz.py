"""The quiz under every lesson: it judges, waits for a prediction before it shows the truth, and remembers."""

import re

import pytest
from playwright.sync_api import Page, expect

from study.look import number
from study.quiz import shuffled, truth
from study.words import app_words

from . import axe
from .driver import LESSONS, SLOW, at, idle, listening, number_of, titled, turn

EN, ZH = app_words("en"), app_words("zh")


def come(page: Page) -> None:
    """The quiz is drawn when the reader comes near; the page grows under way."""
    page.wait_for_selector("#quiz", state="attached", timeout=SLOW)
    for _ in range(120):
        page.evaluate("document.querySelector('#quiz')?.scrollIntoView()")
        if page.locator(".st-key-quizrow").count():
            return idle(page)
        page.wait_for_timeout(250)
    raise AssertionError("the quiz did not come")


# What an item says and measures, test_house_texts.py checks in all lessons; what is kept: test_quiz_pages.py.
@pytest.mark.parametrize("stem", ["t9_bleu", "b1_paper_map"])
def test_the_quiz_answers_and_remembers(open_page, stem):
    lesson = LESSONS[stem]
    items, page = lesson.quiz("en"), open_page(f"/{stem}")
    come(page)
    kinds = {item.kind: i for i, item in reversed(list(enumerate(items)))}
    i, j, k = kinds["choice"], kinds["predict"], kinds["number"]

    place, choices = turn(page, i), shuffled(items[i], f"{stem}._quiz.{items[i].id}")
    wrong = next(n for n, choice in enumerate(choices) if not choice.right)
    right = next(n for n, choice in enumerate(choices) if choice.right)
    options = place.locator("[data-testid=stRadioOption]")
    expect(place).not_to_contain_text(EN("quiz.wrong"))
    options.nth(right).click()
    expect(place).to_contain_text(EN("quiz.right"))
    expect(number_of(page, i)).to_have_text(f"{i + 1} ✓")
    options.nth(wrong).click()
    expect(place).to_contain_text(EN("quiz.wrong"))
    expect(number_of(page, i)).to_have_text(f"{i + 1} ✗")

    told = number(truth(stem, items[j]).measured)
    place = turn(page, j)
    box = place.locator("input[type=text]")
    box.fill("7,25")
    box.press("Tab")
    idle(page)
    expect(place).not_to_contain_text("7.25")  # not yet revealed, nor is the comma lost
    expect(place.locator("button", has_text=EN("quiz.reveal"))).to_be_focused()
    box.press("Enter")
    expect(place).to_contain_text(EN("quiz.truth", truth=told, guess="7.25").replace("**", ""), timeout=SLOW)

    place = turn(page, k)
    box, check = place.locator("input[type=text]"), place.locator("button", has_text=EN("quiz.check"))
    box.fill("八")
    check.click()
    expect(place).to_contain_text(EN("quiz.no_number", typed="#").split("#")[1])
    expect(box).to_have_value("八")
    box.fill(f"{items[k].number:.15g}".replace(".", ","))
    box.press("Enter")
    expect(place).to_contain_text(EN("quiz.right"))

    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, lesson.title("zh"))
    come(page)
    expect(turn(page, k)).to_contain_text(ZH("quiz.right"))
    expect(turn(page, j)).to_contain_text(ZH("quiz.truth", truth=told, guess="7.25").replace("**", ""))
    expect(turn(page, i)).to_contain_text(ZH("quiz.wrong"))
    because = shuffled(lesson.quiz("zh")[i], f"{stem}._quiz.{items[i].id}")[wrong].because  # the same choice
    expect(page.locator(f".st-key-quiz_{i}")).to_contain_text(re.split(r"[*`$]", because)[0].strip())


def test_arrow_keys_turn_the_items_and_give_no_answer_and_the_place_of_the_item_stays(open_page):
    lesson = LESSONS["t2_layer_vs_batch_norm"]
    page = open_page(f"/{lesson.stem}")
    listening(page)
    come(page)
    now, top = page.locator(".st-key-quizpart_now"), page.locator(".st-key-quizrow").bounding_box()["y"]
    page.locator("#quiz").click()
    last = len(lesson.quiz("en")) - 1
    for key, i in (("Right", 1), ("Right", 2), ("Left", 1), ("Left", 0), ("Left", last), ("Right", 0)):
        page.keyboard.press(f"Arrow{key}")
        expect(now.locator(f".st-key-quiz_{i}")).to_be_visible()
        idle(page)
        assert page.locator(".st-key-quizrow").bounding_box()["y"] == pytest.approx(top, abs=2)
        assert page.locator(".st-key-quiz").bounding_box()["height"] < 740  # one screen
    assert page.url.endswith(lesson.stem)  # they turned no page
    radio = next(i for i, item in enumerate(lesson.quiz("en")) if item.kind == "choice")
    turn(page, radio).locator("[data-testid=stRadioOption]").first.click()
    expect(number_of(page, radio)).not_to_have_text(str(radio + 1))  # its sign has come
    answered = number_of(page, radio).inner_text()
    page.keyboard.press("ArrowRight")
    expect(now.locator(f".st-key-quiz_{radio + 1}")).to_be_visible()
    expect(number_of(page, radio)).to_have_text(answered)


def test_for_print_all_items_are_there_and_on_the_screen_one(open_page):
    lesson = LESSONS["b1_paper_map"]
    page = at(open_page, lesson.stem)
    items = page.locator(".st-key-quiz [class*='st-key-quiz_']")
    seen = "all => all.filter(n => n.getClientRects().length).length"
    assert items.evaluate_all(seen) == 1
    page.emulate_media(media="print")
    assert items.evaluate_all(seen) == len(lesson.quiz("en")) == items.count()


def test_ten_questions_are_practised_from_the_home_page(open_page):
    page = open_page("/", locale="zh-CN", scheme="dark", size=(390, 844))
    page.locator(".st-key-practice a").click()
    titled(page, ZH("pages.practice"))
    expect(page.locator(".st-key-quizpart_now .st-key-quiz_0")).to_be_visible(timeout=SLOW)
    idle(page)
    assert page.locator(".st-key-quizrow button").count() == 2 + 10
    assert axe.findings(page) == []
    source = page.locator(".st-key-quiz [class*='st-key-to_practice'] a")
    title = source.inner_text().split(maxsplit=1)[1]
    source.click()
    titled(page, title)
    expect(page.locator("#quiz")).to_be_in_viewport(timeout=SLOW)  # the place in the lesson


def test_a_language_switch_right_after_an_answer_renders_the_page_in_its_place(open_page):
    """Whatever the server is doing with the answer: the new page must not come inside one of the old one's cards."""
    lesson = LESSONS["t2_layer_vs_batch_norm"]
    page = at(open_page, lesson.stem)
    answer_and_switch = """async ([n, wait, language]) => {
      document.querySelectorAll(".st-key-quiz [data-testid=stRadioOption] input")[n].click();
      await new Promise((done) => setTimeout(done, wait));
      [...document.querySelectorAll(".st-key-_lang button")].find((b) => b.textContent.trim() === language).click();
    }"""
    for i in range(8):
        words, lang = ((ZH, "zh"), (EN, "en"))[i % 2]
        page.evaluate(answer_and_switch, [i % 4 // 2, 6 * i, words("language")])  # 0 to 42 ms
        expect(page.locator("h1", has_text=lesson.title(lang)).first).to_be_attached(timeout=SLOW)
        idle(page)
        expect(page.locator(".st-key-page")).to_have_count(1)
        titled(page, lesson.title(lang))
    chosen = page.locator(".st-key-quiz [data-testid=stRadioOption] input:checked")
    expect(chosen).to_have_count(1)
    for words, lang in ((ZH, "zh"), (EN, "en"), (ZH, "zh")):
        page.locator(".st-key-_lang button", has_text=words("language")).click()
        titled(page, lesson.title(lang))
        idle(page)
        expect(chosen).to_have_count(1)
