"""T9: what the note says in words about its demos, where the house's own tests do not look."""

import json
import math
import subprocess
import sys
from collections import Counter

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bleu
from models.records import Unusable
from models.records import translator as held_out
from pages.t9_bleu.blind_round import TURNS
from pages.t9_bleu.inputs import METHODS
from pages.t9_bleu.where_it_fails import CASES
from study.controls import Refusal, Text
from study.demo import Origin, demos
from study.notes import Lesson
from study.quiz import truth
from study.views import Bars, Chain, Diagram, Lines, Table, Tokens

DEMOS = demos("t9_bleu")


def links(evidence) -> dict[str, float]:
    chains = [v for v in evidence.views if isinstance(v, Chain)]
    return {getattr(key, "key", key): value for chain in chains for key, value in chain.links}


def claims(evidence) -> dict[str, float]:
    assert all(c.holds for c in evidence.claims), evidence.claims
    return {c.name: c.measured for c in evidence.claims}


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def notices(evidence) -> list[str]:
    return [n.key for n in evidence.notices]


def view(evidence, kind, n=0):
    return [v for v in evidence.views if isinstance(v, kind)][n]


def step(evidence, name):
    return next(s.views for s in evidence.steps if s.name == name)


def preset(demo: str, name: str, **given):
    """The evidence after a click on a chip, some controls changed afterwards."""
    values = DEMOS[demo].presets[name] | given
    return DEMOS[demo](**{k: v for k, v in values.items() if k != "step"})


@pytest.mark.parametrize(("demo", "name"), [(demo, name) for demo in DEMOS for name in DEMOS[demo].presets])
def test_a_chip_shows_a_step_that_is_there_and_leaves_no_text_of_before(demo, name):
    wanted = DEMOS[demo].presets[name]
    evidence = preset(demo, name)
    assert evidence.steps and all(c.holds for c in evidence.claims)
    assert "step" not in wanted or wanted["step"] in [s.name for s in evidence.steps]
    texts = {p.name for p in DEMOS[demo].params if isinstance(p.control, Text)}
    if demo != "corpus_vs_sentence":  # its chips take another source, or the same sentences otherwise
        assert texts <= wanted.keys()


