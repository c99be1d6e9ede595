"""The paper's table of positions: one cell by hand, its pair as two waves, all wavelengths.   Vaswani et al., §3.5."""

import math
from typing import Annotated

import torch
from torch import Tensor

from models import positional
from pages.t3_positional_encoding.inputs import Width, labels
from study.controls import Cell, Slider
from study.demo import Claim, Evidence, Origin, Step, same
from study.views import Chain, Heatmap, Lines, Say, Series

PAPER = 10_000.0  # the base of the paper
PRESETS = {
    "by_hand": {"cell": (10, 8)},
    "fast": {"cell": (10, 0)},
    "slow": {"cell": (10, 48)},
    "lengths": {"step": "wavelengths"},
    "base_100": {"base": 100.0, "step": "wavelengths"},
}


def sinusoids(
    length: Annotated[int, Slider(8, 128, step=8)] = 64,
    d_model: Width = 64,
    base: Annotated[float, Slider(10.0, 1_000_000.0, scale="log")] = PAPER,
    cell: Annotated[tuple[int, int], Cell(128)] = (10, 8),
) -> Evidence:
    """The paper's table; the chosen cell step by step, its column and its partner as waves, all wavelengths."""
    table = positional.sinusoidal(length, d_model, base, dtype=torch.float64)  # (T, C)
    p, c = Cell.inside(cell, table.shape)
    i = c // 2  # the pair
    angle = p / base ** (2 * i / d_model)
    waves = _wavelengths(table)  # (C/2,)
    longest = 2 * math.pi * base ** ((d_model - 2) / d_model)
    return Evidence(
        Step(
            "cell",
            _table(table, (p, c)),
            _pair(positional.frequencies(d_model, base)[i], table, (p, c)),
            Chain(
                [
                    (Say("pair_of", c=c), i),
                    (Say("divisor", base=int(base), two_i=2 * i, d=d_model), base ** (2 * i / d_model)),
                    (Say("angle", p=p), angle),
                    ("cosine" if c % 2 else "sine", table[p, c]),
                ],
                title=Say("one_cell", p=p, c=c),
            ),
        ),
        Step("wavelengths", _lengths(waves, base, here=i)),
        claims=[
            Claim("by_hand", measured=table[p, c], expected=math.cos(angle) if c % 2 else math.sin(angle), abs=1e-9),
            same("powers", _by_powers(length, d_model, base), table, abs=1e-9),
            Claim("shortest", measured=waves[0], expected=2 * math.pi, rel=1e-9),
            Claim("longest", measured=waves[-1], expected=longest, rel=1e-9),
            same("length", table.norm(dim=1), (d_model / 2) ** 0.5, abs=1e-9),
        ],
        origin=Origin.CALCULATED,
    )


def _table(table: Tensor, cell: tuple[int, int]) -> Heatmap:
    length, d_model = table.shape
    return Heatmap(
        table,
        rows=labels(range(length)),
        cols=labels(range(d_model)),
        title=Say("table", rows=length, cols=d_model),
        x="dimension",
        y="position",
        pick="cell",
        selected=cell,
        hover="value_of",
        role="position",
    )


def _pair(w: Tensor, table: Tensor, cell: tuple[int, int]) -> Lines:
    """The two waves of the cell's pair, of frequency w, drawn between the positions, too; the cell is a point."""
    p, c = cell
    i, x = c // 2, torch.linspace(0, len(table) - 1, 400, dtype=torch.float64)  # (400,)
    sine = Series(Say("sine_at", c=2 * i), x, (x * w).sin(), role="position")
    cosine = Series(Say("cosine_at", c=2 * i + 1), x, (x * w).cos(), dashed=True)
    point = Series("this_cell", [p], [table[p, c]], role="wrong", points=True)
    series = [sine, cosine, point]
    return Lines(series, x="position", y="value", title=Say("waves", i=i), here=p, y_range=(-1.1, 1.1))


def _lengths(waves: Tensor, base: float, here: int) -> Lines:
    """All wavelengths, and those of the paper's base where it is another: the scale is the same for both."""
    pairs = torch.arange(len(waves))  # (C/2,)
    series = [Series(Say("base_of", base=int(base)), pairs, waves, role="position")]
    if base != PAPER:
        paper = 2 * math.pi / positional.frequencies(2 * len(waves), PAPER)  # (C/2,)
        series.append(Series(Say("base_of", base=int(PAPER)), pairs, paper, dashed=True))
    return Lines(series, x="pair", y="wavelength", title="wavelengths", log_y=True, here=here)


def _wavelengths(table: Tensor) -> Tensor:
    """(C/2,): read off the vector of position 1, which has turned by one step in each pair; no formula for ω needed."""
    sine, cosine = table[1, 0::2], table[1, 1::2]  # (C/2,) each
    return 2 * math.pi / torch.atan2(sine, cosine)  # (C/2,)


def _by_powers(length: int, d_model: int, base: float) -> Tensor:
    """The same table without a sine: position p of a pair is the complex number e^(iω) to the power p."""
    w = positional.frequencies(d_model, base)  # (C/2,)
    turned = torch.polar(torch.ones_like(w), w) ** torch.arange(length).unsqueeze(-1)  # (T, C/2)
    return torch.stack((turned.imag, turned.real), -1).flatten(1)  # (T, C)
