"""A demo is a pure function: its signature is its control panel, its return value is its evidence.

`demos(stem)` reads the demos of a page; calling one with only its defaults returns its `Evidence`. No streamlit here.
"""

import functools
import importlib
import inspect
import math
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import numpy as np

from study.controls import Anew, Control, Numbers, Sentence, Text, When
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
    """One control of a demo: its name, the control, the default and when it is shown.

    key: its name in the link and in the session; a sentence belongs to the lesson, not to one demo.
    """

    name: str
    control: Control
    default: Any
    when: When | None = None
    key: str = ""
    anew: tuple[str, ...] = ()  # the controls whose change sets this one to its default


@dataclass(frozen=True)
class Demo:
    """A demo function with its controls read from its signature. Call it with control values by name."""

    stem: str
    name: str
    function: Callable[..., Evidence | Iterator[Evidence]] = field(repr=False)
    params: tuple[Param, ...]
    work: tuple[str, type] | None = None  # the parameter that says that this demo is impure, and its type
    presets: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)  # by name, the first one first

    def values(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every control's value: given or default; a hidden control has its default."""
        values = {p.name: given.get(p.name, p.default) for p in self.params}
        for p in self.params:
            if p.when and not p.when.holds(values):
                values[p.name] = p.default
        return values

    def start(self, work: Timed | Progress | None = None, /, **given: Any) -> Iterator[Evidence]:
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
    """A Demo from a function's signature and the PRESETS of its file: {name: {control: value}}, "step" names a step.

    Raises TypeError where a parameter is no control or has no default, or a preset sets what is no control's value.
    """
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
        anew = tuple(other for e in extras if isinstance(e, Anew) for other in e.names)
        owner = stem if isinstance(control, Sentence) else f"{stem}.{function.__name__}"
        params.append(Param(name, control, parameter.default, when, f"{owner}.{name}", anew))
    if missing := {other for p in params for other in p.anew} - {p.name for p in params}:
        raise TypeError(f"{stem}.{function.__name__}: there is no control {sorted(missing)} to begin anew with")
    presets = _presets(stem, function, params)
    return Demo(stem, function.__name__, function, tuple(params), work, presets)


def _presets(stem: str, function: Callable, params: Sequence[Param]) -> dict[str, dict[str, Any]]:
    presets = sys.modules[function.__module__].__dict__.get("PRESETS", {})
    known = {p.name: p.control for p in params}
    for preset, values in presets.items():
        for control, value in values.items():
            if control != STEP and (control not in known or known[control].clean(value) != value):
                raise TypeError(f"{stem}.{function.__name__}: preset {preset!r} sets {control} to {value!r}")
    return presets


RESULTS = (Evidence, Iterator[Evidence])


def demos(stem: str) -> dict[str, Demo]:
    """The demos of a lesson: each file of its folder that defines a function of its own name returning Evidence."""
    with _importing:
        return dict(_demos(stem))


_importing = threading.RLock()  # two first readers of a lesson import it once, one after the other


@functools.cache
def _demos(stem: str) -> dict[str, Demo]:
    """A file of the lesson's folder that defines a function of its own name, returning Evidence, is a demo."""
    folder, result = importlib.import_module(f"pages.{stem}"), {}
    for name in sorted(module.name for module in pkgutil.iter_modules(folder.__path__)):
        function = getattr(importlib.import_module(f"{folder.__name__}.{name}"), name, None)
        if inspect.isfunction(function) and get_type_hints(function).get("return") in RESULTS:
            result[name] = read(stem, function)
    return result