def test_neither_torch_nor_sacrebleu_is_imported_before_it_is_needed():
    code = (
        "import sys; from study.demo import demos; demos('t9_bleu'); "
        "sys.exit('torch' in sys.modules or 'sacrebleu' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_interview_makes_its_points(lang):
    interview = Lesson("t9_bleu").interview(lang)
    assert 3 <= len(interview.points) <= 5


def test_predictions_have_the_answers_that_their_reasons_tell():
    items = [item for item in Lesson("t9_bleu").quiz("en") if item.kind == "predict"]
    answers = {item.id: truth("t9_bleu", item).measured for item in items}
    assert answers == pytest.approx({"clipped_p1": 300 / 7, "a_third_missing": math.exp(-1 / 2)})


# --- two sentences ---------------------------------------------------------------------------------------------------
def test_the_picture_and_the_sum_on_paper():
    """7/8, 5/7, 3/6 and 1/5: their product is 1/16."""
    texts = [row[0] for row in view(DEMOS["two_sentences"](), Diagram).table()[1]]
    assert [t for t in texts if isinstance(t, str) and "/" in t] == ["p₁ = 7/8", "p₂ = 5/7", "p₃ = 3/6", "p₄ = 1/5"]
    assert claims(DEMOS["two_sentences"]())["mean"] == pytest.approx(50)
    result = next(dict(t.values) for t in texts if getattr(t, "key", "") == "result")
    assert result == {"mean": "0.50", "bp": "0.78", "bleu": "0.39"}


def test_the_bug_of_the_quiz_is_one():
    """Added up over references, the counts of clipped_p1 allow five matches of seven, not three."""
    code = next(item.code for item in Lesson("t9_bleu").quiz("en") if item.code)
    names = {"Counter": Counter, "grams": bleu.ngrams}
    texts = tuple("天天天天天天天"), [tuple("好好学习天天向上"), tuple("天天看天")], 1
    for source, wanted in ((code, 5), (code.replace("+=", "|="), 3)):
        exec(source, names)
        assert names["clipped_matches"](*texts) == wanted
    assert bleu.clipped_matches(*texts) == 3


# --- anatomy ---------------------------------------------------------------------------------------------------------
def test_seven_times_the():
    """Papineni et al. 2002, §2.1: two of seven count, five are clipped."""
    evidence = preset("anatomy", "the_the")
    marks = [s.mark for s in sorted(view(evidence, Tokens).spans, key=lambda s: s.start)]
    assert marks == ["right"] * 2 + ["clip"] * 5
    assert view(evidence, Table).rows == (("the", 7, 2, 2),)
    assert claims(evidence)["highlighted"] == pytest.approx(200 / 7)


def test_of_the_has_perfect_precision_and_pays_for_its_length():
    """The paper's example 3, §2.2."""
    found = links(preset("anatomy", "too_short"))
    assert found["average"] == pytest.approx(100) and found["length_c"] == 2
    assert found["bleu"] == pytest.approx(0.06, abs=0.005)


def test_order_and_meaning():
    assert links(preset("anatomy", "negation"))["bleu"] == pytest.approx(71, abs=0.5)
    synonym = {"candidate": "The film was wonderful.", "references": "The movie was great."}
    assert links(DEMOS["anatomy"](**synonym))["bleu"] == pytest.approx(14, abs=0.5)
    by_smoothing = [links(preset("anatomy", "word_order", smooth=m))["bleu"] for m in METHODS]
    assert min(by_smoothing) == 0 and max(by_smoothing) == pytest.approx(51, abs=0.5)
    assert claims(preset("anatomy", "word_order", n=1))["highlighted"] == 100
    assert claims(preset("anatomy", "word_order", n=3))["highlighted"] == 0


def test_two_perfect_words():
    words = {"candidate": "Good morning", "references": "Good morning"}
    assert links(DEMOS["anatomy"](**words))["bleu"] == pytest.approx(100)
    alone = DEMOS["anatomy"](**words, effective=False)
    assert links(alone)["bleu"] == 0 and notices(alone) == ["zero_order"]
    added = DEMOS["anatomy"](**words, effective=False, smooth="add-k")
    assert links(added)["bleu"] == pytest.approx(100) and notices(added) == ["add_k"]


def test_chinese_n_grams_are_n_characters_long():
    western = preset("anatomy", "chinese")
    assert links(western)["bleu"] == 0 and notices(western) == ["one_run", "no_match"]
    assert links(preset("anatomy", "chinese", tokenize="zh"))["bleu"] == pytest.approx(31, abs=0.5)
    for n, grams, share in ((2, 6, 50), (3, 5, 20)):
        evidence = preset("anatomy", "chinese", tokenize="zh", n=n)
        assert len(view(evidence, Table).rows) == grams
        assert measured(evidence)[f"p_{n}"] == pytest.approx(share / 100)
        assert claims(evidence)["highlighted"] == pytest.approx(share)


def test_the_closest_reference_is_named_and_empty_ones_are_left_out():
    evidence = DEMOS["anatomy"](candidate="a b c", references="a b c d\n  \na b\n")
    titles = [(v.title.key, dict(v.title.values)) for v in step(evidence, "tokens")][1:]
    assert titles == [("other", {"k": 1, "length": 4}), ("closest", {"k": 2, "length": 2})]  # of two, the shorter
    assert links(evidence)["length_r"] == 2


def test_a_score_is_the_product_of_what_stands_beside_it():
    """Every smoothing: the three rows of the last step lead from the precisions to the score in large type."""
    for smooth in METHODS:
        evidence = DEMOS["anatomy"](smooth=smooth, candidate="The cat is on the mat.")
        found = links(evidence)
        assert found["mean"] * found["bp"] == pytest.approx(found["bleu"]) and found["mean"] == found["average"]
        assert measured(evidence)["bleu"] == found["bleu"] and measured(evidence)["bp"] == found["bp"] < 1


def test_no_tokens_and_too_many_characters():
    with pytest.raises(Refusal, match="no_tokens"):
        DEMOS["anatomy"](candidate="<skipped>")
    with pytest.raises(Refusal, match="too_many_characters"):
        DEMOS["anatomy"](candidate="x" * 301)
    with pytest.raises(Refusal, match="empty"):
        DEMOS["anatomy"](references=" ")


WORDS = ["the", "cat", ".", "3.14", "你好", "，", "&amp;", "𠀀", "x-\n", "{n}", "—"]
words = st.lists(st.sampled_from(WORDS), max_size=9)
line = st.one_of(words.map(" ".join), words.map("".join), st.text(max_size=30)).map(lambda s: f"a {s}")


@settings(max_examples=120, derandomize=True, deadline=None, database=None)
@given(st.tuples(line, line, line), st.integers(1, 4), st.sampled_from(["13a", "zh", "char", "none", "intl"]),
       st.sampled_from(METHODS), st.booleans())  # fmt: skip
def test_anatomy_of_anything(texts, n, tokenize, smooth, effective):
    candidate, reference, second = texts
    evidence = DEMOS["anatomy"](
        candidate=candidate,
        references="\n".join(text.replace("\n", " ") for text in (reference, second)),
        n=n,
        tokenize=tokenize,
        smooth=smooth,
        effective=effective,
    )
    assert claims(evidence).keys() >= {"same_score", "same_precisions", "same_penalty", "same_lengths", "by_hand"}
    assert all(math.isfinite(value) for value in links(evidence).values())


# --- penalty ---------------------------------------------------------------------------------------------------------
def test_what_a_short_translation_pays():
    assert measured(DEMOS["penalty"]()) == pytest.approx({"missing": 0.25, "lost": 0.28}, abs=0.005)
    assert claims(DEMOS["penalty"](c=10, r=20))["same_penalty"] == pytest.approx(math.exp(-1))
    assert measured(DEMOS["penalty"](c=30, r=20))["lost"] == 0
    assert [s.name for s in view(DEMOS["penalty"](), Lines, 1).series] == ["closest"]
    half = preset("penalty", "half")
    assert measured(half) == pytest.approx({"missing": 0.5, "lost": 1 - math.exp(-1)})
    assert claims(preset("penalty", "too_long"))["same_penalty"] == 1
    second = preset("penalty", "second")
    assert claims(second)["same_penalty"] == 1 and links(second)["r"] == 9
    closest, shortest, longest = (s.y for s in view(second, Lines, 1).series)  # of 1, 2, … words in the candidate
    assert (closest[:10] == shortest[:10]).all() and (closest[10:] == longest[10:]).all()
    assert closest[10] < shortest[10] and closest[8] > longest[8]


def test_the_closest_length_of_two():
    assert links(DEMOS["penalty"](c=9, r=12, second=9))["bp"] == 1
    assert links(DEMOS["penalty"](c=10, r=12, second=8))["r"] == 8
    rules = view(DEMOS["penalty"](c=9, r=12, second=15), Lines, 1)
    assert [s.name for s in rules.series] == ["closest", "shortest", "longest"]


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40))
def test_penalty_of_any_lengths(c, r, second):
    assert 0 <= claims(DEMOS["penalty"](c=c, r=r, second=second))["same_penalty"] <= 1


