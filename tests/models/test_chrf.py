"""models.chrf: published values, a brute force of its own, sacrebleu's public functions, and what is refused."""

import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from models import chrf

WORDS = ["the", "cats", "cat.", "(hi)", "你好", "，", "猫。", "ß", "İ", "é", "😀", "👩‍👩‍👧", "\u3000", "\n", "3.14"]
segment = st.one_of(
    st.lists(st.sampled_from(["a", "b", "ab", "."]), max_size=9).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map("".join),
    st.text(max_size=12),
)
options = st.fixed_dictionaries(
    {
        "char_order": st.integers(1, 7),
        "word_order": st.integers(0, 3),
        "beta": st.sampled_from([0, 0.5, 1, 2, 3]),
        "lowercase": st.booleans(),
    }
)


def repeatable(examples):
    return settings(derandomize=True, max_examples=examples, deadline=None, database=None)


@st.composite
def corpora(draw):
    """1 to 4 hypotheses and 1 to 3 streams; references are missing (None) where there is another."""
    n, streams = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    hyps = draw(st.lists(segment, min_size=n, max_size=n))
    refs = [[draw(segment | st.sampled_from(hyps)) for _ in hyps] for _ in range(streams)]
    for stream in refs[1:]:
        for i in range(n):
            stream[i] = None if draw(st.integers(0, 5)) == 0 else stream[i]
    return hyps, refs


# ---- the same in the plainest way, for characters: lists, of which what matches is taken away


def brute_counts(hyp, ref, char_order):
    """(matches, in the hypothesis, in the reference) for each n."""
    found = []
    for n in range(1, char_order + 1):
        a, b = ("".join(c for c in text if not c.isspace()) for text in (hyp, ref))
        ours = [a[i : i + n] for i in range(len(a)) if i + n <= len(a)]
        theirs = [b[i : i + n] for i in range(len(b)) if i + n <= len(b)]
        left = list(theirs)
        for gram in ours:
            if gram in left:
                left.remove(gram)
        found.append((len(theirs) - len(left), len(ours) if theirs else 0, len(theirs)))
    return found


def brute_chrf(counts, beta):
    """Precision, recall and F, 0..1, of summed counts."""
    used = [(m / h, m / r) for m, h, r in counts if h and r]
    if not used:
        return 0, 0, 0
    p, r = (sum(column) / len(used) for column in zip(*used, strict=True))
    return p, r, (1 + beta**2) * p * r / (beta**2 * p + r) if p and r else 0


@repeatable(200)
@given(corpora(), options)
def test_the_brute_force_agrees(corpus, options):
    hyps, refs = corpus
    order, beta = options["char_order"], options["beta"]
    options = {**options, "word_order": 0, "lowercase": False}
    total = [(0, 0, 0)] * order
    for i, hyp in enumerate(hyps):
        each = [brute_counts(hyp, stream[i], order) for stream in refs if stream[i] is not None]
        best = max(each, key=lambda counts: brute_chrf(counts, beta)[2])  # the first of equals
        total = [tuple(map(sum, zip(*pair, strict=True))) for pair in zip(total, best, strict=True)]
    found = chrf.corpus_chrf(hyps, refs, **options)
    assert list(zip(found.matches, found.sys_totals, found.ref_totals, strict=True)) == total
    expected = [100 * x for x in brute_chrf(total, beta)]
    assert [found.precision, found.recall, found.f] == pytest.approx(expected, abs=1e-9)
    assert found.score == pytest.approx(found.f, abs=1e-9)


@repeatable(200)
@given(corpora(), options)
def test_scores_are_sacrebleus(corpus, options):
    hyps, refs = corpus
    theirs = sacrebleu.CHRF(**options)
    found = chrf.corpus_chrf(hyps, refs, **options)
    assert found.score == theirs.corpus_score(hyps, refs).score
    for i, hyp in enumerate(hyps):
        one = [stream[i] for stream in refs if stream[i] is not None]
        assert chrf.sentence_chrf(hyp, one, **options).score == theirs.sentence_score(hyp, one).score
    orders = options["char_order"] + options["word_order"]
    assert len(found.matches) == len(found.sys_totals) == len(found.ref_totals) == orders


