"""BERT's descendants over time: who comes from whom, what each changed, and one number.   The papers in its rows."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from study.controls import Block, Choice
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say, Table
from study.views.diagram import Arrow, Box, Polygon, Text

EVERY = "every"
CHANGES = ("objective", "size", "data", "efficiency", "language", "architecture", "length")


@dataclass(frozen=True)
class Model:
    """One model: when its paper (or release) appeared, where it is drawn, what it goes back to and what it changed.

    parent: whose weights it continues, or whose recipe it takes over and changes.
    """

    label: str
    month: str  # "2019-07"
    column: float
    row: int
    parent: str
    changed: tuple[str, ...]
    source: str


def _read(lines: str) -> dict[str, Model]:
    """A line: name; label; month; column, row; parent; what changed; source."""
    found = {}
    for line in lines.strip().splitlines():
        name, label, month, place, parent, changed, source = (cell.strip() for cell in line.split(";"))
        column, row = place.split(",")
        found[name] = Model(label, month, float(column), int(row), parent, tuple(changed.split()), source)
    return found


MODELS = _read(
    """
    mbert; mBERT; 2018-11; 0,0; bert; language; Devlin et al., README
    bert; BERT; 2018-10; 1.5,0; ; ; 1810.04805
    biobert; BioBERT; 2019-01; 0,1; bert; data; 1901.08746
    scibert; SciBERT; 2019-03; 3,1; bert; data; 1903.10676
    wwm; BERT-wwm; 2019-06; 0,2; bert; objective language; 1906.08101
    ernie_thu; ERNIE (T); 2019-05; 1,2; bert; data architecture; 1905.07129
    xlnet; XLNet; 2019-06; 2,2; bert; objective data architecture; 1906.08237
    ernie_baidu; ERNIE (B); 2019-04; 3,2; bert; objective language; 1904.09223
    spanbert; SpanBERT; 2019-07; 1,3; bert; objective; 1907.10529
    roberta; RoBERTa; 2019-07; 2,3; bert; objective data; 1907.11692
    sbert; SBERT; 2019-08; 3,3; bert; objective; 1908.10084
    albert; ALBERT; 2019-09; 1,4; bert; objective size architecture; 1909.11942
    tinybert; TinyBERT; 2019-09; 3,4; bert; size efficiency; 1909.10351
    xlmr; XLM-R; 2019-11; 0,5; roberta; data language; 1911.02116
    t5; T5; 2019-10; 1,5; bert; objective size data architecture; 1910.10683
    bart; BART; 2019-10; 2,5; bert; objective architecture; 1910.13461
    distilbert; DistilBERT; 2019-10; 3,5; bert; size efficiency; 1910.01108
    macbert; MacBERT; 2020-04; 0,6; wwm; objective language; 2004.13922
    electra; ELECTRA; 2020-03; 1,6; bert; objective efficiency; 2003.10555
    longformer; Longformer; 2020-04; 2,6; roberta; architecture length; 2004.05150
    minilm; MiniLM; 2020-02; 3,6; bert; size efficiency; 2002.10957
    deberta; DeBERTa; 2020-06; 1,7; roberta; architecture; 2006.03654
    bigbird; BigBird; 2020-07; 2,7; roberta; architecture length; 2007.14062
    deberta_v3; DeBERTaV3; 2021-11; 1,8; deberta; objective data; 2111.09543
    all_minilm; all-MiniLM; 2021; 3,8; minilm; objective size data; model card
    modernbert; ModernBERT; 2024-12; 1,9; roberta; data efficiency architecture length; 2412.13663
    neobert; NeoBERT; 2025-02; 2,10; roberta; data architecture length; 2502.19587
    """
)
YEARS = {2018: 0, 2019: 1, 2020: 6, 2021: 8, 2024: 9, 2025: 10}  # and the row in which each begins
PARTS = ("what", "why", "number")
LEFT, WIDE, GAP, HIGH, PITCH = 36, 79, 2, 20, 34  # units
ASIDE = 8  # units between the lines that arrive in one column
ROUND = 1.5  # by which a sheet is smaller on every side than its box, whose corners are round
PRESETS = {
    "all_minilm": {"model": "all_minilm"},
    "objective": {"changed": "objective", "model": "electra"},
    "size": {"changed": "size", "model": "albert"},
    "language": {"changed": "language", "model": "macbert"},
    "length": {"changed": "length", "model": "modernbert"},
}


def tree(
    changed: Annotated[str, Choice(EVERY, *CHANGES)] = EVERY, model: Annotated[str, Block(*MODELS)] = "roberta"
) -> Evidence:
    """The tree, with the models that changed this, and the chosen one with its line back to BERT."""
    chosen = MODELS[model]
    line = ancestors(model)
    rows = [[Say(part), Say(f"{model}_{part}")] for part in PARTS]
    drawn = [*_edges(line), *_boxes(changed), *_years()]
    older = [MODELS[m.parent].month <= m.month for m in MODELS.values() if m.parent]
    return Evidence(
        Diagram(drawn, 360, 11 * PITCH - 6, pick="model", selected=model),
        Table(["asked", "answered"], rows, Say("chosen", name=chosen.label, month=chosen.month)),
        claims=[
            Claim("from_bert", measured=sum(ancestors(name)[-1] == "bert" for name in MODELS), expected=len(MODELS)),
            Claim("parents_older", measured=sum(older), expected=len(older)),
        ],
        origin=Origin.PAPER,
        source=f"{chosen.label}: {_place(chosen.source)}",
    )


def ancestors(name: str) -> list[str]:
    """The model, what it goes back to, and so on to BERT."""
    line = [name]
    while parent := MODELS[line[-1]].parent:
        line.append(parent)
    return line


def _place(source: str) -> str:
    """A number alone is one of arXiv's."""
    return f"arXiv {source}" if source[0].isdigit() else source