# --- corpus and sentence ---------------------------------------------------------------------------------------------
def test_the_two_numbers_of_the_note():
    evidence = DEMOS["corpus_vs_sentence"]()
    assert measured(evidence) == pytest.approx({"corpus": 71.2, "mean": 66.5, "gap": 4.7}, abs=0.05)
    unsmoothed = measured(preset("corpus_vs_sentence", "unsmoothed"))
    assert unsmoothed == pytest.approx({"corpus": 71.2, "mean": 62.0, "gap": 9.2}, abs=0.05)
    assert claims(evidence)["counts_add_up"] == 0
    bars = view(evidence, Bars)
    assert min(bars.values["mean"]) == pytest.approx(62.0, abs=0.05)
    assert max(bars.values["mean"]) == pytest.approx(70.7, abs=0.05)
    corpus = dict(zip(bars.labels, bars.values["corpus"], strict=True))
    assert corpus["exp"] == corpus["floor"] == corpus["none"] < corpus["add-k"] < corpus["exp"] + 1
    second, total = view(evidence, Table).rows[1], view(evidence, Table).rows[-1]
    assert (second[5], total[5]) == (3, 32)


def corpus(hyps: str, refs: str, **given) -> float:
    evidence = DEMOS["corpus_vs_sentence"](hyps=hyps, refs=refs, **given)
    assert claims(evidence)
    return measured(evidence)["corpus"]


def test_one_line_for_one_line():
    with pytest.raises(Refusal) as refusal:
        DEMOS["corpus_vs_sentence"](hyps="one\n\ntwo", refs="one")
    assert refusal.value.key == "lines_differ" and dict(refusal.value.values) == {"hyps": 3, "refs": 1}


CAT, RAIN = "The cat sat on the mat.", "It rains all day today."


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_blank_line_is_a_sentence(end):
    """Left out, it would pair the lines after it with the wrong ones: 100 instead of 55.26 here, with every tick."""
    hyps, refs = [CAT, "", RAIN], [CAT, RAIN, ""]
    wanted = sacrebleu.corpus_bleu(hyps, [refs]).score
    assert wanted == pytest.approx(55.2587, abs=5e-5)
    assert corpus("\n".join(hyps), "\n".join(refs) + end) == pytest.approx(wanted, abs=1e-9)
    assert corpus("\r\n".join(hyps) + end, "\n".join(refs)) == pytest.approx(wanted, abs=1e-9)


