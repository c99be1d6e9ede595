"""A text that names cells of a heatmap, and the heatmap as its widget."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from study.controls import Refusal, Text
from study.views import Heatmap, View

Cells = frozenset[tuple[int, int]]  # (row, column)


@dataclass(frozen=True)
class NamedCells(Text):
    """A line of text that names cells of a heatmap. That with pick="…" hatches them; a click adds one or takes it out.

    read: the cells that a text names; raises Refusal. write: a text that names these cells.
    """

    read: Callable[[str], Cells] = frozenset
    write: Callable[[Cells], str] = str

    def cells(self, value: str) -> Cells:
        """The cells that are named; none where the text cannot be read, which is said when it is used."""
        try:
            return self.read(value)
        except Refusal:
            return frozenset()

    def clicked(self, value: str, cell: tuple[int, int]) -> str:
        """What a click on a cell makes of the text."""
        return self.write(self.cells(value) ^ {cell})

    def hatched(self, view: Heatmap, value: str) -> Heatmap:
        """A widget shows its control's value: these cells hatched, whatever run the rest of the figure is of."""
        masked = np.zeros(view.z.shape, dtype=bool)
        for cell in self.cells(value):
            masked[cell] = True
        return replace(view, masked=masked, kept=True)


def as_widgets(views: tuple[View, ...], controls: dict[str, Any], values: dict[str, Any]) -> tuple[View, ...]:
    """The views; those that are the widget of a NamedCells control (by name) show its value."""
    shown = []
    for view in views:
        control = controls.get(view.pick) if isinstance(view, Heatmap) and isinstance(view.pick, str) else None
        shown.append(control.hatched(view, values[view.pick]) if isinstance(control, NamedCells) else view)
    return tuple(shown)
