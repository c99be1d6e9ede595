"""The home page: what this is, a demo to begin with, the map, the lessons in an order to read in, the search.

No torch: it reads texts only, until the reader's browser asks for the demo.
"""

import streamlit as st

from study.classroom import is_class
from study.map import PARTS, drawing, in_order
from study.notes import Lesson, home_text, lessons
from study.practice import Tally
from study.shell.guest import guest
from study.shell.picture import picture
from study.shell.progress import answered_last, tallies, told
from study.shell.search import search
from study.shell.session import Reader
from study.words import app_words

FIRST, DEMO = "t5_attention", "real_heads"  # where to begin, and what it looks like there


def render(reader: Reader) -> None:
    """Draws the home page."""
    words = app_words(reader.lang)
    shown = [lesson for lesson in lessons if lesson.stem in reader.pages]
    first = next((lesson for lesson in shown if lesson.stem == FIRST), None)
    st.title(words("name"), anchor=False)
    with st.container(key="note_home"):
        st.markdown(home_text(reader.lang))
    far = tallies(shown, reader.lang)
    _start(first, shown, far, reader)
    if first:
        st.header(words("home.try"), anchor=False)
        guest(first, DEMO, "home", reader)
    st.header(words("home.map"), anchor="map")
    search("search", reader)
    _map(shown, reader)
    _order(shown, far, reader)


def _start(first: Lesson | None, shown: list[Lesson], far: dict[str, Tally], reader: Reader) -> None:
    """Where to begin, or where a reader who has answered something goes on: nothing where all is answered."""
    last = answered_last(shown, reader.lang)
    to, label = (_goes_on(last, shown, far), "home.go_on") if last else (first, "home.start")
    if to:
        with st.container(key="start", width="content"):
            label = app_words(reader.lang)(label, lesson=f"{to.number} {to.title(reader.lang)}")
            st.page_link(reader.pages[to.stem], label=label, icon=":material/play_arrow:")


def _goes_on(last: Lesson, shown: list[Lesson], far: dict[str, Tally]) -> Lesson | None:
    """The first lesson with open questions in the order to read in, counted from the one that was answered last."""
    order = in_order(shown)
    at = order.index(last)
    open_ones = (one for one in order[at:] + order[:at] if far[one.stem].done < far[one.stem].all)
    return next(open_ones, None)


def _map(shown: list[Lesson], reader: Reader) -> None:
    words, paths = app_words(reader.lang), {lesson.number: lesson.stem for lesson in shown}
    drawings = [drawing(section, words, paths) for section in PARTS]
    picture("".join(drawings), "_map")
    st.caption(words("map.coming"))


def _order(shown: list[Lesson], far: dict[str, Tally], reader: Reader) -> None:
    """The lessons in an order to read in, each with its question and how far the reader is in its quiz."""
    lang, words = reader.lang, app_words(reader.lang)
    st.header(words("home.order"), anchor="order")
    _practice(sum(far.values(), Tally()), reader)
    with st.container(key="lessons"):
        for n, lesson in enumerate(in_order(shown), 1):
            with st.container(key=f"small_{lesson.stem}"):
                title = f"**{n}. {lesson.number} {lesson.title(lang)}**"
                st.page_link(reader.pages[lesson.stem], label=title)
                st.markdown(lesson.question(lang))
                size = words("lesson_size", minutes=lesson.minutes(lang), demos=len(lesson.demos))
                done = told(far[lesson.stem], words)
                st.caption(f"{size} · {words('progress.lesson', far=done)}" if done else size)
    st.caption(words("class.about" if is_class() else "about"))


def _practice(whole: Tally, reader: Reader) -> None:
    """How far the reader is over all, and the way to ten questions."""
    words = app_words(reader.lang)
    with st.container(horizontal=True, vertical_alignment="center", key="practice"):
        st.page_link(reader.pages["practice"], label=words("practice.start"), icon=":material/quiz:")
        if whole.done:
            st.caption(words("progress.whole", far=told(whole, words)))
