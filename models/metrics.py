"""The metrics of GLUE and its score.   Wang et al. 2018, §3 and Table 1; Devlin et al. 2019, §4.1 and Table 1.

    accuracy            the share of right answers
    F1                  2 TP / (2 TP + FP + FN): says nothing about true negatives
    Matthews            the correlation of two binary variables: uses all four cells, 0 for a blind guess
    Pearson, Spearman   linear correlation, and the same of the ranks: does the order agree?

Everything is computed in float64 and is a fraction, -1..1 or 0..1; the tables of the papers show 100 times that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

#: The nine tasks and their metrics, in the order of Wang et al. 2018, Table 1. MNLI: matched and mismatched test sets.
TASKS: dict[str, tuple[str, ...]] = {
    "CoLA": ("matthews",),
    "SST-2": ("accuracy",),
    "MRPC": ("accuracy", "f1"),
    "STS-B": ("pearson", "spearman"),
    "QQP": ("accuracy", "f1"),
    "MNLI": ("accuracy", "accuracy"),
    "QNLI": ("accuracy",),
    "RTE": ("accuracy",),
    "WNLI": ("accuracy",),
}

#: The columns of Devlin et al. 2019, Table 1: one metric per task, MNLI twice, no WNLI. Its caption has accuracy
#: "for the other tasks", CoLA among them; GLUE reports Matthews' correlation there (Wang et al. 2018, Table 1).
PAPER_COLUMNS: dict[str, str] = {
    "MNLI-m": "accuracy",
    "MNLI-mm": "accuracy",
    "QQP": "f1",
    "QNLI": "accuracy",
    "SST-2": "accuracy",
    "CoLA": "matthews",
    "STS-B": "spearman",
    "MRPC": "f1",
    "RTE": "accuracy",
}


class Undefined(ValueError):
    """A correlation that does not exist, for the `.reason`: "too_few" (below two pairs) or "constant".

    Not 0 and not nan: a model that says the same for every pair has no correlation, and a mean with a silent nan or 0
    in it would hide that.
    """

    def __init__(self, reason: str, told: str):
        super().__init__(told)
        self.reason = reason


@dataclass(frozen=True)
class Confusion:
    """How often a binary prediction met a binary label: the first letter says whether it was right."""

    tp: int  # predicted 1, is 1
    fp: int  # predicted 1, is 0
    fn: int  # predicted 0, is 1
    tn: int  # predicted 0, is 0


def accuracy(predicted: Sequence, actual: Sequence) -> float:
    """The share of right answers, 0..1, for any labels. Equal to sklearn.metrics.accuracy_score.

    predicted and actual (n,), n >= 1, else ValueError.
    """
    predicted, actual = _pairs(predicted, actual)
    return float((predicted == actual).mean())


def confusion(predicted: Sequence[int], actual: Sequence[int]) -> Confusion:
    """The four cells. predicted and actual (n,), n >= 1, of 0 and 1 (or booleans), else ValueError."""
    p, a = _pairs(predicted, actual)
    if not np.isin(p, (0, 1)).all() or not np.isin(a, (0, 1)).all():
        raise ValueError("binary metrics need labels 0 and 1")
    p, a = p == 1, a == 1
    return Confusion(*(int(cell.sum()) for cell in (p & a, p & ~a, ~p & a, ~p & ~a)))


def f1(predicted: Sequence[int], actual: Sequence[int]) -> float:
    """Harmonic mean of precision TP/(TP+FP) and recall TP/(TP+FN) of the label 1. Equal to sklearn.metrics.f1_score.

    The arguments of confusion -> 0..1; 0 by convention where 1 is neither predicted nor true (0/0). Which label is
    called 1 matters, unlike for the other metrics.
    """
    c = confusion(predicted, actual)
    found = 2 * c.tp + c.fp + c.fn
    return 2 * c.tp / found if found else 0.0


def matthews(predicted: Sequence[int], actual: Sequence[int]) -> float:
    """(TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)): Matthews 1975. Equal to sklearn.metrics.matthews_corrcoef.

    The arguments of confusion -> -1..1: Pearson's correlation of two binary variables. 0 by convention where a margin
    is empty, that is, where only one label is predicted or only one is true: so "always acceptable" gets 0 on CoLA.
    """
    c = confusion(predicted, actual)
    margins = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)  # Python's integers cannot overflow
    return (c.tp * c.tn - c.fp * c.fn) / sqrt(margins) if margins else 0.0


def at_balance(share: np.ndarray, recall: float, specificity: float) -> dict[str, np.ndarray]:
    """Accuracy, F1 and Matthews of one classifier on data with another share of the label 1.

    share (n,), each between 0 and 1; recall TP/(TP+FN) and specificity TN/(TN+FP), 0..1, stay as they are.
    -> "accuracy", "f1", "matthews", (n,) each, with the conventions of f1 and matthews.
    """
    tp, tn = share * recall, (1 - share) * specificity  # (n,) each, as shares of all examples
    fn, fp = share - tp, 1 - share - tn
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    found = 2 * tp + fp + fn
    with np.errstate(divide="ignore", invalid="ignore"):
        f1_, matthews_ = 2 * tp / found, (tp * tn - fp * fn) / np.sqrt(margins)
    return {
        "accuracy": tp + tn,
        "f1": np.where(found > 0, f1_, 0.0),
        "matthews": np.where(margins > 1e-15, matthews_, 0.0),  # rounding leaves no margin quite empty
    }


def pearson(x: Sequence[float], y: Sequence[float]) -> float:
    """Covariance over the product of the standard deviations, -1..1. Equal to scipy.stats.pearsonr.

    x and y (n,) finite, else ValueError. Raises Undefined for n < 2 and where x or y has one value only.
    """
    x, y = _pairs(x, y, dtype=np.float64)
    if len(x) < 2:
        raise Undefined("too_few", f"a correlation needs at least two pairs, got {len(x)}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a correlation needs finite numbers")
    return float(np.clip(_direction(x) @ _direction(y), -1, 1))  # rounding may go 1e-16 beyond


def ranks(x: Sequence[float]) -> np.ndarray:
    """Rank 1 for the smallest; equal values share the mean of the ranks that they take up. Equal to scipy's rankdata.

    x (n,) -> (n,), as in ranks([10, 20, 20, 40]) = [1, 2.5, 2.5, 4].
    """
    _, group, size = np.unique(np.asarray(x), return_inverse=True, return_counts=True)
    last = np.cumsum(size)  # the last rank of each group of equal values
    return (last - (size - 1) / 2)[group]


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson's correlation of the ranks: the shortcut 1 - 6 sum d² / (n³ - n) is wrong where values are equal.

    The arguments and errors of pearson. Equal to scipy.stats.spearmanr.
    """
    x, y = _pairs(x, y, dtype=np.float64)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a correlation needs finite numbers")
    return pearson(ranks(x), ranks(y))


