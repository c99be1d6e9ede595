"""The dot product of two positions depends on their distance only, and sines alone do not manage that.   §3.5.

W_Q = M_offset and W_K = I are the projections of a head that asks for "the position so much further on".
"""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from models import positional
from pages.t3_positional_encoding.inputs import MOVES, Width, labels
from study.controls import Choice, Slider, When
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Heatmap, Lines, Say, Series

PRESETS = {
    "distance": {"offset": 0},
    "previous": {"offset": -1},
    "sines": {"waves": "sines"},
    "moving": {"waves": "sines", "step": "moves"},
}


def relative(
    waves: Annotated[str, Choice("both", "sines")] = "both",
    d_model: Width = 64,
    length: Annotated[int, Slider(16, 64, step=8)] = 40,
    offset: Annotated[int, Slider(-12, 12), When(waves="both")] = 0,
) -> Evidence:
    """Dot products of positions, the rows first moved by `offset`; with sines alone for comparison."""
    both = waves == "both"
    pe = _table(waves, length, d_model)  # (T, C)
    rows = pe @ positional.rotation(offset, d_model).T if both else pe  # (T, C): what W_Q = M_offset may ask with
    scores = rows @ pe.T  # (T, T)
    misfits = {waves: _misfit(waves, d_model) for waves in ("both", "sines")}
    return Evidence(
        Step("scores", _map(scores, Say(f"dots_{waves}", offset=offset)), _by_distance(scores, d_model)),
        Step("moves", _misses(misfits)),
        claims=_of_both(scores, d_model, offset, misfits["both"]) if both else [_of_sines(scores, d_model)],
        measured=[
            Measured("spread", _spread(scores)),
            Measured("unmoved", misfits[waves][0], unit="share"),
        ],
        origin=Origin.CALCULATED,
    )


def _table(waves: str, length: int, d_model: int, start: int = 0) -> Tensor:
    """ "both": the paper's encoding. "sines": one without cosines, d_model sines over the same range of frequencies.
    (length, C) in float64."""
    if waves == "both":
        return positional.sinusoidal(length, d_model, start=start, dtype=torch.float64)  # (T, C)
    position = torch.arange(start, start + length, dtype=torch.float64)  # (T,)
    return (position.unsqueeze(-1) * positional.frequencies(2 * d_model)).sin()  # (T, C)


def _of_both(scores: Tensor, d_model: int, offset: int, misfits: Sequence[float]) -> list[Claim]:
    position = torch.arange(len(scores))  # (T,)
    k = position - position.unsqueeze(-1) - offset  # (T, T): column less row, less the offset
    by_cosines = (k.unsqueeze(-1) * positional.frequencies(d_model)).cos().sum(-1)  # (T, T)
    aim = position + offset
    inside = (aim >= 0) & (aim < len(scores))
    return [
        Claim("diagonals", measured=_spread(scores), expected=0, abs=1e-9),
        same("cosines", scores, by_cosines, abs=1e-9),
        Claim("peak", measured=(scores.argmax(1) == aim)[inside].double().mean(), expected=1),
        Claim("moves", measured=max(misfits), expected=0, abs=1e-9),
    ]


def _of_sines(scores: Tensor, d_model: int) -> Claim:
    """sin a · sin b = [cos(a − b) − cos(a + b)] / 2: the second cosine sees p + q, and so p itself."""
    position = torch.arange(len(scores))  # (T,)
    distance = (position - position.unsqueeze(-1)).unsqueeze(-1)  # (T, T, 1): q − p
    total = (position + position.unsqueeze(-1)).unsqueeze(-1)  # (T, T, 1): q + p
    w = positional.frequencies(2 * d_model)  # (C,)
    by_sum = ((distance * w).cos() - (total * w).cos()).sum(-1) / 2  # (T, T)
    return same("by_sum", scores, by_sum, abs=1e-9)


def _spread(scores: Tensor) -> float:
    """By how much the scores along one diagonal differ, at most."""
    diagonals = [scores.diagonal(n) for n in range(1 - len(scores), len(scores))]
    return max(float(z.max() - z.min()) for z in diagonals)


def _map(scores: Tensor, title: Say) -> Heatmap:
    """Where no product is negative the scale begins at 0: neighbours and the far end then differ more in colour."""
    return Heatmap(
        scores,
        rows=labels(range(len(scores))),
        cols=labels(range(len(scores))),
        title=title,
        x="position_q",
        y="position_p",
        hover="dot_of",
        role="position",
        scale="signed" if scores.min() < 0 else "amount",
    )


def _by_distance(scores: Tensor, d_model: int) -> Lines:
    """Rows of the matrix from their diagonal on: they lie on top of each other if only the distance counts.

    The axis goes from 0 to a position times itself, whatever the offset: what an offset moves is seen to move.
    """
    length = len(scores)
    ends = min(0.0, float(scores.min())), max(d_model / 2, float(scores.max()))
    rows = [Series(Say("from", p=p), range(length - p), scores[p, p:]) for p in (0, length // 4, length // 2)]
    return Lines(rows, x="distance", y="dot", title="by_distance", y_range=(ends[0] * 1.05, ends[1] * 1.05))


def _misses(misfits: dict[str, list[float]]) -> Lines:
    with_cosines = Series("with_cosines", MOVES, misfits["both"], role="position", points=True)
    only_sines = Series("only_sines", MOVES, misfits["sines"], dashed=True)
    return Lines([with_cosines, only_sines], x="distance", y="missed", title="misfits")


@memo
def _misfit(waves: str, d_model: int, length: int = 512) -> list[float]:
    """How much of rows k … k + length - 1 no linear map of rows 0 … length - 1 can give: |rest|² / |rows|² for each k.

    Least squares, by projecting onto the columns.
    """
    q = torch.linalg.qr(_table(waves, length, d_model)).Q  # (length, C)
    shares = []
    for k in MOVES:
        rows = _table(waves, length, d_model, start=k)  # (length, C)
        rest = rows - q @ (q.T @ rows)  # (length, C)
        shares.append(float(rest.square().sum() / rows.square().sum()))
    return shares
