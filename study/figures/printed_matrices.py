"""Matrices on paper: one with its labels and scale, several abreast, a grid of many small ones."""

import math
from dataclasses import dataclass

import numpy as np

from study.figures import svg
from study.figures.base import Words, text_width
from study.figures.matrices import reach
from study.look import Look, between, legible, number, visible
from study.views import Equation, Heatmap, Heatmaps

NUMBERED = 12  # rows and columns up to which the cells show their numbers
ROOM = 800.0  # pixels: where matrices abreast wrap
Picture = tuple[str, float, float]  # SVG, its width and height


@dataclass(frozen=True)
class Grid:
    """Where the cells of a matrix lie. side: of a cell; size: of its labels; slanted: those above."""

    view: Heatmap
    side: float
    size: float
    left: float
    above: float
    slanted: bool

    def corner(self, row: int, col: int) -> tuple[float, float]:
        return self.left + col * self.side, self.above + row * self.side

    @property
    def right(self) -> float:
        return self.corner(0, self.view.z.shape[1])[0]

    @property
    def bottom(self) -> float:
        return self.corner(self.view.z.shape[0], 0)[1]


def _grid(view: Heatmap, look: Look, short: bool) -> Grid:
    n_rows, n_cols = view.z.shape
    side = min(34.0, (240 if short else 400) / max(n_cols, 1), 400 / max(n_rows, 1))
    size = min(look.small, max(5.0, side * 0.62))
    longest_row, longest_col = (
        max((text_width(visible(name)) for name in names), default=0) * size / 13 for names in (view.rows, view.cols)
    )
    slanted = longest_col > side * 0.95
    above = longest_col * 0.75 + 14 if slanted else size + 8
    return Grid(view, side, size, longest_row + 10, above + (16 if view.y else 0), slanted)


def heatmap(view: Heatmap, look: Look, words: Words, top: float | None = None, short: bool = False) -> Picture:
    """A matrix with its labels. top: where the colour scale ends, if others share it; short: it is one of several."""
    top = 1.0 if view.scale == "weight" else top or reach(view) or 1.0
    ends, colors = (-top if view.scale == "signed" else 0.0, top), look.scale(view.scale == "signed")
    grid = _grid(view, look, short)
    parts = [svg.text(2, 12, words(view.y), look.small - 1, look.ink)] if view.y else []
    parts += _labels(grid, look)
    hidden = view.hidden
    for (i, j), value in np.ndenumerate(view.z):
        shown = math.nan if hidden[i, j] else float(value)
        parts += _cell(grid, (i, j), shown, ends, colors, look)
        if not math.isfinite(shown) or (view.kept and view.masked[i, j]):
            parts.append(_crossed(grid, (i, j), look))
    parts += _outlines(grid, look)
    width, height = grid.right + (grid.above * 0.75 if grid.slanted else 4), grid.bottom + 6
    scale = max(min(grid.right - grid.left, 150), 70)
    parts.append(_scale((grid.left, height), scale, ends, colors, look))
    if view.x:
        width = max(width, grid.left + scale + 14 + text_width(words(view.x)))  # beside it, however narrow the matrix
        parts.append(svg.text(width - 2, height + 12, words(view.x), look.small - 1, look.ink, "end"))
    return svg.drawing(width, height + 26, parts), width, height + 26


def _labels(grid: Grid, look: Look) -> list[str]:
    """The names of the columns above and of the rows at the left; every fourth where they would touch."""
    every = 1 if grid.side >= 5 else 4
    anchor, turn = ("start", -45) if grid.slanted else ("middle", 0)
    parts = []
    for j, col in list(enumerate(grid.view.cols))[::every]:
        x = grid.left + (j + 0.5) * grid.side
        parts.append(svg.text(x, grid.above - 5, visible(col), grid.size, look.ink, anchor, turn))
    for i, row in list(enumerate(grid.view.rows))[::every]:
        y = grid.above + (i + 0.5) * grid.side + grid.size * 0.36
        parts.append(svg.text(grid.left - 5, y, visible(row), grid.size, look.ink, "end"))
    return parts


def _crossed(grid: Grid, at: tuple, look: Look) -> str:
    (x, y), side = grid.corner(*at), grid.side
    return svg.line(x + 2, y + side - 2, x + side - 2, y + 2, look.role("mask"), 1)


def _cell(grid: Grid, at: tuple, value: float, ends: tuple, colors: list[str], look: Look) -> list[str]:
    """value: NaN for a cell that shows none."""
    (x, y), side = grid.corner(*at), grid.side
    gap = 0.6 if side > 8 else 0
    if not math.isfinite(value):
        return [svg.rect(x, y, side - gap, side - gap, look.line)]
    fill = between(colors, (value - ends[0]) / (ends[1] - ends[0]))
    parts = [svg.rect(x, y, side - gap, side - gap, fill)]
    if max(grid.view.z.shape) <= NUMBERED:
        said = number(float(f"{value:.2g}"))
        size = min(10.5, side * 0.36, side * 1.5 / max(len(said), 1))
        parts.append(svg.text(x + side / 2, y + side / 2 + size * 0.36, said, size, legible(fill), "middle"))
    return parts


