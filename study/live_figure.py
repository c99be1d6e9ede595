"""The component that draws a demo's views in place (Plotly.react on the same node) and reports clicks.

plotly.js comes from the installed plotly package, gzipped once and served by a route of ours with an immutable cache
header: no CDN, and the home page never asks for it.
"""

import gzip
import hashlib
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

KEEP = {"cache-control": "public, max-age=31536000, immutable"}  # the address changes with the content
PATH = f"/live/plotly-{plotly.__version__}.min.js"


@cache
def _library() -> bytes:
    return gzip.compress((files("plotly") / "package_data" / "plotly.min.js").read_bytes(), 6)


def _serve(request: Request) -> Response:
    headers = {"content-encoding": "gzip", **KEEP}
    return Response(_library(), media_type="text/javascript; charset=utf-8", headers=headers)


def _card(request: Request) -> Response:
    """The card of a checkpoint of ours, as text; only names that lie in models/checkpoints are served."""
    cards = {path.parent.name: path for path in (ROOT / "models" / "checkpoints").glob("*/CARD.md")}
    path = cards.get(request.path_params["name"])
    text = path.read_text(encoding="utf-8") if path else "no such card"
    return Response(text, status_code=200 if path else 404, media_type="text/plain; charset=utf-8")


@cache
def _part(kind: str) -> tuple[str, str]:
    """The component's script ("js") or style ("css"), and its address, which changes with the text."""
    names = ["live_figure.js", "token_views.js"] if kind == "js" else ["live_figure.css"]
    text = "\n".join((ROOT / "assets" / name).read_text(encoding="utf-8") for name in names)
    return text, f"/live/figure-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{kind}"


def _serve_part(kind: str, media_type: str) -> Route:
    def serve(request: Request) -> Response:
        return Response(_part(kind)[0], media_type=media_type, headers=KEEP)

    return Route(_part(kind)[1], serve)


routes = [
    Route(PATH, _serve),
    Route("/live/card/{name}", _card),
    _serve_part("js", "text/javascript; charset=utf-8"),
    _serve_part("css", "text/css; charset=utf-8"),
]


def url(path: str) -> str:
    """A path of ours under the server's base."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{path}" if base else path


def card_url(source: str) -> str:
    """Where the browser finds the card that a source names (models/checkpoints/<name>/CARD.md), or ""."""
    return url(f"/live/card/{source.split('/')[-2]}") if source.endswith("/CARD.md") else ""


#: What Streamlit sends with every rerun; the component itself comes from a route, once.
STUB = """
export default function (component) {
  let end, gone = false;
  import(new URL(component.data.script, location.origin).href).then((module) => {
    end = module.default(component);
    if (gone) end?.();
  });
  return () => { gone = true; end?.(); };
}
"""


@cache
def _component() -> Callable:
    return st.components.v2.component("live_figure", html='<div class="lf"></div>', js=STUB, isolate_styles=False)


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
        "script": url(_part("js")[1]),
        "style": url(_part("css")[1]),
        "failed": failed,
    }
    _component()(data=data, key=key, on_click_change=on_click, on_act_change=on_act)
