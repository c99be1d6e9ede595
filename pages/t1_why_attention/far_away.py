"""How much of a gradient comes back from n tokens away.   Vaswani et al. 2017, §4, third reason."""

from collections.abc import Callable
from typing import Annotated

import torch
from torch import Tensor

from models import attention, rnn, toy
from study.controls import Seed, Slider
from study.demo import Evidence, Measured, Origin, same
from study.views import Lines, Series

TEXTS, WIDTH = 64, 24  # random inputs of which the mean is taken; numbers per token
SMALLEST = 1e-12  # of what is drawn
PRESETS = {
    "untrained": {},
    "gate_open": {"keep": 4.0},
    "near": {"n": 16},
    "far": {"n": 128, "keep": 4.0},
}
Weights = dict[str, Tensor]
Last = Callable[[Tensor, Weights], Tensor]  # from x (n, B, C) to the output at the last token (B, C)


def far_away(
    n: Annotated[int, Slider(8, 128, scale="log")] = 64,
    keep: Annotated[float, Slider(0.0, 6.0, 0.5)] = 0.0,
    seed: Seed = 0,
) -> Evidence:
    """Untrained layers: the gradient of the last output at each earlier token, as a share of the nearest one's."""
    weights = _weights(seed, keep)
    x = toy.normal(n, TEXTS, WIDTH, seed=seed, name="x")  # (n, B, C)
    gradients = {kind: _gradient(last, x, weights) for kind, last in LAYERS.items()}  # (n, B, C) each
    shares = {kind: _shares(gradient) for kind, gradient in gradients.items()}  # (n - 1,) each
    series = [_line(kind, share) for kind, share in shares.items()]
    swap = torch.arange(n)
    swap[0], swap[n - 2] = n - 2, 0  # the farthest token and the nearest change places
    moved = _gradient(_attention, x[swap], weights)  # (n, B, C)
    return Evidence(
        Lines(series, x="distance", y="share", log_y=True),
        claims=[  # float64 rounds at 1e-16; products of up to 128 factors add up
            same("chain_rule", gradients["recurrent"], _by_hand(x, weights), abs=1e-12),
            same("no_distance", moved[swap], gradients["attention"], abs=1e-12),
        ],
        measured=[Measured(f"left_{kind}", share[-1], unit="share") for kind, share in shares.items()],
        origin=Origin.TOY,
    )


def _shares(gradient: Tensor) -> Tensor:
    """The mean size of a gradient (n, B, C) at each earlier token, the nearest one first and as the unit: (n - 1,)."""
    sizes = gradient.norm(dim=-1).mean(-1)  # (n,)
    from_nearest = sizes.flip(0)[1:]  # (n - 1,)
    return from_nearest / from_nearest[0]  # (n - 1,)


def _line(kind: str, share: Tensor) -> Series:
    """It ends where it becomes too small to be drawn: each falls steadily, or not at all."""
    drawn = share[share >= SMALLEST]
    distances = range(1, len(drawn) + 1)
    return Series(kind, distances, drawn)


def _weights(seed: int, keep: float) -> Weights:
    """As torch starts its recurrent layers: uniform up to 1/√C; `keep` is added to the bias of the forget gate."""
    shapes = {"w_ih": 1, "w_hh": 1, "lstm_ih": 4, "lstm_hh": 4, "w_q": 1, "w_k": 1, "w_v": 1}
    weights = {name: _uniform(rows * WIDTH, seed, name) for name, rows in shapes.items()}  # (rows·C, C) each
    bias = torch.zeros(4 * WIDTH, dtype=torch.float64)
    bias[WIDTH : 2 * WIDTH] = keep  # the gates' order is i, f, g, o
    return weights | {"lstm_bias": bias}


def _uniform(rows: int, seed: int, name: str) -> Tensor:
    stream = toy.generator(seed, name)
    return (2 * torch.rand(rows, WIDTH, generator=stream, dtype=torch.float64) - 1) / WIDTH**0.5  # (rows, C)


def _recurrent(x: Tensor, w: Weights) -> Tensor:
    return rnn.elman(x, w["w_ih"], w["w_hh"])[-1]  # (B, C)


def _lstm(x: Tensor, w: Weights) -> Tensor:
    return rnn.lstm(x, w["lstm_ih"], w["lstm_hh"], w["lstm_bias"]).h[-1]  # (B, C)


def _attention(x: Tensor, w: Weights) -> Tensor:
    """The last token is the query; no positions."""
    tokens = x.transpose(0, 1)  # (B, n, C)
    q = tokens[:, -1:] @ w["w_q"].T  # (B, 1, C)
    output, _ = attention.scaled_dot_product(q, tokens @ w["w_k"].T, tokens @ w["w_v"].T)  # (B, 1, C)
    return output[:, 0]  # (B, C)


LAYERS: dict[str, Last] = {"recurrent": _recurrent, "lstm": _lstm, "attention": _attention}


def _gradient(last: Last, x: Tensor, weights: Weights) -> Tensor:
    """Of the sum of the last output's numbers, at every token: (n, B, C)."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(last(x, weights).sum(), x)[0]  # (n, B, C)


def _by_hand(x: Tensor, w: Weights) -> Tensor:
    """The plain recurrence's gradient by the chain rule: a factor diag(1 − h²) W_hh for every step back."""
    h = rnn.elman(x, w["w_ih"], w["w_hh"])  # (n, B, C)
    back, gradient = torch.ones_like(h[0]), torch.empty_like(x)  # (B, C), (n, B, C)
    for t in reversed(range(len(x))):
        back = back * (1 - h[t] ** 2)  # (B, C): through the tanh
        gradient[t] = back @ w["w_ih"]  # (B, C)
        back = back @ w["w_hh"]  # (B, C): to the step before
    return gradient
