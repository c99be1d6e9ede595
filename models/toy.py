"""Seeded toy numbers for lessons that need small ones: words, their vectors and three projections of them.

Nothing here is trained. The same word has the same vector whatever stands around it, and the projection matrices are
random: what such numbers show is how attention is computed, never what it has learnt.
"""

import math
import unicodedata
import zlib
from dataclasses import dataclass

import regex
import torch
from torch import Tensor

D_MODEL = 64
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
#: \X is what a reader sees as one character: a letter with its marks, a family of emoji. A run of them that begin with
#: a letter or digit, or a single one that begins with anything else that can be seen.
WORD = regex.compile(rf"(?:(?=[[\p{{L}}\p{{N}}_]--[{CJK}]])\X)+|(?=[^\s\p{{M}}\p{{Cc}}\p{{Cf}}])\X", regex.V1)
#: Characters that nobody sees and that belong to no other one: soft hyphens, marks of direction. (U+200B parts words.)
UNSEEN = regex.compile(r"[[\p{Cf}&&\p{Grapheme_Cluster_Break=Control}]--\u200b]", regex.V1)


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
    """Toy tokens: runs of letters and digits, single Chinese characters, single punctuation marks; never [UNK].

    Marks, joiners and variation selectors stay with the character that they belong to, and however a letter and its
    accent are encoded, it is the same word. A text without anything to see has no words.
    """
    return WORD.findall(UNSEEN.sub("", unicodedata.normalize("NFC", text)))


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


def additive_inputs(d_k: int, d_hidden: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """w_q, w_k (d_hidden, d_k) and w_v (d_hidden,) for attention.additive, scaled so that scores are of order 1."""
    w_q, w_k = (normal(d_hidden, d_k, seed=seed, name=n) / math.sqrt(d_k) for n in ("W_a", "U_a"))  # (d_hidden, d_k)
    return w_q, w_k, normal(d_hidden, seed=seed, name="v_a") / math.sqrt(d_hidden)
