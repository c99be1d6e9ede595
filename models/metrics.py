"""The metrics of GLUE and its score.   Wang et al. 2018, §3 and Table 1; Devlin et al. 2019, §4.1 and Table 1.

    accuracy            the share of right answers
    F1                  2 TP / (2 TP + FP + FN): says nothing about true negatives
    Matthews            the correlation of two binary variables: uses all four cells, 0 for a blind guess
    Pearson, Spearman   linear correlation, and the same of the ranks: does the order agree?

Everything is a fraction, -1..1 or 0..1; the tables of the papers show 100 times that. Correlations are computed with
whole numbers and rounded once, at the end: among nearly equal values rounding in between would be most of the result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite, isqrt, sqrt

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

#: Devlin et al. 2019, Table 1 (test sets), 100 times the metric: a row for each system, the columns of PAPER_COLUMNS in
#: their order, then the "Average" as printed.
_PRINTED = """
    before_gpt  80.6 80.1 66.1 82.3 93.2 35.0 81.0 86.0 61.7  74.0
    elmo        76.4 76.1 64.8 79.8 90.4 36.0 73.3 84.9 56.8  71.0
    gpt         82.1 81.4 70.3 87.4 91.3 45.4 80.0 82.3 56.0  75.1
    base        84.6 83.4 71.2 90.5 93.5 52.1 85.8 88.9 66.4  79.6
    large       86.7 85.9 72.1 92.7 94.9 60.5 86.5 89.3 70.1  82.1
"""
_ROWS = [line.split() for line in _PRINTED.strip().splitlines()]
PAPER_TABLE_1: dict[str, list[float]] = {system: [float(cell) for cell in cells] for system, *cells in _ROWS}


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
    """Matthews' correlation: what two binary columns have in common.

    (TP TN - FP FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)): Matthews 1975. Equal to sklearn.metrics.matthews_corrcoef.
    The arguments of confusion -> -1..1: Pearson's correlation of two binary variables. 0 by convention where a margin
    is empty, that is, where only one label is predicted or only one is true: so "always acceptable" gets 0 on CoLA.
    Python's integers cannot overflow.
    """
    c = confusion(predicted, actual)  # the four cells: tp, fp, fn, tn
    # the sums of the two rows and the two columns, multiplied
    margins = (c.tp + c.fp) * (c.tp + c.fn) * (c.tn + c.fp) * (c.tn + c.fn)
    # an empty row or column makes it 0/0, which counts as 0
    return (c.tp * c.tn - c.fp * c.fn) / sqrt(margins) if margins else 0.0


def at_balance(share: np.ndarray, recall: float, specificity: float) -> dict[str, np.ndarray]:
    """Accuracy, F1 and Matthews of one classifier on data with another share of the label 1.

    share (n,), each between 0 and 1; recall TP/(TP+FN) and specificity TN/(TN+FP), 0..1, stay as they are.
    -> "accuracy", "f1", "matthews", (n,) each, with the conventions of f1 and matthews.
    """
    tp, tn = share * recall, (1 - share) * specificity  # (n,) each, as shares of all examples
    fn, fp = share * (1 - recall), (1 - share) * (1 - specificity)  # products, so that none is 0 that should not be
    # TP TN - FP FN = share (1 - share) (recall + specificity - 1): share by share, no product is too small for a float
    spread = np.sqrt(share) * np.sqrt(1 - share)
    margins = np.sqrt(tp + fp) * np.sqrt(tn + fn) * (spread > 0)
    found = 2 * tp + fp + fn
    with np.errstate(divide="ignore", invalid="ignore"):
        f1_, matthews_ = 2 * tp / found, (recall + specificity - 1) * spread / margins
    return {
        "accuracy": tp + tn,
        "f1": np.where(found > 0, f1_, 0.0),
        "matthews": np.where(margins > 0, matthews_, 0.0),
    }


def pearson(x: Sequence[float], y: Sequence[float]) -> float:
    """Covariance over the product of the standard deviations, -1..1. Equal to scipy.stats.pearsonr, but exact.

    x and y (n,) finite, else ValueError. Raises Undefined for n < 2 and where x or y has one value only.
    """
    _pairs(x, y)
    x, y = _finite(x), _finite(y)
    if len(x) < 2:
        raise Undefined("too_few", f"a correlation needs at least two pairs, got {len(x)}")
    x, y = _whole(x), _whole(y)
    xy, xx, yy = _covariance(x, y), _covariance(x, x), _covariance(y, y)
    for values, variance in ((x, xx), (y, yy)):
        if variance == 0:
            raise Undefined("constant", f"a correlation needs values that differ; all {len(values)} are the same")
    return (xy << 64) / isqrt(xx * yy << 128)  # xy / sqrt(xx yy), with 64 binary places more than isqrt would leave


def ranks(x: Sequence[float]) -> np.ndarray:
    """Rank 1 for the smallest; equal values share the mean of the ranks that they take up. Equal to scipy's rankdata.

    x (n,) -> (n,), as in ranks([10, 20, 20, 40]) = [1, 2.5, 2.5, 4]. Integers are told apart however large they are.
    Raises ValueError for nan, which has no place in an order.
    """
    values = _numbers(x)
    if any(v != v for v in values):
        raise ValueError("nan has no rank")
    size = sorted(Counter(values).items())  # each value and how often it occurs
    last = accumulate(n for _, n in size)  # the last rank of each group of equal values
    rank = {value: end - (n - 1) / 2 for (value, n), end in zip(size, last, strict=True)}
    return np.array([rank[v] for v in values])


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Pearson's correlation of the ranks: the shortcut 1 - 6 sum d² / (n³ - n) is wrong where values are equal.

    The arguments and errors of pearson. Equal to scipy.stats.spearmanr.
    """
    _pairs(x, y)
    return pearson(ranks(_finite(x)), ranks(_finite(y)))


