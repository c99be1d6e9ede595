"""The lecture on the page: the card whose turn it is, what leads through the cards, the presenter's view, the editor.

Of a lecture only one card is drawn at a time: two lessons may have demos of one name, and a card may come twice. The
browser's part (assets/figure/lecture.js) shows the keys' work and keeps the speaker's notes.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import streamlit as st

from study import lecture, link
from study.demo import STEP, Demo, demos
from study.lecture import Item, Lecture
from study.markdown import plain, shortened
from study.notes import Lesson, lessons
from study.shell.component import component
from study.shell.counts import reset
from study.shell.guest import guest
from study.shell.picks import pick
from study.shell.session import Reader, Stage, event, here, key_of, put, value
from study.words import DemoWords, Words, app_words

log = logging.getLogger(__name__)
PAGE = "lecture"
PRESENTER = "presenter"  # ?view=presenter: what the speaker sees in a second window
KEY = "_lecture"


@cache
def _component() -> Callable:
    return component(PAGE, html='<div class="lecture"></div>')


@st.fragment
def render_lecture(reader: Reader) -> None:
    """Draws the page below its title."""
    words, stage = app_words(reader.lang), here().lecture
    known = {lesson.stem: lesson for lesson in lessons if lesson.stem in reader.pages}
    _adopt(stage)
    asked = lecture.read(stage.show, known.values())
    stage.at = min(max(stage.at, 0), max(len(asked.items) - 1, 0))
    presents = st.query_params.get("view") == PRESENTER
    if not presents:
        st.markdown(words("lecture.intro" if asked.items else "lecture.empty"))
    _say(asked, words)
    ahead = stage.at + presents  # the presenter's view shows what comes next
    if asked.items:
        _lead(asked, stage, known, reader, presents)
    if ahead < len(asked.items):
        _card(asked.items[ahead], ahead, known, reader)
    if not presents:
        _back(asked, stage, known, reader)
        _editor(known, reader)


def now() -> str:
    """What stands on this reader's screen in a lecture, as an item of its link; "" where there is no lecture.

    The step is the one that the browser told last.
    """
    stage = here().lecture
    if not stage.ready:
        return ""
    stem, name = stage.ready[1].partition(":")[0].split(".")
    demo = demos(stem)[name]
    return lecture.shown(demo, {p.name: value(p.key, p.default) for p in demo.params}, stage.step).text


def _adopt(stage: Stage) -> None:
    """Takes over what the address asks for, where it is not what we have written into it."""
    show = st.query_params.get("show", "")
    if stage.show is None or show != stage.show:
        at = st.query_params.get("at", "")
        stage.show, stage.ready = show, None
        stage.at = int(at) - 1 if at.isdecimal() and len(at) < 4 else 0


def _say(asked: Lecture, words: Words) -> None:
    """What of the link could not be used."""
    if asked.bad:
        parts = words("list_mark").join(f"“{plain(part, 40)}”" for part in asked.bad[:5])
        st.warning(words("lecture.bad", parts=parts + "…" * (len(asked.bad) > 5)))
    if asked.cut:
        st.warning(words("lecture.cut", limit=lecture.MOST))


def _lead(asked: Lecture, stage: Stage, known: Mapping[str, Lesson], reader: Reader, presents: bool) -> None:
    """What leads through the cards: the list with its buttons, or the presenter's view."""
    words, item = app_words(reader.lang), asked.items[stage.at]
    data = {
        "view": PRESENTER if presents else "",
        "show": stage.show,
        "at": stage.at,
        "items": [_told(item, known[item.stem], reader.lang) for item in asked.items],
        "controls": [] if presents else _controls(item, known[item.stem], reader.lang),
        "words": dict(words.texts["lecture"]["buttons"]),
        "script": "lecture.js",
    }
    _component()(
        data=data,
        key=KEY,
        on_go_change=lambda: _gone(stage, len(asked.items)),
        on_edit_change=lambda: _edited(stage),
        on_step_change=lambda: _stepped(stage),
    )


def _told(item: Item, lesson: Lesson, lang: str) -> dict[str, Any]:
    """A card in the list: its text in the link, the name that its notes are kept by, its title and its state."""
    words = lesson.demo_words(lang, item.demo)
    given = [said for name, value in item.given if (said := _said(words, name, value))]
    return {
        "text": item.text,
        "key": item.key,
        "note": item.pinned([]).text,
        "pins": list(item.pins),
        "lesson": lesson.number,
        "title": words("title"),
        "state": " · ".join(given),
    }


def _said(words: DemoWords, name: str, value: str) -> str:
    """A part of an item's state in words."""
    for kind, group in ((link.PRESET, "presets"), (STEP, "steps")):
        if name == kind:
            return words(f"{group}.{value}") if words.has(f"{group}.{value}") else shortened(value, 30)
    label = words(f"controls.{name}") if words.has(f"controls.{name}") else ""
    return f"{label.replace('$', '')}: {shortened(value, 30)}" if label else ""


def _controls(item: Item, lesson: Lesson, lang: str) -> list[dict[str, str]]:
    """The controls of a card's rail, which the lecturer may keep on the screen."""
    words = lesson.demo_words(lang, item.demo)
    try:
        demo = demos(item.stem)[item.demo]
    except Exception:
        return []  # its card says why
    return [{"name": name, "label": words(f"controls.{name}")} for name in lecture.controls(demo)]


