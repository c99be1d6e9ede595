"""Charts: lines, points, bars, histograms."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from study.views.base import Key, Say, as_say, freeze, frozen, numbers


@dataclass(frozen=True)
class Series:
    """A line: x and y of equal length; low/high draw a band around it (spread over seeds, say).

    quiet: it stands neither in the legend nor in a hover (the circle on which points move, say).
    pair: lines with the same number have the same colour (a curve and, dashed, what it is compared with).
    faded: it stands behind the others (an earlier run).
    """

    name: Key
    x: Any
    y: Any
    _: KW_ONLY
    low: Any = None
    high: Any = None
    role: str = ""
    dashed: bool = False
    points: bool = False
    pair: int | None = None
    quiet: bool = False
    faded: bool = False

    def __post_init__(self):
        freeze(self, x=frozen(self.x), y=frozen(self.y))
        for band in ("low", "high"):
            if getattr(self, band) is not None:
                freeze(self, **{band: frozen(getattr(self, band))})
        if self.x.shape != self.y.shape:
            raise ValueError(f"x {self.x.shape} and y {self.y.shape} differ")

    @classmethod
    def over_seeds(cls, name: Key, x: Sequence[float], found: Sequence[Sequence[float | None]]) -> "Series":
        """Mean of found (x, seeds) with the lowest and the highest; a gap where a seed has no number."""
        z = np.array([[np.nan if n is None else n for n in row] for row in found], dtype=float)  # (x, seeds)
        return cls(name, x, z.mean(-1), low=z.min(-1), high=z.max(-1), points=True)


@dataclass(frozen=True)
class Lines:
    """Lines over a common axis. here: an x to mark with a vertical line (the control's value).

    x_range, y_range: where the axes begin and end, so that they stay while a curve grows (`room`).
    x_ticks: where the x axis has its ticks, instead of at round numbers.
    square: one unit is as long on both axes, so that a circle is round.
    solid: no line is dashed unless it says so itself, as in the view beside it, where dashes have a meaning.
    """

    series: Sequence[Series]
    _: KW_ONLY
    x: Key
    y: Key
    title: Key = ""
    log_x: bool = False
    log_y: bool = False
    here: float | None = None
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    square: bool = False
    solid: bool = False
    x_ticks: Sequence[float] = ()

    def __post_init__(self):
        freeze(self, series=tuple(self.series), x_ticks=tuple(self.x_ticks))

    def dotted(self, series: Series) -> bool:
        """Has this curve dots, because its points are few? One that grows does not lose them on the way."""
        few = len(series.x) < (2 if self.x_range else 12)
        return series.points or (few and not series.dashed and not series.faded)

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *(s.name for s in self.series)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        columns = ["series", self.x, self.y]
        banded = any(s.low is not None for s in self.series)
        columns += ["low", "high"] if banded else []
        rows = []
        for s in self.series:
            bands = [numbers(b) if b is not None else [None] * len(s.x) for b in (s.low, s.high)] if banded else []
            rows += [[as_say(s.name), *row] for row in zip(numbers(s.x), numbers(s.y), *bands, strict=True)]
        return columns, rows


def room(most: float, *curves: Sequence[float]) -> tuple[float, float]:
    """A y_range from 0 to `most` that stays while curves grow, wider only where one goes beyond it."""
    values = np.concatenate([[0.0], *(np.asarray(curve, float).ravel() for curve in curves)])
    top = float(values[np.isfinite(values)].max())
    return 0.0, most if top <= most else 1.05 * top


@dataclass(frozen=True)
class Points:
    """A group of points with a text each, "" for none: x, y and labels of equal length. joined: a dashed line without
    texts. quiet: the texts are told by the hover only."""

    name: Key
    x: Any
    y: Any
    labels: Sequence[str]
    role: str = ""
    joined: bool = False
    quiet: bool = False

    def __post_init__(self):
        freeze(self, x=frozen(self.x), y=frozen(self.y), labels=tuple(self.labels))
        if not self.x.shape == self.y.shape == (len(self.labels),):
            raise ValueError(f"x {self.x.shape}, y {self.y.shape} and {len(self.labels)} labels differ")


@dataclass(frozen=True)
class Scatter:
    """Groups of named points; each group has a colour and a marker of its own.

    Labels stand beside their points as far as there is room, all of them in the hover. selected: (group, point) to
    ring. square: one unit is as long on both axes, so that distances are true.
    """

    groups: Sequence[Points]
    _: KW_ONLY
    x: Key
    y: Key
    title: Key = ""
    log_x: bool = False
    square: bool = False
    selected: tuple[int, int] | None = None

    def __post_init__(self):
        freeze(self, groups=tuple(self.groups))
        if self.selected and self.selected[1] >= len(self.groups[self.selected[0]].labels):
            raise ValueError(f"there is no point {self.selected}")

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *(g.name for g in self.groups)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        points = ((g, *p) for g in self.groups for p in zip(g.labels, numbers(g.x), numbers(g.y), strict=True))
        return ["series", "name", self.x, self.y], [[as_say(g.name), n, x, y] for g, n, x, y in points]


@dataclass(frozen=True)
class Bars:
    """Bars: one value per label, or several named groups of them: {key: values}. A label is a string of data, or a Say.

    spread: for some groups the lowest and the highest value behind each bar (of several seeds, say).
    """

    values: Any
    labels: Sequence[str | Say]
    _: KW_ONLY
    x: Key = ""
    y: Key = ""
    title: Key = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    y_range: tuple[float, float] | None = None
    log_y: bool = False
    spread: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def __post_init__(self):
        groups = self.values if isinstance(self.values, Mapping) else {"": self.values}
        freeze(self, values={k: frozen(v) for k, v in groups.items()}, labels=tuple(self.labels))
        freeze(self, spread={k: (frozen(low), frozen(high)) for k, (low, high) in self.spread.items()})
        for v in self.values.values():
            if v.shape != (len(self.labels),):
                raise ValueError(f"values {v.shape} do not fit {len(self.labels)} labels")

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *self.values) if k)
        yield from (label for label in self.labels if isinstance(label, Say))

    def table(self) -> tuple[list[Key], list[list]]:
        columns = [self.x or "row", *((k or self.y or "value") for k in self.values)]
        return columns, [list(row) for row in zip(self.labels, *map(numbers, self.values.values()), strict=True)]


@dataclass(frozen=True)
class Histogram:
    """How samples spread: {key: samples}. Only the counts in `bins` common bins are kept.

    x_range: from where to where the bins lie (samples beyond are not shown) instead of from the least to the largest
    sample: with it and y_range the axes stay while samples change.
    """

    samples: Mapping[str, Any]
    _: KW_ONLY
    x: Key = ""
    y: Key = "count"
    title: Key = ""
    bins: int = 61
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    edges: np.ndarray = field(init=False)
    counts: Mapping[str, np.ndarray] = field(init=False)

    def __post_init__(self):
        samples = {k: np.asarray(v, dtype=np.float64).ravel() for k, v in self.samples.items()}
        everything = np.concatenate(list(samples.values()))
        edges = np.histogram_bin_edges(everything, bins=self.bins, range=self.x_range)
        counts = {k: frozen(np.histogram(v, bins=edges)[0], np.int32) for k, v in samples.items()}
        freeze(self, samples=dict.fromkeys(samples), edges=frozen(edges), counts=counts)

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *self.counts) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        columns = ["low", "high", *self.counts]
        pairs = itertools.pairwise(numbers(self.edges))
        return columns, [[lo, hi, *(int(c[i]) for c in self.counts.values())] for i, (lo, hi) in enumerate(pairs)]
