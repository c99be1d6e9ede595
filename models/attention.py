"""Attention: look-ups by similarity.   Vaswani et al. 2017, §3.2, eq. (1); Bahdanau et al. 2014, appendix A.1.2.

Two ways to score how well a query q fits a key k; the rest is the same, a softmax and a weighted mean of the values:

    scaled_dot_product   q·k / sqrt(d_k)          no parameters, one matrix product; scale=1.0 is the plain dot product
    additive             w_v·tanh(W_q q + W_k k)  one hidden layer, one tanh per query, key and hidden unit

multi_head does the first several times side by side, each time on projections of its own.

A mask is boolean and says where a query MAY look (True), as in torch.nn.functional.scaled_dot_product_attention. (In
torch.nn.MultiheadAttention True means the opposite.) A query that may look nowhere gets weights 0 and output 0.
Half precision in, half precision out; scores and sums, which may be too large for it, are float32 in between.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.precision import wide


@dataclass(frozen=True)
class Steps:
    """All matrices on the way from Q, K, V to the output, in the order of eq. (1).

    weights and output have the dtype of q; the scores of a half precision are float32.
    """

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
    """softmax(Q K^T / sqrt(d_k)) V, and every matrix on the way.

    The arguments and errors of scaled_dot_product.
    """
    scale = q.shape[-1] ** -0.5 if scale is None else scale  # 1/√d_k
    scores = wide(q) @ wide(k).transpose(-2, -1)  # (..., T, S): q_i·k_j
    scaled = scores * scale  # (..., T, S)
    masked = scaled
    if mask is not None:  # True = may look
        masked = torch.where(_boolean(mask), scaled, -torch.inf)  # (..., T, S)
    weights = softmax(masked, dim=-1)  # (..., T, S): over the keys
    output = weights @ wide(v)  # (..., T, d_v)
    return Steps(scores, scaled, masked, weights.to(q.dtype), output.to(q.dtype))


def additive(
    q: Tensor, k: Tensor, v: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """softmax(w_v·tanh(W_q q + W_k k)) V: Bahdanau et al. 2014, A.1.2.

    In the appendix e_ij = v_a^T tanh(W_a s_i-1 + U_a h_j).
    q (..., T, d_q), k (..., S, d_k), v (..., S, d_v); w_q is W_a (d_hidden, d_q), w_k is U_a (d_hidden, d_k), w_v is
    v_a (d_hidden,): it scores, and has nothing to do with the values; mask as in scaled_dot_product
    -> output (..., T, d_v), weights (..., T, S). d_q and d_k may differ. Needs memory for (..., T, S, d_hidden).
    Raises ValueError for a mask that is not boolean.
    """
    hidden_q = (wide(q) @ wide(w_q).T).unsqueeze(-2)  # (..., T, 1, d_hidden)
    hidden_k = (wide(k) @ wide(w_k).T).unsqueeze(-3)  # (..., 1, S, d_hidden)
    scores = torch.tanh(hidden_q + hidden_k) @ wide(w_v)  # (..., T, S)
    masked = scores
    if mask is not None:  # True = may look
        masked = torch.where(_boolean(mask), scores, -torch.inf)  # (..., T, S)
    weights = softmax(masked, dim=-1)  # (..., T, S)
    output = weights @ wide(v)  # (..., T, d_v)
    return output.to(q.dtype), weights.to(q.dtype)


def multi_head(
    x_q: Tensor,
    x_kv: Tensor,
    w_q: Tensor,
    w_k: Tensor,
    w_v: Tensor,
    w_o: Tensor,
    n_head: int,
    mask: Tensor | None = None,
    b_q: Tensor | None = None,
    b_k: Tensor | None = None,
    b_v: Tensor | None = None,
    b_o: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Concat(head_1, …, head_h) W^O with head_i = Attention(Q W_i^Q, K W_i^K, V W_i^V): Vaswani et al. 2017, §3.2.2.

    x_q (..., T, C) asks, x_kv (..., S, C) answers: the same tensor in self-attention. w_q, w_k, w_v, w_o (C, C) and
    b_q, b_k, b_v, b_o (C,) as nn.Linear keeps them: w_q is the transpose of all W_i^Q side by side, so that rows
    i·d_k … (i + 1)·d_k - 1 are head i's, d_k = C / n_head. The paper has no biases, most implementations do. mask as in
    scaled_dot_product, broadcast to (..., T, S), the same for all heads
    -> output (..., T, C), weights (..., H, T, S).
    Raises ValueError where the heads cannot share the channels equally, or for a mask that is not boolean.
    """
    q = _heads(F.linear(x_q, w_q, b_q), n_head)  # (..., H, T, d_k)
    k = _heads(F.linear(x_kv, w_k, b_k), n_head)  # (..., H, S, d_k)
    v = _heads(F.linear(x_kv, w_v, b_v), n_head)  # (..., H, S, d_k)
    if mask is not None and mask.dim() > 2:
        mask = mask.unsqueeze(-3)  # (..., 1, T, S)
    heads, weights = scaled_dot_product(q, k, v, mask)  # (..., H, T, d_k), (..., H, T, S)
    concat = heads.transpose(-3, -2).flatten(-2)  # (..., T, C)
    return F.linear(concat, w_o, b_o), weights  # (..., T, C)


def softmax(z: Tensor, dim: int = -1) -> Tensor:
    """exp(z) / sum(exp(z)) along dim, the shape of z; computed from z - max(z), which changes nothing but the range.

    The largest exponential is then 1, so that no finite z overflows. A row of only -inf (a query that may look nowhere)
    becomes zeros where torch.softmax gives NaN.
    """
    peak = wide(z.detach().amax(dim, keepdim=True))
    e = torch.exp(wide(z) - torch.where(peak == -torch.inf, 0, peak))
    total = e.sum(dim, keepdim=True)
    return (e / torch.where(total == 0, 1, total)).to(z.dtype)


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
    return torch.special.entr(wide(weights)).sum(-1).to(weights.dtype)  # (...)


def _boolean(mask: Tensor) -> Tensor:
    """The mask itself, which says where a query may look."""
    if mask.dtype != torch.bool:
        raise ValueError(f"mask must be boolean (True = may attend), not {mask.dtype}")
    return mask


def _heads(x: Tensor, n_head: int) -> Tensor:
    """(..., T, C) -> (..., H, T, d_k)"""
    if n_head < 1 or x.shape[-1] % n_head:
        raise ValueError(f"d_model = {x.shape[-1]} cannot be divided among n_head = {n_head} heads")
    return x.unflatten(-1, (n_head, -1)).transpose(-3, -2)  # (..., H, T, d_k)
