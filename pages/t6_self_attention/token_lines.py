"""Who looks at whom, as lines: one head, or all of a layer.   Vaswani et al. 2017, appendix, Figures 3–5."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from pages.t6_self_attention.attention_sites import attend, reading, trained
from pages.t6_self_attention.inputs import (
    CARD,
    CHINESE,
    ENGLISH,
    LINE,
    Chinese,
    English,
    Head,
    Layer,
    Line,
    Site,
)
from study import local_bert
from study.controls import Choice, Slider, Toggle, When
from study.demo import Evidence, Measured, Origin, same
from study.views import Say, TokenLines

LIMIT = 64  # tokens of each side

PRESETS = {
    "pronoun": {"sentence": LINE, "bert_layer": 3, "bert_head": 1},
    "all_heads": {"every": True},
    "encoder": {"model": "translator", "site": "encoder"},
    "decoder": {"model": "translator", "site": "decoder"},
    "cross": {"model": "translator", "site": "cross"},
}


def token_lines(
    sentence: Annotated[Line, When(model="bert")] = LINE,
    chinese: Annotated[Chinese, When(model="translator")] = CHINESE,
    english: Annotated[English, When(model="translator")] = ENGLISH,
    model: Annotated[str, Choice("bert", "translator")] = "bert",
    site: Annotated[Site, When(model="translator")] = "cross",
    bert_layer: Annotated[local_bert.Layer, When(model="bert")] = 3,
    bert_head: Annotated[local_bert.Head, When(model="bert")] = 1,
    layer: Annotated[Layer, When(model="translator")] = 2,
    head: Annotated[Head, When(model="translator")] = 2,
    every: Annotated[bool, Toggle()] = False,
    threshold: Annotated[float, Slider(0.0, 0.9, step=0.05)] = 0.1,
) -> Evidence:
    """Lines from the tokens that look to those looked at."""
    bert = model == "bert"
    if bert:
        layer, head = bert_layer, bert_head
    seen = _of_bert(sentence, layer) if bert else _of_translator(chinese, english, site, layer)
    side = "self" if seen.left == seen.right else "cross"
    lines = TokenLines(
        seen.left,
        seen.right,
        seen.weights,
        [f"L{layer}·H{n}" for n in range(len(seen.weights))],
        head=None if every else head,
        threshold=threshold,
        title=Say("all_of" if every else "one_of", layer=layer, head=head),
        left_title=f"left_{side}",
        right_title=f"right_{side}",
    )
    shown = seen.weights if every else seen.weights[[head]]  # (H or 1, T, S)
    drawn = torch.from_numpy(lines.drawn)  # (H or 1, T, S): the view decides which lines there are
    return Evidence(
        lines,
        claims=[
            same("same_as_torch", seen.weights, seen.again, abs=1e-5),
            same("rows_sum_to_one", seen.weights.sum(-1), 1, abs=1e-5),
        ],
        measured=[
            *(_directions(shown) if side == "self" else ()),
            Measured("share", shown[drawn].sum() / shown.sum(), unit="share"),
            Measured("drawn", drawn.sum()),
        ],
        origin=Origin.PRETRAINED if bert else Origin.TRAINED_HERE,
        source=local_bert.source(layer) if bert else CARD,
        notices=seen.notices,
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """All heads of one layer: who looks (left), who is looked at (right), and the same weights by torch."""

    left: Sequence[str]
    right: Sequence[str]
    weights: Tensor  # (H, T, S)
    again: Tensor  # (H, T, S)
    notices: list[Say]


def _of_bert(sentence: str, layer: int) -> _Seen:
    trace = local_bert.trace(sentence, LIMIT)
    tokens = tuple(trace.tokens)
    q, k = trace.queries[layer].double(), trace.keys[layer].double()  # (H, T, d_k) each
    identity = torch.eye(len(tokens), dtype=q.dtype).expand(len(q), -1, -1)  # (H, T, T)
    again = F.scaled_dot_product_attention(q, k, identity)  # (H, T, T): with V = I the output is the weights
    return _Seen(tokens, tokens, trace.attentions[layer], again, local_bert.unknown(tokens))


def _of_translator(chinese: str, english: str, site: str, layer: int) -> _Seen:
    pair = reading(chinese, english, LIMIT)
    here = attend(pair, site, layer)
    notices = local_bert.unknown((*pair.source, *pair.target), "unknown_to_translator")
    return _Seen(here.q.tokens, here.kv.tokens, trained(pair.trace, site)[layer], here.again, notices)


def _directions(weights: Tensor) -> list[Measured]:
    """What share of all the weight goes back, to the token itself, and forward; weights (H, T, T)."""
    total = weights.sum()
    return [
        Measured("to_earlier", weights.tril(-1).sum() / total, unit="share"),
        Measured("to_itself", weights.diagonal(dim1=1, dim2=2).sum() / total, unit="share"),
        Measured("to_later", weights.triu(1).sum() / total, unit="share"),
    ]
