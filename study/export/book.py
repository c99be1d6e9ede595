"""What an export is made of and what it leaves behind: plain data, no library."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

LONGEST_NAME = 100  # characters of a file's name, its ending included: some file systems take 255 bytes, Chinese has 3
LONGEST_ANSWER = 100_000  # characters of one answer; more is cut, and said to be
#: What Windows keeps for itself, with any ending.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)


class What(Enum):
    """What may go wrong in an export; its sentence is hand_in.failures.<value> in app.yaml."""

    FORMULA = "formula"  # it is shown as its TeX, in red
    FIGURE = "figure"  # there is no such figure, or it cannot be computed
    VALUE = "value"  # a value in a figure's address is no value of that control: the nearest or the default is shown
    IMAGE = "image"  # a picture that is not taken: its place says so
    LETTER = "letter"  # no font of ours has it: an empty box
    LONG = "long"  # the answer was cut
    TYPESET = "typeset"  # the typesetter itself failed: the file has no pages


@dataclass(frozen=True)
class Failure:
    """Something that does not come out as it was written. place: the question; detail: which, and why."""

    place: str
    what: What
    detail: str


@dataclass(frozen=True)
class Cover:
    """The first page. "" leaves a line out."""

    name: str
    number: str
    date: str
    title: str


@dataclass(frozen=True)
class Chapter:
    """A question and what was written to it, as Markdown. place: its name in failures."""

    place: str
    title: str
    text: str


@dataclass(frozen=True)
class Result:
    """A file that was made, and what is not in it as it was written."""

    data: bytes
    failures: list[Failure] = field(default_factory=list)


def missing(answers: Mapping[str, str], questions: Mapping[str, str]) -> list[str]:
    """The questions, in order, that have no answer or a blank one. questions: titles by question."""
    return [question for question in questions if not answers.get(question, "").strip()]


def chapters(answers: Mapping[str, str], questions: Mapping[str, str]) -> list[Chapter]:
    """The answers that are there, in the order of the questions, then those to questions that nobody asked."""
    order = [*questions, *(name for name in answers if name not in questions)]
    return [Chapter(name, questions.get(name, name), answers[name]) for name in order if answers.get(name, "").strip()]


def file_name(name: str, number: str, title: str, ending: str = "pdf") -> str:
    """ "姓名-学号-进阶题.pdf": safe on Windows, macOS and Linux, at most LONGEST_NAME characters."""
    parts = [part for part in map(_safe, (name, number, title)) if part]
    stem = _shortened(parts, LONGEST_NAME - len(ending) - 1) or "answers"
    if RESERVED.fullmatch(stem):
        stem = f"_{stem}"
    return f"{stem}.{ending}"


def _shortened(parts: list[str], room: int) -> str:
    """The parts with hyphens between them: the longest gives way first, so that a long name leaves the number whole."""
    parts = list(parts)
    while parts and len("-".join(parts)) > room:
        longest = max(range(len(parts)), key=lambda i: len(parts[i]))
        parts[longest] = parts[longest][:-1]
    return "-".join(part.strip(" .-") for part in parts if part.strip(" .-"))


def _safe(part: str) -> str:
    """Letters, digits and a few signs; what separates folders, quotes, controls and pictograms go, or become "_"."""
    part = unicodedata.normalize("NFC", part)
    kept = "".join(_kept(ch) for ch in part)
    return re.sub(r"[ _]{2,}", "_", kept).strip(" ._-")


def _kept(ch: str) -> str:
    kind = unicodedata.category(ch)
    if kind[0] in "LMN" or ch in "-_.()（）·":
        return "" if 0xFE00 <= ord(ch) <= 0xFE0F or 0xE0000 <= ord(ch) <= 0xE0FFF else ch  # variation selectors
    return " " if kind == "Zs" else "_" if kind[0] == "P" or ch in "<>|+=^`~$" else ""
