"""Parameters against reported GLUE averages, table by table: where one may compare.   The papers cited."""

from dataclasses import dataclass, replace
from typing import Annotated

from models import metrics, shapes
from models.bert import BertConfig
from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Points, Scatter, Table


@dataclass(frozen=True)
class Row:
    """A model in a table: the average of that table, and millions of parameters as the paper prints them, or, where it
    prints none, as the model's authors do.
    """

    name: str
    millions: float
    average: float


@dataclass(frozen=True)
class Printed:
    """What may be compared: one paper's table, measured in one way."""

    place: str
    rows: tuple[Row, ...]


#: The large DeBERTas' sizes are counted from their architecture: the authors give them without the token table.
TABLES = {
    "bert": Printed("Devlin et al. 2019, Table 1", (Row("BERT-base", 110, 79.6), Row("BERT-large", 340, 82.1))),
    "distilled": Printed(
        "Wang et al. 2020, Table 2",
        (
            Row("BERT-base", 109, 81.5),
            Row("DistilBERT", 66, 75.2),
            Row("TinyBERT", 66, 79.1),
            Row("MiniLM", 66, 80.4),
        ),
    ),
    "distilbert": Printed("Sanh et al. 2019, Table 1", (Row("BERT-base", 110, 79.5), Row("DistilBERT", 66, 77.0))),
    "released": Printed(
        "ELECTRA, README",
        (Row("ELECTRA-small", 14, 77.4), Row("ELECTRA-base", 110, 82.7), Row("ELECTRA-large", 335, 85.2)),
    ),
    "objective": Printed("Clark et al. 2020, Table 5", (Row("BERT-base", 110, 82.2), Row("ELECTRA-base", 110, 85.0))),
    "large": Printed(
        "Clark et al. 2020, Table 2; He et al. 2021, 2023",
        (
            Row("RoBERTa-large", 356, 88.9),
            Row("XLNet-large", 360, 89.1),
            Row("ELECTRA-large", 335, 89.5),
            Row("DeBERTa-large", 405, 90.0),
            Row("DeBERTaV3-large", 434, 91.4),
        ),
    ),
    "modern": Printed(
        "Warner et al. 2024, Tables 1 and 2",
        (
            Row("BERT-base", 110, 84.7),
            Row("RoBERTa-base", 125, 86.4),
            Row("DeBERTaV3-base", 183, 88.1),
            Row("ModernBERT-base", 149, 88.4),
            Row("BERT-large", 330, 85.2),
            Row("RoBERTa-large", 355, 88.9),
            Row("ModernBERT-large", 395, 90.4),
            Row("DeBERTaV3-large", 434, 91.4),
        ),
    ),
    "ensembles": Printed(
        "Liu et al. 2019, Table 5; Lan et al. 2020, Table 9; Clark et al. 2020, Table 3",
        (
            Row("XLNet", 360, 88.4),
            Row("RoBERTa", 355, 88.5),
            Row("ALBERT-xxlarge", 235, 89.4),
            Row("ELECTRA-large", 335, 89.4),
        ),
    ),
}
BASE = BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072)
#: Models that are BERT in shape, so that their size can be counted from their config.
SHAPES = {
    "BERT-base": BASE,
    "BERT-large": BertConfig(d_model=1024, n_layer=24, n_head=16, d_ff=4096),
    "RoBERTa-base": BertConfig(50_265, 514, 1, 768, 12, 12, 3072),
    "RoBERTa-large": BertConfig(50_265, 514, 1, 1024, 24, 16, 4096),
    "ELECTRA-base": BASE,
    "ELECTRA-large": BertConfig(d_model=1024, n_layer=24, n_head=16, d_ff=4096),
    "DistilBERT": BertConfig(d_model=768, n_layer=6, n_head=12, d_ff=3072),
    "TinyBERT": BertConfig(d_model=768, n_layer=6, n_head=12, d_ff=3072),
    "MiniLM": BertConfig(d_model=768, n_layer=6, n_head=12, d_ff=3072),
}
EVERY = "every"
COVERS = 0.2  # points of the average: marks nearer than this cover each other
PRESETS = {name: {"table": name} for name in (EVERY, "modern", "large", "distilled", "released")}


def reported(table: Annotated[str, Choice(EVERY, *TABLES)] = EVERY) -> Evidence:
    """One table with its numbers; or BERT-base in every table that has it, among all the other models."""
    shown = TABLES if table == EVERY else {table: TABLES[table]}
    groups = _base_and_others() if table == EVERY else [_points(table, TABLES[table].rows)]
    chart = Scatter(groups, x="parameters", y="average", title=f"{table}_chart", log_x=True)
    rows = [r for t in shown.values() for r in t.rows]
    base = [r.average for _, r in _bases()]
    counted = [(r.millions, shapes.count_parameters(SHAPES[r.name]).total / 1e6) for r in rows if r.name in SHAPES]
    off = [abs(printed / ours - 1) for printed, ours in counted]
    averages = [r.average for r in rows]
    numbers = Table(
        ["model", "parameters", "average"], [[r.name, r.millions, r.average] for r in rows], f"{table}_chart"
    )
    return Evidence(
        Step("chart", chart),
        Step("numbers", numbers if table != EVERY else _base()),
        claims=[
            *([Claim("as_counted", measured=max(off), expected=0.02, op="≤")] if off else []),
            same("mean_of_columns", *_columns(), abs=0.051),  # averages are printed to one place
        ],
        measured=[
            Measured("base_spread", max(base) - min(base)),
            Measured("shown_spread", max(averages) - min(averages)),
        ],
        origin=Origin.PAPER,
        source="; ".join(t.place for t in shown.values()) if table != EVERY else "",
    )


def _points(name: str, rows: tuple[Row, ...]) -> Points:
    return Points(name, [r.millions for r in rows], [r.average for r in rows], [r.name for r in rows])


def _bases() -> list[tuple[str, Row]]:
    """BERT-base's rows, each with the place of its table."""
    return [(t.place, r) for t in TABLES.values() for r in t.rows if r.name == "BERT-base"]


def _base_and_others() -> list[Points]:
    """BERT-base with the authors of its tables as names; the other models in grey, since no two tables compare."""
    base = [(place.split(",")[0].replace(" et al.", ""), r) for place, r in _bases()]
    others = [r for t in TABLES.values() for r in t.rows if r.name != "BERT-base"]
    return [
        replace(_points("others", tuple(others)), role="mask", quiet=True),
        Points("base", [r.millions for _, r in base], [r.average for _, r in base], _beside(base)),
    ]


def _beside(base: list[tuple[str, Row]]) -> list[str]:
    """The authors; of two points that cover each other one has the names of both."""
    names: list[str] = []
    for i, (authors, r) in enumerate(base):
        over = [j for j in range(i) if abs(base[j][1].average - r.average) < COVERS]
        if over:
            names[over[0]] = f"{names[over[0]].split()[0]}, {authors.split()[0]} {authors.split()[-1]}"
        names.append("" if over else authors)
    return names


def _columns() -> tuple[list[float], list[float]]:
    """The means of the nine columns that BERT's Table 1 prints, base and large, and the averages told here."""
    columns = [metrics.PAPER_TABLE_1[size][:-1] for size in ("base", "large")]
    return [sum(c) / len(c) for c in columns], [r.average for r in TABLES["bert"].rows]


def _base() -> Table:
    """One model in five tables."""
    return Table(["place", "average"], [[place, r.average] for place, r in _bases()], "base_rows")
