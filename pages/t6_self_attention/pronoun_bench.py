"""Which head looks from a pronoun to its noun: counted over marked sentences, beside what chance and rules would reach.

A head *hits* a line if the pronoun gives the right noun more weight than any other candidate. Words of several pieces:
the weight given to a word is the sum over its pieces, the weight given by it the mean (Clark et al. 2019, §4.1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from models import bert
from pages.t6_self_attention.marked_lines import Marked, Span, parse
from study.controls import Refusal, Texts
from study.memo import memo

LIMIT = 64  # tokens of a line, [CLS] and [SEP] included
AMONG = ("nouns", "words")  # the candidates: the marked nouns; or every word but the pronoun


@dataclass(frozen=True, eq=False)
class Case:
    """A marked line as every head sees it: what the pronoun gives to each of W candidates."""

    marked: Marked
    words: tuple[str, ...]  # the candidates in the order of the sentence
    right: int  # which of them is right
    nouns: tuple[int, ...]  # which of them are marked, the right one included
    before: int  # how many of them stand before the pronoun
    weights: Tensor  # (L, H, W)

    @property
    def picks(self) -> Tensor:
        """(L, H): the candidate that each head gives most."""
        return self.weights.argmax(-1)

    @property
    def first(self) -> int:
        """The first marked noun."""
        return self.nouns[0]

    @property
    def nearest(self) -> int:
        """The last marked noun before the pronoun; the first of all where none is before it."""
        return max((n for n in self.nouns if n < self.before), default=self.first)


def cases(lines: str, among: str) -> list[Case]:
    """Every line through the local BERT; among is one of AMONG. Raises Refusal as `case` does, with the number."""
    numbered = enumerate(Texts.lines(lines), 1)
    return [_case(_read(line, number), among) for number, line in numbered]


def case(line: str, among: str = "nouns") -> Case:
    """One marked line.

    Raises Refusal: bad_pronoun, bad_right, bad_other where a mark is missing or BERT reads nothing of what is marked,
    bad_long where a line has more than LIMIT tokens.
    """
    return _case(_read(line, 1), among)


@dataclass(frozen=True, eq=False)
class _Read:
    """A parsed line as BERT reads it: its tokens with a letter or digit, and what the pronoun gives to every token."""

    marked: Marked
    readable: list[tuple[int, Span]]
    rows: Tensor  # (L, H, T)


def _read(line: str, number: int) -> _Read:
    marked = parse(line, number)
    e = bert.load().tokenizer.encode(marked.text)
    if len(e.ids) > LIMIT:
        raise Refusal("bad_long", line=number, tokens=len(e.ids), limit=LIMIT)
    readable = [(i, (a, b)) for i, (a, b) in enumerate(e.offsets) if _has_letter(marked.text[a:b])]
    marks = {"pronoun": [marked.pronoun], "right": [marked.right], "other": marked.others}
    for name, spans in marks.items():
        if not all(_inside(readable, span) for span in spans):
            raise Refusal(f"bad_{name}", line=number)
    asking = _inside(readable, marked.pronoun)
    return _Read(marked, readable, _given_by(marked.text, tuple(asking)))


@memo(size=256)  # by sentence: who edits one of 48 lines does not wait for all the others again
def _given_by(text: str, asking: tuple[int, ...]) -> Tensor:
    """What these tokens give to every token, their mean: (L, H, T)."""
    return bert.load().trace(text).attentions[:, :, list(asking)].mean(2)  # (L, H, T)


def _has_letter(text: str) -> bool:
    return any(c.isalnum() for c in text)


def _inside(tokens: list[tuple[int, Span]], span: Span) -> list[int]:
    return [i for i, (a, b) in tokens if a < span[1] and span[0] < b]


def _case(read: _Read, among: str) -> Case:
    marked = read.marked
    spans = marked.nouns
    if among == "words":
        spans = sorted([*spans, *_other_words(marked)])
    groups = {span: _inside(read.readable, span) for span in spans}
    spans = [span for span in spans if groups[span]]  # a mark of punctuation by itself is no candidate
    return Case(
        marked,
        tuple(marked.text[a:b] for a, b in spans),
        right=spans.index(marked.right),
        nouns=tuple(spans.index(noun) for noun in marked.nouns),
        before=sum(span < marked.pronoun for span in spans),
        weights=torch.stack([read.rows[..., groups[span]].sum(-1) for span in spans], -1),  # (L, H, W)
    )


def _other_words(marked: Marked) -> list[Span]:
    """What stands between spaces and touches neither a marked noun nor the pronoun."""
    taken = (*marked.nouns, marked.pronoun)
    words = [m.span() for m in re.finditer(r"\S+", marked.text)]

    def free(word: Span) -> bool:
        return not any(word[0] < b and a < word[1] for a, b in taken)

    return list(filter(free, words))


def hits(cases: Sequence[Case]) -> Tensor:
    """(S, L, H) boolean: whether each head picks the right candidate of each case."""
    return torch.stack([c.picks == c.right for c in cases])  # (S, L, H)


def best(cases: Sequence[Case]) -> tuple[int, int]:
    """Layer and head with the most hits; of equals, the one that gives the right candidates more weight."""
    weight = torch.stack([c.weights[..., c.right] for c in cases]).mean(0)  # (L, H), at most 1
    score = hits(cases).sum(0) + weight / 2  # (L, H)
    n_head = score.shape[1]
    layer, head = divmod(score.argmax().item(), n_head)
    return layer, head


def by_chance(cases: Sequence[Case], draws: int = 1000, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What the heads reach if the right candidate of each case is drawn at random and their attention stays as it is.

    -> for every draw the rate of the best head, and of the first one, (draws,) each. The heads keep their habits (a
    liking for the nearer noun, say) and their likeness to each other, which independent coin tosses would not have.
    """
    random = torch.rand(draws, len(cases), generator=torch.Generator().manual_seed(seed))  # (draws, S)
    hits = torch.zeros(draws, cases[0].picks.numel())  # (draws, L·H)
    for s, c in enumerate(cases):
        right = (random[:, s] * len(c.words)).long()  # (draws,)
        hits += right[:, None] == c.picks.flatten()  # (draws, L·H)
    rates = hits / len(cases)
    return rates.amax(-1), rates[:, 0]


