"""The answer's box in a lesson, without a browser: light until one comes near, and what it does with bad messages."""

import io
from types import SimpleNamespace

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from study.answer_figure import figure
from study.demo import demos
from study.markdown import plain
from study.shell import drafts, put, session
from study.shell import workbook as box
from study.shell.session import Draft, Here
from study.words import app_words
from study.workbook import LONGEST, Workbook

ASKED = "t5_attention"
SCRIPT = f"""
from study.look import Look
from study.notes import Lesson
from study.shell.session import Reader, here, value
from study.shell.workbook import answer_box

here().near = set(value("near", ()))
answer_box(Lesson("{ASKED}"), Reader("en", Look("light"), {{}}))
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/workbook.sqlite")
    return Workbook()


def test_nothing_is_opened_before_the_reader_comes_near(book, monkeypatch):
    opened = []
    monkeypatch.setattr(drafts, "open_workbook", lambda: opened.append(1) or book)
    book.save("me", ASKED, "my **answer**", {"0"}, 0)
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert not app.exception and not opened and not app.toggle
    app.session_state["near"] = (f"{ASKED}._answer",)
    app.run()
    assert opened == [1] and not app.exception
    assert "my **answer**" in [text.value for text in app.markdown]
    app.toggle(f"{ASKED}._compare").set_value(True).run()
    assert not app.exception and [tick.value for tick in app.checkbox][:2] == [True, False]
    app.checkbox[1].check().run()
    assert book.answer("me", ASKED).points == {"0", "1"}


def test_a_picture_of_the_reader_s_is_put_into_the_answer_and_shown(book):
    words, out = app_words("en"), io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["near"] = (f"{ASKED}._answer",)
    app.run().toggle(f"{ASKED}._pictures").set_value(True).run()
    files = [("my plan.png", out.getvalue(), "image/png"), ("none.png", b"none", "image/png")]
    app.file_uploader[0].set_value(files).run()
    assert not app.exception, app.exception
    assert [words("photos.refused.kind") in said.value for said in app.error] == [True]
    next(button for button in app.button if button.label == words("photos.put", name="my_plan.png")).click().run()
    assert not app.exception and book.answer("me", ASKED).text == "![](my_plan.png)\n"
    assert len(app.image) == 2  # in the list, and in the preview
    book.save("me", ASKED, "![a **caption**](my_plan.png) ![](no_such.png)", (), 1)
    app = AppTest.from_string(SCRIPT, default_timeout=60)
    app.session_state["near"] = (f"{ASKED}._answer",)
    app.run()
    assert not app.exception and len(app.image) == 1
    assert words("workbook.picture_missing", name=plain("no_such.png")) in [said.value for said in app.warning]


@pytest.fixture
def heard(book, monkeypatch):
    """heard(n=1, text="…"): the browser reports; the draft afterwards."""
    state = {"_here": Here(token="ours")}
    monkeypatch.setattr(session.st, "session_state", state)

    def report(**typed) -> Draft:
        state[f"{ASKED}._answer"] = SimpleNamespace(typed=typed)
        box._typed(ASKED)
        return drafts.draft_of(ASKED)

    return report


def test_a_session_goes_on_from_its_own_last_save(heard, book):
    """A text that was sent before the last save was acknowledged is no conflict with oneself."""
    for n in (1, 2, 3):
        draft = heard(n=n, text=f"text {n}", seen=0, session="ours")
    assert (draft.seen, draft.theirs, book.answer("me", ASKED).text) == (3, None, "text 3")


def test_an_older_report_replaces_nothing(heard, book):
    heard(n=5, text="newer", seen=0, session="ours")
    heard(n=4, text="older", seen=0, session="ours")
    assert book.answer("me", ASKED).text == "newer"


def test_a_page_whose_session_was_lost_overwrites_nothing_that_was_saved_since(heard, book):
    book.save("me", ASKED, "before", (), 0)
    book.save("me", ASKED, "by another tab", (), 1)
    draft = heard(n=7, text="typed while the connection was gone", seen=1, session="an older one")
    assert draft.theirs.text == "by another tab" == book.answer("me", ASKED).text
    box._decide(ASKED, False)
    assert book.answer("me", ASKED).text == "typed while the connection was gone"
    heard(n=8, text="and on", seen=1, session="an older one")  # it has been heard: it goes on from its own save
    assert book.answer("me", ASKED).text == "and on"


@pytest.fixture
def pressed(heard):
    """pressed(text): the figure of a demo at d_k = 128, and what the card then says; text: of the answer."""

    def press(text: str, step: int = 0) -> tuple[str, tuple[str, str]]:
        heard(n=1, text=text, seen=0, session="ours")
        demo, app = demos(ASKED)["scaling"], app_words("en")
        values = {p.name: p.default for p in demo.params} | {"d_k": 128}
        offered = put.offer(demo, demo(**values), values, app)
        put.put(demo, offered, step, app)
        return offered["marks"][0], session.here().put.get(f"{ASKED}.scaling")

    return press


def test_a_figure_is_put_at_the_end_of_the_answer_and_kept(pressed, book):
    mark, told = pressed("mine  \n\n")
    assert book.answer("me", ASKED).text == f"mine\n\n{mark}\n"
    assert told == ("info", app_words("en")("put.done"))
    assert figure(mark[len("{{figure: ") : -2], "en").values["d_k"] == 128


def test_a_figure_that_cannot_be_kept_says_why(pressed, book):
    _, told = pressed("x" * LONGEST)
    assert told == ("warning", app_words("en")("workbook.unkept.too_long"))
    assert book.answer("me", ASKED).text == "x" * LONGEST


@pytest.mark.parametrize("step", [7, -1, None, "0", 1.5])
def test_a_step_that_is_none_puts_nothing(pressed, book, step):
    assert pressed("mine", step)[1] is None and book.answer("me", ASKED).text == "mine"


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"n": "1", "text": "x"},
        {"n": 1, "text": None},
        {"n": 1, "text": ["x"]},
        {"text": "x"},
        {"n": None, "text": 1},
    ],
)
def test_a_message_that_is_none_is_not_heard(heard, book, typed):
    heard(**typed)
    assert book.answer("me", ASKED) is None
