"""What can be shown: frozen arrays and label keys. No plotly, no language, no theme: `figures.py` adds those.

A *key* names a text of the notes' yaml (`axes:`, `series:`, `panels:`); `Say(key, layer=3)` fills its places.
Tick texts (`rows`, `cols`, `labels`) are data: tokens, names, numbers, shown as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, init=False)
class Say:
    """A text of the yaml with its places filled: Say("head", layer=3, head=1)."""

    key: str
    values: tuple[tuple[str, Any], ...]

    def __init__(self, key: str, **values: Any):
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", tuple(values.items()))


Key = str | Say


def _told(key: Key) -> Say:
    """A key that stands in a table's row, where a plain string would be data."""
    return key if isinstance(key, Say) else Say(key)


def frozen(values: Any, dtype: Any = np.float32) -> np.ndarray:
    """A read-only array of its own (tensors welcome): views are cached and shared between readers."""
    if hasattr(values, "numpy"):
        values = values.numpy()
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def _freeze(view: Any, **arrays: Any) -> None:
    for name, value in arrays.items():
        object.__setattr__(view, name, value)


@dataclass(frozen=True)
class Heatmap:
    """A matrix z (R, C): one row of cells per entry of `rows`.

    scale: "weight" (0…1, one hue), "signed" (diverging, centred on 0), "amount" (0…max, one hue).
    group: heatmaps of one evidence with the same group share one colour scale.
    masked: boolean (R, C), True where the cell is masked out: drawn hatched.
    pick: the control that a click sets: a Cell's name, or two names (row's, column's). selected: the marked cell.
    role: whose matrix this is: query, key, value, position, hidden; it colours the title's mark only.
    hover: key of a sentence with {row} {col} {z}.
    """

    z: Any
    rows: Sequence[str]
    cols: Sequence[str]
    title: Key = ""
    x: Key = ""
    y: Key = ""
    scale: str = "signed"
    group: str = ""
    role: str = ""
    masked: Any = None
    pick: str | tuple[str, str] = ""
    selected: tuple[int, int] | None = None
    hover: Key = ""

    def __post_init__(self):
        _freeze(self, z=frozen(self.z), rows=tuple(self.rows), cols=tuple(self.cols))
        if self.masked is not None:
            _freeze(self, masked=frozen(self.masked, bool))
        if self.z.shape != (len(self.rows), len(self.cols)):
            raise ValueError(f"z {self.z.shape} does not fit {len(self.rows)} rows and {len(self.cols)} columns")
        if self.scale not in ("weight", "signed", "amount"):
            raise ValueError(f"unknown scale {self.scale!r}")

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, self.hover) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        """Column keys ("" = none) and rows, for reading aloud and for CSV."""
        columns = [self.y or "row", *(Say("as_is", text=c) for c in self.cols)]
        return columns, [[r, *map(float, z)] for r, z in zip(self.rows, self.z, strict=True)]


@dataclass(frozen=True)
class Heatmaps:
    """A grid of weight matrices on one scale: z (R, C, T, S), all in [0, 1], kept as bytes (1/255 steps).

    row_names, col_names: names of the grid's rows and columns; rows, cols: the tokens of each matrix.
    pick: the two controls that a click on a panel sets; selected: the marked panel.
    """

    z: Any
    row_names: Sequence[str]
    col_names: Sequence[str]
    rows: Sequence[str]
    cols: Sequence[str]
    title: Key = ""
    x: Key = ""
    y: Key = ""
    pick: tuple[str, str] | str = ""
    selected: tuple[int, int] | None = None

    def __post_init__(self):
        z = np.asarray(self.z, dtype=np.float32)
        if not (z.min() >= 0 and z.max() <= 1.0001):
            raise ValueError("a grid shows weights in [0, 1]")
        _freeze(self, z=frozen(np.rint(z * 255), np.uint8))
        for name in ("row_names", "col_names", "rows", "cols"):
            _freeze(self, **{name: tuple(getattr(self, name))})

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        rows = []
        for i, r in enumerate(self.row_names):
            for j, c in enumerate(self.col_names):
                for t, row in zip(self.rows, self.z[i, j] / 255, strict=True):
                    rows.append([r, c, t, *(round(float(v), 3) for v in row)])
        columns = [self.y or "row", self.x or "column", "row", *(Say("as_is", text=c) for c in self.cols)]
        return columns, rows


