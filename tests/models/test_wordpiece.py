"""The hand-written WordPiece equals the library's tokenizer of the local BERT, on any text."""

import re
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import bert_files, wordpiece
from models.records import Unusable

often = settings(derandomize=True, deadline=None, database=None, max_examples=1200)

FRAGMENTS = [
    *("the", "flightless", "unaffable", "Élan", "naïve", "ΣΑΣ", "İstanbul", "ẞ", "ﬁn", "Ǆ", "ﷺ"),
    *("注意力", "𠀀", "𫠠", "豈", "。", "한국어", "日本語テスト", "हिन्दी", "ไทย", "שָׁלוֹם", "العربية"),
    *("\u0301", "e\u0301", "\u0344", "\u0308\u0301", "\u20e3", "\u0903", "\u1734", "\U0001d165"),  # marks
    *("\0", "\t", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", "\x85", "\ufffd", "\ue000"),  # control characters
    *("\u200b", "\u200c", "\u200d", "\u00ad", "\ufeff", "\u2060", "\U000e0001"),  # invisible ones
    *("\u00a0", "\u1680", "\u180e", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"),  # spaces
    *("😀", "👩‍👩‍👧", "🇨🇳", "✈️", "1️⃣"),
    *("[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[mask]", "[ MASK ]", "[MASK", "MASK]", "[[MASK]]", "[UNKNOWN]"),
    *("##less", "##", "#", "#####a", "$", "+", "^", "`", "~", "_", "-", "...", "?!", "«", "»", "…", "·", "\u166d"),
    *("x" * 99, "x" * 100, "x" * 101, "a" * 100, "a" * 101, "é" * 100, "e\u0301" * 101, "中" * 101, "\u200b" * 101),
    *("\u08d4", "\u2e43", "\U000111c9", "\U0001171e", "\U0001e944", "\u0890"),  # sorted differently since Unicode 8
    *(" ", "  ", "", "3.14", "1e-12", "don't", "U.S.A.", "e-mail", "C++"),
]


@pytest.fixture(scope="module")
def ours():
    return wordpiece.load()


@pytest.fixture(scope="module")
def theirs():
    return bert_files.tokenizer(bert_files.folder() / "tokenizer.json")


@pytest.fixture(scope="module")
def same(ours, theirs):
    def check(text):
        encoded = theirs.encode(text, add_special_tokens=False)
        assert ours.tokenize(text) == encoded.tokens
        assert ours.ids(text) == encoded.ids

    return check


def test_the_vocabulary(ours, theirs):
    assert len(ours.vocabulary) == 30_522
    assert dict(ours.vocabulary) == theirs.get_vocab()


def test_longest_match_on_paper():
    pieces = {"un", "una", "##aff", "##ffa", "##able", "##ble"}
    cuts = {"unaffable": ["una", "##ffa", "##ble"], "un": ["un"], "unstable": ["[UNK]"], "able": ["[UNK]"], "": []}
    assert {word: wordpiece.longest_match(word, pieces) for word in cuts} == cuts
    trace = wordpiece.WordPiece({p: i for i, p in enumerate(pieces)}).trace("unaffable")
    assert [(look.start, look.end) for look in trace.attempts if look.found] == [(0, 3), (3, 6), (6, 9)]
    assert all(look.piece == "##" * (look.start > 0) + trace.word[look.start : look.end] for look in trace.attempts)
    assert len(trace.attempts) == 12 and all(look.found == (look.piece in pieces) for look in trace.attempts)


@often
@given(st.text())
def test_parity_on_any_text(same, text):
    same(text)


@settings(often, max_examples=800)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12), st.sampled_from(["", " "]))
def test_parity_on_mixtures(same, parts, between):
    same(between.join(parts))


@settings(often, max_examples=500)
@given(st.text(st.characters(max_codepoint=0x17F), max_size=40))
def test_parity_on_latin_texts(same, text):
    same(text)


@settings(often, max_examples=500)
@given(st.text(st.sampled_from("aeilnst# é中.\u0301"), min_size=90, max_size=110))
def test_parity_on_long_words(same, text):
    same(text)


@pytest.mark.parametrize("piece", ["alone", "pair"])
def test_parity_on_every_fragment(same, piece):
    for a in FRAGMENTS:
        same(a)
        if piece == "pair":
            for b in FRAGMENTS[::7]:
                same(f"x{a}{b}y {b} {a}")


def test_parity_on_every_special_character(same):
    """All marks, punctuation, symbols, separators, controls, all that has a decomposition or a case, and samples."""

    def special(c):
        kind = unicodedata.category(c)
        return kind[0] in "MPZS" or kind in ("Cc", "Cf") or c.lower() != c or unicodedata.decomposition(c)

    chars = [chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000 and (i % 61 == 0 or special(chr(i)))]
    assert len(chars) > 30_000
    for i in range(0, len(chars), 500):
        same(" ".join(f"a{c}b {c}" for c in chars[i : i + 500]))


