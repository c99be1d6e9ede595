"""The text of a figure for who cannot see it: its title, its axes, and the ends of what it shows."""

from collections.abc import Iterator

import numpy as np

from study.figures.base import Words
from study.look import number
from study.views import Bars, Diagram, Equation, Heatmap, Heatmaps, Histogram, Lines, Scatter, View


def alternative(view: View, words: Words) -> str:
    """One line, the same in form in every language: "title; y / x; series: 0.1 … 2.3"."""
    return "; ".join(part for part in _parts(view, words) if part)


def _parts(view: View, words: Words) -> Iterator[str]:
    yield words(view.title) if view.title else ""
    if isinstance(view, Diagram):
        yield words(view.alt)
    axes = [words(key) for key in (getattr(view, "y", ""), getattr(view, "x", "")) if key]
    yield " / ".join(axes)
    if isinstance(view, Heatmap):
        yield f"{len(view.rows)} × {len(view.cols)}: {_ends(view.z)}"
        if view.selected:
            i, j = view.selected
            yield f"{view.rows[i]} · {view.cols[j]}: {number(float(view.z[i, j]))}"
    elif isinstance(view, Equation):
        for sign, term in zip(("", *view.joins), view.terms, strict=True):
            chosen = number(_short(float(term.z[term.selected]))) if term.selected else _ends(term.z)
            yield f"{sign} {words(term.title)}: {chosen}".strip()
    elif isinstance(view, Heatmaps):
        rows, cols, t, s = view.z.shape
        yield f"{rows} × {cols} × ({t} × {s})"
    elif isinstance(view, Lines):
        for series in view.series:
            yield f"{words(series.name)}: {_from_to(series.y)}"
    elif isinstance(view, Scatter):
        for group in view.groups:
            yield f"{words(group.name) if group.name else ''} ({len(group.labels)})".strip()
    elif isinstance(view, Bars):
        for key, values in view.values.items():
            yield f"{words(key) if key else ''} {_ends(values)}".strip()
    elif isinstance(view, Histogram):
        for key, counts in view.counts.items():
            seen = view.edges[:-1][counts > 0]
            yield f"{words(key)}: {_ends(seen)}"


def _ends(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    return f"{number(_short(finite.min()))} … {number(_short(finite.max()))}" if finite.size else number(None)


def _from_to(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    return f"{number(_short(finite[0]))} → {number(_short(finite[-1]))}" if finite.size else number(None)


def _short(value: float) -> float:
    return float(f"{value:.3g}")
