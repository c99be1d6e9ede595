"""View + theme + words -> what the browser draws. Pure: plain dicts, arrays as base64, no plotly import until asked.

`draw` gives one *drawing* per view: {"kind": "plot" | "grid" | "chain" | "table", …}. A plot carries a Plotly figure;
its title and colour scale stand in HTML above it (`assets/live_figure.js`), so that panels wrap on a narrow screen.
"""

import base64
import html
import itertools
import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np

from study.places import places
from study.theme import DASHES, FONT, ROLES, SCALES, SERIES, SIZE, SURFACE, number, typed, visible
from study.token_views import TokenLines, Tokens
from study.views import Bars, Chain, Heatmap, Heatmaps, Histogram, Key, Lines, Say, Scatter, Table, View

Words = Callable[[Key], str]


def as_is(key: Key) -> str:
    """Words for when there are none: the keys themselves."""
    if isinstance(key, Say):
        return " ".join([key.key, *(str(v) for _, v in key.values)])
    return key


def draw(view: View, theme: str, words: Words, limits: dict[str, float] | None = None) -> dict[str, Any]:
    """The drawing of a view in a theme ("light", "dark") and a language. limits: shared scales by group."""
    drawing = _DRAW[type(view)](view, theme, words, limits or {})
    return {"title": words(view.title) if view.title else "", **drawing}


def draw_all(views: tuple[View, ...], theme: str, words: Words) -> list[dict[str, Any]]:
    """All drawings of one evidence; heatmaps of the same group share their scale."""
    limits: dict[str, float] = {}
    for view in views:
        if isinstance(view, Heatmap) and view.group:
            limits[view.group] = max(limits.get(view.group, 0.0), _reach(view))
    return [draw(v, theme, words, limits) for v in views]


def figure(view: View, theme: str = "light", words: Words = as_is):
    """The same as a plotly.graph_objects.Figure, for notebooks and tests."""
    import plotly.graph_objects as go

    if isinstance(view, Chain | Table | Tokens | TokenLines):
        columns, rows = view.table()
        cells = [[words(c) if isinstance(c, Say) else c for c in column] for column in zip(*rows, strict=True)]
        return go.Figure(go.Table(header={"values": [words(c) for c in columns]}, cells={"values": cells}))
    if isinstance(view, Heatmaps):
        view = _mosaic(view)
    return go.Figure(draw(view, theme, words)["figure"])


def _mosaic(view: Heatmaps) -> Heatmap:
    rows, cols, t, s = view.z.shape
    z = np.full((rows * (t + 1), cols * (s + 1)), np.nan, np.float32)
    for i, j in itertools.product(range(rows), range(cols)):
        z[i * (t + 1) : i * (t + 1) + t, j * (s + 1) : j * (s + 1) + s] = view.z[i, j] / 255
    names = [f"{r}·{n}" for r in view.row_names for n in range(t + 1)]
    return Heatmap(z, names, [f"{c}·{n}" for c in view.col_names for n in range(s + 1)], view.title, scale="weight")


def _reach(view: Heatmap) -> float:
    z = view.z[~view.masked] if view.masked is not None else view.z
    z = z[np.isfinite(z)]
    return float(np.abs(z).max()) if z.size else 0.0


def _layout(theme: str, **more: Any) -> dict[str, Any]:
    surface = SURFACE[theme]
    axis = {"gridcolor": surface["line"], "linecolor": surface["line"], "zerolinecolor": surface["line"],
            "tickfont": {"size": 12}, "automargin": True}  # fmt: skip
    layout = {
        "font": {"family": FONT, "size": SIZE, "color": surface["ink"]},
        "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 2},
        "hoverlabel": {"bgcolor": surface["page"], "bordercolor": surface["line"],
                       "font": {"color": surface["ink"], "size": SIZE, "family": FONT}},
        "uirevision": "keep", "dragmode": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": {"size": 12}},
    }  # fmt: skip
    for side in ("xaxis", "yaxis"):
        layout[side] = axis | more.pop(side, {})
    return layout | more


