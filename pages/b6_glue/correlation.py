"""Pearson and Spearman: does a predicted score lie on a line, is its order right?   Wang et al. 2018, §3.2 (STS-B)."""

import warnings
from typing import Annotated

import numpy as np

from models import metrics
from pages.b6_glue.inputs import libraries, versioned
from study.controls import Choice, Numbers, Slider, When
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Points, Say, Scatter, Table

TYPED = (
    (5.0, 4.6), (4.2, 4.4), (3.8, 3.1), (3.0, 3.4),
    (2.4, 1.5), (1.6, 2.2), (0.8, 0.9), (0.0, 0.4),
)  # fmt: skip
OUTLIER = (
    (1.0, 1.4), (1.2, 1.0), (1.4, 1.5), (1.6, 1.1), (1.8, 1.3), (2.0, 1.2),
    (5.0, 5.0),
)  # fmt: skip
CASES = {
    "bent": tuple((x / 2, (x / 2) ** 4 / 125) for x in range(11)),  # the same order, no line
    "outlier": OUTLIER,
    "shifted": tuple((x / 2, 0.5 + x / 20) for x in range(11)),  # on another scale
    "constant": tuple((x / 2, 2.5) for x in range(11)),
}
PRESETS = {
    "power_5": {"case": "typed", "power": 5.0, "step": "points"},
    "outlier": {"case": "outlier", "step": "points"},
    "shifted": {"case": "shifted", "step": "points"},
    "constant": {"case": "constant", "step": "points"},
    "one_pair": {"case": "typed", "scores": TYPED[:1], "step": "points"},
}
Rows = Annotated[
    tuple[tuple[float | None, ...], ...], Numbers("right", "predicted", most=10), When(case="typed")
]  # an empty cell is None


def correlation(
    case: Annotated[str, Choice("typed", *CASES)] = "typed",
    power: Annotated[float, Slider(0.2, 5.0, step=0.2)] = 1.0,
    scores: Rows = TYPED,
) -> Evidence:
    """Pearson and Spearman of predicted scores; raising the predictions to a power leaves their order as it is."""
    rows = Numbers.complete(scores if case == "typed" else CASES[case])
    right, before = (np.array(side) for side in zip(*rows, strict=True))  # (n,) each
    predicted = np.sign(before) * np.abs(before) ** power  # (n,)
    result, reason = _correlations(predicted, right)

    def claims() -> list[Claim]:
        theirs = of_scores(predicted, right)
        if reason:
            return [Claim("undefined_there", measured=np.isnan(list(theirs.values())).sum(), expected=2)]
        order = metrics.spearman(before, right)
        return [
            Claim("same_pearson", measured=result["pearson"], expected=theirs["pearson"], abs=1e-6),
            Claim("same_spearman", measured=result["spearman"], expected=theirs["spearman"], abs=1e-6),
            _on_another_scale(predicted, right, result["pearson"]),
            Claim("order_only", measured=result["spearman"], expected=order, abs=1e-12),
        ]

    notices = [Say(reason)] if reason else []
    if case == "typed" and len(rows) < len(scores):
        notices.append(Say("incomplete", rows=len(scores) - len(rows)))
    return Evidence(
        *_steps(right, predicted, "undefined" if reason else "ranks"),
        claims=claims,
        measured=[
            *(Measured(name, value) for name, value in result.items()),
            Measured("error", np.abs(predicted - right).mean()),
        ],
        origin=Origin.CALCULATED,
        source=versioned("SciPy"),
        notices=notices,
    )


def of_scores(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Pearson and Spearman of x and y (n,), n >= 1, by SciPy, nan where undefined."""
    library = libraries()
    functions = {"pearson": library.stats.pearsonr, "spearman": library.stats.spearmanr}
    if len(x) < 2:  # SciPy raises an error of its own there
        return dict.fromkeys(functions, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant values, and of values that are nearly so
        return {name: float(f(x, y).statistic) for name, f in functions.items()}


def _correlations(x: np.ndarray, y: np.ndarray) -> tuple[dict[str, float], str]:
    """Pearson and Spearman; or none, and the reason why there are none."""
    try:
        return {"pearson": metrics.pearson(x, y), "spearman": metrics.spearman(x, y)}, ""
    except metrics.Undefined as undefined:
        return {}, undefined.reason


def _on_another_scale(predicted: np.ndarray, right: np.ndarray, pearson: float) -> Claim:
    """Pearson ignores scale and shift.

    The shift is as large as the largest prediction: beside a fixed 1, rounding would swallow predictions as small as
    1e-20, which a power of 5 makes of 0.0001.
    """
    elsewhere = 0.2 * predicted + np.abs(predicted).max()  # (n,)
    there = metrics.pearson(elsewhere, right)
    return Claim("stretched", measured=there, expected=pearson, abs=1e-6)


def _steps(right: np.ndarray, predicted: np.ndarray, title: str) -> tuple[Step, Step]:
    """The pairs as points, by value (Pearson) and by rank (Spearman); and both in numbers."""
    numbers = [str(i + 1) for i in range(len(right))]
    right_ranks, predicted_ranks = (metrics.ranks(x) for x in (right, predicted))
    columns = ["pair", "right", "predicted", "right_rank", "predicted_rank"]
    rows = zip(numbers, *(x.tolist() for x in (right, predicted, right_ranks, predicted_ranks)), strict=True)
    values = Points("pair", right, predicted, numbers)
    ranks = Points("pair", right_ranks, predicted_ranks, numbers)
    return (
        Step(
            "points",
            Scatter([values], x="right", y="predicted", title="scatter"),
            Scatter([ranks], x="right_rank", y="predicted_rank", title=title),
        ),
        Step("numbers", Table(columns, list(rows), "ranked")),
    )
