"""What a class asks for beside its pages: has anything changed, and where a short link leads."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from study import place
from study.classroom import open_room
from study.shell.parts import url

PULSE, SHORT = "/live/class", "/go"


class Pulse:
    """Middleware, the outermost: a whole class asks this every other second, so it goes through none of the others."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != url(PULSE):
            await self.app(scope, receive, send)
            return
        room = open_room()
        version, answers = await to_thread.run_sync(room.pulse) if room.waits() else room.pulse()
        text = PlainTextResponse(f"{version} {answers}", headers={"cache-control": "no-store"})
        await text(scope, receive, send)


# It may wait for a database: a plain function does so in a thread of Starlette's, and nobody waits with it.
def _short(request: Request) -> Response:
    """To the place behind the code; for another code to a page that there is not, which says so in words."""
    found = place.read(open_room().link(request.path_params["code"]) or "")
    to = url(f"/{found.link()}" if found else SHORT)
    return RedirectResponse(to, status_code=303, headers={"cache-control": "no-store"})


routes = [Route(SHORT + "/{code}", _short)]
