"""models.decoder against transformers' GPT-2 and GPT-1 with the same weights; generation against the full forward."""

from dataclasses import FrozenInstanceError, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, OpenAIGPTConfig, OpenAIGPTLMHeadModel

from models import decoding, shapes
from models.decoder import GPT, GPTConfig

SMALL = GPTConfig(vocab_size=19, n_context=12, d_model=16, n_layer=3, n_head=4, d_ff=40)
repeatable = settings(derandomize=True, max_examples=15, deadline=None, database=None)
drawn = {
    "B": st.integers(1, 3),
    "T": st.integers(1, 12),
    "pre_norm": st.booleans(),
    "tied": st.booleans(),
    "seed": st.integers(0, 999),
}


def close(a, b, atol=1e-5):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def model(config=SMALL, seed=0, dtype=torch.float32):
    """In evaluation; every parameter large and moved from 0 and 1, where mistakes could hide."""
    m = GPT(config, seed).to(dtype).eval().requires_grad_(False)
    g = torch.Generator().manual_seed(seed)
    for p in m.parameters():
        p += 0.2 * torch.randn(p.shape, generator=g)
    return m


def ids(B, T, seed=0, vocab_size=19):
    return torch.randint(vocab_size, (B, T), generator=torch.Generator().manual_seed(seed))


def transformers(m):
    """GPT2LMHeadModel (pre-norm) or OpenAIGPTLMHeadModel (post-norm) with the weights of m."""
    c = m.config
    sizes = {
        "vocab_size": c.vocab_size,
        "n_positions": c.n_context,
        "n_embd": c.d_model,
        "n_layer": c.n_layer,
        "n_head": c.n_head,
        "n_inner": c.d_ff,
        "layer_norm_epsilon": c.eps,
        "tie_word_embeddings": c.tied_output,
        "attn_implementation": "eager",
    }
    if c.pre_norm:
        activation = {"gelu": "gelu", "gelu_tanh": "gelu_new"}[c.activation]
        t = GPT2LMHeadModel(GPT2Config(**sizes, activation_function=activation, bos_token_id=0, eos_token_id=0))
        token, position = t.transformer.wte, t.transformer.wpe
    else:  # the inner width is 4 n_embd whatever n_inner says; its "gelu" is the approximation
        assert c.d_ff == 4 * c.d_model and c.activation == "gelu_tanh"
        t = OpenAIGPTLMHeadModel(OpenAIGPTConfig(**sizes, afn="gelu"))
        token, position = t.transformer.tokens_embed, t.transformer.positions_embed
    t.to(m.embedding.weight.dtype)  # first, or the weights would be rounded to float32
    if c.pre_norm:
        t.transformer.ln_f.load_state_dict(m.norm.state_dict())
    token.load_state_dict(m.embedding.state_dict())
    position.load_state_dict(m.position.state_dict())
    if not c.tied_output:
        t.lm_head.load_state_dict(m.output.state_dict())

    def copy(theirs, *ours):  # their matrices are (in, out)
        theirs.weight.data = torch.cat([linear.weight.T for linear in ours], 1)
        theirs.bias.data = torch.cat([linear.bias for linear in ours])

    for theirs, ours in zip(t.transformer.h, m.layers, strict=True):
        a, f = ours.self_attention, ours.feed_forward
        copy(theirs.attn.c_attn, a.query, a.key, a.value)
        copy(theirs.attn.c_proj, a.output)
        copy(theirs.mlp.c_fc, f.expand)
        copy(theirs.mlp.c_proj, f.contract)
        theirs.ln_1.load_state_dict(ours.around_self.norm.state_dict())
        theirs.ln_2.load_state_dict(ours.around_feed_forward.norm.state_dict())
    return t.eval().requires_grad_(False)


