"""What is kept of a quiz item, when it comes again, and which ten come next."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from fsrs import State

from study.notes import lessons
from study.practice import (
    LONGEST,
    TEN,
    Record,
    Sign,
    Tally,
    answered,
    dump,
    load,
    merged,
    name,
    now,
    sign,
    tally,
    ten,
)
from study.workbook import NAME

START = datetime(2026, 6, 1, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def given(*answers: tuple[timedelta, bool], old: Record | None = None) -> Record:
    """The record after answers, (after START, right), each the first of its round."""
    for after, right in answers:
        old = answered(old, "right" if right else "wrong", right, START + after, anew=True)
    return old


def test_the_clock_is_utc_and_aware():
    assert now().tzinfo is UTC and abs(now() - datetime.now(UTC)) < MINUTE


def test_a_missed_item_comes_again_in_ten_minutes_and_one_that_was_right_in_days():
    missed, known = given((0 * DAY, False)), given((0 * DAY, True))
    assert missed.card.due == START + 10 * MINUTE and known.card.due == START + 2 * DAY
    assert not missed.due(START) and missed.due(START + 10 * MINUTE)
    assert known.card.state == State.Review and missed.card.state == State.Learning


def test_intervals_grow_while_the_answers_are_right_and_a_miss_ends_that():
    record, gaps = given((0 * DAY, True)), []
    for _ in range(4):
        due = record.card.due
        record = answered(record, "x", True, due, anew=True)
        gaps.append(record.card.due - due)
    assert gaps == sorted(gaps) and gaps[0] > 2 * DAY and gaps[-1] > 30 * DAY
    missed = answered(record, "y", False, record.card.due, anew=True)
    assert missed.card.state == State.Relearning and missed.card.due == record.card.due + 10 * MINUTE


def test_the_first_answer_of_a_round_is_rated_and_the_further_ones_are_shown_only():
    missed = given((0 * DAY, False))
    later = answered(missed, "2", True, START + MINUTE, anew=False)
    assert later.card == missed.card and (later.first, later.right, later.answer) == (False, True, "2")
    assert later.at == START + MINUTE and later.begun == START


def test_right_before_it_is_due_says_nothing_and_wrong_always_does():
    known = given((0 * DAY, True))
    assert answered(known, "x", True, START + MINUTE, anew=True).card == known.card
    assert answered(known, "x", False, START + MINUTE, anew=True).card.due == START + 11 * MINUTE


def test_the_first_try_stays_the_first():
    assert given((0 * DAY, False), (DAY, True), (9 * DAY, True)).first is False
    assert given((0 * DAY, True), (9 * DAY, False)).first is True


@pytest.mark.parametrize(
    ("answers", "expected"),
    [([], Sign.OPEN), ([True], Sign.FIRST), ([False], Sign.WRONG), ([False, True], Sign.LATER),
     ([True, False], Sign.WRONG), ([True, False, True], Sign.FIRST)],
)  # fmt: skip
def test_signs(answers, expected):
    record = given(*((n * DAY, right) for n, right in enumerate(answers)))
    assert sign(record) == expected


def test_a_sign_of_this_round_alone():
    record = given((0 * DAY, False), (DAY, True))
    assert sign(record) == Sign.LATER and sign(record, first=True) == Sign.FIRST
    assert sign(given((0 * DAY, True), (DAY, True)), first=False) == Sign.LATER


# --- as text ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("answer", ["0 2", "7,25", "−3", "👩‍🔬\x01“<b>", ""])
def test_a_record_comes_back_from_its_text(answer):
    record = answered(given((0 * DAY, False)), answer, False, START + DAY, anew=True)
    assert load(dump(record)) == record
    again = answered(load(dump(record)), "0", True, START + 2 * DAY, anew=True)
    assert again == answered(record, "0", True, START + 2 * DAY, anew=True)


def test_an_answer_is_cut_where_it_is_long():
    assert len(answered(None, "9" * 10_000, False, START, anew=True).answer) == LONGEST


GOOD = json.loads(dump(given((0 * DAY, False))))


CARD = GOOD["card"]


@pytest.mark.parametrize(
    "text",
    [None, "", "1", "[]", "null", "{", "[" * 100_000, "{}", {"first": 1}, {"answer": 3}, {"right": None},
     {"at": "yesterday"}, {"begun": "2026-06-01T09:00:00"}, {"card": None}, {"card": CARD | {"stability": None}},
     {"card": CARD | {"stability": -1}}, {"card": CARD | {"stability": float("nan")}}, {"card": CARD | {"step": 7}},
     {"card": CARD | {"difficulty": 99}}, {"card": CARD | {"state": 9}}, {"card": CARD | {"last_review": None}},
     {"card": CARD | {"due": "2026"}}],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_record_counts_as_none(text):
    text = json.dumps(GOOD | text) if isinstance(text, dict) else text
    assert load(text) is None
    good = json.dumps(GOOD)
    assert merged(good, text or "") == good and load(merged(text or "", good)) == load(good)
    assert answered(load(text), "0", True, START, anew=False).card.due == START + 2 * DAY  # it begins anew


def test_of_two_records_the_earlier_first_try_and_the_later_card_and_answer_win():
    here = given((0 * DAY, False), (5 * DAY, True))
    here = answered(here, "shown last", False, START + 9 * DAY, anew=False)
    there = given((DAY, True), (6 * DAY, True))
    for one, other in permutations((here, there)):
        both = load(merged(dump(one), dump(other)))
        assert (both.first, both.begun) == (False, START)
        assert (both.answer, both.right, both.at) == ("shown last", False, START + 9 * DAY)
        assert both.card == there.card
    assert load(merged(dump(here), dump(here))) == here


# --- over lessons ----------------------------------------------------------------------------------------------------
def test_every_item_has_a_name_that_can_be_kept():
    names = [name(lesson.stem, item.id) for lesson in lessons for item in lesson.quiz("en")]
    assert len(set(names)) == len(names) > 100 and all(map(NAME.fullmatch, names))


QUIZZES = {stem: [name(stem, item) for item in "abcdef"] for stem in ("t5", "t6", "t7")}


def test_a_tally():
    records = {
        "quiz.t5.a": given((0 * DAY, True)),
        "quiz.t5.b": given((0 * DAY, False)),
        "quiz.gone.x": given((0 * DAY, True)),
    }
    at_once = tally(QUIZZES["t5"], records, START + DAY)
    assert at_once == Tally(all=6, done=2, first=1, due=1)
    assert tally(QUIZZES["t5"], records, START + 9 * DAY).due == 2
    assert at_once + tally(QUIZZES["t6"], records, START) == Tally(all=12, done=2, first=1, due=1)


def test_ten_are_the_due_ones_first_mixed_over_the_lessons():
    records = {name: given((n * MINUTE, False)) for n, name in enumerate(QUIZZES["t6"][:3])}
    records |= {name: given((n * MINUTE, False)) for n, name in enumerate(QUIZZES["t5"][:2], 9)}
    asked = ten(QUIZZES, records, START + DAY)
    assert asked[:5] == ["quiz.t6.a", "quiz.t5.a", "quiz.t6.b", "quiz.t5.b", "quiz.t6.c"]
    assert asked[5:] == ["quiz.t5.c", "quiz.t6.d", "quiz.t5.d", "quiz.t6.e", "quiz.t5.e"]  # t7 was not begun


def test_ten_of_a_beginner_come_from_all_lessons_and_fewer_where_there_are_no_more():
    asked = ten(QUIZZES, {}, START)
    assert len(asked) == TEN and asked[:4] == ["quiz.t5.a", "quiz.t6.a", "quiz.t7.a", "quiz.t5.b"]
    known = {name: given((0 * DAY, True)) for names in QUIZZES.values() for name in names}
    assert ten(QUIZZES, known, START + DAY) == []
    one_due = known | {"quiz.t7.f": replace(known["quiz.t7.f"], card=given((0 * DAY, False)).card)}
    assert ten(QUIZZES, one_due, START + DAY) == ["quiz.t7.f"]
