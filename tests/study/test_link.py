"""What a link says of a demo is the same wherever it is read: in a lesson's address, in a lecture, in an answer."""

import pytest
from streamlit.testing.v1 import AppTest

from study import lecture, link
from study.answer_figure import figure
from study.demo import demos
from study.lecture import Item

STEM = "t5_attention"
SCALING, STEPS = demos(STEM)["scaling"], demos(STEM)["step_by_step"]
D_K = next(p for p in SCALING.params if p.name == "d_k")
DEFAULTS = {p.name: p.default for p in SCALING.params}
PRESET, SET = next((name, values) for name, values in STEPS.presets.items() if "step" in values)
SCRIPT = """
from study.notes import Lesson
from study.shell import address

address.adopt(Lesson("t5_attention"))
"""


def adopted(name: str, given: dict[str, str]) -> tuple[dict, str, tuple[str, ...]]:
    """What the lesson's page makes of an address with this in it: the values, the step, what was mended."""
    app, demo = AppTest.from_string(SCRIPT), demos(STEM)[name]
    for key, text in given.items():
        app.query_params[f"{STEM}.{name}.{key}"] = text
    app.run()
    assert not app.exception
    memory, key = app.session_state["_here"], f"{STEM}.{name}"
    step = memory.steps.get(key, {"name": ""})["name"]
    return {p.name: app.session_state[p.key] for p in demo.params}, step, tuple(memory.mended.get(key, []))


@pytest.mark.parametrize(
    ("given", "d_k", "mended"),
    [({"d_k": "128"}, 128, ()), ({"d_k": "10000000"}, D_K.control.high, ("d_k",)),
     ({"d_k": "__import__('os')"}, D_K.default, ("d_k",)), ({"d_k": "\x00"}, D_K.default, ("d_k",)),
     ({"d_k": ""}, D_K.default, ("d_k",)), ({"nothing": "1", "preset": "none"}, D_K.default, ())],
)  # fmt: skip
def test_a_bad_link_is_mended_in_one_way(given, d_k, mended):
    values = DEFAULTS | {"d_k": d_k}
    assert adopted("scaling", given) == (values, "", mended)
    item = lecture.state(SCALING, Item(STEM, "scaling", tuple(given.items())))
    assert (item.values, item.mended, set(item.unknown)) == (values, mended, given.keys() - {"d_k"})
    read = []

    def compute(demo, values):
        read.append(dict(values))
        return demo(**values)

    named = figure(f"{STEM}/scaling?" + "&".join(f"{k}={v}" for k, v in given.items()), "en", compute)
    assert read == [values] and len(named.mended) == len(mended) + len(item.unknown)


def test_a_preset_is_a_state_and_what_stands_beside_it_changes_it():
    whole = {p.name: SET.get(p.name, p.default) for p in STEPS.params}
    assert link.state(STEPS, {"preset": PRESET}) == link.State(whole, SET["step"])
    assert adopted("step_by_step", {"preset": PRESET}) == (whole, SET["step"], ())
    assert link.state(STEPS, {"preset": PRESET, "step": ""}).step == ""


def test_the_short_name_of_a_control_holds_where_its_long_one_is_there_too():
    both = {D_K.key: "16", "d_k": "32", f"{STEM}.scaling.step": "a"}
    assert link.state(SCALING, both) == link.State(DEFAULTS | {"d_k": 32}, "a")
    assert link.state(SCALING, {"mine": "", f"{STEM}.step_by_step.step": "b"}, ["mine"]).unknown == (
        f"{STEM}.step_by_step.step",
    )
