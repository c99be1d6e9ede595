"""The script of the app: language, theme, navigation built from what lies in pages/, previous and next."""

import functools
import importlib
from collections.abc import Callable

import streamlit as st

from study.lesson import leave, render
from study.notes import ROOT, Lesson, app_words, languages, lessons


@functools.cache
def _shell() -> Callable:
    return st.components.v2.component("shell", js=(ROOT / "assets" / "shell.js").read_text(encoding="utf-8"))


def _language() -> str:
    """The reader's: chosen here, else in the link, else remembered, else the browser's."""
    known = languages()
    wanted = (
        st.session_state.get("lang"),
        st.query_params.get("lang"),
        st.context.cookies.get("lang"),
        (st.context.locale or "").split("-")[0],
    )
    lang = next((w for w in wanted if w in known), "en")
    st.session_state["lang"] = lang
    return lang


def _theme() -> str:
    """The theme that the browser reports; until it has, what it was last time or what Streamlit infers."""
    told = (st.session_state.get("_shell") or {}).get("theme")
    guess = st.session_state.get("_theme") or st.context.cookies.get("theme") or st.context.theme.type
    theme = next((t for t in (told, guess) if t in ("light", "dark")), "light")
    st.session_state["_theme"] = theme
    return theme


def _switch(known: list[str], lang: str) -> None:
    """The language switch: keeps page, controls and inputs; a language named in the link follows it."""

    def chosen() -> None:
        st.session_state["lang"] = st.session_state["_lang"]
        if "lang" in st.query_params:
            st.query_params["lang"] = st.session_state["_lang"]

    st.session_state["_lang"] = lang
    names = {code: app_words(code)("language") for code in known}
    st.segmented_control(
        app_words(lang)("language_label"), known, format_func=names.__getitem__, key="_lang", required=True,
        on_change=chosen, label_visibility="collapsed",
    )  # fmt: skip


def main() -> None:
    lang, theme = _language(), _theme()
    words = app_words(lang)
    st.set_page_config(
        page_title=words("name"),
        page_icon=str(ROOT / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state="auto",
        menu_items={"About": words("about")},
    )
    st.html(ROOT / "assets" / "style.css")
    home = importlib.import_module("pages.home")
    pages: dict[str, st.Page] = {}
    start = st.Page(lambda: home.render(lang, pages), title=words("home"), url_path="home", default=True)
    sections: dict[str, list[st.Page]] = {"": [start]}
    flaws = {lesson: lesson.flaw for lesson in lessons}
    shown = [lesson for lesson, flaw in flaws.items() if not flaw]
    for lesson in shown:
        page = st.Page(
            functools.partial(render, lesson, lang, theme),
            title=f"{lesson.number} {lesson.title(lang)}",
            url_path=lesson.stem,
        )
        pages[lesson.stem] = page
        sections.setdefault(words(f"sections.{lesson.section}"), []).append(page)
    current = st.navigation(sections, expanded=True)
    here = next((le for le in shown if pages[le.stem].url_path == current.url_path), None)
    with st.container(horizontal_alignment="center"), st.container(width=980, key="page"):
        with st.container(horizontal=True, horizontal_alignment="right", key="top"):
            _switch(languages(), lang)
        for lesson, flaw in flaws.items():
            if flaw:
                st.warning(words("left_out", lesson=lesson.number))
                st.code(flaw, language=None, wrap_lines=True)
        if not here:
            leave()
        current.run()
        _neighbours(here, shown, pages, start, lang)
    _shell()(data={"lang": lang, "theme": theme}, key="_shell", on_theme_change=lambda: None)
    if here:
        with st.sidebar:
            st.caption(words("in_this_lesson"))
            with st.container(key="contents"):
                st.markdown("\n".join(f"- [{h}](#s{i})" for i, (h, _) in enumerate(here.sections(lang))))


def _neighbours(
    here: Lesson | None, shown: list[Lesson], pages: dict[str, st.Page], start: st.Page, lang: str
) -> None:
    """Previous and next at the end of the page; the arrow keys click them."""
    words = app_words(lang)
    order = [(start, words("home")), *((pages[le.stem], f"{le.number} {le.title(lang)}") for le in shown)]
    at = 1 + shown.index(here) if here else 0
    st.divider()
    with st.container(horizontal=True, horizontal_alignment="distribute", key="neighbours"):
        for step, way in ((-1, "previous"), (1, "next")):
            if 0 <= at + step < len(order):
                page, title = order[at + step]
                icon = ":material/arrow_back:" if step < 0 else ":material/arrow_forward:"
                with st.container(key=f"go_{way}", width="content"):
                    st.page_link(page, label=title, icon=icon, icon_position="left" if step < 0 else "right")


# A run may follow, in the same thread, one of a fragment that left its own container open (config: fastReruns): the
# page would then be written into that demo's card.
with st._main:
    main()
