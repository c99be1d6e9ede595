"""Where a token stands, in four ways.   Vaswani et al. 2017, §3.5; Su et al. 2021, §3.2; Press et al. 2022, §3.

Attention treats its input as a set; order has to be told. All formulas here are fixed, nothing is learned:

    sinusoidal   added to the embeddings; moving by k positions is one rotation, the same everywhere   (rotation)
    rope         rotates queries and keys, so that q·k depends on how far k is ahead of q only
    alibi        subtracts a multiple of the distance from the scores, another multiple for each head

The fourth, a learned table (the paper's Table 3, row E; BERT), is torch.nn.Embedding(n_position, d_model).
Positions count from 0. Angles are computed in float64: at position 10^4 a float32 angle may already be off by 5·10^-4.
"""

import math

import torch
from torch import Tensor

from models.precision import wide


def sinusoidal(
    length: int,
    d_model: int,
    base: float = 10000.0,
    start: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """PE of §3.5, a row per position: the sine and cosine of each pair in turn, (T, C).

    PE(pos, 2i) = sin(pos / base^(2i/d_model)), PE(pos, 2i+1) = cos of the same, at the positions start, start + 1, …;
    T = length, C = d_model. An odd d_model ends with a sine. Raises ValueError for a negative length, a d_model below
    1 or a base that is not positive.
    """
    if length < 0 or d_model < 1:
        raise ValueError(f"need length >= 0 and d_model >= 1, got {length} and {d_model}")
    position = torch.arange(start, start + length, dtype=torch.float64)  # (T,)
    angle = position.unsqueeze(-1) * frequencies(d_model, base)  # (T, C/2)
    pairs = torch.stack((angle.sin(), angle.cos()), -1)  # (T, C/2, 2)
    table = pairs.flatten(1)  # (T, C), one more column if C is odd
    return table[:, :d_model].to(dtype)  # (T, C)


def frequencies(d_model: int, base: float = 10000.0) -> Tensor:
    """Radians per position of each pair, base^(-2i/d_model): they fall from 1, (C/2,).

    In float64; C/2 is rounded up. The wavelength of pair i is 2π / frequencies[i]: from 2π up to
    2π·base^((d_model-2)/d_model).
    """
    if not base > 0:
        raise ValueError(f"base must be positive, got {base}")
    exponent = torch.arange(0, d_model, 2, dtype=torch.float64) / d_model  # (C/2,)
    return base**-exponent  # (C/2,)


def rotation(k: int, d_model: int, base: float = 10000.0) -> Tensor:
    """M_k with PE(pos + k) = M_k PE(pos) for every pos: (C, C) in float64; for rows, PE(pos + k) = PE(pos) M_kᵀ.

    The paper only says that PE(pos + k) is "a linear function of PE(pos)" (§3.5); the addition theorems give it:
    every pair (sin, cos) is rotated by k times its frequency. M_k is orthogonal, M_j M_k = M_(j+k), and therefore
    PE(pos)·PE(pos + k) = sum of cos(k·frequency): it depends on k only. Raises ValueError for an odd d_model.
    """
    _even(d_model)
    angle = k * frequencies(d_model, base)  # (C/2,)
    cos, sin = angle.cos(), angle.sin()
    pairs = torch.stack((torch.stack((cos, sin), -1), torch.stack((-sin, cos), -1)), -2)  # (C/2, 2, 2)
    return torch.block_diag(*pairs)  # (C, C)


def rope(x: Tensor, start: int = 0, base: float = 10000.0) -> Tensor:
    """Rotate every pair of channels (2i, 2i+1) by position · base^(-2i/d_k): Su et al. 2021, §3.2.2, eq. (15).

    x (..., T, d_k), queries or keys at positions start, start + 1, … -> the same shape; lengths stay as they are, and
    rope(q)·rope(k) depends on the contents and on how far k is ahead of q only. Raises ValueError for an odd d_k.
    (Hugging Face's LLaMA pairs channel i with i + d_k/2 instead: the same with the channels in another order.)
    """
    T, d_k = x.shape[-2:]
    _even(d_k)
    z = wide(x)  # (..., T, d_k)
    sin, cos = sinusoidal(T, d_k, base, start, torch.float64).to(z).unflatten(-1, (-1, 2)).unbind(-1)  # (T, d_k/2) each
    even, odd = z[..., 0::2], z[..., 1::2]  # (..., T, d_k/2) each
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2).to(x.dtype)  # (..., T, d_k)


def alibi_slopes(n_head: int) -> Tensor:
    """How steeply each head forgets: (H,) in float64, 2^(-8/H), 2^(-16/H), …, 2^-8 for H a power of two.

    Press et al. 2022, §3. For another H, the authors' code takes the slopes of the next lower power of two and then
    every second one of the next higher. Raises ValueError for n_head below 1.
    """
    if n_head < 1:
        raise ValueError(f"n_head must be at least 1, got {n_head}")
    lower = 2 ** int(math.log2(n_head))
    slopes = [2 ** (-8 * h / lower) for h in range(1, lower + 1)]
    between = [2 ** (-4 * h / lower) for h in range(1, 2 * lower, 2)]
    return torch.tensor((slopes + between)[:n_head], dtype=torch.float64)


def alibi(n_head: int, T: int, S: int | None = None) -> Tensor:
    """What ALiBi adds to the scaled scores: -slope · distance, (H, T, S) in float64. Press et al. 2022, §3, Figure 3.

    The queries are the last T of the S positions, as in attention.causal_mask; keys after the query, which the causal
    mask of the paper hides, count by their distance too. Raises ValueError for S < T or n_head below 1.
    """
    S = T if S is None else S
    if S < T:
        raise ValueError(f"{T} queries need at least as many positions to look at, got S = {S}")
    distance = (torch.arange(S - T, S).unsqueeze(-1) - torch.arange(S)).abs()  # (T, S)
    return -alibi_slopes(n_head)[:, None, None] * distance  # (H, T, S)


def _even(channels: int) -> None:
    if channels % 2:
        raise ValueError(f"channels are rotated in pairs: their number must be even, got {channels}")
