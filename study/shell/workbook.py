"""The student's own answer under a lesson: written, shown as a note is, kept at every pause; its earlier versions."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study.answer_figure import Flaw, figure
from study.answer_text import Part, counted, difference, parts, shown
from study.markdown import colored, linked, plain
from study.notes import Lesson
from study.once import in_a_run
from study.quiz import Interview
from study.shell.card import picture_of
from study.shell.component import component
from study.shell.counts import newer
from study.shell.drafts import append, begin_anew, draft_of, restore, save
from study.shell.live_figure import near
from study.shell.photos import format_of, mine, photos
from study.shell.photos import shown as photo
from study.shell.picks import pick
from study.shell.session import Draft, Reader, begin, event, here, value
from study.shell.still import still
from study.shell.who import student
from study.words import Words, app_words
from study.workbook import Unkept, clean, open_workbook

log = logging.getLogger(__name__)
HEIGHT = 360  # px: about what the box takes
PAGE = "workbook"  # the page that lists all answers


def answer_box(lesson: Lesson, reader: Reader) -> None:
    """The end of a lesson: its question as an interviewer asks it, and the reader's answer."""
    if interview := lesson.interview(reader.lang):
        words = app_words(reader.lang)
        with st.container(key="answer"):
            st.header(words("workbook.heading"), anchor="answer")
            asked = f"**{words('workbook.interview')}** {colored(interview.ask, reader.look.theme)}"
            st.markdown(linked(asked, {}))
            answer(lesson.stem, reader, interview)


@st.fragment
def answer(question: str, reader: Reader, interview: Interview | None = None) -> None:
    """The box of one question of the workbook. Nothing of the workbook is opened before the reader comes near it."""
    if not near(f"{question}._answer", HEIGHT):
        return
    if here().listed_anew:
        here().listed_anew = False
        st.rerun()  # the page around this box lists what is answered
    words, draft = app_words(reader.lang), draft_of(question)
    left, right = st.columns(2)
    with left:
        _area(question, draft, words)
    with right, st.container(key="note_answer"):
        st.caption(words("workbook.preview"))
        _preview(question, draft, reader)
    if draft.unkept == "damaged":
        st.button(words("workbook.set_aside"), key=f"{question}._aside", on_click=begin_anew, args=(question,))
    if draft.theirs:
        _conflict(question, draft, reader)
    switches = st.container(horizontal=True, gap="medium")
    if interview:
        _compare(question, draft, interview, reader, switches)
    if switches.toggle(words("photos.heading"), key=f"{question}._pictures", persist_state="session"):
        photos(words, f"{question}._photos", put=lambda mark: _put(question, mark))
    if switches.toggle(words("workbook.versions"), key=f"{question}._versions", persist_state="session"):
        _versions(question, draft, words)


# --- the box ---------------------------------------------------------------------------------------------------------
@cache
def _component() -> Callable:
    return component("answer", html='<div class="answer"></div>')


def _area(question: str, draft: Draft, words: Words) -> None:
    key = f"{question}._answer"
    kind = "unkept" if draft.unkept else "conflict" if draft.theirs else "saved" if draft.saved else "empty"
    said = {"unkept": f"workbook.unkept.{draft.unkept}", "conflict": "workbook.conflict", "empty": "workbook.empty"}
    data = {
        "name": question,
        "label": words("workbook.write"),
        "text": draft.text,
        "n": here().counts.get(key, 0),
        "seen": draft.seen,
        "session": here().token,
        "status": {"kind": kind, "saved": draft.saved, "said": words(said[kind]) if kind in said else ""},
        "words": {"typing": words("workbook.typing"), "saved": words("workbook.saved")},
        "lang": words.lang,
        "script": "answer.js",
    }
    _component()(data=data, key=key, on_typed_change=lambda: _typed(question))
    chinese, latin = counted(draft.text)
    st.caption(words("workbook.count", chinese=chinese, words=latin))


def _typed(question: str) -> None:
    """The browser reports the text. What it has seen counts where it learnt that from a session that is gone."""
    key = f"{question}._answer"
    typed = event(key, "typed")
    text, count, seen, session = (typed.get(name) for name in ("text", "n", "seen", "session"))
    if not isinstance(text, str) or not isinstance(count, int) or not newer(key, count):
        return
    draft = draft_of(question)
    if isinstance(session, str) and session not in draft.known:
        draft.known.add(session)
        draft.seen = seen if isinstance(seen, int) else 0
    empty, draft.text = not draft.text.strip(), clean(text)
    save(question, draft)
    here().listed_anew = here().stem == PAGE and not draft.unkept and empty != (not draft.text.strip())


def _put(question: str, mark: str) -> None:
    """Puts a picture at the end of the answer, behind what the browser has sent with this click."""
    _typed(question)
    append(question, mark)


