"""A session that asks for more computing than a reader does waits for its next figure, and is told so in its place."""

from time import sleep

import streamlit as st

from study.shell.session import here
from study.words import app_words

LOOK = 0.2  # seconds between two looks for something newer


def paced() -> None:
    """Returns when this session may compute again: for a reader, at once.

    Reading the session's memory ends this run where the browser has asked for something newer meanwhile: of values that
    came while one waited, the last one is computed, and nothing that was typed is lost.
    """
    budget = here().budget
    if not budget.wait():
        return
    place = st.empty()
    place.caption(app_words(here().lang or "en")("paced"))
    while left := budget.wait():
        sleep(min(left, LOOK))
        here()
    place.empty()
