"""Parity of models.attention with torch, in float64, and what must hold whatever the numbers are."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from models import attention

sizes = st.integers(1, 7)
leading = st.lists(st.integers(1, 3), max_size=3)
seeds = st.integers(0, 10_000)
repeatable = settings(derandomize=True, max_examples=60, deadline=None)


def close(a, b, atol=1e-6):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def random(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def random_mask(*shape, seed):
    mask = random(*shape, seed=seed) > 0
    mask[..., 0] = True
    return mask


@repeatable
@given(lead=leading, T=sizes, S=sizes, d_k=sizes, d_v=sizes, seed=seeds, masked=st.booleans())
def test_scaled_dot_product_is_torchs(lead, T, S, d_k, d_v, seed, masked):
    q, k, v = (
        random(*lead, T, d_k, seed=seed),
        random(*lead, S, d_k, seed=seed + 1),
        random(*lead, S, d_v, seed=seed + 2),
    )
    mask = random_mask(*lead, T, S, seed=seed + 3) if masked else None
    output, weights = attention.scaled_dot_product(q, k, v, mask)
    close(output, scaled_dot_product_attention(q, k, v, attn_mask=mask))
    close(
        attention.scaled_dot_product(q, k, v, mask, scale=1.0)[0], scaled_dot_product_attention(q, k, v, mask, scale=1)
    )
    close(weights.sum(-1), torch.ones(*lead, T, dtype=torch.float64))
    if masked:
        assert (weights[~mask] == 0).all()


@repeatable
@given(T=sizes, seed=seeds)
def test_causal_attention_is_torchs(T, seed):
    q, k, v = (random(2, T, 4, seed=seed + i) for i in range(3))
    output, weights = attention.scaled_dot_product(q, k, v, attention.causal_mask(T))
    close(output, scaled_dot_product_attention(q, k, v, is_causal=True))
    assert (weights.triu(1) == 0).all()


def test_causal_mask_with_cached_keys_is_the_end_of_the_whole_mask():
    assert torch.equal(attention.causal_mask(2, 5), attention.causal_mask(5)[3:])
    assert attention.causal_mask(3).tolist() == [[True, False, False], [True, True, False], [True, True, True]]
    with pytest.raises(ValueError, match="S = 2"):
        attention.causal_mask(3, 2)


@repeatable
@given(lead=leading, T=sizes, S=sizes, d_k=sizes, d_v=sizes, seed=seeds, masked=st.booleans())
def test_steps_lead_to_the_output(lead, T, S, d_k, d_v, seed, masked):
    q, k, v = (
        random(*lead, T, d_k, seed=seed),
        random(*lead, S, d_k, seed=seed + 1),
        random(*lead, S, d_v, seed=seed + 2),
    )
    mask = random_mask(T, S, seed=seed + 3) if masked else None  # broadcast
    s = attention.steps(q, k, v, mask)
    output, weights = attention.scaled_dot_product(q, k, v, mask)
    assert torch.equal(s.output, output) and torch.equal(s.weights, weights)
    close(s.scores, torch.einsum("...td,...sd->...ts", q, k))
    close(s.scaled, s.scores / math.sqrt(d_k))
    close(s.weights, torch.softmax(s.masked, -1))
    if masked:
        assert torch.equal(s.masked == -torch.inf, ~mask.expand_as(s.masked))


@repeatable
@given(T=sizes, S=sizes, seed=seeds)
def test_order_of_keys_does_not_matter_and_queries_are_independent(T, S, seed):
    q, k, v = random(T, 5, seed=seed), random(S, 5, seed=seed + 1), random(S, 3, seed=seed + 2)
    w_q, w_k, w_v = random(6, 5, seed=seed + 3), random(6, 5, seed=seed + 4), random(6, seed=seed + 5)
    shuffle = torch.Generator().manual_seed(seed)
    rows, columns = torch.randperm(T, generator=shuffle), torch.randperm(S, generator=shuffle)
    for attend in (attention.scaled_dot_product, lambda *a: attention.additive(*a, w_q, w_k, w_v)):
        output, weights = attend(q, k, v)
        moved_output, moved_weights = attend(q[rows], k[columns], v[columns])
        close(moved_output, output[rows])
        close(moved_weights, weights[rows][:, columns])


def test_a_query_that_may_look_nowhere_gets_zeros_and_finite_gradients():
    q, k, v = (random(2, 3, seed=i).requires_grad_() for i in range(3))
    mask = torch.tensor([[True, True], [False, False]])
    output, weights = attention.scaled_dot_product(q, k, v, mask)
    assert (output[1] == 0).all() and (weights[1] == 0).all()
    close(output, scaled_dot_product_attention(q, k, v, mask))
    output.sum().backward()
    assert all(x.grad.isfinite().all() for x in (q, k, v))


def test_a_mask_that_is_not_boolean_is_refused():
    q = k = v = random(2, 3, seed=0)
    w, w_v = random(4, 3, seed=1), random(4, seed=2)
    with pytest.raises(ValueError, match="boolean"):
        attention.scaled_dot_product(q, k, v, torch.zeros(2, 2))
    with pytest.raises(ValueError, match="boolean"):
        attention.additive(q, k, v, w, w, w_v, torch.zeros(2, 2))


def slow_additive(q, k, v, w_q, w_k, w_v, mask):
    """Bahdanau et al. 2014, A.1.2, one number at a time."""
    output, weights = np.zeros((len(q), v.shape[1])), np.zeros((len(q), len(k)))
    for i in range(len(q)):
        for j in range(len(k)):
            score = 0.0
            for h in range(len(w_v)):
                score += w_v[h] * math.tanh(float(np.dot(w_q[h], q[i])) + float(np.dot(w_k[h], k[j])))
            weights[i, j] = math.exp(score) if mask[i, j] else 0.0
        weights[i] /= weights[i].sum()
        for j in range(len(k)):
            output[i] += weights[i, j] * v[j]
    return output, weights


@repeatable
@given(T=sizes, S=sizes, d_q=sizes, d_k=sizes, d_v=sizes, d_hidden=sizes, seed=seeds, masked=st.booleans())
def test_additive_is_the_slow_one(T, S, d_q, d_k, d_v, d_hidden, seed, masked):
    q, k, v = random(T, d_q, seed=seed), random(S, d_k, seed=seed + 1), random(S, d_v, seed=seed + 2)
    w_q, w_k = random(d_hidden, d_q, seed=seed + 3), random(d_hidden, d_k, seed=seed + 4)
    w_v, mask = random(d_hidden, seed=seed + 5), random_mask(T, S, seed=seed + 6)
    output, weights = attention.additive(q, k, v, w_q, w_k, w_v, mask if masked else None)
    arrays = [x.numpy() for x in (q, k, v, w_q, w_k, w_v, mask if masked else torch.ones(T, S))]
    slow_output, slow_weights = slow_additive(*arrays)
    close(output, torch.from_numpy(slow_output), atol=1e-9)
    close(weights, torch.from_numpy(slow_weights), atol=1e-9)
    if masked:
        assert (weights[~mask] == 0).all()


@repeatable
@given(lead=leading, T=sizes, S=sizes, seed=seeds)
def test_additive_takes_any_leading_dimensions(lead, T, S, seed):
    q, k, v = random(*lead, T, 4, seed=seed), random(*lead, S, 4, seed=seed + 1), random(*lead, S, 3, seed=seed + 2)
    w_q, w_k, w_v = random(5, 4, seed=seed + 3), random(5, 4, seed=seed + 4), random(5, seed=seed + 5)
    output, weights = attention.additive(q, k, v, w_q, w_k, w_v)
    assert output.shape == (*lead, T, 3) and weights.shape == (*lead, T, S)
    at = (0,) * len(lead)
    one, _ = attention.additive(q[at], k[at], v[at], w_q, w_k, w_v)
    close(output[at], one)


@repeatable
@given(shape=st.lists(sizes, min_size=1, max_size=4), seed=seeds, data=st.data())
def test_softmax_is_torchs(shape, seed, data):
    z = 10 * random(*shape, seed=seed)
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    close(attention.softmax(z, dim), torch.softmax(z, dim), atol=1e-12)


def test_softmax_has_torchs_gradient():
    z, direction = random(4, 5, seed=0).requires_grad_(), random(4, 5, seed=1)
    (ours,) = torch.autograd.grad((attention.softmax(z) * direction).sum(), z)
    (torchs,) = torch.autograd.grad((torch.softmax(z, -1) * direction).sum(), z)
    close(ours, torchs, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_huge_scores_do_not_overflow(dtype):
    z = torch.tensor([[1e30, 0.0, -1e30], [3e4, 3e4, -torch.inf], [-torch.inf] * 3], dtype=dtype)
    expected = torch.tensor([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 0]], dtype=dtype)
    assert torch.equal(attention.softmax(z), expected)


def test_entropy_goes_from_none_to_log_S():
    weights = torch.tensor([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]], dtype=torch.float64)
    close(attention.entropy(weights), torch.tensor([0.0, math.log(4), math.log(2)], dtype=torch.float64))


@repeatable
@given(shape=st.lists(sizes, min_size=1, max_size=3), seed=seeds)
def test_entropy_is_that_of_torchs_distribution(shape, seed):
    weights = torch.softmax(random(*shape, seed=seed), -1)
    close(attention.entropy(weights), torch.distributions.Categorical(probs=weights).entropy())


def torchs_multi_head(C, n_head, bias, seed):
    """torch.nn.MultiheadAttention in float64 with random weights, and the same as arguments of multi_head."""
    theirs = nn.MultiheadAttention(C, n_head, bias=bias, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(random(*p.shape, seed=seed + i))
    weights = [*theirs.in_proj_weight.chunk(3), theirs.out_proj.weight]
    biases = [*theirs.in_proj_bias.chunk(3), theirs.out_proj.bias] if bias else [None] * 4
    names = ("q", "k", "v", "o")
    ours = {f"w_{n}": w for n, w in zip(names, weights, strict=True)}
    return theirs, ours | {f"b_{n}": b for n, b in zip(names, biases, strict=True)}


@repeatable
@given(
    B=st.integers(1, 3),
    T=sizes,
    S=sizes,
    H=st.integers(1, 4),
    d_k=st.integers(1, 4),
    seed=seeds,
    masked=st.booleans(),
    bias=st.booleans(),
    alone=st.booleans(),
)
def test_multi_head_is_torchs(B, T, S, H, d_k, seed, masked, bias, alone):
    S = T if alone else S
    x_q = random(B, T, H * d_k, seed=seed)
    x_kv = x_q if alone else random(B, S, H * d_k, seed=seed + 1)
    theirs, ours = torchs_multi_head(H * d_k, H, bias, seed + 2)
    mask = random_mask(B, T, S, seed=seed + 3) if masked else None
    forbidden = None if mask is None else (~mask).repeat_interleave(H, 0)  # torch: True = may NOT attend, (B·H, T, S)
    expected = theirs(x_q, x_kv, x_kv, attn_mask=forbidden, average_attn_weights=False)
    output, weights = attention.multi_head(x_q, x_kv, **ours, n_head=H, mask=mask)
    assert output.shape == (B, T, H * d_k) and weights.shape == (B, H, T, S)
    close(output, expected[0], atol=1e-10)
    close(weights, expected[1], atol=1e-10)
    if masked:
        assert (weights.transpose(1, 2)[~mask.unsqueeze(2).expand(B, T, H, S)] == 0).all()


def test_multi_head_has_torchs_gradients():
    theirs, ours = torchs_multi_head(6, 3, True, seed=0)
    x_q, x_kv, direction = (
        random(2, 4, 6, seed=1).requires_grad_(),
        random(2, 5, 6, seed=2).requires_grad_(),
        random(2, 4, 6, seed=3),
    )
    wanted = (x_q, x_kv, *theirs.parameters())
    a = torch.autograd.grad((theirs(x_q, x_kv, x_kv)[0] * direction).sum(), wanted)
    b = torch.autograd.grad((attention.multi_head(x_q, x_kv, **ours, n_head=3)[0] * direction).sum(), wanted)
    for theirs_grad, ours_grad in zip(a, b, strict=True):
        close(ours_grad, theirs_grad, atol=1e-10)


def test_each_head_is_an_attention_of_its_own():
    _, ours = torchs_multi_head(12, 3, True, seed=0)
    x_q, x_kv = random(5, 12, seed=1), random(7, 12, seed=2)
    output, weights = attention.multi_head(x_q, x_kv, **ours, n_head=3)
    outputs = []
    for i in range(3):
        rows = slice(4 * i, 4 * i + 4)
        q, k, v = (x @ ours[f"w_{n}"][rows].T + ours[f"b_{n}"][rows] for x, n in ((x_q, "q"), (x_kv, "k"), (x_kv, "v")))
        head, w = attention.scaled_dot_product(q, k, v)
        close(weights[i], w, atol=1e-12)
        outputs.append(head)
    close(output, torch.cat(outputs, -1) @ ours["w_o"].T + ours["b_o"], atol=1e-12)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (1, 4), (2, 1, 4), (2, 3, 1), (2, 3, 4), (5, 1, 1, 4), (5, 2, 3, 4)])
def test_multi_head_masks_are_the_same_for_all_heads(shape):
    _, ours = torchs_multi_head(6, 2, True, seed=0)
    x_q, x_kv = random(5, 2, 3, 6, seed=1), random(5, 2, 4, 6, seed=2)
    mask = random(*shape, seed=3) > 0
    _, weights = attention.multi_head(x_q, x_kv, **ours, n_head=2, mask=mask)
    for b in range(5):
        for c in range(2):
            one = mask.expand(5, 2, 3, 4)[b, c]
            _, alone = attention.multi_head(x_q[b, c], x_kv[b, c], **ours, n_head=2, mask=one)
            close(weights[b, c], alone, atol=1e-12)
            assert (alone[:, ~one] == 0).all()


def test_multi_head_refuses_what_cannot_be_shared():
    x, w = random(3, 6, seed=0), random(6, 6, seed=1)
    for n_head in (4, 0, -2, 12):
        with pytest.raises(ValueError, match=f"n_head = {n_head}"):
            attention.multi_head(x, x, w, w, w, w, n_head)
    with pytest.raises(ValueError, match="boolean"):
        attention.multi_head(x, x, w, w, w, w, 2, mask=torch.ones(3, 3))


def test_multi_head_of_a_query_that_may_look_nowhere_is_the_bias():
    _, ours = torchs_multi_head(6, 2, True, seed=0)
    x = random(2, 6, seed=1)
    output, weights = attention.multi_head(x, x, **ours, n_head=2, mask=torch.tensor([[True, True], [False, False]]))
    assert (weights[:, 1] == 0).all()
    close(output[1], ours["b_o"], atol=0)
