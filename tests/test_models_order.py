"""models.order: BERT without positions, scores taken apart, tables of positions, the translator at other positions."""

import copy
import json
import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bert, order, positional, transformer, translator
from models.transformer import Transformer, TransformerConfig
from models.vocabulary import END, PAD, START

repeatable = settings(derandomize=True, max_examples=30, deadline=None, database=None)
LINE = "The animal didn't cross the street because it was too tired."


def close(a, b, atol=1e-9):
    torch.testing.assert_close(a, b, rtol=0, atol=atol, check_dtype=False)


# --- words in another order ------------------------------------------------------------------------------------------
TOKENS = ["[CLS]", "flight", "##less", "birds", "run", "[SEP]"]


@pytest.mark.parametrize(
    ("how", "places"),
    [("reverse", [0, 4, 3, 1, 2, 5]), ("rotate", [0, 3, 4, 1, 2, 5]), ("swap", [0, 3, 1, 2, 4, 5])],
)
def test_words_move_with_all_their_pieces(how, places):
    assert order.words(TOKENS) == [[1, 2], [3], [4]]
    assert order.moved(TOKENS, how) == places


@repeatable
@given(n=st.integers(2, 22), seed=st.integers(0, 999))
def test_a_shuffle_is_another_order_and_the_same_for_its_seed(n, seed):
    tokens = ["[CLS]", *"abcdefghijklmnopqrstuvw"[:n], "[SEP]"]
    places = order.moved(tokens, "shuffle", seed)
    assert sorted(places) == [*range(n + 2)] != places and (places[0], places[-1]) == (0, n + 1)
    assert places == order.moved(tokens, "shuffle", seed)


@pytest.mark.parametrize("tokens", [["[CLS]", "[SEP]"], ["[CLS]", "flight", "##less", "[SEP]"]])
def test_one_word_has_no_order(tokens):
    with pytest.raises(ValueError):
        order.moved(tokens, "reverse")


# --- the local BERT --------------------------------------------------------------------------------------------------
def test_bert_with_and_without_positions_is_the_same_encoder():
    m = bert.load()
    e = m.encode(LINE)
    run = order.encode(m, [e.ids, e.ids], [True, False])
    t = m.trace(LINE)
    close(run.hidden[:, 0], t.hidden, 1e-4)
    close(run.attentions[:, 0], t.attentions, 1e-4)
    close(run.first[0][0], t.queries[0], 1e-4)
    silent = copy.deepcopy(m.encoder)
    silent.embedding.position.weight.zero_()
    _, hidden, inside = silent(torch.tensor([e.ids]), torch.tensor([e.segments]))
    close(run.hidden[:, 1], torch.cat(hidden), 1e-4)
    close(run.attentions[:, 1], torch.cat([layer[3] for layer in inside]), 1e-4)


def test_without_positions_the_order_of_words_changes_nothing():
    m = bert.load()
    e = m.encode(LINE)
    for how in ("reverse", "rotate", "swap", "shuffle"):
        places = order.moved(e.tokens, how)
        run = order.encode(m, [e.ids, [e.ids[i] for i in places]], [False, False])
        close(run.hidden[:, 1], run.hidden[:, 0, places])
        assert order.causal_change(run, 0, 1, places) > 0.1  # a mask lets order in again
        seen = order.encode(m, [e.ids, [e.ids[i] for i in places]], [True, True])
        assert (seen.hidden[:, 1] - seen.hidden[:, 0, places]).abs().max() > 0.5


@pytest.mark.parametrize("text", ["dogs chase cats", LINE, "葡萄", "a"])
def test_scores_are_the_sum_of_their_parts(text):
    m = bert.load()
    t = m.trace(text)
    for head in range(12):
        s = order.score_parts(m, t, head)
        close(s.words + s.positions + s.mixed + s.rest, s.total, 1e-4)
        close(s.total.softmax(-1), t.attentions[0, head], 1e-5)
        assert sum(s.shares().values()) == pytest.approx(1, abs=1e-4) and s.concatenated < 1e-9


# --- tables of positions ---------------------------------------------------------------------------------------------
def test_distance_explains_what_depends_on_distance_only():
    place = torch.arange(20.0)
    toeplitz = (place.unsqueeze(-1) - place).abs().cos()
    mean, low, high = order.by_distance(toeplitz)
    close(mean, place.cos(), 1e-6)
    close(low, high, 1e-6)
    assert order.distance_explains(toeplitz) == pytest.approx(1, abs=1e-6)
    noise = torch.randn(20, 20, generator=torch.Generator().manual_seed(0))
    assert order.distance_explains(noise + noise.T) < 0.3