def _outlines(grid: Grid, look: Look) -> list[str]:
    """The marked rows and columns, and the chosen cell."""
    parts, wide, high = [], grid.right - grid.left, grid.bottom - grid.above
    for mark in grid.view.marks:
        x, y = grid.corner(mark.row or 0, mark.col or 0)
        size = (wide, grid.side) if mark.row is not None else (grid.side, high)
        parts.append(svg.rect(x, y, *size, "none", look.role(mark.role) or look.ink, 2))
    if grid.view.selected:
        parts.append(svg.rect(*grid.corner(*grid.view.selected), grid.side, grid.side, "none", look.ink, 2))
    return parts


def _scale(corner: tuple, width: float, ends: tuple, colors: list[str], look: Look) -> str:
    """The colour scale with its ends, below a matrix."""
    (x, y), step = corner, width / 24
    parts = [svg.rect(x + i * step, y + 4, step + 0.3, 7, between(colors, i / 23)) for i in range(24)]
    parts.append(svg.text(x, y + 21, number(float(f"{ends[0]:.3g}")), look.small - 2, look.ink))
    parts.append(svg.text(x + width, y + 21, number(float(f"{ends[1]:.3g}")), look.small - 2, look.ink, "end"))
    return "".join(parts)


def _abreast(pictures: list[Picture], signs: list[str], titles: list[str], look: Look) -> Picture:
    """Pictures side by side, each with its title above and a sign before it; wrapped where there is no room."""
    parts, x, y, row, widest = [], 0.0, 0.0, 0.0, 0.0
    for (drawn, width, height), sign, title in zip(pictures, signs, titles, strict=True):
        before = 26 if sign else 0
        width_all = before + max(width, text_width(title) * 0.95)
        if x and x + width_all > ROOM:
            x, y, row = 0.0, y + row + 12, 0.0
        if sign:
            parts.append(svg.text(x + 8, y + height / 2, sign, 20, look.ink, "middle"))
        parts.append(svg.text(x + before, y + 13, title, look.small, look.ink))
        parts.append(f'<svg x="{x + before:.1f}" y="{y + 20:.1f}" {drawn.removeprefix("<svg ")}')
        x, row = x + width_all + 10, max(row, height + 20)
        widest = max(widest, x)
    return svg.drawing(widest, y + row, parts), widest, y + row


def equation(view: Equation, look: Look, words: Words) -> Picture:
    top = max(map(reach, view.terms))
    pictures = [heatmap(term, look, words, top, short=True) for term in view.terms]
    return _abreast(pictures, ["", *view.joins], [words(term.title) if term.title else "" for term in view.terms], look)


def heatmaps(view: Heatmaps, look: Look, words: Words) -> Picture:
    """A grid of small matrices without numbers."""
    n_rows, n_cols, height, width = view.z.shape
    side = min(3.0, 560 / (n_cols * (width + 2)), 60 / max(height, 1))
    across, down, left, above = side * width + 5, side * height + 5, 34.0, 30.0
    parts = []
    for c, name in enumerate(view.col_names):
        parts.append(svg.text(left + (c + 0.5) * across, 24, name, 9, look.ink, "middle"))
    for r, name in enumerate(view.row_names):
        parts.append(svg.text(left - 5, above + (r + 0.5) * down, name, 9, look.ink, "end"))
    for r, c in np.ndindex(n_rows, n_cols):
        x, y = left + c * across, above + r * down
        parts.append(svg.rect(x, y, across - 5, down - 5, look.page, look.line))
        parts += _small(view.z[r, c], x, y, side, look)
        if view.selected == (r, c):
            parts.append(svg.rect(x - 1, y - 1, across - 3, down - 3, "none", look.ink, 2))
    right = left + n_cols * across
    parts.append(svg.text(2, 11, words(view.y), 10, look.ink) if view.y else "")
    parts.append(svg.text(right, 11, words(view.x), 10, look.ink, "end") if view.x else "")
    return svg.drawing(right, above + n_rows * down + 2, parts), right, above + n_rows * down + 2


def _small(z: np.ndarray, x: float, y: float, side: float, look: Look) -> list[str]:
    """The cells that can be told from the page."""
    colors = look.scale(False)
    return [
        svg.rect(x + j * side, y + i * side, side, side, between(colors, float(z[i, j])))
        for i, j in zip(*np.nonzero(z > 0.02), strict=True)
    ]
