"""Padding is an extreme neighbour: it enters batch statistics unless a mask keeps it out.

The mean and variance that are seen are those of a mixture of real tokens and padding (the law of total variance).
"""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import names, tokens, torch_norm
from study.controls import Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Heatmap, Lines, Series

LENGTHS = (3, 5, 2, 6)  # real tokens of the four sentences
CHANNELS, WIDEST = 4, 48

PRESETS = {
    "two_thirds": {"padded_to": 12},
    "one_third": {"padded_to": 6},
    "peak": {"padded_to": 7},
    "most": {"padded_to": WIDEST},
}


def padding(
    padded_to: Annotated[int, Slider(max(LENGTHS), WIDEST)] = 12,
    mean: Annotated[float, Slider(-3, 3, step=0.5)] = 2.0,
    fill: Annotated[float, Slider(-3, 3, step=0.5)] = 0.0,
    seed: Seed = 0,
) -> Evidence:
    """Four sentences of 3, 5, 2 and 6 tokens, padded ever further: what does a BatchNorm take for mean and variance?"""
    real = tokens(len(LENGTHS), WIDEST, CHANNELS, seed, mean)  # (B, 48, C)
    x, mask = _padded(real, padded_to, fill), real_tokens(LENGTHS, padded_to)  # (B, T, C), (B, T)
    packed = x[mask]  # (n, C)
    unpadded = normalization.batch_norm(packed)  # (n, C)
    true_mean, true_var, _ = normalization.batch_statistics(x, mask)  # (C,) each
    seen_mean, seen_var, _ = normalization.batch_statistics(x)  # (C,) each
    share = _share(padded_to)
    mixed_mean = (1 - share) * true_mean[0] + share * fill
    mixed_var = (1 - share) * true_var[0] + share * (1 - share) * (true_mean[0] - fill) ** 2
    with_mask = normalization.batch_norm(x, mask=mask)[mask]  # (n, C)
    layer = normalization.layer_norm(x)[mask]  # (n, C)
    layer_beside_nan = normalization.layer_norm(_padded(real, padded_to, torch.nan))[mask]  # (n, C)
    return Evidence(
        Step("statistics", _drift(real, fill, float(true_mean[0]), float(true_var[0]), here=share)),
        Step("batch", _one_channel(x, mask)),
        claims=[
            Claim("poisoned_mean", measured=seen_mean[0], expected=mixed_mean, abs=1e-9),
            Claim("poisoned_variance", measured=seen_var[0], expected=mixed_var, abs=1e-9),
            same("masked_same_as_torch", with_mask, torch_norm("batch", CHANNELS)(packed), abs=1e-6),
            same("layer_unmoved", layer, layer_beside_nan),
        ],
        measured=[
            Measured("padding_moved", (normalization.batch_norm(x)[mask] - unpadded).abs().max()),
            Measured("masked_moved", (with_mask - unpadded).abs().max()),
            Measured("layer_moved", (layer - normalization.layer_norm(packed)).abs().max()),
            Measured("padding_share", share, unit="share"),
        ],
        origin=Origin.TOY,
    )


def real_tokens(lengths: Sequence[int], length: int) -> Tensor:
    """The padding mask (B, T) of sentences of these lengths, padded to a common length: True for a real token."""
    return torch.arange(length) < torch.tensor(lengths)[:, None]  # (B, T)


def _padded(real: Tensor, length: int, value: float) -> Tensor:
    """The batch (B, T, C) padded to this length: the value stands wherever no real token does."""
    mask = real_tokens(LENGTHS, length)  # (B, T)
    return real[:, :length].where(mask[..., None], value)  # (B, T, C)


def _share(length: int) -> float:
    """The share of padding among all positions."""
    return 1 - sum(LENGTHS) / (len(LENGTHS) * length)


def _one_channel(x: Tensor, mask: Tensor) -> Heatmap:
    sentences, positions = names("s", len(LENGTHS)), names("t", x.shape[1])
    return Heatmap(
        x[..., 0], sentences, positions, "one_channel", x="position", y="sentence", masked=~mask, role="hidden"
    )


def _drift(real: Tensor, fill: float, true_mean: float, true_var: float, here: float) -> Lines:
    """Mean and variance of the first channel as seen, against the share of padding; dashed the true ones."""
    shares, means, variances = [], [], []
    for length in range(max(LENGTHS), WIDEST + 1):
        mean, var, _ = normalization.batch_statistics(_padded(real, length, fill))  # (C,) each
        shares.append(_share(length))
        means.append(float(mean[0]))
        variances.append(float(var[0]))
    flat = torch.ones(len(shares))
    return Lines(
        [
            Series("mean_padded", shares, means, pair=0),
            Series("mean_real", shares, flat * true_mean, pair=0, dashed=True),
            Series("variance_padded", shares, variances, pair=1),
            Series("variance_real", shares, flat * true_var, pair=1, dashed=True),
        ],
        x="share",
        y="statistic",
        title="drift",
        here=here,
    )
