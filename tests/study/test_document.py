"""The HTML document that Streamlit serves, with our styles and scripts in it."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir
from streamlit.web.server.starlette.starlette_gzip_middleware import SelectiveGZipMiddleware
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_assets_routes

from study.shell import document, parts

STATIC = Path(get_static_dir())
ASKS = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def client():
    middleware = [Middleware(document.Document), Middleware(SelectiveGZipMiddleware)]
    routes = [*parts.routes, *document.routes, *create_streamlit_static_assets_routes(None)]
    return TestClient(Starlette(routes=routes, middleware=middleware))


def test_every_name_of_a_chunk_and_of_a_font_is_one_of_streamlits():
    for name in document.CHUNKS:
        assert len(list((STATIC / "static" / "js").glob(f"{name}.*.js"))) == 1, name
    for name in document.FONTS:
        assert len(list((STATIC / "static" / "media").glob(f"{name}.*.woff2"))) == 1, name


@pytest.mark.parametrize("path", ["/", "/t5_attention"])
def test_what_a_document_names_is_there(client, path):
    answer = client.get(path, headers=ASKS)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    named = re.findall(r'<link rel="(?:stylesheet|modulepreload|preload)"[^>]* href="\.?([^"]+)"', answer.text)
    assert len([name for name in named if name.endswith(".css")]) == 2
    for name in named:
        assert client.get(name).status_code == 200, name
    assert any("katex" in name for name in named) == (path != "/")


def test_our_style_comes_after_streamlits_own_and_is_kept(client):
    html = client.get("/t5_attention", headers=ASKS).text
    before, body = html.split("<body>")
    style = re.search(r'<link rel="stylesheet" href="(/live/page-[^"]+)"', body)[1]
    assert style not in before
    answer = client.get(style)
    assert ".st-key-bar" in answer.text
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/t5_attention"])
def test_our_script_runs_before_streamlits_and_can_be_asked_for(client, path):
    ours, *streamlits = re.findall(r'<script type="module"[^>]* src="([^"]+)"', client.get(path, headers=ASKS).text)
    assert ours == parts.part_url(parts.SHELL) and len(streamlits) == 1
    assert "wrapHistory();" in client.get(ours).text


def test_a_document_that_the_browser_has_from_before_is_sent_anew(client):
    mark = client.get("/index.html", headers={"accept": "*/*"}).headers["etag"]
    assert client.get("/index.html", headers={"accept": "*/*", "if-none-match": mark}).status_code == 304
    answer = client.get("/", headers={**ASKS, "if-none-match": mark})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


def test_all_else_is_sent_as_it_is(client):
    own = (STATIC / "index.html").read_bytes()
    assert client.get("/t5_attention", headers={"accept": "*/*"}).content == own
    script = next((STATIC / "static" / "js").glob("Html.*.js"))
    answer = client.get(f"/static/js/{script.name}", headers=ASKS)
    assert answer.content == script.read_bytes()
