"""displaced: the translator's positions begin elsewhere or are taken away, and nothing else changes."""

from types import SimpleNamespace

import pytest
import torch

from models import positional, transformer, translator
from models.transformer import Transformer, TransformerConfig
from models.translator_vocabulary import END, PAD, START
from pages.t3_positional_encoding.displaced import Batch, batch, batches, displaced, next_token, over_all


def close(a, b, atol=1e-9):
    torch.testing.assert_close(a, b, rtol=0, atol=atol, check_dtype=False)


@pytest.fixture
def model():
    return Transformer(TransformerConfig(30, 40, d_model=16, n_layer=2, n_head=2, d_ff=32, pre_norm=True)).eval()


@pytest.fixture
def pairs():
    source = torch.tensor([[5, 6, 7, 8], [9, 10, PAD, PAD]])
    target = torch.tensor([[START, 11, 12], [START, 13, PAD]])
    return Batch(source, target, torch.tensor([[11, 12, END], [13, END, PAD]]))


def test_where_positions_begin_is_all_that_changes(model, pairs, monkeypatch):
    usual = model(pairs.source, pairs.target)
    close(displaced(model, pairs), usual, 1e-6)
    for begin in (3, 100):
        elsewhere = SimpleNamespace(
            sinusoidal=lambda n, c, start, by=begin: positional.sinusoidal(n, c, start=start + by)
        )
        with monkeypatch.context() as m:
            m.setattr(transformer, "positional", elsewhere)
            moved = model(pairs.source, pairs.target)
        close(displaced(model, pairs, begin, begin), moved, 1e-6)
        assert (moved - usual)[0].abs().max() > 1e-3
    with monkeypatch.context() as m:
        m.setattr(transformer, "positional", SimpleNamespace(sinusoidal=lambda n, c, start: torch.zeros(n, c)))
        nowhere = model(pairs.source, pairs.target)
    close(displaced(model, pairs, None, None), nowhere, 1e-6)


def test_each_side_moves_by_itself(model, pairs):
    usual = displaced(model, pairs)
    moved = [displaced(model, pairs, *at) for at in ((7, 0), (0, 7), (7, 7), (None, 0), (0, None), (None, None))]
    for i, one in enumerate([usual, *moved]):
        for other in moved[i:]:
            assert (one - other)[0].abs().max() > 1e-3


@pytest.mark.parametrize("shared", [True, False])
def test_either_form_of_embedding_and_output(shared, pairs):
    config = TransformerConfig(40, 40, 16, 1, 2, 32, shared_embedding=shared, tied_output=shared, pre_norm=shared)
    m = Transformer(config).eval()
    close(displaced(m, pairs), m(pairs.source, pairs.target), 1e-6)


@pytest.mark.parametrize("start", [0, 6, None])
def test_token_by_token_is_all_at_once(model, pairs, start):
    whole = displaced(model, pairs, start, start)
    cache, steps = model.encode(pairs.source, start=start), []
    for t in range(pairs.target.shape[1]):
        logits, cache = model.step(pairs.target[:, t : t + 1], cache, start=start)
        steps.append(logits)
    close(torch.cat(steps, 1)[0], whole[0], 1e-5)


def test_padding_does_not_count():
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[1, 4, PAD], [2, PAD, PAD]])
    loss, accuracy = next_token(logits, labels)
    kept = [(logits[b, t], labels[b, t]) for b, t in ((0, 0), (0, 1), (1, 0))]
    assert loss == pytest.approx(sum(-z.log_softmax(-1)[y].item() for z, y in kept) / 3, rel=1e-5)
    assert accuracy == pytest.approx(sum(z.argmax() == y for z, y in kept).item() / 3)


def test_held_out_pairs_become_ids():
    kept = [("你好。", "Hello."), ("他走了。", "He has gone away.")]
    tr = translator.load()
    b = batch(tr, kept)
    assert (b.target[:, 0] == START).all() and b.source.shape == (2, 4)
    for row, (_, english) in enumerate(kept):
        read = tr.target_ids(english)
        assert b.target[row][b.target[row] != PAD].tolist() == read
        assert b.labels[row][b.labels[row] != PAD].tolist() == [*read[1:], END]


def test_many_batches_count_every_token_once():
    pairs = [("他走了。", "He has gone away."), ("你好。", "Hello."), ("我很高兴。", "I am very glad to see you.")]
    tr = translator.load()
    parts = batches(tr, pairs, size=2)
    assert [len(b.source) for b in parts] == [2, 1]
    assert sum(b.tokens for b in parts) == sum(len(tr.target_ids(english)) for _, english in pairs)
    whole = batch(tr, pairs)
    expected = next_token(displaced(tr.model, whole, 5, 0), whole.labels)
    assert over_all(tr.model, parts, 5, 0) == pytest.approx(expected, rel=1e-5)
