"""T9: what the note says in words about its demos, where the house's own tests do not look."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bleu_cases, held_out
from pages import t9_bleu
from study.demo import Origin, Refusal, Tokens, demos
from study.notes import Lesson
from study.views import Bars, Chain, Histogram, Lines, Table

DEMOS = demos("t9_bleu")


def links(evidence) -> dict[str, float]:
    chain = next(v for v in evidence.views if isinstance(v, Chain))
    return {getattr(key, "key", key): value for key, value in chain.links}


def claims(evidence) -> dict[str, float]:
    assert all(c.holds for c in evidence.claims), evidence.claims
    return {c.name: c.measured for c in evidence.claims}


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def notices(evidence) -> list[str]:
    return [n.key for n in evidence.notices]


def view(evidence, kind, n=0):
    return [v for v in evidence.views if isinstance(v, kind)][n]


def test_neither_torch_nor_sacrebleu_is_imported_before_it_is_needed():
    code = "import sys, pages.t9_bleu; sys.exit('torch' in sys.modules or 'sacrebleu' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_interview_makes_its_points(lang):
    interview = Lesson("t9_bleu").interview(lang)
    assert 3 <= len(interview.points) <= 5


# --- anatomy ---------------------------------------------------------------------------------------------------------
def test_seven_times_the():
    """Papineni et al. 2002, §2.1: two of seven count, five are clipped."""
    evidence = DEMOS["anatomy"](example="the_the", n=1)
    marks = [s.mark for s in sorted(view(evidence, Tokens).spans, key=lambda s: s.start)]
    assert marks == ["right"] * 2 + ["clip"] * 5
    assert view(evidence, Table).rows == (("the", 7, 2, 2),)
    assert claims(evidence)["highlighted"] == pytest.approx(200 / 7)


def test_of_the_has_perfect_precision_and_pays_for_its_length():
    """The paper's example 3, §2.2."""
    found = links(DEMOS["anatomy"](example="too_short"))
    assert found["average"] == pytest.approx(100) and found["length_c"] == 2
    assert found["bleu"] == pytest.approx(0.06, abs=0.005)


def test_order_and_meaning():
    assert links(DEMOS["anatomy"](example="negation"))["bleu"] == pytest.approx(71, abs=0.5)
    assert links(DEMOS["anatomy"](example="synonym"))["bleu"] == pytest.approx(14, abs=0.5)
    by_smoothing = [links(DEMOS["anatomy"](example="word_order", smooth=m))["bleu"] for m in t9_bleu.METHODS]
    assert min(by_smoothing) == 0 and max(by_smoothing) == pytest.approx(51, abs=0.5)
    assert claims(DEMOS["anatomy"](example="word_order", n=1))["highlighted"] == 100
    assert claims(DEMOS["anatomy"](example="word_order", n=3))["highlighted"] == 0


def test_two_perfect_words():
    assert links(DEMOS["anatomy"](example="two_words"))["bleu"] == pytest.approx(100)
    alone = DEMOS["anatomy"](example="two_words", effective=False)
    assert links(alone)["bleu"] == 0 and notices(alone) == ["zero_order"]
    added = DEMOS["anatomy"](example="two_words", effective=False, smooth="add-k")
    assert links(added)["bleu"] == pytest.approx(100) and notices(added) == ["add_k"]


def test_chinese_n_grams_are_n_characters_long():
    western = DEMOS["anatomy"](example="chinese")
    assert links(western)["bleu"] == 0 and notices(western) == ["one_run", "no_match"]
    assert links(DEMOS["anatomy"](example="chinese", tokenize="zh"))["bleu"] == pytest.approx(31, abs=0.5)
    for n, grams, share in ((2, 6, 50), (3, 5, 20)):
        evidence = DEMOS["anatomy"](example="chinese", tokenize="zh", n=n)
        assert len(view(evidence, Table).rows) == grams
        assert claims(evidence)["highlighted"] == pytest.approx(share)


def test_the_closest_reference_is_named_and_empty_ones_are_left_out():
    evidence = DEMOS["anatomy"](candidate="a b c", reference="a b c d", reference_2="  ", reference_3="a b")
    titles = [(v.title.key, dict(v.title.values)) for v in evidence.views if isinstance(v, Tokens)][1:]
    assert titles == [("other", {"k": 1, "length": 4}), ("closest", {"k": 2, "length": 2})]  # of two, the shorter
    assert links(evidence)["length_r"] == 2


def test_an_example_does_not_read_the_boxes():
    first = DEMOS["anatomy"](example="synonym")
    assert DEMOS["anatomy"](example="synonym", candidate="", reference="x" * 999) is first


def test_no_tokens_and_too_many_characters():
    with pytest.raises(Refusal, match="no_tokens"):
        DEMOS["anatomy"](candidate="<skipped>")
    with pytest.raises(Refusal, match="too_many_characters"):
        DEMOS["anatomy"](candidate="x" * 301)
    with pytest.raises(Refusal, match="empty"):
        DEMOS["anatomy"](reference=" ")


