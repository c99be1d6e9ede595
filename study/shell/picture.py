"""A drawing of ours (SVG with links) on the page: st.html leaves SVG out."""

from collections.abc import Callable
from functools import cache

import streamlit as st

SHOW = """
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".map");
  if (root.__svg === data.svg) return;
  root.__svg = data.svg;
  root.innerHTML = data.svg;
}
"""


@cache
def _component() -> Callable:
    return st.components.v2.component("picture", html='<div class="map"></div>', js=SHOW, isolate_styles=False)


def picture(svg: str, key: str) -> None:
    """Draws SVG that was made of our own words and numbers only (study/map.py); shell.js follows its links."""
    _component()(data={"svg": svg}, key=key)
