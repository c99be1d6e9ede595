"""A real server, and what comes from elsewhere: other names, other sites' pages, too much, too slowly, too often."""

import contextlib
import http.client
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from study.shell import document, guard, parts
from study.words import app_words
from tests.browser.driver import served

EVIL = "rebound.example"
CLASS = "class.example"  # a name that STUDY_HOSTS has
DOCUMENT = {"Accept": "text/html"}
HELD = 150  # connections that wait for nothing
MANY = 300


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """The port of the running app."""
    with served(env={"STUDY_HOSTS": f" {CLASS.upper()}, 192.0.2.7,,fe80::1"}) as url:
        yield int(url.rsplit(":", 1)[1])


def ask(port: int, path: str = "/", host: str | None = "localhost", method: str = "GET", **headers: str):
    """(status, headers, body) of one request; the path is sent as it stands. host: the Host header, None for none."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host=True)
        for name, value in ({"Host": host} if host is not None else {}).items() | headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def stream(port: int, host: str, origin: str | None) -> ClientConnection:
    """A websocket to the app, as a page of `origin` would open it. The server names the host as the browser does."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    return connect(
        f"ws://{host}/_stcore/stream",
        sock=sock,
        origin=origin,
        subprotocols=["streamlit"],
        compression=None,
        close_timeout=0.1,
    )


def opened(port: int) -> ClientConnection:
    return stream(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")


def session(socket: ClientConnection) -> str:
    """Asks for the home page; the id of the session, when its script has run."""
    message, found = BackMsg(), ""
    message.rerun_script.query_string = ""
    socket.send(message.SerializeToString())
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(socket.recv(timeout=60))
        if answer.WhichOneof("type") == "new_session":
            found = answer.new_session.initialize.session_id
        if answer.WhichOneof("type") == "script_finished":
            return found


# --- other names -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:{port}", "[::1]:{port}", CLASS, "192.0.2.7:1", "[fe80::1]"])
def test_our_names_are_answered(server, host):
    status, _, body = ask(server, host=host.format(port=server), **DOCUMENT)
    assert status == 200 and b"/live/page-" in body


BAD = [EVIL, f"{EVIL}:80", f"localhost.{EVIL}", "localhost@rebound.example", "", None, "a b", "127.0.0.1:x", "0.0.0.0"]


@pytest.mark.parametrize("host", BAD)
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/media/x.png", f"{document._style_path()}"])
def test_a_page_that_rebinds_its_name_to_this_machine_reads_nothing(server, host, path):
    status, headers, body = ask(server, path, host, **DOCUMENT)
    assert status == (421 if host is not None else 400)  # the HTTP server itself asks for a Host
    assert b"/live/" not in body and b"<" not in body
    if host is not None:
        for lang in ("en", "zh"):
            assert app_words(lang)("refused.host") in body.decode()
        assert headers["content-type"].startswith("text/plain")


def test_two_hosts_are_none(server):
    with socket.create_connection(("127.0.0.1", server), timeout=30) as raw:
        raw.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\nHost: {EVIL}\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(100).split()[1] in (b"400", b"421")


def refused(port: int, host: str, origin: str | None) -> bool:
    try:
        with stream(port, host, origin):
            pass
    except InvalidStatus as error:
        return error.response.status_code == 403
    return False


def test_a_websocket_is_for_pages_of_the_host_that_it_names(server):
    here, there = f"127.0.0.1:{server}", f"localhost:{server}"
    assert not refused(server, here, f"http://{here}")
    assert not refused(server, CLASS, f"https://{CLASS}")
    assert not refused(server, here, None)  # no browser, which always sends one
    assert refused(server, f"{EVIL}:{server}", f"http://{EVIL}:{server}")  # DNS rebinding
    assert refused(server, f"{EVIL}:{server}", None)
    for origin in (
        f"http://{EVIL}",
        "null",
        "file://",
        f"http://{there}",
        "http://127.0.0.1:1",
        f"http://{here}.{EVIL}",
    ):
        assert refused(server, here, origin), origin


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_form_of_another_site_changes_nothing(server, method):
    path = "/_stcore/upload_file/session/file"
    status, _, body = ask(server, path, method=method, Origin=f"http://{EVIL}")
    assert status == 403 and app_words("zh")("refused.origin") in body.decode()
    assert app_words("en")("refused.origin") not in ask(server, path, method=method)[2].decode()


def test_streamlits_own_upload_wants_its_token_too(server):
    """A program without an Origin is no page; Streamlit asks it for what only a page of ours can know."""
    assert ask(server, "/_stcore/upload_file/session/file", method="PUT")[0] == 403


# --- what a browser may do -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ["/", "/t5_attention", "/live/card/translator", "/_stcore/health", "/no/such"])
def test_every_answer_tells_the_browser_what_it_may_do(server, path):
    headers = ask(server, path, **DOCUMENT)[1]
    assert guard.safe().items() <= {name.lower(): value for name, value in headers.items()}.items()


def test_the_policy_allows_the_scripts_of_the_document_and_no_others(server):
    html = ask(server, "/t5_attention", **DOCUMENT)[2].decode()
    scripts = guard.INLINE.findall(html)
    assert len(scripts) == 2 and html.count("<script>") == 2
    allowed = guard.policy().split("script-src ")[1].split(";")[0]
    assert allowed.count("'sha256-") == 2
    assert "'unsafe-inline'" not in allowed and "'unsafe-eval'" not in allowed and "http" not in allowed
    assert not re.search(r"<[^>]+\son\w+ *=|javascript:", guard.INLINE.sub("", html))


# --- paths -----------------------------------------------------------------------------------------------------------
UP = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "....//",
    "%252e%252e%252f",
    "..%00/",
    "/etc/",
    "%2fetc%2f",
]


