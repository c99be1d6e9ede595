"""The glossary: every term of the notes in both languages, what it is, and the lesson that explains it; a search.

The terms stand by lesson, in the order of the lessons: so that what belongs together stands together.
"""

import streamlit as st

from study import glossary
from study.markdown import colored, plain
from study.notes import lessons
from study.shell.session import Reader
from study.words import app_words


def render(reader: Reader) -> None:
    """Draws the page."""
    st.title(app_words(reader.lang)("pages.glossary"), anchor=False)
    _terms(reader)


@st.fragment
def _terms(reader: Reader) -> None:
    words, named = app_words(reader.lang), {lesson.stem: lesson for lesson in lessons}
    with st.container(key="terms"):
        title = words("pages.glossary")
        query = st.text_input(
            title, placeholder=words("glossary.hint"), key="_glossary", live="200ms", label_visibility="collapsed"
        )
    order = {lesson.stem: i for i, lesson in enumerate(lessons)}
    found = sorted(glossary.search(query, reader.lang), key=lambda entry: order.get(entry.lesson, len(order)))
    for entry, before in zip(found, [None, *found], strict=False):
        if (lesson := named.get(entry.lesson)) and not (before and before.lesson == entry.lesson):
            st.caption(f"{lesson.number} {lesson.title(reader.lang)}")
        with st.container(key=f"note_term_{entry.name}"):
            others = " · ".join(other for other in entry.others if other != entry.term)
            others = f" :gray[{others}]" if others else ""
            st.header(f"{entry.term}{others}", anchor=entry.name)
            where = ""
            if entry.lesson in reader.pages:
                said = words("glossary.in_lesson", lesson=named[entry.lesson].number)
                where = f" [{said}]({entry.lesson})"
            st.markdown(colored(entry.says, reader.look.theme) + where)
    if not found:
        st.caption(words("glossary.none", query=plain(query)))
