"""Words in another order, and the local BERT with and without its positions.   Devlin et al. 2019, §3; Figure 2."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models import attention, bert, bert_input
from study.controls import Refusal
from study.memo import memo


@dataclass(frozen=True, eq=False)
class Pass:
    """One forward pass of the local BERT over B sequences of T tokens, in float64."""

    hidden: Tensor  # (L+1, B, T, C): hidden[0] enters the first layer
    attentions: Tensor  # (L, B, H, T, T)
    first: tuple[Tensor, Tensor, Tensor]  # queries, keys and values of the first layer, (B, H, T, d_k) each


def words(tokens: Sequence[str]) -> list[list[int]]:
    """Indices of the tokens of each word, [CLS] and [SEP] left out: a ##piece belongs to the token before it."""
    groups: list[list[int]] = []
    for i in range(1, len(tokens) - 1):
        if tokens[i].startswith("##") and groups:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def moved(tokens: Sequence[str], how: str, seed: int = 0) -> list[int]:
    """Which token comes where: place j is taken by token moved[j]; [CLS] and [SEP] stay.

    how: "reverse", "rotate" (the first word goes last), "swap" (the first two) or "shuffle" (by the seed, never back to
    the old order). Raises Refusal("one_word") for fewer than two words.
    """
    groups = words(tokens)
    n = len(groups)
    if n < 2:
        raise Refusal("one_word")
    order = {"reverse": [*range(n)][::-1], "rotate": [*range(1, n), 0], "swap": [1, 0, *range(2, n)]}.get(how)
    random = torch.Generator().manual_seed(seed)
    while order is None or order == [*range(n)]:
        order = torch.randperm(n, generator=random).tolist()
    return [0, *(i for word in order for i in groups[word]), len(tokens) - 1]


@torch.no_grad()
def encode(ids: Sequence[Sequence[int]], positions: Sequence[bool]) -> Pass:
    """The local BERT over B rows of T ids; a row without positions gets nothing added for its places.

    In float64: what order changes and what rounding changes then lie ten orders of magnitude apart.
    """
    x = torch.stack([_entering(row, kept) for row, kept in zip(ids, positions, strict=True)])  # (B, T, C)
    hidden, inside = _exact().through(x)  # (B, T, C) each; (q, k, v, weights) of each layer
    return Pass(torch.stack(hidden), torch.stack([weights for *_, weights in inside]), inside[0][:3])


def _entering(ids: Sequence[int], positions: bool) -> Tensor:
    """What the first layer reads, (T, C): LayerNorm of token + segment A + position, or of the first two alone."""
    s = bert_input.of([""] * len(ids), list(ids), [0] * len(ids))
    return (s if positions else replace(s, position=torch.zeros_like(s.position))).normed


@memo
def _exact() -> bert.Encoder:
    """The local BERT's layers in float64: a copy of our own, because the loaded model is shared by all readers."""
    encoder = copy.deepcopy(bert.load().encoder)
    del encoder.embedding  # its table of 30,522 tokens is not needed and would take twice as much memory in float64
    return encoder.double()


def causal_change(run: Pass, a: int, b: int, order: Sequence[int]) -> float:
    """The largest change of the first layer's attention output from row a to row b, which has a's tokens in this order,
    if each token saw only what stands before it."""
    output, _ = attention.scaled_dot_product(*run.first, attention.causal_mask(len(order)))  # (B, H, T, d_k)
    return (output[b] - output[a][:, order]).abs().max().item()