def _preview(question: str, draft: Draft, reader: Reader) -> None:
    pieces = parts(draft.text)
    if not pieces:
        st.caption(app_words(reader.lang)("workbook.nothing"))
    with in_a_run():  # all of its pictures ask for the same list
        for i, part in enumerate(pieces):
            if part.figure:
                _figure(part.figure, f"{question}._answer_{i}", reader)
            elif part.picture:
                _picture(part, reader)
            else:
                st.markdown(shown(part.markdown, reader.lang, reader.look.theme))


def _figure(name: str, key: str, reader: Reader) -> None:
    """What an answer names, as it will be on paper; why there is no such figure; values that are none."""
    words = app_words(reader.lang)
    try:
        named = figure(name, reader.lang, picture_of)
    except Flaw as flaw:
        st.warning(words("workbook.figure_missing", name=plain(name), why=plain(str(flaw), 300)))
        return
    still(named.step.views, named.words, reader.look, key)
    st.caption(f"{named.title} · {named.origin}")
    if named.mended:
        bad = words("list_mark").join(label if "$" in label else plain(label) for label in named.mended)
        st.info(words("workbook.figure_mended", controls=bad))


def _picture(part: Part, reader: Reader) -> None:
    """A picture of the reader's own, by its name; what is no such name fetches nothing and says so."""
    words = app_words(reader.lang)
    try:
        picture = next((picture for picture in mine() if picture.name == part.picture), None)
        small = picture and photo(picture)
    except Unkept as unkept:
        st.warning(words(f"workbook.unkept.{unkept.key}"))
        return
    if small:
        caption = shown(part.caption, reader.lang, reader.look.theme) or None
        st.image(small, caption, output_format=format_of(picture), alt=part.caption or part.picture)
    else:
        st.warning(words("workbook.picture_missing", name=plain(part.picture)))


# --- below it --------------------------------------------------------------------------------------------------------
def _conflict(question: str, draft: Draft, reader: Reader) -> None:
    """Both texts, and a choice. What is not chosen becomes an earlier version."""
    words, theirs = app_words(reader.lang), draft.theirs
    with st.container(border=True, key="answer_conflict"):
        st.warning(words("workbook.conflict"))
        st.caption(words("workbook.theirs", time=_time(theirs.saved)))
        st.code(theirs.text, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            mine, other = words("workbook.keep_mine"), words("workbook.take_theirs")
            st.button(mine, key=f"{question}._mine", on_click=_decide, args=(question, False))
            st.button(other, key=f"{question}._theirs", on_click=_decide, args=(question, True))


def _decide(question: str, take: bool) -> None:
    draft = draft_of(question)
    if theirs := draft.theirs:
        draft.seen = theirs.version
        save(question, draft)
        if take and not draft.theirs and not draft.unkept:
            restore(question, theirs.version)


def _compare(question: str, draft: Draft, interview: Interview, reader: Reader, switches: DeltaGenerator) -> None:
    """The reader's own words come first; ours, and the points to compare by, wait behind one of the switches."""
    words, theme = app_words(reader.lang), reader.look.theme
    if not switches.toggle(words("workbook.compare"), key=f"{question}._compare", persist_state="session"):
        return
    st.markdown(colored(interview.answer, theme))
    for n, point in enumerate(interview.points):
        key = f"{question}._point.{n}"
        begin(key, str(n) in draft.points)
        st.checkbox(colored(point, theme), key=key, persist_state="session", on_change=_ticked, args=(question, n))
    ticked = sum(str(n) in draft.points for n in range(len(interview.points)))
    st.caption(words("workbook.said", count=ticked, all=len(interview.points)))


def _ticked(question: str, n: int) -> None:
    draft = draft_of(question)
    ticked = value(f"{question}._point.{n}", False)
    draft.points = draft.points | {str(n)} if ticked else draft.points - {str(n)}
    save(question, draft)


def _versions(question: str, draft: Draft, words: Words) -> None:
    try:
        versions = [a for a in open_workbook().versions(student(), question) if a.version != draft.seen]
    except Unkept as unkept:
        st.warning(words(f"workbook.unkept.{unkept.key}"))
        return
    if not versions:
        st.caption(words("workbook.no_versions"))
        return
    by_number = {answer.version: answer for answer in versions}

    def name(version: int) -> str:
        old = by_number[version]
        return words("workbook.version", time=_time(old.saved), version=version, size=len(old.text))

    picked = pick(st.selectbox, words("workbook.pick"), list(by_number), name, f"{question}._version", words.lang)
    if change := difference(draft.text, by_number[picked].text):
        st.code(change, language="diff", wrap_lines=True)
    else:
        st.caption(words("workbook.no_difference"))
    st.button(words("workbook.restore"), key=f"{question}._restore", on_click=restore, args=(question, picked))


def _time(saved: datetime) -> str:
    """In the reader's own time zone."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (KeyError, ValueError, OSError):
        zone = None
    return f"{saved.astimezone(zone):%Y-%m-%d %H:%M}"
