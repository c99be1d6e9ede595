"""B5: what the note says in words about its demos, where the house's own tests do not look."""

import numpy as np
import pytest
import torch

from models import bert, masking, mlm
from pages.b5_pretrain_finetune import both_sides, fine_tune, four_shapes, next_sentence, reviews
from pages.b5_pretrain_finetune.masking import MIXES
from study.controls import Refusal
from study.demo import Progress, demos
from study.views import Table

DEMOS = demos("b5_pretrain_finetune")


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def preset(demo: str, name: str):
    """The evidence of a demo's preset."""
    return DEMOS[demo](**{k: v for k, v in DEMOS[demo].presets[name].items() if k != "step"})


# --- masking ---------------------------------------------------------------------------------------------------------
def test_the_ids_of_mask_and_vocabulary_are_the_tokenizer_s():
    tokenizer = bert.load().tokenizer
    assert tokenizer.token_to_id("[MASK]") == masking.MASK_ID and tokenizer.get_vocab_size() == masking.VOCAB_SIZE


@pytest.mark.parametrize("mix", MIXES)
def test_chosen_tokens_become_what_the_mixture_says(mix):
    ids, ordinary = np.arange(1000, 1200), np.ones(200, bool)
    given, chosen, fate = masking.mask_tokens(ids, ordinary, 0.15, MIXES[mix], np.random.default_rng(0))
    assert len(chosen) == 30 == len(set(chosen.tolist()))
    assert (given[chosen[fate == 0]] == 103).all() and (given[chosen[fate == 2]] == ids[chosen[fate == 2]]).all()
    assert {int(f) for f in fate} <= {i for i, share in enumerate(MIXES[mix]) if share}
    assert (np.delete(given, chosen) == np.delete(ids, chosen)).all()


def test_one_word_and_none():
    assert measured(DEMOS["masking"](text="cat"))["chosen"] == 1
    evidence = DEMOS["masking"](text="[MASK] [SEP]")
    assert measured(evidence)["chosen"] == 0 and [n.key for n in evidence.notices] == ["nothing_to_choose"]
    assert all(c.holds for c in evidence.claims)
    for text in ("", "\u200b", "word " * 200):
        with pytest.raises(Refusal):
            DEMOS["masking"](text=text)


# --- fill ------------------------------------------------------------------------------------------------------------
def test_the_guesses_are_those_of_a_typed_mask():
    typed = mlm.load().fill("The old man sat by the fire and read a [MASK] from his son.", k=5).masks[0]
    bars = DEMOS["fill"]().views[1]
    assert list(bars.labels) == [token for token, _ in typed.candidates]
    assert np.allclose(bars.values[""], [p for _, p in typed.candidates], atol=1e-5)


def test_what_the_note_says_of_the_sentence():
    assert preset("fill", "son").views[1].labels[0] == "father" and preset("fill", "fire").views[1].labels[0] == "table"
    costs = DEMOS["fill"]().views[2].values[""]
    assert 0.28 < costs[6] / costs.sum() < 1 / 3 and costs.argmax() == 6
    assert measured(DEMOS["fill"](sentence="Wow!"))["own_rank"] >= 1


# --- both sides ------------------------------------------------------------------------------------------------------
def test_the_words_the_note_names_are_helped_by_the_right_side():
    _, guesses = both_sides.guessed(both_sides.LINE)
    by_word = dict(zip(["old", "by", "the", "and", "from", "his", "son"], guesses, strict=True))
    for word in ("and", "his"):
        assert by_word[word]["both"].rank == 1 < by_word[word]["gpt"].rank
        assert by_word[word]["both"].log_prob > by_word[word]["left"].log_prob
    assert all(guess.rank > 5 for guess in by_word["by"].values())


def test_a_sentence_without_listed_words_is_refused():
    for text, key in (
        ("Wow!", "no_common_word"),
        ("", "empty"),
        ("and " * 40, "too_many_tokens"),
        ("猫", "no_common_word"),
    ):
        with pytest.raises(Refusal) as refused:
            DEMOS["both_sides"](sentence=text)
        assert refused.value.key == key


# --- four shapes -----------------------------------------------------------------------------------------------------
def labels(task: str, first: str, pair: str | None = None, words: str = "") -> list:
    found = four_shapes.labelled(task, bert.load().encode(first, pair), words)
    return [getattr(label, "key", label) for label in found]


