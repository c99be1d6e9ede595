"""A matrix as a Plotly heatmap, an equation of several, a grid of small ones as bytes for a canvas."""

import base64
import itertools
from typing import Any

import numpy as np

from study.figures.base import Words, axis_title, base64_array, categories, in_template, layout, text_width
from study.look import Look, between, legible, number, visible
from study.views import Equation, Heatmap, Heatmaps

NUMBERED = 12  # rows and columns up to which the cells show their numbers
NUMBER, SHORTEST = 38, 20  # px that a cell needs for its number, at the least where it has no decimals
GAPS = 32  # rows and columns up to which a line separates the cells


def reach(view: Heatmap) -> float:
    """The largest size of a number that a heatmap shows: where its colour scale ends."""
    z = view.z[~view.hidden]
    z = z[np.isfinite(z)]
    return float(np.abs(z).max()) if z.size else 0.0


def heatmap(view: Heatmap, look: Look, words: Words, top: float | None = None, short: bool = False) -> dict[str, Any]:
    """top: where the colour scale ends, when several heatmaps share one. short: few digits in small cells."""
    top = 1.0 if view.scale == "weight" else top or reach(view) or 1.0
    low = -top if view.scale == "signed" else 0.0
    colors = look.scale(view.scale == "signed")
    (rows, row_ticks), (cols, col_ticks) = categories(view.rows), categories(view.cols)
    gap = 1 if max(view.z.shape) <= GAPS else 0
    cells = {
        "type": "heatmap",
        "z": base64_array(_unmasked(view)),
        "x": cols,
        "y": rows,
        "zmin": low,
        "zmax": top,
        "colorscale": [[i / (len(colors) - 1), color] for i, color in enumerate(colors)],
        "showscale": False,
        "xgap": gap,
        "ygap": gap,
        "hoverongaps": False,
        "hovertemplate": _hover(view, words),
    }
    data = [cells, _numbers(view, look, low, top, cols, rows, short)] if max(view.z.shape) <= NUMBERED else [cells]
    x_axis = _axis(cols, _colored(view, look, col_ticks, "col")) | axis_title(view.x, look, words, names=True)
    y_axis = _axis(rows, _colored(view, look, row_ticks, "row"), downwards=True)
    y_axis |= axis_title(view.y, look, words, names=True)
    more = {"margin": _margin(view, row_ticks), "shapes": _shapes(view, look), "showlegend": False}
    if not view.hidden.any() and reach(view) < top / 256:
        more["plot_bgcolor"] = look.line  # 0 has the colour of the page: only the gaps tell a map of zeros from none
    return {
        "kind": "plot",
        "figure": {"data": data, "layout": layout(look, x_axis, y_axis, **more)},
        "cells": list(view.z.shape),
        "pick": bool(view.pick),
        "widest": max(map(text_width, col_ticks)),
        "numbered": all(t.isdecimal() for t in col_ticks),
        "selected": view.selected,
        "mark": look.role(view.role),
        "scale": {"low": number(_short(low)), "high": number(_short(top)), "colors": colors},
    }


def _axis(names: list[str], ticks: list[str], downwards: bool = False) -> dict[str, Any]:
    """An axis of categories; downwards: the first on top."""
    edges = [-0.5, len(names) - 0.5]
    plain = {"type": "category", "showgrid": False, "automargin": False, "fixedrange": True, "ticks": ""}
    return plain | {"tickvals": names, "ticktext": ticks, "range": edges[::-1] if downwards else edges}


def _colored(view: Heatmap, look: Look, ticks: list[str], place: str) -> list[str]:
    """The tick texts, those of marked rows or columns in the colour of their role."""
    colors = {getattr(mark, place): look.role(mark.role) for mark in view.marks}
    return [f'<span style="color:{colors[i]}">{t}</span>' if i in colors else t for i, t in enumerate(ticks)]


def _margin(view: Heatmap, row_ticks: list[str]) -> dict[str, float]:
    """Room for the ticks, and for the axes' titles where there are some."""
    left = max(map(text_width, row_ticks), default=0) + (34 if view.y else 14)
    return {"l": left, "r": 10, "t": 6, "b": 22 + (24 if view.x else 4), "pad": 2}


def _unmasked(view: Heatmap) -> np.ndarray:
    return np.where(view.hidden, np.nan, view.z).astype(np.float32)  # enough for a colour and for the digits of a hover


def _numbers(
    view: Heatmap, look: Look, low: float, top: float, cols: list[str], rows: list[str], short: bool
) -> dict[str, Any]:
    """The numbers in the cells, each black or white, whichever is read more easily on its cell.

    A trace of its own: Plotly gives a heatmap's numbers one of two greys, which fall to 2.5 : 1 on mid tones.
    """
    counts = top >= (10 if short else 100) or (top > 1 and not (view.z % 1).any())
    places = [at for at in np.ndindex(view.z.shape) if np.isfinite(view.z[at]) and not view.hidden[at]]
    form = ".0f" if counts else ".1f" if short else ".2f"
    texts = [f"{view.z[at]:{form}}" if view.z[at] else "0" for at in places]  # what is exactly 0 is not told as 0.00
    colors = look.scale(view.scale == "signed")
    return {
        "type": "scatter",
        "mode": "text",
        # px that a cell needs for them: the browser leaves them out where it is smaller
        "meta": max(SHORTEST, 4 + max(map(text_width, texts), default=0)) if short and counts else NUMBER,
        "x": [cols[j] for _, j in places],
        "y": [rows[i] for i, _ in places],
        "text": [_plain(text) for text in texts],
        "textfont": {
            "size": look.small,
            "color": [legible(between(colors, (view.z[at] - low) / (top - low))) for at in places],
        },
        "hoverinfo": "skip",
    }


