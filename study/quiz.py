"""Quiz items, read from the yaml and graded; a prediction's truth is computed by calling the demo, never stored."""

import math
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from study.demo import STEP, Claim, demos
from study.look import number
from study.words import FlawedText

ID = re.compile(r"[a-z0-9_]{1,60}")  # of an item: answers are kept under it


@dataclass(frozen=True)
class Choice:
    """One answer of a quiz item with its feedback."""

    say: str
    because: str
    right: bool


@dataclass(frozen=True)
class Item:
    """A quiz item: choices, or a number with tolerance, or a prediction of a demo's claim (truth computed).

    id: its name within the lesson, by which answers are kept; the same in every language.
    code: Python that the question is about, "" for none.
    preset, given: where a prediction is made: a state that the demo offers, and values of controls that differ from it.
    """

    ask: str
    id: str = ""
    code: str = ""
    choices: tuple[Choice, ...] = ()
    number: float | None = None
    abs: float = 0.0
    because: str = ""
    demo: str = ""
    preset: str = ""
    given: tuple[tuple[str, Any], ...] = ()
    claim: str = ""

    @property
    def kind(self) -> str:
        return "predict" if self.demo else "choice" if self.choices else "number"

    @property
    def several(self) -> bool:
        """Is more than one of its choices right?"""
        return sum(choice.right for choice in self.choices) > 1


@dataclass(frozen=True)
class Interview:
    """The question as an interviewer asks it, an answer of three to five sentences, and the points it should make."""

    ask: str
    answer: str
    points: tuple[str, ...]


def item(raw: Any, where: str = "quiz item") -> Item:
    """An item from its yaml. Raises FlawedText, which begins with `where`: the file and the item's number."""
    _need(raw, where, "ask", "id")
    common = {"ask": raw["ask"], "id": str(raw["id"]), "code": str(raw.get("code") or "")}
    if not ID.fullmatch(common["id"]):
        raise FlawedText(f"{where}: `id: {common['id']}` is no name: a to z, 0 to 9 and _, at most 60 of them")
    where = f"{where} ({common['id']})"
    if "predict" in raw:
        predict = raw["predict"]
        _need(predict, f"{where}: predict", "demo", "claim")
        given = tuple((predict.get("with") or {}).items())
        because = raw.get("because", "")
        preset = str(predict.get("preset") or "")
        return Item(**common, demo=predict["demo"], preset=preset, given=given, claim=predict["claim"], because=because)
    if "number" in raw:
        answer = raw["number"]
        _need(raw, where, "because")
        _need(answer, f"{where}: number", "value")
        tolerance = float(answer.get("abs", 0))
        return Item(**common, number=float(answer["value"]), abs=tolerance, because=raw["because"])
    _need(raw, where, "right", "wrong")
    choices = []
    for side in ("right", "wrong"):
        if not raw[side]:
            raise FlawedText(f"{where}: `{side}:` is empty; an item has at least one right and one wrong choice")
        for choice in raw[side]:
            _need(choice, f"{where}: a choice under `{side}:`", "say", "because")
            choices.append(Choice(str(choice["say"]), str(choice["because"]), side == "right"))
    return Item(**common, choices=tuple(choices))


def _need(raw: Any, where: str, *keys: str) -> None:
    missing = [key for key in keys if not isinstance(raw, Mapping) or raw.get(key) is None]
    if missing:
        raise FlawedText(f"{where}: no `{missing[0]}:`")


def interview(raw: Any, where: str) -> Interview:
    """An interview box from its yaml. Raises FlawedText."""
    _need(raw, f"{where}: interview", "ask", "answer", "points")
    return Interview(raw["ask"], raw["answer"], tuple(raw["points"]))


def shuffled(asked: Item, seed: str) -> list[Choice]:
    """The choices in an order of this seed's own: the same for the same reader's visit."""
    choices = list(asked.choices)
    random.Random(seed).shuffle(choices)
    return choices


def truth(stem: str, asked: Item) -> Claim:
    """The claim that a prediction asks for, computed now. Raises KeyError where the demo makes no such claim."""
    demo = demos(stem)[asked.demo]
    preset = demo.presets[asked.preset] if asked.preset else {}
    evidence = demo(**{k: v for k, v in preset.items() if k != STEP} | dict(asked.given))
    claims = {c.name: c for c in evidence.claims}
    if asked.claim not in claims:
        raise KeyError(f"{stem}.{asked.demo} makes no claim {asked.claim!r} here; it makes: {', '.join(claims)}")
    return claims[asked.claim]


def within(guess: float, asked: Item) -> bool:
    """A number item's answer, within its tolerance: 16.01 is 16 ± 0.01, although 16.01 - 16 is a bit more in binary."""
    return _near(guess, asked.number, asked.abs)


def close(guess: float, value: float, tolerance: float = 0.0) -> bool:
    """Near enough: within the tolerance, or within five per cent."""
    return _near(guess, value, max(tolerance, 0.05 * abs(value)))


def _near(guess: float, value: float, tolerance: float) -> bool:
    return abs(guess - value) <= tolerance + 4 * math.ulp(max(abs(guess), abs(value)))


def told(value: float, lang: str) -> str:
    """A number as an answer tells it: a large whole one to its last digit, as it was asked for; others rounded."""
    if not 1e4 <= abs(value) < 1e12 or value != round(value):
        return number(value)
    grouped = f"{value:,.0f}" if lang == "en" else f"{value:.0f}"
    return grouped.replace("-", "−")
