"""Parity of models.normalization with torch.nn, in float64, and what is refused."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import normalization as norm

sizes = st.integers(2, 7)
seeds = st.integers(0, 10_000)
offsets = st.sampled_from([0.0, -3.0, 100.0])
repeatable = settings(derandomize=True, max_examples=40, deadline=None)


def close(a, b):
    torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def random(*shape, seed, offset=0.0):
    return offset + 2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def channels_second(x):
    return x if x.dim() == 2 else x.transpose(1, 2)  # (B, C, T), and back again


def batch_norm_module(channels, seed, **options):
    module = nn.BatchNorm1d(channels, dtype=torch.float64, **options)
    with torch.no_grad():
        module.weight.copy_(random(channels, seed=seed + 1))
        module.bias.copy_(random(channels, seed=seed + 2))
    return module


@repeatable
@given(
    shape=st.lists(sizes, min_size=1, max_size=4), seed=seeds, offset=offsets, eps=st.sampled_from([1e-12, 1e-5, 1.0])
)
def test_layer_norm_is_torchs(shape, seed, offset, eps):
    x = random(*shape, seed=seed, offset=offset)
    module = nn.LayerNorm(shape[-1], eps=eps, dtype=torch.float64)
    close(norm.layer_norm(x, eps=eps), module(x).detach())
    gamma, beta = random(shape[-1], seed=seed + 1), random(shape[-1], seed=seed + 2)
    close(norm.layer_norm(x, gamma, beta, eps), nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, eps))


@repeatable
@given(
    shape=st.lists(sizes, min_size=1, max_size=4), seed=seeds, offset=offsets, eps=st.sampled_from([None, 1e-6, 1.0])
)
def test_rms_norm_is_torchs(shape, seed, offset, eps):
    x = random(*shape, seed=seed, offset=offset)
    gamma = random(shape[-1], seed=seed + 1)
    close(norm.rms_norm(x, eps=eps), nn.RMSNorm(shape[-1], eps=eps, dtype=torch.float64)(x).detach())
    close(norm.rms_norm(x, gamma, eps), nn.functional.rms_norm(x, x.shape[-1:], gamma, eps))


def test_default_eps_of_rms_norm_follows_the_dtype():
    tiny = torch.full((1, 4), 1e-4)
    close(norm.rms_norm(tiny), nn.functional.rms_norm(tiny, (4,)))


@repeatable
@given(
    shape=st.lists(sizes, min_size=2, max_size=3), seed=seeds, offset=offsets, momentum=st.sampled_from([0.0, 0.1, 1.0])
)
def test_batch_norm_is_torchs_in_training_and_evaluation(shape, seed, offset, momentum):
    channels = shape[-1]
    module = batch_norm_module(channels, seed, momentum=momentum)
    gamma, beta = module.weight.detach(), module.bias.detach()
    mean, var = torch.zeros(channels, dtype=torch.float64), torch.ones(channels, dtype=torch.float64)
    for step in range(3):
        x = random(*shape, seed=seed + step, offset=offset)
        close(norm.batch_norm(x, gamma, beta), channels_second(module(channels_second(x))).detach())
        mean, var = norm.update_running(mean, var, x, momentum)
        close(mean, module.running_mean)
        close(var, module.running_var)
    module.eval()
    x = random(*shape, seed=seed + 9, offset=offset)
    evaluated = channels_second(module(channels_second(x))).detach()
    close(norm.batch_norm_eval(x, mean, var, gamma, beta), evaluated)
    close(norm.batch_norm_eval(x[:1], mean, var, gamma, beta), evaluated[:1])


@repeatable
@given(batch=sizes, length=sizes, channels=sizes, seed=seeds)
def test_masked_statistics_are_those_of_the_packed_tokens(batch, length, channels, seed):
    x = random(batch, length, channels, seed=seed)
    mask = random(batch, length, seed=seed + 1) > 0
    mask[0, :2] = True
    x[~mask] = float("nan")
    packed = x[mask]
    mean, var, count = norm.batch_statistics(x, mask)
    assert count == int(mask.sum()) == len(packed)
    close(mean, packed.mean(0))
    close(var, packed.var(0, unbiased=False))
    close(norm.batch_norm(x, mask=mask)[mask], nn.BatchNorm1d(channels, dtype=torch.float64)(packed).detach())
    running = norm.update_running(torch.zeros(channels), torch.ones(channels), x, mask=mask)
    unpadded = norm.update_running(torch.zeros(channels), torch.ones(channels), packed)
    close(running[0], unpadded[0])
    close(running[1], unpadded[1])


@repeatable
@given(batch=sizes, length=sizes, channels=st.integers(2, 9), seed=seeds)
def test_what_each_norm_is_over(batch, length, channels, seed):
    x = random(batch, length, channels, seed=seed, offset=5.0)
    close(norm.layer_norm(x).mean(-1), torch.zeros(batch, length, dtype=torch.float64))
    close(norm.batch_norm(x).mean((0, 1)), torch.zeros(channels, dtype=torch.float64))
    close(norm.batch_norm(x, eps=0).var((0, 1), correction=0), torch.ones(channels, dtype=torch.float64))
    close(norm.rms_norm(x).square().mean(-1), torch.ones(batch, length, dtype=torch.float64))
    close(norm.layer_norm(x)[:1], norm.layer_norm(x[:1]))  # blind to the rest of the batch


def test_one_statistic_can_be_had_of_one_value():
    mean, var, count = norm.batch_statistics(torch.tensor([[3.0, 5.0]]))
    assert (mean.tolist(), var.tolist(), count) == ([3.0, 5.0], [0.0, 0.0], 1)


@pytest.mark.parametrize("shape", [(1, 4), (1, 1, 4)])
def test_one_value_per_channel_is_refused_as_torch_refuses_it(shape):
    x = torch.ones(shape)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        nn.BatchNorm1d(4)(channels_second(x))
    with pytest.raises(norm.OneValuePerChannel, match="at least 2") as refused:
        norm.batch_norm(x)
    assert refused.value.count == 1
    with pytest.raises(norm.OneValuePerChannel):
        norm.update_running(torch.zeros(4), torch.ones(4), x)


@pytest.mark.parametrize("real", [0, 1])
def test_a_mask_that_leaves_too_little_is_refused(real):
    mask = torch.zeros(3, 2, dtype=torch.bool)
    mask.view(-1)[:real] = True
    with pytest.raises(norm.OneValuePerChannel) as refused:
        norm.batch_norm(torch.ones(3, 2, 4), mask=mask)
    assert refused.value.count == real


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(B, C\) or \(B, T, C\)"):
        norm.batch_norm(torch.ones(4))
    with pytest.raises(ValueError, match=r"\(B, C\) or \(B, T, C\)"):
        norm.batch_statistics(torch.ones(2, 2, 2, 2))
    with pytest.raises(ValueError, match="mask"):
        norm.batch_norm(torch.ones(3, 2, 4), mask=torch.ones(3, dtype=torch.bool))
    with pytest.raises(ValueError, match="mask"):
        norm.batch_norm(torch.ones(3, 2, 4), mask=torch.ones(3, 2))
