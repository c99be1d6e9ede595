"""DeBERTa's scores in three terms: content to content, to position, and from position.   He et al. 2021, §3.1."""

import itertools
import math
from typing import Annotated

import torch
from torch import Tensor

from models import toy
from study.controls import Cell, Refusal, Seed, Slider, Text
from study.demo import Evidence, Measured, Origin, same
from study.views import Equation, Heatmap

D_K, LONGEST = 16, 8
NAMES = ("content_content", "content_position", "position_content", "score")
PRESETS = {
    "same_word": {"words": "deep learning and deep sea", "cell": (0, 3)},
    "near": {"reach": 1, "cell": (1, 4)},
    "far": {"reach": 4, "cell": (1, 4)},
}


def disentangled(
    words: Annotated[str, Text(60)] = "a store beside the new mall",
    reach: Annotated[int, Slider(1, 6)] = 3,
    cell: Annotated[tuple[int, int], Cell(LONGEST)] = (1, 4),
    seed: Seed = 0,
) -> Evidence:
    """Three matrices and their sum, for random vectors: nothing here is trained."""
    tokens = toy.words(words)
    n = len(tokens)
    if not 1 <= n <= LONGEST:
        raise Refusal("wrong_length", tokens=n, limit=LONGEST)
    content = toy.project(toy.embed(tokens, seed), D_K, seed)
    distances = toy.normal(2 * reach, toy.D_MODEL, seed=seed, name="P")  # (2 reach, C)
    place = toy.project(distances, D_K, seed + 1)
    terms = scores(content.q, content.k, place.q, place.k, reach)
    total = sum(terms)
    i, j = Cell.inside(cell, (n, n))
    maps = [_map(z, tokens, name, (i, j)) for name, z in zip(NAMES, [*terms, total], strict=True)]
    pairs = list(itertools.product(range(n), repeat=2))
    theirs = torch.stack([_pair(content, place, pair, reach) for pair in pairs])
    return Evidence(
        Equation(maps, ["+", "+", "="], "parts"),
        claims=[
            same("one_by_one", total.flatten(), theirs, abs=1e-9),
            same("by_offset", *_same_word(content, place, reach), abs=1e-9),
        ],
        measured=[
            Measured("distance", bucket(i - j, reach)),
            Measured("by_position", terms[1][i, j] + terms[2][i, j]),
            Measured("far_pairs", _far(pairs, reach), unit="share"),
        ],
        origin=Origin.TOY,
    )


def bucket(offset: int, k: int) -> int:
    """δ(i, j) of the offset i - j: 0 from -k down, 2k - 1 from k up, offset + k between."""
    return min(max(offset + k, 0), 2 * k - 1)


def scores(q: Tensor, k: Tensor, q_r: Tensor, k_r: Tensor, reach: int) -> tuple[Tensor, Tensor, Tensor]:
    """q, k (T, d) of contents, q_r, k_r (2 reach, d) of distances -> the three terms, each (T, T) and over √(3 d)."""
    T, d = q.shape
    place = torch.arange(T)
    offset = place[:, None] - place[None, :]  # (T, T): i - j
    delta = (offset + reach).clamp(0, 2 * reach - 1)  # (T, T): δ(i, j)
    content = q @ k.T  # (T, T)
    to_position = (q @ k_r.T).gather(1, delta)  # (T, 2 reach) -> (T, T): q_i · k_r[δ(i, j)]
    from_position = (k @ q_r.T).gather(1, delta).T  # (T, 2 reach) -> (T, T): k_j · q_r[δ(j, i)]
    root = math.sqrt(3 * d)
    return content / root, to_position / root, from_position / root


def _far(pairs: list[tuple[int, int]], reach: int) -> float:
    """The share of pairs k or more apart: δ tells no farther (i - j = k - 1 has the last vector as well)."""
    return sum(abs(i - j) >= reach for i, j in pairs) / len(pairs)


def _pair(content: toy.Projected, place: toy.Projected, pair: tuple[int, int], reach: int) -> Tensor:
    """One score, as equation (4) of the paper writes it."""
    i, j = pair
    q, k = content.q[i], content.k[j]  # (d,) each
    there = place.k[bucket(i - j, reach)]  # (d,)
    back = place.q[bucket(j - i, reach)]  # (d,)
    found = q @ k
    found = found + q @ there
    found = found + k @ back
    return found / math.sqrt(3 * len(q))


def _same_word(content: toy.Projected, place: toy.Projected, reach: int) -> tuple[Tensor, Tensor]:
    """With one word everywhere, all pairs of one offset have one score: first against second diagonal entries."""
    n = len(content.q)
    q = content.q[:1].expand(n, -1)  # (T, d)
    k = content.k[:1].expand(n, -1)  # (T, d)
    total = sum(scores(q, k, place.q, place.k, reach))
    return total[:-1, :-1], total[1:, 1:]


def _map(z: Tensor, tokens: list[str], name: str, cell: tuple[int, int]) -> Heatmap:
    return Heatmap(
        z,
        tokens,
        tokens,
        name,
        group="scores",
        pick="cell",
        selected=cell,
    )
