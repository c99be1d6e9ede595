"""models.efficient against the T x S weights written out, in float64, and that they are never written down."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from models import attention, efficient

sizes = st.integers(1, 9)
leading = st.lists(st.integers(1, 3), max_size=2)
seeds = st.integers(0, 10_000)
repeatable = settings(derandomize=True, max_examples=60, deadline=None, database=None)


def close(a, b, atol=1e-12):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def random(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def qkv(lead, T, S, d_k, d_v, seed):
    return random(*lead, T, d_k, seed=seed), random(*lead, S, d_k, seed=seed + 1), random(*lead, S, d_v, seed=seed + 2)


class Largest(TorchFunctionMode):
    """The most numbers that any tensor had which a function of torch returned."""

    numel = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.numel = max(self.numel, result.numel())
        return result


def gradients(output, *inputs):
    return torch.autograd.grad((output * random(*output.shape, seed=99)).sum(), inputs)


def slow_linear(q, k, v, causal):
    """Katharopoulos et al. 2020, eq. (4) and (8), one weight at a time; q and k (T, d_k), v (T, d_v)."""
    rows = []
    for i in range(len(q)):
        seen = range(i + len(k) - len(q) + 1) if causal else range(len(k))
        fit = [torch.dot(F.elu(q[i]) + 1, F.elu(k[j]) + 1) for j in seen]
        rows.append(sum(w * v[j] for w, j in zip(fit, seen, strict=True)) / sum(fit))
    return torch.stack(rows)


@repeatable
@given(T=sizes, past=st.integers(0, 4), d_k=sizes, d_v=sizes, seed=seeds, causal=st.booleans())
def test_linear_is_the_paper_s_sum(T, past, d_k, d_v, seed, causal):
    q, k, v = qkv((), T, T + past, d_k, d_v, seed)
    close(efficient.linear(q, k, v, causal), slow_linear(q, k, v, causal))


@repeatable
@given(lead=leading, T=sizes, S=sizes, d_k=sizes, d_v=sizes, seed=seeds, causal=st.booleans())
def test_linear_is_its_weights_times_the_values(lead, T, S, d_k, d_v, seed, causal):
    S = max(S, T) if causal else S
    q, k, v = (x.requires_grad_() for x in qkv(lead, T, S, d_k, d_v, seed))
    weights = efficient.linear_weights(q, k, causal)
    assert weights.shape == (*lead, T, S) and (weights >= 0).all()
    close(weights.sum(-1), torch.ones(*lead, T, dtype=torch.float64))
    if causal:
        assert (weights[..., ~attention.causal_mask(T, S)] == 0).all()
    output = efficient.linear(q, k, v, causal)
    close(output, weights @ v)
    for fast, slow in zip(gradients(output, q, k, v), gradients(weights @ v, q, k, v), strict=True):
        close(fast, slow, atol=1e-10)


@repeatable
@given(T=st.integers(2, 9), seed=seeds)
def test_causal_linear_reads_one_position_at_a_time(T, seed):
    q, k, v = qkv((2,), T, T, 3, 4, seed)
    whole = efficient.linear(q, k, v, causal=True)
    state = efficient.memory(k[:, :0], v[:, :0])
    assert not state.s.any() and not state.z.any()
    for t in range(T):
        state = state + efficient.memory(k[:, t : t + 1], v[:, t : t + 1])
        assert state.s.shape == (2, 3, 4) and state.z.shape == (2, 3)  # whatever t is
        close(state.read(efficient.elu_plus_one(q[:, t : t + 1])), whole[:, t : t + 1])
    close(whole[:, -1:], efficient.linear(q[:, -1:], k, v))  # the last query may look everywhere
    close(whole[:, 0], v[:, 0])  # the first one only at itself
    close(efficient.linear(q[:, T // 2 :], k, v, causal=True), whole[:, T // 2 :])  # earlier keys in the memory


def test_another_feature_map_is_another_similarity():
    """All products of two channels: φ(q)·φ(k) = (q·k)², the polynomial kernel of degree 2."""
    q, k, v = qkv((), 5, 7, 3, 2, seed=0)
    fit = (q @ k.T).square()
    output = efficient.linear(q, k, v, phi=lambda x: (x.unsqueeze(-1) * x.unsqueeze(-2)).flatten(-2))
    close(output, fit / fit.sum(-1, keepdim=True) @ v)


@pytest.mark.parametrize("causal", [False, True])
def test_linear_of_features_that_never_meet_is_zero(causal):
    q, k, v = torch.ones(3, 2), -torch.ones(3, 2), torch.ones(3, 4)
    assert not efficient.linear(q, k, v, causal, phi=torch.relu).any()
    assert not efficient.linear_weights(q, k, causal, phi=torch.relu).any()


def test_causal_linear_needs_as_many_keys_as_queries():
    q, k, v = qkv((), 3, 2, 4, 4, seed=0)
    assert efficient.linear(q, k, v).shape == (3, 4)
    for weights_or_output in (lambda: efficient.linear(q, k, v, True), lambda: efficient.linear_weights(q, k, True)):
        with pytest.raises(ValueError, match="S = 2"):
            weights_or_output()


def test_feature_map_is_elu_plus_one_and_positive():
    x = torch.linspace(-30, 30, 1201, dtype=torch.float64).requires_grad_()
    close(efficient.elu_plus_one(x), F.elu(x) + 1, atol=1e-15)
    close(gradients(efficient.elu_plus_one(x), x)[0], gradients(F.elu(x) + 1, x)[0], atol=1e-15)
    assert efficient.elu_plus_one(torch.tensor(-600.0, dtype=torch.float64)).item() == pytest.approx(
        math.exp(-600), abs=0
    )
    far = torch.tensor([-1e4, 1e4], requires_grad=True)
    assert (
        efficient.elu_plus_one(far).isfinite().all() and gradients(efficient.elu_plus_one(far), far)[0].isfinite().all()
    )


@repeatable
@given(
    lead=leading,
    T=sizes,
    S=sizes,
    d_k=sizes,
    d_v=sizes,
    seed=seeds,
    block=st.integers(1, 11),
    masked=st.booleans(),
    spread=st.sampled_from([0.1, 1.0, 30.0]),
)
def test_tiled_is_scaled_dot_product(lead, T, S, d_k, d_v, seed, block, masked, spread):
    q, k, v = qkv(lead, T, S, d_k, d_v, seed)
    q = (q * spread).requires_grad_()
    k, v = k.requires_grad_(), v.requires_grad_()
    mask = random(*lead, T, S, seed=seed + 3) > 0.5 if masked else None  # some rows may look nowhere
    whole = attention.scaled_dot_product(q, k, v, mask)[0]
    output = efficient.tiled(q, k, v, mask, block)
    close(output, whole)
    close(efficient.tiled(q, k, v, mask, block, scale=0.3), attention.scaled_dot_product(q, k, v, mask, 0.3)[0])
    for ours, theirs in zip(gradients(output, q, k, v), gradients(whole, q, k, v), strict=True):
        close(ours, theirs, atol=1e-10 * spread)


@pytest.mark.parametrize("shape", [(7,), (5, 7), (1, 7), (5, 1), (2, 1, 7), (2, 5, 1), (3, 2, 5, 7), (3, 1, 1, 7)])
@pytest.mark.parametrize("block", [1, 3, 7, 100])
def test_tiled_broadcasts_its_mask(shape, block):
    q, k, v = qkv((3, 2), 5, 7, 4, 3, seed=0)
    mask = random(*shape, seed=3) > 0
    close(efficient.tiled(q, k, v, mask, block), attention.scaled_dot_product(q, k, v, mask)[0])
    shared = k[0, 0], v[0, 0]
    close(efficient.tiled(q, *shared, mask, block), attention.scaled_dot_product(q, *shared, mask)[0])


@pytest.mark.parametrize("block", [1, 2, 3, 4, 5])
def test_tiled_where_a_query_may_look_nowhere_or_only_late(block):
    q, k, v = (x.requires_grad_() for x in qkv((), 3, 5, 4, 2, seed=0))
    mask = torch.tensor([[False] * 5, [False] * 4 + [True], [True] + [False] * 4])
    output = efficient.tiled(q, k, v, mask, block)
    assert (output[0] == 0).all()
    close(output[1:], v[[4, 0]], atol=0)
    output.sum().backward()
    assert all(x.grad.isfinite().all() for x in (q, k, v))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("block", [1, 2, 3, 6])
@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 1, 4, 2]])
def test_tiled_survives_huge_scores(dtype, block, order):
    """Powers of two, so that the scores are exact; rising from block to block, falling, and up and down."""
    sizes = torch.tensor([-(2.0**100), -(2.0**20), 0.0, 2.0**20, 2.0**100, 2.0**100], dtype=dtype)[order]
    k = sizes[:, None] * torch.ones(6, 4, dtype=dtype)
    q = torch.tensor([[1.0] * 4, [-1.0] * 4, [0.0] * 4], dtype=dtype)
    v = torch.eye(6, dtype=dtype)
    output = efficient.tiled(q, k, v, block=block)
    expected = torch.tensor([[0, 0, 0, 0, 0.5, 0.5], [1, 0, 0, 0, 0, 0], [1 / 6] * 6], dtype=dtype)[:, order]
    close(output, expected, atol=torch.finfo(dtype).eps)
    close(output, attention.scaled_dot_product(q, k, v)[0], atol=torch.finfo(dtype).eps)


def test_neither_writes_down_the_weights():
    T, d_k, block = 96, 4, 8
    q, k, v = qkv((), T, T, d_k, d_k, seed=0)
    mask = attention.causal_mask(T)
    with Largest() as seen:
        attention.scaled_dot_product(q, k, v)
    assert seen.numel == T * T  # what the two below avoid
    with Largest() as seen:
        efficient.tiled(q, k, v, block=block)
    assert seen.numel == T * block
    for causal in (False, True):
        with Largest() as seen:
            efficient.linear(q, k, v, causal)
        assert seen.numel == T * d_k
    close(efficient.tiled(q, k, v, mask, block), F.scaled_dot_product_attention(q, k, v, is_causal=True))


def test_tiled_refuses():
    q, k, v = qkv((), 3, 3, 2, 2, seed=0)
    for block in (0, -1):
        with pytest.raises(ValueError, match="at least one key"):
            efficient.tiled(q, k, v, block=block)
    with pytest.raises(ValueError, match="boolean"):
        efficient.tiled(q, k, v, torch.ones(3, 3))
