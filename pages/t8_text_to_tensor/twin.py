"""An untrained twin of any size: every shape follows from the letters.   Vaswani et al. 2017, §3; Table 3."""

import math
from typing import Annotated

from models import shapes as costs
from models.transformer import TransformerConfig
from pages.t8_text_to_tensor.real_shapes import Ran, run
from pages.t8_text_to_tensor.stations import STATIONS, Shape, station_map, told
from study.controls import Block, Refusal, Slider
from study.demo import Claim, Evidence, Measured, Origin
from study.memo import memo
from study.views import Bars, Say

VOCABULARY = 1000  # of the twin: small, so that its logits stay small
TENSORS = tuple(name for name in STATIONS if name not in ("text", "pieces"))
BARS = {  # a station -> its name on the map, or what is short for it
    "position": Say("s_position"),
    "qkv": "Q",
    "scores": "QKᵀ",
    "wide": Say("s_wide"),
    "masked": Say("s_masked"),
    "cross": Say("cross_weights"),
    "logits": Say("s_logits"),
}
PRESETS = {
    "pencil": {"B": 2, "S": 3, "T": 3, "d_model": 4, "n_head": 2, "d_ff": 16, "station": "qkv"},
    "more_heads": {"n_head": 16, "station": "qkv"},
    "longer": {"S": 48, "station": "scores"},
    "wider": {"d_ff": 1024, "station": "wide"},
}


def twin(
    station: Annotated[str, Block(*TENSORS)] = "qkv",
    B: Annotated[int, Slider(1, 4)] = 2,
    S: Annotated[int, Slider(1, 48)] = 12,
    n_head: Annotated[int, Slider(1, 16)] = 4,
    d_model: Annotated[int, Slider(4, 256, 4)] = 64,
    T: Annotated[int, Slider(1, 48)] = 10,
    d_ff: Annotated[int, Slider(16, 1024, 16)] = 256,
    n_layer: Annotated[int, Slider(1, 3)] = 2,
) -> Evidence:
    """Shapes from the letters beside those of the module that is built and run here."""
    if d_model % n_head:
        raise Refusal("not_divisible", d_model=d_model, n_head=n_head)
    config = TransformerConfig(VOCABULARY, VOCABULARY, d_model, n_layer, n_head, d_ff)
    sizes = {"B": B, "S": S, "T": T, "H": n_head, "d_model": d_model, "d_k": config.d_k, "d_ff": d_ff, "V": VOCABULARY}
    shapes = {name: STATIONS[name].shape(sizes) for name in TENSORS}
    real = _run(config, B, S, T)
    counted = costs.count_parameters(config).total
    return Evidence(
        station_map(shapes, sizes, station),
        Bars(
            [math.prod(shapes[name]) for name in BARS],
            list(BARS.values()),
            x="tensor",
            y="count",
            title="numbers_in",
            log_y=True,
        ),
        told(STATIONS[station], shapes[station]),
        claims=[
            Claim("same_shapes", measured=_different(shapes, real.shapes), expected=0),
            Claim("heads_cut", measured=n_head * config.d_k, expected=d_model),
            Claim("pairs", measured=math.prod(real.shapes["scores"]), expected=B * n_head * S**2),
            Claim("parameters", measured=counted, expected=real.parameters),
        ],
        measured=[Measured("d_k", config.d_k), Measured("parameters", real.parameters)],
        origin=Origin.CALCULATED,
    )


def _different(ours: dict[str, Shape], theirs: dict[str, Shape]) -> int:
    """How many stations differ in their shape, or are in one of the two only."""
    return sum(ours.get(name) != theirs.get(name) for name in {*ours, *theirs})


@memo
def _run(config: TransformerConfig, B: int, S: int, T: int) -> Ran:
    return run(config, B, S, T)
