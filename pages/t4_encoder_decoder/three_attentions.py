"""Encoder, masked decoder and cross-attention, side by side.   Vaswani et al. 2017, §3.2.3."""

import torch
from torch import Tensor

from models import attention
from models.translator_vocabulary import START, UNK
from pages.t4_encoder_decoder import by_torch
from pages.t4_encoder_decoder.reading import CARD, CHINESE, Chinese, Head, Layer, Reading, read
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Heatmap, Say, Table

CROSS = 2  # of a decoder layer's three sub-layers, from 1: the one that reads the source
PRESETS = {
    "last": {"layer": 2},
    "aligned": {"layer": 1, "head": 1},
    "sources": {"step": "sources"},
    "changed": {"step": "changed"},
}


def three_attentions(chinese: Chinese = CHINESE, layer: Layer = 2, head: Head = 0) -> Evidence:
    """One head of each kind, and which states move when the last token of a side becomes another one."""
    pair = read(chinese)
    trace, causal = pair.trace, attention.causal_mask(len(pair.target))  # (T, T)
    found = {
        "encoder": trace.encoder_attentions[layer, 0],  # (H, S, S)
        "decoder": trace.decoder_attentions[layer, 0],  # (H, T, T)
        "cross": trace.cross_attentions[layer, 0],  # (H, T, S)
    }
    again = _again(pair, layer)
    gap = max((found[site] - again[site]).abs().max().item() for site in found)
    return Evidence(
        Step("weights", *_heatmaps(pair, found, head, causal)),
        Step("sources", _sources(pair)),
        Step("changed", *_moves(pair)),
        claims=[
            Claim("same_as_torch", measured=gap, expected=0, abs=1e-5),  # float32 against float64
            same("rows_sum_to_one", torch.cat([w.sum(-1).flatten() for w in found.values()]), 1, abs=1e-5),
            Claim("later_weighs_nothing", measured=found["decoder"][:, ~causal].sum(), expected=0),
            Claim("earlier_rows_stay", measured=_largest(_moved(pair, "target")[1][:, :-1]), expected=0, abs=1e-5),
            Claim("memory_ignores_target", measured=_moved(pair, "target")[0].max(), expected=0),
            Claim("source_arrives", measured=_first_moved(_moved(pair, "source")[1]), expected=CROSS),
        ],
        measured=[
            Measured("moved_by_source", _count_moved(pair, "source"), step="changed"),
            Measured("moved_by_target", _count_moved(pair, "target"), step="changed"),
            Measured("positions", len(pair.source) + len(pair.target), step="changed"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=pair.notices,
    )


@torch.no_grad()
def _again(pair: Reading, layer: int) -> dict[str, Tensor]:
    """The weights of the three sites by torch, in float64, from the states that the model wrote down."""
    model, trace = pair.translator.model, pair.trace
    encoder, decoder = model.encoder[layer], model.decoder[layer]
    x = encoder.around_self.enter(trace.encoder_states[2 * layer, 0])  # (S, C)
    y = decoder.around_self.enter(trace.decoder_states[3 * layer, 0])  # (T, C)
    z = decoder.around_cross.enter(trace.decoder_states[3 * layer + 1, 0])  # (T, C)
    causal = attention.causal_mask(len(y))  # (T, T)
    return {
        "encoder": by_torch.attention(encoder.self_attention, x, x)[1],  # (H, S, S)
        "decoder": by_torch.attention(decoder.self_attention, y, y, causal)[1],  # (H, T, T)
        "cross": by_torch.attention(decoder.cross_attention, z, trace.memory[0])[1],  # (H, T, S)
    }


def _heatmaps(pair: Reading, found: dict[str, Tensor], head: int, causal: Tensor) -> list[Heatmap]:
    tokens = {
        "encoder": (pair.source, pair.source),
        "decoder": (pair.target, pair.target),
        "cross": (pair.target, pair.source),
    }
    return [
        Heatmap(
            weights[head],
            *tokens[site],
            site,
            x=f"key_{site}",
            y=f"query_{site}",
            scale="weight",
            hover="weight_of",
            masked=~causal if site == "decoder" else None,
        )
        for site, weights in found.items()
    ]


def _count_moved(pair: Reading, side: str) -> int:
    """At how many positions of both stacks together the last state is another."""
    return sum(int((moved[-1] > 1e-5).sum()) for moved in _moved(pair, side))  # what is less is rounding


def _first_moved(moved: Tensor) -> int:
    """The first sub-layer, from 1, after which any position of a stack has moved; -1 where none does."""
    rows = (moved > 0).any(-1).nonzero()  # (n, 1); what has not read the change is the same to the last bit
    return int(rows[0]) if len(rows) else -1


def _largest(x: Tensor) -> float:
    """0 where there is none: a translation may be empty."""
    return x.max().item() if x.numel() else 0.0


def _sources(pair: Reading) -> Table:
    """Where Q, K and V come from, and the shapes of Q and of K and V, all heads together."""
    S, T = len(pair.source), len(pair.target)
    H, d_k = pair.translator.config.n_head, pair.translator.config.d_k
    source, target = f"{H} × {S} × {d_k}", f"{H} × {T} × {d_k}"
    rows = [
        [Say("encoder"), Say("encoder_state", shape=source), Say("encoder_state", shape=source), f"{H} × {S} × {S}"],
        [Say("decoder"), Say("decoder_state", shape=target), Say("decoder_state", shape=target), f"{H} × {T} × {T}"],
        [Say("cross"), Say("decoder_state", shape=target), Say("encoder_output", shape=source), f"{H} × {T} × {S}"],
    ]
    return Table(["site", "q_from", "kv_from", "weights_shape"], rows)


def _moves(pair: Reading) -> list[Heatmap]:
    """How far each position of both stacks moves, sub-layer by sub-layer, when the last token of a side is another."""
    found = []
    for side in ("source", "target"):
        for stack, moved in zip(("encoder", "decoder"), _moved(pair, side), strict=True):
            if (side, stack) == ("target", "encoder"):
                continue  # nothing moves there: a claim says so
            rows = [str(i) for i in range(len(moved))]
            tokens = pair.source if stack == "encoder" else pair.target
            found.append(
                Heatmap(
                    moved,
                    rows,
                    tokens,
                    f"{side}_moves_{stack}",
                    x="position",
                    y="after_sublayer",
                    scale="amount",
                    group="moved",
                    hover="moved_by",
                )
            )
    return found


@memo
@torch.no_grad()
def _moved(pair: Reading, side: str) -> tuple[Tensor, Tensor]:
    """Relative change of the states of encoder (2L+1, S) and decoder (3L+1, T) when a side's last token is another."""
    source, target = pair.source_ids.clone(), pair.target_ids.clone()
    changed = source if side == "source" else target
    changed[0, -1] = START if changed[0, -1] == UNK else UNK
    other = pair.translator.model.trace(source, target)
    both = ((other.encoder_states, pair.trace.encoder_states), (other.decoder_states, pair.trace.decoder_states))
    encoder, decoder = (((a - b).norm(dim=-1) / b.norm(dim=-1))[:, 0] for a, b in both)
    return encoder, decoder
