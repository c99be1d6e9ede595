"""Lines with a marked word, their vectors and distances, and the plane, against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from models import bert
from pages.b2_input_embeddings import word_uses
from study.controls import Refusal


def uses(*lines: str) -> list[word_uses.Use]:
    return [word_uses.use(line, n) for n, line in enumerate(lines, 1)]


def test_a_line_is_read():
    found = word_uses.use("  river :  We sat on the *bank* now. ", 1)
    trace = bert.load().trace("We sat on the bank now.")
    assert (found.sense, found.word, found.text) == ("river", "bank", "We sat on the bank now. ")
    torch.testing.assert_close(found.vectors, trace.hidden[:, 5].double())
    pieces = word_uses.use("bird： a *flightless* bird", 2)  # a full-width colon, a word of two pieces
    whole = bert.load().trace("a flightless bird")
    assert [whole.tokens[i] for i in (2, 3)] == ["flight", "##less"]
    torch.testing.assert_close(pieces.vectors, whole.hidden[:, 2:4].double().mean(1))


@pytest.mark.parametrize(
    ("line", "reason"),
    [("no colon *x*", "form"), ("a: no mark", "form"), ("a: *x* *y*", "form"), (": *x*", "form"), ("a: **", "form"),
     ("a: * *", "form"), ("a: *\u0000*", "word"), ("a: b *\ufffd*", "word"), ("a: b *\u0301*", "word"),
     ("a: *x*" + " y" * 62, "long"), ("a: *x*" + " y" * 600, "long"), ("", "form"), ("a" * 41 + ": *x*", "form")],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_why(line, reason):
    with pytest.raises(Refusal) as bad:
        word_uses.use(line, 3)
    assert bad.value.key == f"bad_{reason}" and bad.value.values["line"] == 3
    assert (bad.value.values.get("tokens", 0) > word_uses.LIMIT) is (reason == "long")


def test_before_positions_one_word_is_one_vector():
    a, b, other = uses("x: the *bank*", "y: a big old *Bank*", "y: a big old *house*")
    assert torch.equal(a.unplaced, b.unplaced) and not torch.equal(a.unplaced, other.unplaced) and a.ids == b.ids


def test_means_leave_a_use_with_itself_out():
    same = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    cosine = torch.tensor([[1, 0.8, 0.1], [0.8, 1, 0.3], [0.1, 0.3, 1]])
    alike, unlike = word_uses.means(cosine, same)
    assert alike == pytest.approx(0.8) and unlike == pytest.approx(0.2)
    assert word_uses.nearest(cosine).tolist() == [1, 0, 1]


def test_luck_of_a_perfect_split_and_of_none():
    same = torch.tensor([[(i < 4) == (j < 4) for j in range(8)] for i in range(8)])
    assert word_uses.luck(same.double(), same) == pytest.approx(1 / 35, abs=0.012)
    assert word_uses.luck(torch.ones(8, 8, dtype=torch.float64), same) == 1


@pytest.mark.parametrize("n", [2, 3, 8])
def test_the_plane_is_scikit_learns(n):
    x = torch.randn(n, 16, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
    at, share = word_uses.plane(x)
    pca = PCA(2, svd_solver="full").fit(x.numpy())
    np.testing.assert_allclose(at.abs(), np.abs(pca.transform(x.numpy())), atol=1e-9)
    assert share == pytest.approx(pca.explained_variance_ratio_.sum())
    largest = at.abs().argmax(0)
    assert (at[largest, [0, 1]] >= 0).all()


def test_a_plane_of_equal_points_is_a_point():
    at, share = word_uses.plane(torch.ones(3, 16, dtype=torch.float64))
    assert not at.any() and share == 0
    assert word_uses.plane(torch.ones(1, 16, dtype=torch.float64))[0].shape == (1, 2)


def test_every_line_of_ours_can_be_read_and_has_four_of_each_sense():
    for lines in word_uses.LINES.values():
        senses = [word_uses.use(line, 1).sense for line in lines.splitlines()]
        assert len(senses) == 8 and {senses.count(s) for s in senses} == {4}
