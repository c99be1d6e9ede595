"""ALBERT's two sharings, counted: a factorised token table, and one layer used again and again.   Lan et al. 2020."""

from dataclasses import dataclass
from typing import Annotated

import torch

from models import shapes
from models.bert import BertConfig
from study.controls import Choice, Toggle
from study.demo import Claim, Evidence, Measured, Origin
from study.memo import memo
from study.views import Bars, Say, Table

V, E = 30_000, 128  # entries of the vocabulary, width of its table
PARTS = ("tokens", "others", "projection", "layers", "pooler")


@dataclass(frozen=True)
class Size:
    """Width, layers, heads, and the parameters that the paper prints, in millions (Table 2)."""

    d_model: int
    n_layer: int
    n_head: int
    printed: float


SIZES = {
    "base": Size(768, 12, 12, 12),
    "large": Size(1024, 24, 16, 18),
    "xlarge": Size(2048, 24, 16, 60),
    "xxlarge": Size(4096, 12, 64, 235),
}
WAYS = ((False, False), (True, False), (False, True), (True, True))  # (factorised, shared), in the chips' order
PRESETS = {
    "bert": {"factorised": False, "shared": False},
    "factorised": {"shared": False},
    "shared": {"factorised": False},
    "albert": {},
    "xxlarge": {"size": "xxlarge"},
}


def sharing(
    size: Annotated[str, Choice(*SIZES)] = "base",
    factorised: Annotated[bool, Toggle()] = True,
    shared: Annotated[bool, Toggle()] = True,
) -> Evidence:
    """Parameters by part of the chosen sharing, beside none at all."""
    s = SIZES[size]
    plain, chosen = count(s, False, False), count(s, factorised, shared)
    total, before = sum(chosen.values()), sum(plain.values())
    bert = BertConfig(V, 512, 2, s.d_model, s.n_layer, s.n_head, 4 * s.d_model)
    totals = [sum(count(s, f, t).values()) / 1e6 for f, t in WAYS]
    names = [_name(s, f, t, marked=(f, t) == (factorised, shared)) for f, t in WAYS]
    bars = Bars(totals, names, x="ways", y="millions", title="four")
    rows = [[Say(p), f"{plain[p] / 1e6:.2f}", f"{chosen[p] / 1e6:.2f}"] for p in PARTS]
    return Evidence(
        bars,
        Table(["part", "plain", "chosen"], rows, "by_part"),
        claims=[
            Claim("as_transformers", measured=total, expected=theirs(size, factorised, shared)),
            Claim("plain_is_bert", measured=before, expected=shapes.count_parameters(bert).total),
        ],
        measured=[
            Measured("total", total / 1e6),
            Measured("kept", total / before, unit="share"),
            Measured("operations", _flops(bert, factorised) / _flops(bert, False), unit="times"),
        ],
        origin=Origin.PAPER,
        source="Lan et al. 2020, §3.1",
    )


def _name(s: Size, factorised: bool, shared: bool, *, marked: bool) -> str:
    """Width of the token table and layers stored; the chosen way has a sign."""
    return f"{'▸ ' if marked else ''}{E if factorised else s.d_model}, {1 if shared else s.n_layer} ×"


def count(s: Size, factorised: bool, shared: bool) -> dict[str, int]:
    """Parameters by part. V × H becomes V × E + E × H; L layers become one."""
    H, wide = s.d_model, 4 * s.d_model
    width = E if factorised else H
    attention = 4 * (H * H + H)
    feed_forward = (H * wide + wide) + (wide * H + H)
    layer = attention + feed_forward + 4 * H  # two LayerNorms
    return {
        "tokens": V * width,
        "others": (512 + 2 + 2) * width,  # positions, segments, LayerNorm
        "projection": E * H + H if factorised else 0,
        "layers": layer * (1 if shared else s.n_layer),
        "pooler": H * H + H,
    }


@memo
def theirs(size: str, factorised: bool, shared: bool) -> int:
    """The same by transformers' AlbertModel, built without memory. Its projection is there even where E = H."""
    from transformers.models.albert.configuration_albert import AlbertConfig  # where they are defined: the short way
    from transformers.models.albert.modeling_albert import AlbertModel  # fails while another thread imports the library

    s = SIZES[size]
    config = AlbertConfig(
        vocab_size=V,
        embedding_size=E if factorised else s.d_model,
        hidden_size=s.d_model,
        num_hidden_layers=s.n_layer,
        num_hidden_groups=1 if shared else s.n_layer,
        num_attention_heads=s.n_head,
        intermediate_size=4 * s.d_model,
    )
    with torch.device("meta"):
        model = AlbertModel(config)
    projection = 0 if factorised else shapes.parameters_in(model.encoder.embedding_hidden_mapping_in)
    return shapes.parameters_in(model) - projection


def _flops(bert: BertConfig, factorised: bool) -> int:
    """Of one pass over 128 tokens: every layer is computed, shared or not."""
    projection = 2 * 128 * E * bert.d_model if factorised else 0
    return shapes.flops(bert, 128).total + projection
