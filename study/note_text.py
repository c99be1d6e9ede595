"""What stands in a note beside its Markdown: markers on lines of their own, sources of numbers, links to terms.

<!-- demo: its_name -->                   a demo of the lesson
<!-- code: models.attention.scores -->    the project's own source of a function or class
<!-- fold: its title -->  …  <!-- end --> what waits behind a fold: what one should see, a side note
<!-- further: its title --> … <!-- end --> a part of the lesson that waits: texts, demos, code, folds of them
about 0.68<!-- = real_heads(layer=3).to_animal -->     a number of ours: tests/test_told_numbers.py computes it again
25.8<!-- from: Table 3 -->                             a number of a paper, and where it stands there
[[key]], [[key|keys]]                                  a term of the glossary, by its name there
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from study.words import SOURCE, FlawedText

LINE = re.compile(r"^<!--[ \t]*(?:(demo|code|fold|further):[ \t]*(\S.*?)|(end))[ \t]*-->[ \t]*$", re.MULTILINE)
BOXES = ("fold", "further")
TERM = re.compile(r"\[\[(\w+)(?:\|([^\]\n]+))?\]\]")


@dataclass(frozen=True)
class Piece:
    """A part of a section. kind: "text" (Markdown), "demo" (its name), "code" (a dotted name), "fold" or "further" (its
    title).
    """

    kind: str
    text: str
    inside: tuple["Piece", ...] = ()


@functools.lru_cache(maxsize=1024)
def pieces(section: str) -> tuple[Piece, ...]:
    """A section cut at its markers, in order. Raises FlawedText where one is not closed, for a box in a fold and for
    a further part within another.
    """
    found: list[Piece] = []
    opened: list[tuple[str, str, list[Piece]]] = []  # kind, title, what stands in it
    for kind, text in _cut(section):
        if kind in BOXES:
            if opened and (kind == "further" or opened[-1][0] == "fold"):
                raise FlawedText(f"a {kind} in a {opened[-1][0]}")
            opened.append((kind, text, []))
        elif kind == "end":
            if not opened:
                raise FlawedText("<!-- end --> without <!-- fold: … --> or <!-- further: … -->")
            kind, text, inside = opened.pop()
            (opened[-1][2] if opened else found).append(Piece(kind, text, tuple(inside)))
        elif text:
            (opened[-1][2] if opened else found).append(Piece(kind, text))
    if opened:
        raise FlawedText(f"<!-- {opened[-1][0]}: {opened[-1][1]} --> has no <!-- end -->")
    return tuple(found)


def _cut(section: str) -> Iterator[tuple[str, str]]:
    at = 0
    for marker in LINE.finditer(section):
        yield "text", section[at : marker.start()].strip()
        yield marker[1] or marker[3], marker[2] or ""
        at = marker.end()
    yield "text", section[at:].strip()


def flat(cut: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces and those in their folds and further parts, in order."""
    for piece in cut:
        yield piece
        yield from flat(piece.inside)


def unfolded(cut: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces and those in further parts, in order, without what stands in folds."""
    for piece in cut:
        yield piece
        if piece.kind == "further":
            yield from unfolded(piece.inside)


def without_sources(body: str) -> str:
    """A note without what stands behind its numbers."""
    return SOURCE.sub("", body)


def check(body: str) -> None:
    """Raises FlawedText, which quotes the comment, where a comment of a note is no marker that is known here."""
    left = re.search(r"<!--.*?(?:-->|$)", LINE.sub("", without_sources(body)), re.DOTALL)
    if left:
        known = (
            "`<!-- demo: its_name -->`, code, fold, further, end on a line of its own; `<!-- = … -->` behind a number"
        )
        raise FlawedText(f"{left[0][:60]!r} is no marker: write {known}")
    for section in re.split(r"^## ", body, flags=re.MULTILINE):
        pieces(section)
