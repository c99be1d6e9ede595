"""Does it work? Tables 1 to 4: BERT beside what came before, and beside people.   Devlin et al. 2019, §4."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from pages.b1_paper_map.reading import points, reading
from pages.b1_paper_map.tables import GLUE, SQUAD_1, SQUAD_2, SWAG, Printed
from study.controls import Choice
from study.demo import Claim, Evidence, Origin, Step
from study.views import Bars, Say, Table


@dataclass(frozen=True)
class Shown:
    """A table as a chart: its rows and columns, what BERT's best is compared with, what the text claims."""

    table: Printed
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    best: str
    rival: str
    gain: float  # of the last column, as the text prints it
    people: str = ""

    def numbers(self, row: str) -> list[float]:
        return [self.table.cell(row, column) for column in self.columns]


MEASURES = ("test_EM", "test_F1")
SHOWN = {
    "glue": Shown(GLUE, ("gpt", "base", "large"), GLUE.columns, "large", "gpt", 7.0),
    "squad_1": Shown(SQUAD_1, ("nlnet", "large", "ensemble", "human"), MEASURES, "ensemble", "nlnet", 1.5, "human"),
    "squad_2": Shown(SQUAD_2, ("unet", "mir_mrc", "large", "human"), MEASURES, "large", "mir_mrc", 5.1, "human"),
    "swag": Shown(SWAG, ("elmo", "gpt", "large", "expert", "five"), ("test",), "large", "gpt", 8.3, "expert"),
}
PRESETS = {name: {"table": name} for name in SHOWN}
NAMES = {"test_EM": "EM", "test_F1": "F1", "test": "accuracy", "Average": "⌀"}


def benchmarks(table: Annotated[str, Choice(*SHOWN)] = "glue") -> Evidence:
    """One of the paper's tables of results."""
    s = SHOWN[table]
    gains = np.subtract(s.numbers(s.best), s.numbers(s.rival))  # (columns,)
    bars = Bars(
        {row: s.numbers(row) for row in s.rows},
        [NAMES.get(column, column) for column in s.columns],
        y="score",
        title=Say(f"{table}_scores"),
        y_range=(0, 100),
    )
    behind = [points(f"over_{s.people}", s.numbers(s.best)[-1] - s.numbers(s.people)[-1])] if s.people else []
    return Evidence(
        Step("chart", bars, reading(table)),
        Step("numbers", _numbers(s)),
        claims=[
            Claim("as_text", measured=gains[-1], expected=s.gain, abs=1e-9),
            Claim("every_column", measured=gains.min(), expected=0, op="≥"),
        ],
        measured=[points("gain", gains[-1]), *behind],
        origin=Origin.PAPER,
        source=f"Devlin et al. 2019, {s.table.place}",
    )


def _numbers(s: Shown) -> Table:
    """The chart as a table: a line for each column of the paper."""
    rows = [[NAMES.get(c, c), *(s.table.cell(row, c) for row in s.rows)] for c in s.columns]
    return Table(["column", *s.rows], rows, "as_printed")
