"""An LSTM, a convolution and self-attention on the reader's machine.   Vaswani et al. 2017, §4 and Table 1."""

from collections.abc import Callable
from typing import Annotated

import torch
from torch import nn

from models import toy
from models.seeded import seeded
from models.timing import median_ms
from study.controls import Choice, Slider
from study.demo import Evidence, Measured, Origin, Timed
from study.views import Lines, Series

LENGTHS = (16, 64, 256, 1024, 4096)
KERNEL, HEADS = 3, 4
PRESETS = {"reading": {}, "training": {"passes": "training"}, "narrow": {"d": 32}, "wide": {"d": 256}}


def race(
    run: Timed,
    passes: Annotated[str, Choice("forward", "training")] = "forward",
    d: Annotated[int, Slider(32, 256, scale="log")] = 64,
) -> Evidence:
    """Milliseconds for one sequence of n tokens through one layer, untrained; with training, backward as well."""
    times = [milliseconds(n, d, passes) for n in LENGTHS]
    series = [Series(kind, LENGTHS, [t[kind] for t in times], points=True) for kind in times[0]]
    short, long = (_ratio(times[LENGTHS.index(n)]) for n in (256, LENGTHS[-1]))
    return Evidence(
        Lines(series, x="n", y="milliseconds", log_x=True, log_y=True),
        measured=[
            Measured("ratio_short", short, unit="times"),
            Measured("ratio_long", long, unit="times"),
            Measured("growth", times[-1]["attention"] / times[-2]["attention"], unit="times"),
        ],
        origin=Origin.TIMED,
    )


def _ratio(times: dict[str, float]) -> float:
    return times["lstm"] / times["attention"]


def milliseconds(n: int, d: int, passes: str) -> dict[str, float]:
    """Time per call of a layer of each kind, d numbers in and d out, over one sequence of n tokens."""
    x = toy.normal(n, 1, d, seed=0, name="x", dtype=torch.float32)  # (n, 1, d)
    with seeded(0):  # the weights do not matter, but torch draws them from its common stream
        lstm, convolution = nn.LSTM(d, d), nn.Conv1d(d, d, KERNEL, padding=KERNEL // 2)
        attention = nn.MultiheadAttention(d, HEADS)
    channels = x.permute(1, 2, 0).contiguous()  # (1, d, n)
    layers = {
        "lstm": (lstm, lambda: lstm(x)[0]),
        "convolution": (convolution, lambda: convolution(channels)),
        "attention": (attention, lambda: attention(x, x, x, need_weights=False)[0]),
    }
    return {kind: _median(layer, call, passes) for kind, (layer, call) in layers.items()}


def _median(layer: nn.Module, call: Callable[[], torch.Tensor], passes: str) -> float:
    layer.train(passes == "training")
    if passes == "training":
        return median_ms(lambda: call().sum().backward())
    with torch.no_grad():
        return median_ms(call)
