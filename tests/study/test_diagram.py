"""A drawing whose boxes can be chosen: its names, its buttons, and what stands in it as text."""

import re

import pytest

from study.figures import as_is, draw
from study.look import Look
from study.views import Diagram
from study.views.diagram import Arrow, Box

ENCODER, DECODER = Box(0, 0, 80, 30, "En", name="encoder"), Box(0, 60, 80, 30, "De", name="decoder")
UP = Arrow(((40, 30), (40, 60)))


def svg(*parts, **settings) -> str:
    return draw(Diagram(parts, 100, 100, **settings), Look(), as_is)["svg"]


def test_a_drawing_without_names_is_one_image():
    drawn = svg(Box(0, 0, 80, 30, "En"), UP)
    assert "role='img'" in drawn and "data-block" not in drawn


@pytest.mark.parametrize(("selected", "pressed", "reached"), [("", [], "encoder"), ("decoder", ["decoder"], "decoder")])
def test_named_boxes_are_buttons_of_which_tab_reaches_one(selected, pressed, reached):
    drawn = svg(ENCODER, UP, DECODER, pick="block", selected=selected)
    assert re.findall(r"data-block='(\w+)'", drawn) == ["encoder", "decoder"]
    assert re.findall(r"data-block='(\w+)' role='button' tabindex='-?\d' aria-pressed='true'", drawn) == pressed
    assert re.findall(r"data-block='(\w+)' role='button' tabindex='0'", drawn) == [reached]
    assert "role='group'" in drawn and "aria-label='En'" in drawn


def test_a_text_is_no_markup():
    drawn = svg(Box(0, 0, 80, 30, '<b onclick="x">', name="a\"b'c"), pick="block")
    assert "<b " not in drawn and "data-block='a&quot;b&#x27;c'" in drawn and '"' not in drawn


@pytest.mark.parametrize(
    ("parts", "settings"),
    [
        ([ENCODER], {}),  # a name that nothing asks for
        ([UP], {"pick": "block"}),  # nothing to choose
        ([ENCODER, ENCODER], {"pick": "block"}),
        ([ENCODER], {"pick": "block", "selected": "decoder"}),
    ],
)
def test_names_and_pick_belong_together(parts, settings):
    with pytest.raises(ValueError):
        Diagram(parts, 100, 100, **settings)
