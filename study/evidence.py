"""What a demo shows: views in steps, claims that are checked, results that were measured, and where they come from."""

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any

import numpy as np

from study.later import Later
from study.views import Say, View


class Origin(Enum):
    """Where the numbers of a figure come from; shown on every figure."""

    PRETRAINED = "pretrained"  # weights that someone else trained, named
    TRAINED_HERE = "trained_here"  # a checkpoint or a run of ours, with its card
    TOY = "toy"  # seeded numbers
    CALCULATED = "calculated"  # what follows from the formulas and from what the reader sets
    PAPER = "paper"  # figures that a paper reports, cited
    TIMED = "timed"  # times of this machine, measured when the reader asked


@dataclass(frozen=True)
class Claim:
    """What the note says in words, checked against the tensors on screen or an independent implementation.

    op "=" and "≈" compare |measured - expected| with `abs` or `rel`·|expected|; "≤" and "≥" allow `abs` of slack.
    """

    name: str
    _: KW_ONLY
    measured: float
    expected: float
    abs: float = 0.0
    rel: float = 0.0
    op: str = ""

    def __post_init__(self):
        object.__setattr__(self, "measured", float(self.measured))
        object.__setattr__(self, "expected", float(self.expected))
        object.__setattr__(self, "op", self.op or ("≈" if self.tolerance else "="))
        if self.op not in ("=", "≈", "≤", "≥"):
            raise ValueError(f"unknown comparison {self.op!r}")

    @property
    def tolerance(self) -> float:
        return max(self.abs, self.rel * abs(self.expected))

    @property
    def holds(self) -> bool:
        if not (math.isfinite(self.measured) and math.isfinite(self.expected)):
            return False
        gap = self.measured - self.expected
        if self.op == "≤":
            return gap <= self.tolerance
        if self.op == "≥":
            return -gap <= self.tolerance
        return abs(gap) <= self.tolerance


def same(name: str, ours: Any, theirs: Any, abs: float = 0.0) -> Claim:
    """Two numbers, arrays or tensors agree: their largest difference is at most abs. NaN agrees with nothing."""
    gap = np.abs(np.asarray(ours, float) - np.asarray(theirs, float))
    return Claim(name, measured=gap.max(initial=0), expected=0, abs=abs)


@dataclass(frozen=True)
class Measured:
    """An empirical finding under the conditions shown: a number, no tick. decimals: as its source prints it. step: the
    one that it belongs to, where it stands instead of those of the whole demo."""

    name: str
    value: float
    _: KW_ONLY
    unit: str = ""
    decimals: int | None = None
    step: str = ""

    def __post_init__(self):
        object.__setattr__(self, "value", float(self.value))


@dataclass(frozen=True, init=False)
class Step(Later):
    """One to three views that stand side by side on one screen. name: its label in the yaml (`steps:`).

    A view, or a function that makes it: for one that costs more than the others and stands in a later step.
    """

    name: str
    views: tuple[View, ...]

    def __init__(self, name: str, *views: View | Callable[[], View]):
        if name and not 1 <= len(views) <= MOST_VIEWS:
            raise ValueError(f"a step has one to {MOST_VIEWS} views, not {len(views)}")
        object.__setattr__(self, "name", name)
        self.keep("views", (lambda: [v() if callable(v) else v for v in views]) if any(map(callable, views)) else views)


STEP = "step"  # in a preset: the step that it shows
MOST_VIEWS = 5  # two or three figures abreast and a row of numbers or chips below them, or five such rows


def _of(steps: Sequence[Step], measured: Sequence[Measured]) -> Sequence[Measured]:
    """The results themselves. Raises ValueError where one is of a step that is not there."""
    if {result.step for result in measured} - {"", *(step.name for step in steps)}:
        raise ValueError("a result is of a step that is not there")
    return measured


@dataclass(frozen=True, init=False)
class Evidence(Later):
    """What a demo shows: steps of views (frozen arrays), claims, measurements, and where the numbers come from.

    Views without a Step are one step, which needs no name. measured: the first three are told in large type, and those
    of a step while it is shown.
    source: a proper name to stand with the origin (a model, a table, a card), the same in every language.
    notices: sentences of the yaml (`notices:`) that the reader should know about this input.
    claims and measured: or a function that returns them, where they cost more than what is drawn.
    """

    steps: tuple[Step, ...]
    claims: tuple[Claim, ...]
    measured: tuple[Measured, ...]
    origin: Origin
    source: str
    notices: tuple[Say, ...]

    def __init__(
        self,
        *shown: View | Step,
        claims: Sequence[Claim] | Callable[[], Sequence[Claim]] = (),
        measured: Sequence[Measured] | Callable[[], Sequence[Measured]] = (),
        origin: Origin,
        source: str = "",
        notices: Sequence[Say] = (),
    ):
        if not shown:
            raise ValueError("evidence needs at least one view")
        steps = shown if isinstance(shown[0], Step) else (Step("", *shown),)
        if not all(isinstance(step, Step) for step in steps):
            raise ValueError("evidence has steps or views, not both")
        if len({step.name for step in steps}) < len(steps):
            raise ValueError("two steps have one name")
        results = (lambda: _of(steps, measured())) if callable(measured) else _of(steps, measured)
        parts = {"steps": steps, "claims": claims, "measured": results, "notices": notices}
        for name, given in parts.items():
            self.keep(name, given)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "source", source)

    @property
    def views(self) -> tuple[View, ...]:
        """The views of all steps, in order."""
        return tuple(view for step in self.steps for view in step.views)

    def whole(self) -> "Evidence":
        """Itself, with every part worked out: what fails in one fails here."""
        for part in ("views", "claims", "measured"):
            getattr(self, part)
        return self

    @property
    def figure(self):
        """The Plotly figure of the first view, labelled with its keys; the app draws it in the reader's words."""
        from study.figures import figure

        return figure(self.views[0])
