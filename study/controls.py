"""The controls of a demo: what stands in an annotation and becomes a widget, a part of the link and a test case.

Each control knows how to read itself from a link (`parse`), what is nearest to a bad value (`clean`), how to write
itself (`text`) and its extreme values (`ends`). None of them knows Streamlit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


class Refusal(Exception):
    """Expected bad input. `key` names the sentence in the notes' yaml (`refusals:`), `values` fill its places."""

    def __init__(self, key: str, **values: Any):
        super().__init__(key, values)
        self.key, self.values = key, values


@dataclass(frozen=True)
class When:
    """Hides a control unless the other controls have these values: `When(source="toy")`."""

    conditions: tuple[tuple[str, Any], ...]

    def __init__(self, **conditions: Any):
        object.__setattr__(self, "conditions", tuple(conditions.items()))

    def holds(self, values: dict[str, Any]) -> bool:
        return all(values.get(name) == wanted for name, wanted in self.conditions)


@dataclass(frozen=True)
class Anew:
    """Begins anew, at its default, when the reader changes one of these controls: what was said of one round does not
    stand in the next, `Anew("turn")`. A link sets all of them at once.
    """

    names: tuple[str, ...]

    def __init__(self, *names: str):
        object.__setattr__(self, "names", names)


@dataclass(frozen=True)
class Slider:
    """A number from low to high. Whole numbers where low and high are whole and the step is.

    scale="log" offers a ladder of round values (1, 2, 3, 4, 6, 8, 12 … for whole numbers; 1, 2, 5 per decade else).
    upto: how far it goes beside these values of the other controls, where that is less (the last line of a text).
    """

    low: float
    high: float
    step: float | None = None
    scale: str = "linear"
    upto: Callable[[dict[str, Any]], float] | None = None

    @property
    def whole(self) -> bool:
        return all(isinstance(v, int) for v in (self.low, self.high, 1 if self.step is None else self.step))

    @property
    def ladder(self) -> list[float]:
        """The values that a logarithmic slider offers, ends included."""
        if self.whole:
            inner = [m << e for e in range(40) for m in (1, 3)]
        else:
            inner = [float(f"{m}e{e}") for e in range(-9, 10) for m in (1, 2, 5)]
        return sorted({self.low, self.high, *(v for v in inner if self.low < v < self.high)})

    def clean(self, value: Any) -> float:
        value = float(value)
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number to set a slider to")
        value = min(max(value, self.low), self.high)
        if self.scale == "log":
            return min(self.ladder, key=lambda rung: abs(math.log(rung / value)))
        step = self.step or (1 if self.whole else (self.high - self.low) / 100)
        snapped = min(self.low + round((value - self.low) / step) * step, self.high)
        return int(snapped) if self.whole else round(float(snapped), 10)

    def parse(self, text: str) -> float:
        return int(text) if self.whole and text.lstrip("+-").isdecimal() else float(text)

    def text(self, value: float) -> str:
        return str(value) if self.whole else f"{value:g}"

    def ends(self) -> list[float]:
        return [self.low, self.high]


@dataclass(frozen=True)
class Choice:
    """One of a few words; their labels are in the yaml (`options:`)."""

    options: tuple[str, ...]

    def __init__(self, *options: str):
        object.__setattr__(self, "options", options)

    def clean(self, value: Any) -> str:
        if value not in self.options:
            raise ValueError(f"{value!r} is none of {self.options}")
        return value

    def parse(self, text: str) -> str:
        return text

    def text(self, value: str) -> str:
        return value

    def ends(self) -> list[str]:
        return list(self.options)


class Block(Choice):
    """The name of a box of a Diagram, set by a click or by the arrow keys: the drawing is its widget."""


@dataclass(frozen=True)
class Toggle:
    """On or off."""

    def clean(self, value: Any) -> bool:
        return bool(value)

    def parse(self, text: str) -> bool:
        return {"1": True, "0": False}[text]

    def text(self, value: bool) -> str:
        return "1" if value else "0"

    def ends(self) -> list[bool]:
        return [False, True]


@dataclass(frozen=True)
class SeedControl(Slider):
    """The seed of a demo's random numbers: same seed, same picture."""

    low: float = 0
    high: float = 999


Seed = Annotated[int, SeedControl()]


@dataclass(frozen=True)
class Text:
    """A line of text. Longer than `limit` characters, or empty unless optional, it is refused; what was typed stays."""

    limit: int = 300
    optional: bool = False

    def clean(self, value: Any) -> str:
        return str(value)

    def parse(self, text: str) -> str:
        return text

    def text(self, value: str) -> str:
        return value

    def ends(self) -> list[str]:
        return ["" if self.optional else "a", ("word " * self.limit)[: self.limit - 1] + "d"]

    def check(self, value: str) -> None:
        """Raises Refusal("empty") or Refusal("too_many_characters")."""
        if not self.optional and not any(ch.isprintable() and not ch.isspace() for ch in value):
            raise Refusal("empty")
        if len(value) > self.limit:
            raise Refusal("too_many_characters", characters=len(value), limit=self.limit)


