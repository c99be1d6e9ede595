"""The strip at the foot of every page of a class: where the instructor is, and the poll. Drawn in class mode only.

The browser asks a route again and again for the room's version (assets/figure/classroom.js): a hundred pages that wait
cost a hundred numbers, not a hundred runs. Where it is another version the strip, and nothing else, is drawn anew.
"""

import logging
import secrets
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import streamlit as st

from study import qr
from study.classroom import Refused, Room, State, allowed_hosts, is_class, open_room
from study.demo import demos
from study.notes import Lesson, sound
from study.place import Place
from study.shell import address, poll, visitor
from study.shell.class_routes import PULSE, SHORT
from study.shell.component import component
from study.shell.guard import OWN
from study.shell.parts import url
from study.shell.picture import picture
from study.shell.session import Reader, event, here, put, value
from study.shell.who import student
from study.words import Words, app_words
from study.workbook import Unkept

log = logging.getLogger(__name__)
KEY, PAGE = "_classroom", "classroom"


def strip(lesson: Lesson | None, reader: Reader) -> None:
    """Draws it. lesson: the one that is open, if one is."""
    if is_class():
        visitor.belongs(st.runtime.scriptrunner.get_script_run_ctx().session_id, visitor.token(st.context.cookies))
        with st.container(key="class"):
            _strip(lesson, reader)


@st.fragment
def _strip(lesson: Lesson | None, reader: Reader) -> None:
    words, room, who = app_words(reader.lang), open_room(), student()
    state, drives = room.state(), room.drives(who)
    poll.panel(state.poll, drives, reader)
    with st.container(horizontal=True, vertical_alignment="center", key="class_line"):
        _listener(room, drives)
        if drives:
            _lead(state, lesson, reader, words)
        else:
            _offer(state, reader, words)
    if said := here().room.said:
        here().room.said = ""
        st.warning(words(f"class.{said}"))


@cache
def _component() -> Callable:
    return component("classroom", html='<div class="classroom"></div>')


def _listener(room: Room, drives: bool) -> None:
    version, answers = room.pulse()
    data = {
        "pulse": url(PULSE),
        "at": f"{version} {answers}",
        "drives": drives,
        "go": here().room.go,
        "script": "classroom.js",
    }
    _component()(data=data, key=KEY, on_changed_change=_changed, on_at_change=_at)


# --- students --------------------------------------------------------------------------------------------------------
def _offer(state: State, reader: Reader, words: Words) -> None:
    """Where the class is, with a way there: once, or along with the instructor until the student lets go."""
    memory = here().room
    if state.shown is None:
        st.markdown(words("class.waiting"))
    else:
        st.markdown(words("class.is_at", place=title(state.shown, reader.lang)))
        if not memory.follows:
            st.button(words("class.go"), key="_class_go", on_click=_go_once)
    put("_class_follow", memory.follows)
    st.toggle(words("class.follow"), key="_class_follow", on_change=_follow)
    st.page_link(reader.pages[PAGE], label=words("pages.classroom"))


def _changed() -> None:
    """The room has changed: who follows goes along."""
    shown, memory = open_room().state().shown, here().room
    if memory.follows and shown and shown.link() != memory.seen:
        _go(shown)


def _follow() -> None:
    memory = here().room
    memory.follows, memory.seen = bool(value("_class_follow")), ""
    _changed()


def _go_once() -> None:
    if shown := open_room().state().shown:
        _go(shown)


def _go(to: Place) -> None:
    """This page, or the next one, shows the place. A lesson or demo that is not here is left out."""
    lesson, memory = sound(to.stem), here()
    if lesson is None:
        return
    demo = to.demo if to.demo in lesson.demos else ""
    memory.room.seen = to.link()
    memory.room.go = {"page": to.stem, "demo": demo, "n": secrets.token_hex(4)}
    if memory.stem != to.stem:
        memory.room.coming = to if demo else None
    elif demo:
        address.take(demos(to.stem)[demo], to.values())


def title(place: Place, lang: str) -> str:
    """What a place is called."""
    lesson = sound(place.stem)
    if lesson is None:
        return ""
    what = lesson.demo_titles(lang)[place.demo] if place.demo in lesson.demos else lesson.title(lang)
    return f"{lesson.number} · {what}"


# --- the instructor --------------------------------------------------------------------------------------------------
def _lead(state: State, lesson: Lesson | None, reader: Reader, words: Words) -> None:
    memory = here().room
    put("_class_lead", memory.leads)
    st.toggle(words("class.lead"), key="_class_lead", on_change=_lead_changed)
    if state.shown:
        st.markdown(words("class.shown", place=title(state.shown, reader.lang)))
        if not memory.leads:  # another tab of theirs does, or did
            st.button(words("class.stop"), key="_class_stop", on_click=_show, args=("",))
    if lesson and not state.poll:
        with st.popover(words("class.poll.ask")):
            poll.ask(lesson, reader)
    if memory.at:
        popover = st.popover(
            words("class.link"), key="_class_link", on_change="rerun"
        )  # a code is made once it is asked for
        if popover.open:
            with popover:
                _link(memory.at, words)
    st.page_link(reader.pages[PAGE], label=words("pages.classroom"))


def _link(at: Place, words: Words) -> None:
    try:
        to = base() + f"{SHORT}/{open_room().short(student(), at.link())}"
    except (Refused, Unkept):
        st.warning(words("class.not_done"))
        return
    code(to, words("class.link_says"), "_class_link_code")


def code(to: str, says: str, key: str) -> None:
    """An address to type or to take a picture of."""
    st.caption(says)
    st.code(to, language=None, wrap_lines=True)
    picture(qr.svg(to), key)


def base() -> str:
    """Where others find this app: the address that this browser uses, or, where only this machine knows that, the first
    that start.py found.
    """
    here_ = urlsplit(st.context.url or "http://localhost")
    host, port = here_.hostname or "localhost", f":{here_.port}" if here_.port else ""
    if host in OWN:
        host = next((other for other in allowed_hosts() if other not in OWN), host)
    return f"{here_.scheme}://{f'[{host}]' if ':' in host else host}{port}{url('')}"


def _lead_changed() -> None:
    """The class follows this page, or no page."""
    memory = here().room
    memory.leads = bool(value("_class_lead"))
    _show(memory.at.link() if memory.leads and memory.at else "")


def _at() -> None:
    """The instructor's browser says what is in sight."""
    said, memory = event(KEY, "at"), here()
    name, step = (said.get(part) if isinstance(said.get(part), str) else "" for part in ("demo", "step"))
    stem, _, demo = name.partition(".")
    lesson = sound(stem or memory.stem)
    if lesson is None or (demo and demo not in lesson.demos):
        return
    keys = {p.key for p in demos(lesson.stem)[demo].params} if demo else set()
    query = tuple((k, v) for k, v in memory.link.items() if k in keys)
    memory.room.at = Place(lesson.stem, demo, query, step)
    if memory.room.leads:
        _show(memory.room.at.link())


def _show(link: str) -> None:
    try:
        open_room().show(student(), link)
    except (Refused, ValueError, Unkept) as error:
        log.warning("not shown: %s: %s", type(error).__name__, error)
        here().room.leads, here().room.said = False, "not_done"