WORDS = ["the", "cat", ".", "3.14", "你好", "，", "&amp;", "𠀀", "x-\n", "{n}", "—"]
words = st.lists(st.sampled_from(WORDS), max_size=9)
line = st.one_of(words.map(" ".join), words.map("".join), st.text(max_size=30)).map(lambda s: f"a {s}")


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(st.tuples(line, line, line), st.integers(1, 4), st.sampled_from(["13a", "zh", "char", "none", "intl"]),
       st.sampled_from(t9_bleu.METHODS), st.booleans())  # fmt: skip
def test_anatomy_of_anything(texts, n, tokenize, smooth, effective):
    candidate, reference, second = texts
    evidence = DEMOS["anatomy"](candidate=candidate, reference=reference, reference_2=second, n=n, tokenize=tokenize,
                                smooth=smooth, effective=effective)  # fmt: skip
    assert claims(evidence).keys() >= {"same_score", "same_precisions", "same_penalty", "same_lengths", "by_hand"}
    assert all(math.isfinite(value) for value in links(evidence).values())


# --- penalty ---------------------------------------------------------------------------------------------------------
def test_what_a_short_translation_pays():
    assert measured(DEMOS["penalty"]()) == pytest.approx({"missing": 25, "lost": 28}, abs=0.5)
    assert claims(DEMOS["penalty"](c=10, r=20))["same_penalty"] == pytest.approx(math.exp(-1))
    assert measured(DEMOS["penalty"](c=30, r=20))["lost"] == 0
    assert len(DEMOS["penalty"]().views) == 2


def test_the_closest_length_of_two():
    assert links(DEMOS["penalty"](c=9, r=12, second=9))["bp"] == 1
    assert links(DEMOS["penalty"](c=10, r=12, second=8))["length_r"] == 8
    rules = view(DEMOS["penalty"](c=9, r=12, second=15), Lines, 1)
    assert [s.name for s in rules.series] == ["closest", "shortest", "longest"]


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40))
def test_penalty_of_any_lengths(c, r, second):
    assert 0 <= claims(DEMOS["penalty"](c=c, r=r, second=second))["same_penalty"] <= 1


# --- corpus and sentence ---------------------------------------------------------------------------------------------
def test_the_two_numbers_of_the_note():
    evidence = DEMOS["corpus_vs_sentence"]()
    assert links(evidence) == pytest.approx({"mean": 66.5, "corpus": 71.2, "gap": 4.7}, abs=0.05)
    assert claims(evidence)["counts_add_up"] == 0
    bars = view(evidence, Bars)
    assert min(bars.values["mean"]) == pytest.approx(62.0, abs=0.05)
    assert max(bars.values["mean"]) == pytest.approx(70.7, abs=0.05)
    corpus = dict(zip(bars.labels, bars.values["corpus"], strict=True))
    assert corpus["exp"] == corpus["floor"] == corpus["none"] < corpus["add-k"] < corpus["exp"] + 1
    second, total = view(evidence, Table).rows[1], view(evidence, Table).rows[-1]
    assert (second[5], total[5]) == (3, 32)


def test_one_line_for_one_line():
    with pytest.raises(Refusal) as refusal:
        DEMOS["corpus_vs_sentence"](hyps="one\n\ntwo", refs="one")
    assert refusal.value.key == "lines_differ" and dict(refusal.value.values) == {"hyps": 2, "refs": 1}


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=8), st.sampled_from(t9_bleu.METHODS))
def test_any_corpus(pairs, smooth):
    hyps, refs = ("\n".join(" ".join(["x", *p[side]]).replace("\n", " ") for p in pairs) for side in (0, 1))
    assert claims(DEMOS["corpus_vs_sentence"](hyps=hyps, refs=refs, smooth=smooth))


# --- tokenizers ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("example", "scores"),
    [
        ("custom", {"13a": 67, "intl": 54, "zh": 79, "char": 91, "none": 67}),
        ("numbers", {"13a": 0, "intl": 19, "zh": 48, "char": 55, "none": 0}),
    ],
)
def test_five_scores(example, scores):
    evidence = DEMOS["tokenizers"](example=example)
    bars = view(evidence, Bars)
    found = dict(zip(bars.labels, bars.values[""].tolist(), strict=True))
    assert found == pytest.approx(scores, abs=0.5) and claims(evidence)["same_tokens"] == 0


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(line, line)
def test_any_text_is_cut_as_sacrebleu_cuts_it(candidate, reference):
    assert claims(DEMOS["tokenizers"](candidate=candidate, reference=reference))["same_tokens"] == 0


