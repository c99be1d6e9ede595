"""Seeded toy numbers for lessons that need small ones: words, their vectors and three projections of them.

Nothing here is trained. The same word has the same vector whatever stands around it, and the projection matrices are
random: what such numbers show is how attention is computed, never what it has learnt.
"""

import math
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention

D_MODEL = 64
#: A dictionary whose keys are directions in the plane (degrees) and whose values are numbers.
COMPASS = {0: 3.0, 45: 2.0, 90: 9.0, 135: 1.0, 180: 6.0, 225: 8.0, 270: 5.0, 315: 4.0}
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"[{CJK}]|[^\W{CJK}]+|[^\w\s]")


@dataclass(frozen=True, eq=False)
class Projected:
    """Token vectors and what three matrices make of them: q = x w_q, k = x w_k, v = x w_v. All float64."""

    x: Tensor  # (T, C)
    w_q: Tensor  # (C, d_k)
    w_k: Tensor  # (C, d_k)
    w_v: Tensor  # (C, d_k)
    q: Tensor  # (T, d_k)
    k: Tensor  # (T, d_k)
    v: Tensor  # (T, d_k)


def generator(seed: int, *names: str | int) -> torch.Generator:
    """A random stream of its own for this seed and these names."""
    text = "\x1f".join(map(str, (seed, *names)))
    return torch.Generator().manual_seed(zlib.crc32(text.encode("utf-8", "surrogatepass")))


def normal(*shape: int, seed: int, name: str, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers of this shape; every (seed, name) has its own."""
    return torch.randn(shape, generator=generator(seed, name), dtype=dtype)


def words(text: str) -> list[str]:
    """Toy tokens: runs of letters and digits, single Chinese characters, single punctuation marks; never [UNK]."""
    return WORD.findall(text)


def embed(tokens: list[str], seed: int, d_model: int = D_MODEL) -> Tensor:
    """One standard normal vector per word, upper and lower case alike: (T, C)."""
    return torch.stack([normal(d_model, seed=seed, name=f"word {t.casefold()}") for t in tokens])  # (T, C)


def project(x: Tensor, d_k: int, seed: int) -> Projected:
    """Queries, keys and values by three random matrices with entries of variance 1/d_model.

    A component of q, k or v then has mean 0 and variance 1: the assumption behind the √d_k of Vaswani et al. 2017,
    §3.2.1.
    """
    c = x.shape[-1]
    w_q, w_k, w_v = (normal(c, d_k, seed=seed, name=f"W_{n}") / math.sqrt(c) for n in "QKV")  # (C, d_k) each
    return Projected(x, w_q, w_k, w_v, x @ w_q, x @ w_k, x @ w_v)


def queries_and_keys(n: int, d_k: int, seed: int) -> tuple[Tensor, Tensor]:
    """n queries and n keys with independent standard normal components, (n, d_k) each, float32."""
    q = normal(n, d_k, seed=seed, name="q", dtype=torch.float32)  # (n, d_k)
    k = normal(n, d_k, seed=seed, name="k", dtype=torch.float32)  # (n, d_k)
    return q, k


def softmax_jacobian(p: Tensor) -> Tensor:
    """∂p/∂z of p = softmax(z): diag(p) − p pᵀ, (..., n) -> (..., n, n)."""
    return torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)  # (..., n, n)


def softmax_jacobian_norm(p: Tensor) -> Tensor:
    """Frobenius norm of that Jacobian without forming it: √(Σp² − 2Σp³ + (Σp²)²), (..., n) -> (...)."""
    squares = p.square().sum(-1)
    return (squares - 2 * p.pow(3).sum(-1) + squares.square()).clamp_min(0).sqrt()


def softness(scores: Tensor, divisor: float) -> tuple[float, float, float]:
    """Of the softmax rows of scores / divisor, (rows, n): mean entropy, mean slope (norm of the Jacobian), mean largest
    weight."""
    p = attention.softmax(scores.double() / divisor)  # (rows, n)
    return attention.entropy(p).mean().item(), softmax_jacobian_norm(p).mean().item(), p.amax(-1).mean().item()


def additive_inputs(d_k: int, d_hidden: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """w_q, w_k (d_hidden, d_k) and w_v (d_hidden,) for attention.additive, scaled so that scores are of order 1."""
    w_q, w_k = (normal(d_hidden, d_k, seed=seed, name=n) / math.sqrt(d_k) for n in ("W_a", "U_a"))  # (d_hidden, d_k)
    return w_q, w_k, normal(d_hidden, seed=seed, name="v_a") / math.sqrt(d_hidden)


def additive_scores_one_by_one(q: Tensor, k: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """Bahdanau's scores pair by pair, with torch's own functions: a reference for attention.additive, (T, S)."""
    pairs = [[F.linear(torch.tanh(F.linear(a, w_q) + F.linear(b, w_k)), w_v[None])[0] for b in k] for a in q]
    return torch.stack([torch.stack(row) for row in pairs])  # (T, S)


def milliseconds(n: int, d: int) -> dict[str, float]:
    """Time per call on this machine of attention over n positions with d_k = d_v = d_hidden = d, without gradients.

    "dot" is attention.scaled_dot_product, "fused" torch's own, "additive" attention.additive.
    """
    q, k, v = (normal(n, d, seed=0, name=name, dtype=torch.float32) for name in "qkv")  # (n, d) each
    weights = [w.float() for w in additive_inputs(d, d, seed=0)]  # (d, d), (d, d), (d,)
    return {
        "dot": median_ms(lambda: attention.scaled_dot_product(q, k, v)),
        "fused": median_ms(lambda: F.scaled_dot_product_attention(q[None, None], k[None, None], v[None, None])),
        "additive": median_ms(lambda: attention.additive(q, k, v, *weights)),
    }


@torch.no_grad()
def median_ms(call: Callable[[], object], repeats: int = 3) -> float:
    """Median milliseconds of a call, after one that does not count."""
    call()  # the first call pays for memory
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)


def similarity(angles: Tensor) -> Tensor:
    """Scores of queries in these directions against COMPASS: cosines of the angles between, (...) -> (..., 8)."""
    keys = torch.tensor(list(COMPASS), dtype=torch.float64)  # (8,)
    return torch.cos(torch.deg2rad(angles.unsqueeze(-1) - keys))  # (..., 8)
