"""A demo is a pure function: its signature is its control panel, its return value is its evidence.

`demos(stem)` reads the demos of a page; calling one with only its defaults returns its `Evidence`. No streamlit here.
"""

import functools
import importlib
import inspect
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from study.controls import Anew, Control, Numbers, Sentence, Text, When
from study.evidence import STEP, Claim, Evidence, Measured, Origin, Step, same

__all__ = [
    "STEP",
    "Claim",
    "Demo",
    "Evidence",
    "Measured",
    "Origin",
    "Param",
    "Progress",
    "Step",
    "Timed",
    "demos",
    "read",
    "same",
]


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
