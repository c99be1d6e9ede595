"""GLUE's metrics by scikit-learn and SciPy, beside which ours are shown. Imported when asked for: they take seconds."""

import warnings
from collections.abc import Sequence

import numpy as np


def of_labels(predicted: Sequence[int], actual: Sequence[int]) -> tuple[dict[str, float], str]:
    """Accuracy, F1 and Matthews of binary labels (n,), n >= 1, by scikit-learn; and its name and version."""
    import sklearn
    from sklearn import metrics

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a single class
        found = {
            "accuracy": metrics.accuracy_score(actual, predicted),
            "f1": metrics.f1_score(actual, predicted, zero_division=0),
            "matthews": metrics.matthews_corrcoef(actual, predicted),
        }
    return {name: float(value) for name, value in found.items()}, f"scikit-learn {sklearn.__version__}"


def of_scores(x: Sequence[float], y: Sequence[float]) -> tuple[dict[str, float], str]:
    """Pearson and Spearman of x and y (n,), n >= 1, by SciPy, nan where undefined; and its name and version."""
    import scipy
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of constant values, and of values that are nearly so
        found = {name: getattr(stats, f"{name}r") for name in ("pearson", "spearman")}
        found = {name: float(f(x, y).statistic) if len(x) > 1 else np.nan for name, f in found.items()}
    return found, f"SciPy {scipy.__version__}"
