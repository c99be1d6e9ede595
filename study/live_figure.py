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


def _card(request: Request) -> Response:
    """The card of a checkpoint of ours, as text; only names that lie in models/checkpoints are served."""
    cards = {path.parent.name: path for path in (ROOT / "models" / "checkpoints").glob("*/CARD.md")}
    path = cards.get(request.path_params["name"])
    text = path.read_text(encoding="utf-8") if path else "no such card"
    return Response(text, status_code=200 if path else 404, media_type="text/plain; charset=utf-8")


routes = [Route(PATH, _serve), Route("/live/card/{name}", _card)]


def url(path: str) -> str:
    """A path of ours under the server's base."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{path}" if base else path


def card_url(source: str) -> str:
    """Where the browser finds the card that a source names (models/checkpoints/<name>/CARD.md), or ""."""
    return url(f"/live/card/{source.split('/')[-2]}") if source.endswith("/CARD.md") else ""


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
    data = {
        "views": json.dumps(drawings, ensure_ascii=False, separators=(",", ":")),
        "bar": bar,
        "library": url(PATH),
        "failed": failed,
    }
    _component()(data=data, key=key, on_click_change=on_click, on_act_change=on_act)
