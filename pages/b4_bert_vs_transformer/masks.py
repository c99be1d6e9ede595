"""The same weights under three masks: full (BERT), causal (GPT), prefix.   Devlin et al. 2019, §3, footnote 4.

The local BERT was trained with the full one only; under the others it runs, but nobody trained it to.
"""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert
from models.attention import causal_mask
from pages.b4_bert_vs_transformer.inputs import LIMIT, LINE, Line
from study import local_bert
from study.controls import Choice, Slider, When
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Heatmap, Say

PRESETS = {
    "bert": {"pattern": "encoder"},
    "gpt": {"pattern": "decoder"},
    "prefix": {"pattern": "prefix", "prefix": 5},
    "looks_back": {"pattern": "decoder", "layer": 0, "head": 2},
}


def masks(
    sentence: Line = LINE,
    pattern: Annotated[str, Choice("encoder", "decoder", "prefix")] = "decoder",
    prefix: Annotated[
        int, Slider(1, LIMIT, upto=lambda values: len(_tokens(values["sentence"]))), When(pattern="prefix")
    ] = 5,
    layer: local_bert.Layer = 1,
    head: local_bert.Head = 8,
) -> Evidence:
    """Who may look at whom, and what a head of the local BERT does when it may look nowhere else."""
    tokens = _tokens(sentence)
    mask = allowed(pattern, len(tokens), min(prefix, len(tokens)))  # (T, T)
    trace, usual = _traced(sentence, mask), _traced(sentence, None)
    weights = trace.attentions[layer, head].double()  # (T, T)
    cosine = F.cosine_similarity(trace.hidden[-1], usual.hidden[-1], dim=-1)  # (T,)
    hidden = usual.attentions[layer, head][~mask].sum() / len(tokens)
    return Evidence(
        Heatmap(
            mask.double(), tokens, tokens, pattern, x="keys", y="queries", scale="weight", masked=~mask, hover="may"
        ),
        Heatmap(
            weights,
            tokens,
            tokens,
            Say("weights", layer=layer, head=head),
            x="keys",
            y="queries",
            scale="weight",
            masked=~mask,
            hover="weight_of",
        ),
        claims=[
            same("same_as_torch", weights, _again(trace, layer, head, mask), abs=1e-5),
            Claim("masked_weights", measured=trace.attentions[..., ~mask].sum(), expected=0),
            Claim("unreached", measured=_moved(sentence, mask), expected=0, abs=1e-5),
        ],
        measured=[
            Measured("pairs", mask.double().mean(), unit="share"),
            Measured("taken_away", hidden, unit="share"),
            Measured("cosine", cosine.mean()),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(layer, head),
        notices=local_bert.unknown(tokens),
    )


def _tokens(sentence: str) -> list[str]:
    """Raises Refusal as local_bert.fits."""
    local_bert.fits(sentence, LIMIT)
    return bert.load().encode(sentence).tokens


def allowed(pattern: str, T: int, prefix: int) -> Tensor:
    """(T, T) boolean, True = may look; prefix: so many tokens at the start are seen by all."""
    if pattern == "encoder":
        return torch.ones(T, T, dtype=torch.bool)
    causal = causal_mask(T)  # (T, T)
    return causal if pattern == "decoder" else causal | (torch.arange(T) < prefix)  # (T, T)


def _traced(sentence: str, mask: Tensor | None) -> bert.Trace:
    """The local BERT's trace of a sentence under a mask."""
    return bert.load().trace(sentence, mask=mask)


def _again(trace: bert.Trace, layer: int, head: int, mask: Tensor) -> Tensor:
    """The weights (T, T) by torch's own function: with the identity as values the output is the weights."""
    q, k = (z[layer, head].double() for z in (trace.queries, trace.keys))  # (T, d_k) each
    return F.scaled_dot_product_attention(q, k, torch.eye(len(q), dtype=torch.float64), mask)  # (T, T)


@torch.no_grad()
def _moved(sentence: str, mask: Tensor) -> float:
    """How far the last states move, at most, of tokens that no chain of looks leads to the last word, which changes."""
    encoder, ids = bert.load().encoder, torch.tensor([bert.load().encode(sentence).ids])  # (1, T)
    other = ids.clone()
    other[0, -2] = (ids[0, -2] + 1) % bert.load().config.vocab_size
    last = [encoder(row, torch.zeros_like(row), mask)[1][-1][0] for row in (ids, other)]  # (T, C) each
    reach = torch.linalg.matrix_power(mask.double(), len(encoder.layers)) > 0  # (T, T)
    still = ~reach[:, -2]  # (T,)
    return (last[0] - last[1])[still].abs().max().item() if still.any() else 0.0
