"""models.mlm on tiny weights: against a BertForMaskedLM of transformers, and what it refuses."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertConfig as TheirConfig
from transformers import BertForMaskedLM

from models import bert, checkpoint, lora, mlm
from models.bert import Bert, BertConfig, Encoder, TooLong
from models.bert_adapters import fingerprint

TINY = BertConfig(n_position=24, d_model=24, n_layer=2, n_head=3, d_ff=36)
TEXT = "The cat sat on the [MASK] and the [MASK] ate."
repeatable = settings(derandomize=True, max_examples=30, deadline=None, database=None)


def tiny_base(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = Encoder(TINY)
    return Bert(TINY, bert.load().tokenizer, encoder.eval().requires_grad_(False))


@pytest.fixture(scope="module")
def base():
    return tiny_base()


@pytest.fixture(scope="module")
def model(base):
    network = mlm.Network(base, rank=4, alpha=8, seed=1)
    with torch.no_grad():
        g = torch.Generator().manual_seed(3)
        for p in network.parameters():
            if p.requires_grad:  # as if by training: B is no longer 0, nor the bias
                p += 0.2 * torch.randn(p.shape, generator=g)
    return mlm.MaskedLM(base, network)


def theirs(model):
    """The same weights, merged, in transformers' BERT with its own head."""
    c = model.base.config
    config = TheirConfig(
        vocab_size=c.vocab_size,
        hidden_size=c.d_model,
        num_hidden_layers=c.n_layer,
        num_attention_heads=c.n_head,
        intermediate_size=c.d_ff,
        max_position_embeddings=c.n_position,
    )
    t = BertForMaskedLM(config)
    e = model.network.encoder
    pairs = [
        (t.bert.embeddings.word_embeddings, e.embedding.token),
        (t.bert.embeddings.position_embeddings, e.embedding.position),
        (t.bert.embeddings.token_type_embeddings, e.embedding.segment),
        (t.bert.embeddings.LayerNorm, e.embedding.norm),
        (t.cls.predictions.transform.dense, model.network.head.dense),
        (t.cls.predictions.transform.LayerNorm, model.network.head.norm),
    ]
    for x, y in zip(t.bert.encoder.layer, e.layers, strict=True):
        pairs += [
            (x.attention.self.query, y.attention.query),
            (x.attention.self.key, y.attention.key),
            (x.attention.self.value, y.attention.value),
            (x.attention.output.dense, y.attention.output),
            (x.attention.output.LayerNorm, y.attention_norm),
            (x.intermediate.dense, y.expand),
            (x.output.dense, y.contract),
            (x.output.LayerNorm, y.feed_forward_norm),
        ]
    with torch.no_grad():
        for there, here in pairs:
            there.weight.copy_(here.weight)
            if getattr(here, "bias", None) is not None:
                there.bias.copy_(here.bias)
        t.cls.predictions.bias.copy_(model.network.head.bias)
        t.tie_weights()
    return t.eval()


def test_distributions_are_those_of_transformers(model):
    e = model.encode(TEXT)
    where = [i for i, token in enumerate(e.tokens) if token == "[MASK]"]
    with torch.no_grad():
        logits = theirs(model)(torch.tensor([e.ids])).logits[0]  # (T, V)
    expected = logits[where].double().softmax(-1)
    found = model.distribution(e.ids, where)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-8)
    assert found.max() > 5 / model.base.config.vocab_size  # not all alike
    filled = model.fill(TEXT, k=7)
    assert filled.tokens == tuple(e.tokens) and filled.ids == tuple(e.ids)
    for mask, position, p in zip(filled.masks, where, expected, strict=True):
        best = p.topk(7)
        assert mask.position == position and torch.equal(mask.distribution, found[where.index(position)])
        assert [t for t, _ in mask.candidates] == [model.base.tokenizer.id_to_token(i) for i in best.indices.tolist()]
        assert [q for _, q in mask.candidates] == pytest.approx(best.values.tolist(), rel=1e-3)
        assert mask.distribution.sum().item() == pytest.approx(1)


def test_at_first_the_adapter_changes_nothing_and_never_the_base(base):
    before = {name: p.clone() for name, p in base.encoder.named_parameters()}
    ids = torch.tensor([[101, 1996, 4937, 102]])
    expected = base.encoder(ids, torch.zeros_like(ids))[1][-1]
    network = mlm.Network(base, rank=4, alpha=8)
    learnt = [p for p in network.parameters() if p.requires_grad]
    assert torch.equal(network.encoder(ids, torch.zeros_like(ids))[1][-1], expected)
    network(ids, torch.tensor([0]), torch.tensor([2])).square().mean().backward()
    torch.optim.SGD(learnt, lr=10.0).step()
    assert not torch.equal(network.encoder(ids, torch.zeros_like(ids))[1][-1], expected)
    assert torch.equal(base.encoder(ids, torch.zeros_like(ids))[1][-1], expected)
    assert all(torch.equal(p, before[name]) and p.grad is None for name, p in base.encoder.named_parameters())
    assert not any(isinstance(m, lora.LoRA) for m in base.encoder.modules())


