"""Which head looks from a pronoun to its noun: counted over marked sentences, beside what chance and rules would reach.

A line is marked like this: [the right noun], {another noun}, *the pronoun*.

    The [animal] didn't cross the {street} because *it* was too tired.

A head *hits* a line if the pronoun gives the right noun more weight than any other candidate. Words of several pieces:
the weight given to a word is the sum over its pieces, the weight given by it the mean (Clark et al. 2019, §4.1).
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from models import bert
from models.marked_line import BadLine

LIMIT = 64  # tokens of a line, [CLS] and [SEP] included
AMONG = ("nouns", "words")  # the candidates: the marked nouns; or every word but the pronoun
MARK = re.compile(r"\[([^][{}*]+)\]|\{([^][{}*]+)\}|\*([^][{}*]+)\*")
#: Pairs in which one word turns the reference round, and lines that gender or number decide; both in each half. The
#: first pair is the one of Google's announcement of the Transformer (2017), the others are ours.
LINES = """\
The [animal] didn't cross the {street} because *it* was too tired.
The {animal} didn't cross the [street] because *it* was too wide.
The [piano] did not fit through the {door} because *it* was too big.
The {piano} did not fit through the [door] because *it* was too narrow.
The [table] could not carry the {stone} because *it* was too weak.
The {table} could not carry the [stone] because *it* was too heavy.
The [nurse] called the {doctor} because *she* needed help.
The {nurse} called the [doctor] because *she* offered help.
The [ball] broke the {window} because *it* was so hard.
The {ball} broke the [window] because *it* was so thin.
The [cat] hid from the {dog} because *it* was scared.
The {cat} hid from the [dog] because *it* was fierce.
The [girls] waved to the {driver} when *they* got off the bus.
My {brother} wrote to my [aunt] before *she* left the city.
The {king} gave the [queen] a ring and *she* smiled.
The [boy] greeted the {woman} because *he* was polite.
The [student] thanked the {teacher} because *he* had learned a lot.
The {student} thanked the [teacher] because *he* had explained a lot.
The [truck] could not pass under the {bridge} because *it* was too tall.
The {truck} could not pass under the [bridge] because *it* was too low.
The [knife] did not cut the {meat} because *it* was too blunt.
The {knife} did not cut the [meat] because *it* was too tough.
The [mother] carried the {girl} because *she* was strong.
The {mother} carried the [girl] because *she* was asleep.
The [lamp] was brought into the {room} because *it* was bright.
The {lamp} was brought into the [room] because *it* was dark.
[Anna] asked {Maria} a question because *she* forgot the answer.
{Anna} asked [Maria] a question because *she* knew the answer.
The [actress] met the {waiter} after *she* had finished the play.
The {children} watched the [magician] while *he* shuffled the cards.
The {uncle} asked the [sisters] whether *they* were hungry.
The [farmer] looked for the {sheep} until *he* was tired."""

Span = tuple[int, int]  # first character and the one after the last


@dataclass(frozen=True)
class Marked:
    """A line without its marks, and where they were."""

    text: str
    pronoun: Span
    right: Span
    others: tuple[Span, ...]

    @property
    def nouns(self) -> list[Span]:
        """The marked nouns in the order of the sentence."""
        return sorted((self.right, *self.others))


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


def parse(line: str) -> Marked:
    """A marked line -> text and spans.

    Raises BadLine unless it has one "pronoun", one noun that is "right" and an "other" one.
    """
    text, end, spans = "", 0, ([], [], [])
    for mark in MARK.finditer(line):
        text += line[end : mark.start()]
        word = mark[mark.lastindex]
        spans[mark.lastindex - 1].append((len(text), len(text) + len(word)))
        text, end = text + word, mark.end()
    right, others, pronoun = spans
    for name, bad in (("pronoun", len(pronoun) != 1), ("right", len(right) != 1), ("other", not others)):
        if bad:
            raise BadLine(name, line)
    return Marked(text + line[end:], pronoun[0], right[0], tuple(others))


@functools.lru_cache(maxsize=256)
def _read(line: str) -> tuple[Marked, list[tuple[int, Span]], Tensor]:
    """The parsed line, its readable tokens with their characters, and the pronoun's row in every head (L, H, T)."""
    marked, model = parse(line), bert.load()
    e = model.tokenizer.encode(marked.text)
    if len(e.ids) > LIMIT:
        raise BadLine("long", line, len(e.ids))
    readable = [(i, (a, b)) for i, (a, b) in enumerate(e.offsets) if any(c.isalnum() for c in marked.text[a:b])]
    asking = _inside(readable, marked.pronoun)
    if not asking:
        raise BadLine("pronoun", line)
    return marked, readable, model.trace(marked.text).attentions[:, :, asking].mean(2)


