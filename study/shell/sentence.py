"""The box of a lesson's sentence: in every card that asks for it, all of them views of one text.

Streamlit's own boxes would each send the text that they hold with every request: the older ones then undid what was
being typed in another. Here the newest wins: see counts.py.
"""

from collections.abc import Callable
from functools import cache

from study.demo import Demo, Param
from study.shell.component import component
from study.shell.counts import newer
from study.shell.session import event, here, key_of, put, value


@cache
def _component() -> Callable:
    html = '<div class="sentence"></div>'
    return component("sentence", html=html)


def sentence(demo: Demo, p: Param, label: str) -> str:
    """Draws the box; returns the lesson's sentence."""
    memory, own = here(), f"{key_of(demo)}.{p.name}"
    data = {
        "name": p.key,
        "label": label,
        "text": value(p.key),
        "n": memory.counts.get(p.key, 0),
        "session": memory.token,
        "script": "sentence.js",
    }
    _component()(data=data, key=own, on_typed_change=lambda: _typed(own, p))
    return value(p.key)


def _typed(own: str, p: Param) -> None:
    typed = event(own, "typed")
    text, count = typed.get("text"), typed.get("n")
    if isinstance(text, str) and isinstance(count, int) and newer(p.key, count):
        here().sentence_changed |= value(p.key) != text
        put(p.key, text)