def pairs(cases: Sequence[Case]) -> list[tuple[int, int]]:
    """Neighbouring lines that differ in one word, not the pronoun, and have the same nouns but another right one."""
    result: list[tuple[int, int]] = []
    for i, (a, b) in enumerate(pairwise(cases)):
        taken = bool(result) and result[-1][1] == i  # a line belongs to one pair
        if not taken and _differ_in_one_word(a.marked, b.marked) and a.marked.right != b.marked.right:
            result.append((i, i + 1))
    return result


def _differ_in_one_word(x: Marked, y: Marked) -> bool:
    """Whether all but one word is the same, and the marked words are, and stand where they stood."""
    ours, theirs = x.text.split(), y.text.split()
    if len(ours) != len(theirs):
        return False
    changed = sum(a != b for a, b in zip(ours, theirs, strict=True))
    marks = (*x.nouns, x.pronoun)
    if changed != 1 or marks != (*y.nouns, y.pronoun):
        return False
    return all(x.text[m:n] == y.text[m:n] for m, n in marks)


def standing(right: Sequence[bool], paired: Sequence[tuple[int, int]]) -> tuple[float, float, float, int]:
    """The rate over all lines, over the first half and over the second, and of how many pairs both lines are right."""
    half = (len(right) + 1) // 2
    rates = [sum(part) / len(part) for part in (right, right[:half], right[half:])]
    both = sum(right[i] and right[j] for i, j in paired)
    return *rates, both
