"""Parameters by part, for any size, without allocating one.   Vaswani et al. 2017, §3.2.2, §3.3, §3.4; Table 3."""

from collections.abc import Callable
from typing import Annotated

import torch
from torch import nn

from models import shapes
from models.shapes import parameters_in
from models.transformer import MultiHead, Transformer, TransformerConfig
from study.controls import Choice, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Bars, Lines, Say, Series, Table

HEADS = ("1", "2", "4", "8", "16", "32")  # each divides every d_model of the slider
MILLION = 1e6
PARTS = {  # of the figure: blocks of models.shapes
    "embeddings": ("target_embedding",),  # one table for source, target and output
    "encoder_self": ("encoder_self_projections",),
    "decoder_self": ("decoder_self_projections",),
    "cross": ("decoder_cross_projections",),
    "feed_forward": ("encoder_feed_forward", "decoder_feed_forward"),
    "norms": ("encoder_norm", "decoder_norm"),
}
PRESETS = {
    "base": {"step": "parts"},
    "one_attention": {"step": "module"},
    "one_head": {"n_head": "1", "step": "heads"},
    "big": {"d_model": 1024, "n_head": "16", "d_ff": 4096, "step": "parts"},
    "tiny": {"d_model": 64, "n_head": "2", "d_ff": 128, "n_layer": 1, "vocab": 1000},
}


def count(
    d_model: Annotated[int, Slider(64, 2048, scale="log")] = 512,
    n_head: Annotated[str, Choice(*HEADS)] = "8",
    d_ff: Annotated[int, Slider(64, 8192, scale="log")] = 2048,
    n_layer: Annotated[int, Slider(1, 24)] = 6,
    vocab: Annotated[int, Slider(1000, 100_000, 1000)] = 37_000,
) -> Evidence:
    """An encoder and a decoder of n_layer layers each; one embedding for source, target and output, as in §3.4."""
    h = int(n_head)
    counted = shapes.count_parameters(_config(d_model, h, d_ff, n_layer, vocab))
    one = 4 * d_model**2 + 4 * d_model  # one attention, whatever h is
    attentions = 3 * n_layer * one  # encoder, decoder, cross
    return Evidence(
        Step("parts", _by_part(counted)),
        Step("module", _module(d_model, h)),
        Step("heads", _over_heads(d_model, h)),
        claims=lambda: _claims(counted.total, one, d_model, h, d_ff, n_layer, vocab),
        measured=[
            Measured("total", counted.total / MILLION),
            Measured("one_in_millions", one / MILLION),
            Measured("share", attentions / counted.total, unit="share"),
            Measured("biases", 4 * d_model / one, unit="share"),
            Measured("feed_forward_share", _sum(counted, "feed_forward") / counted.total, unit="share"),
            Measured("times_h", 4 * d_model**2 * h / MILLION),
        ],
        origin=Origin.CALCULATED,
        source="models.transformer.Transformer",
    )


def _claims(total: int, one: int, d_model: int, n_head: int, *sizes: int) -> list[Claim]:
    """sizes: d_ff, n_layer and the vocabulary."""
    built = _built(d_model, n_head, *sizes)
    return [
        Claim("same_as_module", measured=total, expected=built),
        Claim("heads_do_not_count", measured=_built(d_model, 1, *sizes), expected=built),
        Claim("one_attention", measured=parameters_in(_multi_head(d_model, n_head)), expected=one),
        Claim("scores_have_none", measured=_beside_the_maps(_multi_head(d_model, n_head)), expected=0),
    ]


def _config(d_model: int, n_head: int, d_ff: int, n_layer: int, vocab: int) -> TransformerConfig:
    return TransformerConfig(
        vocab, vocab, d_model=d_model, n_layer=n_layer, n_head=n_head, d_ff=d_ff, shared_embedding=True
    )


@memo(size=256)
def _built(d_model: int, n_head: int, d_ff: int, n_layer: int, vocab: int) -> int:
    """Parameters of the real module: on the meta device a tensor has a shape and no memory."""
    with torch.device("meta"):
        return parameters_in(Transformer(_config(d_model, n_head, d_ff, n_layer, vocab)))


def _multi_head(d_model: int, n_head: int) -> MultiHead:
    with torch.device("meta"):
        return MultiHead(_config(d_model, n_head, 1, 1, 1))


def _beside_the_maps(module: nn.Module) -> int:
    """Parameters of a module that belong to none of its linear maps: what QKᵀ, softmax and the mean would have."""
    return parameters_in(module) - sum(parameters_in(part) for part in module.modules() if isinstance(part, nn.Linear))


def _sum(counted: shapes.Count, part: str) -> int:
    return sum(counted.parts[block] for block in PARTS[part])


def _by_part(counted: shapes.Count) -> Bars:
    """Where the parameters are, in millions."""
    millions = {part: [_sum(counted, part) / MILLION] for part in PARTS}
    total = f"{float(f'{counted.total / MILLION:.3g}'):g}"  # as below the chart
    return Bars(millions, [total], x="total_number", y="millions", title="by_part")


def _module(d_model: int, n_head: int) -> Table:
    """The module's own list of parameters."""
    rows = []
    for name, p in _multi_head(d_model, n_head).named_parameters():
        rows.append([name, " × ".join(map(str, p.shape)), Say("whole", n=p.numel())])
    return Table(["name", "shape", "numbers"], rows)


def _over_heads(d_model: int, n_head: int) -> Lines:
    """The count over h: that of the module, and that of the formula which multiplies by h."""
    every = [int(h) for h in HEADS]

    def line(name: str, of: Callable[[int], float], **more) -> Series:
        return Series(name, every, [of(h) / MILLION for h in every], points=True, **more)

    real = line("real", lambda h: parameters_in(_multi_head(d_model, h)))
    wrong = line("times_h", lambda h: 4 * d_model**2 * h, dashed=True)
    return Lines([real, wrong], x="n_head", y="millions", log_x=True, log_y=True, here=n_head)
