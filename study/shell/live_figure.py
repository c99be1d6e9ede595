"""The component that draws a demo's views in place (Plotly.react on the same node) and reports clicks."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

from study.shell.component import component
from study.shell.drawn import Drawing
from study.shell.parts import PATH, url
from study.shell.session import event, here


@cache
def _component() -> Callable:
    return component("live_figure", html='<div class="lf"></div>')


@cache
def _rest() -> Callable:
    return component("rest", html='<div class="lf-rest"></div>')


def live_figure(
    drawings: Sequence[Drawing],
    frame: dict[str, Any],
    key: str,
    on_click: Callable[[], None],
    on_act: Callable[[], None],
) -> None:
    """Draws these in the frame of a card (card.py makes it).

    A click on a figure that can be picked sets session_state[key].click = {"view": index, "cell": [row, col]}, a quiet
    link or a chip session_state[key].act = {"name": …}, and calls on_click / on_act before the rerun.

    A drawing that the browser has already is named, not sent. Should it not have it after all (a message may replace
    an older one on its way), it acts {"name": "resend"}.
    """
    held, views, sent = here().held.get(key, frozenset()), [], set()
    for drawing in drawings:
        is_there = drawing.name in held or drawing.name in sent
        views.append({"name": drawing.name, "text": "" if is_there else drawing.text})
        sent.add(drawing.name)
    here().held[key] = frozenset(sent)
    data = {"views": views, "library": url(PATH), "script": "index.js", **frame}
    _component()(data=data, key=key, on_click_change=on_click, on_act_change=on_act)


def near(name: str, height: int, anchors: Sequence[str] = ()) -> bool:
    """Has the reader come near what has this name (a demo, a quiz)? Else its place is kept: the browser acts when they
    do, or when everything is asked for at once: then the page is drawn anew, with all of it, instead of piece by piece.

    anchors: of the headings that stand in it. Links to them lead to its place until they are there.
    """
    if _is_there(name):
        return True
    key, data = f"{name}._figure", {"reserve": height, "anchors": list(anchors), "script": "index.js"}
    _component()(data=data, key=key, on_click_change=lambda: None, on_act_change=lambda: _came(name, key))
    return False


def whole(name: str) -> bool:
    """Is all of what has this name to be drawn, as on paper, and not only what a screen shows of it at a time? Else the
    browser asks for the rest when everything is asked for, also where every figure has come.
    """
    rest = f"{name}._rest"
    if _is_there(rest):
        return True
    _rest()(data={"script": "near.js"}, key=rest, on_act_change=lambda: _came(rest, rest))
    return False


def _is_there(name: str) -> bool:
    """Has it been asked for? Where everything was, by what asked first, the page is drawn anew."""
    memory = here()
    if memory.spread:
        memory.spread = False
        st.rerun()
    return memory.is_near(name)


def _came(name: str, key: str) -> None:
    """The browser asks for what has this name, with a component of this key, or for everything."""
    memory = here()
    memory.near.add(name)
    if event(key, "act").get("all"):
        memory.all_near = memory.spread = True
