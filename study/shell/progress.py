"""What a reader answered in quizzes: read once a session, kept at every answer; how far that is, in words and rings."""

import logging
from collections.abc import Callable

import streamlit as st

from study import practice
from study.notes import Lesson
from study.practice import Record, Tally
from study.shell.session import here
from study.shell.who import student
from study.words import Words
from study.workbook import Unkept, begun, open_workbook

log = logging.getLogger(__name__)


def records() -> dict[str, Record]:
    """The reader's records by name. The workbook is read once a session, and not made for that."""
    known, who = here().quizzes.records, student()
    if who not in known:
        known[who] = _read(who)
    return known[who]


def _read(who: str) -> dict[str, Record]:
    if not begun():
        return {}
    try:
        texts = open_workbook().kept_under(who, practice.PREFIX)
    except Unkept as unkept:
        _note(unkept)
        return {}
    found = ((name, practice.load(text)) for name, text in texts.items())
    return {name: record for name, record in found if record}


def forget() -> None:
    """The workbook was changed elsewhere (a backup was taken in): it is read again when it is next asked."""
    here().quizzes.records.clear()


def keep(name: str, answer: str, right: bool, anew: bool) -> None:
    """Keeps an answer. anew: the first of its round. What cannot be kept counts in this session, and is tried again."""
    memory, at, mine = here().quizzes, practice.now(), records()

    def after(old: str | None) -> str:
        return practice.dump(practice.answered(practice.load(old), answer, right, at, anew))

    failed = memory.unkept
    try:
        for other in list(memory.pending):
            late = practice.dump(memory.pending[other])
            _change(other, lambda old, late=late: practice.merged(old or late, late))
            del memory.pending[other]
        mine[name] = practice.load(_change(name, after))
        memory.unkept = ""
    except Unkept as unkept:
        _note(unkept)
        mine[name] = memory.pending[name] = practice.answered(mine.get(name), answer, right, at, anew)
    if failed and not memory.unkept:
        forget()  # what could not be read before can be now


def _change(name: str, decide: Callable[[str | None], str]) -> str:
    return open_workbook().change(student(), name, decide)


def _note(unkept: Unkept) -> None:
    log.warning("quiz: %s: %s", type(unkept).__name__, unkept)
    here().quizzes.unkept = unkept.key


# --- how far ---------------------------------------------------------------------------------------------------------
def names(lesson: Lesson, lang: str) -> list[str]:
    """The names of a lesson's items, in order."""
    return [practice.name(lesson.stem, item.id) for item in lesson.quiz(lang)]


def tallies(lessons: list[Lesson], lang: str) -> dict[str, Tally]:
    """How far the reader is, by lesson."""
    mine, at = records(), practice.now()
    return {lesson.stem: practice.tally(names(lesson, lang), mine, at) for lesson in lessons}


def answered_last(lessons: list[Lesson], lang: str) -> Lesson | None:
    """The lesson of the newest answer."""
    mine = records()
    at = {name: lesson for lesson in lessons for name in names(lesson, lang) if name in mine}
    return at[max(at, key=lambda name: mine[name].at)] if at else None


def told(tally: Tally, words: Words) -> str:
    """A tally in words; "" where nothing was answered."""
    if not tally.done:
        return ""
    parts = [words("progress.done", done=tally.done, all=tally.all), words("progress.first", first=tally.first)]
    if tally.due:
        parts.append(words("progress.due", due=tally.due))
    return " · ".join(parts)


def rings(shown: list[Lesson], words: Words) -> None:
    """A ring of progress behind each lesson in the side bar that was begun; drawn by style, so that no link changes.

    It comes last on a page: reading the workbook holds up nothing that the reader waits for.
    """
    found = tallies(shown, words.lang) if records() else {}
    rules = [_ring(stem, tally, told(tally, words)) for stem, tally in found.items() if tally.done]
    st.html(f"<style>/* rings */ {' '.join(rules)}</style>")


def _ring(stem: str, tally: Tally, said: str) -> str:
    """The style of one ring. stem, said: ours."""
    share, alt = round(100 * tally.done / tally.all), said.replace("\\", "").replace('"', "'")
    return f'.st-key-pages a[href$="{stem}"]::after {{ --done: {share}%; content: "" / " ({alt})"; }}'
