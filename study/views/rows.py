"""Rows: the numbers of a formula, a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from study.views.base import Key, Say, as_say, freeze

#: What may stand between two numbers of a chain: an operation, "is", "becomes".
SIGNS = ("+", "−", "×", "÷", "=", "→")


@dataclass(frozen=True)
class Chain:
    """The numbers of a formula in a row: [(key, value), …].

    joins: between each two of them one of SIGNS, so that a sum reads as a sum:
    Chain([("word", 2), ("position", 3), ("score", 5)], joins=["+", "="]). Without it every number becomes the next.
    """

    links: Sequence[tuple[Key, float]]
    title: Key = ""
    joins: Sequence[str] | None = None

    def __post_init__(self):
        links = tuple((k, float(v)) for k, v in self.links)
        steps = max(len(links) - 1, 0)
        joins = ("→",) * steps if self.joins is None else tuple(self.joins)
        if len(joins) != steps or not set(joins) <= set(SIGNS):
            raise ValueError(f"{len(links)} numbers are joined by {steps} of {' '.join(SIGNS)}, not by {joins}")
        freeze(self, links=links, joins=joins)

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, *(k for k, _ in self.links)) if k)

    def table(self) -> tuple[list[Key], list[list]]:
        """A row for each number; where they are not a plain sequence, each with the sign before it."""
        rows = [[as_say(k), v] for k, v in self.links]
        if set(self.joins) <= {"→"}:
            return ["name", "value"], rows
        return ["sign", "name", "value"], [[sign, *row] for sign, row in zip(("", *self.joins), rows, strict=True)]


@dataclass(frozen=True)
class Table:
    """Rows under named columns; a cell is a number, None (no number), a string of data, or a Say."""

    columns: Sequence[Key]
    rows: Sequence[Sequence[Any]]
    title: Key = ""

    def __post_init__(self):
        freeze(self, columns=tuple(self.columns), rows=tuple(tuple(r) for r in self.rows))

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, *self.columns) if k)
        yield from (c for r in self.rows for c in r if isinstance(c, Say))

    def table(self) -> tuple[list[Key], list[list]]:
        return list(self.columns), [list(r) for r in self.rows]
