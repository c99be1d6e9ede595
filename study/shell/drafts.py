"""Answers of the workbook while they are written: each begins with what is kept, and is kept at every change."""

import itertools
import logging

from study.shell.counts import newer
from study.shell.session import Draft, here, put, value
from study.shell.who import student
from study.workbook import Answer, Conflict, Unkept, open_workbook, set_aside

log = logging.getLogger(__name__)


def draft_of(question: str) -> Draft:
    """What is being written; at first what is kept."""
    drafts = here().drafts
    if question not in drafts:
        drafts[question] = Draft(known={here().token})
        try:
            adopt(drafts[question], open_workbook().answer(student(), question))
        except Unkept as unkept:
            unable(drafts[question], unkept)
        _ticks(question, drafts[question])
    return drafts[question]


def adopt(draft: Draft, kept: Answer | None) -> None:
    """The draft is what is kept."""
    draft.theirs, draft.unkept = None, ""
    if kept:
        draft.text, draft.points, draft.seen, draft.saved = kept.text, kept.points, kept.version, kept.saved.isoformat()


def unable(draft: Draft, unkept: Unkept) -> None:
    """The draft says why it could not be kept."""
    log.warning("not kept: %s: %s", type(unkept).__name__, unkept)
    draft.unkept = unkept.key


def save(question: str, draft: Draft) -> None:
    """Keeps the draft, where there is something to keep; else it says why not."""
    if not (draft.seen or draft.text or draft.points):
        return
    try:
        adopt(draft, open_workbook().save(student(), question, draft.text, draft.points, draft.seen))
    except Conflict as conflict:
        draft.theirs, draft.unkept = conflict.theirs, ""
    except Unkept as unkept:
        unable(draft, unkept)


def restore(question: str, version: int) -> None:
    """An earlier version is the newest one."""
    draft = draft_of(question)
    try:
        adopt(draft, open_workbook().restore(student(), question, version))
    except Unkept as unkept:
        unable(draft, unkept)
        return
    show(question, draft)


def append(question: str, markdown: str) -> Draft:
    """Puts a paragraph at the end of an answer whose box does not stand on the page, and keeps it."""
    draft = draft_of(question)
    draft.text = "\n\n".join(part for part in (draft.text.rstrip(), f"{markdown}\n") if part)
    save(question, draft)
    show(question, draft)
    return draft


def show(question: str, draft: Draft) -> None:
    """The draft came from elsewhere: the browser takes its text in place of what stands there, and its ticks."""
    key = f"{question}._answer"
    newer(key, here().counts.get(key, 0) + 1)
    _ticks(question, draft)


def _ticks(question: str, draft: Draft) -> None:
    for n in itertools.takewhile(lambda n: value(f"{question}._point.{n}") is not None, itertools.count()):
        put(f"{question}._point.{n}", str(n) in draft.points)


def begin_anew(question: str) -> None:
    """The reader has the damaged file renamed: a new one begins, with what stands in the box."""
    draft = draft_of(question)
    try:
        log.warning("the damaged workbook is now %s", set_aside())
        draft.seen, draft.unkept = 0, ""
        save(question, draft)
    except Unkept as unkept:
        unable(draft, unkept)
