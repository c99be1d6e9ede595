"""The HTML document that Streamlit serves, with our styles in it and early word of the scripts that a lesson will need.

Streamlit brings styles given to `st.html` with the first run, in a script that it fetches then: the page was seen
without them, and moved when they came. The scripts of formulas and components it fetches when the first one is met.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from study.shell.parts import KEEP, SHELL, part_names, part_url, url
from study.words import ROOT

STYLES = ("style.css", "frame.css", "lecture.css", "print.css")  # the later one wins
#: What Streamlit loads when it meets the first formula, HTML, component, switch, box or link: how the names begin.
CHUNKS = ("rehype-katex", "rehype-raw", "Html", "BidiComponent", "ButtonGroup", "TextInput", "PageLink")
FONTS = ("KaTeX_Main-Regular", "KaTeX_Math-Italic")
IMPORTS = re.compile(r"""(?:\bfrom|\bimport) ?["']\./([\w.-]+\.js)["']""")
NOT_ASKED = (b"if-none-match", b"if-modified-since", b"accept-encoding", b"range")


@cache
def _style() -> bytes:
    return "\n".join((ROOT / "assets" / name).read_text(encoding="utf-8") for name in STYLES).encode()


@cache
def _opening() -> str:
    return (ROOT / "assets" / "opening.js").read_text(encoding="utf-8")


@cache
def _style_path() -> str:
    """It changes with the style."""
    return f"/live/page-{hashlib.sha256(_style()).hexdigest()[:12]}.css"


def _serve(request: Request) -> Response:
    return Response(_style(), media_type="text/css; charset=utf-8", headers=KEEP)


routes = [Route(_style_path(), _serve)]


def chunks(static: Path) -> list[str]:
    """The scripts of Streamlit's (names in static/js) that CHUNKS names, and all that they import, each once."""
    folder, found = static / "js", []
    waiting = [path.name for name in CHUNKS for path in folder.glob(f"{name}.*.js")]
    while waiting:
        name = waiting.pop(0)
        if name not in found and (folder / name).is_file():
            found.append(name)
            waiting += IMPORTS.findall((folder / name).read_text(encoding="utf-8"))
    return found


@cache
def _links() -> tuple[str, str]:
    """What every document holds, and what a document that is not the home page's holds besides."""
    static = Path(get_static_dir()) / "static"
    index = (static.parent / "index.html").read_text(encoding="utf-8")
    module = '<link rel="modulepreload" crossorigin href="{}">'.format
    scripts = [module(f"./static/js/{name}") for name in chunks(static) if name not in index]
    scripts += [module(part_url(name)) for name in part_names() if name.endswith(".js") and name != SHELL]
    fonts = [path.name for name in FONTS for path in (static / "media").glob(f"{name}.*.woff2")]
    font = '<link rel="preload" as="font" type="font/woff2" crossorigin href="./static/media/{}">'.format
    return "", "".join([*scripts, *map(font, fonts)])


def dressed(html: str, is_home: bool) -> str:
    """The document with our style (in its body: after the styles that Streamlit makes) and what is needed soon. The
    page's own script stands before Streamlit's, and so runs before it.
    """
    style, script = f'<link rel="stylesheet" href="{url(_style_path())}">', f"<script>{_opening()}</script>"
    own, soon = f'<script type="module" src="{part_url(SHELL)}"></script>', f"{script}{_links()[not is_home]}"
    head = html.replace("<head>", f"<head>{own}", 1).replace("</head>", f"{soon}</head>", 1)
    return head.replace("<body>", f"<body>{style}", 1)


class Document:
    """Middleware: documents (GET, text/html) are sent as `dressed` makes them, everything else as it is."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] == "GET"
        if not asks or not any(b"text/html" in value for name, value in scope["headers"] if name == b"accept"):
            await self.app(scope, receive, send)
            return
        # Streamlit's own mark says nothing of our style: what the browser has may be older. Text is changed, not gzip.
        headers = [(name, value) for name, value in scope["headers"] if name not in NOT_ASKED]
        is_home = not scope["path"].strip("/").removeprefix(url("/").strip("/"))
        await self.app({**scope, "headers": headers}, receive, _Dresser(send, is_home))


class _Dresser:
    """Sends an answer on; a whole document is gathered and dressed first."""

    def __init__(self, send: Send, is_home: bool):
        self.send, self.is_home, self.start, self.body = send, is_home, None, b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_document(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        else:
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        body = dressed(self.body.decode(), self.is_home).encode()
        changed = (b"content-length", b"etag", b"last-modified")
        headers = [(name, value) for name, value in self.start["headers"] if name not in changed]
        await self.send({**self.start, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
        await self.send({"type": "http.response.body", "body": body})


def _is_document(message: Message) -> bool:
    headers: Iterator[tuple[bytes, bytes]] = message["headers"]
    kinds = {name: value for name, value in headers if name in (b"content-type", b"content-encoding")}
    return kinds.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in kinds