def _card(item: Item, at: int, known: Mapping[str, Lesson], reader: Reader) -> None:
    """The card of an item. Its state is set once, when its turn comes; from then on the controls have their way."""
    words, stage, lesson = app_words(reader.lang), here().lecture, known[item.stem]
    try:
        demo = demos(item.stem)[item.demo]
    except Exception:  # the import runs the lesson's own code: whatever is wrong with it, the others go on
        log.exception("%s cannot be imported", item.stem)
        st.warning(words("left_out", lesson=lesson.number))
        return
    if stage.ready != (at, item.text):
        stage.ready, stage.step = (at, item.text), ""
        _set(demo, item)
    here().near.add(key_of(demo))
    st.header(f"{lesson.number} {lesson.title(reader.lang)}", anchor=False)
    guest(lesson, item.demo, PAGE, reader)


def _set(demo: Demo, item: Item) -> None:
    """Sets a demo to the state that an item names."""
    memory, state, query = here(), lecture.state(demo, item), st.query_params.to_dict()
    moved, _ = link.read(demo, query)  # since then, where the page is loaded again
    values = ({} if item.is_mine else state.values) | moved
    for p in demo.params:
        if p.name in values:
            reset(p, values[p.name])
    memory.sentence_changed = False  # only this card is drawn
    if step := query.get("step") or state.step:  # the address: of who came from a lesson
        memory.ask_step(key_of(demo), step)
    memory.link = {}
    if state.mended:
        memory.mended[key_of(demo)] = list(state.mended)


def _gone(stage: Stage, count: int) -> None:
    at = event(KEY, "go").get("at")
    if isinstance(at, int) and 0 <= at < count:
        stage.at = at
        _write(stage)


def _edited(stage: Stage) -> None:
    """The list was changed: texts of its cards in their new order, and the place of the one on the screen."""
    told = event(KEY, "edit")
    texts, at = told.get("items"), told.get("at")
    if isinstance(texts, Sequence) and all(isinstance(text, str) for text in texts) and isinstance(at, int):
        stage.show, stage.at = ",".join(texts), at
        _write(stage)


def _stepped(stage: Stage) -> None:
    step = event(KEY, "step").get("step")
    stage.step = step if isinstance(step, str) else ""


def _write(stage: Stage) -> None:
    """The address names the lecture and the card, and nothing of the cards before."""
    kept = {name: st.query_params[name] for name in ("lang", "view", "back") if name in st.query_params}
    here().link = {}
    st.query_params.from_dict(kept | {"show": stage.show or "", "at": str(stage.at + 1)})


def _back(asked: Lecture, stage: Stage, known: Mapping[str, Lesson], reader: Reader) -> None:
    """Who came from a lesson goes back to it, to the demo that stands here (assets/shell.js reads the name)."""
    if not asked.items or "back" not in st.query_params:
        return
    item = asked.items[stage.at]
    lesson = known[item.stem]
    title = f"{lesson.number} {lesson.title(reader.lang)}"
    with st.container(key=f"to_lecture_{item.stem}--{item.demo}"):
        label = app_words(reader.lang)("lecture.back", lesson=title)
        st.page_link(reader.pages[item.stem], label=label, icon=":material/arrow_back:")


def _editor(known: Mapping[str, Lesson], reader: Reader) -> None:
    """Adds cards: a demo in one of its states, or what a copied link shows."""
    words, lang = app_words(reader.lang), reader.lang
    st.header(words("lecture.add"), anchor="add")
    stem = pick(
        st.selectbox,
        words("lecture.lesson"),
        list(known),
        lambda stem: f"{known[stem].number} {known[stem].title(lang)}",
        "_lecture.lesson",
        lang,
    )
    lesson = known[stem]
    titles = {"": words("lecture.all"), **lesson.demo_titles(lang)}
    said, key = titles.__getitem__, f"_lecture.demo.{stem}"
    name = pick(st.selectbox, words("lecture.demo"), list(titles), said, key, lang)
    preset = _preset(lesson, name, reader) if name else ""
    item = Item(stem, name, ((link.PRESET, preset),) if preset else ())
    st.button(words("lecture.add_this"), key="_lecture.add", on_click=_add, args=(item.text if name else stem,))
    st.text_input(words("lecture.paste"), key="_lecture.paste", on_change=_pasted, args=(list(known.values()),))
    if unread := here().lecture.unread:
        st.warning(words("lecture.unread", typed=plain(unread)))


def _preset(lesson: Lesson, name: str, reader: Reader) -> str:
    """The state in which a demo is added: one of its numbered ones, or "" for the one that it opens in."""
    words, own = app_words(reader.lang), lesson.demo_words(reader.lang, name)
    presets = list(own.texts.get("presets") or {})
    if not presets:
        return ""
    return pick(
        st.selectbox,
        words("lecture.state"),
        ["", *presets],
        lambda p: f"{presets.index(p) + 1} {own(f'presets.{p}')}" if p else words("lecture.as_opened"),
        f"_lecture.state.{lesson.stem}.{name}",
        reader.lang,
    )


def _pasted(known: list[Lesson]) -> None:
    typed, stage = value("_lecture.paste", ""), here().lecture
    found = lecture.pasted(typed, known)
    stage.unread = "" if found.items or not typed.strip() else typed
    if found.items:
        _add(lecture.write(found.items))
        put("_lecture.paste", "")


def _add(text: str) -> None:
    """Puts cards behind the last one."""
    stage = here().lecture
    stage.show = ",".join(filter(None, (stage.show, text)))
    _write(stage)
