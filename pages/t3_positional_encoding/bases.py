"""Why 10000? The paper gives no reason; here is what another base would do.   Vaswani et al. 2017, §3.5."""

import math
from typing import Annotated, Any

import torch
from torch import Tensor

from models import positional
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Lines, Say, Series, Table

BASES = (10.0, 100.0, 1000.0, 10_000.0, 100_000.0, 1_000_000.0)
DRAWN = (100.0, 10_000.0, 1_000_000.0)
COLUMNS = ["base", "longest", "moving", "alike_at_end", "repeats"]
FAR = 4096  # how far a near repeat is looked for
PRESETS = {
    "window": {"step": "curves"},
    "six": {"step": "table"},
    "repeat": {"d_model": 4, "window": 128, "step": "curves"},
}


def bases(
    d_model: Annotated[int, Slider(4, 512, scale="log")] = 512,
    window: Annotated[int, Slider(64, 1024, scale="log")] = 512,
) -> Evidence:
    """Six bases: how alike positions stay, how many dimensions move inside the window, when positions nearly repeat."""
    alike = {base: _alike(d_model, base) for base in BASES}  # (FAR + 1,) each
    tables = {b: positional.sinusoidal(window + 1, d_model, b, dtype=torch.float64) for b in BASES}  # (window + 1, C)
    longest = {base: 2 * math.pi / float(positional.frequencies(d_model, base)[-1]) for base in BASES}
    moving = {base: _moving(tables[base][:-1]) for base in BASES}
    near = range(window + 1)
    rows = [
        [
            Say("whole", n=int(base)),
            Say("whole", n=round(longest[base])),
            round(100 * moving[base], 1),
            _end(alike[base], window),
            _near_repeat(alike[base]),
        ]
        for base in BASES
    ]
    return Evidence(
        Step(
            "curves",
            Lines(
                [Series(Say("base_of", base=int(base)), near, alike[base][near]) for base in DRAWN],
                x="distance",
                y="alike",
                title=Say("alike_title", window=window),
                y_range=(-1.05, 1.05),
            ),
        ),
        Step("table", Table(COLUMNS, rows, title=Say("six_bases", d=d_model, window=window))),
        claims=[
            same(
                "formula",
                torch.stack([table[0] @ table.T * 2 / d_model for table in tables.values()]),  # (6, window + 1)
                torch.stack([alike[base][near] for base in BASES]),
                abs=1e-9,
            ),
            Claim(
                "longest_wave",
                measured=longest[10_000.0],
                expected=2 * math.pi * 10_000 ** ((d_model - 2) / d_model),
                rel=1e-9,
            ),
        ],
        measured=[
            Measured("moving_share", moving[10_000.0], unit="share"),
            Measured("alike_end", alike[10_000.0][window]),
        ],
        origin=Origin.CALCULATED,
    )


@memo
def _alike(d_model: int, base: float) -> Tensor:
    """The cosine of two positions at the distances 0 … FAR: the mean of cos(kω) over the pairs, (FAR + 1,)."""
    k = torch.arange(FAR + 1, dtype=torch.float64).unsqueeze(-1)  # (FAR + 1, 1)
    return (k * positional.frequencies(d_model, base)).cos().mean(-1)  # (FAR + 1,)


def _moving(table: Tensor) -> float:
    """The share of the dimensions that swing, inside this window, over at least half of their range from −1 to 1."""
    swing = table.amax(0) - table.amin(0)  # (C,)
    return float((swing >= 1).double().mean())


def _end(alike: Tensor, window: int) -> float:
    """The cosine at the two ends of the window, to three places: 0, not 1.6e-06."""
    return round(float(alike[window]), 3)


def _near_repeat(alike: Tensor) -> Any:
    """The first distance at which positions are nearly alike again (cosine 0.9), once they were not (below 0.5)."""
    low = int((alike < 0.5).double().argmax())  # 0 where they never are
    again = (alike[low:] >= 0.9).nonzero()
    return float(low + again[0]) if low and len(again) else Say("none_found", far=FAR)
