"""Attention is a dictionary asked softly: from the best match (τ → 0) to the mean (τ → ∞).   §3.2."""

import math
from typing import Annotated

import torch
from torch import Tensor

from models import attention
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Lines, Series

#: A dictionary whose keys are directions in the plane (degrees) and whose values are numbers.
COMPASS = {0: 3.0, 45: 2.0, 90: 9.0, 135: 1.0, 180: 6.0, 225: 8.0, 270: 5.0, 315: 4.0}
ARROWS = "→↗↑↖←↙↓↘"  # those directions, drawn
KEYS = torch.tensor(list(COMPASS), dtype=torch.float64)  # (S,)
VALUES = torch.tensor(list(COMPASS.values()), dtype=torch.float64)  # (S,)
ANSWERS = (0, 10)  # what an axis of answers shows, whatever the temperature
PRESETS = {
    "cold": {"temperature": 0.01, "step": "turn"},
    "round": {"temperature": 0.2, "step": "turn"},
    "hot": {"temperature": 100.0, "step": "turn"},
    "halfway": {"temperature": 0.05, "angle": 68, "step": "temperature"},
}


def retrieval(
    temperature: Annotated[float, Slider(0.01, 100, scale="log")] = 0.05,
    angle: Annotated[int, Slider(0, 359)] = 80,
) -> Evidence:
    """One query in a direction; the temperature decides how much of each value the answer takes."""
    scores = similarity(torch.tensor(angle, dtype=torch.float64))  # (S,)
    weights = attention.softmax(scores / temperature)  # (S,)
    soft, hard, mean = weights @ VALUES, VALUES[scores.argmax()], VALUES.mean()
    near_best, near_mean = _bounds(scores, temperature)
    names = [f"{arrow}: {value:g}" for arrow, value in zip(ARROWS, COMPASS.values(), strict=True)]
    bars = Bars(weights, names, x="key_value", y="weight", title="weights_title", y_range=(0, 1))
    return Evidence(
        Step("turn", bars, _by_angle(temperature, angle)),
        Step("temperature", bars, _by_temperature(scores, temperature)),
        claims=[
            Claim("near_best", measured=(soft - hard).abs(), expected=near_best, abs=1e-12, op="≤"),
            Claim("near_mean", measured=(soft - mean).abs(), expected=near_mean, abs=1e-12, op="≤"),
            same("same_as_torch", weights, torch.softmax(scores / temperature, 0), abs=1e-12),
        ],
        measured=[
            Measured("soft", soft),
            Measured("hard", hard),
            Measured("mean", mean),
            Measured("top_weight", weights.max(), unit="share"),
        ],
        origin=Origin.TOY,
    )


def similarity(angles: Tensor) -> Tensor:
    """Scores of queries in these directions (degrees): cosines of the angles to the keys, (...) -> (..., S)."""
    return torch.cos(torch.deg2rad(angles.unsqueeze(-1) - KEYS))  # (..., S)


def _bounds(scores: Tensor, temperature: float) -> tuple[float, float]:
    """How far the answer can be from the best match's value, and from the mean of all values.

    With a gap g between the two best scores, the S - 1 others have at most e^(-g/τ) of the best one's weight each. With
    a range r of the scores, no weight is further from 1/S than by the factor e^(r/τ). And no two mixtures of values
    differ by more than twice the largest value.
    """
    first, second, *_, last = scores.sort(descending=True).values.tolist()
    most = VALUES.abs().max().item()
    near_best = 2 * most * (len(VALUES) - 1) * math.exp((second - first) / temperature)
    near_mean = most * math.expm1((first - last) / temperature)
    return min(2 * most, near_best), min(2 * most, near_mean)


def _by_temperature(scores: Tensor, here: float) -> Lines:
    taus = torch.logspace(-2, 2, 81, dtype=torch.float64)  # (81,)
    soft = attention.softmax(scores / taus[:, None]) @ VALUES  # (81,)
    ends, hard, mean = taus[[0, -1]], VALUES[scores.argmax()], VALUES.mean()
    series = [
        Series("hard", ends, [hard, hard], dashed=True),
        Series("mean", ends, [mean, mean], dashed=True),
        Series("soft", taus, soft, role="value"),
    ]
    title, axes = "by_temperature", {"x": "temperature", "y": "answer", "y_range": ANSWERS}
    return Lines(series, title=title, log_x=True, here=here, **axes)


def _by_angle(temperature: float, here: int) -> Lines:
    circle = torch.arange(360, dtype=torch.float64)  # (360,)
    scores = similarity(circle)  # (360, S)
    series = [
        Series("hard", circle, VALUES[scores.argmax(-1)], dashed=True),
        Series("soft", circle, attention.softmax(scores / temperature) @ VALUES, role="value"),
    ]
    return Lines(series, x="angle", y="answer", title="by_angle", here=here, y_range=ANSWERS)
