"""models.rnn against torch.nn.LSTM and torch.nn.RNN with the same weights, and what the gates do to the cell."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import rnn

sizes = st.integers(1, 7)
seeds = st.integers(0, 10_000)
repeatable = settings(derandomize=True, max_examples=30, deadline=None, database=None)
layers = {
    "T": sizes,
    "lead": st.sampled_from([(), (1,), (3,)]),  # torch takes (T, d_in) and (T, B, d_in)
    "d_in": sizes,
    "d_hidden": sizes,
    "bias": st.booleans(),
    "started": st.booleans(),
    "seed": seeds,
}


def close(a, b, atol=1e-12):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def random(*shape, seed, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def torchs(kind, d_in, d_hidden, bias, seed, dtype=torch.float64):
    layer = kind(d_in, d_hidden, bias=bias, dtype=dtype)
    with torch.no_grad():
        for i, p in enumerate(layer.parameters()):
            p.copy_(random(*p.shape, seed=seed + i))
    return layer


def compare_gradients(ours, theirs, wanted):
    direction = random(*ours.shape, seed=1)
    a = torch.autograd.grad((ours * direction).sum(), wanted)
    b = torch.autograd.grad((theirs * direction).sum(), wanted)
    for g, expected in zip(a, b, strict=True):
        torch.testing.assert_close(g, expected, rtol=1e-10, atol=1e-10)


@repeatable
@given(**layers)
def test_lstm_is_torchs(T, lead, d_in, d_hidden, bias, started, seed):
    layer = torchs(nn.LSTM, d_in, d_hidden, bias, seed)
    x = random(T, *lead, d_in, seed=seed + 10).requires_grad_()
    start = [random(*lead, d_hidden, seed=seed + i).requires_grad_() for i in (11, 12)] if started else []
    output, (h_n, c_n) = layer(x, tuple(s.unsqueeze(0) for s in start) if started else None)
    given = dict(zip(("h_0", "c_0"), start, strict=False))
    s = rnn.lstm(x, *layer.all_weights[0], **given)
    assert all(z.shape == (T, *lead, d_hidden) for z in (s.i, s.f, s.g, s.o, s.c, s.h))
    close(s.h, output)
    close(s.h[-1], h_n[0])
    close(s.c[-1], c_n[0])
    ours, theirs = torch.cat((s.h, s.c[-1:])), torch.cat((output, c_n.view_as(output[-1:])))
    compare_gradients(ours, theirs, (x, *start, *layer.parameters()))


@repeatable
@given(**layers)
def test_elman_is_torchs(T, lead, d_in, d_hidden, bias, started, seed):
    layer = torchs(nn.RNN, d_in, d_hidden, bias, seed)
    x = random(T, *lead, d_in, seed=seed + 10).requires_grad_()
    start = [random(*lead, d_hidden, seed=seed + 11).requires_grad_()] if started else []
    output, h_n = layer(x, start[0].unsqueeze(0) if started else None)
    h = rnn.elman(x, *layer.all_weights[0], **({"h_0": start[0]} if started else {}))
    assert h.shape == (T, *lead, d_hidden)
    close(h, output)
    close(h[-1], h_n[0])
    compare_gradients(h, output, (x, *start, *layer.parameters()))


@pytest.mark.parametrize(("kind", "ours"), [(nn.LSTM, lambda *a: rnn.lstm(*a).h), (nn.RNN, rnn.elman)])
def test_float32_is_torchs_to_a_millionth(kind, ours):
    torch.manual_seed(0)
    layer, x = kind(20, 30), random(40, 5, 20, seed=0, dtype=torch.float32)
    close(ours(x, *layer.all_weights[0]), layer(x)[0], atol=1e-6)


def test_cells_are_torchs():
    x, h, c = random(4, 3, seed=0), random(4, 5, seed=1), random(4, 5, seed=2)
    cell = torchs(nn.LSTMCell, 3, 5, True, seed=3)
    s = rnn.lstm_cell(x, h, c, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    for ours, theirs in zip((s.h, s.c), cell(x, (h, c)), strict=True):
        close(ours, theirs)
    cell = torchs(nn.RNNCell, 3, 5, True, seed=3)
    close(rnn.elman_cell(x, h, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh), cell(x, h))


@repeatable
@given(T=sizes, seed=seeds)
def test_states_follow_from_the_gates(T, seed):
    layer = torchs(nn.LSTM, 3, 4, True, seed)
    s = rnn.lstm(random(T, 2, 3, seed=seed + 10), *layer.all_weights[0])
    for gate in (s.i, s.f, s.o):
        assert (gate >= 0).all() and (gate <= 1).all()
    assert (s.g.abs() <= 1).all() and (s.h.abs() <= 1).all()
    before = torch.cat((torch.zeros_like(s.c[:1]), s.c[:-1]))
    close(s.c, s.f * before + s.i * s.g)
    close(s.h, s.o * torch.tanh(s.c))


OPEN, SHUT = 1000.0, -1000.0


def gated(i=0.0, f=0.0, g=0.0, o=0.0, d_hidden=4):
    """Weights of an LSTM over 3 inputs with so much added to the bias of each gate, in torch's order."""
    layer = torchs(nn.LSTM, 3, d_hidden, True, seed=5)
    w_ih, w_hh, b_ih, b_hh = (p.detach() for p in layer.all_weights[0])
    return w_ih, w_hh, b_ih + torch.tensor([i, f, g, o], dtype=torch.float64).repeat_interleave(d_hidden), b_hh