def test_defaults_are_sacrebleus():
    hyps, refs = ["the cat sat", "on the mat"], [["The cats sat down", "on a mat"]]
    assert chrf.corpus_chrf(hyps, refs).score == sacrebleu.corpus_chrf(hyps, refs).score
    assert chrf.sentence_chrf(hyps[0], [refs[0][0]]).score == sacrebleu.sentence_chrf(hyps[0], [refs[0][0]]).score


# ---- published values


@pytest.mark.parametrize(
    ("hyp", "matches", "precision", "recall", "rounded"),
    [
        ("witness of the past,", [17, 13], (17 / 17 + 13 / 16) / 2, (17 / 18 + 13 / 17) / 2, 0.86),
        ("past witness", [11, 9], (11 / 11 + 9 / 10) / 2, (11 / 18 + 9 / 17) / 2, 0.62),
    ],
)
def test_the_example_of_jurafsky_and_martin(hyp, matches, precision, recall, rounded):
    """Speech and Language Processing, 3rd edition (draft), the chapter on machine translation: chrF2 with n = 1, 2."""
    found = chrf.sentence_chrf(hyp, ["witness for the past,"], char_order=2)
    assert found.matches == matches and found.ref_totals == [18, 17]
    assert found.precision == pytest.approx(100 * precision)
    assert found.recall == pytest.approx(100 * recall)
    assert round(found.score / 100, 2) == rounded


@pytest.mark.parametrize(
    ("options", "score"),
    [
        ({}, 84.64214891738334),
        ({"word_order": 2}, 82.87263732906315),
        ({"word_order": 2, "lowercase": True}, 92.12853119829202),
    ],
)
def test_the_example_of_the_evaluate_library(options, score):
    hyps = [
        "The relationship between cats and dogs is not exactly friendly.",
        "a good bookshop is just a genteel black hole that knows how to read.",
    ]
    refs = [
        "The relationship between dogs and cats is not exactly friendly.",
        "A good bookshop is just a genteel Black Hole that knows how to read.",
    ]
    assert chrf.corpus_chrf(hyps, [refs], **options).score == pytest.approx(score, abs=1e-9)


@pytest.mark.parametrize(
    ("hyps", "refs", "score"),
    [
        (["a"], ["a"], 100),
        ([""], ["reference"], 0),
        (["a b c"], ["a b c"], 100),
        (["a b c"], ["abc"], 100),
        ([""], ["c"], 0),
        (["a", "b"], ["a", "c"], 50),
        (["aa"], ["ab"], 25),
    ],
)
def test_the_cases_that_sacrebleu_tests(hyps, refs, score):
    """Its test_chrf.py, with an effective order and beta = 3."""
    assert chrf.corpus_chrf(hyps, [refs], beta=3).score == pytest.approx(score)


# ---- what is peculiar about it


def test_by_hand():
    """Abcd against abce: 3 of 4, 2 of 3, 1 of 2, 0 of 1, and no longer run. Precision is recall."""
    found = chrf.sentence_chrf("ab cd", ["a bce"])
    assert found.matches == [3, 2, 1, 0, 0, 0]
    assert found.sys_totals == found.ref_totals == [4, 3, 2, 1, 0, 0]
    mean = 100 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4
    assert [found.precision, found.recall, found.f, found.score] == pytest.approx([mean] * 4)


def test_recall_counts_for_more():
    longer, shorter = chrf.sentence_chrf("abcdefgh", ["abcdef"]), chrf.sentence_chrf("abcdef", ["abcdefgh"])
    assert longer.recall == shorter.precision == pytest.approx(100)
    assert longer.precision == shorter.recall < 100
    assert longer.score > shorter.score
    for found in (longer, shorter):
        assert chrf.sentence_chrf("abcdefgh", ["abcdef"], beta=1).score != pytest.approx(found.score)


def test_words_of_chrf_plus_plus():
    found = chrf.sentence_chrf("the cat sat", ["the cats sat"], word_order=2)
    assert found.matches[6:] == [2, 0] and found.sys_totals[6:] == found.ref_totals[6:] == [3, 2]
    plain = chrf.sentence_chrf("the cat sat", ["the cats sat"])
    assert (found.precision, found.recall, found.f) == (plain.precision, plain.recall, plain.f)
    assert plain.f == pytest.approx(plain.score) and found.score < plain.score


