"""The numbers of a formula, and tables: rows of text."""

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
    rows = [[cell(value, words) for value in row] for row in view.rows]
    return {"kind": "table", "columns": [words(key) for key in view.columns], "rows": rows}


def cell(value: Any, words: Words) -> str:
    """A table cell as text: a Say in the reader's words, a number short ("–" where there is none), data as it is."""
    if isinstance(value, Say):
        return words(value)
    if value is None or isinstance(value, int | float | np.number):
        return number(value)
    return str(value)
