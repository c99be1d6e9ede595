"""A demo of a lesson on another page: nothing of the lesson is imported before the reader comes near it."""

import streamlit as st

from study.demo import demos
from study.notes import Lesson
from study.shell import address
from study.shell.card import RESERVED, card
from study.shell.formula import put_ours, without_images
from study.shell.live_figure import near
from study.shell.session import Reader, here


def guest(lesson: Lesson, demo: str, page: str, reader: Reader) -> None:
    """Draws the demo's card on the page of this name; its controls are those of the lesson, link included."""
    address.adopt(lesson, page)
    _guest(lesson, demo, reader)


@st.fragment
def _guest(lesson: Lesson, demo: str, reader: Reader) -> None:
    words, key = lesson.demo_words(reader.lang, demo), f"{lesson.stem}.{demo}"
    if here().is_near(key):
        card(demos(lesson.stem)[demo], words, reader.look)
        return
    with st.container(border=True, key=f"card_{demo}"):
        st.subheader(words("title"), anchor=demo)
        put_ours(without_images(words("look_for"), reader.look), st.container(key=f"looks_{demo}"))
        near(key, RESERVED)
