"""How much of an answer is text of this app: its notes, model answers, quiz and glossary. It only warns.

Chinese is compared by runs of eight characters, other scripts by runs of six words; runs that overlap are one passage.
Case, width, punctuation, formulas and code do not count: what is compared is what was worded.
"""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from study.markdown import CHINESE
from study.note_text import SOURCE, TERM, flat, pieces
from study.notes import Lesson, lessons
from study.words import NOTES, FlawedText, languages, parse, text

CHARACTERS, WORDS = 8, 6  # of a run
#: A character of Chinese, a word or a number of another script.
UNIT = re.compile(rf"{CHINESE}|[^\W_]+(?:['’-][^\W_]+)*")
LETTERS = "[\u3400-\u9fff]"
#: What nobody words: code, formulas, figures, marks of Markdown around a link.
UNWORDED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$|\{\{.*?\}\}|<!--.*?-->|\]\([^)\n]*\)", re.DOTALL
)


@dataclass(frozen=True)
class Passage:
    """What an answer has in common with a text of the app. text: as the answer writes it; source, lesson: whose it is
    ("note", "interview", "quiz", "glossary"; the lesson's stem, "" for none).
    """

    text: str
    source: str
    lesson: str


@dataclass(frozen=True)
class Overlap:
    """Of one answer. share: of its units (Chinese characters, words), 0 to 1, that stand in passages."""

    share: float
    passages: tuple[Passage, ...]


def overlaps(answers: Mapping[str, str]) -> dict[str, Overlap]:
    """Of every answer, by question."""
    return {question: overlap(answer) for question, answer in answers.items()}


def overlap(answer: str) -> Overlap:
    """Of one answer with all texts of the app, in every language."""
    units = _units(answer)
    known = _known()
    source: list[tuple[str, str] | None] = [None] * len(units)
    for i in range(len(units)):
        run = _run(units, i)
        if run and (found := known.get(hash(run))):
            for k in range(i, i + len(run)):
                source[k] = source[k] or found
    passages, start = [], 0
    for taken, places in itertools.groupby(range(len(units)), key=lambda i: source[i] is not None):
        size = len(list(places))
        if taken:  # one passage, though parts of it stand in several texts: the one with most of it is named
            origin, _ = Counter(source[start : start + size]).most_common(1)[0]
            words = answer[units[start].start() : units[start + size - 1].end()]
            passages.append(Passage(" ".join(words.split()), *origin))
        start += size
    passages.sort(key=lambda p: -len(p.text))
    return Overlap(sum(s is not None for s in source) / max(len(units), 1), tuple(passages))


def _units(text: str) -> list[re.Match]:
    """The characters and words of a text, in order, with their places in it."""
    blank = UNWORDED.sub(lambda mark: " " * len(mark[0]), text)
    return list(UNIT.finditer(blank))


def _run(units: list[re.Match], i: int) -> tuple[str, ...]:
    """The run that begins here: eight characters of Chinese, or six words; () where the text ends before."""
    size = CHARACTERS if re.match(LETTERS, units[i][0]) else WORDS
    run = units[i : i + size]
    return tuple(unit[0].casefold() for unit in run) if len(run) == size else ()


def _known() -> Mapping[int, tuple[str, str]]:
    """(source, lesson) of every run of the app's texts, by its hash: a million runs would else be held as texts."""
    return _index(tuple((str(path), path.stat().st_mtime_ns) for path in sorted(NOTES.rglob("*.*"))))


@functools.lru_cache(maxsize=1)
def _index(stamp: tuple) -> Mapping[int, tuple[str, str]]:
    known: dict[int, tuple[str, str]] = {}
    for source, lesson, written in _texts():
        units = _units(TERM.sub(lambda mark: mark[2] or mark[1], SOURCE.sub("", written)))
        for i in range(len(units)):
            if run := _run(units, i):
                known.setdefault(hash(run), (source, lesson))
    return known


def _texts() -> Iterator[tuple[str, str, str]]:
    """(source, lesson, text) of what an answer could be taken from."""
    for lang in languages():
        for lesson in lessons:
            try:
                yield from _of_lesson(lesson, lang)
            except FlawedText:  # a lesson that lacks a text, or has a flawed one, is not shown either
                continue
        for entry in parse(text(NOTES / lang / "glossary.yaml"), f"{lang}/glossary.yaml").values():
            yield "glossary", str(entry["lesson"]), str(entry["says"])


def _of_lesson(lesson: Lesson, lang: str) -> Iterator[tuple[str, str, str]]:
    for _, body in lesson.sections(lang):
        for piece in flat(pieces(body)):
            if piece.kind == "text":
                yield "note", lesson.stem, piece.text
    if interview := lesson.interview(lang):
        yield "interview", lesson.stem, interview.answer
        for point in interview.points:
            yield "interview", lesson.stem, point
    for item in lesson.quiz(lang):
        for part in (item.because, *(choice.because for choice in item.choices)):
            yield "quiz", lesson.stem, part
