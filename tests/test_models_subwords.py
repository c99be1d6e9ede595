"""The library's trainers, other ways to cut, and what BERT's vocabulary holds: against brute force and known facts."""

import itertools
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bpe, subwords, wordpiece

few = settings(derandomize=True, deadline=None, database=None, max_examples=60)
letters = st.integers(1, 5).flatmap(lambda n: st.text("abcde"[:n], min_size=1, max_size=12))
any_word = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
word_counts = st.lists(letters, min_size=1, max_size=15).map(Counter)
any_counts = st.lists(any_word.filter(lambda w: not w.startswith("##")), min_size=1, max_size=10).map(Counter)


@pytest.fixture(scope="module")
def vocabulary():
    return wordpiece.load().vocabulary


def test_no_torch():
    code = "import sys, models.subwords; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_library_neither_pads_nor_cuts():
    assert subwords.library().encode("flightless", add_special_tokens=False).tokens == ["flight", "##less"]
    assert len(subwords.library().encode("a " * 600, add_special_tokens=False).ids) == 600


# --- the trainers ----------------------------------------------------------------------------------------------------
@few
@given(word_counts, st.integers(0, 12))
def test_bpe_has_as_many_merges_as_asked(counts, n):
    found = subwords.merges(subwords.library_bpe(counts, n))
    assert found == [s.pair for s in bpe.train(counts, n)]


@few
@given(word_counts | any_counts, st.integers(0, 20))
def test_the_librarys_wordpiece_trainer_goes_by_count(counts, n):
    made, against = subwords.by_count(subwords.library_wordpiece(counts, n), counts)
    assert against == 0 and made <= n


def test_merges_that_go_against_the_count_are_found():
    counts = Counter({"ab": 5, "cd": 1})
    odd = subwords.reading(["a", "b", "c", "d", "##b", "##d", "cd", "ab"])
    assert subwords.by_count(odd, counts) == (2, 1)


@few
@given(word_counts | any_counts, st.integers(0, 40))
def test_unigram_ends_and_reads_everything_it_learnt(counts, n):
    """Asked for too few pieces the library never ends; it never is."""
    tokenizer = subwords.library_unigram(counts, n)
    for word in counts:
        assert "".join(tokenizer.encode(word).tokens) == word


@few
@given(word_counts, st.integers(0, 30), letters)
def test_reading_with_learnt_pieces(counts, n, word):
    rows = subwords.learnt(wordpiece.train(counts, n), counts)
    ours = wordpiece.WordPiece({p: i for i, p in enumerate(rows)})
    assert list(ours.trace(word).pieces) == subwords.reading(rows).encode(word).tokens
    assert all(wordpiece.UNKNOWN not in ours.trace(w).pieces for w in counts)


