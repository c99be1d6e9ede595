"""W_Q and W_K are two matrices: with one for both, the scores are symmetric.   Vaswani et al. 2017, §3.2.2."""

from typing import Annotated

import torch
from torch import Tensor

from models import attention, bert, heads
from pages.t6_self_attention.inputs import LINE, Line
from study import local_bert
from study.controls import Cell
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Heatmap

LIMIT = 24  # tokens

PRESETS = {
    "there": {"sentence": LINE, "cell": (10, 2), "step": "weights"},
    "back": {"sentence": LINE, "cell": (2, 10), "step": "weights"},
    "itself": {"sentence": LINE, "cell": (10, 10), "step": "weights"},
    "all": {"step": "heads"},
}


def symmetry(
    sentence: Line = LINE,
    layer: local_bert.Layer = 3,
    head: local_bert.Head = 1,
    cell: Annotated[tuple[int, int], Cell(LIMIT)] = (10, 2),
) -> Evidence:
    """A real head, and the same head with W_K, b_K replaced by W_Q, b_Q."""
    trace = local_bert.trace(sentence, LIMIT)
    q, k, v = heads.of_bert(trace, layer, head).again  # (T, d_k) each, float64
    real, tied = attention.steps(q, k, v), attention.steps(q, q, v)
    tokens, T = trace.tokens, len(trace.tokens)
    chosen = Cell.inside(cell, (T, T))
    skews = _skew(_all_scores(trace))  # (L, H)
    undivided = tied.weights * _row_sums(tied.scaled)  # (T, T): the softmax without its division

    def square(z: Tensor, title: str, **look) -> Heatmap:
        place = {"x": "keys", "y": "queries", "pick": "cell", "selected": chosen}
        return Heatmap(z, tokens, tokens, title, **place, **look)

    return Evidence(
        Step(
            "scores",
            square(real.scaled, "real_scores", group="scores", hover="score_of"),
            square(tied.scaled, "tied_scores", group="scores", hover="score_of"),
        ),
        Step(
            "weights",
            square(real.weights, "real_weights", scale="weight", hover="weight_of"),
            square(tied.weights, "tied_weights", scale="weight", hover="weight_of"),
        ),
        Step(
            "heads",
            local_bert.by_head(skews, "skew_title", layer, head, scale="amount", hover="skew_of"),
        ),
        claims=[
            same("same_as_model", real.weights, trace.attentions[layer, head], abs=1e-5),
            same("tied_symmetric", tied.scores, tied.scores.T, abs=1e-9),
            same("row_sums", undivided, undivided.T, abs=1e-12),
            Claim("own_score_wins", measured=_excess(tied.scaled), expected=0, abs=1e-9, op="≤"),
        ],
        measured=[
            *_both_ways(real.weights, tied.weights, chosen),
            Measured("real_skew", skews[layer, head], step="heads"),
            Measured("least_skew", skews.min(), step="heads"),
            Measured("most_skew", skews.max(), step="heads"),
            Measured("tied_weight_skew", _skew(tied.weights)),
            Measured("real_self", real.weights.diagonal().mean(), unit="share"),
            Measured("tied_self", tied.weights.diagonal().mean(), unit="share"),
            Measured("uniform", 1 / T, unit="share"),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(layer, head),
        notices=local_bert.unknown(tokens),
    )


def _row_sums(z: Tensor) -> Tensor:
    """What the softmax divides each row by, (T, 1), up to one factor for all rows: less the largest score of all, or e
    to a score could leave the range of float64."""
    return torch.exp(z - z.max()).sum(-1, keepdim=True)  # (T, 1)


def _excess(z: Tensor) -> Tensor:
    """2 q_i·q_j ≤ |q_i|² + |q_j|²: by how much a tied score z (T, T) exceeds the mean of its tokens' own, at most."""
    own = z.diagonal()  # (T,)
    mean = (own[:, None] + own) / 2  # (T, T)
    others = ~torch.eye(len(z), dtype=torch.bool)  # (T, T): on the diagonal the two are equal
    return (z - mean)[others].max()


def _all_scores(trace: bert.Trace) -> Tensor:
    """Q Kᵀ of every head, (L, H, T, T)."""
    return trace.queries.double() @ trace.keys.double().mT  # (L, H, T, T)


def _skew(z: Tensor) -> Tensor:
    """‖Z − Zᵀ‖ / ‖Z‖, (..., T, T) -> (...): 0 for a symmetric matrix, 2 for an antisymmetric one."""
    return (z - z.mT).flatten(-2).norm(dim=-1) / z.flatten(-2).norm(dim=-1)


def _both_ways(real: Tensor, tied: Tensor, chosen: tuple[int, int]) -> list[Measured]:
    """What the chosen two tokens give each other, real and with the shared matrix; weights (T, T) each."""
    back = chosen[::-1]
    return [
        Measured("real_there", real[chosen], unit="share"),
        Measured("real_back", real[back], unit="share"),
        Measured("tied_there", tied[chosen], unit="share"),
        Measured("tied_back", tied[back], unit="share"),
    ]
