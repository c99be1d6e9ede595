"""WordPiece: a text as pieces of a fixed vocabulary.   Wu et al. 2016, §4.1; Devlin et al. 2019, §3.

A text goes through four steps, written out below and equal to the library `tokenizers` with the local BERT's
tokenizer.json (without [CLS] and [SEP] around it, never padded, never cut):

    specials    [MASK] and the like, typed exactly so, are taken out first and stay one token, wherever they stand
    normalize   clean, space Chinese characters, strip accents, lower-case
    words       cut at spaces; every punctuation character is a word of its own
    pieces      of each word, the longest prefix that the vocabulary has; then the same of the rest, behind ##. A
                word that cannot be used up in this way, or has more than 100 characters, is one [UNK]

    w = wordpiece.load()
    w.tokenize("flightless")                 # ['flight', '##less']
    w.trace("flightless").attempts           # flightless, flightles, ..., flight (found); ##less (found)

How BERT's vocabulary was learned was never published. train() here follows the description, the likelihood of the text;
the library's trainer of the same name does not: it merges the most frequent pair, as byte-pair encoding does.
"""

import functools
import re
import unicodedata
from bisect import bisect
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models import bert_files, bpe
from models.records import once

PREFIX = "##"  # marks a piece that continues a word
UNKNOWN = "[UNK]"
MAX_CHARS = 100  # per word
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

# Chinese has no spaces, so that each of these becomes a word. One range of BERT's starts at 2B820; the library has
# 2B920, and so 256 rare characters stay together there, and here.
CHINESE = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
           (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))  # fmt: skip

# The library sorts characters as Unicode 8 (2015) did, Python as a newer Unicode does, each version another. These are
# the stretches in which Unicode 9 to 18 added marks, punctuation or invisible characters: nothing special to Unicode 8.
_NEWER = """5c8-5c9 61d-61d 7fd-7fd 890-8e2 9fd-9fe a76-a76 afa-aff b53-b55 c04-c3c c77-c77 c84-c84 d00-d00 d3b-d3c
d81-d81 eba-eba ece-ece 180f-1886 1abf-1af0 1b4e-1b4f 1b7d-1b7f 1df6-1dfb 2e43-2e63 a82c-a82c a8c5-a8c5 a8ff-a8ff
a9bd-a9bd 10d24-10f89 11070-11074 110c2-110cd 111cf-111cf 1123e-11241 1133b-1133b 113bb-1145e 11660-1166c 116b9-116b9
1182f-11fff 12ff1-1612f 16d6d-16f4f 16fe2-16fe4 1cf00-1d128 1d25b-1d25c 1e000-1e6f5 1e944-1e95f"""
_EDGES = [
    int(code, 16) + i for r in _NEWER.split() for i, code in enumerate(r.split("-"))
]  # start, end + 1, start, ...
_MOVED = {"\u166d": "Po", "\u1734": "Mn", "\U000111c9": "Po", "\U0001171e": "Mn"}  # sorted differently since


@dataclass(frozen=True)
class Attempt:
    """One look into the vocabulary: is word[start:end], written as `piece`, one of its pieces?"""

    start: int
    end: int
    piece: str
    found: bool


@dataclass(frozen=True)
class Trace:
    """A word, normalised, with every attempt in order and the pieces it became."""

    word: str
    attempts: tuple[Attempt, ...]  # none for a special token and for a word of more than 100 characters
    pieces: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WordPiece:
    """A vocabulary, piece -> id, and the way to read with it."""

    vocabulary: Mapping[str, int]

    def tokenize(self, text: str) -> list[str]:
        """The pieces of a text, without [CLS] and [SEP] around them."""
        return [piece for trace in self.traces(text) for piece in trace.pieces]

    def ids(self, text: str) -> list[int]:
        """The ids of tokenize(text). Raises KeyError for a special token that the vocabulary lacks."""
        return [self.vocabulary[piece] for piece in self.tokenize(text)]

    def traces(self, text: str) -> list[Trace]:
        """How each word of a text was cut, in order."""
        return [self._trace(word) for word in words(text)]

    def trace(self, word: str) -> Trace:
        """How one word was cut, after normalisation. Raises ValueError for a text that is not exactly one word."""
        found = words(word)
        if len(found) != 1:
            raise ValueError(f"one word expected, got {len(found)}: {found[:5]}")
        return self._trace(found[0])

    def _trace(self, word: str) -> Trace:
        if word in SPECIAL:
            return Trace(word, (), (word,))
        if len(word) > MAX_CHARS:
            return Trace(word, (), (UNKNOWN,))
        asked = _Asked(self.vocabulary)
        pieces = longest_match(word, asked)
        return Trace(word, tuple(_attempts(asked.looks)), tuple(pieces))


