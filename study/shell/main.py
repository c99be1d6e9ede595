"""The script of the app: language, theme, the pages that lie in pages/ in their frame, previous and next."""

import functools
import importlib
import re
from types import ModuleType
from urllib.parse import urlsplit

import streamlit as st

from study.look import Look
from study.map import in_order
from study.notes import Lesson, lessons, page_files
from study.once import in_a_run
from study.shell import health
from study.shell.classroom import strip
from study.shell.frame import bar, side_bar
from study.shell.lecture import PAGE
from study.shell.lesson import render
from study.shell.progress import rings
from study.shell.session import Reader, event, here, value
from study.words import ROOT, Words, app_words, languages

SIDEBAR = 232  # px
FIRST = "home"  # the page at the root
PATH = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what may be the name of a page


def _language() -> str:
    """The reader's: chosen here, else in the link, else remembered, else the browser's."""
    known = languages()
    wanted = (
        here().lang,
        st.query_params.get("lang"),
        st.context.cookies.get("lang"),
        (st.context.locale or "").split("-")[0],
    )
    here().lang = next((w for w in wanted if w in known), "en")
    return here().lang


def _theme() -> str:
    """The theme that the browser reports; until it has, what it was last time or what Streamlit infers."""
    reported = (value("_shell") or {}).get("theme")
    guess = here().theme or st.context.cookies.get("theme") or st.context.theme.type
    here().theme = next((t for t in (reported, guess) if t in ("light", "dark")), "light")
    return here().theme


def _page(name: str, module: ModuleType, words: Words, reader: Reader) -> st.Page:
    """A page that is no lesson."""

    def draw() -> None:
        here().arrive(name)
        module.render(reader)

    return st.Page(draw, title=words(f"pages.{name}"), url_path=name, default=name == FIRST)


def main() -> None:
    lang, look = _language(), Look(_theme())
    words = app_words(lang)
    st.set_page_config(
        page_title=words("name"),
        page_icon=str(ROOT / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state=SIDEBAR,
        menu_items={"About": words("name")},  # without one there is no menu, by which bar.js switches the theme
    )
    reader = Reader(lang, look, {})
    links: dict[str, list] = {"": []}
    for name in sorted(page_files(), key=lambda n: (n != FIRST, n)):
        module = importlib.import_module(f"pages.{name}")
        reader.pages[name] = _page(name, module, words, reader)
        listed = getattr(module, "LISTED", True)
        if listed() if callable(listed) else listed:
            links[""].append((reader.pages[name], words(f"pages.{name}")))
    flaws = {lesson: lesson.flaw for lesson in lessons}
    shown = [lesson for lesson, flaw in flaws.items() if not flaw]
    for lesson in shown:
        title = f"{lesson.number} {lesson.title(lang)}"
        page = st.Page(functools.partial(render, lesson, reader), title=title, url_path=lesson.stem)
        reader.pages[lesson.stem] = page
        links.setdefault(words(f"sections.{lesson.section}"), []).append((page, title))
    current = st.navigation([*reader.pages.values(), *_unknown(reader)], position="hidden")
    lesson = next((le for le in shown if reader.pages[le.stem].url_path == current.url_path), None)
    bar(current.title, reader)
    _to_lecture(lesson, reader)
    side_bar(links, lesson, reader)
    place = st.container(width=984, key="page")
    strip(lesson, reader)  # below the page, but drawn before it, which may take seconds
    with place:
        _left_out(flaws, words)
        current.run()
        _neighbours(lesson, shown, reader)
    rings(shown, words)


def _to_lecture(lesson: Lesson | None, reader: Reader) -> None:
    """The key L in a lesson: its demos as a lecture, the one in sight first on the screen."""
    asked = event("_shell", "lecture")
    if lesson and asked.get("demo") in lesson.demos:
        at = str(lesson.demos.index(asked["demo"]) + 1)
        lang = {"lang": st.query_params["lang"]} if "lang" in st.query_params else {}
        query = lang | {"show": lesson.stem, "at": at, "step": str(asked.get("step", "")), "back": "1"}
        st.switch_page(reader.pages[PAGE], query_params=query)


def _unknown(reader: Reader) -> list[st.Page]:
    """A page of our own for an address that leads to none (Streamlit's speaks English in every language)."""
    name = urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[2]
    if not PATH.fullmatch(name) or name in reader.pages:
        return []
    words = app_words(reader.lang)

    def draw() -> None:
        here().arrive(name)
        st.title(words("no_page"), anchor=False)
        st.page_link(reader.pages[FIRST], label=words(f"pages.{FIRST}"), icon=":material/arrow_back:")

    return [st.Page(draw, title=words("no_page"), url_path=name)]


def _left_out(flaws: dict[Lesson, str], words: Words) -> None:
    """Says which lessons are not shown, and why."""
    for lesson, flaw in flaws.items():
        if flaw:
            st.warning(words("left_out", lesson=lesson.number))
            st.code(flaw, language=None, wrap_lines=True)


def _neighbours(lesson: Lesson | None, shown: list[Lesson], reader: Reader) -> None:
    """Previous and next, in the order to read in, at the end of the page; the arrow keys click them."""
    words, read = app_words(reader.lang), in_order(shown)
    titles = {le.stem: f"{le.number} {le.title(reader.lang)}" for le in read}
    order = [(FIRST, words(f"pages.{FIRST}")), *titles.items()]
    at = 1 + read.index(lesson) if lesson else 0
    with st.container(horizontal=True, horizontal_alignment="distribute", key="neighbours"):
        for step, way in ((-1, "previous"), (1, "next")):
            if 0 <= at + step < len(order):
                name, title = order[at + step]
                icon = ":material/arrow_back:" if step < 0 else ":material/arrow_forward:"
                side = "left" if step < 0 else "right"
                with st.container(key=f"go_{way}", width="content"):
                    st.page_link(reader.pages[name], label=title, icon=icon, icon_position=side)


# A run may follow, in the same thread, one of a fragment that left its own container open (config: fastReruns): the
# page would then be written into that demo's card.
with st._main, health.run("page"), in_a_run():
    main()
