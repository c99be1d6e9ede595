"""Whose numbers share a mean: a (B, T, C) block, and in it all that one output depends on.

Ba et al. 2016, eq. (3); Ioffe & Szegedy 2015, Algorithm 1. What is filled is what automatic differentiation finds.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from models import normalization
from pages.t2_layer_vs_batch_norm.batch import tokens
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Circle, Part, Polygon, Text

SENTENCES, LENGTH, CHANNELS = 3, 4, 6
SENTENCE, TOKEN, CHANNEL = 0, 1, 2  # whose output is asked
# On the sheet a point is a complex number, x + y·i, and so is the way to the next channel, token and sentence.
RIGHT, DOWN, BACK = 17, 17j, 12 - 10j
CORNERS = {"LayerNorm": 26 + 66j, "BatchNorm": 206 + 66j}  # of the two fronts, upper left
DOTTED = 2.5 * RIGHT + 1.5 * DOWN  # from a corner to the middle of the asked number
PLAIN, FILLED = 0.06, 0.6


def slabs() -> Evidence:
    """The inputs that one output of LayerNorm and of BatchNorm depends on, filled in the block."""
    x = tokens(SENTENCES, LENGTH, CHANNELS, seed=0)  # (B, T, C)
    layer = _shared(normalization.layer_norm, x)  # (B, T, C)
    batch = _shared(normalization.batch_norm, x)  # (B, T, C)
    parts = [*_block("LayerNorm", layer), *_block("BatchNorm", batch)]
    of_token, of_channel = layer[SENTENCE, TOKEN], batch[:, :, CHANNEL]  # (C,), (B, T)
    return Evidence(
        Diagram(parts, 360, 228),
        claims=[
            Claim("layer_shares", measured=layer.sum(), expected=CHANNELS),
            Claim("layer_one_token", measured=of_token.sum(), expected=CHANNELS),
            Claim("batch_shares", measured=batch.sum(), expected=SENTENCES * LENGTH),
            Claim("batch_one_channel", measured=of_channel.sum(), expected=SENTENCES * LENGTH),
        ],
        origin=Origin.TOY,
    )


def _shared(norm: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Which numbers of x (B, T, C) the asked output depends on: (B, T, C), true or false."""
    x = x.clone().requires_grad_()
    asked = norm(x)[SENTENCE, TOKEN, CHANNEL]
    (gradient,) = torch.autograd.grad(asked, x)  # (B, T, C)
    return gradient != 0


def _block(norm: str, shared: Tensor) -> Iterator[Part]:
    """The block, filled where shared (B, T, C) is true, the names of its axes, and what shares a mean, in words."""
    corner = CORNERS[norm]
    yield from _face(corner, BACK, RIGHT, shared[:, 0])
    yield from _face(corner + CHANNELS * RIGHT, BACK, DOWN, shared[:, :, -1])
    yield from _face(corner, DOWN, RIGHT, shared[0])
    dotted = corner + DOTTED
    yield Circle(dotted.real, dotted.imag, 4, filled=True)
    left = corner.real
    yield Text(left + 6, 49, "B")
    yield Text(left - 12, 104, "T")
    yield Text(left + 51, 151, "C")
    yield Text(left + 69, 22, norm, size=15, bold=True)
    count = int(shared.sum())
    means = shared.numel() // count
    yield Text(left + 69, 182, Say(f"{norm}_over", count=count), size=12)
    yield Text(left + 69, 202, Say(f"{norm}_means", count=means), size=12)


def _face(corner: complex, row: complex, column: complex, filled: Tensor) -> Iterator[Polygon]:
    """One side of the block, a cell for each number in sight, filled (rows, columns); row, column: ways to the next."""
    for i, line in enumerate(filled.tolist()):
        for j, here in enumerate(line):
            start = corner + i * row + j * column
            cell = start, start + row, start + row + column, start + column
            points = tuple((point.real, point.imag) for point in cell)
            yield Polygon(points, role="hidden", tone=FILLED if here else PLAIN)
