"""Lines, points, bars and histograms as Plotly figures."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from study.figures.bar_numbers import bar_texts, write
from study.figures.base import (
    FEWEST,
    Words,
    axis_title,
    base64_array,
    categories,
    escaped,
    in_template,
    layout,
    named,
    plot,
    round_values,
    text_width,
)
from study.figures.label_places import lines_of, placed
from study.look import DASHES, Look, alike, number, power, visible
from study.views import Bars, Histogram, Lines, Scatter, Series

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon", "hexagon", "triangle-down")
NO_LINE = {"width": 0}
FADED = 0.45  # opacity of an earlier run
FEW = 10  # ticks that a narrow chart has room for
DECADES = 6  # powers of ten that a low chart has room for


def lines(view: Lines, look: Look, words: Words) -> dict[str, Any]:
    data: list[dict[str, Any]] = []
    for series, dash, i in zip(view.series, _dashes(view), range(len(view.series)), strict=True):
        color, name = look.series(i if series.pair is None else series.pair, series.role), escaped(words(series.name))
        if series.low is not None and series.high is not None:
            data += _band(series, name, color)
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if view.dotted(series) else "lines",
                "x": base64_array(series.x),
                "y": base64_array(series.y),
                "name": name,
                "legendgroup": name,
                "line": {"color": color, "width": 2, "dash": dash},
                "marker": {"size": 6, "symbol": i},
                "opacity": FADED if series.faded else 1,
                **_said(series, words),
            }
        )
    x_axis = _axis(view.log_x, [s.x for s in view.series]) | _few_ticks(view) | axis_title(view.x, look, words)
    y_axis = _axis(view.log_y, [part for s in view.series for part in (s.low, s.y, s.high)])
    y_axis |= axis_title(view.y, look, words)
    if view.x_range:
        x_axis["range"] = [math.log10(x) for x in view.x_range] if view.log_x else list(view.x_range)
    if view.x_ticks:
        x_axis |= {"tickvals": list(view.x_ticks), "ticktext": [number(tick) for tick in view.x_ticks]}
    if view.y_range:
        y_axis["range"] = list(view.y_range)
    if view.square:
        y_axis |= {"scaleanchor": "x", "constrain": "domain"}
        x_axis |= {"constrain": "domain"} | ({"range": list(view.y_range)} if view.y_range else {})
    figure_layout = layout(look, x_axis, y_axis, shapes=_here(view, look), showlegend=len(view.series) > 1)
    return plot(view.y, words, data, figure_layout) | {"square": view.square}


def _said(series: Series, words: Words) -> dict[str, Any]:
    if series.quiet:
        return {"hoverinfo": "skip", "showlegend": False}
    return {"hovertemplate": f"{in_template(words(series.name))}: %{{x:.4~g}} → %{{y:.4~g}}<extra></extra>"}


def _dashes(view: Lines) -> list[str]:
    """How each line is dashed. Where a view dashes some of its lines, that has a meaning: the others are solid."""
    if view.solid or any(s.dashed for s in view.series):
        return ["dash" if s.dashed else "solid" for s in view.series]
    return [DASHES[i % len(DASHES)] for i in range(len(view.series))]


def _band(series: Series, name: str, color: str) -> list[dict[str, Any]]:
    """The area between a series' low and high, as two lines that are not seen."""
    edge = {
        "type": "scatter",
        "mode": "lines",
        "x": base64_array(series.x),
        "line": NO_LINE,
        "hoverinfo": "skip",
        "showlegend": False,
        "legendgroup": name,
    }
    low, high = edge | {"y": base64_array(series.low)}, edge | {"y": base64_array(series.high)}
    return [low, high | {"fill": "tonexty", "fillcolor": f"{color}33"}]


def _here(view: Lines, look: Look) -> list[dict[str, Any]]:
    """The vertical line at the control's value: thin and solid, for it is none of the lines that are dashed."""
    if view.here is None:
        return []
    at = {"x0": view.here, "x1": view.here, "y0": 0, "y1": 1, "yref": "paper"}
    return [{"type": "line", **at, "line": {"color": look.ink, "width": 1}}]


