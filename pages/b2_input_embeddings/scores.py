"""Who asks whom in the first layer? Every score is a sum of token with token, token with position, and so on.

What enters is a sum, and all that follows up to the scores is linear once LayerNorm's divisor is given:
Devlin et al. 2019, §3; Vaswani et al. 2017, §3.2.1.
"""

from typing import Annotated, Any

import torch
from torch import Tensor, nn

from models import bert, bert_input
from pages.b2_input_embeddings.inputs import FIGURE_2, NOTE, Line, Pair, summed
from study import local_bert
from study.controls import Cell
from study.demo import Evidence, Measured, Origin, Step, same
from study.views import Heatmap, Say

TERMS = [f"{asks}·{asked}" for asks in "tspb" for asked in "tsp"]  # b asked is left out: the same for every key
PRESETS = {
    "places": {**NOTE, "cell": (2, TERMS.index("p·p"))},
    "words": {**NOTE, "cell": (1, TERMS.index("t·t"))},
    "bias": {**NOTE, "cell": (5, TERMS.index("b·t"))},
    "segment": {**NOTE, "cell": (6, TERMS.index("s·t"))},
    "place_asks_word": {**NOTE, "cell": (3, TERMS.index("p·t"))},
}


def scores(
    text: Line = FIGURE_2[0], pair: Pair = FIGURE_2[1], cell: Annotated[tuple[int, int], Cell(12)] = (2, 8)
) -> Evidence:
    """Each head's preferences by term, one term alone, and the weights of all terms together."""
    s = summed(text, pair, limit=32)
    head, term = cell
    asks, asked = divmod(term, 3)
    terms = bert_input.score_terms(s)  # (4, 4, H, T, T)
    share = bert_input.score_shares(terms)  # (4, 3, H)
    one_term = terms[asks, asked, head]  # (T, T)
    weights = terms.sum((0, 1)).softmax(-1)  # (H, T, T)

    def matrix(z: Tensor, title: Say, **look: Any) -> Heatmap:
        return Heatmap(z, s.tokens, s.tokens, title, x="keys", y="queries", **look)

    return Evidence(
        Step(
            "terms",
            _by_term(share, cell),
            matrix(
                one_term - one_term.mean(-1, keepdim=True),  # what is added to a whole row, the softmax does not see
                Say("one_term", term=TERMS[term], head=head),
                hover="score_of",
            ),
        ),
        Step(
            "weights",
            _by_term(share, cell),
            matrix(weights[head], Say("weights", head=head), scale="weight", hover="weight_of"),
        ),
        claims=[
            same("terms_add_up", terms.sum((0, 1)), whole_scores(s), abs=1e-9),
            # the model's own weights are float32
            same("same_weights", weights, local_bert.traced(text, pair).attentions[0], abs=1e-4),
            same("shares_add_up", share.sum((0, 1)), 1, abs=1e-9),
        ],
        measured=[
            Measured("chosen", share[asks, asked, head], unit="share"),
            Measured("content", share[0, 0, head], unit="share"),
            Measured("place", share[2, 2, head], unit="share"),
            Measured("crossed", share[0, 2, head] + share[2, 0, head], unit="share"),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(0, head),
        notices=local_bert.unknown(s.tokens),
    )


def _by_term(share: Tensor, cell: tuple[int, int]) -> Heatmap:
    """share (4, 3, H) as a row of twelve terms for each head."""
    heads = [f"H{n}" for n in range(local_bert.N_HEAD)]
    return Heatmap(
        share.flatten(0, 1).T,  # (H, 12)
        heads,
        TERMS,
        "who_asks_whom",
        x="term",
        y="head",
        pick="cell",
        selected=cell,
        hover="share_of",
    )


@torch.no_grad()
def whole_scores(s: bert_input.Sum) -> Tensor:
    """q·k / sqrt(d_k) of layer 0 as usual, in float64: (H, T, T)."""
    layer = bert.load().encoder.layers[0].attention

    def heads(linear: nn.Linear) -> Tensor:
        y = s.normed @ linear.weight.double().T + linear.bias.double()  # (T, C)
        return y.unflatten(-1, (layer.n_head, layer.d_k)).transpose(0, 1)  # (H, T, d_k)

    return heads(layer.query) @ heads(layer.key).mT / layer.d_k**0.5  # (H, T, T)
