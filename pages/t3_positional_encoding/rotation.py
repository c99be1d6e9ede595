"""PE(pos + k) = PE(pos) · M_k: moving by k turns each pair by k times its frequency.   Vaswani et al. 2017, §3.5.

The paper says "a linear function" and does not write the matrix down. A position is a row, so that M_k is the transpose
of positional.rotation(k).
"""

import math
from collections.abc import Iterable
from typing import Annotated

import torch
from torch import Tensor

from models import positional
from study.controls import Choice, Slider
from study.demo import Claim, Evidence, Origin, Step, same
from study.views import Chain, Heatmap, Lines, Say, Series

D = 8  # d_model: four pairs, of the frequencies 1, 0.1, 0.01 and 0.001
NAMES = [f"{wave}{i}" for i in range(D // 2) for wave in ("sin", "cos")]

PRESETS = {
    "pair_0": {"pair": "0"},
    "pair_1": {"pair": "1"},
    "all": {"pair": "all", "step": "goal"},
    "elsewhere": {"p": 40},
    "back": {"k": -5},
}


def rotation(
    p: Annotated[int, Slider(0, 100)] = 10,
    k: Annotated[int, Slider(-50, 50)] = 5,
    pair: Annotated[str, Choice("all", "0", "1", "2", "3")] = "all",
) -> Evidence:
    """Moving by k turns each pair by k times its frequency: one pair, or all of them, of a table with d_model = 8."""
    start, goal = _position(p), _position(p + k)  # (C,) each
    chosen = range(D // 2) if pair == "all" else [int(pair)]
    m = _turning(k, chosen)  # (C, C)
    after = start @ m  # (C,)
    turned = torch.tensor([c // 2 in chosen for c in range(D)])  # (C,)
    one_step = _moving(1 if k >= 0 else -1, D)  # (C, C)
    wide = _moving(k, 512)  # (512, 512)
    vectors = Heatmap(
        torch.stack((start, after, goal)),
        rows=[f"PE({p})", f"PE({p})·M", f"PE({p + k})"],
        cols=NAMES,
        title=Say("vectors", p=p, k=k),
        role="position",
    )
    return Evidence(
        Step(
            "turn",
            _clock(start, after, p, k),
            Heatmap(m, NAMES, NAMES, title=Say("matrix", k=k), role="position"),
            _angle_addition(chosen[0], k, m, start),
        ),
        Step("goal", vectors),
        claims=[
            same("moved", after[turned], goal[turned], abs=1e-9),
            same("stayed", after[~turned], start[~turned], abs=1e-12),
            same("all_positions", _first_200(0) @ wide, _first_200(k), abs=1e-9),
            same("step_by_step", torch.linalg.matrix_power(one_step, abs(k)), _moving(k, D), abs=1e-9),
            Claim("same_length", measured=after.norm(), expected=start.norm(), abs=1e-9),
        ],
        origin=Origin.CALCULATED,
    )


def _position(p: int) -> Tensor:
    return positional.sinusoidal(1, D, start=p, dtype=torch.float64)[0]  # (C,)


def _first_200(start: int) -> Tensor:
    return positional.sinusoidal(200, 512, start=start, dtype=torch.float64)  # (200, 512)


def _moving(k: int, d_model: int) -> Tensor:
    """M_k for rows, (C, C): PE(pos + k) = PE(pos) M_k."""
    return positional.rotation(k, d_model).T


def _turning(k: int, chosen: Iterable[int]) -> Tensor:
    """M_k (C, C) with the blocks of these pairs; the other pairs have the identity and stay."""
    m, full = torch.eye(D, dtype=torch.float64), _moving(k, D)  # (C, C) each
    for i in chosen:
        block = slice(2 * i, 2 * i + 2)
        m[block, block] = full[block, block]
    return m


def _angle_addition(i: int, k: int, m: Tensor, start: Tensor) -> Chain:
    """The sine of pair i after turning, written out: cos(kω) sin(pω) + sin(kω) cos(pω)."""
    w = positional.frequencies(D)[i]
    first, second = m[2 * i : 2 * i + 2, 2 * i] * start[2 * i : 2 * i + 2]
    return Chain(
        [
            (Say("turn", k=k, w=f"{w:g}"), k * w),
            (Say("first_term", i="₀₁₂₃"[i]), first),
            (Say("second_term", i="₀₁₂₃"[i]), second),
            (Say("sum", i=i), first + second),
        ],
        title=Say("addition", i=i),
        joins=["→", "+", "="],
    )


def _clock(start: Tensor, after: Tensor, p: int, k: int) -> Lines:
    """A hand for each pair, before and after turning; its tip stays on a circle. It starts at twelve, as on a clock."""
    angle = torch.linspace(0, 2 * math.pi, 49, dtype=torch.float64)  # (49,)
    circles = (_joined(_size(i) * wave for i in range(D // 2)) for wave in (angle.sin(), angle.cos()))
    before = (_joined(axis) for axis in zip(*(_hand(start, i) for i in range(D // 2)), strict=True))
    return Lines(
        [
            *(Series(Say("hand", i=i), *_hand(after, i), points=True) for i in range(D // 2)),
            Series(Say("hands_at", p=p), *before, role="hidden", dashed=True),
            Series("rings", *circles, role="mask", dashed=True, quiet=True),
        ],
        x="sine",
        y="cosine",
        title=Say("clock", p=p, k=k),
        y_range=(-1.1, 1.1),
        square=True,
    )


def _size(i: int) -> float:
    """How long the hand of pair i is drawn, so that four hands can be told apart: the fastest is the longest."""
    return 1 - 0.2 * i


def _hand(pe: Tensor, i: int) -> tuple[Tensor, Tensor]:
    """x and y of the line from the centre to the tip of pair i of a position: its sine and its cosine, (2,) each."""
    zero = torch.zeros(1, dtype=torch.float64)
    sine, cosine = (_size(i) * pe[c : c + 1] for c in (2 * i, 2 * i + 1))  # (1,) each
    return torch.cat((zero, sine)), torch.cat((zero, cosine))  # (2,) each


def _joined(pieces: Iterable[Tensor]) -> Tensor:
    """Lines one after another as one series: a NaN between two of them breaks the pen's stroke."""
    gap = torch.full((1,), torch.nan, dtype=torch.float64)
    return torch.cat([part for piece in pieces for part in (piece, gap)])