def _plain(number_text: str) -> str:
    """-0.04 with a minus sign, and no minus before a zero."""
    return number_text.replace("-", "−") if float(number_text) else number_text.removeprefix("-")


def _hover(view: Heatmap, words: Words) -> str:
    if not view.hover:
        return "%{y} · %{x}: %{z:.4f}<extra></extra>"
    sentence = in_template(words(view.hover))
    return sentence.format(row="%{y}", col="%{x}", z="%{z:.3f}") + "<extra></extra>"


def _shapes(view: Heatmap, look: Look) -> list[dict[str, Any]]:
    """Hatching over masked cells, a frame around the marked rows and columns and one around the selected cell."""
    shapes = []
    if view.masked is not None and view.masked.any():
        cells = np.argwhere(view.masked)
        path = "".join(f"M{j - 0.45},{i + 0.45}L{j + 0.45},{i - 0.45}" for i, j in cells)
        line = {"color": look.role("mask"), "width": 1.2}
        shapes.append({"type": "path", "path": path, "line": line, "layer": "above"})
    rows, cols = view.z.shape
    for mark in view.marks:
        i, j = mark.row, mark.col
        of_rows, of_cols = (0, rows - 1) if i is None else (i, i), (0, cols - 1) if j is None else (j, j)
        shapes.append(_frame(of_rows, of_cols, look.role(mark.role), 2))
    if view.selected:
        i, j = view.selected
        shapes.append(_frame((i, i), (j, j), look.role("wrong"), 2.5))
    return shapes


def _frame(rows: tuple[int, int], cols: tuple[int, int], color: str, width: float) -> dict[str, Any]:
    """An outline of the cells from the first to the last of these rows and columns."""
    corners = {"x0": cols[0] - 0.5, "x1": cols[1] + 0.5, "y0": rows[0] - 0.5, "y1": rows[1] + 0.5}
    return {"type": "rect", **corners, "line": {"color": color, "width": width}}


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def equation(view: Equation, look: Look, words: Words) -> dict[str, Any]:
    """Its matrices as heatmaps on one scale, each with its title and the number of the chosen cell."""
    top = max(map(reach, view.terms)) or 1.0
    terms = []
    for sign, term in zip(("", *view.joins), view.terms, strict=True):
        chosen = _plain(f"{term.z[term.selected]:{'.1f' if top >= 10 else '.2f'}}") if term.selected else ""
        drawn = heatmap(term, look, words, top, short=True)
        terms.append({"sign": sign, "title": words(term.title), "value": chosen, **drawn})
    first = {name: terms[0][name] for name in ("cells", "pick", "selected", "scale")}
    return {"kind": "equation", "terms": terms, **first}


def grid(view: Heatmaps, look: Look, words: Words) -> dict[str, Any]:
    shades = np.rint(view.z * 255).astype(np.uint8)  # its colours only: no number is read from them
    return {
        "kind": "grid",
        "z": base64.b64encode(shades.tobytes()).decode(),
        "shape": list(view.z.shape),
        "row_names": list(view.row_names),
        "col_names": list(view.col_names),
        "rows": [visible(t) for t in view.rows],
        "cols": [visible(t) for t in view.cols],
        "x": words(view.x) if view.x else "",
        "y": words(view.y) if view.y else "",
        "pick": bool(view.pick),
        "selected": view.selected,
        "scale": {"low": "0", "high": "1", "colors": look.scale(signed=False)},
    }


def abreast(view: Equation) -> Heatmap:
    """An equation as one heatmap with a column of nothing between its matrices: for notebooks."""
    first, blocks, names = view.terms[0], [], []
    for term in view.terms:
        blocks += [np.full((len(first.rows), 1), np.nan), term.z]
        names += ["", *term.cols]
    return Heatmap(np.hstack(blocks[1:]), first.rows, names[1:], view.title, x=first.x, y=first.y)


def mosaic(view: Heatmaps) -> Heatmap:
    """The grid as one heatmap with a line of nothing between the matrices: for notebooks, where no canvas is."""
    rows, cols, t, s = view.z.shape
    z = np.full((rows * (t + 1), cols * (s + 1)), np.nan, np.float32)
    for i, j in itertools.product(range(rows), range(cols)):
        z[i * (t + 1) : i * (t + 1) + t, j * (s + 1) : j * (s + 1) + s] = view.z[i, j] / 255
    names = [f"{r}·{n}" for r in view.row_names for n in range(t + 1)]
    return Heatmap(z, names, [f"{c}·{n}" for c in view.col_names for n in range(s + 1)], view.title, scale="weight")
