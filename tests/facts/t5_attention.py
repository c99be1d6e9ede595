"""Numbers of the T5 note that no demo tells at its controls."""

from statistics import mean

import numpy as np

from models import bert
from models.records import lookup
from pages.t5_attention import train_live
from pages.t5_attention.inputs import LINE
from pages.t5_attention.real_heads import PRESETS
from study.demo import demos


def heads_on_cls() -> int:
    """Heads of the local BERT that give [CLS] more than half of their weight on average, of 72."""
    return int((bert.load().trace(LINE).attentions[..., 0].mean(-1) > 0.5).sum())  # (L, H)


def cls_is_shorter() -> float:
    """How many times shorter the value vector of [CLS] is than those of the other tokens, in the head that rests."""
    head = PRESETS["rests"]
    lengths = bert.load().trace(LINE).values[head["layer"], head["head"]].norm(dim=-1)  # (T,)
    return (lengths[1:].mean() / lengths[0]).item()


def additive_moves() -> float:
    """How much one additive weight changes at most when q and k grow from 5 times to 10 times."""
    five, ten = (_additive_weights(size) for size in (5.0, 10.0))
    return np.abs(ten - five).max()


def worst_unscaled() -> float:
    """The lowest final accuracy of the unscaled dot product at d_k = 512, over its seeds."""
    return min(run.accuracy[-1] for run in lookup.results().final("dot", 512))


def worst_scaled() -> float:
    """The lowest final accuracy of the scaled dot product, over all sizes and seeds."""
    results = lookup.results()
    return min(run.accuracy[-1] for d_k in results.d_ks for run in results.final("scaled_dot", d_k))


def score_gradient_falls() -> float:
    """How many times smaller the gradient at the unscaled scores is at d_k = 512 than at 8; means over seeds."""
    return _ratio("score_gradient")


def gradient_grows() -> float:
    """How many times larger the gradient at W_Q is at d_k = 512 than at 8, unscaled; means over seeds."""
    return 1 / _ratio("gradient")


def _ratio(what: str) -> float:
    small, large = (lookup.results().final("dot", d_k) for d_k in (8, 512))
    return mean(getattr(run, what) for run in small) / mean(getattr(run, what) for run in large)


def _additive_weights(size: float) -> np.ndarray:
    views = demos("t5_attention")["additive_vs_dot"](size=size).views
    return next(view.z for view in views if view.title == "additive_weights")


def steps_of_lookup() -> int:
    return lookup.results().steps


def steps_live() -> int:
    return train_live.STEPS
