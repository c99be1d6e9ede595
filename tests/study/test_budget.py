"""How much computing one session can ask for: a reader never meets the end of it, a script waits and is told so."""

import time
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from study import budget, stored
from study.budget import MOST, SHARE, Budget
from study.demo import demos
from study.shell import pace, work
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


WORK = """
from study.demo import demos
from study.notes import Lesson
from study.shell import work

demo = demos("t5_attention")["train_live"]
work.advance(demo, Lesson("t5_attention").demo_words("en", "train_live"), {p.name: p.default for p in demo.params})
"""
EACH = 10.0  # seconds that a process is busy with a run below


class Line:
    """A queue whose process has done what it is given before anybody asks."""

    def __init__(self, clock):
        self.clock, self.started = clock, 0

    def warm(self, stem: str) -> None:
        pass

    def start(self, demo, values, spent) -> SimpleNamespace:
        self.started += 1
        self.clock.now += EACH
        spent(EACH)
        return SimpleNamespace(take=lambda: None, over=True, ahead=0, close=lambda: None)


def test_who_starts_one_training_after_the_other_gets_the_share_too_is_told_and_loses_no_wish(clock, monkeypatch):
    queue, app, button = Line(clock), AppTest.from_string(WORK, default_timeout=60), "t5_attention.train_live._go"
    monkeypatch.setattr(work, "line", lambda: queue)
    app.run()
    memory, began, waited = app.session_state["_here"], clock.now, 0
    memory.work.left = 2 * EACH
    for _ in range(12):  # a script that presses as soon as it may
        before = queue.started
        app.button(key=button).click().run()
        assert not app.exception
        while queue.started == before:
            waited += 1
            assert app_words("en")("work_paced") in [said.value for said in app.caption]
            assert app.button(key=button).label == app_words("en")("stop")
            clock.now += 1.0
            app.run()
        assert app.button(key=button).label == app_words("en")("start")
    assert queue.started == 12 and waited > 5
    assert EACH * queue.started <= 2 * EACH + SHARE * (clock.now - began) + EACH


def test_who_waits_for_work_is_told_how_long_a_stored_run_took(clock, monkeypatch):
    queue, app, button = Line(clock), AppTest.from_string(WORK, default_timeout=60), "t5_attention.train_live._go"
    under_way = SimpleNamespace(take=lambda: None, over=False, ahead=0, close=lambda: None)
    monkeypatch.setattr(queue, "start", lambda *args: under_way)
    monkeypatch.setattr(work, "line", lambda: queue)
    run, *_ = stored.load(demos("t5_attention")["train_live"])
    app.run()
    app.button(key=button).click().run()
    assert app.button(key=button).label == app_words("en")("stop")
    assert app_words("en")("work_about", seconds=round(run.seconds)) in [said.value for said in app.caption]


def test_what_waits_to_be_started_can_be_stopped(clock, monkeypatch):
    queue, app, button = Line(clock), AppTest.from_string(WORK, default_timeout=60), "t5_attention.train_live._go"
    monkeypatch.setattr(work, "line", lambda: queue)
    app.run()
    app.session_state["_here"].work.left = -1.0
    app.button(key=button).click().run()
    app.button(key=button).click().run()
    clock.now += 1e4
    app.run()
    assert queue.started == 0 and app.button(key=button).label == app_words("en")("start")


def test_who_trains_one_model_after_the_other_for_ten_minutes_never_waits(clock):
    left, began = Budget(budget.WORK, budget.WORK), clock.now
    while clock.now < began + 600:
        assert left.wait() == 0
        clock.now += 20
        left.spend(20)


def test_the_clock_of_the_budget_is_that_of_this_thread():
    left = Budget()
    with left.spending():
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass
    assert left.left < MOST
