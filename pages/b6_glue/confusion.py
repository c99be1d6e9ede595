"""Four counts, three metrics: what accuracy, F1 and Matthews' correlation see.   Wang et al. 2018, §3; Matthews 1975.

accuracy = (TP + TN) / n        F1 = 2 TP / (2 TP + FP + FN)
MCC = (TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN))
"""

import math
import warnings
from typing import Annotated

import numpy as np

from models import metrics
from pages.b6_glue.inputs import labels, libraries, matrix, versioned
from study.controls import Refusal, Slider, Toggle
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Chain, Lines, Say, Series

Count = Annotated[int, Slider(0, 100)]
PRESETS = {
    "all_one": {"tp": 90, "fn": 0, "fp": 10, "tn": 0},
    "told_apart": {"tp": 85, "fn": 5, "fp": 5, "tn": 5},
    "other_label": {"tp": 85, "fn": 5, "fp": 5, "tn": 5, "swap": True},
    "balanced": {"tp": 45, "fn": 5, "fp": 5, "tn": 45},
    "uneven": {"tp": 45, "fn": 5, "fp": 25, "tn": 25},
}


def confusion(
    tp: Count = 90,
    fn: Count = 0,
    fp: Count = 10,
    tn: Count = 0,
    swap: Annotated[bool, Toggle()] = False,
) -> Evidence:
    """Accuracy, F1 and Matthews of four counts, and of the same classifier on data with another balance."""
    if tp + fn + fp + tn == 0:
        raise Refusal("no_examples")
    if swap:  # the other label is called 1
        tp, fn, fp, tn = tn, fp, fn, tp
    counts = metrics.Confusion(tp=tp, fp=fp, fn=fn, tn=tn)
    predicted, actual = labels(counts)  # (n,) each
    ours = {name: getattr(metrics, name)(predicted, actual) for name in ("accuracy", "f1", "matthews")}
    views = [matrix(counts, "counts_swapped" if swap else "counts")]
    passes = []
    if 0 < actual.sum() < len(actual):  # without both labels there is no recall or no specificity
        curves, through = _other_balances(counts, ours)
        views.append(curves)
        passes.append(through)
    views.append(_by_hand(counts, ours["matthews"]))
    other_f1 = metrics.f1(1 - predicted, 1 - actual)
    return Evidence(
        *views,
        claims=lambda: [*_as_library(predicted, actual, ours), *passes],
        measured=[
            *(Measured(name, value) for name, value in ours.items()),
            *_measured(counts),
            Measured("other_f1", other_f1),
        ],
        origin=Origin.CALCULATED,
        source=versioned("scikit-learn"),
        notices=_conventions(counts),
    )


def _as_library(predicted: np.ndarray, actual: np.ndarray, ours: dict[str, float]) -> list[Claim]:
    """Ours as scikit-learn's; and Matthews whichever of the labels (n,) is called 1."""
    theirs, other_matthews = of_labels(predicted, actual), metrics.matthews(1 - predicted, 1 - actual)
    return [
        *(Claim(f"same_{name}", measured=value, expected=theirs[name], abs=1e-9) for name, value in ours.items()),
        Claim("either_label", measured=other_matthews, expected=ours["matthews"], abs=1e-12),
    ]


def of_labels(predicted: np.ndarray, actual: np.ndarray) -> dict[str, float]:
    """The three metrics of binary labels (n,), n >= 1, by scikit-learn."""
    library = libraries()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a single class
        result = {
            "accuracy": library.metrics.accuracy_score(actual, predicted),
            "f1": library.metrics.f1_score(actual, predicted, zero_division=0),
            "matthews": library.metrics.matthews_corrcoef(actual, predicted),
        }
    return {name: float(value) for name, value in result.items()}


def _margins(c: metrics.Confusion) -> list[int]:
    """The sums of the table's rows and columns."""
    return [
        c.tp + c.fp,  # predicted 1
        c.tp + c.fn,  # is 1
        c.tn + c.fp,  # is 0
        c.tn + c.fn,  # predicted 0
    ]


def _by_hand(c: metrics.Confusion, matthews: float) -> Chain:
    determinant = c.tp * c.tn - c.fp * c.fn
    margins = math.sqrt(math.prod(_margins(c)))
    equals = "=" if margins else "→"  # 0/0 is not 0, it is made 0 by convention
    parts = [("determinant", determinant), ("margins", margins), ("matthews", matthews)]
    return Chain(parts, "by_hand", joins=["÷", equals])


def _measured(c: metrics.Confusion) -> list[Measured]:
    """What always answering the more frequent label gets; precision and recall, 0 where there is nothing to share."""
    predicted_1, is_1, is_0, _ = _margins(c)
    return [
        Measured("blind", max(is_1, is_0) / (is_1 + is_0)),
        Measured("precision", c.tp / predicted_1 if predicted_1 else 0.0),
        Measured("recall", c.tp / is_1 if is_1 else 0.0),
    ]


def _other_balances(c: metrics.Confusion, ours: dict[str, float]) -> tuple[Lines, Claim]:
    """The metrics as curves over the share of label 1, recall and specificity unchanged; they pass through ours."""
    _, is_1, is_0, _ = _margins(c)
    recall, specificity = c.tp / is_1, c.tn / is_0
    here, share = is_1 / (is_1 + is_0), np.linspace(0.01, 0.99, 99)
    curves = metrics.at_balance(share, recall, specificity)
    at_ours = metrics.at_balance(np.array([here]), recall, specificity)
    lowest = -0.05 if curves["matthews"].min() >= 0 else -1.05  # two axes only: nothing rescales while a count moves
    title = Say("balance", recall=f"{recall:.2f}", specificity=f"{specificity:.2f}")
    series = [Series(name, share, y) for name, y in curves.items()]
    lines = Lines(series, x="share", y="metric", title=title, here=here, y_range=(lowest, 1.05))
    points = [at_ours[name][0] for name in ours]
    return lines, same("on_the_curves", points, list(ours.values()), abs=1e-9)


def _conventions(c: metrics.Confusion) -> list[Say]:
    """What is 0 although the formula gives 0/0."""
    notices = []
    if 0 in _margins(c):
        notices.append(Say("matthews_by_convention"))
    if c.tp + c.fp + c.fn == 0:
        notices.append(Say("f1_by_convention"))
    return notices
