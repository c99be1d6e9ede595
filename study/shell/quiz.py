"""Renders a quiz: one item at a time below a row of their numbers; quiz_item.py draws an item."""

from collections.abc import Sequence

import streamlit as st

from study.notes import Lesson
from study.practice import Sign
from study.quiz import Item
from study.shell.live_figure import near, whole
from study.shell.quiz_item import Asked, quiz_item
from study.shell.session import here
from study.words import Words, app_words

HEIGHT = 560  # px: about what the row and an item with its answer take
SIGNS = {Sign.OPEN: "{n}", Sign.FIRST: ":green[{n} ✓]", Sign.LATER: ":green[{n} ↻]", Sign.WRONG: ":red[{n} ✗]"}


def render_quiz(lesson: Lesson, lang: str, theme: str) -> None:
    """Check yourself: a lesson's items with feedback per choice; what was answered at an earlier visit is shown."""
    items = lesson.quiz(lang)
    if not items:
        return
    words = app_words(lang)
    with st.container(key="quiz"):
        st.header(words("quiz.heading"), anchor="quiz")
        _of_lesson(lesson, items, words, theme)


@st.fragment
def _of_lesson(lesson: Lesson, items: list[Item], words: Words, theme: str) -> None:
    """It stands at the end of a long page: it is drawn, and the workbook read, when the reader comes near."""
    name = f"{lesson.stem}._quiz"
    if near(name, HEIGHT):
        row(name, [Asked(lesson.stem, item, f"{name}.{item.id}") for item in items], words, theme)


def row(name: str, asked: Sequence[Asked], words: Words, theme: str) -> None:
    """The row of numbers and the item that is shown; for print all of them, in order (assets/frame.css)."""
    at = here().quizzes.at.setdefault(name, 0) % len(asked)
    _numbers(name, at, asked, words)
    with st.container(key="quizrest"):
        spread = whole(name)
    for part, shown in (("before", range(at)), ("now", (at,)), ("after", range(at + 1, len(asked)))):
        if part == "now" or spread:
            with st.container(key=f"quizpart_{part}"):
                for i in shown:
                    with st.container(border=True, key=f"quiz_{i}"):
                        quiz_item(i, asked[i], words, theme)
    if unkept := here().quizzes.unkept:
        st.warning(words("quiz.unkept", why=words(f"workbook.unkept.{unkept}")))


def _numbers(name: str, at: int, asked: Sequence[Asked], words: Words) -> None:
    """Previous and next (the arrow keys click them: assets/shell.js), and every item's number with how it stands.

    Buttons, as their labels change with every answer: a control of Streamlit's knows its options by their labels.
    """
    signs = [each.sign for each in asked]

    def go(to: int) -> None:
        here().quizzes.at[name] = to % len(asked)

    with st.container(horizontal=True, key="quizrow"):
        for way, by in (("previous", -1), ("next", 1)):
            with st.container(key=f"quizgo_{way}", width="content"):
                st.button(words(f"quiz.{way}"), key=f"{name}._{way}", on_click=go, args=(at + by,))
        for i, sign in enumerate(signs):
            kind = "primary" if i == at else "secondary"
            st.button(SIGNS[sign].format(n=i + 1), key=f"{name}._at.{i}", on_click=go, args=(i,), type=kind)
    counts = {sign.value: signs.count(sign) for sign in (Sign.FIRST, Sign.LATER, Sign.WRONG)}
    st.caption(words("quiz.count", done=sum(counts.values()), all=len(signs), **counts))