def test_labels_by_hand():
    assert labels("pair", "a cat", "a dog") == ["class", None, None, None, None, None, None]
    assert labels("span", "who", "a big cat ran", "big cat") == [None, None, None, "", "start", "end", "", None]
    assert labels("span", "who", "a cat", "cat") == [None, None, None, "", "start_end", None]
    assert labels("tagging", "flightless birds", None, "birds") == [None, "O", None, "B", None]
    assert labels("tagging", "the big cat", None, "big cat") == [None, "O", "B", "I", None]


def test_what_is_not_in_the_text_is_refused():
    for kwargs in ({"task": "span", "answer": "zebra"}, {"task": "tagging", "phrase": "zebra"}):
        with pytest.raises(Refusal) as refused:
            DEMOS["four_shapes"](**kwargs)
        assert refused.value.key == "not_found"
    with pytest.raises(Refusal):
        DEMOS["four_shapes"](second="a [SEP] b")


# --- next sentence ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["random", "same_book", "swapped"])
@pytest.mark.parametrize("n", [3, 4, 7])
def test_pairs_are_half_and_half(kind, n):
    text = " ".join(f"This is sentence {i}." for i in range(n))
    evidence = DEMOS["next_sentence"](text=text, kind=kind, seed=n)
    assert all(c.holds for c in evidence.claims)
    rows = next(v for v in evidence.views if isinstance(v, Table)).rows
    assert len(rows) == min(6, 2 * ((n - 1) // 2)) and sum(row[2].key == "is_next" for row in rows) == len(rows) / 2


def test_texts_that_make_no_pairs():
    many = " ".join(f"Sentence {i}." for i in range(60))
    cases = {"too_few": "One. Two.", "too_many_sentences": many, "too_many_tokens": "word " * 90 + ". b. c. d."}
    for key, text in cases.items():
        with pytest.raises(Refusal) as refused:
            DEMOS["next_sentence"](text=text)
        assert refused.value.key == key
    assert next_sentence.cut("A a.\nB b! 狗叫了。 D d?") == ["A a.", "B b!", "狗叫了。", "D d?"]


# --- fine-tuning -----------------------------------------------------------------------------------------------------
def test_lines_with_signs():
    assert fine_tune.labelled("+ good\n- bad\n−worse") == [("good", 1), ("bad", 0), ("worse", 0)]
    for lines, key in (("good", "no_sign"), ("+", "no_sign"), ("+ a\n+ b", "one_class")):
        with pytest.raises(Refusal) as refused:
            fine_tune.labelled(lines)
        assert refused.value.key == key


def test_train_and_test_are_balanced_and_apart():
    train = fine_tune.labelled(reviews.TRAIN)
    assert sum(label for _, label in train) == 8 == len(train) / 2
    assert sum(label for _, label in reviews.TEST) == 12 == len(reviews.TEST) / 2
    assert not {text for text, _ in train} & {text for text, _ in reviews.TEST}


@pytest.mark.parametrize(("start", "count"), [("frozen", 770), ("lora", 331_776 + 770)])
def test_the_local_bert_is_never_changed(start, count):
    before = [p.clone() for p in bert.load().encoder.parameters()]
    model, trained = fine_tune.begin(start, seed=0)
    assert sum(p.numel() for p in trained) == count
    batch, answers = fine_tune.encoded([("good", 1), ("bad", 0)])
    fine_tune.update(model, torch.optim.AdamW(trained, 0.01), batch, answers)
    assert all(torch.equal(a, b) for a, b in zip(before, bert.load().encoder.parameters(), strict=True))


def test_random_weights_are_a_copy_and_the_seed_s():
    first, second = (fine_tune.begin("random", seed=3)[0].encoder.embedding.token.weight for _ in range(2))
    assert torch.equal(first, second) and not torch.equal(first, bert.load().encoder.embedding.token.weight)


@pytest.mark.long
def test_a_run_counts_its_steps():
    *_, last = fine_tune.fine_tune(Progress(), start="frozen")
    assert list(last.views[0].series[0].x) == list(range(0, fine_tune.STEPS + 1, fine_tune.EVERY))
    assert measured(last)["train_right"] == 1