def test_a_line_feed_at_the_end_is_a_sentence_only_where_the_other_text_has_one_more():
    assert corpus(f"{CAT}\n{RAIN}\n", f"{CAT}\n{RAIN}") == pytest.approx(100)
    assert corpus(f"{CAT}\n", f"{CAT}\n{RAIN}") < 100
    for hyps, refs in ((CAT, f"{CAT}\n{RAIN}"), (CAT, f"{CAT}\n\n"), (f"\n{CAT}", CAT), (f"{CAT}\n", f"{CAT}\n\n\n")):
        with pytest.raises(Refusal, match="lines_differ"):
            corpus(hyps, refs)


@pytest.mark.parametrize("mark", "\v\f\x1c\x1d\x1e\x85\u2028\u2029")
def test_only_a_line_feed_ends_a_line(mark):
    """str.splitlines cuts at all of these, too; to the tokenizer they are white space."""
    assert corpus(f"The cat{mark}sat on the mat.\n{RAIN}", f"{CAT}\n{RAIN}") == pytest.approx(100)
    assert corpus(f"The cat{mark}sat on the mat.\n{RAIN}", f"The cat sat\von the mat.\n{RAIN}") == pytest.approx(100)
    assert corpus(f"{CAT}\n{RAIN}", f"{CAT}{mark}\n{RAIN}") == pytest.approx(100)


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=7), st.sampled_from(METHODS))
def test_any_corpus(pairs, smooth):
    hyps, refs = (["x", *(" ".join(p[side]).replace("\n", " ") for p in pairs)] for side in (0, 1))  # "": a blank line
    wanted = sacrebleu.corpus_bleu(hyps, [refs], smooth_method=smooth, force=True).score
    assert corpus("\n".join(hyps), "\n".join(refs), smooth=smooth) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(("hyps", "refs"), [
    ("a b c d", "e f g h"), ("the", "ein\n"), ("<skipped>", "a b"), ("<skipped>\na", "<skipped>\nb"),
    ("-\n-", ".\u200b\n\u200b"), ("a\n\n\n", "b\n\n\n"), ("我爱北京", "أحب بكين"), ("\u202e🙂", "🙂"),
])  # fmt: skip
def test_texts_that_share_nothing_are_scored_as_sacrebleu_scores_them(hyps, refs):
    for tokenize in ("13a", "zh", "char", "none", "intl"):
        for smooth in METHODS:
            assert corpus(hyps, refs, tokenize=tokenize, smooth=smooth) >= 0


# --- tokenizers ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("example", "scores"),
    [
        ("", {"13a": 67, "intl": 54, "zh": 79, "char": 91, "none": 67}),
        ("numbers", {"13a": 0, "intl": 19, "zh": 48, "char": 55, "none": 0}),
    ],
)
def test_five_scores(example, scores):
    evidence = preset("tokenizers", example) if example else DEMOS["tokenizers"]()
    bars = view(evidence, Bars)
    found = dict(zip(bars.labels, bars.values[""].tolist(), strict=True))
    assert found == pytest.approx(scores, abs=0.5) and claims(evidence)["same_tokens"] == 0
    assert "tok:…" in evidence.source and "13a" not in evidence.source  # each score has a tokenizer of its own
    assert notices(evidence) == ["reference_of"]
    said = {dict(v.title.values)["tokenizer"]: float(dict(v.title.values)["score"]) for v in step(evidence, "cuts")}
    assert said == pytest.approx(found, abs=0.051)


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
    (*closely, texts), (spread, scores) = step(evidence, "pair"), step(evidence, "all")
    assert [row[0].key for row in scores.rows] == ["greedy", "beam", "all_greedy", "all_beam"]
    assert [dict(row[-1].values)["n"] for row in scores.rows] == [3, 3, 9, 9]
    told = [float(dict(v.title.values)["bleu"]) for v in closely]
    assert texts.rows[0][1] == "我累了。" and told[1] > told[0]
    this = [measured(evidence)[f"this_{search}"] for search in ("greedy", "beam")]
    assert this == pytest.approx(told, abs=0.051)
    assert texts.rows[-1][1] == "Tatoeba, CC-BY 2.0 (France) #1"
    assert dict(spread.title.values) == {"pairs": 3}
    assert measured(evidence)["corpus_beam"] == scores.rows[1][1] > measured(evidence)["corpus_greedy"]
    assert sum(spread.values["greedy"]) == 3 and spread.values["greedy"][-1] == 1  # the perfect one
    assert measured(evidence)["beam_better"] == pytest.approx(2 / 3) and measured(evidence)["beam_worse"] == 0


