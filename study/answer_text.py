"""What a student writes in an answer: Markdown, formulas, terms as [[query]], and figures, {{figure: t5/scaling}}."""

import contextlib
import difflib
import itertools
import re
from dataclasses import dataclass

from study import glossary
from study.answer_figure import MARK
from study.export.text import PICTURE, places
from study.markdown import colored
from study.words import FlawedText

CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")

#: [^1]: a footnote, with the lines below it that are indented.
NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]{1,100})\]:[^\n]*(?:\n+ {4}[^\n]*)*", re.MULTILINE)
REFERENCE = re.compile(r"\[\^([^\]\s]{1,100})\](?!:)")


@dataclass(frozen=True)
class Part:
    """A piece of an answer: Markdown, or what the mark of a figure says behind "figure:", or a picture's name.

    caption: of the picture, Markdown in a line.
    """

    markdown: str = ""
    figure: str = ""
    picture: str = ""
    caption: str = ""


def parts(text: str) -> list[Part]:
    """An answer cut at its figures and the student's own pictures, in order. Those in code and in tables stay text, as
    a page cannot cut them.
    """
    found, at = [], 0
    for place in places(text) if MARK.search(text) or PICTURE.search(text) else ():
        found.append(Part(text[at : place.begin].strip("\n")))
        own = place.caption is not None
        found.append(Part(picture=place.name, caption=place.caption) if own else Part(figure=place.name))
        at = place.end
    found.append(Part(text[at:].strip("\n")))
    if len(found) > 1:
        found = _annotated(found, text)
    return [part for part in found if part.figure or part.picture or part.markdown.strip()]


def _annotated(found: list[Part], text: str) -> list[Part]:
    """The parts, each with the footnotes that it refers to: the page sets every part by itself."""
    notes = {note[1]: note[0] for note in NOTE.finditer(text)}

    def whole(part: Part) -> Part:
        here = {note[1] for note in NOTE.finditer(part.markdown)}
        asked = dict.fromkeys(mark[1] for mark in REFERENCE.finditer(part.markdown))
        missing = [notes[label] for label in asked if label in notes and label not in here]
        return Part("\n\n".join([part.markdown, *missing])) if missing else part

    return list(map(whole, found))


def shown(markdown: str, lang: str, theme: str) -> str:
    """An answer's Markdown as the page shows it. A picture from elsewhere is a link: nothing is fetched."""
    markdown = markdown.replace("![", "!\u2060[")  # a joiner, which nobody sees, between the two
    with contextlib.suppress(FlawedText):  # [[a word]] that is no term stays what it is, and so do the others
        markdown = glossary.linked(markdown, lang)
    return colored(markdown, theme, typed=True)


def counted(text: str) -> tuple[int, int]:
    """Chinese characters, and words of other scripts (numbers count), outside the names of figures and pictures."""
    text = PICTURE.sub(r"\1", MARK.sub("", text))
    return len(CHINESE.findall(text)), len(WORD.findall(CHINESE.sub(" ", text)))


def difference(old: str, new: str) -> str:
    """What changed, by lines: "- " what went, "+ " what came, two lines of what stayed around it; "" for nothing."""
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), n=2, lineterm="")
    changes = itertools.islice(lines, 2, None)  # behind the names of the files
    return "\n".join(f"{line[0]} {line[1:]}" for line in changes if not line.startswith("@@"))
