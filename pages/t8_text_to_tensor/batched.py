"""Sentences of different lengths as one tensor, through the translator's encoder, with and without the padding mask.

Everything in float64, on a copy of the weights: the translator itself is float32.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from models import translator
from models.transformer import Record, Transformer
from models.translator_vocabulary import PAD
from study.controls import Refusal
from study.memo import memo

LIMIT = 16  # characters of a sentence: what a row of cells can show


@dataclass(frozen=True, eq=False)
class Batch:
    """Sentences one below the other. Outputs are the encoder's, weights those of its last layer."""

    tokens: tuple[tuple[str, ...], ...]  # of each sentence
    ids: Tensor  # (B, S)
    mask: Tensor  # (B, S)  True = a token, not padding
    masked: Tensor  # (B, S, C)
    unmasked: Tensor  # (B, S, C)  as if the padding were text
    alone: tuple[Tensor, ...]  # (1, length, C)  each sentence in a batch of its own
    weights: Tensor  # (B, H, S, S)
    unmasked_weights: Tensor  # (B, H, S, S)
    alone_weights: tuple[Tensor, ...]  # (1, H, length, length) each

    @property
    def lengths(self) -> list[int]:
        """Tokens of each sentence, padding aside."""
        return self.mask.sum(1).tolist()

    def gaps(self, output: Tensor) -> list[float]:
        """By how much a sentence's output (B, S, C) differs from what it gets alone, at most."""
        pairs = zip(output, self.alone, self.lengths, strict=True)
        return [(ours[:n] - theirs[0]).abs().max().item() for ours, theirs, n in pairs]


@memo
@torch.no_grad()
def batch(lines: tuple[str, ...]) -> Batch:
    """The lines as one batch. Raises Refusal("empty_line") and Refusal("line_too_long")."""
    ours = _translator()
    rows = [_ids(ours, number, line) for number, line in enumerate(lines, 1)]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])  # (B, S)
    mask = ids != PAD  # (B, S)
    masked, weights = _encode(ids, mask)
    unmasked, unmasked_weights = _encode(ids, torch.ones_like(mask))
    singles = [torch.tensor([row]) for row in rows]  # (1, length) each
    alone, alone_weights = zip(*(_encode(single, single != PAD) for single in singles), strict=True)
    tokens = tuple(ours.source_tokens(line) for line in lines)
    return Batch(tokens, ids, mask, masked, unmasked, alone, weights, unmasked_weights, alone_weights)


def _ids(ours: translator.Translator, number: int, line: str) -> list[int]:
    length = len(ours.vocabulary.encode_source(line))
    if length > LIMIT:
        raise Refusal("line_too_long", line=number, tokens=length, limit=LIMIT)
    try:
        return ours.source_ids(line)
    except ValueError:  # too long it is not
        raise Refusal("empty_line", line=number) from None


def _encode(ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The encoder's output (B, S, C) and the weights of its last layer (B, H, S, S), under a mask (B, S) of our own.

    Transformer.encode takes its mask from the ids; here the same layers are given another one.
    """
    model, record, first = _double(), Record(), Record()
    model.encode(ids, first)  # for states[0], the embedding with its position
    x = first.states[0]  # (B, S, C)
    for layer in model.encoder:
        x = layer(x, mask[:, None, None], record)  # (B, S, C)
    return model.encoder_norm(x), record.self_attentions[-1]


@memo
def _double() -> Transformer:
    """A copy of the translator's model in float64."""
    return copy.deepcopy(_translator().model).double()


@memo
def _translator() -> translator.Translator:
    return translator.load()
