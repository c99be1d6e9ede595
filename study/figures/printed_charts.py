"""Lines, points, bars and histograms on paper: the same views and colours as charts.py, as SVG."""

import itertools
from collections.abc import Iterator, Mapping

import numpy as np

from study.figures import plot, svg
from study.figures.bar_numbers import bar_texts
from study.figures.base import Words, named, text_width
from study.figures.label_places import lines_of, placed
from study.look import Look, visible
from study.views import Bars, Histogram, Lines, Scatter, Series

DASHES = ("", "7 4", "2 3", "7 3 2 3", "12 4", "12 3 2 3")  # as look.DASHES names them
Picture = tuple[str, float, float]  # SVG, its width and height


def lines(view: Lines, look: Look, words: Words) -> Picture:
    y_values = np.concatenate([a.ravel() for s in view.series for a in (s.low, s.y, s.high) if a is not None])
    x_values = np.concatenate([s.x.ravel() for s in view.series])
    x, y = (
        plot.axis(x_values, words(view.x) if view.x else "", view.log_x, view.x_range, ticks=view.x_ticks),
        plot.axis(y_values, words(view.y) if view.y else "", view.log_y, view.y_range),
    )
    styles = [_style(view, i, look) for i in range(len(view.series))]
    named = [
        (words(s.name), svg.path([(0, 0), (plot.SAMPLE, 0)], color, 2, dash))
        for s, (color, dash) in zip(view.series, styles, strict=True)
        if not s.quiet
    ]
    legend = list(dict(named).items()) if len(view.series) > 1 else []
    inside = plot.frame(x, y, legend, look, view.square)
    marks = []
    for series, (color, dash) in zip(view.series, styles, strict=True):
        marks += _line(inside, series, color, dash, view.dotted(series))
    if view.here is not None:
        at, _ = inside.at(view.here, 10**y.low if y.log else y.low)
        marks.append(svg.line(at, inside.y0, at, inside.y0 + inside.height, look.ink, 1))
    return plot.chart(inside, marks, legend, look)


def _style(view: Lines, i: int, look: Look) -> tuple[str, str]:
    """(colour, dashes) of a line."""
    series = view.series[i]
    color = look.series(i if series.pair is None else series.pair, series.role)
    if view.solid or any(s.dashed for s in view.series):
        return color, DASHES[1] if series.dashed else ""
    return color, DASHES[i % len(DASHES)]


