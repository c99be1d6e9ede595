"""The poll of a class: a quiz item that the instructor puts to the room, and the counts that they reveal."""

import functools
import logging
from collections.abc import Callable, Mapping

import streamlit as st

from study import typed_number
from study.classroom import Poll, Refused, open_room
from study.look import number
from study.markdown import colored, plain
from study.notes import Lesson, sound
from study.quiz import Item, told, truth
from study.shell.code import code
from study.shell.picks import pick
from study.shell.session import Reader, here, value
from study.shell.who import student
from study.words import Words, app_words
from study.workbook import Unkept

log = logging.getLogger(__name__)
MOST = 8  # different numbers that are shown, the most frequent ones
SHORT = 90  # characters of a question in a list


def panel(poll: Poll | None, drives: bool, reader: Reader) -> None:
    """The open poll, or the counts of the one that was revealed; nothing where there is none."""
    item = poll and _item(poll, reader.lang)
    if not item:
        return
    words, theme = app_words(reader.lang), reader.look.theme
    with st.container(key="class_poll"), st.expander(_heading(poll, words), expanded=True):
        st.markdown(colored(item.ask, theme))
        if item.code:
            code(item.code)
        if drives or poll.revealed:
            _counts(poll, item, drives, reader)
        if drives:
            _manage(poll, words)
        elif poll.open:
            _answer(poll, item, words, theme)
        elif not poll.revealed:
            st.caption(words("class.poll.closed"))


def ask(lesson: Lesson, reader: Reader) -> None:
    """The instructor picks an item of this lesson."""
    words, items = app_words(reader.lang), {item.id: item for item in lesson.quiz(reader.lang)}
    names = list(items)

    def name(item: str) -> str:
        text = f"{names.index(item) + 1}. {items[item].ask}".replace("$", "").replace(
            "*", ""
        )  # a list shows no Markdown
        return text if len(text) <= SHORT else f"{text[:SHORT]}…"

    picked = pick(st.selectbox, words("class.poll.pick"), names, name, f"_poll_{lesson.stem}", reader.lang)
    if picked:
        st.markdown(colored(items[picked].ask, reader.look.theme))
        st.button(
            words("class.poll.open"),
            key=f"_poll_open_{lesson.stem}",
            on_click=_open,
            args=(lesson.stem, items[picked]),
            type="primary",
        )


def _item(poll: Poll, lang: str) -> Item | None:
    lesson = sound(poll.stem)
    return next((item for item in lesson.quiz(lang) if item.id == poll.item), None) if lesson else None


def _heading(poll: Poll, words: Words) -> str:
    return words("class.poll." + ("heading" if poll.open else "revealed" if poll.revealed else "closed_heading"))


# --- students --------------------------------------------------------------------------------------------------------
def _answer(poll: Poll, item: Item, words: Words, theme: str) -> None:
    """The answer of this student; it may be changed while the poll is open."""
    key, mine = f"_poll.{poll.id}", here().room.answered.get(poll.id)
    if poll.options:
        texts = [colored(choice.say, theme) for choice in item.choices]
        options, label = range(len(texts)), words("class.poll.answer")
        if poll.several:
            for n in options:
                st.checkbox(texts[n], key=f"{key}.{n}", on_change=_ticked, args=(poll,))
        else:
            said, picked = texts.__getitem__, functools.partial(_picked, poll)
            pick(st.radio, label, options, said, key, words.lang, picked, index=None, label_visibility="collapsed")
    else:
        keep = {"key": key, "on_change": _typed, "args": (poll,)}  # live: a phone has no key that says "done"
        st.text_input(words("quiz.guess"), width=220, max_chars=100, live="400ms", **keep)
        typed = value(key, "").strip()
        if typed and mine is None:
            st.warning(words("quiz.no_number", typed=plain(typed)))
    if mine is not None:
        shown = words("class.poll.in_number", value=number(mine)) if not poll.options else words("class.poll.in")
        st.caption(f"✓ {shown}")


