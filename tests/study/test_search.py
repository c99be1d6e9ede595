"""The search: what notes, quizzes and the glossary say is found in either language, titles first, with a sentence."""

import re

import pytest

from study import search
from study.markdown import folded
from study.notes import Lesson, lessons
from study.search import QUIZ, Hit, Place, excerpt, find
from study.words import languages

T5 = Lesson("t5_attention")
SHOWN = [lesson for lesson in lessons if not lesson.flaw]  # one that is being written is not searched


def places(query: str, lang: str = "en", most: int = 1000) -> list[Place]:
    return [hit.place for hit in find(query, SHOWN, lang, most)]


@pytest.mark.parametrize("lang", languages())
def test_every_title_heading_and_question_is_found(lang):
    for lesson in SHOWN:
        assert Place(lesson, "") in places(lesson.title(lang), most=8)
        assert Place(lesson, "") in places(lesson.question(lang)[:150])
        for demo, title in lesson.demo_titles(lang).items():
            assert Place(lesson, demo) in places(title, most=8)
        headed = {(entry.place, entry.text) for entry in search.entries(lesson)}
        for i, (heading, _) in enumerate(lesson.sections(lang)):
            assert (Place(lesson, f"s{i}"), search.fold(heading)) in headed


@pytest.mark.parametrize("query", ["T5", "ｔ５", "  t5  ", "注意力 缩放", "scaled ATTENTION"])
def test_case_width_spaces_and_the_order_of_words_do_not_matter(query):
    assert places(query)[0] == Place(T5, "")


SILLY = [
    "",
    "   ",
    "$$",
    "no such word anywhere",
    "\\",
    "x" * 100_000,
    "\x00\u202e",
    "<b>",
    "' OR 1=1 --",
    "(🙂)",
    "[a](b)",
]


@pytest.mark.parametrize("query", SILLY)
def test_nothing_is_found_for_nothing(query):
    assert find(query, SHOWN) == []


def test_no_more_than_asked_and_none_twice():
    hits = places("e", most=5)
    assert len(hits) == 5 == len(set(hits))


@pytest.mark.parametrize("lang", languages())
def test_a_place_has_a_label_in_every_language(lang):
    assert Place(T5, "").label(lang) == T5.title(lang)
    assert Place(T5, QUIZ).label(lang) == T5.title(lang)
    assert Place(T5, "scaling").label(lang) == T5.demo_titles(lang)["scaling"]
    assert Place(T5, "s2").label(lang) == T5.sections(lang)[2][0]


@pytest.mark.parametrize("query", ["brevity penalty", "简短惩罚", "BREVITY"])
def test_a_term_is_found_in_the_glossary(query):
    first = [place for place in places(query, most=8) if place.page == "glossary"]
    assert [place.anchor for place in first] == ["brevity_penalty"]
    assert first[0].label("en") == "brevity penalty"


@pytest.mark.parametrize(
    ("query", "lang", "place", "sentence"),
    [
        ("soft look-up", "en", Place(T5, "s0"), "Attention is a **soft**, differentiable dictionary **look**-up."),
        ("字典 查找", "zh", Place(T5, "s0"), "“软”字典查找"),
        ("row i column j", "en", Place(T5, QUIZ), "What is the number in **row** **i**, **column** **j** of QKᵀ?"),
        ("第 i 行第 j 列", "zh", Place(T5, QUIZ), "QKᵀ"),
        ("compared with every key", "en", Place(None, "query"), "What a position looks for"),
    ],
)
def test_a_sentence_is_found_where_it_stands(query, lang, place, sentence):
    hit = next(hit for hit in find(query, SHOWN, lang, 50) if hit.place == place)
    assert folded(sentence) in folded(hit.sentence)


@pytest.mark.parametrize("query", ["√d_k", "√dk", r"\sqrt{d_k}", "√dₖ"])
def test_a_formula_is_found_as_it_is_typed(query):
    assert {Place(T5, "s0"), Place(T5, "s1"), Place(T5, "step_by_step")} <= set(places(query))


def test_the_sentence_is_in_the_reader_s_language():
    for lang, chinese in (("en", False), ("zh", True)):
        hits = [hit for hit in find("softmax", SHOWN, lang, 12) if hit.sentence]
        assert len(hits) >= 8
        assert [bool(re.search("[\u4e00-\u9fff]", hit.sentence)) for hit in hits] == [chinese] * len(hits)


def test_every_sentence_can_be_shown():
    """No half formula or half bold, no term or comment of a note's own marks, and none is a wall of text."""
    shown = [excerpt(entry.sentence, ["the", "的"]) for lesson in SHOWN for entry in search.entries(lesson)]
    assert len([text for text in shown if text]) > 3000
    for text in shown:
        bare = re.sub(r"\$[^$]*\$|`[^`]*`", "", text)
        assert "$" not in bare and "[[" not in bare and "<!--" not in bare and bare.count("**") % 2 == 0, text
        assert len(bare) <= 2 * search.WIDTH, text


def test_what_is_long_is_cut_around_what_was_found():
    sentence = "begin " * 60 + "here $a + b$ " + "end " * 60
    text = excerpt(sentence, ["here"])
    assert text.startswith("…") and text.endswith("…") and "**here** $a + b$ end" in text
    assert excerpt("All of it.", ["of"]) == "All **of** it."
    assert excerpt("$x$ and `x`", ["x"]) == "$x$ and `x`"
    assert excerpt("The [CLS] vector", ["[CLS]"]) == "The [**CLS**] vector"
    assert excerpt("Of 0.68, that is 80/10/10", ["0.68", "80/10/10"]) == "Of **0.68**, that is **80/10/10**"
    assert excerpt("snake_case *stays*", ["snake_case", "*"]) == "snake_case *stays*"
    code = "`[CLS] dogs like big dogs [SEP] dogs like cats [SEP]`"
    assert code in excerpt(
        f"先猜后看：{'关掉全部位置嵌入，' * 9}让模型读{code}，最后一层输出几个不同的向量？", ["[CLS]"]
    )
    assert excerpt("", ["x"]) == ""
    assert Hit(Place(T5, "")).sentence == ""
