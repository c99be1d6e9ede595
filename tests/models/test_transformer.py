"""models.transformer against torch.nn.Transformer with the same weights, and generation against the full forward."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from models import positional
from models.transformer import Record, Transformer, TransformerConfig

SMALL = TransformerConfig(source_vocab_size=23, target_vocab_size=19, d_model=16, n_layer=3, n_head=4, d_ff=40)
repeatable = settings(derandomize=True, max_examples=15, deadline=None, database=None)
ids_strategy = {
    "B": st.integers(1, 3),
    "S": st.integers(1, 8),
    "T": st.integers(1, 8),
    "pre_norm": st.booleans(),
    "seed": st.integers(0, 999),
}


def close(a, b, atol=1e-5):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def model(config=SMALL, seed=0):
    """In evaluation; biases and norms moved from 0 and 1, where mistakes could hide."""
    m = Transformer(config, seed).eval().requires_grad_(False)
    g = torch.Generator().manual_seed(seed)
    for p in m.parameters():
        if p.dim() == 1:
            p += 0.1 * torch.randn(p.shape, generator=g)
    return m


def ids(B, T, vocab_size, seed, padded=True):
    g = torch.Generator().manual_seed(seed)
    x = torch.randint(1, vocab_size, (B, T), generator=g)
    lengths = torch.randint(1, T + 1, (B, 1), generator=g)
    return torch.where(torch.arange(T) < lengths, x, 0) if padded else x


def torchs(m):
    """torch.nn.Transformer with the weights of m. It ends each stack with a norm, which post-norm has not."""
    c = m.config
    t = nn.Transformer(
        c.d_model, c.n_head, c.n_layer, c.n_layer, c.d_ff, c.dropout, batch_first=True, norm_first=c.pre_norm
    )
    t.encoder.norm, t.decoder.norm = (m.encoder_norm, m.decoder_norm) if c.pre_norm else (None, None)

    def copy_attention(theirs, ours):
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.data = torch.cat([p.weight for p in parts])
        theirs.in_proj_bias.data = torch.cat([p.bias for p in parts])
        theirs.out_proj.load_state_dict(ours.output.state_dict())

    for theirs, ours in [
        *zip(t.encoder.layers, m.encoder, strict=True),
        *zip(t.decoder.layers, m.decoder, strict=True),
    ]:
        copy_attention(theirs.self_attn, ours.self_attention)
        arounds = [ours.around_self, ours.around_feed_forward]
        if hasattr(ours, "cross_attention"):
            copy_attention(theirs.multihead_attn, ours.cross_attention)
            arounds.insert(1, ours.around_cross)
        for i, around in enumerate(arounds, 1):
            getattr(theirs, f"norm{i}").load_state_dict(around.norm.state_dict())
        theirs.linear1.load_state_dict(ours.feed_forward.expand.state_dict())
        theirs.linear2.load_state_dict(ours.feed_forward.contract.state_dict())
    return t.eval()


@pytest.mark.filterwarnings("ignore::UserWarning:torch")
@repeatable
@given(**ids_strategy)
def test_forward_is_torchs(B, S, T, pre_norm, seed):
    m = model(replace(SMALL, pre_norm=pre_norm), seed)
    source, target = ids(B, S, 23, seed), ids(B, T, 19, seed + 1)

    def embed(x, table):
        return table(x) * 16**0.5 + positional.sinusoidal(x.shape[1], 16)

    out = torchs(m)(
        embed(source, m.source_embedding),
        embed(target, m.target_embedding),
        tgt_mask=torch.ones(T, T, dtype=torch.bool).triu(1),  # torch: True = may NOT attend
        src_key_padding_mask=source == 0,
        tgt_key_padding_mask=target == 0,
        memory_key_padding_mask=source == 0,
    )
    close(m(source, target), out @ m.target_embedding.weight.T)


@repeatable
@given(**ids_strategy)
def test_a_step_at_a_time_is_the_full_forward(B, S, T, pre_norm, seed):
    m = model(replace(SMALL, pre_norm=pre_norm), seed)
    source, target = ids(B, S, 23, seed), ids(B, T, 19, seed + 1)
    full = m(source, target)  # (B, T, V)
    cache = start = m.encode(source)
    for t in range(T):
        logits, cache = m.step(target[:, t : t + 1], cache)  # (B, 1, V)
        close(logits[:, 0], full[:, t])
        assert cache.length == t + 1
    assert start.length == 0
    half, rest = target[:, : T // 2], target[:, T // 2 :]  # several tokens at once, after others
    if half.shape[1]:
        _, cache = m.step(half, start)
        close(m.step(rest, cache)[0], full[:, T // 2 :])
        rows = torch.tensor([B - 1, 0, 0])
        close(m.step(rest[rows], cache.select(rows))[0], full[rows, T // 2 :])


@repeatable
@given(**ids_strategy)
def test_trace_is_the_forward_and_tells_everything(B, S, T, pre_norm, seed):
    m = model(replace(SMALL, pre_norm=pre_norm), seed)
    source, target = ids(B, S, 23, seed), ids(B, T, 19, seed + 1)
    t = m.trace(source, target)
    close(t.logits, m(source, target))  # torch's fused attention there, ours here
    L, H, C = 3, 4, 16
    assert t.encoder_attentions.shape == (L, B, H, S, S)
    assert t.decoder_attentions.shape == (L, B, H, T, T)
    assert t.cross_attentions.shape == (L, B, H, T, S)
    assert t.encoder_states.shape == (2 * L + 1, B, S, C) and t.encoder_added.shape == (2 * L, B, S, C)
    assert t.decoder_states.shape == (3 * L + 1, B, T, C) and t.decoder_added.shape == (3 * L, B, T, C)
    for w in (t.encoder_attentions, t.decoder_attentions, t.cross_attentions):
        close(w.sum(-1), torch.ones(w.shape[:-1]))
    no_source = (source == 0)[None, :, None, None]
    assert (t.encoder_attentions.masked_select(no_source) == 0).all()
    assert (t.cross_attentions.masked_select(no_source) == 0).all()
    assert (t.decoder_attentions.masked_select((target == 0)[None, :, None, None]) == 0).all()
    assert (t.decoder_attentions.triu(1) == 0).all()
    for states, added, layers in (
        (t.encoder_states, t.encoder_added, m.encoder),
        (t.decoder_states, t.decoder_added, m.decoder),
    ):
        arounds = [x for layer in layers for x in layer.children() if hasattr(x, "dropout")]
        for i, around in enumerate(arounds):
            total = states[i] + added[i]
            close(states[i + 1], total if pre_norm else around.norm(total))
    close(t.memory, m.encoder_norm(t.encoder_states[-1]))
    close(t.logits, m.decoder_norm(t.decoder_states[-1]) @ m.target_embedding.weight.T)


def test_padding_and_the_future_change_nothing():
    m = model()
    source, target = ids(2, 6, 23, 1, padded=False), ids(2, 5, 19, 2, padded=False)
    longer = torch.cat((source, torch.zeros(2, 3, dtype=torch.long)), 1)
    close(m(longer, target), m(source, target))
    other = target.clone()
    other[:, 3:] = 7
    assert torch.equal(m(source, other)[:, :3], m(source, target)[:, :3])
    assert not torch.allclose(m(source, other)[:, 3:], m(source, target)[:, 3:])


def test_both_attention_paths_have_the_same_gradients():
    source, target = ids(3, 6, 23, 5), ids(3, 5, 19, 6)
    grads = []
    for forward in (lambda m: m(source, target), lambda m: m.trace(source, target).logits):
        m = Transformer(SMALL, seed=1).eval()
        nn.functional.cross_entropy(forward(m).flatten(0, 1), target.flatten(), ignore_index=0).backward()
        grads.append([p.grad for p in m.parameters()])
    for a, b in zip(*grads, strict=True):
        close(a, b)


def test_an_empty_source_is_not_nan():
    m = model()
    logits = m(torch.zeros(1, 4, dtype=torch.long), ids(1, 3, 19, 0, padded=False))
    assert logits.isfinite().all()


def test_tying_and_sharing():
    tied = model()
    own = model(replace(SMALL, tied_output=False))
    assert own.output.weight.shape == (19, 16) and tied.output is None
    shared = model(replace(SMALL, source_vocab_size=19, shared_embedding=True))
    count = lambda m: sum(p.numel() for p in m.parameters())  # noqa: E731
    assert count(own) - count(tied) == 19 * 16 and count(tied) - count(shared) == 23 * 16
    x = ids(2, 4, 19, 3)
    close(shared.trace(x, x).encoder_states[0], shared.trace(x, x).decoder_states[0])
    names = shared.state_dict().keys()
    assert len(names) == len({t.data_ptr() for t in shared.state_dict().values()}), "safetensors refuses shared tensors"


def test_same_seed_same_weights_and_the_global_seed_is_untouched():
    state = torch.get_rng_state()
    a, b, c = (Transformer(SMALL, seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a.target_embedding.weight, c.target_embedding.weight)


def test_dropout_in_training_only():
    m = Transformer(SMALL).requires_grad_(False)
    source, target = ids(2, 5, 23, 0), ids(2, 4, 19, 1)
    torch.manual_seed(0)
    assert not torch.equal(m.train()(source, target), m(source, target))
    assert torch.equal(m.eval()(source, target), m(source, target))
    state = m.train().trace(source, target).decoder_states[0]
    assert (state == 0).any()


def test_the_base_model_of_the_paper():
    """Table 3: 65 million parameters; §5.1: a shared vocabulary of about 37,000."""
    config = TransformerConfig(37_000, 37_000, shared_embedding=True)
    with torch.device("meta"):
        count = sum(p.numel() for p in Transformer(config).parameters())
    assert 62e6 < count < 66e6


def test_configs_that_cannot_be():
    with pytest.raises(ValueError, match="heads"):
        replace(SMALL, n_head=3)
    with pytest.raises(ValueError, match="shared"):
        replace(SMALL, shared_embedding=True)


@pytest.mark.parametrize("pre_norm", [False, True])
def test_positions_count_from_anywhere(pre_norm):
    m = model(replace(SMALL, pre_norm=pre_norm))
    source, target = ids(3, 5, SMALL.source_vocab_size, 1), ids(3, 6, SMALL.target_vocab_size, 2)
    usual = m(source, target)
    close(m.step(target, m.encode(source, start=0), start=0)[0], usual, atol=0)
    cache = m.encode(source, start=7)
    moved, _ = m.step(target, cache, start=40)
    assert not torch.allclose(moved, usual, atol=1e-3)
    first, cache = m.step(target[:, :2], cache, start=40)  # token by token: the cached ones count from start, too
    second, _ = m.step(target[:, 2:], cache, start=40)
    close(torch.cat((first, second), 1), moved)
    e, d = Record(), Record()
    m.step(target, m.encode(source, e, start=7), d, start=40)
    for record, tokens, table, start in ((e, source, m.source_embedding, 7), (d, target, m.target_embedding, 40)):
        place = positional.sinusoidal(tokens.shape[1], SMALL.d_model, start=start)
        close(record.states[0], table(tokens) * SMALL.d_model**0.5 + place)


def test_without_positions_the_source_is_a_set():
    m = model()
    source, target = ids(3, 5, SMALL.source_vocab_size, 1, padded=False), ids(3, 6, SMALL.target_vocab_size, 2)
    order = torch.tensor([4, 2, 0, 1, 3])
    with_none = m.step(target, m.encode(source, start=None))[0]
    close(m.step(target, m.encode(source[:, order], start=None))[0], with_none)
    assert not torch.allclose(m.step(target, m.encode(source[:, order]))[0], m(source, target), atol=1e-3)
    d = Record()
    m.step(target, m.encode(source), d, start=None)
    close(d.states[0], m.target_embedding(target) * SMALL.d_model**0.5, atol=0)
