"""Every module that is equal to torch is so in four precisions, for numbers that a half precision cannot square or sum.

Torch and we may round a result to either neighbour, and torch also rounds some intermediate results: a few units in the
last place of the largest number in a result are forgiven, no more. In float32 and float64 the sums are no wider than
the result, and each adds in its own order: there it is 16 times as many.
"""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models import attention, efficient, normalization, positional, rnn

PRECISIONS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
BELOW_NORMAL = {torch.float16: 1e-6, torch.bfloat16: 1e-39, torch.float32: 1e-39, torch.float64: 1e-309}


def close(ours, theirs, units=4):
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    assert theirs.isfinite().all()
    info, largest = torch.finfo(theirs.dtype), theirs.detach().abs().max().item()
    units = units if theirs.dtype in (torch.float16, torch.bfloat16) else 16 * units
    allowed = units * info.eps * max(largest, info.tiny)  # numbers below tiny are as far apart as those just above it
    assert (ours.double() - theirs.double()).abs().max().item() <= allowed


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rows(kind, dtype, seed=0):
    """(16, C) numbers of a kind."""
    signs = random(16, 16, seed=seed).sign()
    return {
        "large": 300 * signs,
        "larger": 2560 * signs * (1 + torch.arange(16) / 16),
        "small": 1e-4 * random(16, 16, seed=seed),
        "below normal": BELOW_NORMAL[dtype] * random(16, 16, seed=seed),
        "long": random(16, 4096, seed=seed),
        "long and large": 300 + random(16, 4096, seed=seed) * 20,
        "long and small": 1e-4 * random(16, 4096, seed=seed),
    }[kind].to(dtype)


KINDS = ("large", "larger", "small", "below normal", "long", "long and large", "long and small")
every = pytest.mark.parametrize("dtype", PRECISIONS, ids=lambda d: str(d).removeprefix("torch."))
kinds = pytest.mark.parametrize("kind", KINDS)


@every
def test_what_users_reported(dtype):
    """Numbers whose squares or products are infinite in float16."""
    x = torch.tensor([[300, -300, 300, -300]], dtype=dtype)
    close(normalization.layer_norm(x, eps=0), x.sign())
    close(normalization.rms_norm(x), x.sign())
    close(normalization.batch_norm(x.T, eps=0), x.T.sign())
    q, v = torch.full((1, 64), 40, dtype=dtype), torch.tensor([[1], [2]], dtype=dtype)
    k = torch.stack((torch.full((64,), 40), torch.ones(64))).to(dtype)
    for attend in (lambda *a: attention.scaled_dot_product(*a)[0], efficient.tiled):
        close(attend(q, k, v), torch.tensor([[1.0]], dtype=dtype))
        close(attend(q[:, :1] * 7.5, k[:, :1] * 7.5, v), torch.tensor([[1.0]], dtype=dtype))


@every
@kinds
def test_layer_norm_and_rms_norm(dtype, kind):
    x = rows(kind, dtype)
    gamma, beta = random(x.shape[1], seed=1).to(dtype), random(x.shape[1], seed=2).to(dtype)
    close(normalization.layer_norm(x, gamma, beta), F.layer_norm(x, x.shape[1:], gamma, beta))
    close(normalization.rms_norm(x, gamma), F.rms_norm(x, x.shape[1:], gamma))
    close(normalization.rms_norm(x, gamma, 1e-6), F.rms_norm(x, x.shape[1:], gamma, 1e-6))


@every
@kinds
def test_batch_norm(dtype, kind):
    x = rows(kind, dtype).T.contiguous()  # long: many examples
    kept = torch.promote_types(dtype, torch.float32)  # as in mixed precision: parameters and statistics are not halved
    gamma, beta = random(x.shape[1], seed=1).to(kept), random(x.shape[1], seed=2).to(kept)
    mean, var = torch.zeros(x.shape[1], dtype=kept), torch.ones(x.shape[1], dtype=kept)
    ours = normalization.batch_norm(x, gamma, beta)
    new_mean, new_var = normalization.update_running(mean, var, x)
    theirs = F.batch_norm(x, mean, var, gamma, beta, training=True)  # changes mean and var
    close(ours, theirs, units=8)
    close(new_mean, mean, units=8)
    close(new_var, var, units=8)
    evaluated = F.batch_norm(x, mean, var, gamma, beta)
    close(normalization.batch_norm_eval(x, mean, var, gamma, beta), evaluated, units=8)


@every
@kinds
def test_softmax(dtype, kind):
    x = rows(kind, dtype)
    close(attention.softmax(x), torch.softmax(x, -1))
    close(attention.softmax(x, 0), torch.softmax(x, 0))


@every
@kinds
def test_entropy(dtype, kind):
    weights = torch.softmax(rows(kind, dtype), -1)
    close(attention.entropy(weights), torch.special.entr(weights.double()).sum(-1).to(dtype), units=16)


def queries_keys_values(kind, dtype):
    """(16, 16), (S, 16), (S, d_v): long is a long row of weights, S = 4096. d_k = 16 makes 1/sqrt(d_k) exact."""
    x = rows(kind, dtype)
    if "long" not in kind:
        return x, rows(kind, dtype, seed=1), rows(kind, dtype, seed=2)
    return x.T[:16], x.T.contiguous(), rows(kind, dtype, seed=2).T[:, :8]


