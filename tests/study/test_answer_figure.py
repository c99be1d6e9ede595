"""A mark names a figure: which one, with which values, and what is wrong with it; the mark of a state leads back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from study.answer_figure import MARK, Flaw, figure, mark
from study.controls import Text
from study.demo import Origin, demos
from study.link import LONGEST
from study.words import app_words

T5, T6 = "t5_attention", "t6_self_attention"
SCALING = demos(T5)["scaling"]
D_K = next(p for p in SCALING.params if p.name == "d_k")


@pytest.mark.parametrize(
    "name",
    [f"{T5}/scaling?d_k=128", "T5/scaling?d_k=128", f"{T5}/scaling?{D_K.key}=128",
     f"http://127.0.0.1:8501/{T5}?{D_K.key}=128#scaling", f"/{T5}?lang=zh&{D_K.key}=128#scaling"],
)  # fmt: skip
def test_one_figure_has_many_names(name):
    named = figure(name, "en")
    assert (named.demo.name, named.values["d_k"], named.mended) == ("scaling", 128, ())


def test_values_that_are_none_are_mended_and_told():
    named = figure(f"{T5}/scaling?d_k=__import__('os')&nothing=1&preset=none&step=no", "en")
    assert named.values["d_k"] == D_K.default
    assert named.mended == ("$d_k$", "nothing", "preset", "step")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("name", "why"),
    [("", "no_lesson"), ("../../etc/passwd", "no_lesson"), ("os/system", "no_lesson"), ("//[x", "no_lesson"),
     (f"{T5}/__init__", "no_demo"), (f"{T5}", "no_demo")],
)  # fmt: skip
def test_what_is_no_figure_says_why(name, why, lang):
    with pytest.raises(Flaw) as flaw:
        figure(name, lang)
    assert str(flaw.value).startswith(app_words(lang)(f"hand_in.{why}", demos="").strip())


def test_work_shows_its_stored_run_or_says_that_there_is_none():
    assert figure(f"{T5}/train_live?seed=1", "en").evidence.origin is Origin.TRAINED_HERE
    with pytest.raises(Flaw, match=app_words("en")("hand_in.no_run")):
        figure(f"{T5}/train_live?seed=9", "en")


@given(some.text(max_size=LONGEST))
@settings(max_examples=100, deadline=None)
def test_a_mark_leads_back_to_its_state(text):
    demo = next(d for d in demos(T6).values() if any(isinstance(p.control, Text) for p in d.params))
    p = next(p for p in demo.params if isinstance(p.control, Text))
    typed = p.control.clean(text)
    made, long = mark(demo, {q.name: q.default for q in demo.params} | {p.name: typed})
    found = MARK.fullmatch(made)
    assert found and not long
    assert not any(sign in made for sign in "`*<>[]|$\\\n~")

    def compute(_, values):
        raise AssertionError(values[p.name])

    with pytest.raises(Flaw) as flaw:
        figure(found[1], "en", compute)
    assert str(flaw.value) == f"AssertionError: {typed}"[:200]


def test_a_mark_names_its_step_and_leaves_out_what_is_too_long():
    demo = next(d for d in demos(T6).values() if any(isinstance(p.control, Text) for p in d.params))
    p = next(p for p in demo.params if isinstance(p.control, Text))
    values = {q.name: q.default for q in demo.params}
    made, long = mark(demo, values | {p.name: "x" * (LONGEST + 1)}, "scores")
    assert (made, long) == (f"{{{{figure: {T6}/{demo.name}?step=scores}}}}", [p.name])
    assert mark(demo, values) == (f"{{{{figure: {T6}/{demo.name}}}}}", [])
