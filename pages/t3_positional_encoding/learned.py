"""BERT's learned positions beside the sinusoids of the same width.   Devlin et al. 2019, §3 and A.2."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from models import bert_input, positional
from pages.t3_positional_encoding.inputs import MOVES, labels
from study import local_bert
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Heatmap, Lines, Series

INNER = slice(1, 127)  # the positions that training with 128 tokens knows, without the first and the last

PRESETS = {
    "stripes": {"step": "first"},
    "waves": {"step": "distance"},
    "ends": {"step": "lengths"},
    "moved": {"step": "shifts"},
}


def learned() -> Evidence:
    """The 512 learned position embeddings of the local BERT beside the sinusoids of the same width."""
    tables = {"bert": _learned(), "sinusoid": positional.sinusoidal(512, 384, dtype=torch.float64)}  # (512, C) each
    alike = {name: _cosines(table) for name, table in tables.items()}  # (512, 512) each
    norms = {name: table.norm(dim=1) for name, table in tables.items()}  # (512,) each
    fitted, unchanged = _shift_errors()
    explained = {name: _distance_explains(z[INNER, INNER]) for name, z in alike.items()}
    return Evidence(
        Step("first", *(_map(z, torch.arange(64), name) for name, z in alike.items())),
        Step("all", *(_map(z, torch.arange(0, 512, 8), name) for name, z in alike.items())),
        Step(
            "distance",
            Lines([_curve(z, name) for name, z in alike.items()], x="distance", y="cosine", title="by_distance"),
        ),
        Step(
            "lengths",
            Lines(
                [Series(name, torch.arange(512), length) for name, length in norms.items()],
                x="position",
                y="norm",
                title="norms",
                log_y=True,
            ),
        ),
        Step("shifts", _shifts(fitted, unchanged)),
        claims=[
            same("sinusoid_norm", norms["sinusoid"], 192**0.5, abs=1e-9),
            Claim("sinusoid_distance", measured=explained["sinusoid"], expected=1, abs=1e-9),
        ],
        measured=[
            Measured("explained", explained["bert"], unit="share"),
            Measured("nearest", _beside(alike["bert"]), unit="share"),
            Measured("shift_missed", fitted[0], unit="share"),
            Measured("first_norm", norms["bert"][0]),
            Measured("middle_norm", norms["bert"].median()),
            Measured("last_of_128", norms["bert"][127]),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.MODEL,
    )


def _learned() -> Tensor:
    return bert_input.tables()[2].double()  # (512, C)


def _cosines(positions: Tensor) -> Tensor:
    """Cosine of every two rows: (P, C) -> (P, P)."""
    unit = F.normalize(positions, dim=-1)
    return unit @ unit.T  # (P, P)


def _map(z: Tensor, shown: Tensor, name: str) -> Heatmap:
    return Heatmap(
        z[shown][:, shown],
        rows=labels(shown),
        cols=labels(shown),
        title=name,
        x="position_q",
        y="position_p",
        group="cosine",
        hover="cosine_of",
        role="position",
    )


def _curve(z: Tensor, name: str) -> Series:
    mean, low, high = (values[:64] for values in _by_distance(z[INNER, INNER]))  # (64,) each
    return Series(name, torch.arange(64), mean, low=low, high=high, points=True)


def _by_distance(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean, least and greatest entry of z (P, P) at each distance 0 … P - 1 of row and column: (P,) each."""
    diagonals = [torch.cat((z.diagonal(k), z.diagonal(-k))) for k in range(len(z))]
    return tuple(torch.stack([f(d) for d in diagonals]) for f in (torch.mean, torch.amin, torch.amax))


def _distance_explains(z: Tensor) -> float:
    """The share of the variance of z (P, P) off its diagonal that the mean at each distance accounts for (R²)."""
    place = torch.arange(len(z))
    distance = (place.unsqueeze(-1) - place).abs()  # (P, P)
    off = distance > 0
    left = (z - _by_distance(z)[0][distance])[off].square().sum()
    return float(1 - left / (z[off] - z[off].mean()).square().sum())


def _beside(z: Tensor) -> float:
    """Of positions 1 to 510, the share whose nearest other position by cosine is a neighbour."""
    inner = z[1:511, 1:511].clone().fill_diagonal_(-2)  # (510, 510): nobody is nearest to itself
    away = inner.argmax(1) - torch.arange(510)  # (510,)
    return float((away.abs() == 1).double().mean())


def _shifts(fitted: Sequence[float], unchanged: Sequence[float]) -> Lines:
    series = [
        Series("unchanged", MOVES, unchanged, dashed=True),
        Series("fitted", MOVES, fitted, points=True),
        Series("exact", MOVES, [0.0] * len(MOVES), role="position"),  # M_k misses nothing: the claims of `relative`
    ]
    return Lines(series, x="distance", y="missed", title="shifts")


@memo
def _shift_errors() -> tuple[list[float], list[float]]:
    return shift_errors(_learned()[1:511], MOVES)


def shift_errors(positions: Tensor, ks: Sequence[int], components: int = 16) -> tuple[list[float], list[float]]:
    """For each k, the share of the variance of row p + k that is missed: by the best affine map of row p, and by row p
    itself ("no change").

    The map reads the first principal components of row p. It is fitted where p is even and judged where p is odd.
    """
    x = positions.double() - positions.double().mean(0)  # (P, C)
    z = x @ torch.linalg.svd(x, full_matrices=False).Vh[:components].T  # (P, components)
    z = torch.cat((z, torch.ones(len(z), 1, dtype=z.dtype)), -1)  # (P, components + 1)
    fitted, unchanged = [], []
    for k in ks:
        before, after = z[:-k], x[k:]  # (P - k, ·)
        # not lstsq: its last bits depend on where in memory it works, and readers side by side would differ
        q, r = torch.linalg.qr(before[::2])  # (P / 2, components + 1), (components + 1, components + 1)
        w = torch.linalg.solve_triangular(r, q.T @ after[::2], upper=True)  # (components + 1, C)
        size = after[1::2].square().sum()
        fitted.append(float((before[1::2] @ w - after[1::2]).square().sum() / size))
        unchanged.append(float((x[:-k][1::2] - after[1::2]).square().sum() / size))
    return fitted, unchanged
