"""A text that names cells of a heatmap: clicks write it, the heatmap shows it."""

from dataclasses import replace

import numpy as np
import pytest

from study.controls import Refusal
from study.figures.matrices import heatmap
from study.look import Look
from study.named_cells import NamedCells, as_widgets
from study.views import Heatmap


def read(text: str) -> frozenset[tuple[int, int]]:
    """ "12 3" names (1, 2) … and refuses what is no pair of digits."""
    if not all(word.isdecimal() and len(word) == 2 for word in text.split()):
        raise Refusal("unknown")
    return frozenset((int(word[0]), int(word[1])) for word in text.split())


def write(cells: frozenset[tuple[int, int]]) -> str:
    return " ".join(f"{row}{col}" for row, col in sorted(cells))


CONTROL = NamedCells(20, read=read, write=write)
MAP = Heatmap(np.ones((2, 3)), ["a", "b"], ["x", "y", "z"], pick="gone", masked=np.zeros((2, 3), dtype=bool))


def test_the_scale_stays_when_all_are_chosen():
    """Under the hatch, and where nothing is left without one."""
    (some, every) = (CONTROL.hatched(MAP, text) for text in ("12", "00 01 02 10 11 12"))
    one, other = (heatmap(replace(view, scale="amount", z=3 * view.z), Look(), str) for view in (some, every))
    assert one["scale"] == other["scale"] and one["scale"]["high"] == "3"
    assert one["figure"]["data"] == other["figure"]["data"]


@pytest.mark.parametrize(
    "before, cell, after",
    [
        ("", (0, 1), "01"),
        ("01", (0, 1), ""),
        ("01", (1, 2), "01 12"),
        ("12 01", (1, 2), "01"),
        ("nonsense", (0, 0), "00"),  # what cannot be read gives way to the click
    ],
)
def test_a_click_adds_a_cell_or_takes_it_out(before, cell, after):
    assert CONTROL.clicked(before, cell) == after


def test_the_heatmap_that_picks_it_shows_the_text_and_no_other_does():
    other = Heatmap(np.ones((2, 3)), ["a", "b"], ["x", "y", "z"])
    mine, theirs = as_widgets((MAP, other), {"gone": CONTROL}, {"gone": "12"})
    assert np.argwhere(mine.masked).tolist() == [[1, 2]]
    assert not mine.hidden.any(), "a cell that is chosen keeps its colour and its number"
    assert theirs is other
    (unread,) = as_widgets((MAP,), {"gone": CONTROL}, {"gone": "x"})
    assert not unread.masked.any()
