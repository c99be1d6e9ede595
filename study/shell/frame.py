"""The frame around every page: the bar at its top (where one is, theme, language), and the side bar."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from study.note_text import flat, pieces
from study.notes import Lesson
from study.shell.component import component
from study.shell.parts import SHELL
from study.shell.search import search
from study.shell.session import Reader, here, put, value
from study.words import Words, app_words, languages

#: What Streamlit says in English in every language: where it stands in the page, by the name of our word for it.
STREAMLIT_SAYS = {
    "skip": ["[data-testid=stSkipToContent]", ""],
    "heading_link": ["[data-testid=stHeaderActionElements] a", "aria-label"],
    "side_bar": ["[data-testid=stSidebar]", "aria-label"],
    "close_side_bar": ["[data-testid=stSidebarCollapseButton] button", "aria-label"],
    "open_side_bar": ["[data-testid=stExpandSidebarButton]", "aria-label"],
}
THEMES = ("System", "Light", "Dark")  # as Streamlit's own menu names them
BAR = """
<nav class="bar-place"><a class="bar-lesson" href="#top"></a><span class="bar-section"></span></nav>
<button class="bar-theme" type="button"></button>
"""


@functools.cache
def _shell() -> Callable:
    return component("shell", html=BAR)


def bar(title: str, reader: Reader) -> None:
    """The bar. title: of the page. It comes before the page, which may take seconds: it keeps the reader's place."""
    words = app_words(reader.lang)
    with st.container(horizontal=True, vertical_alignment="center", key="bar"):
        _shell()(
            data={
                "script": SHELL,
                "lang": reader.lang,
                "theme": reader.look.theme,
                "title": title,
                "keys": {way: words(f"keys.{way}") for way in ("previous", "next")},
                "themes": {name: words(f"bar.themes.{name.lower()}") for name in THEMES},
                "place": words("bar.place"),
                "lecture": dict(words.texts["lecture"]["keys"]),
                "says": [[words(f"bar.{name}"), *place] for name, place in STREAMLIT_SAYS.items()],
            },
            key="_shell",
            on_theme_change=lambda: None,
            on_lecture_change=lambda: None,
        )
        _switch(reader.lang)


def _switch(lang: str) -> None:
    """The language switch: keeps page, controls and inputs; a language named in the link follows it."""

    def chosen() -> None:
        here().lang = value("_lang")
        if "lang" in st.query_params:
            st.query_params["lang"] = here().lang

    put("_lang", lang)
    names = {code: app_words(code)("language") for code in languages()}
    st.segmented_control(
        app_words(lang)("language_label"),
        list(names),
        format_func=names.__getitem__,
        key="_lang",
        required=True,
        on_change=chosen,
        label_visibility="collapsed",
    )


def side_bar(sections: Mapping[str, list[tuple[Any, str]]], lesson: Lesson | None, reader: Reader) -> None:
    """The search; the pages, by section, and below the open lesson what is in it. sections: heading -> (page, label).

    The same on every page: where the side bar's first element came and went, Streamlit wrote parts of one page into
    places of another.
    """
    with st.sidebar:
        search("side_search", reader, labelled=False)
    with st.sidebar, st.container(key="pages"):
        for heading, pages in sections.items():
            if heading:
                st.caption(heading)
            for page, label in pages:
                st.page_link(page, label=label)
                if lesson and page.url_path == lesson.stem:
                    _contents(lesson, reader.lang)


def _contents(lesson: Lesson, lang: str) -> None:
    """The lesson's sections, the demos in them, the quiz, the reader's answer. No demo is imported for this."""
    words: Words = app_words(lang)
    titles, lines = lesson.demo_titles(lang), []
    for i, (heading, body) in enumerate(lesson.sections(lang)):
        lines.append(f"- [{heading}](#s{i})")
        demos = (piece.text for piece in flat(pieces(body)) if piece.kind == "demo")
        lines += [f"    - [{titles[name]}](#{name})" for name in demos]
    if lesson.quiz(lang):
        lines.append(f"- [{words('quiz.heading')}](#quiz)")
        lines.append(f"- [{words('workbook.mine')}](#answer)")
    with st.container(key="contents"):
        st.markdown("\n".join(lines))
