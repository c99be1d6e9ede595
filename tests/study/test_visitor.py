"""The cookie of a class: who gets one, what it looks like, and which files it opens; the short links."""

import re
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from study.classroom import open_room
from study.shell import class_routes, visitor

ASKS = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
A, B = "A" * 32, "B" * 32
SECRET, LINK = "abcde-fghjk", "t5_attention?t5_attention.scaling.d_k=128#scaling"


@pytest.fixture
def client(monkeypatch, tmp_path):
    monkeypatch.setenv("STUDY_SECRET", SECRET)
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/class.sqlite")
    monkeypatch.setattr(visitor, "MOMENT", 0.001)
    routes = [
        *class_routes.routes,
        Route("/media/{name}", lambda request: PlainTextResponse("the file")),
        Route("/data.txt", lambda request: PlainTextResponse("data")),
        Route("/gone", lambda request: HTMLResponse("gone", status_code=404)),
        Route("/{page}", lambda request: HTMLResponse("<html></html>")),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(class_routes.Pulse), Middleware(visitor.Visitor)])
    return TestClient(app, follow_redirects=False)


def given(answer) -> str:
    """The token that an answer brings, "" for none."""
    cookie = answer.headers.get("set-cookie", "")
    return cookie.partition("=")[2].partition(";")[0]


def test_a_document_brings_a_cookie_that_scripts_cannot_read(client):
    answer = client.get("/t5_attention", headers=ASKS)
    parts = answer.headers["set-cookie"].split("; ")
    assert re.fullmatch(r"study_visitor=[\w-]{32}", parts[0])
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {*parts} and "Secure" not in parts
    assert answer.headers["cache-control"] == "no-store"
    client.cookies.clear()
    assert given(client.get("/t5_attention", headers=ASKS)) != given(answer)


def test_over_https_it_goes_over_https_only(client):
    answer = client.get("/t5_attention", headers={**ASKS, "x-forwarded-proto": "https"})
    assert answer.headers["set-cookie"].endswith("; Secure")


def test_who_has_one_keeps_it(client):
    client.cookies.set(visitor.COOKIE, A)
    assert not given(client.get("/t5_attention", headers=ASKS))


@pytest.mark.parametrize("forged", ["", "A", "A" * 31, "A" * 33, "A" * 31 + "/", "../../me", "me", "<b>" + "A" * 29])
def test_a_malformed_one_is_replaced(client, forged):
    answer = client.get("/t5_attention", headers={**ASKS, "cookie": f"{visitor.COOKIE}={forged}; lang=zh"})
    assert visitor.TOKEN.fullmatch(given(answer))
    assert visitor.token({visitor.COOKIE: forged}) == ""


@pytest.mark.parametrize(("path", "headers"), [("/data.txt", ASKS), ("/gone", ASKS), ("/x", {"accept": "*/*"})])
def test_nothing_else_brings_one(client, path, headers):
    assert not given(client.get(path, headers=headers))


@pytest.fixture
def files(monkeypatch):
    """Streamlit's runtime: the session of A shows the file "mine", sessions of both the file "same"."""
    shown = {"of-a": {"1": "mine", "2": "same"}, "of-b": {"1": "same"}}
    manager = SimpleNamespace(_file_metadata={"mine": 1, "same": 1}, _files_by_session_and_coord=shown)
    runtime = SimpleNamespace(media_file_mgr=manager, is_active_session=lambda session: session == "of-a")
    monkeypatch.setattr(visitor, "Runtime", SimpleNamespace(exists=lambda: True, instance=lambda: runtime))
    monkeypatch.setattr(visitor, "_sessions", {})
    visitor.belongs("of-a", A)
    visitor.belongs("of-b", B)


@pytest.mark.parametrize(
    ("who", "name", "status"),
    [
        (A, "mine.pdf", 200), (B, "mine.pdf", 404), ("", "mine.pdf", 404), ("forged", "mine.pdf", 404),
        (B, "../media/mine.pdf", 404), (B, "mine", 404),
        (A, "same.csv", 200), (B, "same.csv", 200), (B, "unknown.pdf", 200),
    ],
)  # fmt: skip
def test_a_file_is_sent_to_its_visitor(client, files, who, name, status):
    """Of the unknown one Streamlit itself says that it is not there."""
    answer = client.get(f"/media/{name}", headers={"cookie": f"{visitor.COOKIE}={who}"})
    assert answer.status_code == status
    assert ("the file" in answer.text) == (status == 200)


def test_sessions_that_ended_are_forgotten(files, monkeypatch):
    monkeypatch.setattr(visitor, "MANY", 2)
    visitor.belongs("new", B)
    assert visitor._sessions == {"of-a": A, "new": B}


def test_the_pulse_tells_numbers_and_nothing_else(client):
    assert client.get("/live/class").text == "0 0"
    room = open_room()
    room.enter(SECRET, "teacher")
    room.show("teacher", LINK)
    answer = client.get("/live/class")
    assert answer.text == "1 0" and answer.headers["cache-control"] == "no-store"


def test_short_links_lead_to_places_of_lessons_only(client):
    room = open_room()
    assert client.get("/go/now").headers["location"] == "/go"
    room.enter(SECRET, "teacher")
    code = room.short("teacher", LINK)
    assert client.get(f"/go/{code}").headers["location"] == f"/{LINK}"
    room.show("teacher", "t5_attention")
    assert client.get("/go/now").headers["location"] == "/t5_attention"
    for bad in ("none", "..", "%2e%2e%2fetc", "//evil.example", "<b>", "x" * 500):
        assert client.get(f"/go/{bad}").headers.get("location", "/go") == "/go"
