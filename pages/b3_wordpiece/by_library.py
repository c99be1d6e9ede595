"""The library `tokenizers`, to compare with: BERT's own tokenizer, and vocabularies learnt from the reader's words.

Sennrich et al. 2016, §3.2 (byte-pair encoding); Kudo 2018, §3.2 (Unigram). Nothing here imports torch.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tokenizers import Encoding, Tokenizer, models, pre_tokenizers, trainers

from models import bert_files, bpe, wordpiece
from models.wordpiece import PREFIX, UNKNOWN
from study.memo import memo


def encode(text: str) -> Encoding:
    """A text's .tokens and .ids by the local BERT's tokenizer.json, without [CLS] and [SEP] around them."""
    return _bert().encode(text, add_special_tokens=False)


def decode(ids: Sequence[int]) -> str:
    """The text that the library makes of ids, special tokens included."""
    return _bert().decode(ids, skip_special_tokens=False)


@memo
def _bert() -> Tokenizer:
    """The local BERT's tokenizer, read once for all readers. Raises records.Unusable."""
    return bert_files.tokenizer(bert_files.verified(bert_files.folder() / "tokenizer.json"))


def differences(ours: Sequence, theirs: Sequence) -> int:
    """At how many places two lists differ; what one of them lacks counts too."""
    return sum(a != b for a, b in zip_longest(ours, theirs))


# --- vocabularies learnt from words: each trainer takes the words and how often they occur --------------------------
def byte_pairs(counts: Mapping[str, int], n_merges: int) -> Tokenizer:
    """Byte-pair encoding.

    It reads a character that it has not learnt as [UNK]. Without such a token it would drop the character and then
    merge what has become neighbours: lily would be ll to it, after a text that has ll but neither i nor y.
    """
    size = 1 + _characters(counts) + n_merges  # [UNK] first
    return _trained(Tokenizer(models.BPE(unk_token=UNKNOWN)), trainers.BpeTrainer, counts, size)


def word_pieces(counts: Mapping[str, int], n_merges: int) -> Tokenizer:
    """WordPiece as the library trains it: pairs are counted as in byte-pair encoding."""
    size = 1 + len(_first_pieces(counts)) + n_merges
    return _trained(Tokenizer(models.WordPiece(unk_token=UNKNOWN)), trainers.WordPieceTrainer, counts, size)


def unigram(counts: Mapping[str, int], n_pieces: int) -> Tokenizer:
    """Unigram: begins with many pieces and drops those whose loss hurts the likelihood least.

    It always keeps the single characters, and it never ends when asked for fewer pieces than these: so it is asked for
    n_pieces beyond them. Which of several equally good pieces it keeps may differ from run to run.
    """
    size = _characters(counts) + 2 + n_pieces  # [UNK] and one to spare
    return _trained(Tokenizer(models.Unigram()), trainers.UnigramTrainer, counts, size, unk_token=UNKNOWN)


def _trained(tokenizer: Tokenizer, trainer, counts: Mapping[str, int], size: int, **more) -> Tokenizer:
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")  # one space keeps the words apart, nothing else does
    text = (" ".join([word] * n) for word, n in counts.items())
    settings = {"vocab_size": size, "special_tokens": [UNKNOWN], "show_progress": False, **more}
    tokenizer.train_from_iterator(text, trainer(**settings))
    return tokenizer


def _characters(words: Iterable[str]) -> int:
    return len(set("".join(words)))


def _first_pieces(words: Iterable[str]) -> set[str]:
    """What the library's WordPiece trainer begins with: every character, and behind ## those that continue a word."""
    return {*"".join(words), *(piece for word in words for piece in bpe.symbols(word, PREFIX))}


def merges(tokenizer: Tokenizer) -> list[bpe.Pair]:
    """The merges that a byte-pair encoding of the library has learnt, in order."""
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def reader(pieces: Iterable[str]) -> Tokenizer:
    """The library's WordPiece model with a vocabulary of one's own."""
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys([UNKNOWN, *pieces]))}
    limit = wordpiece.MAX_CHARS
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=limit))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "removed")
    return tokenizer


@dataclass(frozen=True, eq=False)
class Trained:
    """What the library makes of the same words, asked for as many pieces beyond the characters."""

    byte_pairs: Tokenizer
    unigram: Tokenizer
    against_count: int  # merges of its WordPiece trainer that did not join a most frequent pair


def trained(counts: Mapping[str, int], n: int) -> Trained:
    """All three trainers on the same words; n merges, or n pieces beyond the characters."""
    _, against = merged_against_count(word_pieces(counts, n), counts)
    return Trained(byte_pairs(counts, n), unigram(counts, n), against)


def merged_against_count(tokenizer: Tokenizer, counts: Mapping[str, int]) -> tuple[int, int]:
    """Replays the library's WordPiece trainer: how many merges it made, and how many were not of a most frequent pair.

    Its vocabulary tells the merges: [UNK], then single characters, then every new piece in its order.
    """
    words = {word: bpe.symbols(word, PREFIX) for word in counts}
    first = {UNKNOWN, *_first_pieces(counts)}
    in_order = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    new = [piece for piece, _ in in_order if piece not in first]
    against = 0
    for piece in new:
        candidates = bpe.candidates(words, counts, PREFIX)
        made = next(c for c in candidates if c.merged == piece)
        against += made.count < max(c.count for c in candidates)
        words = {word: bpe.merge(pieces, made.pair, piece) for word, pieces in words.items()}
    return len(new), against
