"""A lecture: one card after the other fills the screen, in an order of one's own."""

import streamlit as st

from study.shell.lecture import render_lecture
from study.shell.session import Reader
from study.words import app_words


def render(reader: Reader) -> None:
    """Draws the page."""
    st.title(app_words(reader.lang)("pages.lecture"), anchor=False)
    render_lecture(reader)
