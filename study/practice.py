"""What is kept of a quiz item that was answered, when it comes again (FSRS), and which ten come next. Pure.

A round begins when an item is asked: the first time, when the reader opens it anew, when it is due in a practice. The
first answer of a round is rated, wrong: Again, right: Good; the further ones only become the answer that is shown.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain, zip_longest
from typing import Any

from fsrs import Card, Rating, Scheduler, State

PREFIX = "quiz."  # of the names that records are kept under
TEN = 10
SOON = (timedelta(minutes=10),)  # a missed item comes again after it; one that was right comes after days at once
#: Of FSRS's intervals none is drawn by lot: the same answers at the same times give the same dates.
SCHEDULER = Scheduler(learning_steps=SOON, relearning_steps=SOON, enable_fuzzing=False)
LONGEST = 200  # characters of an answer


class Sign(StrEnum):
    """How an item stands: not answered, right at the first try, right at a later one, wrong."""

    OPEN = "open"
    FIRST = "first"
    LATER = "later"
    WRONG = "wrong"


@dataclass(frozen=True)
class Record:
    """What is kept of an item. Times: UTC, aware.

    first: was the very first answer right? begun: when it was given.
    answer: the newest one: positions of choices in the yaml ("0", "0 2"), or the number as it was typed; right, at: of
    that one. card: of FSRS: when the item comes again.
    """

    first: bool
    begun: datetime
    answer: str
    right: bool
    at: datetime
    card: Card

    def due(self, now: datetime) -> bool:
        return self.card.due <= now


@dataclass(frozen=True)
class Tally:
    """Of how many items how many are answered, were right at the first try, are due."""

    all: int = 0
    done: int = 0
    first: int = 0
    due: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.all + other.all, self.done + other.done, self.first + other.first, self.due + other.due)


def now() -> datetime:
    """The clock of all that is kept here."""
    return datetime.now(UTC)


def name(stem: str, item: str) -> str:
    """What an item's record is kept under."""
    return f"{PREFIX}{stem}.{item}"


def answered(old: Record | None, answer: str, right: bool, at: datetime, anew: bool) -> Record:
    """The record after an answer. anew: it is the first one of its round."""
    card = old.card if old else Card(card_id=0, due=at)
    # Right before it is due, a minute after the reason was read: that says nothing about memory.
    if old is None or (anew and (not right or old.due(at))):
        card, _ = SCHEDULER.review_card(card, Rating.Good if right else Rating.Again, at)
    begun = old or Record(right, at, answer, right, at, card)
    return Record(begun.first, begun.begun, answer[:LONGEST], right, at, card)


def sign(record: Record | None, first: bool | None = None) -> Sign:
    """How an item stands. first: was the first answer of this round right; None for the very first one."""
    if record is None:
        return Sign.OPEN
    if not record.right:
        return Sign.WRONG
    return Sign.FIRST if (record.first if first is None else first) else Sign.LATER


# --- as text ---------------------------------------------------------------------------------------------------------
def dump(record: Record) -> str:
    """The record as JSON."""
    whole = {"first": record.first, "begun": record.begun.isoformat(), "answer": record.answer, "right": record.right}
    return json.dumps(whole | {"at": record.at.isoformat(), "card": record.card.to_dict()}, ensure_ascii=False)


def load(text: str | None) -> Record | None:
    """The record that a text holds; None for what holds none (a file may bring anything)."""
    try:
        raw = json.loads(text or "")
        first, answer, right = raw["first"], raw["answer"], raw["right"]
        if not (isinstance(first, bool) and isinstance(right, bool) and isinstance(answer, str)):
            return None
        return Record(first, _time(raw["begun"]), answer[:LONGEST], right, _time(raw["at"]), _card(raw["card"]))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC)


def _card(raw: dict[str, Any]) -> Card:
    """A card that has been reviewed. Raises ValueError, KeyError or TypeError for what FSRS could not go on from."""
    card = Card.from_dict(raw)
    card.due, card.last_review = _time(raw["due"]), _time(raw["last_review"])
    if not (0 < card.stability < math.inf and 1 <= card.difficulty <= 10):
        raise ValueError("no memory is like that")
    if card.state != State.Review and card.step not in range(len(SOON)):
        raise ValueError("no step of ours")
    return card


def merged(ours: str, theirs: str) -> str:
    """Of two records of one item: the earlier first try, the later answer, the card of the later review."""
    one, other = load(ours), load(theirs)
    if one is None or other is None:
        return theirs if one is None and other is not None else ours
    begun = min(one, other, key=lambda record: record.begun)
    last = max(one, other, key=lambda record: record.at)
    card = max(one.card, other.card, key=lambda card: card.last_review)
    return dump(Record(begun.first, begun.begun, last.answer, last.right, last.at, card))


# --- over lessons ----------------------------------------------------------------------------------------------------
def tally(names: Iterable[str], records: Mapping[str, Record], at: datetime) -> Tally:
    """Counts the items of these names."""
    names = list(names)
    kept = [records[name] for name in names if name in records]
    return Tally(len(names), len(kept), sum(r.first for r in kept), sum(r.due(at) for r in kept))


def ten(quizzes: Mapping[str, Sequence[str]], records: Mapping[str, Record], at: datetime) -> list[str]:
    """Names of the items to practise: the due ones, then unseen ones, each kind mixed over the lessons.

    quizzes: the names of each lesson's items, lessons in the order to read in. The unseen ones of lessons that were
    begun come before those of others. Fewer than ten where there are no more.
    """
    known = [name for names in quizzes.values() for name in names if name in records and records[name].due(at)]
    known.sort(key=lambda name: records[name].card.due)
    due: dict[str, list[str]] = {}
    for each in known:
        due.setdefault(each.split(".")[1], []).append(each)
    unseen: dict[bool, list[list[str]]] = {True: [], False: []}
    for names in quizzes.values():
        unseen[any(name in records for name in names)].append([name for name in names if name not in records])
    return [*_mixed(due.values()), *_mixed(unseen[True]), *_mixed(unseen[False])][:TEN]


def _mixed(groups: Iterable[Sequence[str]]) -> list[str]:
    """The first of each, the second of each …"""
    return [name for name in chain.from_iterable(zip_longest(*groups)) if name is not None]
