"""/metrics: numbers of the process, for those who may read them."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from study.shell import health

THERE = "10.0.0.0/8, 2001:db8::/32"


@pytest.mark.parametrize(
    ("host", "headers", "given", "may"),
    [
        ("127.0.0.1", {}, "", True),
        ("::1", {}, "", True),
        ("10.0.0.7", {}, "", False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "", False),  # a proxy on this machine, for whomever
        ("127.0.0.1", {"forwarded": "for=1.2.3.4"}, THERE, False),
        ("10.0.0.7", {}, THERE, True),
        ("2001:db8::1", {}, THERE, True),
        ("127.0.0.1", {}, THERE, False),
        ("", {}, "", False),
        ("testclient", {}, "", False),
    ],
)
def test_who_may_read(host, headers, given, may):
    assert health.allowed(host, headers, given) == may


def test_a_setting_that_is_no_network_is_said_at_the_first_question():
    with pytest.raises(ValueError, match="nonsense"):
        health.allowed("127.0.0.1", {}, "nonsense")


def count(text: str, name: str) -> float:
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name)))


def test_what_it_tells(monkeypatch):
    client = TestClient(Starlette(routes=health.routes), client=("127.0.0.1", 1))
    before = client.get(health.PATH).text
    with health.run("demo"):
        pass
    after = client.get(health.PATH)
    name = 'study_run_seconds_count{part="demo"}'
    assert count(after.text, name) == (count(before, name) if name in before else 0) + 1
    assert count(after.text, "process_resident_memory_bytes") > 1e6
    assert [count(after.text, f"study_{what}") for what in ("sessions", "jobs_running", "jobs_waiting")] == [0, 0, 0]
    assert after.headers["cache-control"] == "no-store"
    monkeypatch.setenv("STUDY_METRICS_FROM", "10.0.0.0/8")
    assert client.get(health.PATH).status_code == 403
