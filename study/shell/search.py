"""The box that searches the lessons and the glossary, and what it finds: on the home page and in the side bar."""

import streamlit as st

from study.markdown import colored, plain
from study.notes import lessons
from study.search import QUIZ, Hit, find
from study.shell.session import Reader
from study.words import app_words

PASTED = 2000  # characters that the box takes: Streamlit drops a longer text without a word


@st.fragment
def search(name: str, reader: Reader, labelled: bool = True) -> None:
    """Whatever notes, quizzes and the glossary say, in every language; "/" goes to the box (assets/shell.js).

    name: of the container, one of each on a page. labelled: the label is to be seen, not to be heard only.
    """
    words = app_words(reader.lang)
    shown = [lesson for lesson in lessons if lesson.stem in reader.pages]
    with st.container(key=name):
        query = st.text_input(
            words("search.label"),
            placeholder=words("search.hint"),
            key=f"_{name}",
            live="200ms",
            max_chars=PASTED,
            label_visibility="visible" if labelled else "collapsed",
        )
        hits = find(query, shown, reader.lang)
        for hit in hits:
            _result(name, hit, reader)
        if query.strip() and not hits:
            st.caption(words("search.none", query=plain(query)))


def _result(name: str, hit: Hit, reader: Reader) -> None:
    """A link straight to the place, and the sentence below it."""
    words, place = app_words(reader.lang), hit.place
    where = place.lesson.number if place.lesson else words(f"pages.{place.page}")
    label = words("quiz.heading") if place.anchor == QUIZ else place.label(reader.lang)
    with st.container(key=f"to_{name}_{place.page}--{place.anchor or 'top'}"):
        st.page_link(reader.pages[place.page], label=f"{where} · {label}")
        if hit.sentence:
            st.caption(colored(hit.sentence, reader.look.theme))
