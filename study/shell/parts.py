"""What the browser fetches once: plotly.js, the scripts and styles of our components, the cards of our checkpoints.

plotly.js comes from the installed plotly package, gzipped once and served by a route of ours with an immutable cache
header: no CDN, and the home page never asks for it.
"""

import gzip
import hashlib
from functools import cache
from importlib.resources import files

import plotly
import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

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
