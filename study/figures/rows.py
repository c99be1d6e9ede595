"""The numbers of a formula, and tables: rows of text."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from study.figures.base import Words
from study.look import Look, number
from study.views import Chain, Say, Table


def chain(view: Chain, look: Look, words: Words) -> dict[str, Any]:
    links = [
        {"sign": sign, "name": words(key), "value": number(value)}
        for sign, (key, value) in zip(("", *view.joins), view.links, strict=True)
    ]
    return {"kind": "chain", "links": links}


def table(view: Table, look: Look, words: Words) -> dict[str, Any]:
    return {"kind": "table", "columns": [words(key) for key in view.columns], "rows": texts(view, words)}


def texts(view: Table, words: Words) -> list[list[str]]:
    """Every cell as text: a Say in the reader's words, data as it is, the numbers of a column to the same decimals."""
    columns = [_column(cells, words) for cells in zip(*view.rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _column(cells: Sequence[Any], words: Words) -> list[str]:
    places = _places([float(value) for value in cells if _is_number(value) and value])
    return [_cell(value, words, places) for value in cells]


def _cell(value: Any, words: Words, places: int | None) -> str:
    if isinstance(value, Say):
        return words(value)
    if not (value is None or _is_number(value)):
        return str(value)
    if places is None or value is None or not value or not math.isfinite(value):
        return number(value)
    return f"{value:.{places}f}".replace("-", "−")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _places(values: list[float]) -> int | None:
    """Decimals with which the largest of these numbers has four digits, as few as say the same. None where they are
    whole, or where the smallest would lose its digits.
    """
    values = [abs(value) for value in values if math.isfinite(value)]
    if not values or all(value == round(value) for value in values):
        return None
    places = 3 - math.floor(math.log10(max(values)))
    if places < 1 or min(values) < 10.0 ** (1 - places):
        return None
    while places > 1 and all(round(value, places) == round(value, places - 1) for value in values):
        places -= 1
    return places
