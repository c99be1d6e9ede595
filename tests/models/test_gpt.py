"""models.gpt on tiny weights: generation is the model's own distributions, scores are the chain rule."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel

from models import checkpoint, decoding, gpt
from models.gpt import GPT, START, START_TOKEN, GPTConfig, TooLong, Writer
from models.train.gpt.training import byte_level_bpe

CORPUS = ["The cat sat on the mat.\nThe dog sat on the cat.", "The old king opened the door and saw the cat."]
repeatable = settings(derandomize=True, max_examples=40, deadline=None, database=None)


@pytest.fixture(scope="module")
def tokenizer():
    return byte_level_bpe(CORPUS * 3, 290)


def tiny(tokenizer, seed=1, n_context=16):
    model = GPT(GPTConfig(tokenizer.get_vocab_size(), n_context, 16, 2, 2, 32), seed)
    with torch.no_grad():
        for p in model.parameters():
            p += 0.3 * torch.randn(p.shape, generator=torch.Generator().manual_seed(seed))
    return Writer(model.requires_grad_(False), tokenizer)


@pytest.fixture(scope="module")
def model(tokenizer):
    return tiny(tokenizer)


# --- tokens ----------------------------------------------------------------------------------------------------------
@repeatable
@given(text=st.text(max_size=60))
def test_any_text_is_read_and_comes_back(model, text):
    ids = model.ids(text)
    assert ids[0] == START and START not in ids[1:]
    assert model.tokenizer.decode(ids[1:]) == text
    assert len(model.tokens(text)) == len(ids)


def test_pieces_are_shown_readably(model):
    assert model.tokens("The cat\nsat é")[:3] == (START_TOKEN, "The", "▁cat")
    assert "↵" in model.tokens("The cat\nsat") and "".join(model.tokens(" the cat")[1:]) == "▁the▁cat"
    assert len(model.pieces) == model.config.vocab_size == 290 and "\ufffd" not in "".join(model.pieces)
    assert model.tokens(f"The{START_TOKEN} cat").count(START_TOKEN) == 1


# --- generation ------------------------------------------------------------------------------------------------------
def test_steps_are_the_distributions_of_the_full_forward(model):
    found = model.generate("The", 8, temperature=0.7, top_k=40, seed=3)
    ids = [s.id for s in found.steps]
    given_ids = [*model.ids("The"), *ids]
    logits = model.model(torch.tensor([given_ids[:-1]]))[0, len(model.ids("The")) - 1 :]  # (T, V)
    for step, expected in zip(found.steps, decoding.distribution(logits, 0.7, 40), strict=True):
        assert torch.allclose(step.distribution, expected, atol=1e-6)
        assert step.probability == pytest.approx(float(expected[step.id])) and step.token == model.pieces[step.id]
    assert found.log_prob == pytest.approx(sum(math.log(s.probability) for s in found.steps))
    written = [i for i in ids if i != START]
    assert found.text == model.tokenizer.decode(written) and found.tokens == tuple(model.pieces[i] for i in written)
    assert found.prompt == "The" and found.prompt_tokens == model.tokens("The")
    assert found.ended == (ids[-1] == START) and (found.ended or len(ids) == 8)


def test_greedy_is_that_of_transformers(model):
    c = model.config
    config = GPT2Config(
        vocab_size=c.vocab_size,
        n_positions=c.n_context,
        n_embd=c.d_model,
        n_layer=c.n_layer,
        n_head=c.n_head,
        n_inner=c.d_ff,
    )
    theirs = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        theirs.transformer.wte.weight.copy_(model.model.embedding.weight)
        theirs.transformer.wpe.weight.copy_(model.model.position.weight)
        theirs.transformer.ln_f.load_state_dict(model.model.norm.state_dict())
        for there, here in zip(theirs.transformer.h, model.model.layers, strict=True):
            a, f = here.self_attention, here.feed_forward
            there.ln_1.load_state_dict(here.around_self.norm.state_dict())
            there.ln_2.load_state_dict(here.around_feed_forward.norm.state_dict())
            for conv, linear in (
                (there.attn.c_attn, (a.query, a.key, a.value)),
                (there.attn.c_proj, (a.output,)),
                (there.mlp.c_fc, (f.expand,)),
                (there.mlp.c_proj, (f.contract,)),
            ):
                conv.weight.copy_(torch.cat([x.weight for x in linear]).T)
                conv.bias.copy_(torch.cat([x.bias for x in linear]))
        ids = torch.tensor([model.ids("The cat")])
        mask = torch.ones_like(ids)
        out = theirs.generate(
            ids, attention_mask=mask, max_new_tokens=10, do_sample=False, eos_token_id=START, pad_token_id=START
        )
    found = model.generate("The cat", 10, temperature=0)
    assert [s.id for s in found.steps] == out[0, ids.shape[1] :].tolist() and len(found.steps) > 3


def test_same_seed_same_text_and_other_seeds_others(model):
    texts = [model.generate("The", 10, seed=s).tokens for s in (0, 0, 1, 2)]
    assert texts[0] == texts[1] and len(set(texts)) == 3
    bare = model.generate("The", 10, seed=0, keep=False)
    assert bare.steps == () and bare.tokens == texts[0]
    assert (
        model.generate("The", 10, temperature=0, seed=0).tokens
        == model.generate("The", 10, temperature=0, seed=5).tokens
    )


def test_a_text_may_outgrow_the_context(tokenizer):
    """What is written then follows from the last half of the context and what came after it."""
    model = tiny(tokenizer, seed=2)
    found = model.generate("The cat", 60, temperature=0.8, seed=1)
    assert len(found.steps) > 16 or found.ended
    found = next(f for s in range(20) if len((f := model.generate("The", 40, temperature=1.5, seed=s)).steps) == 40)
    ids = [*model.ids("The"), *(s.id for s in found.steps)]
    size, begin = 16, 0
    for at, step in enumerate(found.steps, len(model.ids("The"))):
        if at - begin > size:
            begin = at - size // 2
        seen = torch.tensor([ids[begin:at]])
        expected = decoding.distribution(model.model(seen)[0, -1], 1.5)
        assert torch.allclose(step.distribution, expected, atol=1e-5), at


def test_it_can_begin_and_end(model):
    found = model.generate("", 5, seed=1)
    assert found.prompt_tokens == (START_TOKEN,) and len(found.tokens) >= 1
    with torch.no_grad():
        ends = tiny(model.tokenizer)
        ends.model.norm.weight.zero_()
        ends.model.norm.bias.copy_(50 * ends.model.embedding.weight[START])
    found = ends.generate("The", 5, temperature=0)
    assert found.ended and found.tokens == () and found.text == "" and [s.token for s in found.steps] == [START_TOKEN]


def test_what_is_refused(model):
    with pytest.raises(TooLong, match="17 tokens") as caught:
        model.generate("é" * 8)
    assert (caught.value.tokens, caught.value.limit) == (17, 16)
    for call in (model.next, model.trace):
        with pytest.raises(TooLong):
            call("é" * 8)
    for wrong in ({"n": 0}, {"temperature": -1}, {"top_k": 0}, {"top_p": 1.5}):
        with pytest.raises(ValueError):
            model.generate("The", **wrong)


def test_next_and_trace_are_the_model(model):
    ids = torch.tensor([model.ids("The cat sat")])
    logits = model.model(ids)
    assert torch.allclose(model.next("The cat sat"), logits[0, -1].double().softmax(-1), atol=1e-7)
    assert torch.allclose(model.next("The cat sat", 2.0), (logits[0, -1].double() / 2).softmax(-1), atol=1e-7)
    t = model.trace("The cat sat")
    assert t.attentions.shape == (2, 1, 2, ids.shape[1], ids.shape[1]) and torch.allclose(t.logits, logits, atol=1e-5)
    assert len(model.tokens("The cat sat")) == ids.shape[1]


# --- scores ----------------------------------------------------------------------------------------------------------
def test_a_score_is_the_chain_rule(model):
    found = model.score("The cat sat.")
    ids = model.ids("The cat sat.")
    by_hand = [
        float(model.model(torch.tensor([ids[:i]]))[0, -1].double().log_softmax(-1)[ids[i]]) for i in range(1, len(ids))
    ]
    assert found.log_probs == pytest.approx(by_hand, abs=1e-4) and found.total == pytest.approx(sum(by_hand), abs=1e-3)
    assert found.tokens == model.tokens("The cat sat.")[1:]
    assert model.score("").log_probs == () and model.score("").total == 0


def test_many_texts_are_scored_like_single_ones(model):
    texts = ["The cat.", "a", "", "The old king opened the door.", "The dog sat on the mat and saw the cat. " * 3]
    rows = [model.ids(t) for t in texts]
    for tokens in (1, 50, 4000):
        for text, found in zip(texts, model.log_probs(rows, tokens), strict=True):
            assert found == pytest.approx(model.score(text).log_probs, abs=1e-4)


@given(n=st.integers(0, 60), context=st.integers(1, 17))
def test_windows_count_every_prediction_once_with_half_a_context(n, context):
    counted = []
    for start, first, end in gpt.windows(n, context):
        assert 0 <= start <= first < end <= n and end - start <= context
        assert start == 0 or first - start >= context // 2
        counted += range(first, end)
    assert counted == list(range(n))


def test_of_a_long_text_each_token_sees_half_a_context(model):
    ids = model.ids("The dog sat on the mat and saw the cat. " * 2)
    [found] = model.log_probs([ids])
    assert len(ids) > 20
    for start, first, end in gpt.windows(len(ids) - 1, 16):
        logits = model.model(torch.tensor([ids[start:end]]))[0].double().log_softmax(-1)
        expected = [float(logits[i - start, ids[i + 1]]) for i in range(first, end)]
        assert found[first:end] == pytest.approx(expected, abs=1e-4)


# --- files -----------------------------------------------------------------------------------------------------------
def test_what_is_written_is_read(model, tmp_path):
    model.tokenizer.save(str(tmp_path / "tokenizer.json"))
    architecture = {"vocab_size": 290, "n_context": 16, "d_model": 16, "n_layer": 2, "n_head": 2, "d_ff": 32}
    checkpoint.write(tmp_path, "gpt", model.model.state_dict(), {"architecture": architecture}, ("tokenizer.json",))
    again = gpt.load(tmp_path)
    assert again.score("The cat sat.").total == pytest.approx(model.score("The cat sat.").total, abs=0.1)
    assert not any(p.requires_grad for p in again.model.parameters()) and not again.model.training
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(checkpoint.Unusable, match=r"tokenizer\.json"):
        gpt.load(tmp_path)
    with pytest.raises(checkpoint.Unusable, match="cannot read"):
        gpt.load(tmp_path / "nowhere")
