"""The drawing of both stacks: every block once, none on another, words in every language."""

import itertools

import pytest

from study.views import Diagram, Say
from study.views.diagram import Arrow, Box
from study.views.stacks import BLOCKS, DECODER, ENCODER, HEIGHT, WIDTH, stacks
from study.words import app_words, languages


def blocks(parts) -> list[Box]:
    """The boxes of the blocks, without the frames around a layer."""
    return [part for part in parts if isinstance(part, Box) and part.text]


def test_every_block_is_drawn_once_and_on_no_other():
    drawn = blocks(Diagram(stacks(), WIDTH, HEIGHT).parts)
    assert [box.text.key for box in drawn] == [f"stack_{name}" for name in BLOCKS]
    for a, b in itertools.combinations(drawn, 2):
        apart = (a.x + a.width <= b.x, b.x + b.width <= a.x, a.y + a.height <= b.y, b.y + b.height <= a.y)
        assert any(apart), f"{a} lies on {b}"


def test_blocks_stand_in_the_order_of_computing():
    for names in (ENCODER, DECODER):
        tops = [box.y for box in blocks(stacks()) if box.text.key.removeprefix("stack_") in names]
        assert tops == sorted(tops, reverse=True)


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_one_stack_stands_where_it_does_beside_the_other(stack):
    alone, both = stacks(parts=(stack,)), stacks()
    assert all(part in both for part in alone)
    assert any(isinstance(part, Arrow) and part.width > 2 for part in both)  # from the encoder's output
    assert not any(isinstance(part, Arrow) and part.width > 2 for part in alone)


def test_lit_blocks_are_filled_and_texts_take_the_place_of_names():
    drawn = blocks(stacks(lit={"memory"}, texts={"memory": "(1, 9, 256)"}, layers=3))
    assert [box.text for box in drawn if box.filled] == ["(1, 9, 256)"]
    assert sum(box.dashed for box in drawn) == len(BLOCKS) - 1


def test_a_stack_without_a_lit_block_is_faint_with_its_arrows():
    parts = stacks(lit={"memory"})
    arrows = [part for part in parts if isinstance(part, Arrow)]
    faint = {part.role == "mask" for part in arrows if part.points[-1][0] > WIDTH / 2}
    full = {part.role == "mask" for part in arrows if part.points[-1][0] < WIDTH / 2}
    assert faint == {True} and full == {False}


@pytest.mark.parametrize("wrong", [{"lit": {"pooler"}}, {"parts": ("middle",)}, {"texts": {"x": "y"}}])
def test_what_there_is_not_is_refused(wrong):
    with pytest.raises(ValueError, match="no blocks or stacks"):
        stacks(**wrong)


@pytest.mark.parametrize("lang", languages())
def test_its_words_are_common_labels(lang):
    keys = {part.text.key for part in stacks() if isinstance(getattr(part, "text", ""), Say)}
    assert all(app_words(lang).has(f"labels.{key}") for key in keys)
