"""A whole file of this project that a note shows a part of."""

import streamlit as st

from study.notes import codes, lessons
from study.shell.session import Reader
from study.source import source
from study.words import ROOT, app_words, languages, text

LISTED = False  # the notes lead here; the side bar does not


def render(reader: Reader) -> None:
    """Draws the file that the address names; only files that the notes quote are shown, any other name is none."""
    names = {name for lesson in lessons for lang in languages() if not lesson.flaw for name in codes(lesson, lang)}
    words, paths = app_words(reader.lang), sorted({source(name).path for name in names})
    asked = st.query_params.get("file")
    st.title(words("pages.source"), anchor=False)
    path = st.selectbox(words("source.pick"), paths, index=paths.index(asked) if asked in paths else 0)
    if path:
        st.code(text(ROOT / path), language="python", line_numbers=True, wrap_lines=True)
