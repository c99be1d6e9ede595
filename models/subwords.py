"""Beside the hand-written WordPiece: what the library makes of the same text, other units, and what a vocabulary holds.

Wu et al. 2016, §4.1; Sennrich et al. 2016, §3.2; Kudo 2018, §3.2 (Unigram). Nothing here imports torch.

    subwords.library().encode("flightless").tokens    # the local BERT's tokenizer.json, by the library `tokenizers`
    subwords.fewest("cloudscribe", vocabulary)        # ('cloud', '##scribe'), which longest match does not find
    subwords.kind("##less")                           # "continuing"
"""

import functools
import json
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from models import bpe, local, wordpiece
from models.wordpiece import PREFIX, SPECIAL, UNKNOWN

#: What a piece is, by what it is written with; the first that fits (see kind).
KINDS = ("special", "unused", "never", "chinese", "other", "digits", "continuing", "whole")


# --- the library -----------------------------------------------------------------------------------------------------
def library() -> Tokenizer:
    """The library's tokenizer of the local BERT, neither padding nor cutting. Raises local.ModelUnavailable."""
    with _lock:
        return _library()


_lock = threading.Lock()


@functools.cache
def _library() -> Tokenizer:
    return local.tokenizer(local.verified(local.folder() / "tokenizer.json"))


def library_bpe(counts: Mapping[str, int], n_merges: int) -> Tokenizer:
    """The library's byte-pair encoding, learnt from the same words; words are kept apart by spaces."""
    return _trained(Tokenizer(models.BPE()), trainers.BpeTrainer, counts, _characters(counts) + n_merges)


def library_wordpiece(counts: Mapping[str, int], n_merges: int) -> Tokenizer:
    """The library's WordPiece trainer, which counts pairs as byte-pair encoding does."""
    size = 1 + len(_first_pieces(counts)) + n_merges
    return _trained(
        Tokenizer(models.WordPiece(unk_token=UNKNOWN)), trainers.WordPieceTrainer, counts, size, special=[UNKNOWN]
    )


def library_unigram(counts: Mapping[str, int], n_pieces: int) -> Tokenizer:
    """The library's Unigram: begins with many pieces and drops those whose loss hurts the likelihood least.

    It always keeps the single characters, and it never ends when asked for fewer pieces than these: so it is asked for
    n_pieces beyond them. Which of several equally good pieces it keeps may differ from run to run.
    """
    size = _characters(counts) + 2 + n_pieces  # [UNK] and one to spare
    return _trained(
        Tokenizer(models.Unigram()), trainers.UnigramTrainer, counts, size, special=[UNKNOWN], unk_token=UNKNOWN
    )


def _trained(tokenizer: Tokenizer, trainer, counts: Mapping[str, int], size: int, special=(), **more) -> Tokenizer:
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    text = (" ".join([word] * n) for word, n in counts.items())
    tokenizer.train_from_iterator(
        text, trainer(vocab_size=size, special_tokens=list(special), show_progress=False, **more)
    )
    return tokenizer


def _characters(counts: Iterable[str]) -> int:
    return len(set("".join(counts)))


def _first_pieces(words: Iterable[str]) -> set[str]:
    """What the library's WordPiece trainer begins with: every character, and behind ## those that continue a word."""
    return {*"".join(words), *(p for word in words for p in bpe.symbols(word, PREFIX))}


def merges(tokenizer: Tokenizer) -> list[bpe.Pair]:
    """The merges that a BPE tokenizer of the library has learnt, in order."""
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def reading(pieces: Iterable[str]) -> Tokenizer:
    """The library's WordPiece model with a vocabulary of one's own."""
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys([UNKNOWN, *pieces]))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=wordpiece.MAX_CHARS))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    return tokenizer


@dataclass(frozen=True, eq=False)
class Library:
    """What the library makes of the same words, asked for as many pieces beyond the characters."""

    bpe: Tokenizer
    unigram: Tokenizer
    against_count: int  # merges of its WordPiece trainer that did not join a most frequent pair


def libraries(counts: Mapping[str, int], n: int) -> Library:
    """All three trainers of the library on the same words; n merges, or n pieces beyond the characters."""
    _, against = by_count(library_wordpiece(counts, n), counts)
    return Library(library_bpe(counts, n), library_unigram(counts, n), against)


def by_count(tokenizer: Tokenizer, counts: Mapping[str, int]) -> tuple[int, int]:
    """Replays the library's WordPiece trainer: how many merges it made, and how many were not of a most frequent pair.

    Its vocabulary tells the merges: special tokens, then single characters, then every new piece in its order.
    """
    words = {word: bpe.symbols(word, PREFIX) for word in counts}
    known = {UNKNOWN, *_first_pieces(counts)}
    new = [p for p, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]) if p not in known]
    against = 0
    for piece in new:
        found = bpe.candidates(words, counts, PREFIX)
        made = next(c for c in found if c.merged == piece)
        against += made.count < max(c.count for c in found)
        words = {word: bpe.merge(pieces, made.pair, piece) for word, pieces in words.items()}
    return len(new), against


