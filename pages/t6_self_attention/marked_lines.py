"""Sentences in which a pronoun, the noun that it stands for and another noun are marked, and how they are read.

A line is marked like this: [the right noun], {another noun}, *the pronoun*.

    The [animal] didn't cross the {street} because *it* was too tired.
"""

import re
from dataclasses import dataclass

from study.controls import Refusal

MARK = re.compile(r"\[([^][{}*]+)\]|\{([^][{}*]+)\}|\*([^][{}*]+)\*")
#: Pairs in which one word turns the reference round, and lines in which the pronoun itself tells; both in each half.
#: The first pair is the one of Google's announcement of the Transformer (2017), the others are ours.
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
#: Those of them in which the pronoun itself tells, by its gender or number or by standing for a person.
TELLING = "\n".join(LINES.splitlines()[i] for i in (12, 13, 14, 15, 28, 29, 30, 31))

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


def parse(line: str, number: int = 1) -> Marked:
    """A marked line -> text and spans. number: which line it is, for a reader who has to mend it.

    Raises Refusal("bad_pronoun"), ("bad_right") or ("bad_other") unless it has one pronoun, one noun that is right and
    another noun.
    """
    text, end, spans = "", 0, ([], [], [])  # spans: of right nouns, of others, of pronouns
    for mark in MARK.finditer(line):
        text += line[end : mark.start()]
        word = mark[mark.lastindex]  # the one group of MARK that matched says which kind of mark it is
        spans[mark.lastindex - 1].append((len(text), len(text) + len(word)))
        text, end = text + word, mark.end()
    right, others, pronoun = spans
    for name, bad in (("pronoun", len(pronoun) != 1), ("right", len(right) != 1), ("other", not others)):
        if bad:
            raise Refusal(f"bad_{name}", line=number)
    return Marked(text + line[end:], pronoun[0], right[0], tuple(others))
