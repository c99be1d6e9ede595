"""The numbers of BERT that are averaged: Table 1, and what it leaves out.   Devlin et al. 2019; Sun et al. 2019."""

from models import metrics

TABLE_1 = metrics.PAPER_TABLE_1  # scores are 100 times the metric, here and below
#: The metrics that Table 1 leaves out, as the leaderboard gave them (Sun et al. 2019, ERNIE 2.0), and its scores.
LEADERBOARD: dict[str, tuple[dict[str, float], float]] = {
    "base": ({"QQP": 89.2, "STS-B": 87.1, "MRPC": 84.8}, 78.3),
    "large": ({"QQP": 89.3, "STS-B": 87.6, "MRPC": 85.4}, 80.5),
}
#: WNLI's test set: the share of its more frequent class, always answered for BERT's entry (Devlin et al. 2019, B.1).
WNLI = 65.1


def columns(system: str) -> dict[str, float]:
    """A row of Table 1 by column, without its average."""
    return dict(zip(metrics.PAPER_COLUMNS, TABLE_1[system][:-1], strict=True))


def by_task(row: dict[str, float], wnli: float, second: dict[str, float] | None = None) -> dict[str, list[float]]:
    """A row of Table 1 as metrics.glue_score wants it: MNLI's two test sets are one task, WNLI is given.

    second: the metrics that Table 1 leaves out; where there are none, the printed one stands for its task alone.
    """
    known = {"MNLI": [row["MNLI-m"], row["MNLI-mm"]], "WNLI": [wnli]}
    for name, value in (second or {}).items():
        known[name] = [value, row[name]]
    for name, rule in metrics.TASKS.items():
        if name not in known:
            known[name] = [row[name]] * len(rule)
    return {name: known[name] for name in metrics.TASKS}
