"""Added, not concatenated: the scores of BERT's first layer taken apart into words and positions.   §3.5; §3.4.

(x + u) A (y + v) = x A y  +  u A v  +  x A v + u A y  +  what segments and biases bring
"""

import math
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert, bert_input
from pages.t3_positional_encoding.inputs import Line
from study import local_bert
from study.controls import Cell
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Equation, Heatmap, Mark, Say

KINDS = ("words", "positions", "mixed", "rest")
SHORT, LONG = "dogs chase cats", "The animal didn't cross the street because it was too tired."
PRESETS = {
    "previous": {"sentence": SHORT, "head": 2},
    "longer": {"sentence": LONG, "head": 2},
    "words": {"sentence": LONG, "head": 1, "step": "shares"},
    "mixed": {"sentence": SHORT, "head": 3},
    "rest": {"sentence": SHORT, "head": 5, "step": "shares"},
}


def added(
    sentence: Line = SHORT,
    head: local_bert.Head = 2,
    cell: Annotated[tuple[int, int], Cell(24)] = (3, 2),
) -> Evidence:
    """The scores of a head of BERT's first layer, taken apart into what words and what positions contribute."""
    trace = local_bert.trace(sentence, 24)
    s = bert_input.taken_apart(sentence)
    terms = bert_input.score_terms(s)  # (4, 4, H, T, T)
    parts = {kind: z[head] for kind, z in _by_kind(terms).items()}  # (T, T) each
    shares = torch.stack([*_by_kind(bert_input.score_shares(terms)).values()], -1)  # (H, 4)
    q, k = trace.queries[0, head].double(), trace.keys[0, head].double()  # (T, d_k) each
    total = q @ k.T / bert.load().config.d_k ** 0.5  # (T, T)
    row, col = Cell.inside(cell, total.shape)
    scores = Equation(
        [_scores(z, kind, trace.tokens, (row, col)) for kind, z in {"total": total, **parts}.items()],
        joins=["=", "+", "+", "+"],
        title=Say("one_score", row=trace.tokens[row], col=trace.tokens[col]),
    )
    return Evidence(
        Step("score", scores),
        Step("shares", _shares(shares, head)),
        claims=lambda: [
            same("parts_add_up", sum(parts.values()), total, abs=1e-4),
            Claim("joined_same", measured=_joined(s), expected=0, abs=1e-9),
            same("shares_sum", shares.sum(1), 1, abs=1e-4),
        ],
        measured=lambda: [
            Measured("share", shares[head, 1], unit="share"),
            Measured("previous", _to_previous(trace.attentions[0, head]), unit="share"),
            Measured("previous_by_position", _to_previous(torch.softmax(parts["positions"], -1)), unit="share"),
            Measured("overlap", _overlap()),
            Measured("overlap_random", (2 / math.pi / bert.load().config.d_model) ** 0.5),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(0, head),
        notices=local_bert.unknown(trace.tokens),
    )


def _by_kind(terms: Tensor) -> dict[str, Tensor]:
    """What comes from who asks and who is asked (token, segment, position, bias: the first two axes), in four kinds."""
    words, positions, mixed = terms[0, 0], terms[2, 2], terms[0, 2] + terms[2, 0]
    return dict(zip(KINDS, (words, positions, mixed, terms.sum((0, 1)) - words - positions - mixed), strict=True))


def _shares(shares: Tensor, head: int) -> Heatmap:
    """How much of each head's scores the four kinds bring (H, 4), a column for each head."""
    return Heatmap(
        shares.T,  # (4, H)
        rows=["W·W", "P·P", "W·P", "R"],
        cols=[f"H{n}" for n in range(len(shares))],
        title="shares",
        x="head",
        y="part",
        pick=("part", "head"),
        selected=(int(shares[head].argmax()), head),
        marks=[Mark("hidden", col=head)],
        hover="share_of",
    )


def _scores(z: Tensor, title: str, tokens: list[str], selected: tuple[int, int]) -> Heatmap:
    return Heatmap(
        z,
        rows=tokens,
        cols=tokens,
        title=title,
        pick="cell",
        selected=selected,
        hover="score_of",
        role="position" if title == "positions" else "",
    )


def _joined(s: bert_input.Sum) -> float:
    """By how much W (x + u) and (W W) with x and u one above the other differ, for all queries and keys, at most."""
    word, position = s.scaled[0], s.scaled[2]  # (T, C) each
    layer, gaps = bert.load().encoder.layers[0].attention, []
    for projection in (layer.query, layer.key):
        w = projection.weight.double()  # (C, C)
        one = (word + position) @ w.T  # (T, C)
        other = torch.cat((word, position), -1) @ torch.cat((w, w), -1).T  # (T, 2C) @ (2C, C) = (T, C)
        gaps.append((one - other).abs().max().item())
    return max(gaps)


def _to_previous(weights: Tensor) -> Tensor:
    """The mean weight that tokens give to the one before them."""
    return weights.diagonal(-1).mean()


@memo
def _overlap() -> float:
    """Mean |cosine| of a token's and a position's embedding, each less the mean of its table: of all of them."""
    token, _, position = (table - table.mean(0) for table in bert_input.tables())  # (V, C), (2, C), (512, C)
    return float((F.normalize(token) @ F.normalize(position).T).abs().mean())
