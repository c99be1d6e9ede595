"""Attention that never writes the T x S weights down.   Katharopoulos et al. 2020, §3.2–3.4; Dao et al. 2022, §3.1.

    linear   another similarity: φ(q)·φ(k) instead of exp(q·k / sqrt(d_k)). The query comes out of the sum over the
             keys, which is then one d_k x d_v matrix for all queries: time and memory grow with T + S, not with T·S
    tiled    the same softmax as attention.scaled_dot_product, exactly, one block of keys after the other: as many
             products, less memory. The idea of FlashAttention, without what makes it fast, one kernel in fast memory

Both return the output only; linear_weights writes down the weights that linear has in effect. Half precision in, half
precision out; the sums in between, which grow with S, are float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from models.attention import _boolean, causal_mask
from models.precision import wide

FeatureMap = Callable[[Tensor], Tensor]


def elu_plus_one(x: Tensor) -> Tensor:
    """φ(x) = elu(x) + 1: x + 1 above 0, exp(x) below. Katharopoulos et al. 2020, §3.2.1, eq. (7).

    Any shape, to the same shape; positive, so that weights are. (Below -38, float64's elu(x) + 1 would round to 0.)
    """
    return torch.where(x > 0, x + 1, torch.exp(x.clamp(max=0)))


@dataclass(frozen=True, eq=False)
class Memory:
    """All that linear attention keeps of the keys and values it has seen, however many: eq. (10) and (11).

    Two sums: float32 where keys and values are of a half precision.
    """

    s: Tensor  # (..., d_k, d_v)  sum of φ(k) v^T, the attention memory
    z: Tensor  # (..., d_k)       sum of φ(k), the normaliser memory

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.s + other.s, self.z + other.z)

    def read(self, phi_q: Tensor) -> Tensor:
        """φ(q)^T s / φ(q)^T z, eq. (5) and (12): φ(q) (..., T, d_k) -> (..., T, d_v); 0 where nothing fits at all."""
        q = wide(phi_q)  # (..., T, d_k)
        return _ratio(q @ self.s, q @ self.z.unsqueeze(-1)).to(phi_q.dtype)  # (..., T, d_v)


def memory(k: Tensor, v: Tensor, phi: FeatureMap = elu_plus_one) -> Memory:
    """The memory of keys (..., S, d_k) and values (..., S, d_v). Of more keys: the sum of their memories."""
    phi_k = phi(wide(k))  # (..., S, d_k)
    return Memory(phi_k.transpose(-2, -1) @ wide(v), phi_k.sum(-2))  # (..., d_k, d_v), (..., d_k)


def linear(q: Tensor, k: Tensor, v: Tensor, causal: bool = False, phi: FeatureMap = elu_plus_one) -> Tensor:
    """φ(Q) (φ(K)^T V), each row divided by its sum of weights: Katharopoulos et al. 2020, §3.2, eq. (5) and (6).

    q (..., T, d_k), k (..., S, d_k), v (..., S, d_v) -> (..., T, d_v). Not an approximation of the softmax: other
    weights. phi maps (..., d_k) to any number of non-negative features.
    causal: the queries are the last T of the S positions, as in attention.causal_mask, and none looks at a later one.
    Then the memory is the state of a recurrent network, which reads one position at a time and whose size does not
    grow: §3.3–3.4, eq. (9)–(12). Raises ValueError for causal and S < T.
    """
    phi_q = phi(wide(q))  # (..., T, d_k)
    if not causal:
        return memory(k, v, phi).read(phi_q).to(q.dtype)  # (..., T, d_v)
    T, S = q.shape[-2], k.shape[-2]
    if S < T:
        raise ValueError(f"{T} queries need at least as many positions to look at, got S = {S}")
    state, outputs = memory(k[..., : S - T, :], v[..., : S - T, :], phi), []  # zeros where S = T
    for t in range(T):
        now = slice(S - T + t, S - T + t + 1)
        state = state + memory(k[..., now, :], v[..., now, :], phi)
        outputs.append(state.read(phi_q[..., t : t + 1, :]))  # (..., 1, d_v)
    return torch.cat(outputs, -2).to(q.dtype)  # (..., T, d_v)


def linear_weights(q: Tensor, k: Tensor, causal: bool = False, phi: FeatureMap = elu_plus_one) -> Tensor:
    """φ(Q) φ(K)^T with rows that sum to 1: Katharopoulos et al. 2020, eq. (4), causal eq. (8). (..., T, S)

    linear(q, k, v) is linear_weights(q, k) @ v without them. Arguments and errors as in linear.
    """
    fit = phi(wide(q)) @ phi(wide(k)).transpose(-2, -1)  # (..., T, S)
    if causal:
        fit = torch.where(causal_mask(*fit.shape[-2:]).to(fit.device), fit, 0)  # (..., T, S)
    return _ratio(fit, fit.sum(-1, keepdim=True)).to(q.dtype)  # (..., T, S)


def tiled(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, block: int = 64, scale: float | None = None
) -> Tensor:
    """softmax(Q K^T / sqrt(d_k)) V with no more than `block` scores per query at a time: Dao et al. 2022, Algorithm 1.

    q, k, v, mask and scale as in attention.scaled_dot_product, to whose output (..., T, d_v) it is equal, whatever the
    block; a query that may look nowhere gets 0. The softmax is online (Milakov & Gimelshein 2018, Algorithm 3): when a
    block raises the largest score seen, what was summed before is scaled down to it. Algorithm 1 also blocks the
    queries and keeps the output divided by the sum so far; here the division comes once, at the end, as in
    FlashAttention-2 (Dao 2023, §3.1.1). Under autograd the blocks are kept for the backward pass, and with them T x S
    numbers; the published kernels compute them a second time instead.
    Raises ValueError for a block below 1 or a mask that is not boolean.
    """
    if block < 1:
        raise ValueError(f"a block has at least one key, got {block}")
    T, S = q.shape[-2], k.shape[-2]
    scale = q.shape[-1] ** -0.5 if scale is None else scale
    if mask is not None:
        mask = mask.expand(torch.broadcast_shapes(mask.shape, (T, S)))  # a view: (..., T, S)
    queries = wide(q)  # (..., T, d_k)
    peak = queries.new_full((T, 1), -torch.inf)  # m: largest score; (..., T, 1) after the first block, as all below
    total = queries.new_zeros(T, 1)  # l: sum of exp(score - m)
    output = queries.new_zeros(T, v.shape[-1])  # O: sum of exp(score - m) v; (..., T, d_v)
    for start in range(0, S, block):
        keys = slice(start, start + block)
        scores = queries @ wide(k[..., keys, :]).transpose(-2, -1) * scale  # (..., T, block)
        if mask is not None:
            scores = torch.where(_boolean(mask[..., keys]), scores, -torch.inf)  # (..., T, block)
        risen = torch.maximum(peak, scores.detach().amax(-1, keepdim=True))  # (..., T, 1)
        zero = torch.where(risen == -torch.inf, 0, risen)  # (..., T, 1): no -inf - -inf where nothing was seen yet
        shrink, e = torch.exp(peak - zero), torch.exp(scores - zero)  # (..., T, 1), (..., T, block)
        total = total * shrink + e.sum(-1, keepdim=True)  # (..., T, 1)
        output = output * shrink + e @ wide(v[..., keys, :])  # (..., T, d_v)
        peak = risen
    return _ratio(output, total).to(q.dtype)  # (..., T, d_v)


def _ratio(numerator: Tensor, total: Tensor) -> Tensor:
    """numerator / total, and 0 where the total is 0: a query that finds nothing."""
    return numerator / torch.where(total == 0, 1, total)
