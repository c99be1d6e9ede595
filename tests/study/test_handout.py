"""Any lesson becomes a handout; answers stand in it only where they were asked for."""

import re

import pytest

from study.export import to_html
from study.export.handout import cover, handout
from study.look import number
from study.markdown import SYMBOL, symbols
from study.notes import lessons
from study.quiz import truth
from tests.lessons import each_language, each_lesson

T5 = next(lesson for lesson in lessons if lesson.stem == "t5_attention")


@each_language
@each_lesson
def test_a_handout_has_note_figures_and_questions(lesson, lang):
    bare, full = (handout(lesson, lang, answers) for answers in (False, True))
    assert len(bare) == 2 and len(full) == 3
    for demo in lesson.demos:
        assert f"{{{{figure: {lesson.stem}/{demo}" in full[0].text
    for item in lesson.quiz(lang):
        assert symbols(item.ask) in bare[1].text
        assert not item.because or symbols(item.because) in full[2].text
    for item in lesson.quiz(lang):
        assert all(symbols(choice.say) in bare[1].text for choice in item.choices)
    assert lesson.interview(lang).answer not in bare[1].text
    assert "<!--" not in full[0].text


@each_language
@each_lesson
def test_texts_stand_there_as_on_the_page(lesson, lang):
    """Symbols are set; a demo's title, which is a link on the page, stands in quotation marks."""
    for chapter in handout(lesson, lang, True):
        prose = re.sub(
            r"```.*?```|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|\{\{.*?\}\}|^#.*?$", "", chapter.text, flags=re.S | re.M
        )
        assert not (left := re.search(SYMBOL, prose, re.ASCII)), left
        assert "](#" not in prose
    note = "\n".join(body for _, body in lesson.sections(lang))
    named = {demo: title for demo, title in lesson.demo_titles(lang).items() if f"`{demo}`" in note}
    text = handout(lesson, lang, True)[0].text
    assert all(f"“{title}”" in text for title in named.values())


@each_language
def test_right_letters_and_computed_truths(lang):
    _, questions, answers = handout(T5, lang, True)
    for n, item in enumerate(T5.quiz(lang), 1):
        asked = questions.text.partition(f"**{n}.**")[2].partition(f"**{n + 1}.**")[0]
        solved = answers.text.partition(f"**{n}.**")[2].partition(f"**{n + 1}.**")[0]
        if item.kind == "choice":
            right = [choice for choice in item.choices if choice.right]
            letters = [
                line[4] for line in asked.splitlines() if any(line.endswith(f"** {symbols(c.say)}") for c in right)
            ]
            assert f"**{', '.join(letters)}**" in solved
        elif item.kind == "predict":
            assert number(truth(T5.stem, item).measured) in solved
        else:
            assert number(item.number) in solved


@pytest.mark.parametrize("values", [{}, {"scaling": "d_k=256"}])
def test_a_handout_is_set_with_the_chosen_values(values):
    chapters = handout(T5, "en", False, values)
    assert ("scaling?d_k=256" in chapters[0].text) == bool(values)
    result = to_html(cover(T5, "en"), chapters, "en")
    assert result.failures == []
    assert result.data.decode().count("<figure>") >= 5
