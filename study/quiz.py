"""Grades quiz items; the truth of a prediction is computed by calling the demo, never stored. No streamlit."""

import random

from study.demo import Claim, demos
from study.notes import Choice, Item


def shuffled(item: Item, seed: str) -> list[Choice]:
    """The choices in an order of this seed's own: the same for the same reader's visit."""
    choices = list(item.choices)
    random.Random(seed).shuffle(choices)
    return choices


def truth(stem: str, item: Item) -> Claim:
    """The claim that a prediction asks for, computed now. Raises KeyError where the demo makes no such claim."""
    evidence = demos(stem)[item.demo](**dict(item.given))
    return {c.name: c for c in evidence.claims}[item.claim]


def close(guess: float, value: float, tolerance: float = 0.0) -> bool:
    """Near enough: within the tolerance, or within five per cent."""
    return abs(guess - value) <= max(tolerance, 0.05 * abs(value))
