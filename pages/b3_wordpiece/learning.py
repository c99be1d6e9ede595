"""A vocabulary being learnt: the words it is learnt from, and what the merges made so far do to them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from models import bpe, wordpiece
from models.wordpiece import PREFIX

Cut = Mapping[str, tuple[str, ...]]  # each word in its present pieces


def learnable(text: str) -> Counter[str]:
    """The words of a text with their counts, as the trainers take them: special tokens are left out."""
    return Counter(word for word in wordpiece.words(text) if word not in wordpiece.SPECIAL)


def cut(words: Iterable[str], steps: Sequence[bpe.Step], prefix: str = "") -> Cut:
    """The words after these merges; prefix marks pieces that continue a word."""
    pieces = {word: bpe.symbols(word, prefix) for word in words}
    for step in steps:
        pieces = {word: bpe.merge(now, step.pair, step.merged) for word, now in pieces.items()}
    return pieces


def likelihood(words: Cut, counts: Mapping[str, int]) -> float:
    """The unigram log-likelihood of the text in these pieces, counted afresh (nats)."""
    times: Counter[str] = Counter()
    for word, pieces in words.items():
        for piece in pieces:
            times[piece] += counts[word]
    return bpe.log_likelihood(times.values())


def pieces_after(steps: Sequence[bpe.Step], counts: Mapping[str, int]) -> list[int]:
    """How many pieces the whole text has before the first merge and after each: every merge saves its places."""
    start = sum(len(word) * n for word, n in counts.items())
    return list(accumulate((step.replaced for step in steps), lambda left, saved: left - saved, initial=start))


def vocabulary(steps: Sequence[bpe.Step], counts: Mapping[str, int]) -> list[str]:
    """A WordPiece vocabulary after these merges: as in BERT's, every character with and without ##, then the merges."""
    characters = sorted(set("".join(counts)))
    return [*characters, *(PREFIX + c for c in characters), *(step.merged for step in steps)]
