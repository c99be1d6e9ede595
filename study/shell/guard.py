"""Who may ask this server, and what a browser may do with its answers: ASGI middleware around everything.

A page elsewhere can reach a server on the reader's machine through the reader's browser: under a name of its own that
it points at 127.0.0.1 (DNS rebinding), or over a websocket, which no browser keeps within one site. Therefore a request
must name a host of ours, and one that changes something must come from a page of that very host.

STUDY_HOSTS: the names by which this server is reached beside this machine's own, comma-separated, without ports. A
proxy in front must pass the header Host on as the browser sent it, with its port.
"""

import base64
import hashlib
import ipaddress
import re
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

from study.classroom import allowed_hosts
from study.shell.document import dressed
from study.words import app_words, languages

#: Nobody elsewhere can have a page under one of these names.
OWN = ("localhost", "127.0.0.1", "::1")
READING = ("GET", "HEAD", "OPTIONS")
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.IGNORECASE)
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
#: What no page of ours needs of a machine.
UNUSED = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "serial", "usb",
)  # fmt: skip


def name_of(host: str) -> str:
    """The name in a Host header, without port and brackets, in small letters; "" where it is none."""
    found = HOST.fullmatch(host)
    return found[1].strip("[]").rstrip(".").lower() if found else ""


@cache
def hosts() -> frozenset[str]:
    """The names that are ours. server.address counts where it is one: 0.0.0.0 and :: stand for all of a machine's."""
    named = [*allowed_hosts(), st.get_option("server.address") or ""]
    return frozenset(OWN) | {name for host in named if (name := name_of(_bracketed(host))) and not _any(name)}


def _bracketed(host: str) -> str:
    """An IPv6 address may stand in a list without its brackets."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _any(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False


def refusal(scope: Scope) -> str:
    """Why a request is refused, by its name in app.yaml; "" where it is not."""
    headers = Headers(scope=scope)
    given = headers.getlist("host")
    if len(given) != 1 or name_of(given[0]) not in hosts():
        return "host"
    reads = scope["type"] == "http" and scope["method"] in READING
    origin = headers.get("origin")  # programs that are no browsers send none
    return "" if reads or origin is None or urlsplit(origin).netloc.lower() == given[0].lower() else "origin"


@cache
def policy() -> str:
    """What may be in a document. blob: holds the script of a component; styles are made in the browser, by Streamlit,
    Plotly and KaTeX; WebAssembly is what the decoder of Streamlit's messages counts with.
    """
    index = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    digests = [hashlib.sha256(text.encode()).digest() for text in INLINE.findall(dressed(index, is_home=False))]
    ours = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
    sources = {
        "default-src": "'self'",
        "script-src": " ".join(["'self' blob: 'wasm-unsafe-eval'", *ours]),
        "script-src-attr": "'none'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'none'",
        "worker-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in sources.items())


@cache
def safe() -> dict[str, str]:
    """Headers of every answer. No Cross-Origin-Embedder-Policy: all that a page shows comes from here anyway."""
    return {
        "content-security-policy": policy(),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": ", ".join(f"{name}=()" for name in UNUSED),
    }


class Guard:
    """The middleware: refuses what is not for this server, and adds the headers that `safe` names."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        why = refusal(scope)
        if why and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": why})
            return

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in safe().items():
                    headers.setdefault(name, value)
            await send(message)

        if why:
            said = "\n\n".join(app_words(lang)(f"refused.{why}") for lang in languages())
            await PlainTextResponse(said, 421 if why == "host" else 403)(scope, receive, safely)
            return
        await self.app(scope, receive, safely)
