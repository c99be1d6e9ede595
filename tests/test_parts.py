"""What the browser fetches once: scripts and styles of our components, nothing else of the disk. What they are told."""

import asyncio
from types import SimpleNamespace

import pytest
from starlette.routing import Router

from study.shell import component, parts, session
from study.words import ROOT

NAMES = sorted(path.name for path in (ROOT / "assets" / "figure").iterdir())


def get(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET, asked of the routes themselves."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": []}
    asyncio.run(Router(parts.routes)(scope, receive, send))
    head, *bodies = sent
    headers = {name.decode(): text.decode() for name, text in head["headers"]}
    return head["status"], headers, b"".join(body["body"] for body in bodies)


@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_served_for_good_under_an_address_of_its_content(name):
    status, headers, body = get(f"{parts._folder()}/{name}")
    assert status == 200 and body == (ROOT / "assets" / "figure" / name).read_bytes()
    assert headers["content-type"].startswith("text/css" if name.endswith(".css") else "text/javascript")
    assert "immutable" in headers["cache-control"]


def test_the_address_changes_with_any_part(monkeypatch):
    before, all_parts = parts._folder(), parts._parts()
    monkeypatch.setattr(parts, "_parts", lambda: all_parts | {"dom.js": all_parts["dom.js"] + b" "})
    assert parts._folder.__wrapped__() != before


@pytest.mark.parametrize(
    "name", ["", "..", "../style.css", "%2e%2e/shell.js", "../../app.py", "opening.js", "index.js/x", "INDEX.JS"]
)
def test_nothing_else_is_served(name):
    assert get(f"{parts._folder()}/{name}")[0] == 404
    assert get(f"/live/0123456789ab/{name or 'index.js'}")[0] == 404


def test_the_scripts_import_only_what_is_served():
    served = parts._parts()
    imports = [line for text in served.values() for line in text.decode().splitlines() if line.startswith("import ")]
    assert imports and all(line.split('"')[1].removeprefix("./") in served for line in imports)


@pytest.mark.parametrize("held", [None, SimpleNamespace(), SimpleNamespace(act=None), SimpleNamespace(act={})])
def test_an_event_of_a_component_that_has_gone_says_nothing(monkeypatch, held):
    """The browser asks again where an answer is late; the second question may find nothing of its component."""
    monkeypatch.setattr(session, "value", lambda key: held)
    assert session.event("t5_attention.scaling._figure", "act") == {}


def test_an_event_says_what_the_component_said(monkeypatch):
    monkeypatch.setattr(session, "value", lambda key: SimpleNamespace(act={"name": "near", "all": True}))
    assert session.event("t5_attention.scaling._figure", "act") == {"name": "near", "all": True}


@pytest.mark.parametrize(
    "said", [{}, {"views": [{"text": '{"z":[1,2]}'}], "said": "中文 “” 𝄞", "half": "\ud83d", "none": None}]
)
def test_what_a_component_is_given_comes_out_as_it_went_in(said):
    assert component.unpacked(component.packed(said)) == said
