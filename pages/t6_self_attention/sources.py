"""mha(x_q, x_kv, x_kv) three times: encoder, decoder and cross-attention.   Vaswani et al. 2017, §3.2.3."""

from collections.abc import Collection
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention
from models.transformer import DecoderLayer
from models.translator_vocabulary import END
from pages.t6_self_attention.attention_sites import Attended, Reading, attend, reading, trained
from pages.t6_self_attention.inputs import CARD, CHINESE, ENGLISH, Chinese, English, Head, Layer, Site
from study import local_bert
from study.controls import Toggle
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Heatmap, Heatmaps, Say

LIMIT = 48  # tokens of each side

PRESETS = {
    "encoder": {"site": "encoder"},
    "decoder": {"site": "decoder"},
    "cross": {"site": "cross"},
    "swapped": {"site": "cross", "swap": True},
}


def sources(
    chinese: Chinese = CHINESE,
    english: English = ENGLISH,
    site: Site = "encoder",
    swap: Annotated[bool, Toggle()] = False,
    layer: Layer = 2,
    head: Head = 2,
) -> Evidence:
    """Only the arguments differ. swap gives the same matrices the other sequence as K and V."""
    pair = reading(chinese, english, LIMIT)
    here = attend(pair, site, layer, swap)  # one layer, all heads: weights (H, T, S)
    every = _every_layer(pair, site, swap)  # (L, H, T, S)
    asks, answers = here.q.tokens, here.kv.tokens
    return Evidence(
        Heatmaps(
            every,
            [f"L{n}" for n in range(every.shape[0])],
            [f"H{n}" for n in range(every.shape[1])],
            asks,
            answers,
            title="all_heads",
            x="head",
            y="layer",
            pick=("layer", "head"),
            selected=(layer, head),
        ),
        Heatmap(
            here.weights[head],
            asks,
            answers,
            Say("weights", layer=layer, head=head, rows=len(asks), cols=len(answers)),
            x=f"kv_{here.kv.name}",
            y=f"q_{here.q.name}",
            scale="weight",
            masked=None if here.mask is None else ~here.mask,
            hover="weight_of",
        ),
        claims=_claims(pair, here, every, site, layer, swap),
        measured=_measured(pair, here, site, layer, head, swap),
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=[Say("never_trained")] * swap
        + local_bert.unknown((*pair.source, *pair.target), "unknown_to_translator"),
    )


def _every_layer(pair: Reading, site: str, swap: bool) -> Tensor:
    """The weights of all layers and heads, (L, H, T, S); swapped, each layer on its own."""
    own = trained(pair.trace, site)  # (L, H, T, S)
    return torch.stack([attend(pair, site, n, swap).weights for n in range(len(own))]) if swap else own


def _claims(pair: Reading, here: Attended, every: Tensor, site: str, layer: int, swap: bool) -> list[Claim]:
    claims = [
        same("same_as_torch", here.weights, here.again, abs=1e-6),
        same("rows_sum_to_one", here.weights.sum(-1), 1, abs=1e-9),
    ]
    if here.mask is not None:
        claims.append(Claim("masked_weights", measured=here.weights[:, ~here.mask].sum(), expected=0))
    if not swap:
        claims.insert(0, same("same_as_model", here.weights, every[layer], abs=1e-5))
        if site != "encoder":
            early = trained(pair.first_half, site)[layer]  # (H, half, half or S)
            full = every[layer, :, : pair.half, : early.shape[-1]]  # the same rows and columns, all words given
            claims.append(same("needs_no_later_token", early, full, abs=1e-5))
    return claims


def _measured(pair: Reading, here: Attended, site: str, layer: int, head: int, swap: bool) -> list[Measured]:
    measured = []
    if site != "encoder":  # an encoder that was shown the decoder's states would have been shown the answer
        if swap:
            layers = range(len(pair.translator.model.decoder))
            measured.append(Measured("loss_all", loss(pair, site, layers), unit="nats"))
            measured.append(Measured("loss_here", loss(pair, site, [layer]), unit="nats"))
        measured.append(Measured("loss", loss(pair, site), unit="nats"))
    if swap:
        usual = attend(pair, site, layer).output  # (T, C)
        measured.append(Measured("changed", (here.output - usual).norm() / usual.norm()))
    return [*measured, Measured("entropy", attention.entropy(here.weights[head]).mean(), unit="nats")]


@torch.no_grad()
def loss(pair: Reading, site: str, swapped: Collection[int] = ()) -> float:
    """Mean -log p of the target's tokens, end included, in nats, with this attention swapped in these decoder layers.

    site is "decoder" or "cross". The model's own decoder cannot be told to swap, so its layers are walked through here.
    """
    model = pair.translator.model
    x = pair.trace.decoder_states[0]  # (1, T, C)
    for n, layer in enumerate(model.decoder):
        x = _through(layer, x, pair.trace.memory, swap=site if n in swapped else "")  # (1, T, C)
    x = model.decoder_norm(x)  # (1, T, C)
    logits = F.linear(x, model.target_embedding.weight) if model.output is None else model.output(x)  # (1, T, V)
    answer = torch.cat([pair.target_ids[0, 1:], torch.tensor([END])])  # (T,)
    return F.cross_entropy(logits[0], answer).item()


def _through(layer: DecoderLayer, x: Tensor, memory: Tensor, swap: str) -> Tensor:
    """One decoder layer, x (1, T, C), memory (1, S, C); swap: which attention reads the other sequence, if any."""
    everywhere = torch.ones(1, 1, 1, memory.shape[1], dtype=torch.bool)
    causal = attention.causal_mask(x.shape[1])[None, None]  # (1, 1, T, T)
    y = layer.around_self.enter(x)  # (1, T, C)
    kv, mask = (memory, everywhere) if swap == "decoder" else (y, causal)
    added = layer.self_attention(y, layer.self_attention.keys_values(kv), mask)  # (1, T, C)
    x = layer.around_self.leave(x, added, None)  # (1, T, C)
    y = layer.around_cross.enter(x)  # (1, T, C)
    kv, mask = (y, causal) if swap == "cross" else (memory, everywhere)
    added = layer.cross_attention(y, layer.cross_attention.keys_values(kv), mask)  # (1, T, C)
    x = layer.around_cross.leave(x, added, None)  # (1, T, C)
    added = layer.feed_forward(layer.around_feed_forward.enter(x))  # (1, T, C)
    return layer.around_feed_forward.leave(x, added, None)  # (1, T, C)
