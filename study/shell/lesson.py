"""A whole lesson page: question, short answer, the note with its demos, the quiz, the reader's own answer."""

import logging

import streamlit as st

from study.demo import demos
from study.notes import Lesson
from study.shell import address
from study.shell.note import section
from study.shell.quiz import render_quiz
from study.shell.session import Reader
from study.shell.workbook import answer_box
from study.words import app_words

log = logging.getLogger(__name__)


def render(lesson: Lesson, reader: Reader) -> None:
    """Draws the lesson for a reader."""
    lang, words = reader.lang, app_words(reader.lang)
    try:
        demos(lesson.stem)
    except Exception as error:  # the import runs the lesson's own code: whatever is wrong with it, the others go on
        log.exception("%s cannot be imported", lesson.stem)
        st.warning(words("left_out", lesson=lesson.number))
        st.code(f"pages/{lesson.stem}: {type(error).__name__}: {error}", language=None, wrap_lines=True)
        return
    address.adopt(lesson)
    minutes = words("minutes", n=lesson.minutes(lang))
    st.caption(
        f"{words(f'sections.{lesson.section}')} · {lesson.number} · {minutes} · [{words('workbook.mine')}](#answer)"
    )
    st.title(lesson.title(lang), anchor=False)
    with st.container(key="note_question"):
        st.markdown(f"**{lesson.question(lang)}**")
        st.caption(lesson.front(lang, "source"))
    opening, rest = st.container(key="opening"), st.container(key="sections")  # on a wide page two columns, and one
    places = (opening.container(border=True, key="short"), opening.container(key="remember"))
    for i, (heading, body) in enumerate(lesson.sections(lang)):
        place = places[i] if i < len(places) else rest
        place.header(heading, anchor=f"s{i}")
        section(lesson, reader, i, body, place)
    render_quiz(lesson, lang, reader.look.theme)
    answer_box(lesson, reader)