@pytest.mark.parametrize("up", UP)
@pytest.mark.parametrize("below", ["/live/card/", f"{parts._folder()}/", "/media/", "/component/", "/static/", "/"])
def test_no_path_leads_out_of_what_is_served(server, below, up):
    for target in ("app.py", "etc/passwd", ".streamlit/config.toml"):
        for deep in (1, 6):
            _, _, body = ask(server, below + up * deep + target)
            assert b"import streamlit" not in body and b"root:" not in body and b"[server]" not in body


def test_no_file_of_ours_is_a_page(server):
    for path in ("/app.py", "/notes/en/app.yaml", "/source?file=/etc/passwd", "/static/app.py", "/models/checkpoints"):
        body = ask(server, path, **DOCUMENT)[2]
        assert b"import streamlit" not in body and b"root:" not in body


# --- too much --------------------------------------------------------------------------------------------------------
def test_a_message_over_the_limit_closes_its_own_connection_only(server):
    with opened(server) as polite, opened(server) as rude:
        session(polite)
        rude.socket.sendall(b"\x82\xff" + (40_000_000).to_bytes(8) + bytes(4))  # a frame's head: so much will come
        with pytest.raises(ConnectionClosed) as closed:
            rude.recv(timeout=60)
        assert closed.value.rcvd.code == 1009  # too big
        assert session(polite)


@pytest.mark.parametrize("junk", [b"\xff" * 1000, "text"])
def test_a_message_that_is_none_closes_its_own_connection_and_tells_nothing(server, junk):
    with opened(server) as rude:
        said = b""
        with contextlib.suppress(ConnectionClosed):
            rude.send(junk)
            while True:
                said += rude.recv(timeout=60)
    assert b"Traceback" not in said and b"site-packages" not in said
    assert ask(server, "/_stcore/health")[0] == 200


def upload(port: int, session_id: str, size: int, **headers: str) -> int:
    """The status of an upload as the page sends it: the session's token in a header and in the cookie."""
    token = re.search(r"_streamlit_xsrf=([^;]+)", ask(port, "/_stcore/health")[1]["set-cookie"])[1]
    told = {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token, "Content-Length": str(size)} | headers
    told["Content-Type"] = "multipart/form-data; boundary=x"
    return ask(port, f"/_stcore/upload_file/{session_id}/file", method="PUT", **told)[0]


def test_a_file_over_the_limit_is_refused_before_it_is_read(server):
    with opened(server) as reader:
        assert upload(server, session(reader), 65 * 1024 * 1024) == 413  # nothing of it was sent


def test_a_file_of_nobodys_session_is_refused(server):
    assert upload(server, "no-such-session", 0) == 400


# --- too slowly, too often -------------------------------------------------------------------------------------------
HALF = (
    b"GET / HTTP/1.1\r\nHost: local",
    b"PUT /_stcore/upload_file/a/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx",
)


def test_who_sends_half_a_request_and_waits_keeps_nobody_waiting(server):
    with contextlib.ExitStack() as stack:
        for i in range(HELD):
            raw = stack.enter_context(socket.create_connection(("127.0.0.1", server), timeout=30))
            raw.sendall(HALF[i % len(HALF)])
        assert ask(server, **DOCUMENT)[0] == 200
        with opened(server) as reader:
            assert session(reader)


def test_who_does_not_listen_keeps_nobody_waiting(server):
    message = BackMsg()
    message.rerun_script.page_name = "glossary"
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(opened(server)).send(message.SerializeToString())
        with opened(server) as reader:
            assert session(reader)


def test_hundreds_who_come_at_once_are_let_in(server):
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(32) as pool:
        come = list(pool.map(lambda _: stack.enter_context(opened(server)), range(MANY)))
        assert all(reader.subprotocol == "streamlit" for reader in come)
        assert session(come[0]) != session(come[-1])
