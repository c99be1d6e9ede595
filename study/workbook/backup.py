"""All that a student has in the workbook as one file, and such a file taken in."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from study import practice
from study.workbook.answers import LONGEST, NAME, Merged, answer_of, clean, ticks
from study.workbook.errors import NotABackup
from study.workbook.pictures import Pictures, sound
from study.workbook.store import Store

FORMAT = "study-companion workbook"
Version = tuple[str, list[str], str]  # text, points, when it was saved


@dataclass(frozen=True)
class Backup:
    """What a file holds. answers: the versions of each question, oldest first."""

    answers: dict[str, list[Version]]
    kept: dict[str, str]
    pictures: dict[str, bytes]


def written(store: Store, student: str) -> bytes:
    """All versions of all answers, their pictures, and what else is kept, as one JSON file (UTF-8)."""
    answers: dict[str, list] = {}
    for row in store.all(student):
        entry = {"text": row.text, "points": json.loads(row.points), "saved": row.saved, "version": row.version}
        answers.setdefault(row.question, []).append(entry)
    files = ((row.name, store.picture(student, row.name)) for row in store.pictures(student))
    whole = {
        "format": FORMAT,
        "version": 1,
        "answers": answers,
        "kept": store.kept(student),
        "pictures": {name: base64.b64encode(data).decode() for name, data in files if data is not None},
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def merge(store: Store, student: str, data: bytes) -> Merged:
    """What is here stays current; see Merged. Raises NotABackup before anything is changed."""
    file = _read(data)
    before = len(store.pictures(student))
    names, left = Pictures(store, student).add(file.pictures)  # first: an answer names what is there
    became: dict[str, list[str]] = {"added": [], "kept": [], "conflicts": []}
    for question, versions in file.answers.items():
        theirs = [(_renamed(text, names), points, saved) for text, points, saved in versions]
        became[_answered(store, student, question, theirs)].append(question)
    learnt = _learnt(store, student, file.kept)
    pictures = len(store.pictures(student)) - before
    return Merged(*map(tuple, became.values()), learnt, pictures, tuple(left))


def _answered(store: Store, student: str, question: str, theirs: list[Version]) -> str:
    """Takes in the versions of one answer; what became of them, as Merged names it."""
    ours = [answer_of(row) for row in store.versions(student, question)]
    if any(answer.same(*theirs[-1][:2]) for answer in ours):
        return "kept"
    for text, points, saved in theirs[-1:] if ours else theirs:
        store.append(student, question, text, ticks(points), saved)
    if not ours:
        return "added"
    store.append(student, question, ours[0].text, ticks(ours[0].points))
    return "conflicts"


def _learnt(store: Store, student: str, kept: Mapping[str, str]) -> int:
    """Takes in what else is kept; of how many quiz items something new is known."""
    here = store.kept(student)
    new = {item: value for item, value in kept.items() if item not in here}
    both = [item for item in kept if item in here and item.startswith(practice.PREFIX)]
    new |= {item: practice.merged(here[item], kept[item]) for item in both}
    store.keep(student, new)
    return sum(item.startswith(practice.PREFIX) and value != here.get(item) for item, value in new.items())


def _renamed(text: str, names: Mapping[str, str]) -> str:
    """A text with its pictures by the names that they have here."""
    changed = {old: new for old, new in names.items() if old != new}
    if not changed:
        return text
    marks = re.compile(r"\]\((" + "|".join(map(re.escape, changed)) + r")\)")
    return marks.sub(lambda mark: f"]({changed[mark[1]]})", text)


def _read(data: bytes) -> Backup:
    """Raises NotABackup."""
    try:
        whole = json.loads(data.decode())
        if whole["format"] != FORMAT or whole["version"] != 1:
            raise NotABackup("another format")
        answers = {name: [_entry(entry) for entry in versions] for name, versions in whole["answers"].items()}
        kept = {name: _text(value) for name, value in whole["kept"].items()}
        given = whole.get("pictures", {})  # a file without them is as good
        pictures = {name: base64.b64decode(value, validate=True) for name, value in given.items()}
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise NotABackup(str(error)) from None
    if not all(answers.values()) or not all(map(NAME.fullmatch, [*answers, *kept])):
        raise NotABackup("a name that is none, or a question without an answer")
    if not all(sound(*item) for item in pictures.items()):
        raise NotABackup("a picture that is none")
    return Backup(answers, kept, pictures)


def _entry(entry: dict[str, Any]) -> Version:
    saved = datetime.fromisoformat(entry["saved"]).astimezone(UTC).isoformat()
    return _text(entry["text"]), [_text(point) for point in entry["points"]], saved


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError("no text, or one that is too long")
    return clean(value)
