"""The quiz under every lesson: it judges, waits for a prediction before it shows the truth, and remembers."""

import re

import pytest
from playwright.sync_api import expect

from study.notes import app_words
from study.quiz import shuffled, truth
from study.theme import number

from .driver import LESSONS, SLOW, at, idle, titled

EN, ZH = app_words("en"), app_words("zh")


@pytest.mark.parametrize("stem", list(LESSONS))
def test_the_quiz_answers_and_remembers(open_page, stem):
    lesson = LESSONS[stem]
    items, page = lesson.quiz("en"), at(open_page, stem)

    def place(i: int):
        return page.locator(f".st-key-quiz_{i}")

    first = {item.kind: i for i, item in reversed(list(enumerate(items)))}

    i = first["choice"]
    choices = shuffled(items[i], f"{stem}._quiz.{i}")
    wrong = next(n for n, choice in enumerate(choices) if not choice.right)
    right = next(n for n, choice in enumerate(choices) if choice.right)
    options = place(i).locator("[data-testid=stRadioOption], [data-testid=stCheckbox] label")
    expect(place(i)).not_to_contain_text(EN("quiz.wrong"))
    options.nth(wrong).click()
    expect(place(i)).to_contain_text(EN("quiz.wrong"))
    if options.first.get_attribute("data-testid") == "stRadioOption":
        options.nth(right).click()
        expect(place(i)).to_contain_text(EN("quiz.right"))
        expect(place(i)).not_to_contain_text(EN("quiz.wrong"))
        options.nth(wrong).click()
        expect(place(i)).to_contain_text(EN("quiz.wrong"))

    j = first["predict"]
    told = number(truth(stem, items[j]).measured)
    expect(place(j).locator("button", has_text=EN("quiz.reveal"))).to_be_disabled()
    place(j).locator("input[type=number]").fill("7.25")
    place(j).locator("input[type=number]").press("Enter")
    expect(place(j)).not_to_contain_text("7.25")  # not yet revealed
    place(j).locator("button", has_text=EN("quiz.reveal")).click()
    answer = EN("quiz.truth", truth=told, guess="7.25").replace("**", "")
    expect(place(j)).to_contain_text(answer)

    k = first["number"]
    place(k).locator("input[type=number]").fill(str(items[k].number))
    place(k).locator("input[type=number]").press("Enter")
    place(k).locator("button", has_text=EN("quiz.check")).click()
    expect(place(k)).to_contain_text(EN("quiz.right"))

    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, lesson.title("zh"))
    expect(place(i)).to_contain_text(ZH("quiz.wrong"))
    expect(place(j)).to_contain_text(ZH("quiz.truth", truth=told, guess="7.25").replace("**", ""))
    expect(place(k)).to_contain_text(ZH("quiz.right"))
    because = shuffled(lesson.quiz("zh")[i], f"{stem}._quiz.{i}")[wrong].because  # the same choice
    expect(place(i)).to_contain_text(re.split(r"[*`$]", because)[0].strip())


def test_a_language_switch_right_after_an_answer_renders_the_page_in_its_place(open_page):
    """Whatever the server is doing with the answer: the new page must not come inside one of the old one's cards."""
    lesson = LESSONS["t2_layer_vs_batch_norm"]
    page = at(open_page, lesson.stem)
    answer_and_switch = """async ([n, wait, language]) => {
      document.querySelectorAll(".st-key-quiz [data-testid=stRadioOption] input")[n].click();
      await new Promise((done) => setTimeout(done, wait));
      [...document.querySelectorAll(".st-key-top button")].find((b) => b.textContent.trim() === language).click();
    }"""
    for i in range(16):
        words, lang = ((ZH, "zh"), (EN, "en"))[i % 2]
        page.evaluate(answer_and_switch, [i % 4 // 2, 3 * i, words("language")])  # 0 to 45 ms
        expect(page.locator("h1", has_text=lesson.title(lang)).first).to_be_attached(timeout=SLOW)
        idle(page)
        expect(page.locator(".st-key-page")).to_have_count(1)
        titled(page, lesson.title(lang))
