"""Subwords learnt by merging, pair by pair.   Sennrich et al. 2016, §3.2, Algorithm 1; Schuster & Nakajima 2012.

Every word begins as its characters. Each step joins one pair of neighbouring pieces, everywhere, into a new piece.
What differs is which pair wins:

    by="count"   byte-pair encoding: the most frequent pair
    by="gain"    WordPiece: the pair whose merge raises the likelihood of the text under a unigram model the most
    by="ratio"   the usual shorthand for it, count(ab) / (count(a) count(b)); it does not pick the same pairs

Schuster & Nakajima (and Wu et al. 2016, §4.1) add the piece that raises the likelihood of "a language model" the most;
which one is left open, and here it is the unigram model, the usual reading. It gives every piece x its relative
frequency c(x) / N, so that a text of N pieces has the log-likelihood

    L = sum over x of c(x) log(c(x) / N) = sum over x of c(x) log c(x) - N log N                        (natural log)

Replacing a b by ab in k places leaves c(a) - k, c(b) - k (c(a) - 2k where a = b), c(ab) = k and N - k; the gain is the
difference of L, after minus before, with the model fitted anew. It is about k log(k N / (c(a) c(b))): the ratio is only
what stands inside the logarithm, so it prefers rare pairs of rare pieces, as if k did not matter.

by="count" makes the merges of the library `tokenizers` (BpeTrainer), in its order, ties included. Its rules, as read
from its source and tested here: pieces are numbered, first the characters by code point, then every merge in turn; of
equally frequent pairs, the one with the smallest number on its left wins, then on its right. Pairs are counted where
they overlap too: aaa counts (a, a) twice and merges it once. The other two criteria break their ties the same way. With
a prefix the library numbers the continuing pieces in the order of a hash table, so that its ties may fall either way;
here they are sorted like the rest.

    steps = bpe.train({"low": 5, "lower": 2, "newest": 6, "widest": 3}, n_merges=10)
    steps[0].pair, steps[0].count                                   # ('e', 's'), 9
    bpe.apply([s.pair for s in steps], "lowest").pieces             # ('low', 'est')
"""

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Pair = tuple[str, str]


@dataclass(frozen=True)
class Candidate:
    """A pair that could be merged, and the counts in the text before that: all that its scores are computed from."""

    pair: Pair
    merged: str  # the new piece
    count: int  # how often the pair occurs, overlaps included
    replaced: int  # k: in how many places a merge joins it; less than count only in runs such as aaa
    left: int  # c(a)
    right: int  # c(b)
    total: int  # N: pieces in the text

    @property
    def gain(self) -> float:
        """By how many nats the merge raises the unigram log-likelihood of the text (negative: it lowers it)."""
        k = self.replaced
        counts = [(self.left, self.left - k), (self.right, self.right - k)]
        if self.pair[0] == self.pair[1]:
            counts = [(self.left, self.left - 2 * k)]
        # c(ab) is 0 before: two different pairs never spell the same piece (see train)
        terms = [*counts, (0, k), (-self.total, k - self.total)]
        # fsum is exact whatever the order, so that mirrored pairs have equal gains
        return math.fsum(x for before, after in terms for x in (_x_log_x(after), -_x_log_x(before)))

    @property
    def ratio(self) -> float:
        """count(ab) / (count(a) count(b)): between two candidates, only its order means something."""
        return self.count / (self.left * self.right)


@dataclass(frozen=True)
class Step(Candidate):
    """The candidate that was merged, and the best of those that were not."""

    by: str
    runners_up: tuple[Candidate, ...]  # best first

    @property
    def score(self) -> float:
        """What it won by: its count, gain or ratio."""
        return getattr(self, self.by)


@dataclass(frozen=True)
class Applied:
    """A merge that changed a word: its place in the list of merges, and the word's pieces after it."""

    rank: int
    pair: Pair
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """A word cut into pieces: from its characters, merge by merge, to the result."""

    word: str
    start: tuple[str, ...]
    applied: tuple[Applied, ...]

    @property
    def pieces(self) -> tuple[str, ...]:
        return self.applied[-1].pieces if self.applied else self.start