def longest_match(word: str, vocabulary: Container[str]) -> list[str]:
    """The pieces of one word, from left to right; [UNK] alone where nothing fits."""
    pieces, start = [], 0
    while start < len(word):
        mark, end = PREFIX if start > 0 else "", len(word)
        while end > start and mark + word[start:end] not in vocabulary:
            end -= 1  # one character shorter
        if end == start:  # not even one character has an entry
            return [UNKNOWN]  # for the whole word, whatever was found before
        pieces.append(mark + word[start:end])
        start = end  # greedy: no choice is ever taken back
    return pieces


class _Asked(Container[str]):
    """A vocabulary that keeps what it was asked for, and whether it had it."""

    def __init__(self, vocabulary: Container[str]):
        self.vocabulary = vocabulary
        self.looks: list[tuple[str, bool]] = []

    def __contains__(self, piece: str) -> bool:
        self.looks.append((piece, piece in self.vocabulary))
        return self.looks[-1][1]


def _attempts(looks: Iterable[tuple[str, bool]]) -> Iterator[Attempt]:
    """Where in the word each look was: it starts where the last piece that was found ends."""
    start = 0
    for piece, found in looks:
        end = start + len(piece) - len(PREFIX) * (start > 0)
        yield Attempt(start, end, piece, found)
        start = end if found else start


def load() -> WordPiece:
    """The 30,522 pieces of the local BERT, read once per process. Raises records.Unusable."""
    return _load(bert_files.folder())


@once
def _load(folder: Path) -> WordPiece:
    lines = bert_files.verified(folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return WordPiece({piece: i for i, piece in enumerate(lines)})


def train(
    counts: Mapping[str, int], n_merges: int, by: str = "gain", min_count: int = 1, n_runners_up: int = 5
) -> list[bpe.Step]:
    """Learn pieces by the likelihood gain of each merge, with ## on pieces that continue a word; see models/bpe.py.

    counts: words, as words() gives them, and how often each occurs. by "ratio" or "count" for comparison: "count" is
    what the library's WordPiece trainer does. Every step has .gain and .ratio. Raises what bpe.train raises.
    """
    return bpe.train(counts, n_merges, by, PREFIX, min_count, n_runners_up)


def words(text: str) -> list[str]:
    """The normalised words of a text; special tokens are words as they are."""
    found = []
    for i, part in enumerate(re.split(f"({'|'.join(map(re.escape, SPECIAL))})", text)):
        found += [part] if i % 2 else "".join(map(_space_punctuation, normalize(part))).split()
    return found


def normalize(text: str) -> str:
    """What uncased BERT sees of a text: clean, Chinese spaced, no accents, lower-case, in this order."""
    text = "".join(map(_space_chinese, "".join(map(_clean, text))))
    text = "".join(
        c for c in unicodedata.normalize("NFD", text) if category(c) != "Mn"
    )  # é is e and a mark: Élan, elan
    return "".join(map(str.lower, text))  # one by one: "ΣΑΣ".lower() would end in ς


@functools.lru_cache(maxsize=4096)
def category(c: str) -> str:
    """The general category of a character ("Lu", "Mn", "Po", ...) as Unicode 8 had it; "" for newer characters."""
    if bisect(_EDGES, ord(c)) % 2:
        return _MOVED.get(c, "")
    return _MOVED.get(c) or unicodedata.category(c)


@functools.lru_cache(maxsize=4096)
def _clean(c: str) -> str:
    """A space for white space; nothing for control and format characters, private use and U+FFFD."""
    if c in "\t\n\r":
        return " "
    if c == "\ufffd" or category(c) in ("Cc", "Cf", "Co", "Cs"):
        return ""
    return " " if c.isspace() else c


@functools.lru_cache(maxsize=4096)
def _space_chinese(c: str) -> str:
    return f" {c} " if any(first <= ord(c) <= last for first, last in CHINESE) else c


@functools.lru_cache(maxsize=4096)
def _space_punctuation(c: str) -> str:
    """Punctuation is what Unicode calls so, and every ASCII character that is neither letter, digit nor space: $, +."""
    ascii_sign = c.isascii() and c.isprintable() and not c.isalnum() and c != " "
    return f" {c} " if ascii_sign or category(c).startswith("P") else c
