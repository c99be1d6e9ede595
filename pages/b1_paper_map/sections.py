"""The paper as a map: each section, its problem, its answer, and the table that proves it.   Devlin et al. 2019.

Five rows: why (§1, 2), what (§3), does it work (§4), what is it due to (§5), details (appendix).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from study.controls import Block
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say, Table
from study.views.diagram import Box, Text


@dataclass(frozen=True)
class Section:
    """A section of the paper: its number, its row of the map, and the tables and figures that stand in it."""

    number: str
    row: str
    tables: tuple[int, ...] = ()
    figures: tuple[int, ...] = ()


#: Where a table is discussed, which is not always where it is printed.
SECTIONS = {
    "introduction": Section("1", "why"),
    "related": Section("2", "why"),
    "model": Section("3", "what", figures=(1, 2)),
    "pretraining": Section("3.1", "what"),
    "finetuning": Section("3.2", "what"),
    "glue": Section("4.1", "works", (1,)),
    "squad_1": Section("4.2", "works", (2,)),
    "squad_2": Section("4.3", "works", (3,)),
    "swag": Section("4.4", "works", (4,)),
    "tasks": Section("5.1", "due_to", (5,)),
    "size": Section("5.2", "due_to", (6,)),
    "features": Section("5.3", "due_to", (7,)),
    "procedure": Section("A", "details", figures=(3, 4)),
    "glue_data": Section("B", "details"),
    "steps": Section("C.1", "details", figures=(5,)),
    "masking": Section("C.2", "details", (8,)),
}
ROWS = {"why": "position", "what": "query", "works": "value", "due_to": "key", "details": "hidden"}  # and their colours
LEFT, ROOM, GAP = 54, 304, 4  # units: where boxes begin, what they share, between them
HIGH, PITCH = 22, 45  # of a box, from one row to the next
PROOFS = ("works", "due_to")  # the rows that prove something
PARTS = ("problem", "answer", "proof")
PRESETS = {name: {"section": name} for name in ("introduction", "pretraining", "glue", "tasks", "masking")}


def sections(section: Annotated[str, Block(*SECTIONS)] = "introduction") -> Evidence:
    """The map, and what the chosen section does."""
    rows = [[Say(part), Say(f"{section}_{part}")] for part in PARTS]
    every = SECTIONS.values()
    tables = sorted(n for s in every for n in s.tables)
    figures = sorted(n for s in every for n in s.figures)
    proofs = [s for s in every if s.row in PROOFS]
    proven = sum(len(s.tables) == 1 for s in proofs)
    height = len(ROWS) * PITCH + 4
    return Evidence(
        Diagram(list(_parts()), 360, height, pick="section", selected=section),
        Table(["asked", "answered"], rows, _heading(SECTIONS[section])),
        claims=[
            Claim("tables_once", measured=tables == [1, 2, 3, 4, 5, 6, 7, 8], expected=True),
            Claim("figures_once", measured=figures == [1, 2, 3, 4, 5], expected=True),
            Claim("every_proof", measured=proven, expected=len(proofs)),
        ],
        origin=Origin.PAPER,
        source="Devlin et al. 2019 (arXiv 1810.04805v2)",
    )


def _parts() -> Iterator[Box | Text]:
    for i, (row, role) in enumerate(ROWS.items()):
        names = [name for name, s in SECTIONS.items() if s.row == row]
        width = (ROOM - GAP * (len(names) - 1)) / len(names)
        top = 4 + i * PITCH
        yield Text(2, top + 15, Say(row), anchor="start", role=role, size=12, bold=True)
        x = LEFT
        for name in names:
            place = _place(SECTIONS[name])
            yield Box(x, top, width, HIGH, Say(name), role=role, size=12, name=name)
            yield Text(x + width / 2, top + HIGH + 15, place, size=12)
            x += width + GAP


def _heading(s: Section) -> Say:
    """§3.1, but Appendix C.2."""
    return Say("chosen" if s.number[0].isdigit() else "appendix", number=s.number)


def _place(s: Section) -> Say:
    """Its number, and its table or figures."""
    if s.tables:
        return Say("with_table", number=s.number, n=s.tables[0])
    if s.figures:
        return Say("with_figures", number=s.number, n=", ".join(map(str, s.figures)))
    return Say("alone", number=s.number)
