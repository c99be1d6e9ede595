"""The workbook: all answers at a glance, and the files to hand in."""

import streamlit as st

from study.shell.hand_in import render_hand_in
from study.shell.session import Reader
from study.words import app_words


def render(reader: Reader) -> None:
    """Draws the page."""
    st.title(app_words(reader.lang)("pages.workbook"), anchor=False)
    render_hand_in(reader)
