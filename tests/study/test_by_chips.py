"""Which demos have chips for the widget of their one choice, and which keep it."""

from typing import Annotated

import pytest

from study import lecture
from study.by_chips import by_chips
from study.controls import Block, Choice, Slider
from study.demo import Demo, Evidence, demos, read

Kind = Annotated[str, Choice("a", "b")]
BOTH = {"first": {}, "second": {"kind": "b"}}


def demo(function, presets) -> Demo:
    made = read("x1_none", function)
    return Demo(made.stem, made.name, function, made.params, presets=presets)


def alone(kind: Kind = "a", box: Annotated[str, Block("x", "y")] = "x") -> Evidence: ...


def beside(kind: Kind = "a", n: Annotated[int, Slider(1, 3)] = 1) -> Evidence: ...


def test_chips_for_all_options_are_the_widget_and_a_step_does_not_count():
    assert by_chips(demo(alone, BOTH)).name == "kind"
    assert by_chips(demo(alone, BOTH | {"again": {"kind": "b", "step": "numbers"}})).name == "kind"
    assert lecture.controls(demo(alone, BOTH)) == []


@pytest.mark.parametrize(
    ("function", "presets"),
    [
        (alone, {}),
        (alone, {"second": {"kind": "b"}}),  # none for "a"
        (alone, BOTH | {"more": {"box": "y"}}),  # one that does more
        (beside, BOTH),  # a choice that keeps the slider's value is of use
    ],
)
def test_otherwise_the_choice_stays(function, presets):
    assert by_chips(demo(function, presets)) is None
    assert "kind" in lecture.controls(demo(function, presets))


def test_the_exercise_of_the_paper_has_a_chip_for_each_claim():
    assert by_chips(demos("b1_paper_map")["which_table"]).name == "statement"
