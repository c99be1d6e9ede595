"""The home page: what this is, the questions as a map, where to start. No torch: it reads front matter only."""

import streamlit as st

from study.notes import app_words, home_text, lessons


def render(lang: str, pages: dict[str, st.Page]) -> None:
    """Draws the home page; `pages` links each stem to its st.Page."""
    words = app_words(lang)
    st.title(words("name"), anchor=False)
    with st.container(key="note_home"):
        st.markdown(home_text(lang))
    section = None
    for lesson in (le for le in lessons if le.stem in pages):
        if lesson.section != section:
            section = lesson.section
            st.subheader(words(f"sections.{section}"), anchor=False)
        with st.container(border=True, key=f"small_{lesson.stem}"):
            st.page_link(pages[lesson.stem], label=f"**{lesson.number} · {lesson.title(lang)}**")
            st.markdown(lesson.question(lang))
            counts = words("lesson_size", minutes=lesson.front(lang, "minutes"), demos=len(lesson.demos))
            st.caption(counts)
