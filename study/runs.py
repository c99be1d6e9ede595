"""Runs of one demo side by side: a stored one in grey, earlier ones as faded curves, named by their settings. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from study.demo import Demo, Evidence, Step
from study.look import number
from study.views import Key, Lines, Series, View

STORED = "stored"  # the role, and so the colour, of what was not computed here


def grey(evidence: Evidence) -> Evidence:
    """Its curves in the colour of a stored run; what stays the same whoever runs it stays as it is: dashed levels to
    compare with, and curves over seeds, as a run has one seed."""

    def change(_: int, view: View) -> View:
        if not isinstance(view, Lines):
            return view
        return replace(view, series=[s if _is_fixed(s) else replace(s, role=STORED) for s in view.series])

    return _changed(evidence, change)


def compared(evidence: Evidence, name: Key | None, earlier: Sequence[tuple[Key, Evidence]]) -> Evidence:
    """Evidence whose views of a single curve have those of earlier runs, faded, behind it.

    name: what the curve on top is called, None where it is left out. earlier: names and evidence of the same views.
    """

    def change(n: int, view: View) -> View:
        curve = _curve(view)
        if curve is None:
            return view
        # numbered, so that a colour stays with its line whatever lies behind it or is left out
        own = [replace(s, pair=i, name=name or s.name if s is curve else s.name) for i, s in enumerate(view.series)]
        kept = [s for s, old in zip(own, view.series, strict=True) if name is not None or old is not curve]
        before = [(label, _curve(run.views[n])) for label, run in earlier if n < len(run.views)]
        faded = [
            replace(line, name=label, faded=True, pair=len(own) + i)
            for i, (label, line) in enumerate(before)
            if line is not None
        ]
        return replace(view, series=[*faded, *kept])

    return _changed(evidence, change)


def comparable(evidence: Evidence) -> bool:
    """Whether any view has a single curve, so that those of earlier runs can stand behind it."""
    return any(_curve(view) is not None for view in evidence.views)


def differing(demo: Demo, states: Sequence[dict[str, Any]]) -> list[str]:
    """The controls in which these states are not all equal."""
    return [p.name for p in demo.params if any(state[p.name] != states[0][p.name] for state in states)]


def value_text(value: Any) -> str:
    """A control's number as the name of a run tells it."""
    return number(value) if isinstance(value, int | float) else str(value)


def _is_fixed(series: Series) -> bool:
    return series.dashed or series.low is not None


def _curve(view: View) -> Series | None:
    """The one line of a view that shows what was run, None where there are several: faded ones would be too many."""
    curves = [s for s in view.series if not s.dashed] if isinstance(view, Lines) else []
    return curves[0] if len(curves) == 1 else None


def _changed(evidence: Evidence, change: Callable[[int, View], View]) -> Evidence:
    """The same evidence with each view, numbered over all steps, changed."""
    steps, n = [], 0
    for step in evidence.steps:
        steps.append(Step(step.name, *(change(n + i, view) for i, view in enumerate(step.views))))
        n += len(step.views)
    return Evidence(
        *steps,
        claims=evidence.claims,
        measured=evidence.measured,
        origin=evidence.origin,
        source=evidence.source,
        notices=evidence.notices,
    )
