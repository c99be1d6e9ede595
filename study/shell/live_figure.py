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

from study.shell.session import event, here
from study.words import ROOT

KEEP = {"cache-control": "public, max-age=31536000, immutable"}  # the address changes with the content
SHELL = "shell.js"  # the page's own script, made of …
SHELL_PARTS = ("bar.js", "folds.js", SHELL)  # … these, in the order in which they follow each other
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
def _parts() -> dict[str, bytes]:
    """The scripts of our components (modules that import each other), their style, and the page's own, by file name."""
    assets = ROOT / "assets"
    shell = b"\n".join((assets / name).read_bytes() for name in SHELL_PARTS)
    return {SHELL: shell} | {path.name: path.read_bytes() for path in sorted((assets / "figure").glob("*.*"))}


@cache
def _folder() -> str:
    """Where the parts are served: one address for all, which changes with any of them."""
    digest = hashlib.sha256()
    for name, text in _parts().items():
        digest.update(f"{name} {len(text)} ".encode() + text)
    return f"/live/{digest.hexdigest()[:12]}"


def _part(request: Request) -> Response:
    """A part by its name; nothing else of the disk can be named."""
    name = request.path_params["name"]
    text = _parts().get(name)
    if text is None:
        return Response("no such part", status_code=404, media_type="text/plain; charset=utf-8")
    kind = "css" if name.endswith(".css") else "javascript"
    return Response(text, media_type=f"text/{kind}; charset=utf-8", headers=KEEP)


routes = [Route(PATH, _serve), Route("/live/card/{name}", _card), Route(_folder() + "/{name}", _part)]


def url(path: str) -> str:
    """A path of ours under the server's base."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{path}" if base else path


def part_names() -> list[str]:
    """The scripts and styles of our components."""
    return list(_parts())


def part_url(name: str) -> str:
    """Where the browser finds a script or style of our components."""
    return url(f"{_folder()}/{name}")


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


@cache
def _rest() -> Callable:
    return st.components.v2.component("rest", html='<div class="lf-rest"></div>', js=STUB, isolate_styles=False)


def live_figure(
    drawings: list[dict[str, Any]],
    frame: dict[str, Any],
    key: str,
    on_click: Callable[[], None],
    on_act: Callable[[], None],
) -> None:
    """Draws the drawings of `figures.draw_all` in the frame of a card (card.py makes it).

    A click on a figure that can be picked sets session_state[key].click = {"view": index, "cell": [row, col]}, a quiet
    link or a chip session_state[key].act = {"name": …}, and calls on_click / on_act before the rerun.

    A drawing that the browser has already is named, not sent. Should it not have it after all (a message may replace
    an older one on its way), it acts {"name": "resend"}.
    """
    held, views, sent = here().held.get(key, frozenset()), [], set()
    for drawing in drawings:
        text = json.dumps(drawing, ensure_ascii=False, separators=(",", ":"))
        name = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        views.append({"name": name, "text": "" if name in held or name in sent else text})
        sent.add(name)
    here().held[key] = frozenset(sent)
    data = {"views": views, "library": url(PATH), "script": part_url("index.js"), **frame}
    _component()(data=data, key=key, on_click_change=on_click, on_act_change=on_act)


def near(name: str, height: int) -> bool:
    """Has the reader come near what has this name (a demo, a quiz)? Else its place is kept: the browser acts when they
    do, or when everything is asked for at once: then the page is drawn anew, with all of it, instead of piece by piece.
    """
    if _is_there(name):
        return True
    key, data = f"{name}._figure", {"reserve": height, "script": part_url("index.js")}
    _component()(data=data, key=key, on_click_change=lambda: None, on_act_change=lambda: _came(name, key))
    return False


def whole(name: str) -> bool:
    """Is all of what has this name to be drawn, as on paper, and not only what a screen shows of it at a time? Else the
    browser asks for the rest when everything is asked for, also where every figure has come.
    """
    rest = f"{name}._rest"
    if _is_there(rest):
        return True
    _rest()(data={"script": part_url("near.js")}, key=rest, on_act_change=lambda: _came(rest, rest))
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
