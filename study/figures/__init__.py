"""View + look + words -> what the browser draws. Pure: plain dicts, arrays as base64, no plotly import until asked.

`draw` gives one *drawing* per view: {"kind": "plot" | "grid" | "chain" | "table" | …, …}. A plot carries a Plotly
figure; its title and colour scale stand in HTML above it (assets/figure/), so that panels wrap on a narrow screen.
"""

from typing import Any

from study.figures import charts, diagram, matrices, rows, tokens
from study.figures.alt import alternative
from study.figures.base import Words, as_is, named
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

__all__ = ["as_is", "draw", "draw_all", "figure"]

_DRAW = {
    Heatmap: matrices.heatmap,
    Heatmaps: matrices.grid,
    Equation: matrices.equation,
    Lines: charts.lines,
    Scatter: charts.scatter,
    Bars: charts.bars,
    Histogram: charts.histogram,
    Chain: rows.chain,
    Table: rows.table,
    Tokens: tokens.tokens,
    TokenLines: tokens.token_lines,
    Diagram: diagram.diagram,
}


def draw(view: View, look: Look, words: Words, **shared: Any) -> dict[str, Any]:
    """The drawing of a view in a look and a language. shared: what it has in common with others (`top` of a scale)."""
    texts = {"title": words(view.title) if view.title else "", "alt": alternative(view, words)}
    return texts | _DRAW[type(view)](view, look, words, **shared)


def draw_all(views: tuple[View, ...], look: Look, words: Words) -> list[dict[str, Any]]:
    """All drawings of one evidence; heatmaps of the same group share their scale."""
    tops: dict[str, float] = {}
    for view in views:
        if isinstance(view, Heatmap) and view.group:
            tops[view.group] = max(tops.get(view.group, 0.0), matrices.reach(view))
    return [draw(v, look, words, **({"top": tops.get(v.group)} if isinstance(v, Heatmap) else {})) for v in views]


def figure(view: View, look: Look | None = None, words: Words = as_is):
    """The same as a plotly.graph_objects.Figure, for notebooks and tests."""
    import plotly.graph_objects as go

    if isinstance(view, Chain | Table | Tokens | TokenLines | Diagram):
        columns, cells = view.table()
        texts = [named(column, words) for column in zip(*cells, strict=True)]
        return go.Figure(go.Table(header={"values": [words(c) for c in columns]}, cells={"values": texts}))
    if isinstance(view, Heatmaps):
        view = matrices.mosaic(view)
    if isinstance(view, Equation):
        view = matrices.abreast(view)
    return go.Figure(draw(view, look or Look(), words)["figure"])