def glue_score(scores: Mapping[str, Sequence[float]]) -> float:
    """GLUE's rule: a task's metrics are averaged first, then the tasks.

    Wang et al. 2018, §3.4. scores: for each of TASKS its metrics, as {"CoLA": [60.5], "MRPC": [85.4, 89.3], ...};
    MNLI's two test sets are two metrics of one task. Raises ValueError unless all nine are there, complete: a mean over
    some is not a GLUE score.
    """
    _complete(scores)  # all nine tasks, each with all its metrics
    by_task = [_mean(scores[task]) for task in TASKS]  # nine numbers
    return _mean(by_task)  # each weighs 1/9, whatever the task's size


def paper_mean(columns: Mapping[str, float]) -> float:
    """The "Average" of Devlin et al. 2019, Table 1: nine columns, so that MNLI counts twice and WNLI not at all.

    Raises ValueError unless exactly PAPER_COLUMNS are there.
    """
    if set(columns) != set(PAPER_COLUMNS):
        raise ValueError(f"the paper's mean needs exactly {', '.join(PAPER_COLUMNS)}; got {', '.join(columns)}")
    return _mean([columns[name] for name in PAPER_COLUMNS])


def _complete(scores: Mapping[str, Sequence[float]]) -> None:
    """Raises ValueError unless all nine tasks are there, each with all of its metrics."""
    if set(scores) != set(TASKS):
        raise ValueError(f"a GLUE score needs exactly {', '.join(TASKS)}; got {', '.join(scores) or 'nothing'}")
    for task, metrics in TASKS.items():
        if len(scores[task]) != len(metrics):
            raise ValueError(f"{task} has {len(metrics)} metric(s), {', '.join(metrics)}; got {len(scores[task])}")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _pairs(x: Sequence, y: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Both as arrays (n,), n >= 1 and the same, else ValueError."""
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 1 or x.shape != y.shape or len(x) == 0:
        raise ValueError(f"need two lists of the same length, not empty; got shapes {x.shape} and {y.shape}")
    return x, y


def _numbers(x: Sequence) -> list:
    """x as Python's own numbers: its integers do not lose digits, and both are compared exactly."""
    return x.tolist() if hasattr(x, "tolist") else [v.item() if hasattr(v, "item") else v for v in x]


def _finite(x: Sequence) -> list:
    """x as numbers, all of them finite, else ValueError."""
    values = _numbers(x)
    if not all(isinstance(v, int) or (isinstance(v, float) and isfinite(v)) for v in values):
        raise ValueError("a correlation needs finite numbers")
    return values


def _whole(x: list) -> list[int]:
    """x (n,) times the one number that makes all of them whole: a float is a whole number over a power of two."""
    ratios = [v.as_integer_ratio() for v in x]
    common = max(below for _, below in ratios)  # a power of two, which all others divide
    return [above * (common // below) for above, below in ratios]


def _covariance(x: list[int], y: list[int]) -> int:
    """n² times the covariance of whole numbers (n,): exact, and 0 for x = y only where all are the same."""
    return len(x) * sum(a * b for a, b in zip(x, y, strict=True)) - sum(x) * sum(y)
