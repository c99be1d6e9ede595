"""When a run waits: for the browser to draw what comes first; because a session asks for more than a reader does."""

from time import monotonic, sleep

import streamlit as st
from streamlit import runtime

from study.shell.session import give_way, here
from study.words import app_words

LOOK = 0.2  # seconds between two looks for something newer
FIRST = 0.3  # seconds: a browser has drawn the beginning of a lesson by then, with its first figure


def first_drawn() -> None:
    """Returns when the browser has had the time to draw what it was sent.

    It draws what it has in one go: with the whole of a note before it, the reader would see nothing until all of its
    formulas are set. Where no browser listens, nobody waits.
    """
    end = monotonic() + FIRST
    while runtime.exists() and monotonic() < end:
        sleep(0.05)
        give_way()


def paced() -> None:
    """A session that asks for more computing than a reader does waits for its next figure, and is told so in its place.

    Returns when this session may compute again: for a reader, at once.

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
        give_way()
    place.empty()
