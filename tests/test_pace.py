"""When a run waits: after the card that the reader of a new page waits for; and how it gives way to another page."""

import pytest
import streamlit as st

from study.note_text import flat, pieces
from study.notes import lessons
from study.once import in_a_run
from study.shell import note, pace, session
from tests.test_pages import opened

T5 = next(lesson for lesson in lessons if lesson.number == "T5")


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """The demos and pictures in the order in which they are drawn; "…" where the browser is given its time."""
    order: list[str] = []
    for name in ("card", "picture"):
        monkeypatch.setattr(note, name, lambda demo, *_: order.append(demo.name))
    monkeypatch.setattr(note, "first_drawn", lambda: order.append("…"))
    return order


def in_sight(awaited: str) -> list[str]:
    """The demos of T5 that a page draws where this one is named: those of a box that is closed wait in it."""
    cut = [piece for _, body in T5.sections("en") for piece in pieces(body)]
    kept = [(piece.kind, [inner.text for inner in flat([piece]) if inner.kind == "demo"]) for piece in cut]
    return [name for kind, names in kept if kind == "demo" or awaited in names for name in names]


@pytest.mark.parametrize(
    ("query", "awaited"),
    [({}, "by_hand"), ({"t5_attention.scaling.d_k": "128"}, "scaling"), ({"t5_attention.race.n": "64"}, "race")],
    ids=["the first", "the one in the link", "the one in the link, in a box"],
)
def test_what_is_awaited_comes_before_the_rest_and_once(query, awaited, drawn):
    app = opened("en", T5.stem, **query)
    at = drawn.index("…")
    assert drawn[at - 1] == awaited
    assert [*drawn[:at], *drawn[at + 1 :]] == in_sight(awaited)
    assert 3 <= len(in_sight(awaited)) < len(T5.demos)
    drawn.clear()
    app.run()
    assert drawn == in_sight(awaited)


def test_without_a_browser_nobody_waits(monkeypatch):
    monkeypatch.setattr(pace, "sleep", lambda _: pytest.fail("it waits"))
    pace.first_drawn()


def test_a_run_that_waits_gives_way_each_time(monkeypatch):
    """What is looked up once a run would serve a wish for another page only the first time."""
    reads: list[str] = []

    class State(dict):
        def get(self, key, default=None):
            reads.append(key)
            return super().get(key, default)

    monkeypatch.setattr(st, "session_state", State(_here=session.Here()))
    with in_a_run():
        session.here()
        reads.clear()
        session.give_way()
        session.give_way()
    assert len(reads) == 2
