"""The URL's query and a lesson's controls: read on arrival, written whenever a demo is drawn."""

from typing import Any

import streamlit as st

from study import link
from study.demo import Demo, demos
from study.notes import Lesson
from study.shell.counts import reset
from study.shell.session import here, key_of


def adopt(lesson: Lesson, page: str = "") -> None:
    """Takes the values in the URL over when the reader comes to the lesson (a followed link, back, forward), or to
    another page, by its name, that shows a demo of it.

    While they stay, the URL is ours alone: what a request brings may be one that we have written over since, and a
    value in it older than what the reader typed last.
    """
    memory = here()
    mine = {k: v for k, v in st.query_params.to_dict().items() if k.startswith(f"{lesson.stem}.")}
    if not memory.arrive(page or lesson.stem):
        return
    if not page and (coming := memory.room.coming):
        memory.room.coming = None
        if coming.stem == lesson.stem and coming.demo in lesson.demos:
            memory.near.add(f"{lesson.stem}.{coming.demo}")
            take(demos(lesson.stem)[coming.demo], coming.values())
            mine = {}
    named = {".".join(k.split(".")[:2]) for k in mine}
    memory.near |= {key for key in (f"{lesson.stem}.{demo}" for demo in lesson.demos) if key in named}
    if not page:
        cards = [name for name in lesson.demos if demos(lesson.stem)[name].params]
        memory.awaited = min(memory.near, default=f"{lesson.stem}.{lesson.demos[0]}")
        memory.near.add(f"{lesson.stem}.{(cards or lesson.demos)[0]}")
    if not mine:
        return
    memory.link = mine
    # a preset's sentence, which is that of all demos, comes last
    for demo in sorted(demos(lesson.stem).values(), key=lambda demo: f"{key_of(demo)}.{link.PRESET}" in mine):
        take(demo, mine)
    memory.sentence_changed = False  # the whole lesson is about to be drawn in any case


def take(demo: Demo, query: dict[str, str]) -> None:
    """Sets this demo's controls, on the page that is open, to what a link says; those that it does not name to their
    defaults. Before they are drawn. Names of the lesson's other demos may be in it.
    """
    state = link.state(demo, query)
    for p in demo.params:
        reset(p, state.values[p.name])
    if state.step:
        here().ask_step(key_of(demo), state.step)
    if state.mended:
        here().mended[key_of(demo)] = list(state.mended)


def write(demo: Demo, values: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Puts this demo's values into the URL; returns its own parameters and the texts that were too long for it."""
    query, long = link.write(demo, values)
    names, memory = {p.key for p in demo.params} | {f"{key_of(demo)}.{link.PRESET}"}, here()
    memory.link = {k: v for k, v in memory.link.items() if k not in names} | query
    old = st.query_params.to_dict()
    others = {k: v for k, v in old.items() if not k.startswith(f"{demo.stem}.")}
    new = others | memory.link
    if new != old:
        st.query_params.from_dict(new)
    return query, long