@pytest.mark.parametrize("gate", "ifgo")
def test_rows_are_in_torchs_order(gate):
    x, h, c = random(2, 3, seed=0), random(2, 4, seed=1), random(2, 4, seed=2)
    plain, opened = rnn.lstm_cell(x, h, c, *gated()), rnn.lstm_cell(x, h, c, *gated(**{gate: OPEN}))
    for name in "ifgo":
        if name == gate:
            assert (getattr(opened, name) == 1).all()
        else:
            assert torch.equal(getattr(opened, name), getattr(plain, name))


def test_forget_gate_1_and_input_gate_0_keep_the_cell_and_its_gradient():
    x, c_0 = random(200, 2, 3, seed=0), random(2, 4, seed=1).requires_grad_()
    s = rnn.lstm(x, *gated(i=SHUT, f=OPEN), c_0=c_0)
    assert (s.c == c_0).all()  # exactly, at each of the 200 steps
    assert s.h.std(0).min() > 0.01  # while what is shown of it changes
    (gradient,) = torch.autograd.grad(s.c[-1].sum(), c_0)
    assert (gradient == 1).all()


def test_forget_gate_0_makes_every_step_the_first():
    x, c_0 = random(5, 2, 3, seed=0), random(2, 4, seed=1)
    s = rnn.lstm(x, *gated(f=SHUT), c_0=c_0)
    assert torch.equal(s.c, s.i * s.g)
    assert (rnn.lstm(x, *gated(o=SHUT), c_0=c_0).h == 0).all()


def test_a_plain_rnn_forgets_at_least_as_fast_as_its_matrix_shrinks():
    x, h_0 = random(60, 3, seed=0), random(4, seed=1).requires_grad_()
    w_hh = random(4, 4, seed=2)
    w_hh = 0.8 * w_hh / torch.linalg.matrix_norm(w_hh, 2)
    h = rnn.elman(x, random(4, 3, seed=3), w_hh, h_0=h_0)
    for t in (0, 9, 59):
        (gradient,) = torch.autograd.grad(h[t].sum(), h_0, retain_graph=True)
        assert 0 < gradient.norm() <= 2 * 0.8 ** (t + 1)  # 2 = the norm of four ones


def test_weights_of_another_layer_are_refused():
    x, one = random(5, 2, 3, seed=0), torchs(nn.RNN, 3, 4, True, seed=0)
    with pytest.raises(ValueError, match=r"\(16, 4\)"):
        rnn.lstm(x, *one.all_weights[0])
