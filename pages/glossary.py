"""The glossary: every term of the notes in both languages, what it is, and the lesson that explains it; a search.

The terms stand by lesson, in the order of the lessons: so that what belongs together stands together.
"""

from collections.abc import Iterator

import streamlit as st

from study import glossary
from study.markdown import colored, plain
from study.notes import Lesson, lessons
from study.shell.session import Reader
from study.words import app_words


def render(reader: Reader) -> None:
    """Draws the page."""
    st.title(app_words(reader.lang)("pages.glossary"), anchor=False)
    _terms(reader)


@st.fragment
def _terms(reader: Reader) -> None:
    words = app_words(reader.lang)
    with st.container(key="terms"):
        query = st.text_input(
            words("pages.glossary"),
            placeholder=words("glossary.hint"),
            key="_glossary",
            live="200ms",
            label_visibility="collapsed",
        )
    found = glossary.search(query, reader.lang)
    for lesson in lessons:
        here = [entry for entry in found if entry.lesson == lesson.stem]
        if here:
            st.caption(f"{lesson.number} {lesson.title(reader.lang)}")
        for entry in here:
            _term(entry, lesson, reader)
    if not found:
        st.caption(words("glossary.none", query=plain(query)))


def _term(entry: glossary.Term, lesson: Lesson, reader: Reader) -> None:
    """A term with its name in the other language, what it is, and a link to its lesson."""
    others = " · ".join(_others(entry))
    says = colored(entry.says, reader.look.theme)
    if lesson.stem in reader.pages:
        where = app_words(reader.lang)("glossary.in_lesson", lesson=lesson.number)
        says = f"{says} [{where}]({lesson.stem})"
    with st.container(key=f"note_term_{entry.name}"):
        st.header(f"{entry.term} :gray[{others}]" if others else entry.term, anchor=entry.name)
        st.markdown(says)


def _others(entry: glossary.Term) -> Iterator[str]:
    """Its names in the other languages, without what its own name says already: 残差流（residual stream）."""
    own = entry.term.casefold()
    for other in entry.others:
        name = other.replace(f"（{entry.term}）", "")
        if name.casefold() not in own:
            yield name
