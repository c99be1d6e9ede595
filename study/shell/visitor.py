"""In class mode each browser has a workbook of its own: a cookie with a random token tells them apart.

The token is not signed: 192 random bits cannot be guessed, and whoever makes one up has an empty workbook.
"""

import asyncio
import re
import secrets
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from study.shell.parts import url

COOKIE = "study_visitor"
KEPT = 200 * 24 * 3600  # seconds: a term
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
MOMENT, LOOKS = 0.1, 20  # seconds; looks at whose a file is: while a page is drawn anew, its files are nobody's


def new_token() -> str:
    return secrets.token_urlsafe(24)


def token(cookies: Mapping[str, str]) -> str:
    """The visitor's token, "" where there is none or what is there is none of ours."""
    value = cookies.get(COOKIE, "")
    return value if TOKEN.fullmatch(value) else ""


_sessions: dict[str, str] = {}  # the id of a session of Streamlit's -> the token of its visitor, "" without a cookie
MANY = 1000  # sessions from which on those that ended are looked for


def belongs(session: str, visitor: str) -> None:
    """This session is this visitor's."""
    if session not in _sessions and len(_sessions) >= MANY:
        for gone in [known for known in list(_sessions) if not Runtime.instance().is_active_session(known)]:
            _sessions.pop(gone, None)
    _sessions[session] = visitor


class Visitor:
    """Middleware: a document brings a cookie to who has none; a file of one session is sent to its visitor only."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        visitor, path = token(request.cookies), scope["path"]
        if path.startswith(url("/media/")) and not await _may_have(path.rpartition("/")[2].partition(".")[0], visitor):
            await PlainTextResponse("not found", status_code=404)(scope, receive, send)
            return
        asks = scope["method"] == "GET" and "text/html" in request.headers.get("accept", "")
        secure = "https" in (scope.get("scheme"), request.headers.get("x-forwarded-proto"))
        await self.app(scope, receive, _Giver(send, secure) if asks and not visitor else send)


async def _may_have(file: str, visitor: str) -> bool:
    """Is this file of Streamlit's shown in a session of this visitor?

    Its name is a hash of what is in it, so nobody comes by it who has not seen the file; but a name can be passed on.
    """
    for _ in range(LOOKS):
        if not _known(file) or any(_sessions.get(session) == visitor for session in _shown_in(file)):
            return True  # of what is not there, Streamlit says so
        await asyncio.sleep(MOMENT)
    return False


# Streamlit has no public name for what it keeps of files (1.67; requirements.txt admits no other).
def _known(file: str) -> bool:
    return Runtime.exists() and file in Runtime.instance().media_file_mgr._file_metadata


def _shown_in(file: str) -> list[str]:
    """The sessions on whose pages this file is."""
    sessions = list(Runtime.instance().media_file_mgr._files_by_session_and_coord.items())
    return [session for session, places in sessions if file in list(places.values())]


class _Giver:
    """Sends an answer on; a document gets the cookie."""

    def __init__(self, send: Send, secure: bool):
        self.send, self.secure = send, secure

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_document(message):
            cookie = f"{COOKIE}={new_token()}; Max-Age={KEPT}; Path={url('/')}; HttpOnly; SameSite=Lax"
            cookie += "; Secure" * self.secure
            headers = [(name, value) for name, value in message["headers"] if name != b"cache-control"]
            headers += [(b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
            message = {**message, "headers": headers}
        await self.send(message)


def _is_document(message: Message) -> bool:
    kind = next((value for name, value in message["headers"] if name == b"content-type"), b"")
    return message["status"] == 200 and kind.startswith(b"text/html")
