"""The page of a lecture through Streamlit's AppTest: cards in their order, the editor, links that name nothing."""

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from study.demo import demos
from study.notes import lessons
from study.shell import session
from study.shell.lecture import now
from study.words import app_words
from tests.test_pages import opened, text

T5, B3 = "t5_attention", "b3_wordpiece"
LESSONS = {lesson.stem: lesson for lesson in lessons}
each_lang = pytest.mark.parametrize("lang", ["zh", "en"])


def titles(app) -> list[str]:
    """The titles of the cards that are drawn."""
    return [heading.value for heading in app.subheader]


def title(stem: str, demo: str, lang: str) -> str:
    return LESSONS[stem].demo_titles(lang)[demo]


@each_lang
def test_a_page_without_a_link_says_how_to_begin(lang):
    app, words = opened(lang, "lecture"), app_words(lang)
    assert words("lecture.empty") in text(app) and not titles(app) and not app.warning
    next(button for button in app.button if button.key == "_lecture.add").click().run()
    first = lessons[0]
    assert not app.exception and titles(app) == [title(first.stem, first.demos[0], lang)]
    assert app.query_params["show"] == first.stem


@each_lang
def test_the_card_whose_turn_it_is_is_drawn_in_its_state(lang):
    app = opened(lang, "lecture", show=f"{B3}.split,{T5}.scaling:d_k=128;pin=d_k", at="2")
    assert titles(app) == [title(T5, "scaling", lang)] and not app.warning and not app.error
    assert app.session_state[f"{T5}.scaling.d_k"] == 128


@pytest.mark.parametrize("at", ["99", "0", "-1", "x", "9" * 5000])
def test_a_place_that_there_is_not(at):
    app = opened("en", "lecture", show=f"{B3}.split,{T5}.scaling", at=at)
    assert titles(app)[0] in (title(B3, "split", "en"), title(T5, "scaling", "en"))


@each_lang
@pytest.mark.parametrize("bad", ["t5_attention.none", "<script>alert(1)</script>", "\x07🙂" * 3000, "**x**"])
def test_of_a_bad_link_what_can_be_shown_is_shown(lang, bad):
    app = opened(lang, "lecture", show=f"{T5}.scaling,{bad}")
    assert titles(app) == [title(T5, "scaling", lang)]
    assert app.warning and "\x07" not in app.warning[0].value and "<script>" not in app.warning[0].value


def test_a_value_that_does_not_fit_is_told_on_the_card():
    app = opened("en", "lecture", show=f"{T5}.scaling:d_k=blue")
    assert app.session_state[f"{T5}.scaling.d_k"] == next(
        p.default for p in demos(T5)["scaling"].params if p.name == "d_k"
    )


@each_lang
def test_a_pasted_link_adds_its_card_and_a_bad_one_says_so(lang):
    app = opened(lang, "lecture", show=f"{B3}.split")
    box = next(field for field in app.text_input if field.key == "_lecture.paste")
    box.input("http://localhost:8501/nowhere#x").run()
    assert any("nowhere" in warning.value for warning in app.warning)
    box = next(field for field in app.text_input if field.key == "_lecture.paste")
    box.input(f"http://localhost:8501/{T5}?{T5}.scaling.d_k=128#scaling").run()
    assert not app.exception and not app.warning
    assert app.query_params["show"] == f"{B3}.split,{T5}.scaling:d_k=128"


def test_the_speaker_sees_the_next_card():
    app = opened("en", "lecture", show=f"{B3}.split,{T5}.scaling", view="presenter")
    assert titles(app) == [title(T5, "scaling", "en")]
    last = opened("en", "lecture", show=f"{B3}.split,{T5}.scaling", view="presenter", at="2")
    assert titles(last) == []


def test_outside_of_a_lecture_nothing_is_shown():
    assert now() == ""


def pressed(monkeypatch, lang: str, **said) -> AppTest:
    """T5, and the browser says once what it says when L is pressed."""
    app, real, waiting = opened(lang), session.event, [said]

    def event(key, name):
        return waiting.pop() if name == "lecture" and waiting else real(key, name)

    monkeypatch.setattr(session, "event", event)
    app._page_hash = calc_hash(T5)  # as tests.test_pages.opened
    app.run()
    assert not app.exception, app.exception
    return app


@each_lang
def test_the_key_l_shows_the_lesson_s_demos_from_the_one_in_sight_and_leads_back(lang, monkeypatch):
    app = pressed(monkeypatch, lang, demo="step_by_step", step="weights")
    assert titles(app) == [title(T5, "step_by_step", lang)] and app.title[0].value == app_words(lang)("pages.lecture")
    place = str(1 + LESSONS[T5].demos.index("step_by_step"))
    assert (app.query_params["show"], app.query_params["at"]) == (T5, place)
    assert app.session_state["_here"].steps[f"{T5}.step_by_step"]["name"] == "weights"
    back = app_words(lang)("lecture.back", lesson=f"T5 {LESSONS[T5].title(lang)}")
    assert back in [link.label for link in app.get("page_link")]


def test_what_names_no_demo_of_the_lesson_leads_nowhere(monkeypatch):
    assert pressed(monkeypatch, "en", demo="../x", step="").title[0].value == LESSONS[T5].title("en")
