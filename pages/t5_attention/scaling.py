"""Why scores are divided by √d_k: q·k has variance d_k, and large scores saturate the softmax.   §3.2.1, footnote 4."""

from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from models import attention, toy
from study.controls import Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Histogram, Lines, Series

POWERS = [2**e for e in range(10)]  # 1 … 512
SPREAD, HIGHEST = (-70, 70), 4800  # axes of the histogram: ±3 standard deviations at d_k = 512, all 8192 at d_k = 1
PRESETS = {
    "one": {"d_k": 1, "step": "scores"},
    "usual": {"step": "scores"},
    "large": {"d_k": 512, "step": "scores"},
    "over": {"d_k": 128, "step": "softmax"},
}
DIVISORS = {"unscaled": 0.0, "scaled": 0.5, "over_d_k": 1.0}  # the power of d_k that scores are divided by


def scaling(
    d_k: Annotated[int, Slider(1, 512, scale="log")] = 64,
    n_keys: Annotated[int, Slider(2, 64, scale="log")] = 16,
    seed: Seed = 0,
) -> Evidence:
    """q·k of random vectors has variance d_k; divided by √d_k it has variance 1, and softmax keeps its slope."""
    q, k = toy.queries_and_keys(8192, d_k, seed)  # (8192, d_k) each
    score = (q * k).sum(-1)  # (8192,)
    scaled = score / d_k**0.5  # (8192,)
    rows = score[: 4096 // n_keys * n_keys].view(-1, n_keys)  # (rows, n_keys): each as if of one query
    plain, divided = softness(rows, 1), softness(rows, d_k**0.5)
    z = scaled[:n_keys].double()  # (n_keys,)
    autograd = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, 0), z)  # (n_keys, n_keys)
    return Evidence(
        Step("scores", _spread(score, scaled)),
        Step(
            "softmax",
            _against_d_k("entropy", n_keys, seed, here=d_k),
            _against_d_k("slope", n_keys, seed, here=d_k),
        ),
        claims=[
            Claim("variance", measured=score.var(), expected=d_k, rel=0.2),
            Claim("scaled_variance", measured=scaled.var(), expected=1, rel=0.2),
            same("jacobian", softmax_jacobian(attention.softmax(z)), autograd, abs=1e-12),
        ],
        measured=[
            Measured("variance", score.var()),
            Measured("top_unscaled", plain.top, unit="share"),
            Measured("top_scaled", divided.top, unit="share"),
            Measured("slope_unscaled", plain.slope),
            Measured("slope_scaled", divided.slope),
        ],
        origin=Origin.TOY,
    )


def _spread(score: Tensor, scaled: Tensor) -> Histogram:
    """Both on axes that stay, so that the reader sees the one spread and the other stand still."""
    axes = {"x": "score", "x_range": SPREAD, "y_range": (0, HIGHEST), "bins": 141}
    return Histogram({"unscaled": score, "scaled": scaled}, title="score_title", **axes)


class Softness(NamedTuple):
    """Means over the rows of a softmax: entropy (nats), slope (norm of the Jacobian), largest weight."""

    entropy: float
    slope: float
    top: float


def softness(scores: Tensor, divisor: float) -> Softness:
    """Of softmax(scores / divisor) along the rows, scores (rows, n)."""
    p = attention.softmax(scores.double() / divisor)  # (rows, n)
    values = attention.entropy(p), softmax_jacobian_norm(p), p.amax(-1)  # (rows,) each
    return Softness(*(z.mean().item() for z in values))


def softmax_jacobian(p: Tensor) -> Tensor:
    """∂p/∂z of p = softmax(z): diag(p) − p pᵀ, (..., n) -> (..., n, n)."""
    return torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)  # (..., n, n)


def softmax_jacobian_norm(p: Tensor) -> Tensor:
    """Frobenius norm of that Jacobian without forming it: √(Σp² − 2Σp³ + (Σp²)²), (..., n) -> (...)."""
    squares = p.square().sum(-1)  # (...)
    inside = squares - 2 * p.pow(3).sum(-1) + squares.square()  # (...)
    return inside.clamp_min(0).sqrt()  # rounding may leave a saturated row just below 0


@memo
def _sweep(n_keys: int, seed: int) -> dict[str, list[Softness]]:
    """The softness at every power of two, for each divisor.

    The vectors of a smaller d_k are the first components of the largest one's: one cumulative sum along the components
    then holds the scores of every d_k, and neighbouring points of a curve differ by what d_k adds, not by luck.
    """
    q, k = toy.queries_and_keys(4096 // n_keys * n_keys, POWERS[-1], seed)  # (rows·n_keys, 512) each
    scores = (q * k).cumsum(-1).view(-1, n_keys, POWERS[-1])  # (rows, n_keys, 512): [..., d - 1] of d components
    return {name: [softness(scores[..., d - 1], d**power) for d in POWERS] for name, power in DIVISORS.items()}


def _against_d_k(what: str, n_keys: int, seed: int, here: int) -> Lines:
    """One field of Softness over d_k, a line for each divisor."""
    sweep = _sweep(n_keys, seed)
    series = [Series(name, POWERS, [getattr(point, what) for point in sweep[name]]) for name in DIVISORS]
    return Lines(series, x="d_k", y=what, title=f"{what}_title", log_x=True, here=here)
