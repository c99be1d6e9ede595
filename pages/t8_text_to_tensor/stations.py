"""Every tensor between a text and the next token: its place on the map, its letters, the code that makes it.

Vaswani et al. 2017, Figure 1. The letters are those of `models`; d_model is C there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from study.controls import Block
from study.views import Diagram, Say, Table
from study.views.diagram import Arrow, Box, Part, Text

Shape = tuple[int, ...]
Sizes = Mapping[str, int]  # of the letters


@dataclass(frozen=True)
class Station:
    """A tensor on the way. axes: the letters of its shape; code: what makes it."""

    name: str
    axes: str
    code: str

    @property
    def letters(self) -> tuple[str, ...]:
        """Its shape in letters."""
        return tuple(self.axes.split())

    def shape(self, sizes: Sizes) -> Shape:
        """Its shape where the letters have these sizes."""
        return tuple(sizes[letter] for letter in self.letters)


STREAM = "B S d_model"
ANSWERS = "B T d_model"
READING = (
    Station("text", "n", "text"),
    Station("pieces", "S", "source_tokens(text)"),
    Station("ids", "B S", "source_ids(text)"),
    Station("embedding", STREAM, "source_embedding(ids) * d_model**0.5"),
    Station("position", STREAM, "x + sinusoidal(S, d_model)"),
)
ENCODER = (
    Station("qkv", "B H S d_k", "heads(query(enter(x)))"),
    Station("scores", "B H S S", "q @ k.mT * d_k**-0.5"),
    Station("weights", "B H S S", "softmax(scores, dim=-1)"),
    Station("mixed", "B H S d_k", "weights @ v"),
    Station("joined", STREAM, "mixed.transpose(1, 2).flatten(2)"),
    Station("projected", STREAM, "output(joined)"),
    Station("added", STREAM, "around_self.leave(x, y)"),
    Station("wide", "B S d_ff", "relu(expand(enter(x)))"),
    Station("memory", STREAM, "encode(ids).memory"),
)
DECODER = (
    Station("target", "B T", "[START, *written]"),
    Station("entered", ANSWERS, "_embed(target)"),
    Station("masked", "B H T T", "mask = causal_mask(T)"),
    Station("cross", "B H T S", "cross_attention(y, memory)"),
    Station("states", ANSWERS, "decoder_norm(x)"),
    Station("logits", "B T V", "x @ target_embedding.weight.T"),
    Station("next", "B T V", "softmax(logits, dim=-1)"),
)
STATIONS = {station.name: station for station in (*READING, *ENCODER, *DECODER)}
Stop = Annotated[str, Block(*STATIONS)]

WIDE, HIGH, PITCH, TOP = 110, 19, 38, 24  # units: a box, from one to the next, and below the columns' names
COLUMNS = (("reading", 3, READING), ("encoder", 125, ENCODER), ("decoder", 247, DECODER))
SIZES = ("B S", "T V", "H d_k", "d_model", "d_ff")  # told in the corner that is left


def station_map(shapes: Mapping[str, Shape], sizes: Sizes, chosen: str) -> Diagram:
    """The stations that have a shape, a column for each part of the way; a click goes to one."""
    parts: list[Part] = []
    for name, x, column in COLUMNS:
        parts.append(Text(x + WIDE / 2, 14, Say(name), bold=True))
        y = TOP
        for station in column:
            if station.name in shapes:
                parts += _station(station, x, y, shapes[station.name])
                y += PITCH
    read = sum(station.name in shapes for station in READING)
    y = TOP + PITCH * read + 24
    for letters in SIZES:
        values = ", ".join(f"{letter} = {sizes[letter]}" for letter in letters.split())
        parts.append(Text(4, y, values, anchor="start", size=12))
        y += 18
    return Diagram([*_ways(read), *parts], 360, TOP + PITCH * len(ENCODER), pick="station", selected=chosen)


def told(station: Station, shape: Shape) -> Table:
    """A station in the code, its shape in letters and in numbers, and one sentence about it."""
    letters, numbers = _tuple(station.letters), _tuple(shape)
    rows = [[station.code], [f"{letters} = {numbers}"], [Say(f"about_{station.name}")]]
    return Table([Say(f"s_{station.name}")], rows)


def _station(station: Station, x: float, y: float, shape: Shape) -> list[Part]:
    """A box to click, and the shape below it."""
    return [
        Box(x, y, WIDE, HIGH, Say(f"s_{station.name}"), size=12, name=station.name),
        Text(x + WIDE / 2, y + HIGH + 13, _tuple(shape), size=12),
    ]


def _ways(read: int) -> list[Arrow]:
    """From the last of the stations before it into the encoder, and from its output to the decoder."""
    first = TOP + HIGH / 2
    vectors, memory, cross = (first + PITCH * row for row in (read - 1, len(ENCODER) - 1, 3))
    into = ((113, vectors), (119, vectors), (119, first), (125, first))
    across = ((235, memory), (241, memory), (241, cross), (247, cross))
    return [Arrow(into, role="hidden"), Arrow(across, role="hidden")]


def _tuple(parts: tuple) -> str:
    return f"({', '.join(map(str, parts))}{',' * (len(parts) == 1)})"
