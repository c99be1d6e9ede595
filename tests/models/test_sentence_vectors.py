"""One vector for a text: read where it says, and the records of what such vectors are worth."""

import json

import pytest
import torch

from models import bert
from models.attention import causal_mask
from models.records import Unusable, glue, sentence_vectors
from models.sentence_vectors import vectors


def test_what_is_read_where():
    hidden = torch.arange(2 * 3 * 4, dtype=torch.float64).reshape(2, 3, 4)  # (L+1, T, C)
    found = vectors(hidden)
    assert tuple(found) == sentence_vectors.READOUTS
    assert found["cls"].tolist() == [12, 13, 14, 15] and found["sep"].tolist() == [20, 21, 22, 23]
    assert found["mean"].tolist() == [16, 17, 18, 19] and found["input"].tolist() == [4, 5, 6, 7]


def test_a_batch_is_read_as_its_rows():
    hidden = torch.randn(3, 2, 4, 5, generator=torch.Generator().manual_seed(0))  # (L+1, B, T, C)
    for name, batch in vectors(hidden).items():
        for i in range(2):
            torch.testing.assert_close(batch[i], vectors(hidden[:, i])[name])


def test_under_a_causal_mask_cls_is_the_same_for_every_text():
    texts = ("A man is playing a guitar.", "Rain.")
    traces = [bert.load().trace(t, mask=causal_mask(len(bert.load().encode(t).ids))) for t in texts]
    one, other = (vectors(t.hidden)["cls"] for t in traces)
    torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_the_record_agrees_with_the_training_on_glue():
    recorded = sentence_vectors.load()
    assert recorded.pairs == 1500 and recorded.spearman["causal"]["cls"] is None
    assert 100 * recorded.spearman["both"]["mean"] == pytest.approx(glue.load().blind("stsb", "spearman"), abs=0.1)
    assert recorded.spearman["both"]["input"] == recorded.spearman["causal"]["input"]  # no attention, no mask
    assert recorded.spearman["both"]["mean"] > recorded.spearman["both"]["sep"] > recorded.spearman["both"]["cls"]


def test_a_correlation_of_another_kind_is_refused(tmp_path):
    raw = json.loads(sentence_vectors.PATH.read_text(encoding="utf-8"))
    raw["spearman"]["both"]["cls"] = "high"
    (tmp_path / "results.json").write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(Unusable, match="both, cls"):
        sentence_vectors.load(tmp_path / "results.json")
