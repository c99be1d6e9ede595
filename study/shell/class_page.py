"""The page of a class: for students who they are and what is kept of them, for the instructor the way in."""

import logging

import streamlit as st

from study.classroom import Refused, TooMany, open_room
from study.notes import lessons
from study.shell import poll, visitor
from study.shell.classroom import base, code
from study.shell.picks import pick
from study.shell.session import Reader, here, put, value
from study.shell.who import pseudonym, student
from study.words import Words, app_words
from study.workbook import Unkept, open_workbook

log = logging.getLogger(__name__)
LONGEST_SECRET = 100  # characters


def render_class(reader: Reader) -> None:
    """Draws the page below its title."""
    words, who = app_words(reader.lang), student()
    drives = open_room().drives(who)
    if drives:
        _drive(reader, words)
    else:
        st.markdown(words("class.you_are", name=pseudonym(who, words)))
        if not who.startswith("oidc.") and not visitor.token(st.context.cookies):
            st.warning(words("class.no_cookie"))
        st.markdown(words("class.how"))
    _account(words)
    st.header(words("class.join"), anchor="join")
    code(base(), words("class.join_says"), "_class_join")
    st.header(words("class.privacy"), anchor="privacy")
    st.markdown(words("class.kept"))
    _forget(words)
    if not drives:
        st.header(words("class.instructor"), anchor="instructor")
        _enter(words)


# --- the instructor --------------------------------------------------------------------------------------------------
def _enter(words: Words) -> None:
    """The secret is posted through the session's own connection: it stands in no address, no history, no log."""
    with st.form("_class_enter", border=False):
        st.text_input(words("class.secret"), type="password", key="_class_secret", max_chars=LONGEST_SECRET, width=280)
        st.form_submit_button(words("class.enter"), on_click=_entered)
    if said := value("_class_said"):
        put("_class_said", "")
        st.warning(words(f"class.{said}"))


def _entered() -> None:
    typed = value("_class_secret", "")
    put("_class_secret", "")
    try:
        open_room().enter(typed, student())
    except TooMany:
        put("_class_said", "too_many")
    except Refused:
        put("_class_said", "wrong_secret")
    except Unkept as unkept:
        log.warning("not entered: %s", unkept)
        put("_class_said", "not_done")


def _drive(reader: Reader, words: Words) -> None:
    st.markdown(words("class.you_drive"))
    st.header(words("class.poll.ask"), anchor="poll")
    shown = {lesson.stem: lesson for lesson in lessons if lesson.stem in reader.pages}
    stem = pick(
        st.selectbox,
        words("hand_in.handout.lesson"),
        list(shown),
        lambda s: f"{shown[s].number} {shown[s].title(reader.lang)}",
        "_class_lesson",
        reader.lang,
    )
    poll.ask(shown[stem], reader)
    st.button(words("class.leave"), key="_class_leave", on_click=_leave)


def _leave() -> None:
    here().room.leads = False
    try:
        open_room().leave(student())
    except Unkept as unkept:
        log.warning("not left: %s", unkept)
        here().room.said = "not_done"


# --- everybody -------------------------------------------------------------------------------------------------------
def _account(words: Words) -> None:
    """The school's account, where this app is told of one (.streamlit/secrets.toml, [auth])."""
    user = st.user.to_dict()
    if "is_logged_in" not in user:
        return
    if user["is_logged_in"]:
        st.markdown(words("class.account"))
        st.button(words("class.log_out"), key="_class_out", on_click=st.logout)
    else:
        st.markdown(words("class.no_account"))
        st.button(words("class.log_in"), key="_class_in", on_click=st.login)


def _forget(words: Words) -> None:
    """All that is kept of this student goes, once they have said so twice."""
    sure = st.checkbox(words("class.forget_sure"), key="_class_sure")
    st.button(words("class.forget"), key="_class_forget", disabled=not sure, on_click=_forgotten)
    if said := value("_class_gone"):
        put("_class_gone", "")
        (st.success if said == "forgotten" else st.error)(words(f"class.{said}"))


def _forgotten() -> None:
    try:
        open_workbook().forget(student())
    except Unkept as unkept:
        log.warning("not forgotten: %s", unkept)
        put("_class_gone", "not_done")
    else:
        here().drafts.clear()
        put("_class_gone", "forgotten")
    put("_class_sure", False)
