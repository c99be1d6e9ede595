"""A view's numbers as a table: for a screen reader, and as CSV for a spreadsheet."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from study.look import number
from study.views import Key, Say, View

if TYPE_CHECKING:
    import pandas

NOTHING = number(None)  # how a cell says that there is no number
#: A spreadsheet computes what begins so, full-width forms as well: "=1+1" typed as a token would become 2.
COMPUTED = tuple("=+-@\t\r＝＋－＠")


def frame(view: View, words: Callable[[Key], str]) -> "pandas.DataFrame":
    """A column of numbers where all cells are numbers or nothing, else one of texts: Arrow takes no mixture."""
    import pandas

    keys, rows = view.table()
    columns = zip(*rows, strict=True) if rows else [()] * len(keys)
    named = zip(_unique([words(key) for key in keys]), columns, strict=True)
    return pandas.DataFrame({name: _column(list(cells), words) for name, cells in named})


def csv(table: "pandas.DataFrame") -> bytes:
    """UTF-8 with the mark that spreadsheets look for. An apostrophe keeps a text from being computed."""
    safe = table.rename(columns=_uncomputed)
    for name in safe.columns:
        if safe[name].dtype == object:
            safe[name] = safe[name].map(_uncomputed)
    return safe.to_csv(index=False).encode("utf-8-sig")


def _column(cells: list[Any], words: Callable[[Key], str]) -> "pandas.Series":
    import pandas

    cells = [words(cell) if isinstance(cell, Say) else None if cell == NOTHING else cell for cell in cells]
    known = [cell for cell in cells if cell is not None]
    if known and not any(isinstance(cell, str) for cell in known):
        whole = all(isinstance(cell, int) for cell in known)
        return pandas.Series(cells, dtype="Int64" if whole else float)
    texts = [NOTHING if cell is None else str(cell) for cell in cells]
    return pandas.Series(texts, dtype=object)


def _unique(names: list[str]) -> list[str]:
    """The names, numbered where they repeat."""
    unique: list[str] = []
    for i, name in enumerate(names, 1):
        while name in unique:
            name = f"{name} ({i})"
        unique.append(name)
    return unique


def _uncomputed(text: str) -> str:
    if not text.startswith(COMPUTED):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text  # a number below 0 is one