@every
@kinds
@pytest.mark.parametrize("masked", [False, True])
def test_attention(dtype, kind, masked):
    q, k, v = (x[None] for x in queries_keys_values(kind, dtype))
    mask = random(q.shape[1], k.shape[1], seed=5) > 0 if masked else None
    theirs = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    output, weights = attention.scaled_dot_product(q, k, v, mask)
    close(output, theirs, units=8)
    close(weights.double().sum(-1).to(dtype), torch.ones(weights.shape[:-1], dtype=dtype), units=32)
    s = attention.steps(q, k, v, mask)
    assert s.scores.isfinite().all() and torch.equal(s.output, output) and torch.equal(s.weights, weights)
    for block in (7, 64):
        close(efficient.tiled(q, k, v, mask, block), theirs, units=8)


@every
@kinds
def test_multi_head(dtype, kind):
    x = rows(kind, dtype)
    x = (x.T if "long" in kind else x)[None, :, :8].contiguous()  # (1, S, 8)
    theirs = nn.MultiheadAttention(8, 2, batch_first=True, dtype=dtype)
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(random(*p.shape, seed=i) / 2)
    ours = dict(zip(("w_q", "w_k", "w_v"), theirs.in_proj_weight.chunk(3), strict=True))
    ours |= dict(zip(("b_q", "b_k", "b_v"), theirs.in_proj_bias.chunk(3), strict=True))
    output, weights = attention.multi_head(
        x[:, :16], x, **ours, w_o=theirs.out_proj.weight, b_o=theirs.out_proj.bias, n_head=2
    )
    # need_weights: torch's other way multiplies in half precision, and is infinite where its own fused kernel is not
    expected, _ = theirs(x[:, :16], x, x, need_weights=False)
    close(output, expected, units=16)
    assert weights.dtype == dtype and weights.isfinite().all()


def as_if_wide(function, *tensors):
    """The same function of the same numbers, computed in float64: what has no counterpart in torch is held to this."""
    return function(*(x.double() for x in tensors)).to(tensors[0].dtype)


@every
@kinds
def test_additive(dtype, kind):
    q, k, v = queries_keys_values(kind, dtype)
    q, k = q[:, :8], k[:, :8]
    w_q, w_k = (random(6, 8, seed=i).to(dtype) for i in (6, 7))
    w_v = random(6, seed=8).to(dtype)

    def output(*a):
        return attention.additive(*a)[0]

    close(output(q, k, v, w_q, w_k, w_v), as_if_wide(output, q, k, v, w_q, w_k, w_v), units=64)


@every
@kinds
@pytest.mark.parametrize("causal", [False, True])
def test_linear_attention(dtype, kind, causal):
    q, k, v = queries_keys_values(kind, dtype)
    q, k = q[:8, :8].abs(), k[:, :8].abs()  # a feature of -300 is 0 in float32, 1e-131 in float64
    allowed = 64 * (k.shape[0] // 64 + 1) ** 0.5  # one position after the other in float32
    output, weights = efficient.linear(q, k, v, causal), efficient.linear_weights(q, k, causal)
    close(output, as_if_wide(lambda *a: efficient.linear(*a, causal), q, k, v), units=allowed)
    close(weights, as_if_wide(lambda *a: efficient.linear_weights(*a, causal), q, k), units=allowed)
    if not causal:
        state = efficient.memory(k, v)
        close(state.read(efficient.elu_plus_one(q)), output, units=allowed)


@every
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "larger"])
@pytest.mark.parametrize(
    ("layer", "ours"), [(nn.LSTM, lambda *a: rnn.lstm(*a).h), (nn.RNN, rnn.elman)], ids=["lstm", "elman"]
)
def test_recurrent_layers(dtype, kind, layer, ours):
    x = rows(kind, dtype)[:6, None]  # (T, 1, d_in)
    theirs = layer(x.shape[-1], 8, dtype=dtype)
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(random(*p.shape, seed=i) / max(p.shape))
    h = ours(x, *theirs.all_weights[0])
    close(h, theirs(x)[0], units=16)


@every
@kinds
def test_recurrent_cells(dtype, kind):
    x = rows(kind, dtype)
    h, c = rows("small", dtype), rows("large", dtype)  # (16, 16) each
    lstm, elman = nn.LSTMCell(x.shape[1], 16, dtype=dtype), nn.RNNCell(x.shape[1], 16, dtype=dtype)
    with torch.no_grad():
        for i, p in enumerate([*lstm.parameters(), *elman.parameters()]):
            p.copy_(random(*p.shape, seed=i) / max(p.shape))
    s = rnn.lstm_cell(x, h, c, lstm.weight_ih, lstm.weight_hh, lstm.bias_ih, lstm.bias_hh)
    for ours, theirs in zip((s.h, s.c), lstm(x, (h, c)), strict=True):
        close(ours, theirs, units=16)
    ours = rnn.elman_cell(x, h, elman.weight_ih, elman.weight_hh, elman.bias_ih, elman.bias_hh)
    close(ours, elman(x, h), units=16)


@every
@kinds
def test_rope(dtype, kind):
    x = rows(kind, dtype)
    close(positional.rope(x, start=100), as_if_wide(lambda z: positional.rope(z, start=100), x))


@every
def test_a_long_causal_state_forgets_nothing(dtype):
    """4096 keys of features 2: in float16 the sum stands still at 2048·2, in bfloat16 at 512."""
    k, v = torch.ones(4096, 1, dtype=dtype), torch.ones(4096, 1, dtype=dtype)
    close(efficient.memory(k, v).z.to(dtype), torch.tensor([8192.0], dtype=dtype))
    close(efficient.linear(k[:1], k, v), torch.ones(1, 1, dtype=dtype))
