"""A demo is a pure function: its signature is its control panel, its return value is its evidence.

`demos(stem)` reads the demos of a page; calling one with only its defaults returns its `Evidence`. No streamlit here.
"""

import functools
import importlib
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from study.controls import (
    Cell,
    Choice,
    Control,
    Numbers,
    Refusal,
    Seed,
    SeedControl,
    Sentence,
    Slider,
    Text,
    Texts,
    Toggle,
    When,
)
from study.token_views import Span, TokenLines, Tokens
from study.views import Say
from study.views import View as PlainView

__all__ = [
    "Cell", "Choice", "Claim", "Demo", "Evidence", "Measured", "Numbers", "Origin", "Param", "Progress", "Refusal",
    "Say", "Seed", "SeedControl", "Sentence", "Slider", "Span", "Text", "Texts", "Timed", "Toggle", "TokenLines",
    "Tokens", "When", "demos", "memo",
]  # fmt: skip

View = PlainView | Tokens | TokenLines

#: Shares an expensive pure step between reruns and demos, bounded.
memo = functools.lru_cache(maxsize=32)


class Origin(Enum):
    """Where the numbers of a figure come from; shown on every figure."""

    PRETRAINED = "pretrained"  # weights that someone else trained, named
    TRAINED_HERE = "trained_here"  # a checkpoint or a run of ours, with its card
    TOY = "toy"  # seeded numbers
    PAPER = "paper"  # figures that a paper reports, cited
    TIMED = "timed"  # times of this machine, measured when the reader asked


@dataclass(frozen=True)
class Claim:
    """What the note says in words, checked against the tensors on screen or an independent implementation.

    op "=" and "≈" compare |measured - expected| with `abs` or `rel`·|expected|; "≤" and "≥" allow `abs` of slack.
    """

    name: str
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


@dataclass(frozen=True)
class Measured:
    """An empirical finding under the conditions shown: a number, no tick."""

    name: str
    value: float
    unit: str = ""

    def __post_init__(self):
        object.__setattr__(self, "value", float(self.value))


@dataclass(frozen=True, init=False)
class Evidence:
    """What a demo shows: views (frozen arrays), claims, measurements, and where the numbers come from.

    source: a proper name to stand with the origin (a model, a table, a card), the same in every language.
    notices: sentences of the yaml (`notices:`) that the reader should know about this input.
    """

    views: tuple[View, ...]
    claims: tuple[Claim, ...]
    measured: tuple[Measured, ...]
    origin: Origin
    source: str
    notices: tuple[Say, ...]

    def __init__(
        self,
        *views: View,
        claims: Sequence[Claim] = (),
        measured: Sequence[Measured] = (),
        origin: Origin,
        source: str = "",
        notices: Sequence[Say] = (),
    ):
        if not views:
            raise ValueError("evidence needs at least one view")
        parts = {
            "views": views, "claims": tuple(claims), "measured": tuple(measured), "origin": origin, "source": source,
            "notices": tuple(notices),
        }  # fmt: skip
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    @property
    def figure(self):
        """The Plotly figure of the first view, labelled with its keys; the app draws it in the reader's words."""
        from study.figures import figure

        return figure(self.views[0])


class Timed:
    """A parameter of this type: the demo measures this machine. Started by a button, never cached."""


@dataclass
class Progress:
    """A parameter of this type: the demo works for a while and yields Evidence again and again; the reader may stop."""

    done: float = 0.0  # share of the work, 0 to 1

    def report(self, done: float) -> None:
        self.done = min(max(done, 0.0), 1.0)


@dataclass(frozen=True)
class Param:
    """One control of a demo: its name, the control, the default and when it is shown."""

    name: str
    control: Control
    default: Any
    when: When | None = None


@dataclass(frozen=True)
class Demo:
    """A demo function with its controls read from its signature. Call it with control values by name."""

    stem: str
    name: str
    function: Callable[..., Evidence | Iterator[Evidence]] = field(repr=False)
    params: tuple[Param, ...]
    work: tuple[str, type] | None = None  # the parameter that says that this demo is impure, and its type

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every control's value: given or default; a hidden control has its default."""
        values = {p.name: given.get(p.name, p.default) for p in self.params}
        for p in self.params:
            if p.when and not p.when.holds(values):
                values[p.name] = p.default
        return values

    def start(self, work: Timed | Progress | None = None, **given: Any) -> Iterator[Evidence]:
        """Yields evidence until the work is done; a pure demo yields once. Raises Refusal for expected bad input."""
        unknown = given.keys() - {p.name for p in self.params}
        if unknown:
            raise TypeError(f"{self.stem}.{self.name} has no control {sorted(unknown)}")
        values = self.values(given)
        for p in self.params:
            if isinstance(p.control, Text | Numbers):
                p.control.check(values[p.name])
        if self.work:
            values[self.work[0]] = work or self.work[1]()
        result = self.function(**values)
        if isinstance(result, Evidence):
            yield result
        else:
            yield from result

    def __call__(self, **given: Any) -> Evidence:
        """The (last) evidence for these control values."""
        *_, last = self.start(**given)
        return last


def read(stem: str, function: Callable) -> Demo:
    """A Demo from a function's signature. Raises TypeError where a parameter is no control or has no default."""
    hints = get_type_hints(function, include_extras=True)
    params, work = [], None
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints.get(name)
        if hint in (Timed, Progress):
            work = (name, hint)
            continue
        extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        control = next((e for e in extras if isinstance(e, Control)), None)
        if control is None or parameter.default is inspect.Parameter.empty:
            raise TypeError(f"{stem}.{function.__name__}: parameter {name!r} needs a control and a default")
        when = next((e for e in extras if isinstance(e, When)), None)
        params.append(Param(name, control, parameter.default, when))
    return Demo(stem, function.__name__, function, tuple(params), work)


def demos(stem: str) -> dict[str, Demo]:
    """The demos of a page in the order of its source: its public functions that return Evidence."""
    return dict(_demos(stem))


@functools.cache
def _demos(stem: str) -> dict[str, Demo]:
    page = importlib.import_module(f"pages.{stem}")
    found = {}
    for name, thing in vars(page).items():
        ours = inspect.isfunction(thing) and thing.__module__ == page.__name__ and not name.startswith("_")
        if ours and get_type_hints(thing).get("return") in (Evidence, Iterator[Evidence]):
            found[name] = read(stem, thing)
    return found
