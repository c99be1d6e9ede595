"""What components of ours are read as, and the drawings that all readers share."""

import copy
import inspect
from dataclasses import replace
from types import SimpleNamespace

from streamlit.components.v2 import presentation
from streamlit.components.v2.bidi_component import main as mounted

from study.demo import demos
from study.look import Look
from study.notes import lessons
from study.shell import component, drawn
from study.words import DemoWords

LESSON = next(lesson for lesson in lessons if lesson.number == "T5")
SCALING = demos(LESSON.stem)["scaling"]


def read(state, *events):
    """A component's state as the page reads it, once the browser has said this."""
    session = SimpleNamespace(_new_widget_state={"its events": list(events)} if events else {})
    return mounted.make_bidi_component_presenter("its events", "its id", {"theme"})(state, session)


def test_a_component_is_read_as_its_state_and_what_it_said():
    said = read({"theme": "dark"}, {"event": "click", "value": {"cell": [1, 2]}}, {"event": "theme", "value": "light"})
    assert said.click == {"cell": [1, 2]}
    assert said["theme"] == said.theme == "dark"
    assert said.other is None
    assert copy.deepcopy({"a": said})["a"] is said


def test_a_component_that_said_nothing_is_its_state():
    assert read({"theme": "dark"}) == {"theme": "dark"}
    assert read({"theme": "dark"}, "no event", {"value": 1}) == {"theme": "dark"}
    assert read(None) is None


def test_ours_takes_what_streamlits_takes():
    assert mounted.make_bidi_component_presenter is component._presenter
    wanted = inspect.signature(presentation.make_bidi_component_presenter)
    given = wanted.bind("its events", component_id="its id", allowed_state_keys=set())
    assert callable(component._presenter(*given.args, **given.kwargs))


def test_drawings_are_shared_where_views_look_and_texts_are_the_same():
    views, words = SCALING().views, LESSON.demo_words("en", "scaling")
    first = drawn.drawings(views, Look("light"), words)
    assert drawn.drawings(views, Look("light"), LESSON.demo_words("en", "scaling")) is first
    renamed = DemoWords("en", {**words.texts, "panels": {**words.texts["panels"]}}, words.where)
    others = [
        drawn.drawings(views, Look("dark"), words),
        drawn.drawings(views, Look("light"), LESSON.demo_words("zh", "scaling")),
        drawn.drawings((replace(views[0], title=views[1].title), *views[1:]), Look("light"), words),
    ]
    assert all({d.name for d in other} != {d.name for d in first} for other in others)
    assert drawn.drawings(views, Look("light"), renamed) is not first
