"""What papers report on GLUE: tables that a lesson draws and recomputes. Scores are 100 times the metric."""

from collections.abc import Mapping
from dataclasses import dataclass

from models import metrics

#: Devlin et al. 2019, Table 1 (test sets): the columns of metrics.PAPER_COLUMNS in their order, then "Average".
TABLE_1: dict[str, tuple[tuple[float, ...], float]] = {
    "before_gpt": ((80.6, 80.1, 66.1, 82.3, 93.2, 35.0, 81.0, 86.0, 61.7), 74.0),
    "elmo": ((76.4, 76.1, 64.8, 79.8, 90.4, 36.0, 73.3, 84.9, 56.8), 71.0),
    "gpt": ((82.1, 81.4, 70.3, 87.4, 91.3, 45.4, 80.0, 82.3, 56.0), 75.1),
    "base": ((84.6, 83.4, 71.2, 90.5, 93.5, 52.1, 85.8, 88.9, 66.4), 79.6),
    "large": ((86.7, 85.9, 72.1, 92.7, 94.9, 60.5, 86.5, 89.3, 70.1), 82.1),
}
#: The metrics that Table 1 leaves out, as the leaderboard gave them (Sun et al. 2019, ERNIE 2.0), and its scores.
LEADERBOARD: dict[str, tuple[dict[str, float], float]] = {
    "base": ({"QQP": 89.2, "STS-B": 87.1, "MRPC": 84.8}, 78.3),
    "large": ({"QQP": 89.3, "STS-B": 87.6, "MRPC": 85.4}, 80.5),
}
#: WNLI's test set: the share of its more frequent class, always answered for BERT's entry (Devlin et al. 2019, B.1).
WNLI = 65.1


def columns(system: str) -> dict[str, float]:
    """A row of Table 1 by column."""
    return dict(zip(metrics.PAPER_COLUMNS, TABLE_1[system][0], strict=True))


def by_task(row: Mapping[str, float], wnli: float, second: Mapping[str, float] | None = None) -> dict[str, list[float]]:
    """A row of Table 1 as metrics.glue_score wants it: MNLI's two test sets are one task, WNLI is given.

    second: the metrics that Table 1 leaves out; where there are none, the printed one stands for its task alone.
    """
    known = {"MNLI": [row["MNLI-m"], row["MNLI-mm"]], "WNLI": [wnli]}
    known |= {name: [value, row[name]] for name, value in (second or {}).items()}
    return {name: known.get(name) or [row[name]] * len(rule) for name, rule in metrics.TASKS.items()}


@dataclass(frozen=True)
class Mark:
    """A published score."""

    name: str
    months: float  # since the benchmark was published (GLUE: 20 April 2018; SuperGLUE: 2 May 2019)
    score: float


#: The score of people, and of systems that came closer.
HISTORY: dict[str, tuple[float, tuple[Mark, ...]]] = {
    "glue": (
        87.1,
        (
            Mark("GPT", 2, 72.8),
            Mark("BERT large", 6, 80.5),
            Mark("MT-DNN", 13.5, 87.6),
            Mark("XLNet", 14.5, 88.4),
            Mark("T5", 18, 90.3),
        ),
    ),
    "superglue": (
        89.8,
        (
            Mark("BERT++", 2, 71.5),
            Mark("RoBERTa", 3, 84.6),
            Mark("T5", 6, 88.9),
            Mark("DeBERTa", 20, 89.9),
        ),
    ),
}
#: Where those numbers stand.
SOURCES = {
    "glue": "Devlin et al. 2019; Microsoft, June 2019; Wang et al. 2019; Raffel et al. 2020; Nangia & Bowman 2019",
    "superglue": "Wang et al. 2019; Raffel et al. 2020; He et al. 2021",
}
