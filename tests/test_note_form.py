"""The form of a note: what comes in which order, how long it is, what is folded; its quiz cannot be guessed."""

import itertools
import re

import pytest

from study import glossary
from study.demo import demos
from study.note_text import BOXES, TERM, Piece, flat, pieces, unfolded
from study.notes import codes, length, lessons
from study.source import source
from study.views import Diagram
from study.words import NOTES, parse, text
from tests.lessons import LANGUAGES, each_language, each_lesson, in_both, written

#: The headings that every note has, in this order; others stand between the third and the fourth.
ORDER = {
    "en": (
        "The short answer",
        "Remember",
        "Picture and pencil",
        "In code",
        "Where the paper says so",
        "Common mistakes",
    ),
    "zh": ("简短回答", "记住", "图与纸笔", "代码", "论文怎么说", "常见错误"),
}
IN_SHORT = {"en": r"\*\*In one sentence:\*\*", "zh": r"\*\*一句话(?:：\*\* |\*\*：)"}
NEEDS = {"en": r"\*\*Needs:\*\*", "zh": r"\*\*先读(?:：\*\* |\*\*：)"}
LONGEST = {"en": 1600, "zh": 2800}  # words, characters, outside folds
LONGEST_ANSWER = {"en": 130, "zh": 260}  # a minute aloud
NUMERALS, FEW = 5, 20  # in a hundred words, formulas and code aside; so many are never too many
LINES = 20  # of code


def at_once(lesson, lang: str) -> list[Piece]:
    """What nothing has to be opened for."""
    return [piece for _, body in lesson.sections(lang) for piece in pieces(body)]


def read(lesson, lang: str) -> list[Piece]:
    """That, and what stands in further parts."""
    return [piece for _, body in lesson.sections(lang) for piece in unfolded(pieces(body))]


@each_language
@each_lesson
def test_a_note_has_its_parts_in_order(lesson, lang):
    headings = [heading for heading, _ in lesson.sections(lang)]
    assert [h for h in headings if h in ORDER[lang]] == list(ORDER[lang]), f"{lang}/{lesson.stem}.md: {headings}"
    assert headings[:3] == list(ORDER[lang][:3]) and headings[-1] == ORDER[lang][-1], headings


@each_language
@each_lesson
def test_the_short_answer_takes_a_minute(lesson, lang):
    answer = lesson.sections(lang)[0][1]
    whole, *sentence = re.split(IN_SHORT[lang], answer)
    assert len(sentence) == 1, f"{lang}/{lesson.stem}.md: no {IN_SHORT[lang]} … below"
    assert 0 < length(lang, pieces(sentence[0])) <= 60, f"{lang}/{lesson.stem}.md: one sentence is too long"
    assert length(lang, pieces(whole)) <= LONGEST_ANSWER[lang], f"{lang}/{lesson.stem}.md: the answer is too long"
    assert not re.search(r"\d\.\d", re.sub(r"\$[^$]+\$|§[\d.]+", "", answer)), "a measured number in the short answer"
    lines = re.findall(r"^- ", lesson.sections(lang)[1][1], re.MULTILINE)
    assert 3 <= len(lines) <= 5, f"{lang}/{lesson.stem}.md: {len(lines)} things to remember; 3 to 5"
    assert re.search(NEEDS[lang], lesson.sections(lang)[1][1]), (
        f"{lang}/{lesson.stem}.md: no line {NEEDS[lang]} … of lessons"
    )


