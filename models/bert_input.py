"""What enters BERT: token + segment + position, part by part, into layer 0.   Devlin et al. 2019, §3; Figure 2.

The paper says sum ("Input/Output Representations"). The LayerNorm after it is in the released code only:

    x = LayerNorm(token[id] + segment[s] + position[p])         C numbers per token

    s = taken_apart("my dog is cute", "he likes playing")
    s.token, s.segment, s.position, s.total, s.normed           # (T, C) each, float64
    score_terms(s)                                              # (4, 4, H, T, T): who asks, who is asked
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models import bert

PARTS = ("token", "segment", "position")


@dataclass(frozen=True, eq=False)
class Sum:
    """A text as it enters the model, in float64: the parts and what they add up to, (T, C) each."""

    tokens: list[str]
    ids: list[int]
    segments: list[int]
    token: Tensor
    segment: Tensor
    position: Tensor

    @property
    def parts(self) -> Tensor:
        return torch.stack([self.token, self.segment, self.position])  # (3, T, C)

    @property
    def total(self) -> Tensor:
        return self.token + self.segment + self.position  # (T, C)

    @property
    def spread(self) -> Tensor:
        """What LayerNorm divides each token by: the standard deviation of its C numbers."""
        eps = bert.load().encoder.embedding.norm.eps
        return (self.total.var(-1, unbiased=False, keepdim=True) + eps).sqrt()  # (T, 1)

    @property
    def scaled(self) -> Tensor:
        """LayerNorm part by part. Given the spread it is linear, so that the four add up to `normed`; last its bias."""
        norm = bert.load().encoder.embedding.norm
        parts = (self.parts - self.parts.mean(-1, keepdim=True)) / self.spread * norm.weight.double()  # (3, T, C)
        return torch.cat([parts, norm.bias.double().expand_as(parts[:1])])  # (4, T, C)

    @property
    def normed(self) -> Tensor:
        """What the first layer reads: LayerNorm of the total."""
        return self.scaled.sum(0)  # (T, C)

    def ordered(self, order: Sequence[int]) -> "Sum":
        """The tokens in another order, or only some of them; segments go along, positions are counted anew."""
        return of(*([sequence[i] for i in order] for sequence in (self.tokens, self.ids, self.segments)))


def tables() -> tuple[Tensor, Tensor, Tensor]:
    """The three learned tables: tokens (V, C), segments (2, C), positions (512, C)."""
    e = bert.load().encoder.embedding
    return e.token.weight, e.segment.weight, e.position.weight


def taken_apart(text: str, pair: str | None = None) -> Sum:
    """The parts of a text or a pair. Raises bert.TooLong."""
    e = bert.load().encode(text, pair)
    return of(e.tokens, e.ids, e.segments)


def of(tokens: list[str], ids: list[int], segments: list[int]) -> Sum:
    """The parts for ids and segments of one's own, at positions 0, 1, 2 …"""
    token, segment, position = tables()
    return Sum(tokens, ids, segments, token[ids].double(), segment[segments].double(), position[: len(ids)].double())


@torch.no_grad()
def score_terms(s: Sum) -> Tensor:
    """The scores q·k / sqrt(d_k) of layer 0, taken apart by who asks and who is asked: (4, 4, H, T, T), float64.

    Index 3 stands for what no part brings, the biases. Over the first two axes the terms add up to the scores.
    """
    layer = bert.load().encoder.layers[0].attention

    def heads(linear: nn.Linear) -> Tensor:
        x = s.scaled @ linear.weight.double().T  # (4, T, C)
        x[3] += linear.bias.double()
        return x.unflatten(-1, (layer.n_head, layer.d_k)).transpose(1, 2)  # (4, H, T, d_k)

    return torch.einsum("ahtd,bhsd->abhts", heads(layer.query), heads(layer.key)) / layer.d_k**0.5  # (4, 4, H, T, T)


def score_shares(terms: Tensor) -> Tensor:
    """(4, 3, H): how much of each head's preferences, its scores less each row's mean, comes from each term.

    The softmax does not see what is added to a whole row, so that a key's bias (the fourth column) never counts.
    """
    own = (terms - terms.mean(-1, keepdim=True))[:, :3]  # (4, 3, H, T, T)
    total = own.sum((0, 1))  # (H, T, T)
    return (own * total).sum((-1, -2)) / total.square().sum((-1, -2)).clamp_min(1e-300)  # (4, 3, H)