def test_every_linear_layer_is_adapted_and_the_rest_is_shared(base):
    network = mlm.Network(base, rank=4, alpha=8)
    adapted = [m for m in network.encoder.modules() if isinstance(m, lora.LoRA)]
    assert len(adapted) == 6 * TINY.n_layer
    own = {p.data_ptr() for p in base.encoder.parameters()}
    learnt = [p for p in network.parameters() if p.requires_grad]
    assert all(p.data_ptr() in own for p in network.parameters() if not p.requires_grad)
    C, F, V = TINY.d_model, TINY.d_ff, TINY.vocab_size
    adapters = TINY.n_layer * (4 * lora.count_parameters(4, C, C) + 2 * lora.count_parameters(4, C, F))
    assert sum(p.numel() for p in learnt) == adapters + C * C + C + 2 * C + V
    assert sum(t.numel() for t in network.learnt().values()) == adapters + C * C + C + 2 * C + V


@repeatable
@given(words=st.lists(st.sampled_from(["the", "cat", "sat", "flightless", "on", "it", "."]), min_size=1, max_size=8))
def test_the_score_is_each_token_masked_alone(model, words):
    found = model.score(" ".join(words))
    e = model.encode(" ".join(words))
    one_by_one = [float(model.distribution(e.ids, [i])[0, e.ids[i]].log()) for i in range(1, len(e.ids) - 1)]
    assert found.tokens == tuple(e.tokens[1:-1])
    assert found.log_probs == pytest.approx(one_by_one, abs=1e-4)
    assert found.total == pytest.approx(sum(one_by_one), abs=1e-3)


def test_many_texts_are_scored_like_single_ones(model):
    texts = ["the cat sat.", "a", "it is a flightless bird, is it not?", "the dog sat."]
    for tokens in (1, 40, 4000):
        together = model.scores(texts, tokens)
        for text, found in zip(texts, together, strict=True):
            assert found.total == pytest.approx(model.score(text).total, abs=1e-4)
            assert found.tokens == model.score(text).tokens


def test_masking_a_token_by_its_position_hides_it(model):
    e, f = model.encode("the cat sat on it."), model.encode("the dog sat on it.")
    assert torch.equal(model.distribution(e.ids, [2]), model.distribution(f.ids, [2]))
    both = model.distribution(e.ids, [2, 5])
    assert both.shape == (2, TINY.vocab_size)
    torch.testing.assert_close(both.flip(0), model.distribution(e.ids, [5, 2]), rtol=0, atol=1e-9)
    assert (both[0] - model.distribution(e.ids, [2])[0]).abs().max() > 1e-7  # the other mask is seen as a mask


@repeatable
@given(text=st.text(max_size=40))
def test_any_text_is_filled_or_refused(model, text):
    try:
        found = model.fill(text, k=3)
    except mlm.NoMask:
        assert "[MASK]" not in text
    except TooLong as error:
        assert error.tokens > error.limit == TINY.n_position
    else:
        assert len(found.masks) == found.tokens.count("[MASK]") >= 1


def test_what_is_refused(model):
    with pytest.raises(mlm.NoMask, match=r"no \[MASK\]"):
        model.fill("the cat sat")
    with pytest.raises(ValueError, match="k must be at least 1"):
        model.fill(TEXT, k=0)
    with pytest.raises(TooLong, match="25 tokens"):
        model.fill("[MASK] " * 23)
    assert len(model.fill("[MASK] " * 22).masks) == 22
    with pytest.raises(TooLong):
        model.distribution([101] * 25, [1])
    for positions in ([], [5], [-1]):
        with pytest.raises(ValueError, match="positions from 0 to 4"):
            model.distribution([101, 1996, 4937, 2938, 102], positions)
    for empty in ("", "  ", "\ufffd", "\u0301", "\ufe0f"):
        with pytest.raises(ValueError, match="nothing to score"):
            model.score(empty)
        with pytest.raises(mlm.NoMask):
            model.fill(empty)
    assert len(model.fill(TEXT, k=10**6).masks[0].candidates) == TINY.vocab_size


def test_what_is_written_is_read_and_belongs_to_its_base(model, base, tmp_path):
    config = {"rank": 4, "alpha": 8, "base": fingerprint(base.encoder)}
    checkpoint.write(tmp_path, "mlm", model.network.learnt(), config)
    again = mlm.load(tmp_path, base)
    for name, tensor in again.network.learnt().items():
        assert torch.equal(tensor, model.network.learnt()[name].half().float())
    assert again.score("the cat sat.").total == pytest.approx(model.score("the cat sat.").total, abs=0.05)
    assert not any(p.requires_grad for p in again.network.parameters())
    with pytest.raises(checkpoint.Unusable, match="another BERT"):
        mlm.load(tmp_path, tiny_base(seed=1))
    with pytest.raises(checkpoint.Unusable, match="another BERT"):
        mlm.load(tmp_path)
    with pytest.raises(checkpoint.Unusable, match="cannot read"):
        mlm.load(tmp_path / "nowhere")


def test_results_are_frozen(model):
    found = model.fill(TEXT)
    with pytest.raises(AttributeError):
        found.masks = ()
    assert isinstance(found.masks, tuple) and isinstance(found.masks[0].candidates, tuple)
    assert math.isclose(sum(q for _, q in model.fill(TEXT, k=10**6).masks[1].candidates), 1, abs_tol=1e-9)