@few
@given(word_counts, st.sampled_from(["gain", "count", "ratio"]), st.sampled_from(["", "##"]))
def test_what_merging_does_to_the_text(counts, by, prefix):
    steps = bpe.train(counts, 30, by, prefix)
    lengths = subwords.pieces_after(steps, counts)
    for n in (0, len(steps) // 2, len(steps)):
        words = subwords.cut(counts, steps[:n], prefix)
        assert lengths[n] == sum(len(words[w]) * k for w, k in counts.items())
        before = subwords.likelihood(subwords.cut(counts, [], prefix), counts)
        gained = sum(s.gain for s in steps[:n])
        assert gained == pytest.approx(subwords.likelihood(words, counts) - before, abs=1e-7)


def test_learnable_words():
    assert subwords.learnable("The [MASK] the, 中文 \u200b") == {"the": 2, ",": 1, "中": 1, "文": 1}


@few
@given(word_counts, word_counts, st.lists(st.integers(0, 25), max_size=4))
def test_growth_against_cutting_word_by_word(learnt_from, read, at):
    g = subwords.growth(learnt_from, read, [0, *at])
    for i, n in enumerate(g.at):
        cuts = {w: bpe.apply(g.merges[:n], w).pieces for w in read}
        assert g.pieces[i] == pytest.approx(sum(len(cuts[w]) * k for w, k in read.items()) / read.total())
        assert g.cut[i] == pytest.approx(sum(k for w, k in read.items() if len(cuts[w]) > 1) / read.total())
        rows = {w for w, _ in learnt_from.most_common(g.characters + n)}
        assert g.unknown_words[i] == pytest.approx(sum(k for w, k in read.items() if w not in rows) / read.total())
    assert all(b <= a for a, b in itertools.pairwise(g.pieces))


# --- cutting ---------------------------------------------------------------------------------------------------------
def ways(word, vocabulary, start=0):
    """Every spelling of a word."""
    if start == len(word):
        yield ()
    for end in range(start + 1, len(word) + 1):
        piece = "##" * (start > 0) + word[start:end]
        if piece in vocabulary:
            yield from ((piece, *rest) for rest in ways(word, vocabulary, end))


@few
@given(st.text("abc", max_size=7), st.sets(st.text("abc", min_size=1, max_size=3), max_size=6),
       st.sets(st.text("abc", min_size=1, max_size=3), max_size=8))  # fmt: skip
def test_fewest_against_every_spelling(word, begin, go_on):
    vocabulary = {p: 0 for p in [*begin, *("##" + p for p in go_on)]}
    every = list(ways(word, vocabulary))
    found = subwords.fewest(word, vocabulary)
    assert (found in every and len(found) == min(map(len, every))) if every else found is None


def test_longest_match_is_not_always_the_shortest(vocabulary):
    assert wordpiece.load().tokenize("cloudscribe") == ["clouds", "##cr", "##ibe"]
    assert subwords.fewest("cloudscribe", vocabulary) == ("cloud", "##scribe")


# --- the vocabulary --------------------------------------------------------------------------------------------------
def test_what_berts_vocabulary_is_made_of(vocabulary):
    assert Counter(map(subwords.kind, vocabulary)) == {
        "whole": 21_927, "continuing": 4_837, "other": 1_201, "unused": 994, "digits": 977, "never": 337,
        "chinese": 244, "special": 5,
    }  # fmt: skip
    assert set(subwords.KINDS) == {subwords.kind(p) for p in vocabulary}


@pytest.mark.parametrize(
    ("piece", "kind"),
    {"less": "whole", "##less": "continuing", "##。": "never", "...": "never", ".": "other", "。": "other",
     "一": "chinese", "##一": "never", "1996": "digits", "##22": "digits", "[unused5]": "unused", "[MASK]": "special",
     "##ович": "other", "#": "other", "###": "never"}.items(),
)  # fmt: skip
def test_kinds(piece, kind, vocabulary):
    assert piece in vocabulary and subwords.kind(piece) == kind


def test_pieces_that_can_never_come_out_do_not(vocabulary):
    """In any surroundings: alone, after a letter, before one, between two, after every other piece of a sample."""
    never = [p for p in vocabulary if subwords.kind(p) == "never"]
    bodies = [p.removeprefix("##") for p in never]
    texts = [f"{a}{b}{c}" for b in bodies for a in ("", "a", "天", ".", "1") for c in ("", "a", "ness")]
    came = {t for e in subwords.library().encode_batch(texts, add_special_tokens=False) for t in e.tokens}
    assert not came & set(never)


def test_whole_pieces_typed_come_out_as_themselves(vocabulary):
    w = wordpiece.load()
    assert all(w.tokenize(p) == [p] for p in vocabulary if subwords.kind(p) in ("whole", "chinese", "special"))


def test_usable_rows(vocabulary):
    rows = subwords.usable(vocabulary)
    assert {name: len(found) for name, found in rows.items()} == {
        "words": 23_700,
        "characters": 1_002,
        "pieces": 29_528,
    }
