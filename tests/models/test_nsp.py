"""Does B follow A: the four vectors, counts of shared words by hand, the record, and how pairs are drawn."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from models import bert, nsp
from models.records import Unusable
from models.records import nsp as records
from models.train.nsp import __main__ as training
from models.train.nsp.card import card


def test_shared_words_by_hand():
    found = nsp.overlap("The dog saw the old cat.", "The cat ran!", {"the"})
    assert found == pytest.approx((1 / 2, 1, 2 / 6))  # cat of {cat, ran}; cat; {the, cat} of six
    assert nsp.overlap("", "cat", set()) == (0, 0, 0) == nsp.overlap("…", "?", set())


def test_vectors_are_the_model_s_own():
    reader, pair = bert.load(), ("He lay down.", "He was soon asleep.")
    found = nsp.vectors(reader, [pair, ("A much longer first text than the other.", "Short.")], set())
    hidden = reader.trace(*pair).hidden[-1]
    u, v = (reader.trace(text).hidden[-1].mean(0) for text in pair)
    assert torch.allclose(found["cls"][0], hidden[0], atol=1e-5)
    assert torch.allclose(found["mean"][0], hidden.mean(0), atol=1e-5)
    assert torch.allclose(found["apart"][0], torch.cat([(u - v).abs(), u * v]), atol=1e-5)


def test_a_probe_judges_alike_alone_and_among_others():
    probe = nsp.load()
    a, b = "He lay down on the bed.", "A bridge crosses the river."
    alone, among = probe.judge(a, b), probe.judged([(b, a), (a, b)])
    assert set(alone) == set(nsp.READINGS)
    for name, p in alone.items():
        assert among[name][1] == pytest.approx(p, abs=1e-4) and 0 < p < 1


def test_a_probe_asked_for_some_readings_judges_as_when_asked_for_all():
    probe, pairs = nsp.load(), [("He lay down on the bed.", "He slept."), ("A bridge crosses the river.", "He slept.")]
    every, some = probe.judged(pairs), probe.judged(pairs, ("overlap", "apart"))
    assert list(some) == ["overlap", "apart"]
    for name, p in some.items():
        assert p == pytest.approx(every[name], abs=1e-6)


def test_the_record_and_its_card(tmp_path):
    r = records.results()
    assert card(r) == records.PATH.with_name("CARD.md").read_text(encoding="utf-8")
    for reading in ("overlap", "apart"):  # they do not know which text is the first
        assert r.accuracies(reading, "random", "swapped") == [0.5] * 3
    with pytest.raises(Unusable):
        records.results(tmp_path / "none.json")


def test_pairs_are_what_their_names_say():
    books = [[f"Sentence number {i} of the first of the books." for i in range(30)]]
    books.append([f"And this is line {i} of quite another one." for i in range(30)])
    found = training.drawn(books, 20, np.random.default_rng(0))
    follow = {pair for book in books for pair in pairwise(book)}
    assert set(found["next"]) <= follow and len(set(found["next"])) == 20
    assert found["swapped"] == [(b, a) for a, b in found["next"]]
    for (a, _), (first, other) in zip(found["next"], found["same_book"], strict=True):
        assert first == a and other[:8] == a[:8]
    assert [a for a, _ in found["random"]] == [a for a, _ in found["next"]]


def test_the_solver_finds_what_separates():
    x = torch.randn(400, 5, generator=torch.Generator().manual_seed(0))
    y = (x[:, 2] > 0).float()
    layer = training.fit(x, y, np.random.default_rng(0))
    assert training.accuracy(layer, x[y == 1], x[y == 0]) > 0.95