@dataclass(frozen=True)
class Series:
    """A line: x and y of equal length; low/high draw a band around it (spread over seeds, say)."""

    name: Key
    x: Any
    y: Any
    low: Any = None
    high: Any = None
    role: str = ""
    dashed: bool = False
    points: bool = False

    def __post_init__(self):
        _freeze(self, x=frozen(self.x), y=frozen(self.y))
        for band in ("low", "high"):
            if getattr(self, band) is not None:
                _freeze(self, **{band: frozen(getattr(self, band))})
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

    square: one unit is as long on both axes, so that a circle is round.
    """

    series: Sequence[Series]
    x: Key
    y: Key
    title: Key = ""
    log_x: bool = False
    log_y: bool = False
    here: float | None = None
    y_range: tuple[float, float] | None = None
    square: bool = False

    def __post_init__(self):
        _freeze(self, series=tuple(self.series))

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *(s.name for s in self.series)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        columns = ["series", self.x, self.y]
        banded = any(s.low is not None for s in self.series)
        columns += ["low", "high"] if banded else []
        rows = []
        for s in self.series:
            for i, (x, y) in enumerate(zip(s.x.tolist(), s.y.tolist(), strict=True)):
                low_high = [float(b[i]) if b is not None else None for b in (s.low, s.high)] if banded else []
                rows.append([_told(s.name), x, y, *low_high])
        return columns, rows


@dataclass(frozen=True)
class Points:
    """A group of points with a text each: x, y and labels of equal length."""

    name: Key
    x: Any
    y: Any
    labels: Sequence[str]
    role: str = ""

    def __post_init__(self):
        _freeze(self, x=frozen(self.x), y=frozen(self.y), labels=tuple(self.labels))
        if not self.x.shape == self.y.shape == (len(self.labels),):
            raise ValueError(f"x {self.x.shape}, y {self.y.shape} and {len(self.labels)} labels differ")


@dataclass(frozen=True)
class Scatter:
    """Groups of named points; each group has a colour and a marker of its own.

    Labels stand beside their points as far as there is room, all of them in the hover. selected: (group, point) to
    ring. square: one unit is as long on both axes, so that distances are true.
    """

    groups: Sequence[Points]
    x: Key
    y: Key
    title: Key = ""
    log_x: bool = False
    square: bool = False
    selected: tuple[int, int] | None = None

    def __post_init__(self):
        _freeze(self, groups=tuple(self.groups))
        if self.selected and self.selected[1] >= len(self.groups[self.selected[0]].labels):
            raise ValueError(f"there is no point {self.selected}")

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *(g.name for g in self.groups)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        points = ((g, *p) for g in self.groups for p in zip(g.labels, g.x.tolist(), g.y.tolist(), strict=True))
        return ["series", "name", self.x, self.y], [[_told(g.name), n, x, y] for g, n, x, y in points]


@dataclass(frozen=True)
class Bars:
    """Bars: one value per label, or several named groups of them: {key: values}.

    spread: for some groups the lowest and the highest value behind each bar (of several seeds, say).
    """

    values: Any
    labels: Sequence[str]
    x: Key = ""
    y: Key = ""
    title: Key = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    y_range: tuple[float, float] | None = None
    log_y: bool = False
    spread: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def __post_init__(self):
        groups = self.values if isinstance(self.values, Mapping) else {"": self.values}
        _freeze(self, values={k: frozen(v) for k, v in groups.items()}, labels=tuple(self.labels))
        _freeze(self, spread={k: (frozen(low), frozen(high)) for k, (low, high) in self.spread.items()})
        for v in self.values.values():
            if v.shape != (len(self.labels),):
                raise ValueError(f"values {v.shape} do not fit {len(self.labels)} labels")

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *self.values) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        columns = [self.x or "row", *((k or self.y or "value") for k in self.values)]
        return columns, [[n, *(float(v[i]) for v in self.values.values())] for i, n in enumerate(self.labels)]


@dataclass(frozen=True)
class Histogram:
    """How samples spread: {key: samples}. Only the counts in `bins` common bins are kept."""

    samples: Mapping[str, Any]
    x: Key = ""
    y: Key = "count"
    title: Key = ""
    bins: int = 61
    edges: np.ndarray = field(init=False)
    counts: Mapping[str, np.ndarray] = field(init=False)

    def __post_init__(self):
        samples = {k: np.asarray(v, dtype=np.float64).ravel() for k, v in self.samples.items()}
        everything = np.concatenate(list(samples.values()))
        edges = np.histogram_bin_edges(everything, bins=self.bins)
        counts = {k: frozen(np.histogram(v, bins=edges)[0], np.int32) for k, v in samples.items()}
        _freeze(self, samples=dict.fromkeys(samples), edges=frozen(edges), counts=counts)

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, *self.counts) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        columns = ["low", "high", *self.counts]
        pairs = zip(self.edges[:-1].tolist(), self.edges[1:].tolist(), strict=True)
        return columns, [[lo, hi, *(int(c[i]) for c in self.counts.values())] for i, (lo, hi) in enumerate(pairs)]


@dataclass(frozen=True)
class Chain:
    """The numbers of a formula in a row: [(key, value), …], each with the sign that joins it to the one before."""

    links: Sequence[tuple[Key, float]]
    title: Key = ""

    def __post_init__(self):
        _freeze(self, links=tuple((k, float(v)) for k, v in self.links))

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, *(k for k, _ in self.links)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        return ["name", "value"], [[_told(k), v] for k, v in self.links]


@dataclass(frozen=True)
class Table:
    """Rows under named columns; a cell is a number, a string of data, or a Say."""

    columns: Sequence[Key]
    rows: Sequence[Sequence[Any]]
    title: Key = ""

    def __post_init__(self):
        _freeze(self, columns=tuple(self.columns), rows=tuple(tuple(r) for r in self.rows))

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, *self.columns) if k)
        yield from (c for r in self.rows for c in r if isinstance(c, Say))

    def table(self) -> tuple[list[Key], list[list]]:
        return list(self.columns), [list(r) for r in self.rows]


View = Heatmap | Heatmaps | Lines | Scatter | Bars | Histogram | Chain | Table
