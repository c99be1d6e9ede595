"""What the local BERT reaches on five of GLUE's tasks: probes and adapters that were trained here, three seeds each."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Annotated

import numpy as np

from models import metrics
from models.records import Unusable
from models.records import glue as glue_results
from pages.b6_glue.inputs import CARD, SHORT, labels, matrix
from pages.b6_glue.tasks import TASKS
from study.controls import Choice, Refusal, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Key, Say, Table

STAGES = dict(zip(("probe", "apart", "lora"), glue_results.STAGES, strict=True))  # our words for them
PRESETS = {
    "sst2": {"task": "sst2", "stage": "lora", "step": "task"},
    "cola": {"task": "cola", "stage": "lora", "step": "task"},
    "mrpc": {"task": "mrpc", "stage": "probe", "step": "task"},
    "stsb": {"task": "stsb", "stage": "lora", "step": "task"},
    "rte": {"task": "rte", "stage": "probe", "step": "task"},
}


def ours(
    task: Annotated[str, Choice(*glue_results.NAMES)] = "cola",
    stage: Annotated[str, Choice("lora", "probe", "apart")] = "lora",
    seed: Annotated[int, Slider(0, 2)] = 0,
) -> Evidence:
    """What the local BERT reaches on the dev sets, over the seeds; one run looked at closely."""
    try:
        results = glue_results.load()
    except Unusable as error:
        raise Refusal("no_results") from error
    columns = [_column(results, t, metric) for t in glue_results.NAMES for metric in TASKS[t].metrics]
    of_task = [_column(results, task, metric) for metric in TASKS[task].metrics]
    views = [_bars(of_task, Say("one_task", task=TASKS[task].name))]
    run = results.run(task, STAGES[stage], seed)
    measured, notices = [], []
    if results.unfinished:
        notices.append(Say("unfinished", tasks=", ".join(results.unfinished)))
    if not run:
        notices.append(Say("no_run"))
    elif run.cells:
        counts = metrics.Confusion(**run.cells)
        views.append(matrix(counts, Say("one_run", task=TASKS[task].name, seed=seed)))
        measured = _told(run) + _shares(counts, with_accuracy="accuracy" in run.dev)
    else:
        measured = _told(run)
        notices.append(Say("no_matrix"))
    return Evidence(
        Step("task", *views),
        Step("all", _bars(columns, "all_tasks")),
        Step("numbers", _in_numbers(columns)),
        claims=[_as_recorded(results)],
        measured=measured,
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=notices,
    )


@dataclass(frozen=True)
class _Column:
    """A metric of a task: 100 times its value without learning, and of every seed by stage."""

    name: str
    blind: float | None  # None: not on file
    seeds: dict[str, list[float]]  # by our word for the stage; empty where no seed is on file
    dev: str | Say  # how many examples it is measured on


def _column(results: glue_results.Results, task: str, metric: str) -> _Column:
    seeds = {word: results.scores(task, stage, metric) for word, stage in STAGES.items()}
    size = results.data.get(task, {"dev": "–"})["dev"]
    # "drawn": held out of the training set here, not GLUE's dev set
    dev = Say("drawn_here", n=size) if results.drawn(task) else str(size)
    return _Column(f"{TASKS[task].name} {SHORT[metric]}", results.blind(task, metric), seeds, dev)


def _bars(columns: Sequence[_Column], title: Key) -> Bars:
    """The mean of each stage's seeds, with a thin line from the lowest to the highest."""
    values = {"blind": [np.nan if c.blind is None else c.blind for c in columns]}
    spread = {}
    for word in STAGES:
        seeds = [c.seeds[word] or [np.nan] for c in columns]
        values[word] = [mean(s) for s in seeds]
        spread[word] = [[min(s) for s in seeds], [max(s) for s in seeds]]
    names = [c.name for c in columns]
    lowest = np.nanmin([0, *(low for lows, _ in spread.values() for low in lows)])  # MCC may be below 0
    return Bars(values, names, x="column", y="score", title=title, spread=spread, y_range=(lowest, 100))


def _in_numbers(columns: Sequence[_Column]) -> Table:
    def told(seeds: Sequence[float]) -> str:
        return f"{mean(seeds):.1f} ({min(seeds):.1f}–{max(seeds):.1f})" if seeds else "–"

    rows = [
        [c.name, "–" if c.blind is None else f"{c.blind:.1f}", *(told(s) for s in c.seeds.values()), c.dev]
        for c in columns
    ]
    return Table(["column", "blind", *STAGES, "dev_size"], rows, "with_spread")


def _told(run: glue_results.Run) -> list[Measured]:
    """The run's own scores."""
    return [Measured(f"run_{name}", 100 * value) for name, value in run.dev.items() if value is not None]


def _shares(c: metrics.Confusion, with_accuracy: bool) -> list[Measured]:
    """How many the run answers rightly, unless its accuracy says so, and how many the more frequent label would."""
    n, positive = sum(vars(c).values()), c.tp + c.fn
    right, most = 100 * (c.tp + c.tn) / n, 100 * max(positive, n - positive) / n
    right_share = [] if with_accuracy else [Measured("right_share", right, unit="percent")]
    return [*right_share, Measured("most_frequent", most, unit="percent")]


def _as_recorded(results: glue_results.Results) -> Claim:
    """The scores on file are those of the confusion matrices on file, of all runs."""
    recomputed, recorded = [], []
    for run in results.runs:
        if run.cells and run.stage in STAGES.values():
            predicted, actual = labels(metrics.Confusion(**run.cells))  # (n,) each
            recomputed += [getattr(metrics, name)(predicted, actual) for name in run.dev]
            recorded += run.dev.values()
    return same("as_recorded", recomputed, recorded, abs=5.001e-5)  # kept to four places