CASES = [
    SMALL,
    replace(SMALL, activation="gelu"),
    replace(SMALL, tied_output=False, n_layer=1, n_head=1, eps=1e-2),
    replace(SMALL, pre_norm=False, d_ff=64),
    replace(SMALL, pre_norm=False, d_ff=64, tied_output=False, eps=1e-2),
]


@pytest.mark.parametrize("config", CASES)
@pytest.mark.parametrize("dtype, atol", [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_forward_and_trace_are_transformers(config, dtype, atol):
    m = model(config, seed=1, dtype=dtype)
    x = ids(3, 12)
    theirs = transformers(m)(x, output_attentions=True, output_hidden_states=True)
    assert theirs.logits.dtype == dtype and theirs.logits.std() > 0.5
    close(m(x), theirs.logits, atol)
    t = m.trace(x)
    close(t.logits, theirs.logits, atol)
    close(t.attentions, torch.stack(theirs.attentions), atol)
    hidden = [*t.states[:-1:2], m.norm(t.states[-1])]  # after each layer; theirs normalises the last one
    close(torch.stack(hidden), torch.stack(theirs.hidden_states), atol)


def test_the_two_gelus_differ():
    """Otherwise the parity above would not tell them apart."""
    x = ids(2, 12)
    assert (model()(x) - model(replace(SMALL, activation="gelu"))(x)).abs().max() > 1e-4


@pytest.mark.parametrize("pre_norm", [True, False])
def test_generation_is_transformers(pre_norm):
    m = model(replace(SMALL, pre_norm=pre_norm, d_ff=64), seed=2, dtype=torch.float64)
    prompt = ids(4, 3, seed=5)
    ours = decoding.greedy(m.step, m.start(4), prompt, end=-1, limit=9)
    theirs = transformers(m).generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=9,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=0,
    )
    assert [list(d.tokens) for d in ours] == theirs[:, 3:].tolist()
    assert len({d.tokens for d in ours}) > 1


@repeatable
@given(**drawn)
def test_a_step_at_a_time_is_the_full_forward(B, T, pre_norm, tied, seed):
    m = model(replace(SMALL, pre_norm=pre_norm, tied_output=tied), seed)
    x = ids(B, T, seed)
    full = m(x)  # (B, T, V)
    cache = start = m.start(B)
    for t in range(T):
        logits, cache = m.step(x[:, t : t + 1], cache)  # (B, 1, V)
        close(logits[:, 0], full[:, t])
        assert cache.length == t + 1
    assert start.length == 0
    half, rest = x[:, : T // 2], x[:, T // 2 :]  # several tokens at once, after others
    if half.shape[1]:
        _, cache = m.step(half, start)
        close(m.step(rest, cache)[0], full[:, T // 2 :])
        rows = torch.tensor([B - 1, 0, 0])
        close(m.step(rest[rows], cache.select(rows))[0], full[rows, T // 2 :])
        assert cache.length == T // 2


@repeatable
@given(**drawn)
def test_trace_is_the_forward_and_tells_everything(B, T, pre_norm, tied, seed):
    m = model(replace(SMALL, pre_norm=pre_norm, tied_output=tied), seed)
    x = ids(B, T, seed)
    t = m.trace(x)
    close(t.logits, m(x))  # torch's fused attention there, ours here
    L, H, C = 3, 4, 16
    assert t.attentions.shape == (L, B, H, T, T)
    assert t.states.shape == (2 * L + 1, B, T, C) and t.added.shape == (2 * L, B, T, C)
    close(t.attentions.sum(-1), torch.ones(L, B, H, T))
    assert (t.attentions.triu(1) == 0).all()
    close(t.states[0], m.embedding(x) + m.position(torch.arange(T)))
    arounds = [a for layer in m.layers for a in (layer.around_self, layer.around_feed_forward)]
    for i, around in enumerate(arounds):
        total = t.states[i] + t.added[i]
        close(t.states[i + 1], total if pre_norm else around.norm(total))
    last = m.norm(t.states[-1]) if pre_norm else t.states[-1]
    close(t.logits, last @ (m.embedding if tied else m.output).weight.T)


@repeatable
@given(T=st.integers(2, 12), at=st.integers(0, 11), pre_norm=st.booleans(), seed=st.integers(0, 999))
def test_a_later_token_never_changes_earlier_logits(T, at, pre_norm, seed):
    m, x, at = model(replace(SMALL, pre_norm=pre_norm), seed), ids(2, T, seed), at % T
    other = x.clone()
    other[:, at] = (x[:, at] + 1) % 19
    assert torch.equal(m(other)[:, :at], m(x)[:, :at])
    changed = (m(other)[:, at:] - m(x)[:, at:]).abs().amax(-1)  # (B, T - at)
    assert (changed > 1e-4).all()


def test_texts_longer_than_the_context_are_refused():
    m = model()
    assert m(ids(1, 12)).shape == (1, 12, 19)
    for call in (m, m.trace):
        with pytest.raises(ValueError, match="13 tokens, but the model has n_context = 12"):
            call(ids(1, 13))
    _, cache = m.step(ids(1, 12), m.start(1))
    with pytest.raises(ValueError, match="13 tokens"):
        m.step(ids(1, 1), cache)
    prompt = ids(1, 4)
    assert len(decoding.greedy(m.step, m.start(1), prompt, end=-1, limit=9)[0].tokens) == 9  # the last is not read
    with pytest.raises(ValueError, match="13 tokens"):
        decoding.greedy(m.step, m.start(1), prompt, end=-1, limit=10)


def test_all_ways_of_decoding_work_and_the_cache_changes_no_text():
    m, prompt = model(seed=4), ids(3, 2, seed=1)
    for way in (
        lambda *begin: decoding.greedy(*begin, prompt, 0, [8, 5, 10]),
        lambda *begin: decoding.sample(*begin, prompt, 0, 10, seed=7, temperature=0.8, top_k=9, top_p=0.9),
        lambda *begin: [h for text in decoding.beam_search(*begin, prompt, 0, 8, beam=3) for h in text],
    ):
        cached, whole = way(m.step, m.start(3)), way(*decoding.from_forward(m))
        assert [d.tokens for d in cached] == [d.tokens for d in whole]
        assert [d.log_prob for d in cached] == pytest.approx([d.log_prob for d in whole], abs=1e-4)


@repeatable
@given(
    sizes=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    d_k=st.integers(1, 6),
    n_head=st.integers(1, 4),
    n_layer=st.integers(1, 3),
    d_ff=st.integers(1, 30),
    pre_norm=st.booleans(),
)
def test_parameters_are_those_that_shapes_counts(sizes, d_k, n_head, n_layer, d_ff, pre_norm):
    same = (*sizes, d_k * n_head, n_layer, n_head, d_ff)
    with torch.device("meta"):
        m = GPT(GPTConfig(*same, pre_norm=pre_norm))
    count = shapes.count_parameters(m.config)
    numel = lambda module: sum(p.numel() for p in module.parameters())  # noqa: E731
    assert numel(m) == count.total
    assert sum(numel(layer.self_attention) for layer in m.layers) == count.parts["self_projections"]
    assert sum(numel(layer.feed_forward) for layer in m.layers) == count.parts["feed_forward"]
    assert numel(m.embedding) == count.parts["token_embedding"]
    assert numel(m.position) == count.parts["position_embedding"]


def test_defaults_are_the_smallest_gpt2():
    c, theirs = GPTConfig(), GPT2Config()
    assert (c.vocab_size, c.n_context, c.d_model) == (theirs.vocab_size, theirs.n_positions, theirs.n_embd)
    assert (c.n_layer, c.n_head, c.d_ff) == (theirs.n_layer, theirs.n_head, 4 * theirs.n_embd)
    assert c.dropout == theirs.resid_pdrop == theirs.embd_pdrop and c.eps == theirs.layer_norm_epsilon
    assert theirs.activation_function == "gelu_new" and c.activation == "gelu_tanh"
    assert c.pre_norm and c.tied_output and theirs.tie_word_embeddings


def test_published_sizes():
    """Also counted by transformers: tests/models/test_shapes.py."""
    with torch.device("meta"):
        for config, total in ((GPTConfig(), 124_439_808), (GPTConfig(40_478, 512, pre_norm=False), 116_534_784)):
            assert sum(p.numel() for p in GPT(config).parameters()) == total


def test_training_lowers_the_loss():
    """Sequences that count upwards: the next token follows from the last."""
    m = GPT(replace(SMALL, dropout=0.0), seed=0)
    g = torch.Generator().manual_seed(0)
    optimizer, losses = torch.optim.Adam(m.parameters(), lr=1e-2), []
    for _ in range(60):
        x = (torch.randint(19, (16, 1), generator=g) + torch.arange(9)) % 19  # (B, T+1)
        loss = nn.functional.cross_entropy(m(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None for p in m.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert abs(losses[0] - torch.tensor(19.0).log()) < 0.1  # at first every token is as likely
    assert losses[-1] < 0.2
    text = decoding.greedy(m.eval().step, m.start(1), torch.tensor([[15]]), end=-1, limit=7)[0].tokens
    assert text == (16, 17, 18, 0, 1, 2, 3)


def test_both_attention_paths_have_the_same_gradients():
    x, grads = ids(3, 7), []
    for forward in (lambda m: m(x[:, :-1]), lambda m: m.trace(x[:, :-1]).logits):
        m = GPT(SMALL, seed=1).eval()
        nn.functional.cross_entropy(forward(m).flatten(0, 1), x[:, 1:].flatten()).backward()
        grads.append([p.grad for p in m.parameters()])
    for a, b in zip(*grads, strict=True):
        close(a, b)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_first_weights(pre_norm):
    m = GPT(GPTConfig(300, 200, 128, n_layer=8, n_head=4, d_ff=512, pre_norm=pre_norm, tied_output=False))
    for name, p in m.named_parameters():
        if name.endswith("bias"):
            assert (p == 0).all()
        elif "norm" in name:
            assert (p == 1).all()
        else:
            adds = "self_attention.output" in name or "contract" in name
            expected = 0.02 / 4 if pre_norm and adds else 0.02  # 4 = sqrt(2 · 8)
            assert p.mean().abs() < expected / 10 and p.std().item() == pytest.approx(expected, rel=0.05), name


def test_tying():
    tied, own = model(), model(replace(SMALL, tied_output=False))
    assert tied.output is None and own.output.weight.shape == (19, 16)
    for m in (tied, own):
        names = m.state_dict().keys()
        assert len(names) == len({t.data_ptr() for t in m.state_dict().values()}), "safetensors refuses shared tensors"


def test_same_seed_same_weights_and_the_global_seed_is_untouched():
    state = torch.get_rng_state()
    a, b, c = (GPT(SMALL, seed) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a.embedding.weight, c.embedding.weight)


def test_dropout_in_training_only():
    m, x = GPT(SMALL).requires_grad_(False), ids(2, 5)
    torch.manual_seed(0)
    assert not torch.equal(m.train()(x), m(x))
    assert torch.equal(m.eval()(x), m(x))
    t = m.train().trace(x)
    assert (t.states[0] == 0).any() and (t.added == 0).any()


def test_configs_that_cannot_be():
    with pytest.raises(ValueError, match="heads"):
        replace(SMALL, n_head=3)
    with pytest.raises(ValueError, match="activation must be one of gelu, gelu_tanh"):
        replace(SMALL, activation="relu")
    with pytest.raises(FrozenInstanceError):
        SMALL.n_head = 2
    assert SMALL.d_k == 4
