"""Reading token and position back from their sum, by the nearest row of each table. Nothing is trained for it."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.bert_input import tables
from study.memo import memo


@dataclass(frozen=True, eq=False)
class Read:
    """Token ids and positions (N,) as read from N sums, each by the nearest row of its table."""

    ids: Tensor
    positions: Tensor


@torch.no_grad()
def read_back(total: Tensor, width: int) -> Read:
    """Sums (N, C) -> ids and positions, from their first `width` numbers alone.

    What the other two parts are on average is taken off, then the nearest row wins.
    """
    token, segment, position = (table[:, :width] for table in tables())
    x = total[:, :width].float() - segment.mean(0)  # (N, width)
    ids = _nearest(x - position.mean(0), token)
    positions = _nearest(x - token.mean(0), position)
    return Read(ids, positions)


@torch.no_grad()
def positions_along(total: Tensor, count: int) -> Tensor:
    """Positions (N,) read from sums (N, C) along the `count` directions in which the position table varies most."""
    token, segment, position = tables()
    centred = position - position.mean(0)  # (512, C)
    svd = torch.linalg.svd(centred.double(), full_matrices=False)
    directions = svd.Vh[:count].T.float()  # (C, count)
    x = total.float()
    for table in (token, segment, position):
        x = x - table.mean(0)  # (N, C)
    return _nearest(x @ directions, centred @ directions)


def _nearest(x: Tensor, rows: Tensor) -> Tensor:
    """For each of x (N, C) the index of the nearest of rows (R, C), by |x - r|² less |x|², which all rows share."""
    length = rows.square().sum(-1)  # (R,)
    nearest = []
    for some in x.split(250):  # (250, R) distances at a time, not (N, R)
        distance = length - 2 * some @ rows.T  # (250, R)
        nearest.append(distance.argmin(-1))
    return torch.cat(nearest)  # (N,)


def random_sums(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """n sums (n, C) of random rows of the three tables, with their token ids and positions (n,)."""
    token, segment, position = tables()
    g = torch.Generator().manual_seed(seed)
    ids = torch.randint(len(token), (n,), generator=g)
    places = torch.randint(len(position), (n,), generator=g)
    sides = torch.randint(len(segment), (n,), generator=g)
    total = token[ids] + segment[sides] + position[places]  # (n, C)
    return total, ids, places


@memo
def room() -> dict[str, float]:
    """How the tables share the C dimensions: the number that hold 90% of a table's variance, and mean |cosine|."""
    token, _, position = (table - table.mean(0) for table in tables())  # (V, C), (2, C), (512, C)
    cosines = F.normalize(token, dim=-1) @ F.normalize(position, dim=-1).T  # (V, 512)
    return {"token": _dimensions(token), "position": _dimensions(position), "cosine": cosines.abs().mean().item()}


def _dimensions(centred: Tensor) -> float:
    """How many directions hold 90% of the variance of centred rows (R, C)."""
    energy = torch.linalg.eigvalsh((centred.T @ centred).double())  # (C,), the smallest first
    together = energy.flip(0).cumsum(0)  # (C,)
    return float((together < 0.9 * together[-1]).sum()) + 1
