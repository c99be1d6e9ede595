"""Where the norm sits: after the residual sum (post-norm) or inside the branch (pre-norm).

Vaswani et al. 2017, §3.1; Xiong et al. 2020, §3.3.
"""

from typing import Annotated

import torch
from torch import Tensor

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import worst
from pages.t2_layer_vs_batch_norm.deep_stack import DEEPEST, gradients, last_gradients, twin_gradients
from study.controls import Choice, Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Lines, Series

NORMS = {"layer": normalization.layer_norm, "rms": normalization.rms_norm}
FROM = 6  # blocks: 1/√L is a law of deep stacks

PRESETS = {
    "deep": {"depth": 24},
    "rms": {"depth": 24, "norm": "rms"},
    "input": {"depth": 24, "step": "layers"},
    "another": {"depth": 24, "seed": 1, "step": "layers"},
}


def pre_post(
    depth: Annotated[int, Slider(1, DEEPEST)] = 12,
    norm: Annotated[str, Choice("layer", "rms")] = "layer",
    seed: Seed = 0,
) -> Evidence:
    """Gradients at initialisation, block by block, of four untrained networks on either side."""
    blocks, sums, last = {}, {}, {}  # of each side: (L, N), (L + 1, N), (24, N)
    gaps, gradient_gaps = [], []
    for side in ("post", "pre"):
        ours = gradients(side == "pre", NORMS[norm], depth, seed)
        torchs = twin_gradients(side == "pre", norm == "rms", depth, seed)
        gaps.append((ours.stream[:, :1] - torchs.stream).abs().max())
        gradient_gaps.append((ours.w_2[:, :1] - torchs.w_2).abs().max())
        blocks[side] = ours.w_2.flatten(2).norm(dim=2)  # (L, N)
        sums[side] = ours.stream.square().mean((2, 3)).sqrt()  # (L + 1, N)
        last[side] = last_gradients(side == "pre", NORMS[norm], seed)  # (24, N)
    return Evidence(
        Step(
            "last",
            _last_block(last, here=depth),
            Lines(_bands(sums, first=0), x="after_layer", y="rms", title="stream", solid=True),
        ),
        Step(
            "layers", Lines(_bands(blocks, first=1), x="layer", y="gradient", title="by_layer", log_y=True, solid=True)
        ),
        claims=[
            Claim("output_same_as_torch", measured=max(gaps), expected=0, abs=1e-6),
            Claim("gradient_same_as_torch", measured=max(gradient_gaps), expected=0, abs=1e-6),
            Claim("post_unit", measured=worst(sums["post"][-1], 1.0), expected=1, abs=1e-3),
        ],
        measured=[
            Measured("ratio", blocks["post"][-1].mean() / blocks["pre"][-1].mean(), unit="times", step="last"),
            Measured("pre_slope", _exponent(last["pre"]), step="last"),
            Measured("stream_pre", sums["pre"][-1].mean(), step="last"),
            Measured("last_post", blocks["post"][-1].mean(), step="layers"),
            Measured("last_pre", blocks["pre"][-1].mean(), step="layers"),
        ],
        origin=Origin.TOY,
    )


def _bands(sides: dict[str, Tensor], first: int) -> list[Series]:
    """Of several networks, (len(x), N) each, the mean and between which two values they lie; x counts from first."""
    bands = []
    for side, y in sides.items():
        x = torch.arange(first, first + len(y))
        bands.append(Series(side, x, y.mean(1), low=y.amin(1), high=y.amax(1)))
    return bands


def _last_block(last: dict[str, Tensor], here: int) -> Lines:
    """The last block's gradient against the depth of the stack, and 1/√L through the deep pre-norm stacks."""
    depths = torch.arange(1.0, DEEPEST + 1)
    deep = last["pre"].mean(1)[FROM - 1 :]  # (19,)
    # least squares of log gradient = log height - log(L) / 2
    height = (deep.log() + depths[FROM - 1 :].log() / 2).mean().exp()
    return Lines(
        [
            *_bands(last, first=1),
            # in the colour of what it is fitted to, the second line
            Series("inverse_root", depths, height / depths.sqrt(), pair=1, dashed=True),
        ],
        x="depth",
        y="last_gradient",
        title="last_block",
        here=here,
    )


def _exponent(last: Tensor) -> Tensor:
    """The slope of log gradient over log L in the deep stacks, by least squares; last (24, N)."""
    y = last.mean(1)[FROM - 1 :].log()  # (19,)
    x = torch.arange(float(FROM), DEEPEST + 1).log()  # (19,)
    x = x - x.mean()
    return (x * y).sum() / x.square().sum()
