"""The workbook: the student's own answers, every version of them, kept in SQLite or PostgreSQL.

    book = open_workbook()
    answer = book.save("me", "t5_attention", "Attention is …", {"0"}, seen=0)

Nothing is overwritten: a save adds a version, and versions are ordered by their numbers, whatever the clock says.
A student is an opaque id, "me" for the one reader of a local app. sqlalchemy is imported with the first Workbook.
"""

import functools
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from study import practice
from study.notes import stems
from study.workbook.errors import (
    Damaged,
    Full,
    Locked,
    Newer,
    NotABackup,
    ReadOnly,
    TooLong,
    Unkept,
    Unreachable,
)

if TYPE_CHECKING:
    from study.workbook.store import Row

__all__ = [
    "LONGEST", "QUESTIONS", "Answer", "Conflict", "Damaged", "Full", "Locked", "Merged", "Newer", "NotABackup",
    "ReadOnly", "TooLong", "Unkept", "Unreachable", "Workbook", "begun", "clean", "open_workbook", "set_aside",
]  # fmt: skip

#: Lessons by stem, then: reading the source, a training of one's own, ablations and GPT-1, reflections.
QUESTIONS: tuple[str, ...] = (*(stem for stem in stems() if stem[0] in "tb"), "x1", "x2", "x3", "free")
LONGEST = 100_000  # characters of an answer
NAME = re.compile(r"[a-z0-9_.]{1,100}")  # of a question or another item
FORMAT = "study-companion workbook"
#: No text to a database: NUL, and halves of characters.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Answer:
    """An answer as it was saved.

    points: what the student ticked: positions in the lesson's interview.points, from "0". saved: UTC, aware.
    version: from 1, grows by one with every save of this question.
    """

    question: str
    text: str
    points: frozenset[str]
    saved: datetime
    version: int

    def same(self, text: str, points: Iterable[str]) -> bool:
        return (self.text, self.points) == (text, frozenset(points))


class Conflict(Exception):
    """Someone (another tab, say) saved another answer meanwhile: it stays, and nothing was saved."""

    def __init__(self, theirs: Answer):
        super().__init__(f"{theirs.question}: version {theirs.version} was saved meanwhile")
        self.theirs = theirs


@dataclass(frozen=True)
class Merged:
    """What a merge did, by question. added: were not answered here. kept: hold the same, or held it before.

    conflicts: differ: the backup's answer is now among the versions, the current one is what it was.
    records: of how many quiz items something new is known.
    """

    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    records: int = 0


def clean(text: str) -> str:
    """As it is kept: lines end in \\n; NUL and halves of characters, which no database takes, become U+FFFD."""
    return _NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def default_url() -> str:
    """STUDY_DATABASE_URL, or else the SQLite file in the user's own data folder."""
    if url := os.environ.get("STUDY_DATABASE_URL"):
        return url
    import platformdirs  # asked for once there is something to keep: the app's start does without

    return f"sqlite:///{Path(platformdirs.user_data_dir('study-companion')) / 'workbook.sqlite'}"


def begun() -> bool:
    """Is there a workbook to read? Nothing is made, opened or imported to tell; a server's is taken to be there."""
    kind, _, place = default_url().partition(":///")
    return kind != "sqlite" or Path(place.partition("?")[0]).exists()


def open_workbook() -> "Workbook":
    """The workbook of this process. Raises Unkept, and tries again when it is asked again."""
    return _opened(default_url())


def set_aside() -> Path:
    """Renames the damaged file that open_workbook() refused; the next call begins a new one. Where it is now."""
    from study.workbook import store

    return store.set_aside(default_url())


@functools.lru_cache(maxsize=8)
def _opened(url: str) -> "Workbook":
    return Workbook(url)


