"""Rows of the embedding matrix and vectors of words, against the checkpoint's own tensors and torch."""

import pytest
import torch
from safetensors.torch import load_file

from models import bert_files, wordpiece
from pages.b3_wordpiece import shared
from study import local_bert


@pytest.fixture(scope="module")
def table():
    weights = load_file(bert_files.folder() / "model.safetensors")
    return next(w for name, w in weights.items() if name.endswith("word_embeddings.weight")).double()  # (V, C)


def test_a_row_is_the_checkpoints(table):
    assert torch.equal(shared._row("##less"), table[3238])
    with pytest.raises(KeyError):
        shared._row("flightless")


@pytest.mark.parametrize("piece", ["##less", "less", "[unused0]", "[UNK]"])
def test_nearest_against_torch(piece, table):
    ids = wordpiece.load().vocabulary
    cosine = torch.cosine_similarity(table, table[ids[piece]][None], dim=1)
    cosine[ids[piece]] = -2
    best = cosine.topk(5)
    found = shared._nearest(piece, 5)
    assert [ids[p] for p, _ in found] == best.indices.tolist()
    assert [c for _, c in found] == pytest.approx(best.values.tolist(), abs=1e-12)


def test_words_are_the_mean_of_their_pieces():
    t = local_bert.traced("flightless")
    assert t.tokens == ["[CLS]", "flight", "##less", "[SEP]"]
    traces = [t, local_bert.traced("flight")]
    for layer in (0, 6):
        found = torch.from_numpy(shared._of(traces, layer))  # (2, C)
        assert torch.allclose(found[0], (t.hidden[layer, 1].double() + t.hidden[layer, 2].double()) / 2)
        alike = shared._alike(traces, layer)
        assert alike[0, 1] == pytest.approx(float(torch.cosine_similarity(found[0], found[1], dim=0)), abs=1e-12)
