"""RoPE and ALiBi put relative positions into the scores.   Su et al. 2021, §3.2.2; Press et al. 2022, §3."""

from typing import Annotated

import torch
from torch import Tensor

from models import positional, toy
from pages.t3_positional_encoding.inputs import Width
from study.controls import Seed, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Lines, Say, Series

FAR = 64  # keys stand up to so far before and after the query
DEEP = 8.0  # below it a bias is not drawn: the steepest head leaves the figure, so that the others can be told apart
OFFSETS = torch.arange(-FAR, FAR + 1)  # (129,): the key's position less the query's

PRESETS = {
    "moved": {"start": 500, "step": "rope"},
    "alike": {"step": "rope"},
    "other": {"seed": 2, "step": "rope"},
    "slopes": {"step": "alibi"},
}


def distance(
    d_k: Width = 64,
    start: Annotated[int, Slider(0, 1000, step=50)] = 100,
    n_head: Annotated[int, Slider(1, 16)] = 8,
    seed: Seed = 0,
) -> Evidence:
    """RoPE and ALiBi: what they make of a score when only the relative position of query and key changes."""
    even = torch.ones(1, d_k, dtype=torch.float64) / d_k**0.5  # (1, d_k): all pairs equally long
    q, key = (_unit(toy.normal(1, d_k, seed=seed, name=name)) for name in "qk")  # (1, d_k) each
    alike, mixed = _rope(even, even), _rope(q, key)  # (129,) each
    slopes, bias = positional.alibi_slopes(n_head), positional.alibi(n_head, FAR + 1)  # (H,), (H, T, T)
    last = bias[:, -1]  # (H, T): the last query looks back
    weights = torch.softmax(last, -1)  # (H, T)
    return Evidence(
        Step("rope", _by_position(q, key, start), _by_offset(alike, mixed)),
        Step(
            "alibi",
            _of_heads(last, slopes, y="bias", title="alibi", y_range=(-DEEP, 0.2)),
            _of_heads(weights, slopes, y="weight", title="alibi_weights"),
        ),
        claims=[
            same("rope_relative", _rope(q, key, start), mixed, abs=1e-9),
            same("rope_complex", _by_complex(q, key), mixed, abs=1e-9),
            same("rope_at_zero", mixed[FAR], (q * key).sum(), abs=1e-9),
            same("rope_is_sinusoid", alike[FAR:], _sinusoids(d_k), abs=1e-9),
            Claim("alibi_distance", measured=_spread(bias), expected=0, abs=1e-12),
            same("alibi_ratio", weights[0, :-1] / weights[0, 1:], (-slopes[0]).exp(), abs=1e-9),
        ],
        measured=[
            Measured("steepest", slopes.max(), step="alibi"),
            Measured("flattest", slopes.min(), step="alibi"),
        ],
        origin=Origin.TOY,
    )


def _by_position(q: Tensor, k: Tensor, start: int) -> Lines:
    """The scores of random contents against where the keys stand: another start moves the curve, not its shape."""
    keys = OFFSETS + FAR  # (129,)
    return Lines(
        [
            Series(Say("from_start", start=start), keys + start, _rope(q, k, start), pair=1),
            Series(Say("from_start", start=0), keys, _rope(q, k), pair=1, dashed=True),
        ],
        x="key_position",
        y="score",
        title="rope_places",
    )


def _by_offset(alike: Tensor, mixed: Tensor) -> Lines:
    same_content, other_content = Series("same_content", OFFSETS, alike), Series("other_content", OFFSETS, mixed)
    return Lines([same_content, other_content], x="signed_distance", y="score", title="rope", y_range=(-1.05, 1.05))


def _unit(x: Tensor) -> Tensor:
    return x / x.norm()


def _rope(q: Tensor, k: Tensor, start: int = 0) -> Tensor:
    """Scores of q at the position start + FAR with k at start … start + 2·FAR: (129,)."""
    asked = positional.rope(q, start + FAR)  # (1, d_k)
    keys = positional.rope(k.expand(len(OFFSETS), -1), start)  # (129, d_k)
    return (keys @ asked.T).squeeze(-1)  # (129,)


def _by_complex(q: Tensor, k: Tensor) -> Tensor:
    """The same with each pair as one complex number, which e^(iωk) turns: Re Σ q* k e^(iω·offset), (129,)."""
    w = positional.frequencies(q.shape[-1])  # (d_k/2,)
    turn = torch.polar(torch.ones(1, dtype=torch.float64), OFFSETS.unsqueeze(-1) * w)  # (129, d_k/2)
    q, k = (torch.view_as_complex(x.view(-1, 2)) for x in (q, k))  # (d_k/2,) each
    return (q.conj() * k * turn).real.sum(-1)  # (129,)


def _sinusoids(d_k: int) -> Tensor:
    """PE(0)·PE(k), divided by its value at k = 0: (FAR + 1,)."""
    pe = positional.sinusoidal(FAR + 1, d_k, dtype=torch.float64)  # (T, d_k)
    return pe @ pe[0] * 2 / d_k  # (T,)


def _of_heads(z: Tensor, slopes: Tensor, y: str, title: str, y_range: tuple[float, float] | None = None) -> Lines:
    """z (H, T) of the first, a middle and the last head, the flattest first, against how far back they look."""
    first, middle, last = 0, len(slopes) // 2, len(slopes) - 1
    back = torch.arange(FAR, -1, -1)  # (T,)
    series = []
    for head in sorted({first, middle, last}, key=lambda h: slopes[h]):
        name = Say("head_of", h=head, slope=_fraction(float(slopes[head])))
        series.append(Series(name, back, z[head]))
    return Lines(series, x="looking_back", y=y, title=title, y_range=y_range)


def _fraction(slope: float) -> str:
    """1/256 rather than 0.00391, where it is one over a whole number."""
    return f"1/{1 / slope:.0f}" if (1 / slope).is_integer() else f"{slope:.3g}"


def _spread(bias: Tensor) -> float:
    """By how much the biases (H, T, T) along one diagonal differ, at most."""
    diagonals = [bias.diagonal(n, -2, -1) for n in range(-FAR, FAR + 1)]  # (H, ·) each
    return max(float((z.amax(-1) - z.amin(-1)).max()) for z in diagonals)
