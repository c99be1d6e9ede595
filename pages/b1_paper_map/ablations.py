"""What is it due to? Tables 5 to 7: one thing changed, the rest kept.   Devlin et al. 2019, §5."""

from typing import Annotated

import numpy as np

from models import shapes
from models.bert import BertConfig
from pages.b1_paper_map.reading import points, reading
from pages.b1_paper_map.tables import FEATURES, SIZE, TASKS
from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Bars, Lines, Series, Table

CHANGE = (-14, 2)  # points on the axis of Table 5: one axis for both of its questions
#: Table 7, BERT-base without fine-tuning: which layers are read (0: the input embeddings). Σ: weighted sum, ‖: joined.
LAYERS = {
    "embeddings": "0",
    "last": "12",
    "second_to_last": "11",
    "sum_all": "Σ 1–12",
    "sum_last_four": "Σ 9–12",
    "concat": "‖ 9–12",
}
QUESTIONS = ("nsp", "direction", "size", "features")
PRESETS = {question: {"question": question} for question in QUESTIONS}


def ablations(question: Annotated[str, Choice(*QUESTIONS)] = "nsp") -> Evidence:
    """One question that section 5 asks, its table as a chart, and how to read it."""
    chart, numbers, claims, measured = _ANSWERS[question]()
    place = {"size": SIZE, "features": FEATURES}.get(question, TASKS).place
    return Evidence(
        Step("result", chart, reading(question)),
        Step("numbers", numbers),
        claims=claims,
        measured=measured,
        origin=Origin.PAPER,
        source=f"Devlin et al. 2019, {place}",
    )


Answer = tuple[Bars | Lines, Table, list[Claim], list[Measured]]


def _nsp() -> Answer:
    """Table 5, first row against second: next sentence prediction left out."""
    change = TASKS.minus("no_nsp", "base")
    most = max(change)
    bars = _changes({"no_nsp": change}, "nsp_chart")
    claims = [Claim("never_better", measured=most, expected=0, op="≤")]
    measured = [
        points("qnli_lost", -change[1]),
        points("least_lost", -most),
    ]
    return bars, _table_5(), claims, measured


def _direction() -> Answer:
    """Table 5, second row against third and fourth: left to right instead of both sides, and a BiLSTM on top of it."""
    ltr, bilstm = TASKS.minus("ltr", "no_nsp"), TASKS.minus("bilstm", "no_nsp")
    added = TASKS.minus("bilstm", "ltr")  # by the BiLSTM alone
    bars = _changes({"ltr": ltr, "bilstm": bilstm}, "direction_chart")
    claims = [
        Claim("ltr_worse", measured=max(ltr), expected=0, op="≤"),
        Claim("bilstm_glue", measured=max(added[:-1]), expected=0, op="≤"),
        Claim("bilstm_behind", measured=max(bilstm), expected=0, op="≤"),
    ]
    measured = [
        points("squad_lost", -ltr[-1]),
        points("squad_regained", added[-1]),
        points("squad_missing", -bilstm[-1]),
    ]
    return bars, _table_5(), claims, measured


def _size() -> Answer:
    """Table 6 over the number of parameters, which we count with the paper's sizes and the released vocabulary."""
    printed = np.array(list(SIZE.rows.values()))  # (models, columns): the perplexity, then the tasks
    tasks = SIZE.columns[1:]
    z = printed[:, 1:].T  # (tasks, models)
    millions = [_parameters(name) / 1e6 for name in SIZE.rows]
    series = [Series(task, millions, y, points=True) for task, y in zip(tasks, z, strict=True)]
    lines = Lines(series, x="parameters", y="dev_accuracy", title="size_chart", log_x=True, y_range=(76, 95))
    smallest = round(np.diff(z).min(), 2)
    base, large = SIZE.minus("12/768/12", "3/768/12"), SIZE.minus("24/1024/16", "12/768/12")
    claims = [Claim("larger_better", measured=smallest, expected=0, op="≥")]
    measured = [
        points("mnli_to_base", base[1]),
        points("mnli_to_large", large[1]),
        points("mrpc_to_large", large[2]),
    ]
    rows = [[name, *numbers[1:]] for name, numbers in SIZE.rows.items()]
    return lines, Table(["sizes", *tasks], rows, "table_6"), claims, measured


def _features() -> Answer:
    """Table 7: vectors of the frozen model for a tagger, against fine-tuning the whole model."""
    tuned = FEATURES.cell("base", "dev")
    change = [round(FEATURES.cell(name, "dev") - tuned, 2) for name in LAYERS]
    bars = Bars(
        {"frozen": change}, list(LAYERS.values()), x="layers", y="change", title="features_chart", y_range=(-6, 0.5)
    )
    claims = [
        Claim("as_text", measured=-max(change), expected=0.3, abs=1e-9),
        Claim("joined_best", measured=change[-1], expected=max(change)),
    ]
    measured = [points("behind_tuning", -max(change)), points("layers_bring", max(change) - change[0])]
    rows = [[LAYERS[name], FEATURES.cell(name, "dev")] for name in LAYERS]
    return bars, Table(["layers", "dev_f1"], rows, "table_7"), claims, measured


def _changes(groups: dict[str, list[float]], title: str) -> Bars:
    return Bars(
        groups,
        TASKS.columns,
        x="task",
        y="change",
        title=title,
        y_range=CHANGE,
    )


def _table_5() -> Table:
    rows = [[task, *(TASKS.cell(row, task) for row in TASKS.rows)] for task in TASKS.columns]
    return Table(["task", *TASKS.rows], rows, "table_5")


def _parameters(name: str) -> int:
    """Of the encoder with its pooler; the feed-forward layers are four times as wide as the hidden state (§3)."""
    n_layer, d_model, n_head = map(int, name.split("/"))
    config = BertConfig(d_model=d_model, n_layer=n_layer, n_head=n_head, d_ff=4 * d_model)
    return shapes.count_parameters(config).total


_ANSWERS = {"nsp": _nsp, "direction": _direction, "size": _size, "features": _features}
