"""Over which axes: LayerNorm undoes what happens to a whole token, BatchNorm what happens to a whole channel.

Ba et al. 2016, eq. (3) and (4); Ioffe & Szegedy 2015, Algorithm 1; Zhang & Sennrich 2019, §4.
"""

import functools
from typing import Annotated

import torch
from torch import Tensor

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import EPS, Norm, names, token_names, tokens, torch_norm, worst
from study.controls import Choice, Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Heatmap

SENTENCES, LENGTH, CHANNELS = 3, 4, 6
LOUD, SHIFTED = 1, 2  # the token of sentence 1, and the channel, that something happens to

PRESETS = {
    "loud": {"token_scale": 10.0, "channel_shift": 0.0},
    "shifted": {"norm": "batch", "token_scale": 1.0},
    "both": {"norm": "batch"},
    "gamma": {"gamma": 2.0, "beta": 1.0, "step": "statistics"},
    "rms": {"norm": "rms", "step": "statistics"},
}


def axes(
    norm: Annotated[str, Choice("layer", "batch", "rms")] = "layer",
    token_scale: Annotated[float, Slider(0.5, 10, scale="log")] = 5.0,
    channel_shift: Annotated[float, Slider(-5, 5, step=0.5)] = 3.0,
    gamma: Annotated[float, Slider(0.5, 3, step=0.5)] = 1.0,
    beta: Annotated[float, Slider(-2, 2, step=0.5)] = 0.0,
    seed: Seed = 0,
) -> Evidence:
    """One (B, T, C) batch, one token louder, one channel shifted: which of the two does a normalisation undo?"""
    base = tokens(SENTENCES, LENGTH, CHANNELS, seed)  # (B, T, C)
    louder = base.clone()
    louder[0, LOUD] *= token_scale
    shift = torch.zeros(CHANNELS, dtype=torch.float64)
    shift[SHIFTED] = channel_shift
    normal = _normal(norm, gamma, beta)
    x, y = louder + shift, normal(louder + shift)  # (B, T, C) each
    matrix = functools.partial(_matrix, token_scale=token_scale, channel_shift=channel_shift)
    before, after = _statistics(x, norm), _statistics(y, norm)  # (B·T or C, 2) each
    still_louder = (normal(louder) - normal(base)).abs().max()
    still_shifted = (normal(base + shift) - normal(base)).abs().max()
    claims = [
        same("same_as_torch", y, torch_norm(norm, CHANNELS, gamma, beta)(x), abs=1e-6),
        *_after_claims(norm, before, after, gamma, beta),
    ]
    if norm == "batch":
        claims.append(Claim("channel_shift_undone", measured=still_shifted, expected=0, abs=1e-9))
    else:
        trace_of_eps = _trace_of_eps(base, norm, gamma, token_scale)
        undone = Claim("token_scale_undone", measured=still_louder, expected=0, abs=trace_of_eps)
        claims.append(undone)
        still_louder = 0 if undone.holds else still_louder  # the trace that ε leaves is told by the claim
    return Evidence(
        Step("values", matrix(x, "before"), matrix(y, f"after_{norm}")),
        Step("statistics", _statistic(norm, 0, before, after), _statistic(norm, 1, before, after)),
        claims=claims,
        measured=[
            Measured("statistics", len(before)),
            Measured("token_scale_left", still_louder),
            Measured("channel_shift_left", still_shifted),
        ],
        origin=Origin.TOY,
    )


def _normal(norm: str, gamma: float, beta: float) -> Norm:
    """The normalisation with the same γ and β in every channel (RMSNorm has no β)."""
    g = torch.full((CHANNELS,), gamma, dtype=torch.float64)
    offset = torch.full((CHANNELS,), beta, dtype=torch.float64)
    if norm == "rms":
        return lambda x: normalization.rms_norm(x, g)
    function = normalization.layer_norm if norm == "layer" else normalization.batch_norm
    return lambda x: function(x, g, offset, EPS)


def _statistics(x: Tensor, norm: str) -> Tensor:
    """Mean and variance (rms: mean square) of x (B, T, C), (B·T, 2): per token; batch: per channel, (C, 2)."""
    flat = x.flatten(0, 1)  # (B·T, C)
    axis = 0 if norm == "batch" else 1
    spread = flat.square().mean(axis) if norm == "rms" else flat.var(axis, correction=0)
    return torch.stack([flat.mean(axis), spread], -1)


def _eps(norm: str) -> float:
    return torch.finfo(torch.float64).eps if norm == "rms" else EPS  # nn.RMSNorm's default is the type's


def _kind(norm: str) -> str:
    return "mean_square" if norm == "rms" else "variance"


def _after_claims(norm: str, before: Tensor, after: Tensor, gamma: float, beta: float) -> list[Claim]:
    """Along the normalised axis the mean is β (RMSNorm keeps it) and the variance or mean square γ²."""
    # v / (v + eps) falls short of 1 by eps / v at most: so much eps takes from γ²
    short = gamma**2 * _eps(norm) / float(before[:, 1].min()) + 1e-9
    spread = worst(after[:, 1], gamma**2)
    claims = [Claim(_kind(norm), measured=spread, expected=gamma**2, abs=short)]
    if norm != "rms":
        claims.insert(0, Claim("mean", measured=worst(after[:, 0], beta), expected=beta, abs=1e-9))
    return claims


def _trace_of_eps(base: Tensor, norm: str, gamma: float, scale: float) -> float:
    """How much of a token's scale is left at most, because eps is added to its variance and is not scaled with it.

    To first order in eps / v a normalised value, √C at most, changes by half of eps / v · |1 / scale² - 1|.
    """
    spread = float(_statistics(base, norm)[1, 1])  # of the louder token, s1·t2
    change = 0.5 * _eps(norm) / spread * abs(1 / scale**2 - 1)
    return gamma * CHANNELS**0.5 * change + 1e-9


def _matrix(x: Tensor, title: str, token_scale: float, channel_shift: float) -> Heatmap:
    """x (B, T, C) as rows of tokens; the names of the loud row and of the shifted column say what happened to them."""
    rows, columns = token_names(SENTENCES, LENGTH), names("c", CHANNELS)
    rows[LOUD] += f" ×{token_scale:g}"
    columns[SHIFTED] += f" {channel_shift:+g}".replace("-", "−")
    return Heatmap(x.flatten(0, 1), rows, columns, title, x="channel", y="token", group="x", role="hidden")


def _statistic(norm: str, which: int, before: Tensor, after: Tensor) -> Bars:
    """The means (which 0) or variances (1; RMSNorm: mean squares), a pair of bars for each token or each channel."""
    along = names("c", CHANNELS) if norm == "batch" else token_names(SENTENCES, LENGTH)
    kind = ("mean", _kind(norm))[which]
    pair = {"before_norm": before[:, which], "after_norm": after[:, which]}  # (B·T or C,) each
    return Bars(pair, along, x="channel" if norm == "batch" else "token", y=kind, title=f"{kind}_{norm}")
