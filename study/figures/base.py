"""What every drawing shares: the layout of a plot, its titles and tick texts, arrays as base64."""

import base64
import html
import math
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from study.figures.symbols import for_plotly
from study.look import FONT, Look, visible
from study.views import Key, Say

Words = Callable[[Key], str]  # a key of a view -> the reader's words
SHORT = np.iinfo(np.int16).max

FEWEST = 3  # ticks of an axis, where there are round numbers for them


def round_values(low: float, high: float) -> list[float]:
    """About five round numbers, equally far apart, from low to high, which is above it."""
    size = 10 ** math.floor(math.log10((high - low) / 5))
    step = next(m * size for m in (1, 2, 5, 10) if (high - low) / (m * size) <= 6)
    first = math.ceil(low / step - 1e-9)
    return [round((first + i) * step, 12) for i in range(7) if (first + i) * step <= high + 1e-9 * step]


def as_is(key: Key) -> str:
    """Words for when there are none: the keys themselves."""
    if isinstance(key, Say):
        return " ".join([key.key, *(str(v) for _, v in key.values)])
    return key


def base64_array(array: np.ndarray) -> dict[str, str]:
    """An array as Plotly reads it: base64, a fraction of the bytes of a list. A picture needs no more than float32."""
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    if array.dtype != np.uint8 and np.all(np.abs(array) <= SHORT) and np.all(array == np.round(array)):
        array = array.astype(np.int16)  # degrees, positions, steps: half of the bytes
    code = {"float32": "f4", "uint8": "u1", "int32": "i4", "int16": "i2"}[array.dtype.name]
    encoded = {"dtype": code, "bdata": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}
    return encoded | {"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else encoded


def layout(look: Look, xaxis: dict[str, Any], yaxis: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plot's layout in the look, with what is special about its axes and the rest."""
    small = {"size": look.small}
    axis = {
        "gridcolor": look.line,
        "linecolor": look.line,
        "zerolinecolor": look.line,
        "tickfont": small,
        "automargin": True,
    }
    hover = {"color": look.ink, "size": look.size, "family": FONT}
    common = {
        "font": {"family": FONT, "size": look.size, "color": look.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8, "pad": 2},
        "hoverlabel": {"bgcolor": look.page, "bordercolor": look.line, "font": hover},
        "uirevision": "keep",
        "dragmode": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "font": small},
    }
    return common | {"xaxis": axis | xaxis, "yaxis": axis | yaxis} | more


def axis_title(key: Key, look: Look, words: Words, *, names: bool = False) -> dict[str, Any]:
    """The title of an axis as a part of its layout; {} where it has none.

    names: where words stand at the ticks, it has a colour of its own: not to be read as a second line of one of them.
    """
    if not key:
        return {}
    font = {"size": look.small} | ({"color": look.role("hidden")} if names else {})
    return {"title": {"text": for_plotly(escaped(words(key))), "font": font, "standoff": 6}}


def escaped(text: str) -> str:
    """A text in a place where Plotly reads tags."""
    return html.escape(text, quote=False)


def in_template(text: str) -> str:
    """A text in a hover template: Plotly reads tags in it and fills %{places}."""
    return escaped(text).replace("%", "&#37;")


def named(labels: Iterable[Any], words: Words) -> tuple[Any, ...]:
    """Labels or cells as they are shown: data as it is, a Say in the reader's words."""
    return tuple(words(label) if isinstance(label, Say) else label for label in labels)


def categories(tokens: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Unique category names (repeats get zero-width marks) and tick texts; escaped: Plotly reads tags in texts."""
    names: dict[str, None] = {}
    marks: dict[str, str] = {}  # what the last of these names got
    for name in (escaped(visible(t, 40)) for t in tokens):
        mark = marks.get(name, "")
        while name + mark in names:
            mark += "\u200b"
        marks[name], names[name + mark] = mark, None
    return list(names), [escaped(visible(t)) for t in tokens]


def text_width(text: str) -> float:
    """About how wide a tick text is, in pixels."""
    return sum(_width(ch) for ch in html.unescape(text))


def _width(ch: str) -> float:
    if unicodedata.category(ch) in ("Mn", "Me", "Cf"):  # a mark on the letter before, a joiner
        return 0
    return 12.5 if unicodedata.east_asian_width(ch) in "WF" else 7.2


def plot(y_key: Key, words: Words, data: list[dict[str, Any]], plot_layout: dict[str, Any]) -> dict[str, Any]:
    """A drawing whose y title stands in a line above the figure: a low figure has no room for it at the side."""
    y_axis = words(y_key) if y_key else ""
    return {"kind": "plot", "figure": {"data": data, "layout": plot_layout}, "y_axis": y_axis}