@each_language
@each_lesson
def test_a_note_is_short(lesson, lang):
    shown = at_once(lesson, lang)
    long = length(lang, shown)
    assert long <= LONGEST[lang], f"{lang}/{lesson.stem}.md: {long} outside folds; at most {LONGEST[lang]}"
    prose = " ".join(piece.text for piece in shown if piece.kind == "text")
    prose = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|```.*?```|`[^`\n]*`|\]\([^)]*\)", " ", prose, flags=re.DOTALL)
    numerals = re.findall(r"(?<![\w§.])\d[\d,.]*", prose)
    assert len(numerals) <= max(FEW, NUMERALS * long / 100), (
        f"{lang}/{lesson.stem}.md: {len(numerals)} numerals in {long} words"
    )


@each_lesson
def test_a_note_shows_code_of_ours_and_a_picture(lesson):
    for lang in written(lesson):
        names = codes(lesson, lang)
        assert names == codes(lesson, written(lesson)[0]) and names, f"{lesson.stem}: places no <!-- code: … -->"
        for name in names:
            lines = source(name).code.count("\n") + 1
            assert lines <= LINES, f"{lesson.stem}: {name} has {lines} lines; at most {LINES}"
        drawn = lesson.sections(lang)[2][1]
        placed = [piece.text for piece in flat(pieces(drawn)) if piece.kind == "demo"]
        pictures = [name for name in placed if not demos(lesson.stem)[name].params]
        assert pictures, f"{lesson.stem}: {ORDER[lang][2]}: no picture (a demo without controls that shows a Diagram)"
        assert all(isinstance(demos(lesson.stem)[name]().views[0], Diagram) for name in pictures)


@each_language
@each_lesson
def test_a_list_below_a_demo_says_that_it_is_to_be_tried(lesson, lang):
    for demo, after in itertools.pairwise(read(lesson, lang)):
        if demo.kind == "demo" and after.kind == "text":
            listed = re.match(r"\s*(- |1\. )", after.text)
            assert not listed, f"{lang}/{lesson.stem}.md: below `{demo.text}`: no words before the list"


@each_language
@each_lesson
def test_a_quiz_calls_a_demo_by_its_title(lesson, lang):
    """In a note `scaling` becomes a link that reads as the demo's title; a quiz is asked in other places as well."""
    for item in lesson.quiz(lang):
        said = [item.ask, item.because, *(text for choice in item.choices for text in (choice.say, choice.because))]
        named = [name for name in lesson.demos for text in said if f"`{name}`" in text]
        assert named == [], f"{lang}/{lesson.stem}.yaml, {item.id}"


@in_both
@each_lesson
def test_folds_are_the_same_in_both_languages(lesson, both):
    def shape(lang: str) -> list[list[tuple[str, str]]]:
        """What stands in each section, and in its folds, texts aside."""
        found = [[piece for piece in flat(pieces(body)) if piece.kind != "text"] for _, body in lesson.sections(lang)]
        return [[(p.kind, "" if p.kind in BOXES else p.text) for p in section] for section in found]

    zh, en = map(shape, both)
    assert zh == en


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_longest_option_is_right_no_more_often_than_chance(lang):
    """Over all lessons; an option's length says nothing."""
    asked = [(lesson, item) for lesson in lessons for item in lesson.quiz(lang) if item.kind == "choice"]
    told = [f"{le.stem}: {it.id}" for le, it in asked if max(it.choices, key=lambda c: len(c.say)).right]
    assert len(told) <= 0.4 * len(asked), f"{len(told)} of {len(asked)}: {told}"


@each_language
@each_lesson
def test_a_quiz_asks_for_a_bug(lesson, lang):
    assert any(item.code for item in lesson.quiz(lang)), f"{lang}/{lesson.stem}.yaml: no quiz item has `code:`"


@each_language
@each_lesson
def test_terms_are_linked(lesson, lang):
    note = "".join(body for _, body in lesson.sections(lang))
    linked = {mark[1] for mark in TERM.finditer(note)}
    missing = [
        term.name for term in glossary.glossary(lang).values() if term.lesson == lesson.stem and term.name not in linked
    ]
    assert not missing, f"{lang}/{lesson.stem}.md: these terms of its glossary are nowhere linked ([[…]]): {missing}"


def test_every_term_is_in_every_glossary():
    entries = [parse(text(NOTES / lang / "glossary.yaml"), lang) for lang in LANGUAGES]
    assert all(list(entry) == list(entries[0]) for entry in entries)
    stems = {lesson.stem for lesson in lessons}
    for entry in entries:
        assert {term["lesson"] for term in entry.values()} <= stems
        assert [name for name, term in entry.items() if term["lesson"] != entries[0][name]["lesson"]] == []