def _axis(log: bool, arrays: Sequence[np.ndarray | None] = ()) -> dict[str, Any]:
    """arrays: what stands along it. Ticks at powers of ten, at most DECADES of them; where that is less than two
    powers, at 2 and 5 of each as well; where that is none or one or two, at other round numbers.
    """
    if not log:
        return {"type": "linear"}
    values = np.concatenate([a.ravel() for a in arrays if a is not None])
    values = values[np.isfinite(values) & (values > 0)]
    if not values.size:
        return {"type": "log"}
    first, last = (int(np.floor(np.log10(end))) for end in (values.min(), values.max()))
    if values.max() < 100 * values.min():
        low, high = values.min(), values.max()
        ticks = [float(f"{m}e{exponent}") for exponent in range(first, last + 1) for m in (1, 2, 5)]
        if low < high and sum(low <= tick <= high for tick in ticks) < FEWEST:
            ticks = round_values(low, high)
        return {"type": "log", "tickvals": ticks, "ticktext": [number(tick) for tick in ticks]}
    every = -(-(last + 1 - first) // DECADES)
    # from 1 on, up and down: 10⁻⁶ 10⁻³ 1 10³
    exponents = [n for n in range(first, last + 2) if n % every == 0]
    written = all(-3 < n < 4 for n in exponents)  # one way of writing on an axis: 0.1 0.01, or 10⁻² 10⁻⁴
    texts = [f"{10.0**n:g}" if written or n in (0, 1) else power(n) for n in exponents]
    return {"type": "log", "tickvals": [10.0**n for n in exponents], "ticktext": texts}


def _few_ticks(view: Lines) -> dict[str, Any]:
    """On a logarithmic axis, ticks where there are points, as long as they are few: 16, 32, 64 … 512, not 100 alone."""
    at = sorted({float(x) for series in view.series if not series.dashed for x in series.x})
    if not view.log_x or len(at) > FEW:
        return {}
    return {"tickvals": at, "ticktext": alike(at, digits=3, loss=0.05)}


def scatter(view: Scatter, look: Look, words: Words) -> dict[str, Any]:
    x, y = (np.concatenate([getattr(group, axis) for group in view.groups]).astype(float) for axis in "xy")
    x_axis = _axis(view.log_x, [x])
    x = np.log10(x) if view.log_x else x
    said = [label if not (g.quiet or g.joined) else "" for g in view.groups for label in g.labels]
    widths = [text_width(escaped(visible(label, 18))) if label else 0 for label in said]
    sides, room = placed(x, y, widths, view.square, lines_of(view))
    data: list[dict[str, Any]] = []
    for i, group in enumerate(view.groups):
        title = words(group.name) if group.name else ""
        beside, sides = sides[: len(group.labels)], sides[len(group.labels) :]
        data.append(
            {
                "type": "scatter",
                "mode": "lines" if group.joined else "markers+text",
                "x": base64_array(group.x),
                "y": base64_array(group.y),
                "name": escaped(title),
                "text": [
                    escaped(visible(label, 18)) if side else ""
                    for label, side in zip(group.labels, beside, strict=True)
                ],
                "textposition": [side or "top center" for side in beside],
                "textfont": {"size": look.small},
                "line": {"color": look.series(i, group.role), "width": 2, "dash": "dash"},
                "marker": {"color": look.series(i, group.role), "size": 9, "symbol": SYMBOLS[i % len(SYMBOLS)]},
                "hovertext": [label and escaped(visible(label, 60)) for label in group.labels],
                "cliponaxis": False,
                "hovertemplate": f"%{{hovertext}}<br>{in_template(title)} (%{{x:.3~g}}, %{{y:.3~g}})<extra></extra>",
            }
        )
    if view.selected:
        data.append(_ring(view, look))
    x_axis |= {"range": _around(x, room)} | axis_title(view.x, look, words)
    y_axis = {"range": _around(y, (0.12, 0.12))} | axis_title(view.y, look, words)
    if view.square:
        y_axis |= {"scaleanchor": "x"}
    return plot(view.y, words, data, layout(look, x_axis, y_axis, showlegend=len(view.groups) > 1))


def _ring(view: Scatter, look: Look) -> dict[str, Any]:
    """A ring around the selected point."""
    group, n = view.groups[view.selected[0]], view.selected[1]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": base64_array(group.x[[n]]),
        "y": base64_array(group.y[[n]]),
        "marker": {"color": look.role("wrong"), "size": 17, "symbol": "circle-open", "line": {"width": 2.5}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _around(values: np.ndarray, room: tuple[float, float]) -> list[float]:
    """An axis with room for the texts at its ends, in shares of what lies between them."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return [low - 1.0, high + 1.0]
    return [low - (high - low) * room[0], high + (high - low) * room[1]]


def bars(view: Bars, look: Look, words: Words) -> dict[str, Any]:
    labels, ticks = categories(named(view.labels, words))
    texts = bar_texts(view)
    pattern = {"fgcolor": look.page, "fillmode": "overlay"}
    data = []
    for i, (key, values) in enumerate(view.values.items()):
        title = words(key) if key else ""
        bar = {
            "type": "bar",
            "x": labels,
            "y": base64_array(values),
            "name": escaped(title),
            "offsetgroup": i,  # its place in a group of bars, where a trace of unseen ones may join it
            "marker": {
                "color": look.series(i, view.roles.get(key, "")),
                "pattern": pattern | {"shape": ["", "/", ".", "x"][i % 4]},
            },
            "hovertemplate": f"{in_template(title)} %{{x}}: %{{y:.4~g}}<extra></extra>",
        }
        if key in view.spread:
            bar["error_y"] = _spread(values, *view.spread[key], look)
        data.append(bar)
        if texts:
            tops = view.spread[key][1] if key in view.spread else None
            data += write(bar, texts[key], tops, look, hatched=len(view.values) > 1)
    x_axis = {"type": "category", "tickvals": labels, "ticktext": ticks, "fixedrange": True}
    x_axis |= {"autotickangles": [0, -45]}  # no third slant, or twins of nearly one width would differ
    if title := axis_title(view.x, look, words, names=True).get("title"):
        x_axis["title"] = title | {"standoff": 10}
    y_axis = {"type": "log" if view.log_y else "linear", "fixedrange": True} | axis_title(view.y, look, words)
    if view.log_y:
        y_axis |= _axis(True, list(view.values.values()))
    if view.y_range:
        y_axis["range"] = list(view.y_range)
    figure_layout = layout(
        look,
        x_axis,
        y_axis,
        barmode="group",
        bargap=0.25,
        showlegend=len(view.values) > 1,
        uniformtext={"minsize": look.size - 2, "mode": "hide"},
    )
    figure_layout["margin"] |= {"t": 8 + look.small}  # the number of a bar that is as high as the chart
    return plot(view.y, words, data, figure_layout)


def _spread(values: np.ndarray, low: np.ndarray, high: np.ndarray, look: Look) -> dict[str, Any]:
    """Plotly's error bars from the lowest to the highest value."""
    above, below = base64_array(high - values), base64_array(values - low)
    style = {"color": look.ink, "thickness": 1.2, "width": 3}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}


def histogram(view: Histogram, look: Look, words: Words) -> dict[str, Any]:
    middle, width = (view.edges[:-1] + view.edges[1:]) / 2, float(view.edges[1] - view.edges[0])
    data = [
        {
            "type": "bar",
            "x": base64_array(middle),
            "y": base64_array(counts),
            "width": width,
            "opacity": 0.6,
            "name": escaped(words(key)),
            "marker": {"color": look.series(i), "line": NO_LINE},
            "hovertemplate": "%{x:.3~g}: %{y}<extra></extra>",
        }
        for i, (key, counts) in enumerate(view.counts.items())
    ]
    x_axis, y_axis = axis_title(view.x, look, words), axis_title(view.y, look, words)
    x_axis |= {"range": list(view.x_range)} if view.x_range else {}
    y_axis |= {"range": list(view.y_range)} if view.y_range else {}
    return plot(
        view.y,
        words,
        data,
        layout(look, x_axis, y_axis, barmode="overlay", bargap=0, showlegend=len(data) > 1),
    )
