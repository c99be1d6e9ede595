"""Rows of the embedding matrix and vectors of words, against the checkpoint's own tensors and torch."""

import pytest
import torch
from safetensors.torch import load_file

from models import local, piece_vectors, wordpiece


@pytest.fixture(scope="module")
def table():
    weights = load_file(local.folder() / "model.safetensors")
    return next(w for name, w in weights.items() if name.endswith("word_embeddings.weight")).double()  # (V, C)


def test_a_row_is_the_checkpoints(table):
    assert torch.equal(piece_vectors.row("##less"), table[3238])
    with pytest.raises(KeyError):
        piece_vectors.row("flightless")


@pytest.mark.parametrize("piece", ["##less", "less", "[unused0]", "[UNK]"])
def test_nearest_against_torch(piece, table):
    ids = wordpiece.load().vocabulary
    cosine = torch.cosine_similarity(table, table[ids[piece]][None], dim=1)
    cosine[ids[piece]] = -2
    best = cosine.topk(5)
    found = piece_vectors.nearest(piece, 5)
    assert [ids[p] for p, _ in found] == best.indices.tolist()
    assert [c for _, c in found] == pytest.approx(best.values.tolist(), abs=1e-12)


def test_words_are_the_mean_of_their_pieces():
    t = piece_vectors.trace("flightless")
    assert t.tokens == ["[CLS]", "flight", "##less", "[SEP]"]
    for layer in (0, 6):
        found = piece_vectors.of(["flightless", "flight"], layer)
        assert torch.allclose(found[0], (t.hidden[layer, 1].double() + t.hidden[layer, 2].double()) / 2)
        alike = piece_vectors.alike(["flightless", "flight"], layer)
        assert alike[0, 1] == pytest.approx(float(torch.cosine_similarity(found[0], found[1], dim=0)), abs=1e-12)
