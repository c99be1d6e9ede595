"""The workbook: the student's own answers, every version of them, kept in SQLite or PostgreSQL.

    book = open_workbook()
    answer = book.save("me", "t5_attention", "Attention is …", {"0"}, seen=0)

Nothing is overwritten: a save adds a version, and versions are ordered by their numbers, whatever the clock says.
A student is an opaque id, "me" for the one reader of a local app. sqlalchemy is imported with the first Workbook.
"""

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from study.notes import stems
from study.workbook.answers import LONGEST, NAME, Answer, Conflict, Merged, answer_of, clean, ticks
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
    from study.workbook.pictures import Pictures
    from study.workbook.store import Row

__all__ = [
    "LONGEST", "QUESTIONS", "Answer", "Conflict", "Damaged", "Full", "Locked", "Merged", "Newer", "NotABackup",
    "ReadOnly", "TooLong", "Unkept", "Unreachable", "Workbook", "begun", "clean", "open_workbook", "set_aside",
]  # fmt: skip

#: Lessons by stem, then: reading the source, a training of one's own, ablations and GPT-1, reflections.
QUESTIONS: tuple[str, ...] = (*(stem for stem in stems() if stem[0] in "tb"), "x1", "x2", "x3", "free")


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
        return {row.question: answer_of(row) for row in self._store.newest(student)}

    def answer(self, student: str, question: str) -> Answer | None:
        return next(iter(self.versions(student, question, most=1)), None)

    def versions(self, student: str, question: str, most: int | None = None) -> list[Answer]:
        """Newest first, as numbered. Old ones are thinned out: see Store.thin."""
        return [answer_of(row) for row in self._store.versions(student, question, most)]

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
        ticked = ticks(points)

        def decide(newest: "Row | None", at: "Row | None") -> tuple[str, str] | None:
            """What to add to this newest version; `at` is the one that the editor has seen."""
            if newest and (newest.text, newest.points) == (text, ticked):
                return None
            if (
                newest
                and newest.version > seen
                and (at is None or (at.text, at.points) != (newest.text, newest.points))
            ):
                raise Conflict(answer_of(newest))
            return text, ticked

        return answer_of(self._store.add(student, question, seen, decide))

    def restore(self, student: str, question: str, version: int) -> Answer:
        """Makes an old version the current one: as a further version. Raises KeyError where there is none such."""
        old = next((a for a in self.versions(student, question) if a.version == version), None)
        if old is None:
            raise KeyError(f"{question} has no version {version}")
        return answer_of(self._store.append(student, question, old.text, ticks(old.points)))

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

    def pictures(self, student: str) -> "Pictures":
        """The student's own pictures, which the answers name."""
        from study.workbook.pictures import Pictures

        return Pictures(self._store, student)

    def backup(self, student: str) -> bytes:
        """All versions of all answers, their pictures, and what else is kept, as one JSON file (UTF-8)."""
        from study.workbook import backup

        return backup.written(self._store, student)

    def merge(self, student: str, data: bytes) -> Merged:
        """Takes a backup in. What is here stays current; see Merged. Records of quiz items become one of both.

        Raises NotABackup before anything is changed.
        """
        from study.workbook import backup

        return backup.merge(self._store, student, data)
