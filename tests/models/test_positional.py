"""models.positional against the formulas written out, transformers' RoPE and ALiBi, and what the lessons claim."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig
from transformers.models.bloom.modeling_bloom import build_alibi_tensor
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

from models import attention, positional

repeatable = settings(derandomize=True, max_examples=40, deadline=None, database=None)
even = st.integers(1, 40).map(lambda n: 2 * n)
bases = st.floats(2, 1e5)


def close(a, b, atol=1e-6):
    torch.testing.assert_close(a, b, rtol=0, atol=atol, check_dtype=False)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@repeatable
@given(length=st.integers(0, 60), d_model=st.integers(1, 33), base=bases, start=st.integers(0, 10_000))
def test_sinusoidal_is_the_formula(length, d_model, base, start):
    table = positional.sinusoidal(length, d_model, base, start)
    assert table.shape == (length, d_model) and table.dtype == torch.float32
    for t in range(0, length, 7):
        for c in range(d_model):
            angle = (start + t) / base ** (2 * (c // 2) / d_model)
            assert table[t, c].item() == pytest.approx(math.cos(angle) if c % 2 else math.sin(angle), abs=1e-6)


def test_known_values():
    close(positional.sinusoidal(2, 4)[0], torch.tensor([0.0, 1.0, 0.0, 1.0]))
    close(positional.sinusoidal(2, 4)[1], torch.tensor([0.84147098, 0.54030231, 0.00999983, 0.99995000]))
    wavelength = 2 * math.pi / positional.frequencies(512)
    assert wavelength[0] == pytest.approx(2 * math.pi)
    assert wavelength[-1] == pytest.approx(10000 ** (510 / 512) * 2 * math.pi)


@repeatable
@given(d_model=even, base=bases, p=st.integers(0, 500), k=st.integers(-200, 200), j=st.integers(-200, 200))
def test_moving_by_k_is_one_rotation(d_model, base, p, k, j):
    def pe(position):
        return positional.sinusoidal(1, d_model, base, position, torch.float64)[0]

    m = positional.rotation(k, d_model, base)
    close(m @ pe(p), pe(p + k), 1e-9)
    close(m @ m.T, torch.eye(d_model), 1e-9)
    close(m @ positional.rotation(j, d_model, base), positional.rotation(j + k, d_model, base), 1e-9)
    same_distance = (k * positional.frequencies(d_model, base)).cos().sum()
    close(pe(p) @ pe(p + k), same_distance, 1e-9)


@repeatable
@given(d_k=even, T=st.integers(1, 9), base=bases, start=st.integers(0, 300), seed=st.integers(0, 99))
def test_rope_is_a_complex_rotation_and_sees_distances_only(d_k, T, base, start, seed):
    q, k = random(2, T, d_k, seed=seed), random(2, T, d_k, seed=seed + 1)
    position = torch.arange(start, start + T, dtype=torch.float64)
    turn = torch.polar(
        torch.ones(T, d_k // 2, dtype=torch.float64), torch.outer(position, base ** (-torch.arange(0, d_k, 2) / d_k))
    )
    rotated = positional.rope(q, start, base)
    close(rotated, torch.view_as_real(torch.view_as_complex(q.unflatten(-1, (-1, 2))) * turn).flatten(-2), 1e-4)
    close(rotated.norm(dim=-1), q.norm(dim=-1), 1e-9)
    here = positional.rope(q, 0, base) @ positional.rope(k, 0, base).mT
    close(rotated @ positional.rope(k, start, base).mT, here, 1e-9)
    close(here.diagonal(dim1=-2, dim2=-1), (q * k).sum(-1), 1e-9)


def test_rope_is_llamas_with_its_order_of_channels():
    T, d_k = 12, 16
    config = LlamaConfig(hidden_size=d_k, num_attention_heads=1, head_dim=d_k)
    x = random(1, 1, T, d_k).float()
    halves = torch.cat((torch.arange(0, d_k, 2), torch.arange(1, d_k, 2)))
    cos, sin = LlamaRotaryEmbedding(config)(x, torch.arange(T).unsqueeze(0))
    theirs, _ = apply_rotary_pos_emb(x[..., halves], x[..., halves], cos, sin)
    close(positional.rope(x)[..., halves], theirs, 1e-5)
    assert positional.rope(x).dtype == x.dtype


def test_alibi_slopes_of_the_paper():
    close(positional.alibi_slopes(8), torch.tensor([2.0**-i for i in range(1, 9)]))  # §3: 1/2, 1/4, …, 1/256
    close(positional.alibi_slopes(16)[:3], torch.tensor([2**-0.5, 0.5, 2**-1.5]))


@pytest.mark.parametrize("n_head", [*range(1, 18), 24, 32, 100, 112])
def test_alibi_is_blooms(n_head):
    T = 5
    theirs = build_alibi_tensor(torch.ones(1, T, dtype=torch.long), n_head, torch.float32)  # (H, 1, S): slope · key
    close(positional.alibi_slopes(n_head), theirs[:, 0, 1])
    # Bloom adds slope · key, the same for every query up to a constant in its row, which the softmax ignores
    mask = attention.causal_mask(T)
    scores = random(n_head, T, T)

    def weights(bias):
        return (scores + bias).masked_fill(~mask, -torch.inf).softmax(-1)

    close(weights(positional.alibi(n_head, T)), weights(theirs))


def test_alibi_grows_with_the_distance_and_continues_with_a_cache():
    bias = positional.alibi(4, 6)
    assert (bias.diagonal(dim1=1, dim2=2) == 0).all() and torch.equal(bias, bias.mT)
    assert torch.equal(positional.alibi(4, 2, 6), bias[:, 4:])


def test_what_cannot_be_is_refused():
    for call in (
        lambda: positional.sinusoidal(-1, 4),
        lambda: positional.sinusoidal(3, 0),
        lambda: positional.sinusoidal(3, 4, base=0),
        lambda: positional.rotation(1, 5),
        lambda: positional.rope(random(2, 3)),
        lambda: positional.alibi_slopes(0),
        lambda: positional.alibi(2, 3, 2),
    ):
        with pytest.raises(ValueError):
            call()
