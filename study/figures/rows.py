"""The numbers of a formula, and tables: rows of text."""

from typing import Any

import numpy as np

from study.figures.base import Words
from study.look import Look, alike, number, summed
from study.views import Chain, Say, Table

SUM = {"+", "−", "="}  # signs between the terms of a sum


def chain(view: Chain, look: Look, words: Words) -> dict[str, Any]:
    links = [
        {"sign": sign, "name": words(key), "value": text}
        for sign, (key, _), text in zip(("", *view.joins), view.links, link_texts(view), strict=True)
    ]
    return {"kind": "chain", "links": links}


def link_texts(view: Chain) -> list[str]:
    """The numbers of a formula as text; those of a sum with the same decimals."""
    values = [value for _, value in view.links]
    return summed(values) if view.joins and set(view.joins) <= SUM else [number(value) for value in values]


def table(view: Table, look: Look, words: Words) -> dict[str, Any]:
    return {"kind": "table", "columns": [words(key) for key in view.columns], "rows": cells(view, words)}


def cells(view: Table, words: Words) -> list[list[str]]:
    """The cells of a table as text: a Say in the reader's words, data as it is, a number short ("–" where there is
    none), those of a column with the same decimals.
    """
    columns = [_column(column, words) for column in zip(*view.rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def _column(values: tuple[Any, ...], words: Words) -> list[str]:
    numeric = [value is None or isinstance(value, int | float | np.number) for value in values]
    told = iter(alike([value for value, is_number in zip(values, numeric, strict=True) if is_number]))
    return [
        next(told) if is_number else words(value) if isinstance(value, Say) else str(value)
        for value, is_number in zip(values, numeric, strict=True)
    ]
