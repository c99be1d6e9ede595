"""A view on paper: SVG of our own, or a table. Plotly's pictures need a browser beside the app and a second each;
these need nothing, are sharp at every size, and their texts can be searched in the PDF.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from study.figures import printed_charts, svg
from study.figures.alt import alternative
from study.figures.base import Words, text_width
from study.figures.diagram import diagram
from study.figures.matrices import reach
from study.figures.printed_matrices import equation, heatmap, heatmaps
from study.figures.printed_tokens import WIDE, token_lines, tokens
from study.figures.rows import cells, chain
from study.look import Look
from study.views import (
    Bars,
    Chain,
    Diagram,
    Equation,
    Heatmap,
    Heatmaps,
    Histogram,
    Lines,
    Scatter,
    Table,
    TokenLines,
    Tokens,
    View,
)

MOST_ROWS = 60  # of a table on paper


@dataclass(frozen=True)
class Printed:
    """A picture (svg, its width and height in pixels) or a table (columns, rows); alt says it to who cannot see it.

    left_out: rows of the table that are not shown.
    """

    title: str
    alt: str
    svg: str = ""
    width: float = 0
    height: float = 0
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    left_out: int = 0


def printed(view: View, look: Look, words: Words, top: float | None = None) -> Printed:
    """top: where the colour scale of a heatmap ends that shares it with others."""
    title, alt = words(view.title) if view.title else "", alternative(view, words)
    if isinstance(view, Table):
        rows = tuple(map(tuple, cells(view, words)))
        columns = tuple(map(words, view.columns))
        return Printed(title, alt, columns=columns, rows=rows[:MOST_ROWS], left_out=max(0, len(rows) - MOST_ROWS))
    if isinstance(view, Heatmap):
        return Printed(title, alt, *heatmap(view, look, words, top))
    return Printed(title, alt, *_DRAW[type(view)](view, look, words))


def printed_all(views: tuple[View, ...], look: Look, words: Words) -> list[Printed]:
    """The views of a step; heatmaps of one group share their scale."""
    tops: dict[str, float] = {}
    for view in views:
        if isinstance(view, Heatmap) and view.group:
            tops[view.group] = max(tops.get(view.group, 0.0), reach(view))
    return [printed(view, look, words, tops.get(getattr(view, "group", ""))) for view in views]


Picture = tuple[str, float, float]


def numbers(view: Chain, look: Look, words: Words) -> Picture:
    """The numbers of a formula in a row, each over its name."""
    parts, x, y = [], 6.0, 0.0
    for link in chain(view, look, words)["links"]:
        width = max(text_width(link["name"]) * 0.9, text_width(link["value"]) * 1.25, 30)
        if x > 10 and x + width > WIDE:
            x, y = 6.0, y + 46
        if link["sign"]:
            parts.append(svg.text(x + 6, y + 18, link["sign"], 15, look.ink, "middle"))
            x += 20
        parts.append(svg.text(x + width / 2, y + 18, link["value"], 15, look.ink, "middle", bold=True))
        parts.append(svg.text(x + width / 2, y + 35, link["name"], look.small - 1, look.role("hidden"), "middle"))
        x += width + 12
    return svg.drawing(WIDE, y + 44, parts), WIDE, y + 44


def _diagram(view: Diagram, look: Look, words: Words) -> Picture:
    width, height = view.width, view.height
    drawn = diagram(view, look, words)["svg"]
    return (
        drawn.replace("<svg ", f'<svg width="{width:g}" height="{height:g}" font-family="{svg.FONT}" ', 1),
        width,
        height,
    )


_DRAW: dict[type, Callable[[Any, Look, Words], Picture]] = {
    Heatmaps: heatmaps,
    Equation: equation,
    Lines: printed_charts.lines,
    Scatter: printed_charts.scatter,
    Bars: printed_charts.bars,
    Histogram: printed_charts.histogram,
    Chain: numbers,
    Tokens: tokens,
    TokenLines: token_lines,
    Diagram: _diagram,
}
