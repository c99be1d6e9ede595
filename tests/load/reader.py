"""A reader of the app without a browser: speaks Streamlit's protobuf over a websocket. For loads of a whole class."""

import asyncio
import contextlib
import json
import time
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection

from study.shell.component import unpacked
from study.shell.visitor import COOKIE

PATIENCE = 60  # seconds for one answer
SEAT = "study_seat"  # nginx's cookie: the process that a reader belongs to
#: What Streamlit calls the controls that a test may use; what it calls a toggle is a checkbox.
CONTROLS = ("slider", "button", "bidi_component", "checkbox", "text_input")


@dataclass
class Widget:
    """A control, a button or a component on the page: its id, its fragment.

    options: the texts of a select slider's steps. packed: what a component was given last.
    """

    id: str
    fragment: str
    options: list[str] = field(default_factory=list)
    packed: bytes = b""

    @property
    def data(self) -> dict[str, Any]:
        """What a component was given last: unpacked when it is asked for, not for each of a class's messages."""
        return unpacked(self.packed) if self.packed else {}


@dataclass
class Reader:
    """One session. What asks the server returns the seconds until the script had finished; `received` counts bytes.

    seat, visitor: the cookies of nginx and of a class, as the document brought them. drawn: when the first figure of
    the page came (time.perf_counter), 0 before.

    Raises ConnectionError where the connection is lost, TimeoutError where no answer comes.
    """

    url: str
    widgets: dict[str, Widget] = field(default_factory=dict)  # by key; a form's button by its text
    received: int = 0
    errors: int = 0
    seat: str = ""
    visitor: str = ""
    session: str = ""
    drawn: float = 0
    texts: deque[str] = field(default_factory=lambda: deque(maxlen=200))  # Markdown that came last
    _socket: Any = None
    _pump: asyncio.Task | None = None
    _finished: asyncio.Event = field(default_factory=asyncio.Event)
    _page: str = ""
    _query: str = ""
    _hash: str = ""  # what Streamlit calls the page that is open

    async def arrive(self) -> None:
        """Fetches the document, as a browser does before anything else; keeps the cookies that it was given."""
        request = urllib.request.Request(f"{self.url}/", headers={"Accept": "text/html", **self._cookies()})
        headers = await asyncio.to_thread(_headers_of, request)
        self._seated(headers)

    async def open(self) -> None:
        """Connects; a second time as a browser that has lost its connection does, which names its session."""
        address = self.url.replace("http", "ws") + "/_stcore/stream"
        protocols = ["streamlit", *(["PLACEHOLDER_AUTH_TOKEN", self.session] if self.session else [])]
        self._socket = await websockets.connect(
            address,
            subprotocols=protocols,
            origin=self.url,
            max_size=None,
            create_connection=_Counted,
            additional_headers=self._cookies(),
        )
        self._socket.counts = self
        self._seated(self._socket.response.headers.get_all("Set-Cookie"))
        self._pump = asyncio.create_task(self._receive())

    async def close(self) -> None:
        with contextlib.suppress(Exception):
            await self._socket.close()
        if self._pump:
            self._pump.cancel()

    def _cookies(self) -> dict[str, str]:
        mine = {SEAT: self.seat, COOKIE: self.visitor}
        pairs = [f"{name}={value}" for name, value in mine.items() if value]
        return {"Cookie": "; ".join(pairs)} if pairs else {}

    def _seated(self, cookies: list[str]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if name == SEAT:
                self.seat = value
            elif name == COOKIE:
                self.visitor = value

    async def visit(self, page: str = "", query: str = "") -> float:
        """Opens a page by its name in the URL."""
        self._page, self._query, self.drawn = page, query, 0
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        return await self._ask(message)

    def steps(self, key: str) -> list[str]:
        """The texts of a slider's steps."""
        return self.widgets[key].options if key in self.widgets else self.widgets[f"{key}._thumb"].data["texts"]

    async def move(self, key: str, text: str) -> float:
        """Sets a slider on a ladder to one of its steps: Streamlit's own, or ours with the count that it carries."""
        if key not in self.widgets:
            data = self.widgets[f"{key}._thumb"].data
            return await self.tell(f"{key}._thumb", moved={"value": data["texts"].index(text), "n": data["n"] + 1})
        state = WidgetState(id=self.widgets[key].id)
        state.string_array_value.data.append(text)
        return await self._set(key, state)

    async def press(self, key: str) -> float:
        """Presses a button."""
        return await self._set(key, WidgetState(id=self.widgets[key].id, trigger_value=True))

    async def switch(self, key: str, on: bool) -> float:
        """Sets a toggle."""
        return await self._set(key, WidgetState(id=self.widgets[key].id, bool_value=on))

    async def submit(self, key: str, text: str, button: str) -> float:
        """Types into the one box of a form, and sends it."""
        typed = WidgetState(id=self.widgets[key].id, string_value=text)
        return await self._set(key, typed, WidgetState(id=self.widgets[button].id, trigger_value=True))

    async def act(self, key: str, **payload: Any) -> float:
        """What a component of ours says when something in it is pressed, or comes near."""
        return await self.say(key, "act", **payload)

    async def say(self, key: str, what: str, **payload: Any) -> float:
        """An event of a component of ours."""
        event = json.dumps([{"event": what, "value": payload}])
        identity = _make_trigger_id(self.widgets[key].id, "events")
        return await self._set(key, WidgetState(id=identity, json_trigger_value=event))

    async def tell(self, key: str, **state: Any) -> float:
        """What a component of ours holds."""
        return await self._set(key, WidgetState(id=self.widgets[key].id, json_value=json.dumps(state)))

    async def _set(self, key: str, *states: WidgetState) -> float:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.fragment_id = self.widgets[key].fragment
        message.rerun_script.page_script_hash = self._hash
        message.rerun_script.widget_states.widgets.extend(states)
        return await self._ask(message)

    async def _ask(self, message: BackMsg) -> float:
        began = time.perf_counter()
        self._finished.clear()
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as error:
            raise ConnectionError(str(error)) from error
        ended = asyncio.create_task(self._finished.wait())
        done, _ = await asyncio.wait({ended, self._pump}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if ended in done:
            return time.perf_counter() - began
        ended.cancel()
        raise ConnectionError("lost") if done else TimeoutError(f"no answer in {PATIENCE} s")

    async def _receive(self) -> None:
        """Hears what the server says until the connection ends."""
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                data = await self._socket.recv()
                answer = ForwardMsg()
                answer.ParseFromString(data)
                self._note(answer)
                kind = answer.WhichOneof("type")
                if kind == "new_session":
                    self.session = answer.new_session.initialize.session_id
                elif kind == "script_finished" and answer.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self._finished.set()

    def _note(self, answer: ForwardMsg) -> None:
        """Remembers widgets that come, counts errors."""
        kind = answer.WhichOneof("type")
        if kind == "navigation":
            self._hash = answer.navigation.page_script_hash
        if kind == "session_event":
            self.errors += answer.session_event.WhichOneof("type") == "script_compilation_exception"
        if kind != "delta" or answer.delta.WhichOneof("type") != "new_element":
            return
        element, fragment = answer.delta.new_element, answer.delta.fragment_id
        kind = element.WhichOneof("type")
        self.errors += kind == "exception"
        if kind == "markdown":
            self.texts.append(element.markdown.body)
        if kind in CONTROLS:
            part = getattr(element, kind)
            widget = Widget(part.id, fragment)
            if kind == "slider":
                widget.options = list(part.options)
            elif kind == "bidi_component":
                widget.packed = part.bytes
            form = kind == "button" and part.is_form_submitter
            self.widgets[part.label if form else part.id.split("-")[-1]] = widget
        if not self.drawn and (kind == "plotly_chart" or (kind == "bidi_component" and "views" in widget.data)):
            self.drawn = time.perf_counter()


class _Counted(ClientConnection):
    """A connection that tells its reader how many bytes came: on the wire, where a message may be deflated."""

    counts: "Reader | None" = None  # from the handshake's answer on

    def data_received(self, data: bytes) -> None:
        if self.counts is not None:
            self.counts.received += len(data)
        super().data_received(data)


def _headers_of(request: urllib.request.Request) -> list[str]:
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        answer.read()
        return answer.headers.get_all("Set-Cookie") or []
