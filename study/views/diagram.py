"""A drawing of boxes, arrows and grids of numbers, made for the width of a phone and larger elsewhere.

Lengths are units, about pixels on a phone. Texts are data, shown as they are ("Q"), or keys of the yaml: Say("scores").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from study.views.base import Key, Say, freeze

WIDEST = 360  # units: a phone's screen, so that no text becomes smaller than it is written
SMALLEST = 12  # units, of text
ROLES = ("", "query", "key", "value", "position", "hidden", "mask", "right", "wrong")


@dataclass(frozen=True)
class Box:
    """A rectangle with a text in its middle. role: its colour; filled: softly; dashed: its edge.

    height 0 with a text is the text alone: a label in the middle of (x, y, width). name: what a click on it picks, in a
    Diagram with `pick`.
    """

    x: float
    y: float
    width: float
    height: float
    text: str | Say = ""
    role: str = ""
    filled: bool = True
    dashed: bool = False
    size: int = 13
    name: str = ""


@dataclass(frozen=True)
class Text:
    """A text at a point. anchor: "start", "middle" or "end"; y is its base line."""

    x: float
    y: float
    text: str | Say
    anchor: str = "middle"
    role: str = ""
    size: int = 13
    bold: bool = False


@dataclass(frozen=True)
class Arrow:
    """A line through points ((x, y), …). head: at its end; dashed; width of the stroke."""

    points: tuple[tuple[float, float], ...]
    role: str = ""
    head: bool = True
    dashed: bool = False
    width: float = 1.5


@dataclass(frozen=True)
class Circle:
    """A circle around (x, y). filled: softly."""

    x: float
    y: float
    radius: float
    role: str = ""
    filled: bool = False


@dataclass(frozen=True)
class Polygon:
    """A closed shape, as a face of a block. tone: 0 (page) to 1 (the colour itself)."""

    points: tuple[tuple[float, float], ...]
    role: str = ""
    tone: float = 0.2


@dataclass(frozen=True)
class Cells:
    """A grid of numbers or short texts, its upper left corner at (x, y). rows: their texts; "" leaves one empty.

    tones: of each cell, 0 to 1, or none for a soft fill; marked: cells (row, column) with a strong edge.
    """

    x: float
    y: float
    rows: tuple[tuple[str, ...], ...]
    width: float = 30
    height: float = 24
    role: str = ""
    tones: tuple[tuple[float, ...], ...] = ()
    marked: tuple[tuple[int, int], ...] = ()
    size: int = 13


Part = Box | Text | Arrow | Circle | Polygon | Cells


@dataclass(frozen=True)
class Diagram:
    """Parts on a sheet of width × height units, drawn in order. A demo without controls that shows one is a picture:
    it stands in the note without a card. alt: the key of what it shows, in words, for who cannot see it.

    pick: the Block that a click or an arrow key sets, to the name of a box; selected: the name of the chosen box. Such
    a drawing stands beside the other views of its step.
    """

    parts: Sequence[Part]
    width: float
    height: float
    alt: Key = "alt"
    title: Key = ""
    pick: str = ""
    selected: str = ""

    def __post_init__(self):
        freeze(self, parts=tuple(self.parts))
        names = self.names
        if bool(self.pick) != bool(names) or len(set(names)) < len(names):
            raise ValueError(f"pick={self.pick!r} asks for boxes with names of their own, not {names}")
        if self.selected and self.selected not in names:
            raise ValueError(f"{self.selected!r} is none of the boxes {names}")
        if not 0 < self.width <= WIDEST:
            raise ValueError(f"a diagram is at most {WIDEST} units wide, not {self.width}")
        for part in self.parts:
            if getattr(part, "role", "") not in ROLES:
                raise ValueError(f"unknown role {part.role!r}")
            if getattr(part, "size", SMALLEST) < SMALLEST:
                raise ValueError(f"{part}: no text is smaller than {SMALLEST}")
            for x, y in _corners(part):
                if not (0 <= x <= self.width and 0 <= y <= self.height):
                    raise ValueError(f"{part} leaves the sheet of {self.width} × {self.height}")

    @property
    def names(self) -> list[str]:
        """The names of the boxes that can be picked, in the order of drawing."""
        return [part.name for part in self.parts if isinstance(part, Box) and part.name]

    def keys(self) -> Iterator[Key]:
        yield from (k for k in (self.title, self.alt) if k)
        yield from (part.text for part in self.parts if isinstance(getattr(part, "text", None), Say))

    def table(self) -> tuple[list[Key], list[list[Any]]]:
        """Its texts, in the order in which they are drawn."""
        texts = [part.text for part in self.parts if getattr(part, "text", "")]
        grids = (part.rows for part in self.parts if isinstance(part, Cells))
        return ["text"], [
            [text] for text in [*texts, *(text for rows in grids for row in rows for text in row if text)]
        ]


def _corners(part: Part) -> Iterator[tuple[float, float]]:
    if isinstance(part, Arrow | Polygon):
        yield from part.points
    elif isinstance(part, Circle):
        yield from ((part.x - part.radius, part.y - part.radius), (part.x + part.radius, part.y + part.radius))
    elif isinstance(part, Cells):
        columns = max(map(len, part.rows), default=0)
        yield from ((part.x, part.y), (part.x + columns * part.width, part.y + len(part.rows) * part.height))
    else:
        yield part.x, part.y
        yield part.x + getattr(part, "width", 0), part.y + getattr(part, "height", 0)
