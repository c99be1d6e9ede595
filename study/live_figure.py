"""The component that draws a demo's views in place (Plotly.react on the same node) and reports clicks.

plotly.js comes from the installed plotly package, gzipped once and served by a route of ours with an immutable cache
header: no CDN, and the home page never asks for it.
"""

import gzip
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import plotly
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from study.notes import ROOT

PATH = f"/live/plotly-{plotly.__version__}.min.js"


@cache
def _library() -> bytes:
    return gzip.compress((files("plotly") / "package_data" / "plotly.min.js").read_bytes(), 6)


def _serve(request: Request) -> Response:
    headers = {"content-encoding": "gzip", "cache-control": "public, max-age=31536000, immutable"}
    return Response(_library(), media_type="text/javascript; charset=utf-8", headers=headers)


routes = [Route(PATH, _serve)]


@cache
def _component() -> Callable:
    css, js = ((ROOT / "assets" / f"live_figure.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return st.components.v2.component(
        "live_figure", html='<div class="lf"></div>', css=css, js=js,
        isolate_styles=False,
    )  # fmt: skip


def live_figure(
    drawings: list[dict[str, Any]],
    bar: dict[str, str],
    failed: str,
    key: str,
    on_click: Callable[[], None],
    on_act: Callable[[], None],
) -> None:
    """Draws the drawings of `figures.draw_all` and the bar of quiet links under them.

    A click on a figure that can be picked sets session_state[key].click = {"view": index, "cell": [row, col]}, a quiet
    link session_state[key].act = {"name": …}, and calls on_click / on_act before the rerun.
    """
    base = st.get_option("server.baseUrlPath").strip("/")
    data = {
        "views": json.dumps(drawings, ensure_ascii=False, separators=(",", ":")),
        "bar": bar,
        "library": f"/{base}{PATH}" if base else PATH,
        "failed": failed,
    }
    _component()(data=data, key=key, on_click_change=on_click, on_act_change=on_act)