def test_translations_that_say_what_the_reference_says_and_score_low():
    found = [measured(preset("our_translator", name)) for name in ("other_words", "stole", "beam_helps")]
    assert [m["this_greedy"] for m in found] == pytest.approx([15, 23, 15], abs=0.5)
    assert found[2]["this_beam"] == pytest.approx(59, abs=0.5)
    greedy, beam = (row[2:7] for row in step(DEMOS["our_translator"](), "all")[1].rows[:2])
    begin = measured(DEMOS["our_translator"]())  # with two translations that differ
    assert 0 < begin["this_greedy"] < begin["this_beam"] < 100
    assert all(a < b for a, b in zip(greedy[:4], beam[:4], strict=True)) and greedy[4] > beam[4]


def test_an_empty_translation_and_a_slider_past_the_last_pair(three_pairs):
    evidence = DEMOS["our_translator"](pair=500, n=4)
    assert dict(view(evidence, Table).title.values) == {"pair": 3, "pairs": 3}
    assert view(evidence, Tokens).tokens == ("",) and claims(evidence)


def test_held_out_sentences_as_a_corpus(three_pairs):
    evidence = DEMOS["corpus_vs_sentence"](source="held_out", pairs=20)
    assert claims(evidence) and evidence.origin is Origin.TRAINED_HERE
    assert view(evidence, Lines).here == 3


@pytest.mark.parametrize(("demo", "given"), [("our_translator", {}), ("corpus_vs_sentence", {"source": "held_out"})])
def test_missing_files_are_named(demo, given, tmp_path, monkeypatch):
    load = held_out.load
    monkeypatch.setattr(held_out, "load", lambda: load(tmp_path))
    with pytest.raises(Unusable) as error:
        DEMOS[demo](**given)
    assert error.value.reason == "checkpoint_missing"


# --- where it fails --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("case", CASES)
def test_a_wrong_translation_above_a_right_one(case):
    evidence = DEMOS["where_it_fails"](case=case)
    assert claims(evidence)["wrong_above_right"] > 0
    assert f"tok:{CASES[case][-1]}|" in evidence.source
    found = measured(evidence)
    assert found.items() >= {"bleu_misranks": 7, "chrf_misranks": 6, "cases": 7}.items()
    right, wrong = (view(evidence, Bars).values[side][0] for side in ("right", "wrong"))
    assert (right, wrong) == (found["bleu_right"], found["bleu_wrong"]) and right < wrong


def test_chrf_gets_only_the_spelling_right():
    rows = view(DEMOS["where_it_fails"](), Table).rows
    assert [row[0].key for row in rows if row[3] > row[4]] == ["spelling"]
    kinship = next(row for row in rows if row[0].key == "kinship")
    assert kinship[1:3] == pytest.approx((11, 75), abs=0.5)


# --- blind round -----------------------------------------------------------------------------------------------------
def test_nothing_is_told_before_the_reveal():
    for values in ({}, {"best": "A"}, {"best": "B", "worst": "C", "turn": 4}):
        evidence = DEMOS["blind_round"](**values)
        assert len(evidence.views) == 1 and not evidence.claims and not evidence.measured and not evidence.notices


def test_who_has_not_ranked_gets_no_rank():
    for values in ({}, {"best": "B"}, {"worst": "C"}):
        evidence = DEMOS["blind_round"](reveal=True, **values)
        assert [row[2] for row in view(evidence, Table).rows] == [None] * 5
        assert notices(evidence) == ["why_1", "not_ranked"] and "you_and_us" not in measured(evidence)


def test_ours_and_bleus_rankings():
    agree = [measured(DEMOS["blind_round"](turn=i + 1, reveal=True))["us_and_bleu"] for i in range(6)]
    assert sum(agree) == 9 and agree.count(3) == 2
    assert all(sorted(turn.ours) == list("ABC") for turn in TURNS)
    assert measured(DEMOS["blind_round"](reveal=True))["all_turns"] == 9


def test_your_ranking():
    ours = TURNS[0].ours
    right = measured(DEMOS["blind_round"](best=ours[0], worst=ours[2], reveal=True))
    assert right["you_and_us"] == 3
    wrong = measured(DEMOS["blind_round"](best=ours[2], worst=ours[0], reveal=True))
    assert wrong["you_and_us"] == 0
    twice = DEMOS["blind_round"](best="B", worst="B", reveal=True)
    assert notices(twice) == ["why_1", "same_twice"] and "you_and_us" not in measured(twice)
