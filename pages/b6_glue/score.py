"""From nine tasks to one number: the paper's mean and GLUE's.   Devlin et al. 2019, Table 1; Wang et al. 2018, §3.4."""

from statistics import mean
from typing import Annotated

from models import metrics
from pages.b6_glue.inputs import SHORT
from pages.b6_glue.table_1 import LEADERBOARD, TABLE_1, WNLI, by_task, columns
from study.controls import Choice, Slider, Toggle
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Bars, Chain, Say, Table

PEOPLE_WNLI = 95.9  # Nangia & Bowman 2019
PRESETS = {
    "large": {"system": "large", "step": "rules"},
    "base": {"system": "base", "step": "rules"},
    "large_second": {"system": "large", "second": True, "step": "rules"},
    "base_second": {"system": "base", "second": True, "step": "rules"},
    "people_wnli": {"system": "large", "second": True, "wnli": PEOPLE_WNLI, "step": "rules"},
}


def score(
    system: Annotated[str, Choice(*TABLE_1)] = "large",
    second: Annotated[bool, Toggle()] = False,
    wnli: Annotated[float, Slider(0.0, 100.0, step=0.1)] = WNLI,
) -> Evidence:
    """One row of the paper's table under two rules: the mean of its nine columns, and GLUE's mean of nine tasks."""
    row, printed = columns(system), TABLE_1[system][-1]
    known, official = LEADERBOARD.get(system, ({}, 0.0))
    others = known if second else {}
    tasks = by_task(row, wnli, others)
    paper, rule = metrics.paper_mean(row), metrics.glue_score(tasks)
    for_wnli = (wnli - mean(tasks["MNLI"])) / 9  # MNLI's second column makes room for WNLI
    for_second = sum((value - row[name]) / 2 for name, value in others.items()) / 9  # two metrics share one task
    claims = [
        # the printed mean is rounded to 0.1; where it is not the mean of the printed columns, those were rounded too
        Claim("reproduces", measured=paper, expected=printed, abs=0.1 if system == "elmo" else 0.05),
        Claim("difference", measured=rule - paper, expected=for_wnli + for_second, abs=1e-9),
    ]
    if others and wnli == WNLI:
        claims.append(Claim("leaderboard", measured=rule, expected=official, abs=0.05))
    total = [("nine_columns", sum(row.values())), ("divided", 9), ("paper_mean", paper), ("printed", printed)]
    steps = [("paper_mean", paper), ("for_wnli", for_wnli), ("for_second", for_second), ("glue_mean", rule)]
    notices = [Say("no_second")] if second and not known else []
    if system == "elmo":
        notices.append(Say("row_not_its_mean"))
    return Evidence(
        Step(
            "rules",
            Chain(total, "paper_rule", joins=["÷", "=", "→"]),
            Chain(steps, "from_one_to_other", joins=["+", "+", "="]),
        ),
        Step("nine_tasks", _nine(tasks)),
        Step("table_1", _table_1(system)),
        claims=claims,
        measured=[Measured("paper", paper), Measured("glue", rule)],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Table 1" + (", Sun et al. 2019 (ERNIE 2.0)" if others else ""),
        notices=notices,
    )


def _table_1(system: str) -> Bars:
    """The row beside those of GPT and BERT."""
    shown = dict.fromkeys(("gpt", "base", "large", system))  # each once
    names = [f"{task} {SHORT[metric]}" for task, metric in metrics.PAPER_COLUMNS.items()]
    return Bars({s: list(columns(s).values()) for s in shown}, names, x="column", y="score", title="table_1")


def _nine(tasks: dict[str, list[float]]) -> Table:
    """Each task with the metrics that were averaged for it; a metric that stands in for two is told once."""
    rows = []
    for name, values in tasks.items():
        used = ", ".join(f"{value:g}" for value in dict.fromkeys(values))
        rows.append([name, used, mean(values)])
    return Table(["task", "metrics_used", "task_score"], rows, "glue_rule")
