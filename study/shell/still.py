"""A picture in a note: a demo without controls that shows a diagram, drawn without a card."""

import logging

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study.demo import Demo
from study.look import Look
from study.shell.card import evidence_of
from study.shell.drawn import drawings
from study.shell.live_figure import live_figure
from study.shell.session import here, key_of
from study.views import Diagram, View
from study.words import DemoWords, app_words

log = logging.getLogger(__name__)


def is_picture(demo: Demo) -> bool:
    """Has it no controls, and is what it shows a diagram? One that fails is none: its card says so."""
    if demo.params or demo.work:
        return False
    try:
        return isinstance(evidence_of(demo, {}).views[0], Diagram)
    except Exception:
        log.exception("%s failed", key_of(demo))
        return False


def picture(demo: Demo, words: DemoWords, look: Look, place: DeltaGenerator) -> None:
    """Draws a demo without controls in its place: its figure, and its look-for sentence below it."""
    with place.container(key=f"card_{demo.name}"), st.container(key=f"picture_{demo.name}"):
        st.subheader(words("title"), anchor=demo.name)
        still(evidence_of(demo, {}).views[:1], words, look, f"{key_of(demo)}._figure")
        st.caption(words("look_for"))


def still(views: tuple[View, ...], words: DemoWords, look: Look, key: str) -> None:
    """Draws views side by side, without chips, numbers and links; a click in them does nothing."""
    frame = {
        "steps": [{"name": "", "label": "", "views": list(range(len(views)))}],
        "step": None,
        "presets": [],
        "rail": "",
        "said": [],
        "numbers": [],
        "bar": {},
        "words": {"presets": ""},
        "failed": app_words(words.lang)("errors.figure"),
        "dim": False,
    }
    live_figure(
        drawings(views, look, words), frame, key, on_click=lambda: None, on_act=lambda: here().held.pop(key, None)
    )