@dataclass(frozen=True)
class Texts(Text):
    """Several lines of text, one item a line, at most `most` of them; `lines` splits them.

    parallel: line for line with another control's text. There an empty line is an item, too; elsewhere none is.
    """

    limit: int = 4000
    most: int = 20
    parallel: bool = False

    def ends(self) -> list[str]:
        return ["a", "\n".join(["some words"] * self.most)]

    def check(self, value: str) -> None:
        """Raises Refusal("empty"), Refusal("too_many_characters") or Refusal("too_many_lines")."""
        super().check(value)
        lines = len(self.lines(value, self.parallel))
        if lines > self.most:
            raise Refusal("too_many_lines", lines=lines, limit=self.most)

    @staticmethod
    def lines(value: str, parallel: bool = False) -> list[str]:
        """The items: lines without the spaces around them.

        Only a line feed ends a line ("\\r\\n" is one end), and at the end of the text it opens no new one. What
        str.splitlines takes for ends of lines as well (U+000B, U+0085, U+2028 ...) is white space in a line: it comes
        along when people paste, and would make two lines of one.
        """
        lines = [line.strip() for line in value.removesuffix("\n").split("\n")]
        return lines if parallel else [line for line in lines if line]


@dataclass(frozen=True)
class Sentence(Text):
    """The lesson's sentence: typed once, used by every demo of the lesson that asks for one."""


@dataclass(frozen=True)
class Cell:
    """A (row, column) of a figure, set by a click or by the arrow keys."""

    size: int = 64

    def clean(self, value: Any) -> tuple[int, int]:
        row, col = (min(max(int(v), 0), self.size - 1) for v in value)
        return row, col

    def parse(self, text: str) -> tuple[int, int]:
        row, col = text.split("-")
        return int(row), int(col)

    def text(self, value: tuple[int, int]) -> str:
        return f"{value[0]}-{value[1]}"

    def ends(self) -> list[tuple[int, int]]:
        return [(0, 0), (self.size - 1, self.size - 1)]

    @staticmethod
    def inside(cell: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
        """The same cell, or the nearest one that a matrix of this shape has."""
        return min(cell[0], shape[0] - 1), min(cell[1], shape[1] - 1)


@dataclass(frozen=True)
class Numbers:
    """A small table of numbers, edited in place: rows of one number per column, None where a cell is empty.

    The columns' labels are in the yaml (`options:`). Rows without any number do not count.
    """

    columns: tuple[str, ...]
    low: float = -1000.0
    high: float = 1000.0
    most: int = 10  # rows

    def __init__(self, *columns: str, low: float = -1000.0, high: float = 1000.0, most: int = 10):
        for name, value in (("columns", columns), ("low", float(low)), ("high", float(high)), ("most", most)):
            object.__setattr__(self, name, value)

    def clean(self, value: Any) -> tuple[tuple[float | None, ...], ...]:
        rows = [tuple(map(self._cell, row)) for row in value]
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError(f"a row has {len(self.columns)} cells")
        return tuple(row for row in rows if any(cell is not None for cell in row))[: self.most]

    def _cell(self, value: float | None) -> float | None:
        if value is None or math.isnan(value):  # what the editor makes of an empty cell
            return None
        if math.isinf(value):
            raise ValueError(f"{value} is not a number for a table")
        return round(min(max(float(value), self.low), self.high), 4) + 0.0  # no -0

    def parse(self, text: str) -> tuple[tuple[float | None, ...], ...]:
        rows = text.split(";") if text else []
        return tuple(tuple(float(cell) if cell.strip() else None for cell in row.split(",")) for row in rows)

    def text(self, value: tuple[tuple[float | None, ...], ...]) -> str:
        return ";".join(",".join("" if cell is None else f"{cell:.8g}" for cell in row) for row in value)

    def ends(self) -> list[tuple[tuple[float | None, ...], ...]]:
        wide = len(self.columns)
        full = [[self.low, self.high][(i + j) % 2] for i in range(self.most) for j in range(wide)]
        return [
            (),
            ((self.low,) * wide,),
            ((self.high, *(None,) * (wide - 1)),),
            tuple(tuple(full[i : i + wide]) for i in range(0, len(full), wide)),
        ]

    def check(self, value: tuple[tuple[float | None, ...], ...]) -> None:
        """Raises Refusal("empty_table") where no row is complete."""
        if not self.complete(value):
            raise Refusal("empty_table")

    @staticmethod
    def complete(value: tuple[tuple[float | None, ...], ...]) -> list[tuple[float, ...]]:
        """The rows that have all their numbers."""
        return [row for row in value if None not in row]


Control = Slider | Choice | Toggle | Text | Cell | Numbers