def test_the_best_reference_counts_alone():
    refs = ["nothing like it", "the cat sat on a mat", "the cat"]
    alone = [chrf.sentence_chrf("the cat sat on the mat", [ref]) for ref in refs]
    assert chrf.sentence_chrf("the cat sat on the mat", refs) == max(alone, key=lambda found: found.score) == alone[1]


def test_the_corpus_is_not_the_mean_of_its_sentences():
    hyps, refs = ["abcdefghij", "xy"], ["abcdefghij", "zw"]
    assert chrf.corpus_chrf(hyps, [refs]).score > 50 + 10


def test_an_empty_hypothesis_or_reference_scores_zero():
    for hyp, ref in (("", "the cat"), ("the cat", ""), ("", ""), (" \n\u3000", "the cat")):
        for word_order in (0, 2):
            found = chrf.sentence_chrf(hyp, [ref], word_order=word_order)
            assert (found.score, found.precision, found.recall, found.f) == (0, 0, 0, 0)
    assert chrf.corpus_chrf(["", "the cat"], [["a dog", "the cat"]]).score > 0


def test_an_emoji_is_as_many_characters_as_it_has_code_points():
    assert chrf.sentence_chrf("😀", ["😀"]).ref_totals == [1, 0, 0, 0, 0, 0]
    assert chrf.sentence_chrf("😀", ["😃"]).score == 0
    family = "👨\u200d👩\u200d👧\u200d👦"  # four people and three joiners
    assert chrf.sentence_chrf(family, [family]).ref_totals == [7, 6, 5, 4, 3, 2]
    assert chrf.sentence_chrf(family, [family]).score == pytest.approx(100)
    smaller = chrf.sentence_chrf("👨\u200d👩\u200d👧", [family])
    assert smaller.precision == pytest.approx(100) and 0 < smaller.score < 100
    assert 0 < chrf.sentence_chrf("👍🏽", ["👍🏻"]).score < 100  # another skin colour: one of two code points


def test_chinese_needs_no_tokenizer():
    assert chrf.sentence_chrf("猫坐在垫子上。", ["猫 坐在 垫子 上。"]).score == pytest.approx(100)
    assert 0 < chrf.sentence_chrf("猫坐在垫子上。", ["猫坐在地上。"]).score < 100


# ---- what is refused


@pytest.mark.parametrize(
    ("error", "told", "call"),
    [
        (ValueError, "no segments", lambda: chrf.corpus_chrf([], [[]])),
        (ValueError, "at least one reference", lambda: chrf.corpus_chrf(["a"], [])),
        (ValueError, "at least one reference", lambda: chrf.corpus_chrf(["a", "b"], [["a", None]])),
        (ValueError, "at least one reference", lambda: chrf.sentence_chrf("a", [])),
        (ValueError, "needs 2 segments", lambda: chrf.corpus_chrf(["a", "b"], [["a"]])),
        (ValueError, "needs 1 segments", lambda: chrf.corpus_chrf(["a"], [["a", "b"]])),
        (ValueError, "word_order >= 0", lambda: chrf.sentence_chrf("a", ["a"], word_order=-1)),
        (ValueError, "char_order >= 1", lambda: chrf.sentence_chrf("a", ["a"], char_order=0)),
        (ValueError, "beta >= 0", lambda: chrf.sentence_chrf("a", ["a"], beta=-1)),
        (ValueError, "beta >= 0", lambda: chrf.sentence_chrf("a", ["a"], beta=float("nan"))),
        (TypeError, "list", lambda: chrf.corpus_chrf("a b", [["a b"]])),
        (TypeError, "list", lambda: chrf.corpus_chrf(["a"], ["a"])),
        (TypeError, "list", lambda: chrf.corpus_chrf(["a"], "a")),
        (TypeError, "list", lambda: chrf.sentence_chrf("a", "a")),
    ],
)
def test_refused(error, told, call):
    with pytest.raises(error, match=told):
        call()


def test_results_are_frozen():
    with pytest.raises(FrozenInstanceError):
        chrf.sentence_chrf("a", ["a"]).score = 100.0


def test_sacrebleu_is_imported_when_it_is_needed():
    code = "import sys; from models import bleu, chrf; assert 'sacrebleu' not in sys.modules"
    code += "; assert chrf.sentence_chrf('a', ['a']).score == 100 and 'sacrebleu' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
