"""Text of this app in an answer is found, with its source; a student's own is not."""

import pytest

from study import own_words
from study.notes import Lesson, lessons
from study.own_words import CHARACTERS, WORDS, overlap, overlaps
from study.words import FlawedText
from tests.lessons import each_language, each_lesson

OWN = {
    "zh": "我先用两个词手算了一遍，发现自己以前把行和列弄反了，画了图以后才真正明白这件事情。",
    "en": "I first drew two little arrows on squared paper, and only then saw that I had swapped rows for columns.",
}


@each_language
@each_lesson
def test_a_model_answer_is_found_whole(lesson, lang):
    found = overlap(lesson.interview(lang).answer)
    assert found.share > 0.97
    assert {p.source for p in found.passages} <= {"interview", "note", "quiz", "glossary"}
    assert found.passages[0].lesson == lesson.stem


@each_language
def test_own_words_are_not_found(lang):
    assert overlap(OWN[lang]) == overlaps({"q": OWN[lang]})["q"]
    assert overlap(OWN[lang]).share == 0 and overlap(OWN[lang]).passages == ()


@each_language
@each_lesson
def test_a_part_is_found_where_it_stands(lesson, lang):
    copied = lesson.interview(lang).answer
    found = overlap(f"{OWN[lang]}\n\n{copied}\n\n{OWN[lang]}")
    assert 0.1 < found.share < 0.95
    assert all(passage.text not in OWN[lang] for passage in found.passages)


def test_case_width_of_blanks_and_marks_do_not_hide_a_copy():
    copied = "Every position compares its query with every key and receives a mean of the values"
    found = [overlap(text).share for text in (copied, copied.upper(), copied.replace(" ", "\n"), f"**{copied}**")]
    assert found[0] > 0 and len(set(found)) == 1


@pytest.mark.parametrize("text", ["", "$x$", "```\ncode\n```", "注" * (CHARACTERS - 1), "word " * (WORDS - 1)])
def test_what_is_too_short_to_compare(text):
    assert overlap(text).share == 0


def test_a_lesson_with_a_flawed_text_leaves_the_others(monkeypatch):
    def flawed(lesson, lang):
        if lesson.stem == lessons[0].stem:
            raise FlawedText("its file is ill")
        return quiz(lesson, lang)

    quiz = Lesson.quiz
    monkeypatch.setattr(Lesson, "quiz", flawed)
    own_words._index.cache_clear()
    try:
        assert overlap(lessons[-1].interview("en").answer).share > 0.9
    finally:
        own_words._index.cache_clear()