def _title(key: Key, words: Words) -> dict[str, Any]:
    return {"title": {"text": html.escape(words(key), quote=False), "font": {"size": 12}, "standoff": 6}} if key else {}


def _categories(tokens: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Unique category names (repeats get zero-width marks) and tick texts; escaped: Plotly reads tags in texts."""
    seen: dict[str, int] = {}
    names = []
    for name in (html.escape(visible(t, 40)) for t in tokens):
        seen[name] = seen.get(name, -1) + 1
        names.append(name + "\u200b" * seen[name])
    return names, [html.escape(visible(t)) for t in tokens]


def _width(text: str) -> float:
    """About how wide a tick text is, in pixels."""
    return sum(12.5 if unicodedata.east_asian_width(ch) in "WF" else 7.2 for ch in html.unescape(text))


def _heatmap(view: Heatmap, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    reach = limits.get(view.group) or _reach(view)
    top = {"weight": 1.0}.get(view.scale) or reach or 1.0
    low = -top if view.scale == "signed" else 0.0
    colors = SCALES[theme]["two" if view.scale == "signed" else "one"]
    z, (r, c) = view.z, view.z.shape
    if view.masked is not None:
        z = np.where(view.masked, np.float32(np.nan), z)
    (rows, row_ticks), (cols, col_ticks) = _categories(view.rows), _categories(view.cols)
    trace = {
        "type": "heatmap", "z": typed(z.astype(np.float32)), "x": cols, "y": rows, "zmin": low, "zmax": top,
        "colorscale": [[i / (len(colors) - 1), color] for i, color in enumerate(colors)], "showscale": False,
        "xgap": 1 if max(r, c) <= 32 else 0, "ygap": 1 if max(r, c) <= 32 else 0, "hoverongaps": False,
        "hovertemplate": _hover(view, words),
    }  # fmt: skip
    if r <= 12 and c <= 12:
        counts = top >= 100 or (top > 1 and not (view.z % 1).any())
        trace |= {"texttemplate": "%{z:.0f}" if counts else "%{z:.2f}", "textfont": {"size": 12}}
    shapes = []
    if view.masked is not None and view.masked.any():
        shapes.append(_hatching(view.masked, ROLES[theme]["mask"]))
    if view.selected:
        i, j = view.selected
        shapes.append({"type": "rect", "x0": j - 0.5, "x1": j + 0.5, "y0": i - 0.5, "y1": i + 0.5,
                       "line": {"color": ROLES[theme]["wrong"], "width": 2.5}})  # fmt: skip
    left = max(map(_width, row_ticks), default=0) + (34 if view.y else 14)
    bottom = 22 + (24 if view.x else 4)
    layout = _layout(
        theme,
        xaxis={"type": "category", "tickvals": cols, "ticktext": col_ticks,
               "showgrid": False, "automargin": False, "fixedrange": True, "ticks": "", **_title(view.x, words)},
        yaxis={"type": "category", "tickvals": rows, "ticktext": row_ticks, "autorange": "reversed", "showgrid": False,
               "automargin": False, "fixedrange": True, "ticks": "", **_title(view.y, words)},
        margin={"l": left, "r": 10, "t": 6, "b": bottom, "pad": 2}, shapes=shapes,
    )  # fmt: skip
    return {
        "kind": "plot", "figure": {"data": [trace], "layout": layout}, "cells": [r, c], "pick": bool(view.pick),
        "widest": max(map(_width, col_ticks)), "numbered": all(t.isdecimal() for t in col_ticks),
        "selected": view.selected, "mark": ROLES[theme].get(view.role, ""),
        "scale": {"low": number(_short(low)), "high": number(_short(top)), "colors": colors},
    }  # fmt: skip


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def _hover(view: Heatmap, words: Words) -> str:
    if not view.hover:
        return "%{y} · %{x}: %{z:.4f}<extra></extra>"
    sentence = html.escape(words(view.hover), quote=False)
    return sentence.format(row="%{y}", col="%{x}", z="%{z:.3f}") + "<extra></extra>"


def _hatching(masked: np.ndarray, color: str) -> dict[str, Any]:
    cells = np.argwhere(masked)
    path = "".join(f"M{j - 0.45},{i + 0.45}L{j + 0.45},{i - 0.45}" for i, j in cells)
    return {"type": "path", "path": path, "line": {"color": color, "width": 1.2}, "layer": "above"}


def _grid(view: Heatmaps, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    return {
        "kind": "grid", "z": base64.b64encode(view.z.tobytes()).decode(), "shape": list(view.z.shape),
        "row_names": list(view.row_names), "col_names": list(view.col_names),
        "rows": [visible(t) for t in view.rows], "cols": [visible(t) for t in view.cols],
        "x": words(view.x) if view.x else "", "y": words(view.y) if view.y else "", "pick": bool(view.pick),
        "selected": view.selected, "scale": {"low": "0", "high": "1", "colors": SCALES[theme]["one"]},
    }  # fmt: skip


def _series_color(theme: str, index: int, role: str) -> str:
    return ROLES[theme].get(role) or SERIES[theme][index % len(SERIES[theme])]


def _lines(view: Lines, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    data: list[dict[str, Any]] = []
    for i, s in enumerate(view.series):
        color, name = _series_color(theme, i, s.role), html.escape(words(s.name), quote=False)
        if s.low is not None and s.high is not None:
            band = {"type": "scatter", "mode": "lines", "x": typed(s.x), "line": {"width": 0}, "hoverinfo": "skip",
                    "showlegend": False, "legendgroup": name}  # fmt: skip
            data.append(band | {"y": typed(s.low)})
            data.append(band | {"y": typed(s.high), "fill": "tonexty", "fillcolor": f"{color}33"})
        dash = "dash" if s.dashed else DASHES[i % len(DASHES)]
        mode = "lines+markers" if s.points or (len(s.x) < 12 and not s.dashed) else "lines"
        data.append({
            "type": "scatter", "mode": mode, "x": typed(s.x), "y": typed(s.y), "name": name, "legendgroup": name,
            "line": {"color": color, "width": 2, "dash": dash}, "marker": {"size": 6, "symbol": i},
            "hovertemplate": f"{name}: %{{x:.4~g}} → %{{y:.4~g}}<extra></extra>",
        })  # fmt: skip
    shapes = []
    if view.here is not None:
        shapes.append({"type": "line", "x0": view.here, "x1": view.here, "y0": 0, "y1": 1, "yref": "paper",
                       "line": {"color": SURFACE[theme]["ink"], "width": 1, "dash": "dot"}})  # fmt: skip
    layout = _layout(
        theme, shapes=shapes, showlegend=len(view.series) > 1,
        xaxis={"type": "log" if view.log_x else "linear", **_title(view.x, words), **_log_ticks(view.log_x)},
        yaxis={"type": "log" if view.log_y else "linear", **_title(view.y, words), **_log_ticks(view.log_y)},
    )  # fmt: skip
    if view.y_range:
        layout["yaxis"]["range"] = list(view.y_range)
    if view.square:
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
        layout["xaxis"] |= {"constrain": "domain"} | ({"range": list(view.y_range)} if view.y_range else {})
    return _plot(view, words, data, layout) | {"square": view.square}


SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "hexagon", "triangle-down")


def _scatter(view: Scatter, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    x, y = (np.concatenate([getattr(g, axis) for g in view.groups]).astype(float) for axis in "xy")
    x = np.log10(x) if view.log_x else x
    shown = [html.escape(visible(n, 18)) for g in view.groups for n in g.labels]
    sides = iter(places(x, y, [_width(n) for n in shown], view.square))
    data: list[dict[str, Any]] = []
    for i, g in enumerate(view.groups):
        name = html.escape(words(g.name), quote=False) if g.name else ""
        where = [next(sides) for _ in g.labels]
        texts = [html.escape(visible(n, 18)) if side else "" for n, side in zip(g.labels, where, strict=True)]
        data.append({
            "type": "scatter", "mode": "markers+text", "x": typed(g.x), "y": typed(g.y), "name": name,
            "text": texts, "textposition": [side or "top center" for side in where], "textfont": {"size": 12},
            "marker": {"color": _series_color(theme, i, g.role), "size": 9, "symbol": SYMBOLS[i % len(SYMBOLS)]},
            "hovertext": [html.escape(visible(n, 60)) for n in g.labels], "cliponaxis": False,
            "hovertemplate": f"%{{hovertext}}<br>{name} (%{{x:.3~g}}, %{{y:.3~g}})<extra></extra>",
        })  # fmt: skip
    if view.selected:
        g, n = view.groups[view.selected[0]], view.selected[1]
        ring = {"color": ROLES[theme]["wrong"], "size": 17, "symbol": "circle-open", "line": {"width": 2.5}}
        data.append({"type": "scatter", "mode": "markers", "x": typed(g.x[[n]]), "y": typed(g.y[[n]]), "marker": ring,
                     "hoverinfo": "skip", "showlegend": False})  # fmt: skip
    layout = _layout(
        theme, showlegend=len(view.groups) > 1,
        xaxis={"type": "log" if view.log_x else "linear", "range": _around(x, 0.1), **_title(view.x, words)},
        yaxis={"range": _around(y, 0.12), **_title(view.y, words)},
    )  # fmt: skip
    if view.square:
        layout["yaxis"] |= {"scaleanchor": "x"}
    return _plot(view, words, data, layout)


def _around(values: np.ndarray, share: float) -> list[float]:
    """An axis with room for the texts at its ends."""
    low, high = float(values.min()), float(values.max())
    room = (high - low) * share or 1.0
    return [low - room, high + room]


def _plot(view: Any, words: Words, data: list[dict], layout: dict[str, Any]) -> dict[str, Any]:
    """A drawing whose y title stands in a line above the figure: a low figure has no room for it at the side."""
    y_axis = words(view.y) if view.y else ""
    return {"kind": "plot", "figure": {"data": data, "layout": layout}, "y_axis": y_axis}


def _log_ticks(log: bool) -> dict[str, Any]:
    return {"dtick": 1, "minor": {"ticks": "outside"}, "exponentformat": "e"} if log else {}


def _bars(view: Bars, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    labels, ticks = _categories(view.labels)
    data, pattern = [], {"fgcolor": SURFACE[theme]["page"], "fillmode": "overlay"}
    for i, (key, values) in enumerate(view.values.items()):
        color = _series_color(theme, i, view.roles.get(key, ""))
        name = html.escape(words(key), quote=False) if key else ""
        data.append({
            "type": "bar", "x": labels, "y": typed(values), "name": name,
            "marker": {"color": color, "pattern": pattern | {"shape": ["", "/", ".", "x"][i % 4]}},
            "hovertemplate": f"{name} %{{x}}: %{{y:.4~g}}<extra></extra>",
        })  # fmt: skip
        if key in view.spread:
            low, high = view.spread[key]
            data[-1]["error_y"] = {"type": "data", "symmetric": False, "array": typed(high - values),
                                   "arrayminus": typed(values - low), "color": SURFACE[theme]["ink"],
                                   "thickness": 1.2, "width": 3}  # fmt: skip
        if len(labels) * len(view.values) <= 12:
            form = ".3~g" if np.nanmax(np.abs(values), initial=0) < 1e3 else ".3~s"  # 3.64e+5 or 364k
            data[-1] |= {"texttemplate": f"%{{y:{form}}}", "textposition": "auto", "textangle": 0,
                         "textfont": {"size": 12}}  # fmt: skip
    layout = _layout(
        theme, barmode="group", bargap=0.25, showlegend=len(view.values) > 1,
        xaxis={"type": "category", "tickvals": labels, "ticktext": ticks, "fixedrange": True, **_title(view.x, words)},
        yaxis={"fixedrange": True, "type": "log" if view.log_y else "linear", **_title(view.y, words)},
        transition={"duration": 200, "easing": "cubic-in-out"}, uniformtext={"minsize": 11, "mode": "hide"},
    )  # fmt: skip
    if view.y_range:
        layout["yaxis"]["range"] = list(view.y_range)
    return _plot(view, words, data, layout)


def _histogram(view: Histogram, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    middle, width = (view.edges[:-1] + view.edges[1:]) / 2, float(view.edges[1] - view.edges[0])
    data = [
        {"type": "bar", "x": typed(middle), "y": typed(counts), "width": width, "opacity": 0.6,
         "name": html.escape(words(key), quote=False),
         "marker": {"color": _series_color(theme, i, ""), "line": {"width": 0}},
         "hovertemplate": "%{x:.3~g}: %{y}<extra></extra>"}
        for i, (key, counts) in enumerate(view.counts.items())
    ]  # fmt: skip
    layout = _layout(theme, barmode="overlay", bargap=0, showlegend=len(data) > 1,
                     xaxis=_title(view.x, words), yaxis=_title(view.y, words))  # fmt: skip
    return _plot(view, words, data, layout)


def _chain(view: Chain, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    return {"kind": "chain", "links": [{"name": words(k), "value": number(v)} for k, v in view.links]}


def _table(view: Table, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    return {"kind": "table", "columns": [words(c) for c in view.columns],
            "rows": [[cell(v, words) for v in row] for row in view.rows]}  # fmt: skip


def cell(value: Any, words: Words) -> str:
    """A table cell as text: a Say in the reader's words, a number short, data as it is."""
    if isinstance(value, Say):
        return words(value)
    return number(float(value)) if isinstance(value, int | float | np.number) else str(value)


def _tokens(view: Tokens, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    chips = [{"text": visible(t, 24), "mark": "", "note": ""} for t in view.tokens]
    for span in view.spans:
        if span.stop - span.start == 1:
            chips[span.start] |= {"mark": span.mark, "note": words(span.hover) if span.hover else ""}
    lanes = [[[s.start, s.stop, s.mark, words(s.hover) if s.hover else ""] for s in row] for row in view.lanes()]
    return {"kind": "tokens", "tokens": chips, "lanes": lanes,
            "legend": [[mark, words(key)] for mark, key in view.legend.items()]}  # fmt: skip


def _token_lines(view: TokenLines, theme: str, words: Words, limits: dict[str, float]) -> dict[str, Any]:
    n = len(view.names)
    colors = [_wheel(i / n, theme) for i in range(n)] if n > 1 else [ROLES[theme]["query"]]
    return {
        "kind": "token_lines", "z": base64.b64encode(view.weights.tobytes()).decode(),
        "shape": list(view.weights.shape),
        "left": [visible(t) for t in view.left], "right": [visible(t) for t in view.right], "names": list(view.names),
        "head": view.head, "threshold": view.threshold, "focus": view.focus, "colors": colors,
        "left_title": words(view.left_title) if view.left_title else "",
        "right_title": words(view.right_title) if view.right_title else "",
        "hover": words(view.hover) if view.hover else "",
    }  # fmt: skip


def _wheel(share: float, theme: str) -> str:
    """A colour of its own for each head: around the wheel of hues, as light as the theme asks."""
    return f"hsl({round(360 * share)}, {'65%, 42%' if theme == 'light' else '75%, 68%'})"


_DRAW = {Heatmap: _heatmap, Heatmaps: _grid, Lines: _lines, Scatter: _scatter, Bars: _bars,
         Histogram: _histogram, Chain: _chain, Table: _table, Tokens: _tokens, TokenLines: _token_lines}  # fmt: skip