def _inside(tokens: list[tuple[int, Span]], span: Span) -> list[int]:
    return [i for i, (a, b) in tokens if a < span[1] and span[0] < b]


def case(line: str, among: str = "nouns") -> Case:
    """A marked line through the local BERT; among is one of AMONG. Raises BadLine, local.ModelUnavailable."""
    marked, readable, rows = _read(line)
    spans = marked.nouns
    if among == "words":
        taken = (*spans, marked.pronoun)
        words = [m.span() for m in re.finditer(r"\S+", marked.text)]
        spans = sorted([*spans, *(w for w in words if not any(w[0] < b and a < w[1] for a, b in taken))])
    groups = {span: _inside(readable, span) for span in spans}
    for name, wanted in (("right", [marked.right]), ("other", marked.others)):
        if not all(groups[span] for span in wanted):
            raise BadLine(name, line)
    spans = [span for span in spans if groups[span]]
    return Case(
        marked,
        tuple(marked.text[a:b] for a, b in spans),
        right=spans.index(marked.right),
        nouns=tuple(spans.index(noun) for noun in marked.nouns),
        before=sum(span < marked.pronoun for span in spans),
        weights=torch.stack([rows[..., groups[span]].sum(-1) for span in spans], -1),  # (L, H, W)
    )


def hits(cases: Sequence[Case]) -> Tensor:
    """(S, L, H) boolean: whether each head picks the right candidate of each case."""
    return torch.stack([c.picks == c.right for c in cases])  # (S, L, H)


def best(cases: Sequence[Case]) -> tuple[int, int]:
    """Layer and head with the most hits; of equals, the one that gives the right candidates more weight."""
    weight = torch.stack([c.weights[..., c.right] for c in cases]).mean(0)  # (L, H), at most 1
    score = hits(cases).sum(0) + weight / 2  # (L, H)
    layer, head = divmod(int(score.argmax()), score.shape[1])
    return layer, head


def by_chance(cases: Sequence[Case], draws: int = 1000, seed: int = 0) -> tuple[Tensor, Tensor]:
    """What the heads reach if the right candidate of each case is drawn at random and their attention stays as it is.

    -> for every draw the rate of the best head, and of the first one, (draws,) each. The heads keep their habits (a
    liking for the nearer noun, say) and their likeness to each other, which independent coin tosses would not have.
    """
    random = torch.rand(draws, len(cases), generator=torch.Generator().manual_seed(seed))  # (draws, S)
    found = torch.zeros(draws, cases[0].picks.numel())  # (draws, L·H)
    for s, c in enumerate(cases):
        right = (random[:, s] * len(c.words)).long()  # (draws,)
        found += right[:, None] == c.picks.flatten()  # (draws, L·H)
    rates = found / len(cases)
    return rates.amax(-1), rates[:, 0]


def pairs(cases: Sequence[Case]) -> list[tuple[int, int]]:
    """Neighbouring lines that differ in one word, not the pronoun, and have the same nouns but another right one."""
    found: list[tuple[int, int]] = []
    for i, (a, b) in enumerate(pairwise(cases)):
        x, y = a.marked, b.marked
        words = x.text.split(), y.text.split()
        changed = len(words[0]) == len(words[1]) and sum(v != w for v, w in zip(*words, strict=True)) == 1
        alike = (x.nouns, x.pronoun) == (y.nouns, y.pronoun) and all(
            x.text[m:n] == y.text[m:n] for m, n in (*x.nouns, x.pronoun)
        )
        if changed and alike and x.right != y.right and not (found and found[-1][1] == i):
            found.append((i, i + 1))
    return found


def standing(right: Sequence[bool], found: Sequence[tuple[int, int]]) -> tuple[float, float, float, int]:
    """The rate over all lines, over the first half and over the second, and of how many pairs both lines are right."""
    half = (len(right) + 1) // 2
    rates = [sum(part) / len(part) for part in (right, right[:half], right[half:])]
    return *rates, sum(right[i] and right[j] for i, j in found)
