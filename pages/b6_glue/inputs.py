"""What several demos of GLUE share: names, what four counts stand for, and the libraries to compare with."""

from importlib.metadata import version
from types import SimpleNamespace

import numpy as np

from models import metrics
from study.memo import memo
from study.views import Heatmap, Key

CARD = "models/checkpoints/glue/CARD.md"  # of everything that was trained here on GLUE's tasks
SHORT = {"accuracy": "acc", "f1": "F1", "matthews": "MCC", "pearson": "r", "spearman": "ρ"}


def labels(counts: metrics.Confusion) -> np.ndarray:
    """Predicted and actual labels that make up these four cells: (2, n)."""
    return np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], [counts.tp, counts.fn, counts.fp, counts.tn], axis=1)  # (2, n)


def matrix(counts: metrics.Confusion, title: Key) -> Heatmap:
    """The confusion matrix: a row for what is, a column for what is predicted, label 1 first."""
    cells = [[counts.tp, counts.fn], [counts.fp, counts.tn]]
    look = {"x": "predicted", "y": "actual", "scale": "amount", "hover": "count_of"}
    return Heatmap(cells, ["1", "0"], ["1", "0"], title, **look)


@memo
def libraries() -> SimpleNamespace:
    """scikit-learn's metrics and SciPy's statistics, beside which ours are shown.

    Imported when first asked for, because they take seconds, and behind memo's lock, because readers are threads.
    """
    from scipy import stats
    from sklearn import metrics as sklearn_metrics

    return SimpleNamespace(metrics=sklearn_metrics, stats=stats)


def versioned(name: str) -> str:
    """A library's name with its version, which is known without importing it."""
    return f"{name} {version(name)}"