def _corner(name: str) -> tuple[float, float]:
    m = MODELS[name]
    return LEFT + m.column * (WIDE + GAP), 3 + m.row * PITCH


def _edges(line: list[str]) -> Iterator[Arrow]:
    """To every model from what it goes back to, below the boxes; the chosen line strong."""
    strong = set(itertools.pairwise(line))
    edges = [(name, m.parent) for name, m in MODELS.items() if m.parent]
    for name, parent in sorted(edges, key=strong.__contains__):
        (x, y), (px, py) = _corner(name), _corner(parent)
        aside = _aside(name)
        ends = ((px + WIDE / 2 + aside * (x == px), py + HIGH), (x + WIDE / 2 + aside, y))
        if py == y:
            ends = ((px, py + HIGH / 2), (x + WIDE, y + HIGH / 2))
        on = (name, parent) in strong
        yield Arrow(ends, role="value" if on else "mask", dashed=not on, width=2.5 if on else 1)


def _aside(name: str) -> float:
    """How far from the middle of its box a line arrives: each in a column elsewhere, so that none reads as another's
    continuation where it passes below a box."""
    column = [other for other, m in MODELS.items() if m.column == MODELS[name].column]
    return ASIDE * (column.index(name) - (len(column) - 1) / 2)


def _boxes(changed: str) -> Iterator[Box | Polygon]:
    """Those that changed this are filled; each on a sheet of its own, so that no line shines through."""
    for name, m in MODELS.items():
        on = changed == EVERY or changed in m.changed
        x, y = _corner(name)
        role = "query" if on else "mask"
        left, top, right, bottom = x + ROUND, y + ROUND, x + WIDE - ROUND, y + HIGH - ROUND
        yield Polygon(((left, top), (right, top), (right, bottom), (left, bottom)), role, tone=0)
        yield Box(x, y, WIDE, HIGH, m.label, role=role, filled=on, size=12, name=name)


def _years() -> Iterator[Text]:
    for year, row in YEARS.items():
        yield Text(0, 3 + row * PITCH + 14, str(year), anchor="start", role="hidden", size=12, bold=True)
