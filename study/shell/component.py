"""Components of ours. Their scripts come from a route, once; what they are given goes to the browser deflated."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.components.v2.bidi_component import main as mounted

from study.shell.parts import part_url

#: What Streamlit sends with every component, in few letters; all else stands in assets/figure/component.js. Two lines:
#: a single one would be the name of a file.
STUB = """export default c=>{const e=import(location.origin+"%s").then(m=>m.default(c))
return()=>e.then(f=>f?.())}"""
LEVEL = 6  # of deflation: a millisecond or two for all of a page's; more takes longer and saves nothing


class _Said(dict[str, Any]):
    """What a component holds and what it just said, by name; None for what it did not say."""

    __getattr__ = dict.get

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Said":
        return self  # nobody changes it


def _presenter(events_of: str, *_: Any, **__: Any) -> Callable[[Any, Any], Any]:
    """What a component is read as, its state with the events that came under the id `events_of`.

    In the place of Streamlit's, which makes a class each time that one is read: twenty a run, three quarters of all the
    garbage of a class, and only a search of it ends them. Ours cannot be written to, which no page of ours does.
    """

    def shown(state: Any, session: Any) -> Any:
        if not isinstance(state, dict):
            return state
        try:
            told = session._new_widget_state[events_of]
        except KeyError:
            told = None
        events = told if isinstance(told, list) else [told]
        return _Said({e["event"]: e.get("value") for e in events if isinstance(e, dict) and "event" in e} | state)

    return shown


mounted.make_bidi_component_presenter = _presenter


def component(name: str, html: str) -> Callable[..., Any]:
    """A component that is called as those of st.components.v2 are.

    data: what JSON can say; data["script"]: the file in assets/ whose default export shows it.
    """
    stub = STUB % part_url("component.js")
    made = st.components.v2.component(name, html=html, js=stub, isolate_styles=False)

    def shown(data: dict[str, Any], **named: Any) -> Any:
        return made(data=packed(data), **named)

    return shown


def packed(data: dict[str, Any]) -> bytes:
    """Data as the browser unpacks it. As bytes Streamlit neither searches it for tables nor writes it three times."""
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), LEVEL)


def unpacked(sent: bytes) -> dict[str, Any]:
    return json.loads(zlib.decompress(sent))
