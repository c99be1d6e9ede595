"""A number of ours in a note or in its demos' texts is what the demos compute now, to the digits printed.

One without a source is a fault.
"""

import re

import pytest

from models import bert
from study.notes import lessons
from study.words import leaves, parse
from tests.lessons import each_language, each_lesson, in_both, written
from tests.told_numbers import Told, agrees, asked, bare, bare_whole, bodies, computed, told

PAPERS = {"en": "Where the paper says so", "zh": "论文怎么说"}  # every number there is the paper's


@each_lesson
def test_numbers_are_those_that_are_computed(lesson):
    wrong = {}
    for lang in written(lesson):
        numbers = [n for _, body in bodies(lesson, lang) for n in told(body)]
        for number in numbers:
            if number.kind == "=" and not agrees(lesson, number):
                wrong[f"{lang}: {number.text}, {number.source}"] = computed(lesson, number.source)
    assert not wrong


@each_language
@each_lesson
def test_every_number_has_a_source(lesson, lang):
    found = [
        f"{where}: …{number}"
        for where, body in bodies(lesson, lang)
        if where != PAPERS[lang]
        for number in bare(body, asked(lesson, lang, where))
    ]
    assert not found, "write <!-- = demo(…).result --> or <!-- from: Table 3 --> behind:\n" + "\n".join(found)


@in_both
@each_lesson
def test_numbers_have_the_same_sources_in_both_languages(lesson, both):
    """… but that Chinese counts in 万 and 亿 what English counts in millions."""

    def base(source: str) -> str:
        return re.sub(r" (\* 100( ± \d+)?|/ 100)$", "", source)

    zh, en = (
        sorted({base(n.source) for _, body in bodies(lesson, lang) for n in told(body) if n.kind == "="})
        for lang in both
    )
    assert zh == en


@each_language
@each_lesson
def test_nobody_sees_a_source(lesson, lang):
    seen = [body for _, body in lesson.sections(lang)] + [str(said) for _, said in leaves(lesson.words(lang).texts)]
    assert not [text for text in seen if re.search(r"<!--\s*(=|from)", text)]
    assert parse('say: "a half, 0.5<!-- = 1 / 2 -->"', "en/x1_test.yaml") == {"say": "a half, 0.5"}


def test_a_wrong_number_is_found():
    lesson = next(le for le in lessons if le.stem == "t5_attention")
    text = "about 0.68<!-- = 17 / 25 --> and 68%<!-- = 0.68 -->, 1,234<!-- = 1234 -->, 50<!-- = 44 ± 10 -->"
    assert [n.text for n in told(text)] == ["0.68", "68", "1,234", "50"]
    assert all(agrees(lesson, n) for n in told(text)) and not bare(text)
    assert not agrees(lesson, Told("0.67", False, "=", "0.68"))
    assert not agrees(lesson, Told("67", True, "=", "0.68"))
    assert told("25.8<!-- from: Table 3 -->")[0].kind == "from"
    assert not bare("it is 0.68 again", "0.68") and bare("it is 0.68 again", "0.6")
    assert len(bare("it is 0.68, 11% and 2.5, but §3.2.1, Table 3, $0.5$, `0.1` and 512 are none of ours")) == 3


def test_a_whole_number_without_a_source_is_found():
    ours = "It has 1,234 rows, after 300 steps. 词表有 21128 项，约 3 万句，1.4 亿个参数。"
    assert len(bare_whole(ours)) == 4 and len(bare(ours)) == 5
    assert not bare_whole(ours, "1234, 300, 21128, 3")
    assert not bare_whole("after 300<!-- = 3 * 100 --> steps; 3<!-- = 30000 / 10000 --> 万句")
    assert not bare_whole(
        "In 2017 (Vaswani et al. 2017) a width of 512, positions to 10,000; 99 heads, `1234`, $x=123$"
    )
    assert not bare_whole("Each has 1,234 (Table 3, §4). 表 1 有 1234 个。")
    assert bare_whole("§3 is long. It has 1,234 rows.") == bare_whole("It has 1,234 rows.")
    assert bert.load().config.d_model == 384, "a width by which the local BERT is known"


@pytest.mark.parametrize("source", ["scaling(d_k=64).variance", 'scaling("usual").variance'])
def test_a_demo_is_asked(source):
    lesson = next(le for le in lessons if le.stem == "t5_attention")
    assert computed(lesson, source) == pytest.approx(64, rel=0.2)