def _line(inside: plot.Frame, series: Series, color: str, dash: str, dotted: bool) -> list[str]:
    parts = []
    if series.low is not None and series.high is not None:
        upper, lower = inside.points(series.x, series.high), inside.points(series.x, series.low)
        for above, below in zip(upper, lower, strict=False):
            parts.append(svg.path([*above, *below[::-1]], color, 0, fill=f"{color}33"))
    runs = inside.points(series.x, series.y)
    parts += [svg.path(run, color, 1.8, dash) for run in runs if len(run) > 1]
    if dotted:
        parts += [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="2.8" fill="{color}"/>' for run in runs for x, y in run]
    opacity = ' opacity="0.45"' if series.faded else ""
    return [f"<g{opacity}>{''.join(parts)}</g>"]


def scatter(view: Scatter, look: Look, words: Words) -> Picture:
    x_values, y_values = (np.concatenate([getattr(group, name) for group in view.groups]) for name in "xy")
    said = [label if not group.joined else "" for group in view.groups for label in group.labels]
    widths = [text_width(visible(label, 18)) if label else 0 for label in said]
    sides, room = placed(np.log10(x_values) if view.log_x else x_values, y_values, widths, view.square, lines_of(view))
    x = plot.axis(x_values, words(view.x) if view.x else "", view.log_x, room=room)
    y = plot.axis(y_values, words(view.y) if view.y else "", room=(0.12, 0.12))
    names = [words(group.name) if group.name else "" for group in view.groups]
    samples = [_dot(11, 0, look.series(i, group.role), i) for i, group in enumerate(view.groups)]
    legend = list(zip(names, samples, strict=True)) if len(names) > 1 else []
    inside = plot.frame(x, y, legend, look, view.square)
    marks = _points(view, inside, iter(sides), look)
    marks.append(_ring(view, inside, look))
    return plot.chart(inside, marks, legend, look)


def _ring(view: Scatter, inside: plot.Frame, look: Look) -> str:
    """A ring around the chosen point."""
    if not view.selected:
        return ""
    group, n = view.groups[view.selected[0]], view.selected[1]
    x, y = inside.at(float(group.x[n]), float(group.y[n]))
    ring = f'r="8" fill="none" stroke="{look.role("wrong")}" stroke-width="2.5"'
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" {ring}/>'


def _points(view: Scatter, inside: plot.Frame, sides: Iterator[str], look: Look) -> list[str]:
    """sides: where each label stands, "" for none."""
    marks = []
    for i, group in enumerate(view.groups):
        color = look.series(i, group.role)
        spots = [inside.at(float(a), float(b)) for a, b in zip(group.x, group.y, strict=True)]
        beside = [next(sides) for _ in group.labels]
        if group.joined:
            marks.append(svg.path(spots, color, 2, DASHES[1]))
            continue
        for (x, y), label, side in zip(spots, group.labels, beside, strict=True):
            marks.append(_dot(x, y, color, i))
            marks.append(_label(x, y, visible(label, 18), side, look) if side else "")
    return marks


def _dot(x: float, y: float, color: str, i: int) -> str:
    """A point: a circle, a square or a diamond, by its group."""
    if i % 3 == 0:
        return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="4" fill="{color}"/>'
    turned = f' transform="rotate(45 {x:.2f} {y:.2f})"' if i % 3 == 2 else ""
    return svg.rect(x - 3.6, y - 3.6, 7.2, 7.2, color, more=turned)


def _label(x: float, y: float, said: str, side: str, look: Look) -> str:
    """A text beside a point, at the side that Plotly would put it: "top center", "middle right" …"""
    up, _, across = side.partition(" ")
    anchor = {"left": "end", "right": "start"}.get(across, "middle")
    dx = {"left": -7, "right": 7}.get(across, 0)
    return svg.text(x + dx, y + {"top": -8, "bottom": 16}.get(up, 4), said, look.small - 1, look.ink, anchor)


def bars(view: Bars, look: Look, words: Words) -> Picture:
    drawn = [*view.values.values(), *itertools.chain(*view.spread.values())]
    values = np.concatenate([*map(np.ravel, drawn), *([] if view.log_y else [[0.0]])])
    y = plot.axis(values, words(view.y) if view.y else "", view.log_y, view.y_range, room=(0.08, 0.08))
    every = max(1, -(-len(view.labels) // 40))
    ticks = tuple((i + 0.5, visible(label)) for i, label in enumerate(named(view.labels, words)) if i % every == 0)
    x = plot.Axis(0, len(view.labels), ticks, words(view.x) if view.x else "")
    styles = {key: look.series(i, view.roles.get(key, "")) for i, key in enumerate(view.values)}
    samples = {words(key): svg.rect(4, -5, 14, 10, color) for key, color in styles.items() if key}
    legend = list(samples.items()) if len(samples) > 1 else []
    inside = plot.frame(x, y, legend, look)
    slanted = sum(text_width(text) for _, text in ticks) > 0.9 * inside.width
    return plot.chart(inside, _bars(view, inside, styles, look), legend, look, slanted)


def _bars(view: Bars, inside: plot.Frame, styles: Mapping[str, str], look: Look) -> list[str]:
    """styles: colours by group."""
    marks, texts = [], bar_texts(view)
    for n, (key, heights) in enumerate(view.values.items()):
        low, high = view.spread.get(key, (None, None))
        for i, height in enumerate(heights):
            spread = (None, None) if low is None else (float(low[i]), float(high[i]))
            text = texts[key][i] if texts else ""
            marks += _bar(inside, (i, n, len(styles)), float(height), spread, (styles[key], text), look)
    return marks


def _bar(inside: plot.Frame, place: tuple, height: float, spread: tuple, style: tuple, look: Look) -> list[str]:
    """place: number of the label, number of the group, number of groups. style: its colour and its number as text."""
    if not np.isfinite(height):
        return []
    (i, n, groups), (color, text) = place, style
    foot = 10**inside.y.low if inside.y.log else min(max(0.0, inside.y.low), inside.y.high)
    left, top = inside.at(i + 0.125 + 0.75 * n / groups, height)
    right, bottom = inside.at(i + 0.125 + 0.75 * (n + 1) / groups, foot)
    top, bottom = min(top, bottom), max(top, bottom)
    parts = [svg.rect(left, top, max(right - left - 0.5, 0.3), bottom - top, color)]
    middle = (left + right) / 2
    if spread[0] is not None:
        (_, y1), (_, y2) = inside.at(i, spread[0]), inside.at(i, spread[1])
        parts.append(svg.line(middle, y1, middle, y2, look.ink, 1.2))
    elif text:
        parts.append(svg.text(middle, top - 3, text, look.small - 2, look.ink, "middle"))
    return parts


def histogram(view: Histogram, look: Look, words: Words) -> Picture:
    counts = np.concatenate([of_key.astype(float) for of_key in view.counts.values()])
    x = plot.axis(view.edges, words(view.x) if view.x else "", ends=view.x_range, room=(0, 0))
    top = view.y_range or (0.0, 1.05 * max(counts.max(initial=0), 1.0))
    y = plot.axis(counts, words(view.y) if view.y else "", ends=top)
    samples = [svg.rect(4, -5, 14, 10, look.series(i)) for i in range(len(view.counts))]
    names = [words(key) for key in view.counts]
    legend = list(zip(names, samples, strict=True)) if len(samples) > 1 else []
    inside = plot.frame(x, y, legend, look)
    marks = []
    for i, of_key in enumerate(view.counts.values()):
        marks += _bins(inside, view.edges, of_key, look.series(i))
    return plot.chart(inside, marks, legend, look)


def _bins(inside: plot.Frame, edges: np.ndarray, counts: np.ndarray, color: str) -> list[str]:
    """The bins that hold something."""
    marks = []
    for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
        (x0, y0), (x1, y1) = inside.at(float(low), float(count)), inside.at(float(high), 0.0)
        y0 = max(y0, inside.y0)
        marks.append(svg.rect(x0, y0, x1 - x0, y1 - y0, color, more=' opacity="0.6"') if count else "")
    return marks
