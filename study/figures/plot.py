"""The frame of a printed chart: axes with ticks and titles, a legend, and where a value lies on paper."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from study.figures import svg
from study.figures.base import FEWEST, round_values, text_width
from study.look import Look, number

WIDTH, HEIGHT = 430.0, 250.0  # of a chart, in pixels
RIGHT, TOP = 14.0, 10.0
SAMPLE = 22.0  # width of a line in the legend


@dataclass(frozen=True)
class Axis:
    """From low to high, in logarithms where log; ticks: (value, text). title: "" for none."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    title: str = ""
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0 at low and 1 at high; NaN where it has no place."""
        if self.log:
            value = math.log10(value) if value > 0 else math.nan
        return (value - self.low) / (self.high - self.low)


def axis(
    values: np.ndarray,
    title: str,
    log: bool = False,
    ends: tuple[float, float] | None = None,
    room: tuple[float, float] = (0.04, 0.04),
    ticks: Sequence[float] = (),
) -> Axis:
    """An axis on which these values have room: before and after them, in shares of what lies between. ticks: instead
    of round numbers."""
    values = values[np.isfinite(values) & ((values > 0) if log else True)]
    low, high = ends or ((values.min(), values.max()) if values.size else (0.0, 1.0))
    low, high = (math.log10(v) for v in (low, high)) if log else (float(low), float(high))
    if low == high:
        low, high = low - 0.5, high + 0.5
    if ends is None:
        low, high = low - room[0] * (high - low), high + room[1] * (high - low)
    own = tuple((tick, number(tick)) for tick in ticks)
    return Axis(low, high, own or (_log_ticks(low, high) if log else _ticks(low, high)), title, log)


def _ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    return tuple((v, number(v)) for v in round_values(low, high))


def _log_ticks(low: float, high: float) -> tuple[tuple[float, str], ...]:
    """Powers of ten, at most seven; 2 and 5 of each where there are few."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    factors = (1, 2, 5) if high - low < 2 else (1,)
    every = max(1, math.ceil(len(powers) / 7))
    values = [m * 10.0**p for p in powers if p % every == 0 for m in factors]
    inside = [v for v in values if low <= math.log10(v) <= high]
    return tuple((v, number(v)) for v in (inside if len(inside) >= FEWEST else round_values(10**low, 10**high)))


@dataclass(frozen=True)
class Frame:
    """A chart's inside on paper. x0, y0: its upper left corner."""

    x: Axis
    y: Axis
    x0: float
    y0: float
    width: float
    height: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies on paper."""
        return self.x0 + self.x.share(x) * self.width, self.y0 + (1 - self.y.share(y)) * self.height

    def points(self, x: np.ndarray, y: np.ndarray) -> list[list[tuple[float, float]]]:
        """The runs of points between gaps (NaN, or nothing on a logarithmic axis), at most 600 points of a line."""
        runs: list[list[tuple[float, float]]] = [[]]
        every = max(1, len(x) // 600)
        for i in [*range(0, len(x), every), *([len(x) - 1] if every > 1 else [])]:
            at = self.at(float(x[i]), float(y[i]))
            if all(map(math.isfinite, at)):
                runs[-1].append(at)
            elif runs[-1]:
                runs.append([])
        return [run for run in runs if run]


def frame(x: Axis, y: Axis, legend: Sequence[tuple[str, str]], look: Look, square: bool = False) -> Frame:
    """Room for ticks, titles and the legend's lines."""
    left = max((text_width(text) for _, text in y.ticks), default=0) * 0.85 + 12
    top = TOP + 18 * len(legend_lines(legend)) + (16 if y.title else 0)
    bottom = 22 + (18 if x.title else 0)
    width, height = WIDTH - left - RIGHT, HEIGHT - TOP - bottom
    if square:  # one unit is as long on both axes
        unit = min(width / (x.high - x.low), 1.35 * height / (y.high - y.low))
        width, height = unit * (x.high - x.low), unit * (y.high - y.low)
    return Frame(x, y, left, top, width, height)


def legend_lines(legend: Sequence[tuple[str, str]]) -> list[list[tuple[str, str, float]]]:
    """(name, sample, width) of what stands on each line of the legend. legend: (name, SVG of a sample at 0, 0)."""
    lines: list[list[tuple[str, str, float]]] = []
    room = 0.0
    for name, sample in legend:
        width = SAMPLE + 6 + 0.9 * text_width(name) + 14
        if not lines or width > room:
            lines.append([])
            room = WIDTH - 8
        lines[-1].append((name, sample, width))
        room -= width
    return lines


def chart(
    inside: Frame, marks: Sequence[str], legend: Sequence[tuple[str, str]], look: Look, slanted: bool = False
) -> tuple[str, float, float]:
    """(SVG, width, height): marks in their frame. slanted: the texts under the x axis are long."""
    parts = [*_legend(legend, look), *_axes(inside, look, slanted), *marks]
    depth = _depth(inside, slanted)
    width, height = inside.x0 + inside.width + RIGHT, inside.y0 + inside.height + depth + (20 if inside.x.title else 4)
    if inside.x.title:
        middle = inside.x0 + inside.width / 2
        parts.append(svg.text(middle, height - 5, inside.x.title, look.small, look.ink, "middle"))
    return svg.drawing(width, height, parts), width, height


def _legend(legend: Sequence[tuple[str, str]], look: Look) -> list[str]:
    parts = []
    for n, line in enumerate(legend_lines(legend)):
        x, y = 8.0, TOP + 18 * n
        for name, sample, width in line:
            parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{sample}</g>')
            parts.append(svg.text(x + SAMPLE + 6, y + 4, name, look.small, look.ink))
            x += width
    return parts


def _depth(inside: Frame, slanted: bool) -> float:
    return 10 + 0.6 * max((text_width(text) for _, text in inside.x.ticks), default=0) if slanted else 22


def _axes(inside: Frame, look: Look, slanted: bool) -> list[str]:
    right, bottom = inside.x0 + inside.width, inside.y0 + inside.height
    parts = []
    for value, said in inside.y.ticks:
        _, y = inside.at(10**inside.x.low if inside.x.log else inside.x.low, value)
        parts.append(svg.line(inside.x0, y, right, y, look.line))
        parts.append(svg.text(inside.x0 - 5, y + 4, said, look.small - 1, look.ink, "end"))
    for value, said in inside.x.ticks:
        x, _ = inside.at(value, 10**inside.y.low if inside.y.log else inside.y.low)
        parts.append(svg.line(x, bottom, x, bottom + 4, look.ink))
        anchor, turn = ("end", -35) if slanted else ("middle", 0)
        parts.append(svg.text(x, bottom + 15, said, look.small - 1, look.ink, anchor, turn))
    parts.append(svg.line(inside.x0, bottom, right, bottom, look.ink))
    if inside.y.title:
        parts.append(svg.text(4, inside.y0 - 8, inside.y.title, look.small, look.ink))
    return parts
