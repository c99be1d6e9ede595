"""One vector for a text, read off the local BERT.   Devlin et al. 2019, §4.1; Reimers & Gurevych 2019, §3.

cls      the last state of [CLS]: what BERT's classifiers read, after fine-tuning
sep      the last state of the last token, [SEP]
mean     the mean of the last states of all tokens: what the local BERT was trained for
input    the mean of what enters the first layer: no attention has acted on it

v = vectors(bert.load().trace("the cat sat").hidden)
v["mean"]                                   # (C,)
"""

from torch import Tensor


def vectors(hidden: Tensor) -> dict[str, Tensor]:
    """hidden (L+1, ..., T, C), as Encoder.through gives it, without padding -> a vector (..., C) for each readout."""
    first, last = hidden[0], hidden[-1]  # (..., T, C) each
    return {
        "cls": last[..., 0, :],  # (..., C)
        "sep": last[..., -1, :],  # (..., C)
        "mean": last.mean(-2),  # (..., C)
        "input": first.mean(-2),  # (..., C)
    }
