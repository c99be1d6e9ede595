"""Q, K and V of one attention head with the X that they come from: seeded toy vectors, or the local BERT's own.

Vaswani et al. 2017, §3.2.2: head = Attention(X W_Q, X W_K, X W_V). Every head carries a second, independent product of
X with its projections, so that a reader can check where Q, K and V come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from models import bert, toy


@dataclass(frozen=True, eq=False)
class Head:
    """One head's input and projections. again: the same products another way; room: what rounding explains."""

    tokens: list[str]
    x: Tensor  # (T, C)
    qkv: Sequence[Tensor]  # (T, d_k) each
    again: Sequence[Tensor]  # (T, d_k) each
    room: float

    @property
    def gap(self) -> float:
        """The largest difference between the two products."""
        return max((a - b).abs().max().item() for a, b in zip(self.qkv, self.again, strict=True))


def of_toy(tokens: list[str], d_k: int, seed: int) -> Head:
    """A head over seeded vectors: the same word, the same vector."""
    p = toy.project(toy.embed(tokens, seed), d_k, seed)
    again = [(p.x.unsqueeze(-1) * w).sum(1) for w in (p.w_q, p.w_k, p.w_v)]  # (T, d_k) each
    return Head(tokens, p.x, (p.q, p.k, p.v), again, room=1e-12)


def of_bert(trace: bert.Trace, layer: int, head: int) -> Head:
    """A head of the local BERT for a traced text, in float64; its projections carry a bias."""
    qkv = [z[layer, head].double() for z in (trace.queries, trace.keys, trace.values)]  # (T, d_k) each
    block = bert.load().encoder.layers[layer].attention
    rows = slice(head * block.d_k, (head + 1) * block.d_k)
    x = trace.hidden[layer].double()  # (T, C)
    again = [F.linear(x, w.weight[rows].double(), w.bias[rows].double()) for w in (block.query, block.key, block.value)]
    return Head(trace.tokens, x, qkv, again, room=1e-4)
