"""Which details matter? Table 8, Figure 5, and one model in several tables.   Devlin et al. 2019, appendix C."""

from typing import Annotated

import numpy as np

from pages.b1_paper_map.reading import points, reading
from pages.b1_paper_map.tables import ACCURACY, FEATURES, MASKING, SIZE, STEPS, TASKS
from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Lines, Series, Table

OURS = "80/10/10"
QUESTIONS = ("masking", "steps", "twice")
PRESETS = {question: {"question": question} for question in QUESTIONS}
PLACES = {"masking": "Table 8", "steps": "Figure 5", "twice": "Tables 5, 6, 7, 8"}
#: BERT-base on one dev set in two tables: (task, number, number, places).
TWICE = (
    ("MNLI", TASKS.cell("base", "MNLI-m"), MASKING.cell(OURS, "MNLI"), "5, 8"),
    ("SST-2", TASKS.cell("base", "SST-2"), SIZE.cell("12/768/12", "SST-2"), "5, 6"),
    ("MRPC", TASKS.cell("base", "MRPC"), SIZE.cell("12/768/12", "MRPC"), "5, 6"),
    ("NER", FEATURES.cell("base", "dev"), MASKING.cell(OURS, "NER"), "7, 8"),
    ("NER ‖", FEATURES.cell("concat", "dev"), MASKING.cell(OURS, "NER_features"), "7, 8"),
)


def appendix_c(question: Annotated[str, Choice(*QUESTIONS)] = "masking") -> Evidence:
    """How to mask, how long to train, and how far one model's numbers lie apart."""
    chart, numbers, claims, measured = _ANSWERS[question]()
    return Evidence(
        Step("result", chart, reading(question)),
        Step("numbers", numbers),
        claims=claims,
        measured=measured,
        origin=Origin.PAPER,
        source=f"Devlin et al. 2019, {PLACES[question]}",
    )


Answer = tuple[Bars | Lines, Table, list[Claim], list[Measured]]


def _masking() -> Answer:
    """Table 8: every strategy against BERT's own."""
    z = np.array(list(MASKING.rows.values()))  # (strategies, tasks)
    change = np.round(z[1:] - z[0], 2).T  # (tasks, strategies): against the first, BERT's
    groups = dict(zip(MASKING.columns, change, strict=True))
    bars = Bars(
        groups,
        list(MASKING.rows)[1:],
        x="strategy",
        y="change",
        title="masking_chart",
        y_range=(-1, 0.4),
    )
    frozen = MASKING.cell("100/0/0", "NER_features")
    claims = [Claim("mask_only_lowest", measured=frozen, expected=z[:, 2].min())]
    measured = [
        points("mask_only_frozen", -change[2, 0]),
        points("mask_only_tuned", -change[1, 0]),
        points("mnli_spread", np.ptp(z[:, 0])),
    ]
    rows = [[name, *numbers] for name, numbers in MASKING.rows.items()]
    return bars, Table(["strategy", *MASKING.columns], rows, "table_8"), claims, measured


def _steps() -> Answer:
    """Figure 5, from the coordinates of its drawing."""
    tenths = {name: np.round(line, 1) for name, line in ACCURACY.items()}
    steps = np.round(STEPS)
    lines = Lines(
        [Series(name, steps, line, points=True) for name, line in tenths.items()],
        x="thousand_steps",
        y="dev_accuracy",
        title="steps_chart",
        y_range=(78, 85),
    )
    ahead = tenths["mlm"] - tenths["ltr"]
    drawn, rounded = list(ACCURACY.values()), list(tenths.values())
    in_the_end = tenths["mlm"][-1]
    at_600 = tenths["mlm"][-3]
    claims = [
        same("on_tenths", drawn, rounded, abs=1e-3),
        Claim("ends_at_table_5", measured=in_the_end, expected=TASKS.cell("base", "MNLI-m")),
    ]
    measured = [
        Measured("first_ahead", 1000 * steps[ahead > 0][0]),
        points("ahead_at_end", ahead[-1]),
        points("last_steps", in_the_end - at_600),
    ]
    rows = [list(row) for row in zip(steps, *tenths.values(), strict=True)]
    return lines, Table(["thousand_steps", *tenths], rows, "figure_5"), claims, measured


def _twice() -> Answer:
    """BERT-base in two tables: what differs is the run, the number of restarts or the conditions."""
    tasks, first, second, places = zip(*TWICE, strict=True)
    apart = np.round(np.abs(np.subtract(first, second)), 2)
    bars = Bars({"apart": apart}, tasks, x="task", y="points", title="twice_chart", y_range=(0, 1.4))
    claims = [Claim("sometimes_equal", measured=apart.min(), expected=0)]
    measured = [points("apart_sst2", apart[1]), points("apart_ner", apart[3]), points("apart_most", apart.max())]
    rows = [list(row) for row in zip(tasks, first, second, places, strict=True)]
    return bars, Table(["task", "one_table", "other_table", "tables"], rows, "same_model"), claims, measured


_ANSWERS = {"masking": _masking, "steps": _steps, "twice": _twice}