class Workbook:
    """Answers in a database, opened and brought to its newest form here. Every method raises Unkept.

    url: of SQLAlchemy, `sqlite:///file` or `postgresql+psycopg://…`; None for default_url().
    """

    def __init__(self, url: str | None = None):
        from study.workbook.store import Store  # sqlalchemy takes a third of a second: not before it is needed

        self._store = Store(url or default_url())

    def answers(self, student: str) -> dict[str, Answer]:
        """The current answer of every question that has one."""
        return {row.question: _answer(row) for row in self._store.newest(student)}

    def answer(self, student: str, question: str) -> Answer | None:
        return next(iter(self.versions(student, question, most=1)), None)

    def versions(self, student: str, question: str, most: int | None = None) -> list[Answer]:
        """Newest first, as numbered. Old ones are thinned out: see Store.thin."""
        return [_answer(row) for row in self._store.versions(student, question, most)]

    def save(self, student: str, question: str, text: str, points: Iterable[str], seen: int) -> Answer:
        """Adds a version and returns it; the current one where it says the same.

        seen: the version that the editor began with, 0 for none. Raises Conflict where another was saved since; not
        where that one says what the seen one said. Raises TooLong, and ValueError for a name that is none.
        """
        text, points = clean(text), frozenset(map(clean, points))
        if not NAME.fullmatch(question):
            raise ValueError(f"{question!r} is no question's name")
        if len(text) > LONGEST or sum(map(len, points)) > LONGEST:
            raise TooLong(f"{len(text)} characters; at most {LONGEST}")
        ticks = _ticks(points)

        def decide(newest: "Row | None", at: "Row | None") -> tuple[str, str] | None:
            """What to add to this newest version; `at` is the one that the editor has seen."""
            if newest and (newest.text, newest.points) == (text, ticks):
                return None
            if (
                newest
                and newest.version > seen
                and (at is None or (at.text, at.points) != (newest.text, newest.points))
            ):
                raise Conflict(_answer(newest))
            return text, ticks

        return _answer(self._store.add(student, question, seen, decide))

    def restore(self, student: str, question: str, version: int) -> Answer:
        """Makes an old version the current one: as a further version. Raises KeyError where there is none such."""
        old = next((a for a in self.versions(student, question) if a.version == version), None)
        if old is None:
            raise KeyError(f"{question} has no version {version}")
        return self._append(student, question, old.text, old.points)

    def _append(self, student: str, question: str, text: str, points: Iterable[str], saved: str = "") -> Answer:
        """A further version, whatever the current one is. saved: when it was, ISO 8601; "" for now."""
        return _answer(self._store.add(student, question, 0, lambda newest, at: (text, _ticks(points)), saved))

    def kept(self, student: str, item: str) -> str | None:
        """What was kept under this name."""
        return self._store.kept(student).get(item)

    def keep(self, student: str, item: str, value: str) -> None:
        """Keeps a value under a name, in place of what was there. Raises TooLong, and ValueError for no name."""
        if not NAME.fullmatch(item):
            raise ValueError(f"{item!r} is no name")
        if len(value) > LONGEST:
            raise TooLong(f"{len(value)} characters; at most {LONGEST}")
        self._store.keep(student, {item: clean(value)})

    def kept_under(self, student: str, prefix: str) -> dict[str, str]:
        """All that was kept under names that begin so."""
        return {item: value for item, value in self._store.kept(student).items() if item.startswith(prefix)}

    def change(self, student: str, item: str, decide: Callable[[str | None], str]) -> str:
        """Keeps what `decide` makes of what is kept under this name, None for nothing; returns it."""
        if not NAME.fullmatch(item):
            raise ValueError(f"{item!r} is no name")
        return self._store.change(student, item, lambda old: clean(decide(old)))

    def forget(self, student: str) -> None:
        """All that is kept of this student goes: every version of every answer, and what else there is."""
        self._store.forget(student)

    def backup(self, student: str) -> bytes:
        """All versions of all answers and what else is kept, as one JSON file (UTF-8)."""
        answers: dict[str, list] = {}
        for row in self._store.all(student):
            entry = {"text": row.text, "points": json.loads(row.points), "saved": row.saved, "version": row.version}
            answers.setdefault(row.question, []).append(entry)
        whole = {"format": FORMAT, "version": 1, "answers": answers, "kept": self._store.kept(student)}
        return json.dumps(whole, ensure_ascii=False, indent=1).encode()

    def merge(self, student: str, data: bytes) -> Merged:
        """Takes a backup in. What is here stays current; see Merged. Records of quiz items become one of both.

        Raises NotABackup before anything is changed.
        """
        answers, kept = _read(data)
        added, same, conflicts = [], [], []
        for question, theirs in answers.items():
            ours = self.versions(student, question)
            if not ours:
                for version in theirs:
                    self._append(student, question, *version)
                added.append(question)
            elif any(answer.same(*theirs[-1][:2]) for answer in ours):
                same.append(question)
            else:
                self._append(student, question, *theirs[-1])
                self._append(student, question, ours[0].text, ours[0].points)
                conflicts.append(question)
        here = self._store.kept(student)
        new = {item: value for item, value in kept.items() if item not in here}
        both = [item for item in kept if item in here and item.startswith(practice.PREFIX)]
        new |= {item: practice.merged(here[item], kept[item]) for item in both}
        self._store.keep(student, new)
        learnt = [item for item in new if item.startswith(practice.PREFIX) and new[item] != here.get(item)]
        return Merged(tuple(added), tuple(same), tuple(conflicts), len(learnt))


def _ticks(points: Iterable[str]) -> str:
    return json.dumps(sorted(set(points)), ensure_ascii=False)


def _answer(row: "Row") -> Answer:
    saved = datetime.fromisoformat(row.saved).astimezone(UTC)
    return Answer(row.question, row.text, frozenset(json.loads(row.points)), saved, row.version)


def _read(data: bytes) -> tuple[dict[str, list[tuple[str, list[str], str]]], dict[str, str]]:
    """A backup's answers: (text, points, saved) of each version, oldest first; its other values. Raises NotABackup."""
    try:
        whole = json.loads(data.decode())
        if whole["format"] != FORMAT or whole["version"] != 1:
            raise NotABackup("another format")
        answers = {name: [_entry(entry) for entry in versions] for name, versions in whole["answers"].items()}
        kept = {name: _text(value) for name, value in whole["kept"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotABackup(str(error)) from None
    if not all(answers.values()) or not all(map(NAME.fullmatch, [*answers, *kept])):
        raise NotABackup("a name that is none, or a question without an answer")
    return answers, kept


def _entry(entry: dict[str, Any]) -> tuple[str, list[str], str]:
    saved = datetime.fromisoformat(entry["saved"]).astimezone(UTC).isoformat()
    return _text(entry["text"]), [_text(point) for point in entry["points"]], saved


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError("no text, or one that is too long")
    return clean(value)
