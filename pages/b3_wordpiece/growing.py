"""A vocabulary grows on one half of the sentences and reads the other half, which it never saw.

Wu et al. 2016, §4.1; byte-pair encoding: Sennrich et al. 2016, §3.2.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from models import bpe, wordpiece
from models.records import translator as held_out
from pages.b3_wordpiece import by_library
from pages.b3_wordpiece.chips import chips
from pages.b3_wordpiece.inputs import TATOEBA
from pages.b3_wordpiece.learning import learnable
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Lines, Say, Series, Tokens

PRESETS = {
    "one": {"merges": 1, "step": "sentence"},
    "thousand": {"merges": 1000, "step": "curves"},
    "thousand_read": {"merges": 1000, "step": "sentence"},
}
MERGES = Slider(1, 1000, scale="log")
ALL = 10**6  # more merges than the sentences have


def growing(merges: Annotated[int, MERGES] = 96, line: Annotated[int, Slider(1, 50)] = 1) -> Evidence:
    """Pieces per word and unknown words, by the number of merges; one sentence that was not learnt from."""
    learnt_from, read, lines = _halves()
    grown = _grown()
    n = min(merges, len(grown.merges))
    here = grown.at.index(n)
    rows = grown.characters + n
    known = {word for word, _ in learnt_from.most_common(rows)}  # of a word-level vocabulary with as many rows
    return Evidence(
        Step("curves", *_curves(grown, rows)),
        Step("sentence", *_sentence(lines[line - 1], grown.merges[:n], known)),
        claims=lambda: [
            Claim("same_as_library", measured=grown.pieces[here], expected=_by_library(n), abs=1e-9),
            Claim("never_longer", measured=max(b - a for a, b in pairwise(grown.pieces)), expected=0, op="≤"),
        ],
        measured=[
            Measured("unknown_here", grown.unknown_words[here], unit="share"),
            Measured("pieces_here", grown.pieces[here]),
            Measured("rows_here", rows),
            Measured("all_merges", len(grown.merges)),
            Measured("new_characters", len(set("".join(read)) - set("".join(learnt_from)))),
        ],
        origin=Origin.TRAINED_HERE,
        source=TATOEBA,
    )


def _curves(grown: "Growth", rows: int) -> list[Lines]:
    size = [grown.characters + n for n in grown.at]
    unknown = Series("unknown_words", size, [100 * share for share in grown.unknown_words])
    cut = Series("cut_words", size, [100 * share for share in grown.cut], dashed=True)
    lengths = Series("pieces_per_word", size, grown.pieces)
    at = {"x": "vocabulary", "here": rows}
    return [
        Lines([lengths], y="pieces_per_word", title="lengths", y_range=(1, 3.5), **at),
        Lines([unknown, cut], y="share", title="shares", y_range=(0, 80), **at),
    ]


def _sentence(line: str, merges: Iterable[bpe.Pair], known: set[str]) -> list[Tokens]:
    """A sentence as a word-level vocabulary and as the subwords read it."""
    words = wordpiece.words(line)
    cuts = [(word, bpe.apply(merges, word).pieces) for word in words]
    return [
        chips([(word, [word]) for word in words], "line_words", {word for word in words if word not in known}),
        chips(cuts, Say("line_pieces", n=sum(len(pieces) for _, pieces in cuts))),
    ]


def _by_library(n_merges: int) -> float:
    """Pieces per word of the second half as the library cuts it; a character that it has not learnt is one piece."""
    learnt_from, read, _ = _halves()
    library = by_library.byte_pairs(learnt_from, n_merges)
    return sum(len(library.encode(word).tokens) * times for word, times in read.items()) / read.total()


@memo
def _halves() -> tuple[Counter[str], Counter[str], list[str]]:
    """Words to learn from, words to read, and the sentences that these are from: English, held out, in two halves."""
    lines = [pair.english for pair in held_out.load().pairs]
    half = len(lines) // 2
    return learnable("\n".join(lines[:half])), learnable("\n".join(lines[half:])), lines[half:]


@memo
def _grown() -> "Growth":
    learnt_from, read, _ = _halves()
    return growth(learnt_from, read, [0, *MERGES.ladder, ALL])


# --- a vocabulary at many sizes --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Growth:
    """What a growing vocabulary does to words that it was not learnt from. Everything by the number of merges, `at`."""

    merges: tuple[bpe.Pair, ...]
    characters: int  # rows before the first merge
    at: tuple[int, ...]
    pieces: tuple[float, ...]  # pieces per word
    cut: tuple[float, ...]  # share of the words that are cut
    unknown_words: tuple[float, ...]  # share of the words missing in a word-level vocabulary with as many rows


def growth(learnt_from: Mapping[str, int], read: Mapping[str, int], at: Iterable[int]) -> Growth:
    """Byte-pair encoding learnt by the library from some words and applied to others, after each number of merges.

    A word-level vocabulary with as many rows holds the most frequent words, of equally frequent ones those first met.
    """
    merges = by_library.merges(by_library.byte_pairs(learnt_from, ALL))
    common = sorted(learnt_from, key=lambda word: -learnt_from[word])
    characters, total = len(set("".join(learnt_from))), sum(read.values())
    at = tuple(sorted({min(n, len(merges)) for n in at}))
    traces = {word: bpe.apply(merges, word) for word in read}
    pieces, cut, unknown = [], [], []
    for n in at:
        lengths = {word: _length(trace, n) for word, trace in traces.items()}
        known = set(common[: characters + n])
        pieces.append(sum(lengths[word] * times for word, times in read.items()) / total)
        cut.append(sum(times for word, times in read.items() if lengths[word] > 1) / total)
        unknown.append(sum(times for word, times in read.items() if word not in known) / total)
    return Growth(tuple(merges), characters, at, tuple(pieces), tuple(cut), tuple(unknown))


def _length(trace: bpe.Trace, n: int) -> int:
    """In how many pieces the first n merges leave a word.

    A merge makes room for later ones only, so that a word's merges come in their order: those of the first n are the
    beginning of the trace with all of them, and one trace serves every n.
    """
    cuts = [trace.start, *(step.pieces for step in trace.applied if step.rank < n)]
    return len(cuts[-1])
