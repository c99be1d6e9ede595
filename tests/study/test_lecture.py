"""The link of a lecture: what it names, what it sets a demo to, and what becomes of a bad one."""

import pytest

from study import lecture, link
from study.demo import demos
from study.lecture import Item, pasted, read, shown, state, write
from study.notes import lessons

T5 = "t5_attention"
STEPS = demos(T5)["step_by_step"]
SCALING = demos(T5)["scaling"]


def test_a_link_names_cards_over_lessons_in_any_order():
    text = f"b3_wordpiece.split,{T5}.scaling:d_k=128;pin=d_k,{T5}.scaling"
    found = read(text, lessons)
    assert [item.key for item in found.items] == ["b3_wordpiece.split", f"{T5}.scaling", f"{T5}.scaling"]
    assert found.items[1].pins == ("d_k",) and not found.bad and not found.cut
    assert write(found.items) == text


def test_a_lesson_alone_is_all_of_its_demos_as_the_reader_has_them():
    lesson = next(le for le in lessons if le.stem == T5)
    items = read(T5, lessons).items
    assert [item.demo for item in items] == lesson.demos and all(item.is_mine for item in items)
    assert read(write(items), lessons).items == items


@pytest.mark.parametrize(
    "bad",
    ["t5_attention.nothing", "x99_none", "../../etc/passwd", "<b>t5</b>", "\x00", "🙂", "t5_attention.scaling.d_k"],
)
def test_what_names_nothing_is_told_and_the_rest_is_shown(bad):
    found = read(f"{bad},{T5}.scaling", lessons)
    assert [item.key for item in found.items] == [f"{T5}.scaling"] and found.bad == (bad,)


def test_nothing_and_too_much():
    assert read("", lessons) == lecture.Lecture() == read(" , ,", lessons)
    many = read(",".join([f"{T5}.scaling"] * 500), lessons)
    assert len(many.items) == lecture.MOST and many.cut
    assert read("x" * 10**6, lessons).cut


def test_an_item_sets_every_control():
    """Its preset's values, then its own, all else to its default; the step that it names, or its preset's."""
    name, preset = next((name, preset) for name, preset in STEPS.presets.items() if "step" in preset)
    whole = state(STEPS, read(f"{T5}.step_by_step:preset={name}", lessons).items[0])
    assert whole.step == preset["step"] and not whole.mended and not whole.unknown
    assert whole.values == {p.name: preset.get(p.name, p.default) for p in STEPS.params}
    one = state(SCALING, Item(T5, "scaling", (("d_k", "100000"), ("step", "x"), ("nothing", "1"), ("preset", "none"))))
    d_k = next(p for p in SCALING.params if p.name == "d_k")
    assert one.values["d_k"] == d_k.control.high and one.step == "x"
    assert one.mended == ("d_k",) and set(one.unknown) == {"nothing", "preset"}


@pytest.mark.parametrize("stem", [lesson.stem for lesson in lessons])
def test_what_is_shown_is_read_back_as_it_was(stem):
    for demo in demos(stem).values():
        for preset in ({}, *demo.presets.values()):
            values = {p.name: preset.get(p.name, p.default) for p in demo.params}
            item = shown(demo, values, preset.get("step", ""))
            (back,) = read(item.text, lessons).items
            assert back == item and state(demo, back) == link.State(values, preset.get("step", ""))


def test_a_text_with_all_its_marks_comes_back():
    text = "a,b;c=d:e%2C “f” 🙂 &?#+"
    sentence = next(p for p in STEPS.params if p.name == "sentence")
    item = shown(STEPS, {p.name: p.default for p in STEPS.params} | {"sentence": text})
    (back,) = read(item.text, lessons).items
    assert state(STEPS, back).values[sentence.name] == text


def test_pins_are_set_and_taken_away():
    item = Item(T5, "scaling", (("d_k", "8"),))
    assert item.pinned(["d_k", "seed"]).text == f"{T5}.scaling:d_k=8;pin=d_k.seed"
    assert item.pinned(["d_k"]).pinned([]) == item


def test_a_link_that_was_copied_under_a_demo_is_an_item():
    address = f"http://127.0.0.1:8501/{T5}?lang=zh&{T5}.scaling.d_k=128&{T5}.scaling.step=s&{T5}.sentence=a,b#scaling"
    (item,) = pasted(address, lessons).items
    assert item.key == f"{T5}.scaling" and dict(item.given) == {"d_k": "128", "step": "s", "sentence": "a,b"}
    assert pasted(f"http://x/lecture?show={T5}.scaling%3Ad_k%3D8", lessons).items[0].text == f"{T5}.scaling:d_k=8"
    assert pasted(f" {T5}.scaling ", lessons).items == (Item(T5, "scaling"),)


@pytest.mark.parametrize("address", ["http://[", "https://example.org/", "what?", "http://x/t5_attention#none"])
def test_a_link_to_something_else_is_told(address):
    found = pasted(address, lessons)
    assert not found.items and found.bad


def test_the_controls_that_can_stay_on_the_screen():
    assert "d_k" in lecture.controls(SCALING) and "cell" not in lecture.controls(STEPS)
