"""Recurrent layers: plain RNN and LSTM.   Elman 1990; Hochreiter & Schmidhuber 1997, §4; Gers et al. 2000.

    elman   h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)

    lstm    [i f g o]_t = W_ih x_t + b_ih + W_hh h_(t-1) + b_hh, then sigmoid for i, f and o, tanh for g
            c_t = f_t * c_(t-1) + i_t * g_t
            h_t = o_t * tanh(c_t)

In the plain RNN the past passes through W_hh and a tanh at every step, and so does the gradient on its way back. The
cell state c of the LSTM passes through a product with f only: with f = 1 and i = 0 it stays exactly as it is, and so
does the gradient along it, the "constant error carrousel" (1997, §3.2). In the paper of 1997 f is 1 throughout; the
forget gate came with Gers, Schmidhuber & Cummins 2000, "Learning to forget".

Weights have torch's names, shapes and order of gates, so that those of a layer can be passed on:

    layer = nn.LSTM(d_in, d_hidden)                # or nn.RNN, for elman
    s = rnn.lstm(x, *layer.all_weights[0])         # s.h is layer(x)[0]; s.i, s.f, s.g, s.o, s.c are what it hides

Half precision in, half precision out; what a step adds up and squashes is float32 in between.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.precision import wide


@dataclass(frozen=True, eq=False)
class LSTMStates:
    """What an LSTM computed: at one step (..., d_hidden) each, or at all T steps (T, ..., d_hidden)."""

    i: Tensor  # input gate, 0 to 1: how much of the candidate is written into the cell
    f: Tensor  # forget gate, 0 to 1: how much of the cell stays
    g: Tensor  # candidate, -1 to 1: what could be written
    o: Tensor  # output gate, 0 to 1: how much of the cell is shown
    c: Tensor  # cell state, unbounded
    h: Tensor  # hidden state, -1 to 1: the layer's output


def lstm_cell(
    x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> LSTMStates:
    """One step from the states h, c (..., d_hidden) with the input x (..., d_in): equal to torch.nn.LSTMCell.

    w_ih (4·d_hidden, d_in), w_hh (4·d_hidden, d_hidden), b_ih and b_hh (4·d_hidden,): the rows of i, f, g, o, in this
    order. Hochreiter & Schmidhuber 1997, §4, with the forget gate of Gers et al. 2000.
    Raises ValueError for a w_hh of another shape.
    """
    d_hidden = h.shape[-1]
    if w_hh.shape != (4 * d_hidden, d_hidden):
        raise ValueError(f"w_hh must be ({4 * d_hidden}, {d_hidden}), four gates' rows, not {tuple(w_hh.shape)}")
    before = _sum(x, w_ih, b_ih, h, w_hh, b_hh)  # (..., 4 d_hidden)
    i, f, g, o = before.chunk(4, -1)  # (..., d_hidden) each
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * wide(c) + i * g  # (..., d_hidden)
    return LSTMStates(*(s.to(h.dtype) for s in (i, f, g, o, c, o * torch.tanh(c))))  # (..., d_hidden) each


def lstm(
    x: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    h_0: Tensor | None = None,
    c_0: Tensor | None = None,
) -> LSTMStates:
    """A layer over x (T, ..., d_in), T >= 1: the states at every step, (T, ..., d_hidden) each; equal to torch.nn.LSTM.

    h_0 and c_0 (..., d_hidden), by default 0; the weights, and the error, as in lstm_cell.
    """
    h, c = _start(x, w_hh, h_0), _start(x, w_hh, c_0)  # (..., d_hidden) each
    steps = []
    for x_t in x:
        steps.append(lstm_cell(x_t, h, c, w_ih, w_hh, b_ih, b_hh))
        h, c = steps[-1].h, steps[-1].c  # (..., d_hidden) each
    return LSTMStates(*(torch.stack([getattr(s, name) for s in steps]) for name in "ifgoch"))  # (T, ..., d_hidden)


def elman_cell(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None
) -> Tensor:
    """One step from the state h (..., d_hidden) with the input x (..., d_in) -> the next h: equal to torch.nn.RNNCell.

    w_ih (d_hidden, d_in), w_hh (d_hidden, d_hidden), b_ih and b_hh (d_hidden,). Elman 1990, with tanh.
    """
    return torch.tanh(_sum(x, w_ih, b_ih, h, w_hh, b_hh)).to(h.dtype)  # (..., d_hidden)


def elman(
    x: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
    h_0: Tensor | None = None,
) -> Tensor:
    """A layer over x (T, ..., d_in), T >= 1: h at every step, (T, ..., d_hidden); equal to torch.nn.RNN with tanh.

    h_0 (..., d_hidden), by default 0; the weights as in elman_cell.
    """
    h = _start(x, w_hh, h_0)  # (..., d_hidden)
    states = []
    for x_t in x:
        h = elman_cell(x_t, h, w_ih, w_hh, b_ih, b_hh)  # (..., d_hidden)
        states.append(h)
    return torch.stack(states)  # (T, ..., d_hidden)


def _sum(x: Tensor, w_ih: Tensor, b_ih: Tensor | None, h: Tensor, w_hh: Tensor, b_hh: Tensor | None) -> Tensor:
    """W_ih x + b_ih + W_hh h + b_hh, (..., rows of the weights)."""
    b_ih, b_hh = (b if b is None else wide(b) for b in (b_ih, b_hh))
    return F.linear(wide(x), wide(w_ih), b_ih) + F.linear(wide(h), wide(w_hh), b_hh)


def _start(x: Tensor, w_hh: Tensor, given: Tensor | None) -> Tensor:
    """The state before the first step, (..., d_hidden)."""
    return x.new_zeros(*x.shape[1:-1], w_hh.shape[-1]) if given is None else given
