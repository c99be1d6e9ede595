"""Merges equal the library's, gains equal the likelihood computed before and after, pieces equal the training's."""

import json
import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from models import bpe, wordpiece

often = settings(derandomize=True, deadline=None, database=None, max_examples=250)

PAPER = {"low": 5, "lower": 2, "newest": 6, "widest": 3}  # Sennrich et al. 2016, Algorithm 1, without its </w>
TEXT = """
The weights are learnt from text, merge by merge: the most frequent pair of neighbours becomes one piece, and
the counting starts again. Rare words fall into pieces, frequent words stay whole; nothing is unknown but a character
that the training text never showed. banana bananas ananas aaaa aaaaa aaaaaaa 中文 中文字 字 emoji 😀😀😀"""
WORDS = TEXT.split()

CATS = "the cat sat on the mat and the rat ran to the other cat with a quiz"

letters = st.integers(1, 5).flatmap(lambda n: st.text("abcde"[:n], min_size=1, max_size=14))
any_word = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
word_lists = st.lists(letters, min_size=1, max_size=15) | st.lists(any_word, min_size=1, max_size=8)
prefixed = st.lists(letters, min_size=1, max_size=12).map(Counter)


def library(words, merges=10**6, min_frequency=0):
    """The library's merges and its tokenizer; words are kept apart by spaces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    size = len(set("".join(words))) + merges
    trainer = trainers.BpeTrainer(vocab_size=size, min_frequency=min_frequency, show_progress=False)
    tokenizer.train_from_iterator([" ".join(words)], trainer)
    return [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]], tokenizer


def likelihood(words, counts):
    """Brute force: sum the log-probability of every single piece of the text."""
    text = [p for word, pieces in words.items() for p in pieces for _ in range(counts[word])]
    c = Counter(text)
    return sum(math.log(c[p] / len(text)) for p in text)


def replace(pieces, pair, merged):
    """Independent of bpe.merge: a stack."""
    out = []
    for p in pieces:
        if out and (out[-1], p) == (*pair,):
            out[-1] = [merged]  # a list, so that it cannot take part in this round again
        else:
            out.append(p)
    return tuple(p[0] if isinstance(p, list) else p for p in out)


@often
@given(word_lists)
def test_merges_equal_the_library(words):
    merges, _ = library(words)
    assert [s.pair for s in bpe.train(Counter(words), 10**6)] == merges


@often
@given(word_lists, st.integers(0, 12), st.integers(1, 4))
def test_limits_equal_the_library(words, n, min_count):
    merges, _ = library(words, n, min_count)
    assert [s.pair for s in bpe.train(Counter(words), n, min_count=min_count)] == merges


def test_a_text_equals_the_library():
    merges, tokenizer = library(WORDS)
    steps = bpe.train(Counter(WORDS), 10**6)
    assert [s.pair for s in steps] == merges and len(steps) > 100
    for word in [*WORDS, "mergers", "unlearnt", "aaaaaaaaaaa", "countless"]:
        assert list(bpe.apply(merges, word).pieces) == tokenizer.encode(word).tokens


@often
@given(st.lists(letters, min_size=1, max_size=15), st.text("abcde", max_size=20), st.integers(0, 15))
def test_pieces_equal_the_library(words, new, n):
    merges, tokenizer = library([*words, *"abcde"], n)
    for word in [*words, new]:
        assert list(bpe.apply(merges, word).pieces) == (tokenizer.encode(word).tokens if word else [])


def test_the_example_of_the_paper():
    steps = bpe.train(PAPER, 10)
    assert [(s.pair, s.count) for s in steps[:4]] == [
        (("e", "s"), 9),
        (("es", "t"), 9),
        (("l", "o"), 7),
        (("lo", "w"), 7),
    ]
    assert steps[0].merged == "es" and steps[0].score == 9 and steps[0].by == "count"
    assert steps[0].runners_up[0].pair == ("s", "t") and steps[0].runners_up[0].count == 9  # a tie: e comes before s
    assert bpe.apply([s.pair for s in steps], "lowest").pieces == ("low", "est")


def test_ties_go_to_the_older_piece_on_the_left_then_on_the_right():
    assert [s.pair for s in bpe.train({"ca": 1, "ba": 1, "bc": 1}, 3)] == [("b", "a"), ("b", "c"), ("c", "a")]
    assert [s.pair for s in bpe.train({"xyab": 1}, 3)] == [("a", "b"), ("x", "y"), ("xy", "ab")]
    # older is not first in the alphabet: xy is made before ab, and so (xy, z) comes before (ab, z)
    made = [s.pair for s in bpe.train({"xyz": 3, "abz": 3, "xy": 1}, 4)]
    assert made == [("x", "y"), ("a", "b"), ("xy", "z"), ("ab", "z")]


def test_runs_count_overlaps_but_merge_from_the_left():
    (step,) = bpe.train({"aaaaa": 1}, 1)
    assert (step.count, step.replaced, step.left, step.total) == (4, 2, 5, 5)
    assert bpe.merge("aaaaa", ("a", "a"), "aa") == ("aa", "aa", "a")
    assert step.gain == pytest.approx(
        likelihood({"w": ("aa", "aa", "a")}, {"w": 1}) - likelihood({"w": "aaaaa"}, {"w": 1})
    )


@often
@given(prefixed, st.sampled_from(["", "##"]), st.sampled_from(["gain", "ratio", "count"]))
def test_every_step_against_brute_force(counts, prefix, by):
    """All candidates of every step: the likelihood before and after, and the winner among them."""
    words = {word: bpe.symbols(word, prefix) for word in counts}
    for step in bpe.train(counts, 5, by, prefix, n_runners_up=10**6):
        before = likelihood(words, counts)
        pairs = Counter()
        for word, pieces in words.items():
            for pair in pairwise(pieces):
                pairs[pair] += counts[word]
        single = Counter()
        for word, pieces in words.items():
            for piece in pieces:
                single[piece] += counts[word]
        every = [step, *step.runners_up]
        assert {c.pair: c.count for c in every} == pairs
        for c in every:
            after = likelihood({w: replace(p, c.pair, c.merged) for w, p in words.items()}, counts)
            assert c.gain == pytest.approx(after - before, abs=1e-8)
            assert c.ratio == float(Fraction(c.count, single[c.pair[0]] * single[c.pair[1]]))
            assert c.total == single.total() and c.merged not in single
        scores = [getattr(c, by) for c in every]
        assert step.score == scores[0] and scores[0] >= max(scores) - 1e-8
        assert all(a >= b - 1e-8 for a, b in pairwise(scores))
        words = {w: replace(p, step.pair, step.merged) for w, p in words.items()}


@often
@given(prefixed, st.sampled_from(["", "##"]), st.sampled_from(["gain", "ratio", "count"]))
def test_no_two_merges_spell_the_same_piece_and_apply_repeats_the_training(counts, prefix, by):
    steps = bpe.train(counts, 10**6, by, prefix)
    assert len({s.merged for s in steps}) == len(steps)
    end = {word: bpe.symbols(word, prefix) for word in counts}
    start = likelihood(end, counts)
    for s in steps:
        end = {word: replace(pieces, s.pair, s.merged) for word, pieces in end.items()}
    for word, pieces in end.items():
        trace = bpe.apply([s.pair for s in steps], word, prefix)
        assert trace.pieces == pieces
        assert trace.start == bpe.symbols(word, prefix)
        assert [a.rank for a in trace.applied] == sorted({a.rank for a in trace.applied})
        assert "".join(p.removeprefix(prefix) for p in pieces) == word
    assert likelihood(end, counts) == pytest.approx(start + sum(s.gain for s in steps), abs=1e-7)
    if by == "gain":
        assert all(s.gain > 0 for s in steps)
    else:
        assert all(len(pieces) == 1 for pieces in end.values())


def test_log_likelihood():
    assert bpe.log_likelihood([]) == bpe.log_likelihood([7]) == 0
    assert bpe.log_likelihood([1, 1]) == pytest.approx(-2 * math.log(2))
    assert bpe.log_likelihood([5, 2, 1]) == pytest.approx(5 * math.log(5 / 8) + 2 * math.log(2 / 8) + math.log(1 / 8))


def test_gain_ends_where_no_merge_helps():
    independent = {a + b: 10 for a in "ab" for b in "ab"}  # every letter follows every letter as often as chance has it
    assert bpe.train(independent, 5, by="gain") == []
    assert len(bpe.train(independent, 5, by="count")) == 4


def test_the_librarys_wordpiece_trainer_merges_by_count():
    text = CATS.split()
    steps = wordpiece.train(Counter(text), 10**6, by="count")
    clear = [s for s, after in pairwise(steps) if s.count > after.count]
    sure = steps.index(clear[1]) + 1  # up to here no tie decides what is in the vocabulary
    start = {p for w in text for p in bpe.symbols(w, "##")} | set("".join(text))
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(vocab_size=len(start) + sure, show_progress=False)
    tokenizer.train_from_iterator([" ".join(text)], trainer)
    learnt = {s.merged for s in steps[:sure]}
    assert set(tokenizer.get_vocab()) == start | learnt
    assert learnt != {s.merged for s in wordpiece.train(Counter(text), sure, by="ratio")}


def test_results_are_frozen():
    (step,) = bpe.train({"ab": 1}, 1)
    with pytest.raises(AttributeError):
        step.count = 2


def test_nothing_to_do():
    assert (
        bpe.train({}, 5)
        == bpe.train({"a": 3}, 5)
        == bpe.train({"ab": 1}, 0)
        == bpe.train({"ab": 1}, 5, min_count=2)
        == []
    )
    assert bpe.apply([], "").pieces == () and bpe.apply([], "ab").pieces == ("a", "b")
    assert bpe.apply([("a", "b")], "ab?").pieces == ("ab", "?")


@pytest.mark.parametrize(
    "counts, how, message",
    [
        ({"a": 1}, {"by": "luck"}, "by must be"),
        ({"a": 0}, {}, "at least once"),
        ({"##a": 1}, {"prefix": "##"}, "begins"),
    ],
)
def test_errors(counts, how, message):
    with pytest.raises(ValueError, match=message):
        bpe.train(counts, 1, **how)
