"""The translator with its positions moved elsewhere, or without any.   Vaswani et al. 2017, §3.5."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.transformer import Transformer
from models.translator import Translator
from models.translator_vocabulary import END, PAD


@dataclass(frozen=True, eq=False)
class Batch:
    """Pairs of sentences as ids, padded: what the encoder reads, what the decoder reads, what it should say."""

    source: Tensor  # (B, S)
    target: Tensor  # (B, T), each begins with START
    labels: Tensor  # (B, T), each ends with END

    @property
    def tokens(self) -> int:
        """How many tokens are to be said, each sentence's END included."""
        return int((self.labels != PAD).sum())


def batches(translator: Translator, pairs: Sequence[tuple[str, str]], size: int = 50) -> list[Batch]:
    """(Chinese, English) from the shortest translation to the longest, so many at a time: little padding and memory."""
    by_length = sorted(pairs, key=lambda pair: len(translator.target_ids(pair[1])))
    return [batch(translator, by_length[i : i + size]) for i in range(0, len(pairs), size)]


def batch(translator: Translator, pairs: Sequence[tuple[str, str]]) -> Batch:
    """The pairs in the translator's own ids."""
    source = [translator.source_ids(chinese) for chinese, _ in pairs]
    target = [translator.target_ids(english) for _, english in pairs]
    labels = [[*ids[1:], END] for ids in target]
    return Batch(_padded(source), _padded(target), _padded(labels))


@torch.no_grad()
def displaced(m: Transformer, b: Batch, source: int | None = 0, target: int | None = 0) -> Tensor:
    """The logits (B, T, V) of a forward pass whose positions begin at `source` and `target` instead of 0, or that has
    none (None); nothing else is changed."""
    return m.step(b.target, m.encode(b.source, start=source), start=target)[0]


def next_token(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy over all tokens that are not padding, the end symbol included."""
    real = labels != PAD  # (B, T)
    z, right = logits[real], labels[real]  # (n, V), (n,)
    return F.cross_entropy(z, right).item(), (z.argmax(-1) == right).float().mean().item()


def over_all(
    m: Transformer, parts: Sequence[Batch], source: int | None = 0, target: int | None = 0
) -> tuple[float, float]:
    """Loss and accuracy over the tokens of all these batches, their positions displaced."""
    each = [next_token(displaced(m, b, source, target), b.labels) for b in parts]
    total = sum(b.tokens for b in parts)
    loss = sum(b.tokens * loss for b, (loss, _) in zip(parts, each, strict=True)) / total
    accuracy = sum(b.tokens * accuracy for b, (_, accuracy) in zip(parts, each, strict=True)) / total
    return loss, accuracy


def _padded(rows: Sequence[Sequence[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])  # (B, longest)
