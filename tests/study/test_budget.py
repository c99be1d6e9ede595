"""How much computing one session can ask for: a reader never meets the end of it, a script waits and is told so."""

import time
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from study import budget
from study.budget import MOST, SHARE, Budget
from study.shell import pace
from study.words import app_words

SCRIPT = """
from study.demo import demos
from study.look import Look
from study.notes import Lesson
from study.shell.card import card
from study.shell.session import here, value

here().lang, here().near = value("lang"), {"t5_attention.scaling"}
card(demos("t5_attention")["scaling"], Lesson("t5_attention").demo_words(here().lang, "scaling"), Look("light"))
"""


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test turns: .now and .worked, seconds; who sleeps turns it, too."""
    turned = SimpleNamespace(now=1000.0, worked=0.0, slept=[])

    def sleep(seconds: float) -> None:
        turned.slept.append(seconds)
        turned.now += seconds

    monkeypatch.setattr(budget, "monotonic", lambda: turned.now)
    monkeypatch.setattr(budget, "thread_time", lambda: turned.worked)
    monkeypatch.setattr(pace, "sleep", sleep)
    return turned


def compute(left: Budget, clock, seconds: float) -> None:
    with left.spending():
        clock.worked += seconds
        clock.now += seconds


def test_a_hand_on_an_expensive_slider_never_waits(clock):
    """Ten minutes, two values a second, each a fifth of a second of computing: twice what the dearest demo takes."""
    left = Budget()
    for _ in range(1200):
        assert left.wait() == 0
        compute(left, clock, 0.2)
        clock.now += 0.3


def test_a_script_gets_its_share_and_no_more(clock):
    left, began, computed = Budget(), clock.now, 0.0
    while clock.now < began + 600:
        clock.now += left.wait()
        compute(left, clock, 1.0)
        computed += 1
    assert computed <= MOST + SHARE * 600 + 1
    assert computed >= SHARE * 600


def test_what_fails_costs_too_and_rest_fills_no_more_than_it_holds(clock):
    left = Budget()
    with pytest.raises(ValueError), left.spending():
        clock.worked += MOST + 2
        raise ValueError
    assert left.wait() == pytest.approx(2 / SHARE)
    clock.now += 1e6
    assert left.wait() == 0 and left.left == MOST


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_who_asks_too_much_waits_is_told_and_gets_what_they_asked_for(lang, clock, monkeypatch):
    app, told, said = AppTest.from_string(SCRIPT, default_timeout=60), app_words(lang)("paced"), []
    monkeypatch.setattr(pace.st, "empty", lambda: SimpleNamespace(caption=said.append, empty=said.clear))
    app.session_state["lang"] = lang
    app.run()
    assert not app.exception and not clock.slept
    memory, heard = app.session_state["_here"], []
    monkeypatch.setattr(pace, "sleep", lambda seconds, turn=pace.sleep: (heard.extend(said), turn(seconds)))
    memory.budget.left = -1.0
    app.session_state["t5_attention.scaling.d_k"] = 32
    app.run()
    assert not app.exception
    assert set(heard) == {told} and not said  # as long as it waits
    assert sum(clock.slept) == pytest.approx(1 / SHARE)
    assert memory.drawn["t5_attention.scaling"]["d_k"] == 32


def test_the_clock_of_the_budget_is_that_of_this_thread():
    left = Budget()
    with left.spending():
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass
    assert left.left < MOST