# --- our translator --------------------------------------------------------------------------------------------------
@pytest.fixture
def three_pairs(tmp_path, monkeypatch):
    """Stands for the checkpoint's files: one perfect translation, one bad, one empty."""
    rows = [("你好。", "Hello there, my friend.", "Hello there, my friend.", "Hello there, my friend."),
            ("我累了。", "I am very tired today.", "I tired.", "I am tired today."),
            ("他走了。", "He has gone.", "", "He has gone away.")]  # fmt: skip
    names = ("chinese", "english", "greedy", "beam", "attribution")
    pairs = [dict(zip(names, (*row, f"CC-BY 2.0 (France) #{i}"), strict=True)) for i, row in enumerate(rows)]
    score = {"bleu": 30.0, "precisions": [60, 40, 25, 16], "bp": 0.9, "pairs": 9, "exact": 1}
    results = {"parameters": 1, "minutes": 1, "pairs": {"test": 9}, "test": {"greedy": score, "beam 4": score},
               "curve": []}  # fmt: skip
    (tmp_path / "held_out.json").write_text(json.dumps({"beam": 4, "pairs": pairs}), "utf-8")
    (tmp_path / "results.json").write_text(json.dumps(results), "utf-8")
    load, read = held_out.load, held_out.results
    monkeypatch.setattr(held_out, "load", lambda: load(tmp_path))
    monkeypatch.setattr(held_out, "results", lambda: read(tmp_path))


def test_the_translators_scores(three_pairs):
    evidence = DEMOS["our_translator"](pair=2)
    assert evidence.origin is Origin.TRAINED_HERE and evidence.source.endswith("CARD.md")
    assert claims(evidence)["same_beam"] > claims(evidence)["same_greedy"]
    scores, texts = view(evidence, Table), view(evidence, Table, 1)
    assert [column.key for column in scores.columns[1:]] == ["greedy", "beam_of", "all_greedy", "all_beam"]
    assert scores.rows[-1][1:] == (3, 3, 9, 9)
    assert texts.rows[0][1] == "我累了。" and texts.rows[3][2] > texts.rows[2][2]
    assert texts.rows[-1][1] == "Tatoeba, CC BY 2.0 FR. CC-BY 2.0 (France) #1"
    assert sum(view(evidence, Histogram).counts["greedy"]) == 3
    assert measured(evidence)["beam_better"] == pytest.approx(200 / 3) and measured(evidence)["beam_worse"] == 0


def test_an_empty_translation_and_a_slider_past_the_last_pair(three_pairs):
    evidence = DEMOS["our_translator"](pair=500, n=4)
    assert dict(view(evidence, Table, 1).title.values) == {"pair": 3, "pairs": 3}
    assert view(evidence, Tokens).tokens == ("",) and claims(evidence)


def test_held_out_sentences_as_a_corpus(three_pairs):
    evidence = DEMOS["corpus_vs_sentence"](source="held_out", pairs=20)
    assert claims(evidence) and evidence.origin is Origin.TRAINED_HERE
    assert view(evidence, Lines).here == 3


@pytest.mark.parametrize(("demo", "given"), [("our_translator", {}), ("corpus_vs_sentence", {"source": "held_out"})])
def test_missing_files_are_named(demo, given, tmp_path, monkeypatch):
    load = held_out.load
    monkeypatch.setattr(held_out, "load", lambda: load(tmp_path))
    with pytest.raises(held_out.Unavailable) as error:
        DEMOS[demo](**given)
    assert error.value.reason == "checkpoint_missing"


# --- where it fails --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", bleu_cases.CASES)
def test_a_wrong_translation_above_a_right_one(case):
    evidence = DEMOS["where_it_fails"](case=case)
    assert claims(evidence)["wrong_above_right"] > 0
    assert measured(evidence) == {"bleu_misranks": 7, "chrf_misranks": 6, "cases": 7}
    assert view(evidence, Bars).values["right"][0] < view(evidence, Bars).values["wrong"][0]


def test_chrf_gets_only_the_spelling_right():
    rows = view(DEMOS["where_it_fails"](), Table, 1).rows
    assert [row[0].key for row in rows if row[3] > row[4]] == ["spelling"]
    kinship = next(row for row in rows if row[0].key == "kinship")
    assert kinship[1:3] == pytest.approx((11, 75), abs=0.5)


# --- blind round -----------------------------------------------------------------------------------------------------
def test_nothing_is_told_before_the_reveal():
    evidence = DEMOS["blind_round"]()
    assert len(evidence.views) == 1 and not evidence.claims and not evidence.measured and not evidence.notices


def test_ours_and_bleus_rankings():
    agree = [measured(DEMOS["blind_round"](turn=i + 1, reveal=True))["us_and_bleu"] for i in range(6)]
    assert sum(agree) == 9 and agree.count(3) == 2
    assert all(sorted(turn[3]) == list("ABC") for turn in bleu_cases.TURNS)
    assert measured(DEMOS["blind_round"](reveal=True))["all_turns"] == 9


def test_your_ranking():
    ours = bleu_cases.TURNS[0][3]
    right = measured(DEMOS["blind_round"](best=ours[0], worst=ours[2], reveal=True))
    assert right["you_and_us"] == 3
    wrong = measured(DEMOS["blind_round"](best=ours[2], worst=ours[0], reveal=True))
    assert wrong["you_and_us"] == 0
    twice = DEMOS["blind_round"](best="B", worst="B", reveal=True)
    assert notices(twice) == ["why_1", "same_twice"] and "you_and_us" not in measured(twice)
