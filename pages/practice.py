"""Ten questions: the due ones of all lessons, then unseen ones. No torch before a prediction is revealed."""

import streamlit as st

from study.shell.practice import render_practice
from study.shell.session import Reader
from study.words import app_words


def render(reader: Reader) -> None:
    """Draws the page."""
    st.title(app_words(reader.lang)("pages.practice"), anchor=False)
    render_practice(reader)
