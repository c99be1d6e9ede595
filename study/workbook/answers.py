"""What the workbook keeps: an answer, what is no answer, what a merge did. Plain data."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from study.workbook.store import Row

LONGEST = 100_000  # characters of an answer
NAME = re.compile(r"[a-z0-9_.]{1,100}")  # of a question or another item
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
    records: of how many quiz items something new is known. pictures: how many were added; left: for which there is no
    room.
    """

    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    records: int = 0
    pictures: int = 0
    left: tuple[str, ...] = ()


def clean(text: str) -> str:
    """As it is kept: lines end in \\n; NUL and halves of characters, which no database takes, become U+FFFD."""
    return _NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def ticks(points: Iterable[str]) -> str:
    return json.dumps(sorted(set(points)), ensure_ascii=False)


def answer_of(row: "Row") -> Answer:
    saved = datetime.fromisoformat(row.saved).astimezone(UTC)
    return Answer(row.question, row.text, frozenset(json.loads(row.points)), saved, row.version)
