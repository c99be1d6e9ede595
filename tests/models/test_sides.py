"""One question for two models: the same words, guessed from the left and from both sides; and what was measured."""

import json
import math

import pytest
import torch

from models import sides
from models.records import Unusable
from models.records import sides as records
from models.train.sides.card import card

TEXT = "The old man sat by the fire and read a letter from his son."


@pytest.fixture(scope="module")
def both():
    return sides.load()


def test_every_word_of_the_list_is_one_token_for_both(both):
    assert len(set(both.words)) == len(both.words) == 512
    for word in both.words:
        assert both.writer.tokens(f" {word}")[1:] == (f"▁{word}",)
        assert both.masked.encode(word).tokens == ["[CLS]", word, "[SEP]"]


def test_places_are_listed_words_but_not_the_first(both):
    assert [TEXT[a:b] for a, b in both.places(TEXT)] == ["old", "by", "the", "and", "from", "his", "son"]
    assert both.places("and") == [] == both.places("") == both.places("old-fashioned")


def test_a_guess_is_the_model_s_own_distribution_over_the_list(both):
    start, stop = both.places(TEXT)[3]
    found = both.compare(TEXT, start, stop)
    p = both.writer.next("The old man sat by the fire")[both.gpt_ids]
    assert torch.allclose(found["gpt"].log_probs.exp(), p / p.sum())
    masked = both.masked.fill(TEXT.replace(" and ", " [MASK] ")).masks[0].distribution[both.mlm_ids]
    assert torch.allclose(found["both"].log_probs.exp(), masked / masked.sum(), atol=1e-6)
    assert found["both"].rank == 1 and found["both"].best(1)[0][0] == "and"
    assert math.isclose(sum(q for _, q in found["left"].best(512)), 1, abs_tol=1e-9)


def test_the_left_reading_does_not_see_what_follows(both):
    other = TEXT.replace("from his son", "to the king")
    place = both.places(TEXT)[3]
    a, b = both.compare(TEXT, *place), both.compare(other, *place)
    assert torch.equal(a["gpt"].log_probs, b["gpt"].log_probs) and torch.equal(a["left"].log_probs, b["left"].log_probs)
    assert not torch.allclose(a["both"].log_probs, b["both"].log_probs)


def test_the_record_and_its_card(tmp_path):
    r = records.results()
    assert card(r) == records.PATH.with_name("CARD.md").read_text(encoding="utf-8")
    assert {len(found) for found in (r.after, *r.ranks.values(), *r.log_probs.values())} == {1686}
    assert r.within("both", 512) == 1 and 0 < r.within("gpt", 1) < r.within("gpt", 5) < 1
    wrong = tmp_path / "results.json"
    wrong.write_text(json.dumps({"words": []}), encoding="utf-8")
    for path in (wrong, tmp_path / "none.json"):
        with pytest.raises(Unusable):
            records.results(path)
