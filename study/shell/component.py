"""Components of ours. Their scripts come from a route, once; what they are given goes to the browser deflated."""

import json
import zlib
from collections.abc import Callable
from typing import Any

import streamlit as st

from study.shell.parts import part_url

#: What Streamlit sends with every component, in few letters; all else stands in assets/figure/component.js. Two lines:
#: a single one would be the name of a file.
STUB = """export default c=>{const e=import(location.origin+"%s").then(m=>m.default(c))
return()=>e.then(f=>f?.())}"""
LEVEL = 6  # of deflation: a millisecond or two for all of a page's; more takes longer and saves nothing


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
