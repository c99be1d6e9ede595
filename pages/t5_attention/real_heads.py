"""Who looks where in the local BERT: all 72 heads small, one large.   Vaswani et al. 2017, §3.2.1."""

from typing import Annotated

import torch
from torch.nn import functional as F

from models import attention
from pages.t5_attention.inputs import LINE, Line
from study import local_bert
from study.controls import Cell
from study.demo import Evidence, Measured, Origin, same
from study.views import Heatmap, Heatmaps, Mark, Say

LIMIT = 48  # tokens
WIDE = LINE.replace("tired", "wide")
PRESETS = {
    "finds": {"sentence": LINE},
    "wide": {"sentence": WIDE},
    "everyone": {"sentence": LINE, "layer": 5, "head": 11},
    "before": {"sentence": LINE, "layer": 0, "head": 2, "cell": (10, 9)},
    "rests": {"sentence": LINE, "layer": 4, "head": 5, "cell": (10, 0)},
}


def real_heads(
    sentence: Line = LINE,
    layer: local_bert.Layer = 3,
    head: local_bert.Head = 1,
    cell: Annotated[tuple[int, int], Cell(LIMIT)] = (10, 2),
) -> Evidence:
    """The weights of one trained head, recomputed from its Q, K and V, and those of all the others.

    One row can mislead: the chosen cell is told beside the mean of what the other rows give the same token.
    """
    trace = local_bert.trace(sentence, LIMIT)
    tokens, every = trace.tokens, trace.attentions  # (L, H, T, T)
    q, k, v = (z[layer, head].double() for z in (trace.queries, trace.keys, trace.values))  # (T, d_k) each
    weights = every[layer, head].double()  # (T, T)
    identity = torch.eye(len(tokens), dtype=torch.float64)  # (T, T): with V = I the output is the weights themselves
    again = F.scaled_dot_product_attention(q, k, identity)  # (T, T)
    output = F.scaled_dot_product_attention(q, k, v)  # (T, d_k)
    i, j = chosen = Cell.inside(cell, weights.shape)
    return Evidence(
        Heatmaps(
            every,
            [f"L{n}" for n in range(local_bert.N_LAYER)],
            [f"H{n}" for n in range(local_bert.N_HEAD)],
            tokens,
            tokens,
            title="all_heads",
            x="head",
            y="layer",
            pick=("layer", "head"),
            selected=(layer, head),
        ),
        Heatmap(
            weights,
            tokens,
            tokens,
            Say("one_head", layer=layer, head=head),
            x="keys",
            y="queries",
            scale="weight",
            pick="cell",
            selected=chosen,
            marks=[Mark("query", row=i), Mark("key", col=j)],
            hover="weight_of",
        ),
        claims=[
            same("rows_sum_to_one", every.sum(-1), 1, abs=1e-5),
            same("same_weights", weights, again, abs=1e-5),
            same("same_output", weights @ v, output, abs=1e-5),
        ],
        measured=[
            Measured("this_cell", weights[i, j], unit="share"),
            Measured("other_rows", (weights[:, j].sum() - weights[i, j]) / (len(tokens) - 1), unit="share"),
            Measured("to_cls", weights[:, 0].mean(), unit="share"),
            Measured("to_previous", weights.diagonal(-1).mean(), unit="share"),
            Measured("to_itself", weights.diagonal().mean(), unit="share"),
            Measured("entropy", attention.entropy(weights).mean(), unit="nats"),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(layer, head),
        notices=local_bert.unknown(tokens),
    )
