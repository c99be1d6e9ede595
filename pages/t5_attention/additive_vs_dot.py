"""The same q, k, v scored in two ways.   Vaswani et al. 2017, eq. (1); Bahdanau et al. 2014, appendix A.1.2."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, toy
from pages.t5_attention.inputs import numbers
from study.controls import Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Heatmap

T, S = 6, 8  # queries, keys
PRESETS = {"plain": {}, "five": {"size": 5.0}, "ten": {"size": 10.0}}


def additive_vs_dot(
    d_k: Annotated[int, Slider(1, 64, scale="log")] = 8,
    d_hidden: Annotated[int, Slider(1, 64, scale="log")] = 8,
    size: Annotated[float, Slider(0.1, 100, scale="log")] = 1.0,
    seed: Seed = 0,
) -> Evidence:
    """The same q, k, v into both formulas; `size` multiplies every q and k. Nothing is trained."""
    q = size * toy.normal(T, d_k, seed=seed, name="q")  # (T, d_k)
    k = size * toy.normal(S, d_k, seed=seed, name="k")  # (S, d_k)
    v = toy.normal(S, d_k, seed=seed, name="v")  # (S, d_k)
    w_q, w_k, w_v = toy.additive_inputs(d_k, d_hidden, seed)  # (d_hidden, d_k) twice, (d_hidden,)
    dot_output, dot_weights = attention.scaled_dot_product(q, k, v)  # (T, d_k), (T, S)
    additive_output, additive_weights = attention.additive(q, k, v, w_q, w_k, w_v)  # (T, d_k), (T, S)
    one_by_one = additive_scores_one_by_one(q, k, w_q, w_k, w_v)  # (T, S)
    return Evidence(
        _weights(dot_weights, "dot_weights"),
        _weights(additive_weights, "additive_weights"),
        claims=[
            same("dot_same", dot_output, F.scaled_dot_product_attention(q, k, v), abs=1e-6),
            same("additive_same", additive_output, one_by_one.softmax(-1) @ v, abs=1e-6),
            # |tanh| < 1, so a score cannot exceed the sum of |w|, however long q and k are
            Claim("bounded", measured=one_by_one.abs().max(), expected=w_v.abs().sum(), abs=1e-12, op="≤"),
        ],
        measured=[
            Measured("entropy_dot", attention.entropy(dot_weights).mean(), unit="nats"),
            Measured("entropy_additive", attention.entropy(additive_weights).mean(), unit="nats"),
            Measured("largest_score", (q @ k.T).abs().max() / d_k**0.5),
            Measured("parameters", w_q.numel() + w_k.numel() + w_v.numel()),
        ],
        origin=Origin.TOY,
    )


def additive_scores_one_by_one(q: Tensor, k: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """Bahdanau's scores pair by pair, with torch's own functions: a reference for attention.additive, (T, S)."""

    def score(asks: Tensor, answers: Tensor) -> Tensor:
        hidden = torch.tanh(F.linear(asks, w_q) + F.linear(answers, w_k))  # (d_hidden,)
        return F.linear(hidden, w_v[None])[0]  # ()

    return torch.stack([torch.stack([score(a, b) for b in k]) for a in q])  # (T, S)


def _weights(z: Tensor, title: str) -> Heatmap:
    rows, cols = [f"q{n}" for n in numbers(T)], [f"k{n}" for n in numbers(S)]
    return Heatmap(z, rows, cols, title, x="keys", y="queries", scale="weight", hover="weight_of")