def test_parity_around_the_edges_of_the_newer_characters(same):
    same(" ".join(f"a{chr(e + d)}b {chr(e + d)}" for e in wordpiece._EDGES for d in (-2, -1, 0, 1)))
    same(" ".join(f"a{chr(e + d)}b" for pair in wordpiece.CHINESE for e in pair for d in (-1, 0, 1)))


@pytest.mark.parametrize(
    "text, pieces",
    {
        "flightless": ["flight", "##less"],
        "The cat sat.": ["the", "cat", "sat", "."],
        "naïve Élite": ["naive", "elite"],
        "注意": ["[UNK]", "[UNK]"],
        "我爱你": ["我", "[UNK]", "[UNK]"],
        "##less": ["#", "#", "less"],
        "a[MASK]b [mask]": ["a", "[MASK]", "b", "[", "mask", "]"],
        "a\u200bb": ["ab"],
        "": [],
        " \t\u3000": [],
    }.items(),
)
def test_known_values(ours, text, pieces):
    assert ours.tokenize(text) == pieces


def test_the_trace_shows_every_attempt(ours):
    t = ours.trace("Flightless")
    assert t.word == "flightless" and t.pieces == ("flight", "##less")
    tried = [(a.start, a.end, a.piece, a.found) for a in t.attempts]
    assert tried == [(0, n, "flightless"[:n], n == 6) for n in (10, 9, 8, 7, 6)] + [(6, 10, "##less", True)]


def test_a_failed_trace_keeps_its_attempts(ours):
    t = ours.trace("cat\U0001f600")
    assert t.pieces == ("[UNK]",)
    assert [a.piece for a in t.attempts] == ["cat\U0001f600", "cat", "##\U0001f600"]
    assert [a.found for a in t.attempts] == [False, True, False]


@often
@given(st.text(st.sampled_from("abdeglnorstu中é😀"), min_size=1, max_size=20))
def test_a_trace_is_longest_match_first(ours, text):
    for t in ours.traces(text):
        start = 0
        for a in t.attempts:
            assert a.start == start < a.end <= len(t.word)
            assert a.piece == "##" * (start > 0) + t.word[start : a.end]
            assert a.found == (a.piece in ours.vocabulary)
            start = a.end if a.found else start
        found = [a.piece for a in t.attempts if a.found]
        whole = start == len(t.word)
        assert list(t.pieces) == (found if whole else ["[UNK]"])
        longer = {(a.start, a.end) for a in t.attempts if not a.found}
        assert all((a.start, e) in longer for a in t.attempts if a.found for e in range(a.end + 1, len(t.word) + 1))


def test_words_that_are_not_matched(ours):
    assert ours.trace("[MASK]") == wordpiece.Trace("[MASK]", (), ("[MASK]",))
    assert ours.trace("a" * 101) == wordpiece.Trace("a" * 101, (), ("[UNK]",))
    assert ours.trace("a" * 100).pieces != ("[UNK]",)


@pytest.mark.parametrize("text", ["", "two words", "don't", "中文", " "])
def test_a_trace_needs_one_word(ours, text):
    with pytest.raises(ValueError, match="one word"):
        ours.trace(text)


def test_a_lone_surrogate_is_dropped(ours):
    assert ours.tokenize("ca\ud800t") == ["cat"]


def test_a_vocabulary_of_ones_own():
    w = wordpiece.WordPiece({"[UNK]": 0, "ab": 1, "##c": 2, "##cd": 3})
    assert w.ids("abc ABCD abd") == [1, 2, 1, 3, 0]


def test_ratio_and_gain_choose_differently():
    text = "the cat sat on the mat and the rat ran to the other cat with a quiz"
    counts = {w: text.split().count(w) for w in text.split()}
    count, gain, ratio = (wordpiece.train(counts, 1, by=by)[0] for by in ("count", "gain", "ratio"))
    assert (count.pair, gain.pair, ratio.pair) == (("##a", "##t"), ("##h", "##e"), ("q", "##u"))
    assert gain.gain > count.gain > 0 and gain.gain > ratio.gain and ratio.ratio > gain.ratio
    assert all(re.fullmatch("(##)?[a-z]{2}", s.merged) for s in (count, gain, ratio))


def test_missing_package_and_damaged_file(monkeypatch, tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n")
    monkeypatch.setattr(bert_files, "folder", lambda: tmp_path)
    with pytest.raises(Unusable, match="SHA-256") as refused:
        wordpiece.load()
    assert (refused.value.reason, refused.value.path) == ("damaged", tmp_path / "vocab.txt")
    monkeypatch.undo()
    with pytest.raises(Unusable, match="pip install") as refused:
        bert_files.folder("a_package_that_nobody_has")
    assert refused.value.reason == "missing"


def test_it_is_loaded_once(ours):
    with ThreadPoolExecutor(8) as threads:
        assert all(w is ours for w in threads.map(lambda _: wordpiece.load(), range(32)))


def test_what_is_imported():
    code = (
        "import sys; from models import wordpiece; wordpiece.load().tokenize('flightless');"
        "heavy = {'torch', 'numpy', 'tokenizers', 'transformers', 'streamlit', 'plotly'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