def train(
    counts: Mapping[str, int],
    n_merges: int,
    by: str = "count",
    prefix: str = "",
    min_count: int = 1,
    n_runners_up: int = 5,
) -> list[Step]:
    """Learn up to n_merges merges from words and how often each occurs: Sennrich et al. 2016, Algorithm 1.

    by is "count", "gain" or "ratio" (see above). prefix marks pieces that continue a word: "##" in BERT. Pairs that
    occur less than min_count times are left alone. Ends early when no pair is left, or by "gain" when no merge raises
    the likelihood. Every step counts the whole text again: slow, and easy to check. Raises ValueError for an unknown
    criterion, a count below 1, or a word that begins with the prefix.
    """
    if by not in ("count", "gain", "ratio"):
        raise ValueError(f'by must be "count", "gain" or "ratio", not {by!r}')
    for word, count in counts.items():
        if count < 1:
            raise ValueError(f"a word must occur at least once, got {count} for {word!r}")
        if prefix and word.startswith(prefix):
            raise ValueError(f"{word!r} begins with {prefix!r}, which marks pieces that continue a word")
    words = {word: symbols(word, prefix) for word in counts}
    # Two different pairs never spell the same piece: while no merge crosses the ends of a stretch, what happens inside
    # does not depend on where it stands, so that equal stretches which end as one piece were cut alike all the time.
    number = {piece: i for i, piece in enumerate(sorted({p for pieces in words.values() for p in pieces}))}

    def rank(c: Candidate) -> tuple[float, int, int]:
        score = getattr(c, by)
        score = round(score, 9) if by == "gain" else score  # equal gains reached by other sums differ in the last bits
        return -score, number[c.pair[0]], number[c.pair[1]]

    steps = []
    while len(steps) < n_merges:
        allowed = [c for c in candidates(words, counts, prefix) if c.count >= min_count]
        best, *rest = heapq.nsmallest(n_runners_up + 1, allowed, key=rank) or [None]
        if best is None or (by == "gain" and rank(best)[0] >= 0):
            break
        steps.append(Step(**vars(best), by=by, runners_up=tuple(rest)))
        number[best.merged] = len(number)
        words = {word: merge(pieces, best.pair, best.merged) for word, pieces in words.items()}
    return steps


def apply(merges: Iterable[Pair], word: str, prefix: str = "") -> Trace:
    """Cut a word with learnt merges: of the pairs it contains, always merge the one learnt first. Sennrich §3.2.

    Characters that the training never saw stay as they are. Equal to the library's BPE model; the words of the
    training text get the pieces that they had at its end.
    """
    rank = {pair: i for i, pair in enumerate(merges)}
    start = pieces = symbols(word, prefix)
    applied = []
    while found := [p for p in pairwise(pieces) if p in rank]:
        pair = min(found, key=rank.__getitem__)
        pieces = merge(pieces, pair, joined(pair, prefix))
        applied.append(Applied(rank[pair], pair, pieces))
    return Trace(word, start, tuple(applied))


def symbols(word: str, prefix: str = "") -> tuple[str, ...]:
    """The characters of a word, all but the first behind the prefix: with "##", cat is c ##a ##t."""
    return tuple(c if i == 0 else prefix + c for i, c in enumerate(word))


def joined(pair: Pair, prefix: str = "") -> str:
    """The piece that a pair becomes: with "##", (c, ##a) is ca and (##a, ##t) is ##at."""
    return pair[0] + pair[1].removeprefix(prefix)


def merge(pieces: Sequence[str], pair: Pair, merged: str) -> tuple[str, ...]:
    """Pieces with every occurrence of the pair replaced, from left to right: (a, a) turns a a a into aa a."""
    out, i = [], 0
    while i < len(pieces):
        hit = tuple(pieces[i : i + 2]) == pair
        out.append(merged if hit else pieces[i])
        i += 1 + hit
    return tuple(out)


def candidates(words: Mapping[str, Sequence[str]], counts: Mapping[str, int], prefix: str = "") -> list[Candidate]:
    """Every pair of neighbours in the words' present pieces, with its counts; each word weighs counts[word]."""
    single, double, replaced = Counter(), Counter(), Counter()
    for word, pieces in words.items():
        end: dict[Pair, int] = {}  # where the last place that a merge would join ends: aaa holds (a, a) once
        for piece in pieces:
            single[piece] += counts[word]
        for i, pair in enumerate(pairwise(pieces)):
            double[pair] += counts[word]
            if end.get(pair, 0) <= i:
                replaced[pair] += counts[word]
                end[pair] = i + 2
    total = single.total()
    return [
        Candidate(pair, joined(pair, prefix), n, replaced[pair], single[pair[0]], single[pair[1]], total)
        for pair, n in double.items()
    ]


def log_likelihood(counts: Iterable[int]) -> float:
    """L in nats of a text whose different pieces occur so often: sum of c log(c / N), 0 for an empty text."""
    counts = list(counts)
    return math.fsum(_x_log_x(c) for c in counts) - _x_log_x(sum(counts))


def _x_log_x(x: int) -> float:
    """x log |x|, with 0 log 0 = 0: an odd function, so that -N stands for a term that is subtracted."""
    return x * math.log(abs(x)) if x else 0.0