def test_one_map_moves_sinusoids_and_none_moves_noise():
    sinusoids = positional.sinusoidal(200, 8, base=10, dtype=torch.float64)
    fitted, unchanged = order.shift_errors(sinusoids, [1, 5], components=8)
    assert max(fitted) < 1e-12 and min(unchanged) > 0.1
    noise = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    assert min(order.shift_errors(noise, [1, 5], components=8)[0]) > 0.8


@pytest.mark.parametrize("d_model", [4, 12, 64])
def test_sines_alone_cannot_be_moved_by_a_linear_map(d_model):
    close(order.table("both", 30, d_model, 7), positional.sinusoidal(37, d_model, dtype=torch.float64)[7:])
    sines = order.table("sines", 3, d_model, 5)
    assert sines[1, 1].item() == pytest.approx(math.sin(6 * 10000 ** (-1 / d_model)))
    assert max(order.misfit("both", d_model, [1, 2, 16])) < 1e-12
    assert min(order.misfit("sines", d_model, [1, 2, 16])) > 0.03


# --- the translator --------------------------------------------------------------------------------------------------
@pytest.fixture
def model():
    return Transformer(TransformerConfig(30, 40, d_model=16, n_layer=2, n_head=2, d_ff=32, pre_norm=True)).eval()


@pytest.fixture
def pairs():
    source = torch.tensor([[5, 6, 7, 8], [9, 10, PAD, PAD]])
    target = torch.tensor([[START, 11, 12], [START, 13, PAD]])
    return order.Batch(source, target, torch.tensor([[11, 12, END], [13, END, PAD]]))


def test_where_positions_begin_is_all_that_changes(model, pairs, monkeypatch):
    usual = model(pairs.source, pairs.target)
    close(order.displaced(model, pairs), usual, 1e-6)
    for begin in (3, 100):
        elsewhere = SimpleNamespace(
            sinusoidal=lambda n, c, start, by=begin: positional.sinusoidal(n, c, start=start + by)
        )
        with monkeypatch.context() as m:
            m.setattr(transformer, "positional", elsewhere)
            moved = model(pairs.source, pairs.target)
        close(order.displaced(model, pairs, begin, begin), moved, 1e-6)
        assert (moved - usual)[0].abs().max() > 1e-3
    nowhere = order.displaced(model, pairs, 5, 9, positions=False)
    close(nowhere, order.displaced(model, pairs, positions=False), 0)


@pytest.mark.parametrize("shared", [True, False])
def test_either_form_of_embedding_and_output(shared, pairs):
    config = TransformerConfig(40, 40, 16, 1, 2, 32, shared_embedding=shared, tied_output=shared, pre_norm=shared)
    m = Transformer(config).eval()
    close(order.displaced(m, pairs), m(pairs.source, pairs.target), 1e-6)


def test_padding_does_not_count():
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[1, 4, PAD], [2, PAD, PAD]])
    loss, accuracy = order.next_token(logits, labels)
    kept = [(logits[b, t], labels[b, t]) for b, t in ((0, 0), (0, 1), (1, 0))]
    assert loss == pytest.approx(sum(-z.log_softmax(-1)[y].item() for z, y in kept) / 3, rel=1e-5)
    assert accuracy == pytest.approx(sum(z.argmax() == y for z, y in kept).item() / 3)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"pairs": []}', '{"beam": 4}'])
def test_without_held_out_pairs_nothing_is_measured(tmp_path, content):
    if content is not None:
        (tmp_path / "held_out.json").write_text(content)
    with pytest.raises(order.NoPairs):
        order.held_out(5, tmp_path)


def test_held_out_pairs_become_ids(tmp_path):
    kept = [{"chinese": "你好。", "english": "Hello."}, {"chinese": "他走了。", "english": "He has gone away."}]
    (tmp_path / "held_out.json").write_text(json.dumps({"pairs": kept}), encoding="utf-8")
    assert order.held_out(1, tmp_path) == [("你好。", "Hello.")]
    tr = translator.load()
    b = order.batch(tr, order.held_out(9, tmp_path))
    assert (b.target[:, 0] == START).all() and b.source.shape == (2, 4)
    for row, pair in enumerate(kept):
        read = tr.target_ids(pair["english"])
        assert b.target[row][b.target[row] != PAD].tolist() == read
        assert b.labels[row][b.labels[row] != PAD].tolist() == [*read[1:], END]
