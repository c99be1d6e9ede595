"""Vocabularies being learnt, by the library's trainers and by our merges: each against the other, and by counting."""

import itertools
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bpe, wordpiece
from pages.b3_wordpiece import by_library, learning
from pages.b3_wordpiece.growing import growth

few = settings(derandomize=True, deadline=None, database=None, max_examples=60)
letters = st.integers(1, 5).flatmap(lambda n: st.text("abcde"[:n], min_size=1, max_size=12))
any_word = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
word_counts = st.lists(letters, min_size=1, max_size=15).map(Counter)
any_counts = st.lists(any_word.filter(lambda w: not w.startswith("##")), min_size=1, max_size=10).map(Counter)


def test_no_torch():
    code = "import sys, pages.b3_wordpiece.growing, pages.b3_wordpiece.train; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_library_neither_pads_nor_cuts():
    assert by_library.encode("flightless").tokens == ["flight", "##less"]
    assert len(by_library.encode("a " * 600).ids) == 600


# --- the trainers ----------------------------------------------------------------------------------------------------
@few
@given(word_counts, st.integers(0, 12))
def test_bpe_has_as_many_merges_as_asked(counts, n):
    found = by_library.merges(by_library.byte_pairs(counts, n))
    assert found == [s.pair for s in bpe.train(counts, n)]


@few
@given(word_counts | any_counts, st.integers(0, 30), any_word | letters)
def test_bpe_keeps_the_place_of_characters_that_it_has_not_learnt(counts, n, word):
    """Texts and words that share all, some or no characters: the library's cut is ours, [UNK] for what is unknown."""
    library = by_library.byte_pairs(counts, n)
    ours = bpe.apply([s.pair for s in bpe.train(counts, n)], word).pieces
    known = set("".join(counts))
    assert [p if set(p) <= known else "[UNK]" for p in ours] == library.encode(word).tokens


@few
@given(word_counts | any_counts, st.integers(0, 20))
def test_the_librarys_wordpiece_trainer_goes_by_count(counts, n):
    made, against = by_library.merged_against_count(by_library.word_pieces(counts, n), counts)
    assert against == 0 and made <= n


def test_merges_that_go_against_the_count_are_found():
    counts = Counter({"ab": 5, "cd": 1})
    odd = by_library.reader(["a", "b", "c", "d", "##b", "##d", "cd", "ab"])
    assert by_library.merged_against_count(odd, counts) == (2, 1)


@few
@given(word_counts | any_counts, st.integers(0, 40))
def test_unigram_ends_and_reads_everything_it_learnt(counts, n):
    """Asked for too few pieces the library never ends; it never is."""
    tokenizer = by_library.unigram(counts, n)
    for word in counts:
        assert "".join(tokenizer.encode(word).tokens) == word


@few
@given(word_counts, st.integers(0, 30), letters)
def test_reading_with_learnt_pieces(counts, n, word):
    rows = learning.vocabulary(wordpiece.train(counts, n), counts)
    ours = wordpiece.WordPiece({p: i for i, p in enumerate(rows)})
    assert list(ours.trace(word).pieces) == by_library.reader(rows).encode(word).tokens
    assert all(wordpiece.UNKNOWN not in ours.trace(w).pieces for w in counts)


@few
@given(word_counts, st.sampled_from(["gain", "count", "ratio"]), st.sampled_from(["", "##"]))
def test_what_merging_does_to_the_text(counts, by, prefix):
    steps = bpe.train(counts, 30, by, prefix)
    lengths = learning.pieces_after(steps, counts)
    for n in (0, len(steps) // 2, len(steps)):
        words = learning.cut(counts, steps[:n], prefix)
        assert lengths[n] == sum(len(words[w]) * k for w, k in counts.items())
        before = learning.likelihood(learning.cut(counts, [], prefix), counts)
        gained = sum(s.gain for s in steps[:n])
        assert gained == pytest.approx(learning.likelihood(words, counts) - before, abs=1e-7)


def test_learnable_words():
    assert learning.learnable("The [MASK] the, 中文 \u200b") == {"the": 2, ",": 1, "中": 1, "文": 1}


@few
@given(word_counts, word_counts, st.lists(st.integers(0, 25), max_size=4))
def test_growth_against_cutting_word_by_word(learnt_from, read, at):
    g = growth(learnt_from, read, [0, *at])
    for i, n in enumerate(g.at):
        cuts = {w: bpe.apply(g.merges[:n], w).pieces for w in read}
        assert g.pieces[i] == pytest.approx(sum(len(cuts[w]) * k for w, k in read.items()) / read.total())
        assert g.cut[i] == pytest.approx(sum(k for w, k in read.items() if len(cuts[w]) > 1) / read.total())
        rows = {w for w, _ in learnt_from.most_common(g.characters + n)}
        assert g.unknown_words[i] == pytest.approx(sum(k for w, k in read.items() if w not in rows) / read.total())
    assert all(b <= a for a, b in itertools.pairwise(g.pieces))
