"""Nine tasks, two means: GLUE's score and the paper's.   Devlin et al. 2019, Table 1; Wang et al. 2018, §3.4."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean

from models import metrics
from pages.b6_glue.inputs import SHORT
from pages.b6_glue.table_1 import LEADERBOARD, TABLE_1, WNLI, by_task, columns
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Text

SYSTEM = "large"
FIRST, SECOND, TASK, TOTAL = 60, 138, 234, 302  # where columns begin: two of metrics, the task's mean, the total
WIDE, TALL = 72, 21  # a metric's box
TOPS = dict(zip(metrics.TASKS, (24, 50, 82, 108, 134, 166, 192, 218, 244), strict=True))  # of rows, in three groups
STEM = 291  # the line that gathers the tasks' means
SAME = {"MNLI-m": "MNLI", "MNLI-mm": "MNLI"}  # columns of the paper that are no task's name
PRINTED = {(SAME.get(name, name), metric) for name, metric in metrics.PAPER_COLUMNS.items()}
HEADS = (
    Text(135, 14, Say("metrics"), size=12),
    Text(259, 14, Say("task_mean"), size=12),
    Text(330, 14, "GLUE", size=12, bold=True),
)
WAYS = (
    Arrow(((STEM, 34), (STEM, 254)), head=False),
    Arrow(((STEM, 145), (301, 145))),
    Arrow(((FIRST, 272), (SECOND + WIDE, 272)), role="query", head=False),
    Arrow(((96, 272), (96, 284)), role="query"),
)


def nine_to_one() -> Evidence:
    """BERT-large: each task's metrics, their mean, and the mean of those; filled: what the paper averages."""
    row, printed = columns(SYSTEM), TABLE_1[SYSTEM][-1]
    second, official = LEADERBOARD[SYSTEM]
    tasks = by_task(row, WNLI, second)
    paper, rule = metrics.paper_mean(row), metrics.glue_score(tasks)
    totals = [
        Box(TOTAL, 130, 56, 30, f"{rule:.1f}", role="value", size=15),
        Box(FIRST, 285, WIDE, 26, f"{paper:.1f}", role="query", size=15),
        Text(140, 303, Say("paper"), anchor="start", size=12),
    ]
    return Evidence(
        Diagram([*HEADS, *_rows(tasks), *WAYS, *totals], 360, 316),
        claims=[
            Claim("paper_mean", measured=paper, expected=printed, abs=0.05),
            Claim("glue_score", measured=rule, expected=official, abs=0.05),
        ],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Table 1; Sun et al. 2019 (ERNIE 2.0)",
    )


def _rows(tasks: Mapping[str, Sequence[float]]) -> Iterable[Box | Text | Arrow]:
    """A task's name, its metrics, first those that the paper prints, and their mean."""
    for name, values in tasks.items():
        top = TOPS[name]
        middle = top + TALL / 2
        boxes = _metrics(name, values, top)
        end = boxes[-1].x + WIDE
        yield Text(4, top + 15, name, anchor="start", bold=True)
        yield from boxes
        yield Arrow(((end + 1, middle), (TASK - 1, middle)))
        yield Box(TASK, top, 50, TALL, f"{mean(values):.4g}", role="value")
        yield Arrow(((TASK + 50, middle), (STEM, middle)), head=False)


def _metrics(name: str, values: Sequence[float], top: float) -> list[Box]:
    told = zip(metrics.TASKS[name], values, strict=True)
    in_order = sorted(told, key=lambda metric: (name, metric[0]) not in PRINTED)
    boxes = []
    for x, (metric, value) in zip((FIRST, SECOND), in_order, strict=False):
        printed = (name, metric) in PRINTED
        text, role = f"{SHORT[metric]} {value:.1f}", "query" if printed else ""
        boxes.append(Box(x, top, WIDE, TALL, text, role, filled=printed, dashed=not printed))
    return boxes