# --- other ways to cut, and what they cost ---------------------------------------------------------------------------
def fewest(word: str, vocabulary: Mapping[str, int]) -> tuple[str, ...] | None:
    """A spelling of the word in as few pieces as possible, None where there is none: every cut is tried."""
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(word) + 1):
        ways = []
        for start in range(end):
            piece = PREFIX * (start > 0) + word[start:end]
            if best[start] is not None and piece in vocabulary:
                ways.append((*best[start], piece))
        best.append(min(ways, key=len, default=None))
    return best[-1]


def learnable(text: str) -> Counter[str]:
    """The words of a text with their counts, as the trainers take them: special tokens are left out."""
    return Counter(word for word in wordpiece.words(text) if word not in SPECIAL)


def pieces_after(steps: Sequence[bpe.Step], counts: Mapping[str, int]) -> list[int]:
    """How many pieces the whole text has before the first merge and after each: every merge saves its places."""
    start = sum(len(word) * n for word, n in counts.items())
    return list(accumulate((step.replaced for step in steps), lambda left, saved: left - saved, initial=start))


def learnt(steps: Sequence[bpe.Step], counts: Mapping[str, int]) -> list[str]:
    """A WordPiece vocabulary after these merges: as in BERT's, every character with and without ##, then the merges."""
    characters = sorted(set("".join(counts)))
    return [*characters, *(PREFIX + c for c in characters), *(step.merged for step in steps)]


Cut = Mapping[str, tuple[str, ...]]  # each word in its present pieces


def cut(counts: Iterable[str], steps: Sequence[bpe.Step], prefix: str = "") -> Cut:
    """The words after these merges."""
    words = {word: bpe.symbols(word, prefix) for word in counts}
    for step in steps:
        words = {word: bpe.merge(pieces, step.pair, step.merged) for word, pieces in words.items()}
    return words


def likelihood(words: Cut, counts: Mapping[str, int]) -> float:
    """The unigram log-likelihood of the text in these pieces, counted afresh (nats)."""
    found: Counter[str] = Counter()
    for word, pieces in words.items():
        for piece in pieces:
            found[piece] += counts[word]
    return bpe.log_likelihood(found.values())


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
    learnt_merges = merges(library_bpe(learnt_from, 10**6))
    common = sorted(learnt_from, key=lambda word: -learnt_from[word])
    total, characters = sum(read.values()), _characters(learnt_from)
    at = tuple(sorted({min(n, len(learnt_merges)) for n in at}))
    pieces, cut, unknown = [], [], []
    traces = {word: bpe.apply(learnt_merges, word) for word in read}
    for n in at:
        # merges come in order of rank, so that those of the first n are the beginning of the whole trace
        length = {w: len(w) - sum(_saved(t, n)) for w, t in traces.items()}
        known = set(common[: characters + n])
        pieces.append(sum(length[w] * k for w, k in read.items()) / total)
        cut.append(sum(k for w, k in read.items() if length[w] > 1) / total)
        unknown.append(sum(k for w, k in read.items() if w not in known) / total)
    return Growth(tuple(learnt_merges), characters, at, tuple(pieces), tuple(cut), tuple(unknown))


def _saved(trace: bpe.Trace, n: int) -> Iterable[int]:
    """By how many pieces each merge of rank below n shortened the word."""
    before = len(trace.start)
    for step in trace.applied:
        if step.rank < n:
            yield before - len(step.pieces)
        before = len(step.pieces)


# --- what a vocabulary holds -----------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=4096)
def stands_alone(c: str) -> bool:
    """Whether a character is always a word of its own: punctuation and Chinese, by the rules of wordpiece.words."""
    return wordpiece.words(f"a{c}") == ["a", c]


def never(piece: str) -> bool:
    """Whether no text can ever give this piece: it joins to others what words() always takes apart."""
    body = piece.removeprefix(PREFIX)
    if piece in SPECIAL or (len(body) == 1 and body == piece):
        return False
    return any(map(stands_alone, body))


@functools.cache
def kind(piece: str) -> str:
    """One of KINDS. chinese, other and digits count pieces with and without ##."""
    body = piece.removeprefix(PREFIX)
    if piece in SPECIAL:
        return "special"
    if piece.startswith("[unused"):
        return "unused"
    if never(piece):
        return "never"
    if any(first <= ord(c) <= last for c in body for first, last in wordpiece.CHINESE):
        return "chinese"
    if not all("LATIN" in unicodedata.name(c, "") or c.isdigit() for c in body):
        return "other"
    if body.isdigit():
        return "digits"
    return "continuing" if piece.startswith(PREFIX) else "whole"


def usable(vocabulary: Iterable[str]) -> dict[str, frozenset[str]]:
    """The rows of a vocabulary that a word-level, a character-level and a subword model could use."""
    rows = [p for p in vocabulary if not p.startswith("[unused")]
    return {
        "words": frozenset(p for p in rows if not p.startswith(PREFIX)),
        "characters": frozenset(p for p in rows if len(p) == 1 or p in SPECIAL),
        "pieces": frozenset(rows),
    }
