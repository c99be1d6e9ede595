"""The class: who one is here, how to join, the instructor's way in, what is kept and how it goes."""

import streamlit as st

from study.classroom import is_class
from study.shell.class_page import render_class
from study.shell.session import Reader
from study.words import app_words

LISTED = is_class  # where nobody else can come, the side bar does not name it


def render(reader: Reader) -> None:
    """Draws the page."""
    words = app_words(reader.lang)
    st.title(words("pages.classroom"), anchor=False)
    if is_class():
        render_class(reader)
    else:
        st.markdown(words("class.alone"))
        st.code("python start.py class", language="sh")
