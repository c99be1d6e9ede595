"""Sentence pairs for the translator: read, split without a leak, cut into batches.

The file has one pair a line: English TAB Chinese TAB attribution (Tatoeba, as distributed by manythings.org). The same
sentence comes in several pairs, with other translations. So pairs that share their English or their Chinese, or share
it through others, belong together and go to one side of the split: no sentence of a test pair is trained on, in either
language. Sentences that differ in punctuation, capitals or spaces only count as the same.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from models.translator_vocabulary import END, PAD, SPECIAL, START, UNKNOWN


@dataclass(frozen=True)
class Pair:
    """A sentence, its translation, and the authors of both."""

    english: str
    chinese: str
    attribution: str


@dataclass(frozen=True)
class Split:
    """Three sets of pairs that share no sentence."""

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair]


def read(path: Path) -> list[Pair]:
    """All pairs of a file, in its order. Raises ValueError for a line without three columns."""
    pairs = []
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")  # splitlines would cut at U+2028, too
    for number, line in enumerate(lines, 1):
        columns = line.split("\t")
        if len(columns) != 3:
            raise ValueError(f"{path}, line {number}: expected English, Chinese and attribution, separated by tabs")
        pairs.append(Pair(*(column.strip() for column in columns)))
    return pairs


def key(sentence: str) -> str:
    """What makes two sentences the same: their letters and digits, without case, width, spaces and punctuation."""
    return "".join(c for c in unicodedata.normalize("NFKC", sentence).casefold() if c.isalnum()) or sentence


def split(pairs: Sequence[Pair], seed: int, dev: int, test: int, held_out: Sequence[str] = ()) -> Split:
    """Draw whole groups of pairs that share a sentence until dev and test have at least so many pairs; the rest trains.

    Groups of more than eight pairs always train: a held-out set should not hang on one sentence. Pairs that share a
    sentence with held_out are dropped. Raises ValueError if too few pairs are left to train on.
    """
    groups = _groups(pairs, held_out)
    out = Split([], [], [])
    for group in [groups[i] for i in np.random.default_rng(seed).permutation(len(groups))]:
        small = len(group) <= 8
        side = out.test if small and len(out.test) < test else out.dev if small and len(out.dev) < dev else out.train
        side.extend(group)
    if len(out.train) < len(out.dev) + len(out.test):
        raise ValueError(f"{len(pairs)} pairs are too few to hold out {dev} + {test}")
    return out


def _groups(pairs: Sequence[Pair], held_out: Sequence[str]) -> list[list[Pair]]:
    """The pairs that share a sentence, directly or through others, together; without those that share one of held_out.

    Union-find: every sentence points to another one of its group, and at last to the one that stands for the group.
    """
    parent: dict[str, str] = {}

    def find(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = node = parent[parent[node]]
        return node

    names = [("en " + key(p.english), "zh " + key(p.chinese)) for p in pairs]
    for english, chinese in names:
        parent[find(english)] = find(chinese)
    groups: dict[str, list[Pair]] = {}
    for pair, (english, _) in zip(pairs, names, strict=True):
        groups.setdefault(find(english), []).append(pair)
    for sentence in held_out:
        for name in ("en " + key(sentence), "zh " + key(sentence)):
            groups.pop(find(name), None)
    return list(groups.values())


def characters(sentences: Sequence[str], min_count: int) -> list[str]:
    """The characters that occur at least so often, most frequent first (then by code point), after the special ones."""
    counts = Counter(c for s in sentences for c in s)
    frequent = [c for c in counts if counts[c] >= min_count]
    return [*SPECIAL, *sorted(frequent, key=lambda c: (-counts[c], c))]


def subwords(sentences: Sequence[str], vocab_size: int) -> Tokenizer:
    """A byte-pair encoding (Sennrich et al. 2016) with ▁ for the space before a word, so that it can be undone."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(individual_digits=True)]
    )
    tokenizer.decoder = decoders.Metaspace()
    alphabet = [c for c, n in Counter("".join(sentences)).items() if n >= 3]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIAL), limit_alphabet=len(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(sentences, trainer)
    return tokenizer


@dataclass(frozen=True, eq=False)
class Batch:
    """Padded ids: source (B, S), and target (B, T + 1) from the start symbol to the end symbol."""

    source: np.ndarray
    target: np.ndarray

    @property
    def tokens(self) -> int:
        """Target tokens to be predicted."""
        return int((self.target[:, 1:] != PAD).sum())


Ids = tuple[list[int], list[int]]


def pad(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Rows of ids, filled up with PAD to the longest: (B, longest)."""
    out = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
    for row, ids in zip(out, rows, strict=True):
        row[: len(ids)] = ids
    return out


def collate(rows: Sequence[Ids]) -> Batch:
    """Encoded pairs -> a batch; the start and end symbols are put around the target."""
    return Batch(pad([s for s, _ in rows]), pad([[START, *t, END] for _, t in rows]))


def batches(rows: Sequence[Ids], tokens: int, seed: int, epoch: int) -> Iterator[list[int]]:
    """One epoch: numbers of rows, pairs of similar length together, at most so many padded tokens of both languages.

    The same seed and epoch give the same batches in the same order; other epochs mix otherwise.
    """
    random = np.random.default_rng((seed, epoch))
    length = np.array([(len(s), len(t) + 1) for s, t in rows])  # (N, 2)
    order = np.argsort(length.max(1) + random.random(len(rows)) * 2, kind="stable")
    cut, batch, widest = [], [], np.zeros(2, dtype=int)
    for i in order.tolist():
        wider = np.maximum(widest, length[i])
        if batch and (len(batch) + 1) * wider.sum() > tokens:
            cut.append(batch)
            batch, wider = [], length[i]
        batch.append(i)
        widest = wider
    cut.append(batch)
    for j in random.permutation(len(cut)):
        yield cut[j]
