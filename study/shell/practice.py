"""Ten questions at a time, over all lessons: chosen once a round, asked as a lesson's quiz asks them."""

import streamlit as st

from study import practice
from study.map import in_order
from study.notes import lessons
from study.practice import Sign
from study.shell import progress
from study.shell.quiz import row
from study.shell.quiz_item import Asked
from study.shell.session import Reader, here
from study.words import app_words


def render_practice(reader: Reader) -> None:
    """Draws the page below its title."""
    st.markdown(app_words(reader.lang)("practice.intro"))
    with st.container(key="quiz"):
        _round(reader)


@st.fragment
def _round(reader: Reader) -> None:
    """The ten of this round; when all are answered, how it went and the way to the next."""
    words, memory = app_words(reader.lang), here().quizzes
    if not memory.practice:
        _choose(reader)
    items = _items(reader)
    chosen = [items[name] for name in memory.practice if name in items]
    if not chosen:
        _none(reader)
        return
    row(f"practice{memory.rounds}", chosen, words, reader.look.theme)
    signs = [each.sign for each in chosen]
    if Sign.OPEN in signs:
        st.caption(words("practice.left", all=len(signs)))
        return
    st.markdown(words("practice.result", all=len(signs), right=signs.count(Sign.FIRST)))
    st.button(words("practice.more"), key="_practice.more", on_click=_choose, args=(reader,), type="primary")


def _items(reader: Reader) -> dict[str, Asked]:
    """Every item by its name, as it is asked in this round."""
    began, found = here().quizzes.rounds, {}
    for lesson in in_order(lesson for lesson in lessons if lesson.stem in reader.pages):
        page, label = reader.pages[lesson.stem], f"{lesson.number} {lesson.title(reader.lang)}"
        for item in lesson.quiz(reader.lang):
            asked = Asked(lesson.stem, item, f"practice{began}.{lesson.stem}.{item.id}", page, label)
            found[asked.name] = asked
    return found


def _choose(reader: Reader) -> None:
    """Begins a round: each of its items stands open, whatever was answered before."""
    memory, now = here().quizzes, practice.now()
    memory.rounds += 1
    items = _items(reader)
    quizzes: dict[str, list[str]] = {}
    for name, asked in items.items():
        quizzes.setdefault(asked.stem, []).append(name)
    memory.practice = practice.ten(quizzes, progress.records(), now)
    for name in memory.practice:
        memory.opened[items[name].key] = now


def _none(reader: Reader) -> None:
    """All is answered and nothing is due: when that changes."""
    known, words = progress.records(), app_words(reader.lang)
    due = min(known[name].card.due for name in _items(reader))
    st.info(words("practice.none", date=f"{due:%Y-%m-%d}"))
