"""What stands in a note beside its Markdown: markers on lines of their own, sources of numbers, links to terms.

<!-- demo: its_name -->                   a demo of the lesson
<!-- code: models.attention.scores -->    the project's own source of a function or class
<!-- fold: its title -->  …  <!-- end --> what waits behind a fold: texts, demos, code
about 0.68<!-- = real_heads(layer=3).to_animal -->     a number of ours: tests/test_told_numbers.py computes it again
25.8<!-- from: Table 3 -->                             a number of a paper, and where it stands there
[[key]], [[key|keys]]                                  a term of the glossary, by its name there
"""

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from study.words import SOURCE, FlawedText

LINE = re.compile(r"^<!--[ \t]*(?:(demo|code|fold):[ \t]*(\S.*?)|(end))[ \t]*-->[ \t]*$", re.MULTILINE)
TERM = re.compile(r"\[\[(\w+)(?:\|([^\]\n]+))?\]\]")


@dataclass(frozen=True)
class Piece:
    """A part of a section. kind: "text" (Markdown), "demo" (its name), "code" (a dotted name), "fold" (its title)."""

    kind: str
    text: str
    inside: tuple["Piece", ...] = ()


@functools.lru_cache(maxsize=1024)
def pieces(section: str) -> tuple[Piece, ...]:
    """A section cut at its markers, in order. Raises FlawedText where a fold is not closed or stands in another."""
    found, inside, title = [], [], None
    for kind, text in _cut(section):
        if kind == "fold" and title is None:
            title = text
        elif kind == "end" and title is not None:
            found.append(Piece("fold", title, tuple(inside)))
            inside, title = [], None
        elif kind in ("fold", "end"):
            raise FlawedText("a fold in a fold" if kind == "fold" else "<!-- end --> without <!-- fold: … -->")
        elif text:
            (found if title is None else inside).append(Piece(kind, text))
    if title is not None:
        raise FlawedText(f"<!-- fold: {title} --> has no <!-- end -->")
    return tuple(found)


def _cut(section: str) -> Iterator[tuple[str, str]]:
    at = 0
    for marker in LINE.finditer(section):
        yield "text", section[at : marker.start()].strip()
        yield marker[1] or marker[3], marker[2] or ""
        at = marker.end()
    yield "text", section[at:].strip()


def flat(cut: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces and those in their folds, in order."""
    for piece in cut:
        yield piece
        yield from piece.inside


def without_sources(body: str) -> str:
    """A note without what stands behind its numbers."""
    return SOURCE.sub("", body)


def check(body: str) -> None:
    """Raises FlawedText, which quotes the comment, where a comment of a note is no marker that is known here."""
    left = re.search(r"<!--.*?(?:-->|$)", LINE.sub("", without_sources(body)), re.DOTALL)
    if left:
        known = "`<!-- demo: its_name -->`, code, fold or end on a line of its own; `<!-- = … -->` behind a number"
        raise FlawedText(f"{left[0][:60]!r} is no marker: write {known}")
    for section in re.split(r"^## ", body, flags=re.MULTILINE):
        pieces(section)
