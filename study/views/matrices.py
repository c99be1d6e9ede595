"""Matrices: one with its labels, several that make an equation, a grid of many on one scale."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from study.views.base import Key, Say, as_say, freeze, frozen, numbers
from study.views.rows import SIGNS


@dataclass(frozen=True)
class Mark:
    """A row or a column of a matrix that is outlined in the colour of a role: Mark("query", row=9)."""

    role: str
    _: KW_ONLY
    row: int | None = None
    col: int | None = None

    def __post_init__(self):
        if (self.row is None) == (self.col is None):
            raise ValueError("a mark is of a row or of a column")


@dataclass(frozen=True)
class Heatmap:
    """A matrix z (R, C): one row of cells per entry of `rows`.

    scale: "weight" (0…1, one hue), "signed" (diverging, centred on 0), "amount" (0…max, one hue).
    group: heatmaps of one evidence with the same group share one colour scale.
    masked: boolean (R, C), True where the cell is masked out: drawn hatched. kept: under the hatch it keeps its colour.
    pick: the control that a click sets: a Cell's name, or two names (row's, column's). selected: the marked cell.
    marks: rows and columns to outline: what belongs to a cell that was chosen here or in another matrix.
    role: whose matrix this is: query, key, value, position, hidden; it colours the title's mark only.
    hover: key of a sentence with {row} {col} {z}.
    """

    z: Any
    rows: Sequence[str]
    cols: Sequence[str]
    title: Key = ""
    _: KW_ONLY
    x: Key = ""
    y: Key = ""
    scale: str = "signed"
    group: str = ""
    role: str = ""
    masked: Any = None
    kept: bool = False
    pick: str | tuple[str, str] = ""
    selected: tuple[int, int] | None = None
    marks: Sequence[Mark] = ()
    hover: Key = ""

    def __post_init__(self):
        freeze(self, z=frozen(self.z), rows=tuple(self.rows), cols=tuple(self.cols), marks=tuple(self.marks))
        if self.masked is not None:
            freeze(self, masked=frozen(self.masked, bool))
        if self.z.shape != (len(self.rows), len(self.cols)):
            raise ValueError(f"z {self.z.shape} does not fit {len(self.rows)} rows and {len(self.cols)} columns")
        if self.scale not in ("weight", "signed", "amount"):
            raise ValueError(f"unknown scale {self.scale!r}")
        if any((m.row or 0) >= len(self.rows) or (m.col or 0) >= len(self.cols) for m in self.marks):
            raise ValueError(f"{self.marks} are not all in a matrix {self.z.shape}")

    @property
    def hidden(self) -> np.ndarray:
        """The cells whose number is not shown, boolean (R, C)."""
        return np.zeros(self.z.shape, dtype=bool) if self.masked is None or self.kept else self.masked

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y, self.hover) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        """Column keys ("" = none) and rows, for reading aloud and for CSV."""
        columns = [self.y or "row", *(Say("as_is", text=c) for c in self.cols)]
        return columns, [[r, *z] for r, z in zip(self.rows, numbers(self.z), strict=True)]


@dataclass(frozen=True)
class Equation:
    """Matrices of one shape, on one scale, joined by signs so that a sum reads as a sum, cell by cell.

    joins: between each two of them one of SIGNS. The chosen cell is marked in all of them, and its numbers stand under
    them with the same signs.
    """

    terms: Sequence[Heatmap]
    joins: Sequence[str]
    title: Key = ""

    def __post_init__(self):
        freeze(self, terms=tuple(self.terms), joins=tuple(self.joins))
        if len(self.joins) != len(self.terms) - 1 or not set(self.joins) <= set(SIGNS):
            raise ValueError(f"{len(self.terms)} matrices are not joined by {self.joins}")
        if len({(term.rows, term.cols, term.pick, term.selected) for term in self.terms}) > 1:
            raise ValueError("the matrices of an equation have the same rows, columns, pick and chosen cell")

    @property
    def pick(self) -> str | tuple[str, str]:
        """The control that a click on any of the matrices sets."""
        return self.terms[0].pick

    def keys(self) -> Iterator[Key]:
        yield from (self.title,) if self.title else ()
        for term in self.terms:
            yield from term.keys()

    def table(self) -> tuple[list[Key], list[list]]:
        """The matrices one below the other, each row with the name of its matrix."""
        columns, _ = self.terms[0].table()
        return ["name", *columns], [[as_say(term.title), *row] for term in self.terms for row in term.table()[1]]


@dataclass(frozen=True)
class Heatmaps:
    """A grid of weight matrices on one scale: z (R, C, T, S), all in [0, 1].

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
        freeze(self, z=frozen(self.z))
        if not (self.z.min() >= 0 and self.z.max() <= 1.0001):
            raise ValueError("a grid shows weights in [0, 1]")
        for name in ("row_names", "col_names", "rows", "cols"):
            freeze(self, **{name: tuple(getattr(self, name))})

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.x, self.y) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        rows = []
        for r, of_row in zip(self.row_names, numbers(self.z), strict=True):
            for c, matrix in zip(self.col_names, of_row, strict=True):
                rows += [[r, c, t, *z] for t, z in zip(self.rows, matrix, strict=True)]
        columns = [self.y or "row", self.x or "column", "row", *(Say("as_is", text=c) for c in self.cols)]
        return columns, rows