def glue_score(scores: Mapping[str, Sequence[float]]) -> float:
    """GLUE's own rule: a task's metrics are averaged first, then the nine tasks.   Wang et al. 2018, §3.4.

    scores: for each of TASKS its metrics, as {"CoLA": [60.5], "MRPC": [85.4, 89.3], ...}; MNLI's two test sets are two
    metrics of one task. Raises ValueError unless all nine are there, complete: a mean over some is not a GLUE score.
    """
    if set(scores) != set(TASKS):
        raise ValueError(f"a GLUE score needs exactly {', '.join(TASKS)}; got {', '.join(scores) or 'nothing'}")
    for task, metrics in TASKS.items():
        if len(scores[task]) != len(metrics):
            raise ValueError(f"{task} has {len(metrics)} metric(s), {', '.join(metrics)}; got {len(scores[task])}")
    return _mean([_mean(scores[task]) for task in TASKS])


def paper_mean(columns: Mapping[str, float]) -> float:
    """The "Average" of Devlin et al. 2019, Table 1: nine columns, so that MNLI counts twice and WNLI not at all.

    Raises ValueError unless exactly PAPER_COLUMNS are there.
    """
    if set(columns) != set(PAPER_COLUMNS):
        raise ValueError(f"the paper's mean needs exactly {', '.join(PAPER_COLUMNS)}; got {', '.join(columns)}")
    return _mean([columns[name] for name in PAPER_COLUMNS])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _pairs(x: Sequence, y: Sequence, dtype: type | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays (n,), n >= 1 and the same, else ValueError."""
    x, y = np.asarray(x, dtype), np.asarray(y, dtype)
    if x.ndim != 1 or x.shape != y.shape or len(x) == 0:
        raise ValueError(f"need two lists of the same length, not empty; got shapes {x.shape} and {y.shape}")
    return x, y


def _direction(x: np.ndarray) -> np.ndarray:
    """x (n,) minus its mean, as a vector of length 1; divided by the largest value twice, so that no square overflows.

    Raises Undefined where all values are the same.
    """
    if (x == x[0]).all():  # asked first: the mean of equal values may differ from them in the last bit
        raise Undefined("constant", f"a correlation needs values that differ; all {len(x)} are {x[0]}")
    x = x / np.abs(x).max()
    x = x - x.mean()
    x = x / np.abs(x).max()
    return x / sqrt(x @ x)
