"""Attention: look-ups by similarity.   Vaswani et al. 2017, §3.2.1, eq. (1); Bahdanau et al. 2014, appendix A.1.2.

Two ways to score how well a query q fits a key k; the rest is the same, a softmax and a weighted mean of the values:

    scaled_dot_product   q·k / sqrt(d_k)          no parameters, one matrix product; scale=1.0 is the plain dot product
    additive             w_v·tanh(W_q q + W_k k)  one hidden layer, one tanh per query, key and hidden unit

A mask is boolean and says where a query MAY look (True), as in torch.nn.functional.scaled_dot_product_attention. (In
torch.nn.MultiheadAttention True means the opposite.) A query that may look nowhere gets weights 0 and output 0.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Steps:
    """All matrices on the way from Q, K, V to the output, in the order of eq. (1)."""

    scores: Tensor  # (..., T, S)    Q K^T
    scaled: Tensor  # (..., T, S)    Q K^T / sqrt(d_k)
    masked: Tensor  # (..., T, S)    the same, -inf where the query may not look
    weights: Tensor  # (..., T, S)   their softmax over the keys: each row sums to 1
    output: Tensor  # (..., T, d_v)  weights V


def scaled_dot_product(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(Q K^T / sqrt(d_k)) V: Vaswani et al. 2017, §3.2.1, eq. (1).

    q (..., T, d_k), k (..., S, d_k), v (..., S, d_v), mask boolean, broadcast to (..., T, S), True = may attend
    -> output (..., T, d_v), weights (..., T, S). scale multiplies the scores: 1/sqrt(d_k) unless given.
    Raises ValueError for a mask that is not boolean.
    """
    s = steps(q, k, v, mask, scale)
    return s.output, s.weights


def steps(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None) -> Steps:
    """scaled_dot_product with every intermediate matrix; the same arguments, the same errors."""
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    scores = q @ k.transpose(-2, -1)  # (..., T, S)
    scaled = scores * scale  # (..., T, S)
    masked = _masked(scaled, mask)  # (..., T, S)
    weights = softmax(masked)  # (..., T, S)
    return Steps(scores, scaled, masked, weights, output=weights @ v)  # (..., T, d_v)


def additive(
    q: Tensor, k: Tensor, v: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(w_v·tanh(W_q q + W_k k)) V: Bahdanau et al. 2014, appendix A.1.2, e_ij = v_a^T tanh(W_a s_i-1 + U_a h_j).

    q (..., T, d_q), k (..., S, d_k), v (..., S, d_v); w_q is W_a (d_hidden, d_q), w_k is U_a (d_hidden, d_k), w_v is
    v_a (d_hidden,): it scores, and has nothing to do with the values; mask as in scaled_dot_product
    -> output (..., T, d_v), weights (..., T, S). d_q and d_k may differ. Needs memory for (..., T, S, d_hidden).
    Raises ValueError for a mask that is not boolean.
    """
    hidden_q = (q @ w_q.T).unsqueeze(-2)  # (..., T, 1, d_hidden)
    hidden_k = (k @ w_k.T).unsqueeze(-3)  # (..., 1, S, d_hidden)
    scores = torch.tanh(hidden_q + hidden_k) @ w_v  # (..., T, S)
    weights = softmax(_masked(scores, mask))  # (..., T, S)
    return weights @ v, weights  # (..., T, d_v)


def softmax(z: Tensor, dim: int = -1) -> Tensor:
    """exp(z) / sum(exp(z)) along dim, the shape of z; computed from z - max(z), which changes nothing but the range.

    The largest exponential is then 1, so that no finite z overflows. A row of only -inf (a query that may look nowhere)
    becomes zeros where torch.softmax gives NaN.
    """
    peak = z.detach().amax(dim, keepdim=True)
    e = torch.exp(z - torch.where(peak == -torch.inf, 0, peak))
    total = e.sum(dim, keepdim=True)
    return e / torch.where(total == 0, 1, total)


def causal_mask(T: int, S: int | None = None) -> Tensor:
    """(T, S) boolean, True = may attend: no query looks at a later position. Vaswani et al. 2017, §3.2.3.

    The queries are the last T of the S positions: all of them by default (S = T), the newest ones where earlier keys
    are cached (S > T). Raises ValueError for S < T.
    """
    S = T if S is None else S
    if S < T:
        raise ValueError(f"{T} queries need at least as many positions to look at, got S = {S}")
    return torch.ones(T, S, dtype=torch.bool).tril(S - T)  # (T, S)


def entropy(weights: Tensor) -> Tensor:
    """-sum(w log w) along the last dimension, in nats, with 0 log 0 = 0: weights (..., S) -> (...).

    From 0, all attention on one position, to log S, the same on all S.
    """
    return torch.special.entr(weights).sum(-1)


def _masked(scores: Tensor, mask: Tensor | None) -> Tensor:
    """scores (..., T, S), -inf where mask is False."""
    if mask is None:
        return scores
    if mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean (True = may attend), not {mask.dtype}")
    return torch.where(mask, scores, -torch.inf)  # (..., T, S)
