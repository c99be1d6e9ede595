"""One word guessed from its left, and from both sides: by our GPT and by our masked model.   Devlin et al. 2019, §3.1.

    s = sides.load()
    found = s.compare("He opened the door and went out.", at=4)     # the word "and"
    found["gpt"].rank, found["both"].best(5)

The vocabularies differ, so both are asked the same question: which of the words that are one token for either model
stands here? Each model's probabilities of these words alone are divided by their sum. Three ways of reading:

    gpt     what stands before the word, as our GPT reads it
    left    the masked language model, with every token behind the word masked too
    both    the masked language model, with the word alone masked
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models import gpt, mlm
from models.records import sides as records

WAYS = ("gpt", "left", "both")
_WORD = re.compile(r"(?<= )[a-z]+(?=[ ,.;:?!]|$)")  # a whole word in small letters that is not the first


@dataclass(frozen=True, eq=False)
class Guess:
    """What one way of reading says of the words on the list, W of them."""

    words: tuple[str, ...]
    right: int  # the number of the word that stands there
    log_probs: Tensor  # (W,) float64, of the words on the list alone
    listed: float  # the probability that the model gives to the whole list, of 1

    @property
    def rank(self) -> int:
        """1: the right word is the first guess."""
        return 1 + int((self.log_probs > self.log_probs[self.right]).sum())

    @property
    def log_prob(self) -> float:
        """ln p of the right word."""
        return float(self.log_probs[self.right])

    def best(self, k: int) -> list[tuple[str, float]]:
        """The k most probable words, best first."""
        top = self.log_probs.topk(min(k, len(self.words)))
        return [(self.words[i], p) for i, p in zip(top.indices.tolist(), top.values.exp().tolist(), strict=True)]


class Sides:
    """Both models, and the words that they are compared on."""

    def __init__(self, writer: gpt.Writer, masked: mlm.MaskedLM, words: Sequence[str]):
        self.writer, self.masked, self.words = writer, masked, tuple(words)
        self.gpt_ids = torch.tensor([writer.tokenizer.encode(f" {w}").ids[0] for w in words])  # (W,)
        self.mlm_ids = torch.tensor([masked.base.tokenizer.token_to_id(w) for w in words])  # (W,)
        self.numbers = {word: i for i, word in enumerate(self.words)}

    def places(self, text: str) -> list[tuple[int, int]]:
        """Start and stop, in characters, of the words of a text that are on the list, in their order."""
        return [m.span() for m in _WORD.finditer(text) if m.group() in self.numbers]

    def compare(self, text: str, start: int, stop: int) -> dict[str, Guess]:
        """The three guesses at text[start:stop], one of places(text). Raises bert.TooLong."""
        ids, at = self.masked_ids(text, start, stop)
        hidden = [*ids[:at], *[self.masked.mask_id] * (len(ids) - at - 1), ids[-1]]
        before = self.writer.next(text[:start].rstrip(" "))  # (V of GPT,)
        left = self.masked.distribution(hidden, [at])[0]  # (V,)
        both = self.masked.distribution(ids, [at])[0]  # (V,)
        listed = {"gpt": before[self.gpt_ids], "left": left[self.mlm_ids], "both": both[self.mlm_ids]}  # (W,) each
        right = self.numbers[text[start:stop]]
        return {
            way: Guess(self.words, right, (p / p.sum()).clamp_min(1e-300).log(), float(p.sum()))
            for way, p in listed.items()
        }

    def masked_ids(self, text: str, start: int, stop: int) -> tuple[list[int], int]:
        """The text as the masked language model reads it, and the number of the token that is the word."""
        before, after = (self.masked.encode(part).ids for part in (text[:start], text[stop:]))
        word = self.masked.base.tokenizer.token_to_id(text[start:stop])
        return [*before[:-1], word, *after[1:]], len(before) - 1


def load() -> Sides:
    """Both models and the list of the record. Raises records.Unusable."""
    return Sides(gpt.load(), mlm.load(), records.results().words)