def _picked(poll: Poll, n: int | None) -> None:
    if n is not None:
        _vote(poll, [n])


def _ticked(poll: Poll) -> None:
    ticked = [n for n in range(poll.options) if value(f"_poll.{poll.id}.{n}")]
    if ticked:
        _vote(poll, ticked)


def _typed(poll: Poll) -> None:
    try:
        _vote(poll, typed_number.read(value(f"_poll.{poll.id}", "")))
    except ValueError:  # the box says so
        here().room.answered.pop(poll.id, None)


def _vote(poll: Poll, answer: list[int] | float) -> None:
    try:
        open_room().vote(student(), poll.id, answer)
        here().room.answered[poll.id] = answer
    except Refused:
        here().room.said = "poll.late"
    except Unkept as unkept:
        log.warning("a vote was not kept: %s", unkept)
        here().room.said = "not_done"


# --- the instructor --------------------------------------------------------------------------------------------------
def _open(stem: str, item: Item) -> None:
    _do(lambda who: open_room().ask(who, stem, item.id, len(item.choices), item.several))


def _manage(poll: Poll, words: Words) -> None:
    room = open_room()
    with st.container(horizontal=True):
        if poll.open:
            st.button(words("class.poll.close"), key="_poll_close", on_click=_do, args=(room.close,))
        if not poll.revealed:
            st.button(words("class.poll.reveal"), key="_poll_reveal", on_click=_do, args=(room.reveal,), type="primary")
        st.button(words("class.poll.end"), key="_poll_end", on_click=_do, args=(room.end,))


def _do(what: Callable[[str], object]) -> None:
    """What only the instructor may do: the room asks who does it."""
    try:
        what(student())
    except (Refused, Unkept) as error:
        log.warning("not done: %s: %s", type(error).__name__, error)
        here().room.said = "not_done"


# --- the counts ------------------------------------------------------------------------------------------------------
def _counts(poll: Poll, item: Item, drives: bool, reader: Reader) -> None:
    """A bar for each answer. The instructor, whose screen the room may see, has only their number until they reveal."""
    words, room = app_words(reader.lang), open_room()
    if not poll.revealed:
        if poll.open:
            st.markdown(words("class.poll.answers", count=room.pulse()[1]))
        return
    try:
        counts = room.counts(student())
    except Refused:  # another instructor has just ended it
        return
    if not counts:
        st.caption(words("class.poll.none"))
    rows = _choices(counts, item, reader.look.theme) if poll.options else _numbers(counts, words)
    most = max([1, *(count for _, count in rows)])
    for label, count in rows:
        st.progress(count / most, text=f"**{count}** · {label}")
    st.markdown(_truth(poll.stem, item, words, reader.look.theme))


def _choices(counts: Mapping[str, int], item: Item, theme: str) -> list[tuple[str, int]]:
    signs = {True: ":green[✓] ", False: ""}
    return [(signs[c.right] + colored(c.say, theme), counts.get(str(n), 0)) for n, c in enumerate(item.choices)]


def _numbers(counts: Mapping[str, int], words: Words) -> list[tuple[str, int]]:
    """By size; of many different ones the most frequent, and the others together."""
    often = sorted(counts, key=lambda text: -counts[text])
    rows = [(number(float(text)), counts[text]) for text in sorted(often[:MOST], key=float)]
    rest = sum(counts[text] for text in often[MOST:])
    return [*rows, (words("class.poll.others"), rest)] if rest else rows


def _truth(stem: str, item: Item, words: Words, theme: str) -> str:
    if item.kind == "choice":
        return ""
    right = item.number if item.kind == "number" else _measured(stem, item.id, item)
    return f"{words('class.poll.truth', value=told(right, words.lang))} {colored(item.because, theme)}"


@st.cache_resource(max_entries=64, show_spinner=False)
def _measured(stem: str, item: str, _asked: Item) -> float:
    """Computed once for the class, by the names of lesson and item."""
    return truth(stem, _asked).measured
