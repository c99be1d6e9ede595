"""The contract's own parts: controls, links, views, drawings, notes, quiz grading."""

import base64
import json
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study import link
from study.controls import Cell, Choice, Numbers, Seed, SeedControl, Sentence, Slider, Text, Texts, Toggle, When
from study.demo import Claim, Demo, Evidence, Origin, Progress, Refusal, read
from study.figures import draw, draw_all, figure
from study.notes import Item, Words, _item, colored, lessons, linked, pieces
from study.places import places
from study.quiz import close, shuffled
from study.theme import number, visible
from study.token_views import Span, TokenLines, Tokens
from study.views import Bars, Chain, Heatmap, Heatmaps, Histogram, Lines, Points, Say, Scatter, Series, Table

lessons_by_stem = {lesson.stem: lesson for lesson in lessons}
any_text = st.text(max_size=60)
CONTROLS = [Slider(1, 512, scale="log"), Slider(0.01, 100.0, scale="log"), Slider(0, 11), Slider(0.0, 1.0, step=0.05),
            SeedControl(), Choice("toy", "bert"), Toggle(), Text(20), Cell(24), Numbers("a", "b", most=3)]  # fmt: skip

ALMOST = ["1-2", "9-99", "-1--3", "1,2;,3", "1e9,-0;nan,2;1,1;2,2"]


def sample(
    sentence: Annotated[str, Sentence(100)] = "a b",
    size: Annotated[int, Slider(1, 8)] = 3,
    source: Annotated[str, Choice("toy", "bert")] = "toy",
    depth: Annotated[int, Slider(1, 4), When(source="toy")] = 2,
    seed: Seed = 0,
) -> Evidence:
    return Evidence(Bars(np.full(size, depth), [str(i) for i in range(size)]), origin=Origin.TOY)


def demo() -> Demo:
    return read("x9_sample", sample)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: type(c).__name__ + getattr(c, "scale", ""))
@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(raw=st.one_of(any_text, st.integers().map(str), st.floats().map(str), st.sampled_from(ALMOST)))
def test_anything_in_a_link_gives_a_valid_value_or_an_expected_error(control, raw):
    try:
        value = control.clean(control.parse(raw))
    except (ValueError, KeyError, OverflowError):
        return
    assert control.clean(value) == value
    if isinstance(control, Slider):
        assert control.low <= value <= control.high
        assert isinstance(value, int) or not control.whole
    if isinstance(control, Cell):
        assert all(0 <= v < control.size for v in value)
    assert (
        control.clean(control.parse(control.text(value))) == pytest.approx(value, rel=1e-5)
        if isinstance(value, float)
        else control.clean(control.parse(control.text(value))) == value
    )


def test_links_restore_values_and_say_what_was_bad():
    query, long = link.write(demo(), {"sentence": "c d", "size": 5, "source": "bert", "depth": 2, "seed": 0})
    assert query == {"x9_sample.sentence": "c d", "x9_sample.sample.size": "5", "x9_sample.sample.source": "bert"}
    assert long == []
    assert link.read(demo(), query) == ({"sentence": "c d", "size": 5, "source": "bert"}, [])
    values, bad = link.read(demo(), {"x9_sample.sample.size": "999", "x9_sample.sample.source": "moon", "other": "1"})
    assert values == {"size": 8} and bad == ["size", "source"]
    assert link.write(demo(), {"sentence": "x" * 600, "size": 3, "source": "toy", "depth": 2, "seed": 0}) == (
        {},
        ["sentence"],
    )


def test_a_hidden_control_has_its_default_and_texts_are_checked():
    assert demo().values({"source": "bert", "depth": 4})["depth"] == 2
    with pytest.raises(Refusal) as refused:
        demo()(sentence=" \u200b\t")
    assert refused.value.key == "empty"
    with pytest.raises(Refusal) as refused:
        demo()(sentence="x" * 101)
    assert refused.value.key == "too_many_characters" and refused.value.values == {"characters": 101, "limit": 100}
    with pytest.raises(TypeError, match="no control"):
        demo()(typo=1)


def test_a_parameter_without_control_or_default_is_an_error():
    def bad(x: int = 3) -> Evidence: ...

    with pytest.raises(TypeError, match="needs a control"):
        read("x9_sample", bad)


def test_work_yields_and_can_be_stopped():
    def train(steps: Annotated[int, Slider(1, 9)] = 3, progress: Progress = None):
        for i in range(steps):
            progress.report((i + 1) / steps)
            yield Evidence(Chain([("step", i)]), origin=Origin.TOY)

    work = Progress()
    running = read("x9_sample", train).start(work, steps=4)
    next(running)
    assert work.done == 0.25
    assert read("x9_sample", train)(steps=4).views[0].links == (("step", 3.0),)


def test_views_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="does not fit"):
        Heatmap(np.zeros((2, 3)), ["a"], ["b"])
    with pytest.raises(ValueError, match="weights in"):
        Heatmaps(np.full((1, 1, 2, 2), 1.5), ["L0"], ["H0"], "ab", "ab")
    with pytest.raises(ValueError, match="differ"):
        Series("s", [1, 2], [1])
    with pytest.raises(ValueError, match="differ"):
        Points("s", [1, 2], [1, 2], ["a"])
    with pytest.raises(ValueError, match="no point"):
        Scatter([Points("s", [1], [2], ["a"])], "x", "y", selected=(0, 1))
    with pytest.raises(ValueError, match="at least one view"):
        Evidence(origin=Origin.TOY)


VIEWS = [
    Heatmap(
        [[0.5, -1], [2, np.nan]], ["a", "a"], ["<b>", "x" * 50], "t", "x", "y", masked=[[0, 1], [0, 0]], selected=(0, 1)
    ),
    Heatmaps(np.random.default_rng(0).random((2, 3, 4, 4)), ["L0", "L1"], ["H0", "H1", "H2"], "abcd", "abcd", "t"),
    Lines([Series("s", [1, 2], [3, 4], low=[2, 3], high=[4, 5])], "x", "y", log_x=True, here=2),
    Scatter([Points("s", [1, 2], [3, 4], ["<b>", "q"]), Points("r", [9], [5], ["x"])], "x", "y", log_x=True,
            selected=(1, 0)),
    Bars({"a": [1, 2], "b": [3, 4]}, ["p", "q"], "x", "y", spread={"b": ([2, 4], [5, 4])}),
    Histogram({"a": np.arange(100), "b": np.arange(50)}, "x"),
    Chain([("a", 1), ("b", float("-inf"))]),
    Table(["a", "b"], [[1, "x"], [Say("k"), 2.5]]),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_is_drawn_as_plain_json_and_as_a_figure(view, theme):
    words = lambda key: key.key if isinstance(key, Say) else key  # noqa: E731
    told = json.dumps(draw(view, theme, words))
    assert "NaN" not in told and "<b>" not in told
    assert figure(view).to_dict()["data"]
    columns, rows = view.table()
    assert rows and all(len(row) == len(columns) for row in rows)


def test_texts_of_a_scatter_keep_out_of_each_others_way():
    assert places(np.array([0.0, 1.0]), np.array([0.0, 1.0]), [30, 30]) == ["top center", "top center"]
    crowd = places(np.array([0.5] * 12 + [0, 1]), np.array([0.5] * 12 + [0, 1]), [40] * 14)
    assert crowd[:3] == ["top center", "bottom center", ""] and crowd[-2:] == ["top center"] * 2
    near = np.array([0.0, 0.1, 20.0]), np.array([0.0, 0.5, 0.25])  # the first two are apart only if stretched
    assert places(*near, [30] * 3)[0] == "top center" != places(*near, [30] * 3, square=True)[0]
    alone = Scatter([Points("s", [1], [2], ["a"])], "x", "y")
    assert draw(alone, "light", str)["figure"]["layout"]["xaxis"]["range"] == [0, 2]


def test_points_of_a_group_have_a_mark_of_their_own():
    view = Scatter([Points(k, [i], [i], [k]) for i, k in enumerate("abc")], "x", "y", selected=(2, 0), square=True)
    drawn = draw(view, "dark", str)["figure"]
    *groups, ring = drawn["data"]
    assert len({g["marker"]["symbol"] for g in groups}) == len({g["marker"]["color"] for g in groups}) == 3
    assert ring["x"] == groups[2]["x"] and drawn["layout"]["yaxis"]["scaleanchor"] == "x"
    assert view.table()[1][2] == [Say("c"), "c", 2.0, 2.0]


def test_keys_in_a_tables_rows_are_told_apart_from_data():
    assert Chain([("dot", 1)]).table()[1] == [[Say("dot"), 1.0]]
    assert Lines([Series(Say("head", layer=3), [1], [2])], "x", "y").table()[1] == [[Say("head", layer=3), 1.0, 2.0]]


def test_heatmaps_of_a_group_share_their_scale():
    a, b = (Heatmap([[v]], ["r"], ["c"], group="g") for v in (1.0, 5.0))
    assert [d["figure"]["data"][0]["zmax"] for d in draw_all((a, b), "light", str)] == [5.0, 5.0]


def test_numbers_and_tokens_are_readable():
    assert [number(v) for v in (0, 1.0, 0.31041, -1.2e-7, float("inf"), float("nan"), 123456)] == [
        "0", "1", "0.3104", "−1.2e−07", "∞", "–", "123456",
    ]  # fmt: skip
    assert visible("a b\n\x00") == "a b␊␀"
    assert visible(" a") == "␣a" and visible("  ") == "␣␣"
    assert visible("") == "∅"
    assert len(visible("x" * 100)) <= 14


def test_notes_are_cut_at_their_demos_and_coloured():
    assert pieces("one\n\n<!-- demo: a -->\n\ntwo\n<!-- demo: b -->") == [
        ("text", "one"), ("demo", "a"), ("text", "two"), ("demo", "b"),
    ]  # fmt: skip
    assert (
        colored(r"$\textcolor{royalblue}{Q}\textcolor{red}{x}$", "dark")
        == r"$\textcolor{#60A5FA}{Q}\textcolor{red}{x}$"
    )


def test_a_stop_after_an_inline_formula_stays_with_it():
    told = colored("$a$ 与 $b$，`$c$，`\n$$\nd\n$$\n。$e$", "light")
    assert told == "$a$ 与 $b\\text{，}$\u200b`$c$，`\n$$\nd\n$$\n。$e$"


def test_a_demo_named_in_a_note_is_a_link_to_it():
    assert linked("见 `scaling` 一节，`x`", lessons_by_stem["t5_attention"], "zh") == (
        f"见 [{lessons_by_stem['t5_attention'].demo_words('zh', 'scaling')('title')}](#scaling)一节，`x`"
    )
    assert "](#scaling) and" in linked("`scaling` and", lessons_by_stem["t5_attention"], "en")


def test_a_missing_text_names_itself():
    with pytest.raises(KeyError, match=r"en/x\.yaml: no text for 'a\.c'"):
        Words("en", {"a": {"b": "text"}}, "x.yaml")("a.c")


def test_quiz_items():
    item = _item({"ask": "?", "right": [{"say": "a", "because": "b"}], "wrong": [{"say": "c", "because": "d"}]})
    assert item.kind == "choice" and {c.say: c.right for c in shuffled(item, "s")} == {"a": True, "c": False}
    assert shuffled(item, "s") == shuffled(item, "s")
    assert _item({"ask": "?", "number": {"value": 3, "abs": 0.1}, "because": "x"}).kind == "number"
    assert Item("?", demo="d", claim="c").kind == "predict"
    assert close(0.97, 1.0) and not close(0.9, 1.0)


def test_claim_operations():
    assert Claim("x", 1, 1).op == "=" and Claim("x", 1, 1, abs=1e-6).op == "≈"
    with pytest.raises(ValueError, match="unknown comparison"):
        Claim("x", 1, 1, op="<")


# --- views of tokens -------------------------------------------------------------------------------------------------
def chips(**more) -> Tokens:
    spans = [Span(0, 1, "right"), Span(1, 2, "clip", Say("says", n=2)), Span(0, 2, "right"), Span(1, 3, "clip")]
    return Tokens(["the", "the", "cat"], [*spans, Span(2, 3, "wrong")],
                  {"right": "found", "clip": "clipped", "wrong": "missing"}, **more)  # fmt: skip


def test_chips_carry_their_marks_and_overlapping_spans_get_lanes_of_their_own():
    view = chips()
    assert [[(s.start, s.stop) for s in row] for row in view.lanes()] == [[(0, 2)], [(1, 3)]]
    drawing = draw(view, "light", lambda k: k if isinstance(k, str) else f"{k.key} {dict(k.values)}")
    assert [t["mark"] for t in drawing["tokens"]] == ["right", "clip", "wrong"]
    assert drawing["tokens"][1]["note"] == "says {'n': 2}" and drawing["lanes"][1][0][:3] == [1, 3, "clip"]
    assert drawing["legend"] == [["right", "found"], ["clip", "clipped"], ["wrong", "missing"]]
    assert {k if isinstance(k, str) else k.key for k in [*view.keys()]} == {"found", "clipped", "missing", "says"}
    assert view.table()[1][0] == ["the", 1, Say("found")]


@pytest.mark.parametrize("span", [Span(0, 4, "right"), Span(2, 2, "right"), Span(-1, 1, "right"), Span(0, 1, "blue")])
def test_spans_lie_in_the_text(span):
    with pytest.raises(ValueError):
        Tokens(["a", "b", "c"], [span], {"right": "x", "blue": "y"})


def test_marks_have_a_legend():
    with pytest.raises(ValueError, match="legend"):
        Tokens(["a"], [Span(0, 1, "right")])


def test_what_is_typed_stays_text_in_drawings_of_tokens():
    view = Tokens(["<b>", "a\x00b", " "], [], title="t")
    assert [t["text"] for t in draw(view, "dark", str)["tokens"]] == ["<b>", "a␀b", "␣"]


def test_token_lines_keep_their_weights_as_bytes():
    z = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 4))  # (H, T, S)
    view = TokenLines(list("abcd"), list("xyz"), z, ["H0", "H1"], head=1, threshold=0.1, focus=2)
    drawing = draw(view, "light", str)
    back = np.frombuffer(base64.b64decode(drawing["z"]), np.uint8).reshape(drawing["shape"]) / 255
    assert np.abs(back - z).max() <= 0.5 / 255 + 1e-6
    assert len(set(drawing["colors"])) == 2 and drawing["head"] == 1 and drawing["focus"] == 2
    columns, rows = view.table()
    assert len(rows) == 4 and rows[0][0] == "H1" and len(columns) == 2 + 3
    assert figure(view) is not None


@pytest.mark.parametrize("z", [np.full((1, 2, 3), 1.5), np.zeros((1, 3, 2)), np.full((1, 2, 3), -0.1)])
def test_token_lines_refuse_what_is_no_weight(z):
    with pytest.raises(ValueError):
        TokenLines(["a", "b"], ["x", "y", "z"], z, ["H"])


def test_several_lines_of_text_are_counted():
    control = Texts(limit=40, most=2)
    control.check(" a \n\n b ")
    assert control.lines(" a \n\n b ") == ["a", "b"]
    for value, key in (("\n \n", "empty"), ("a\nb\nc", "too_many_lines"), ("a" * 41, "too_many_characters")):
        with pytest.raises(Refusal) as caught:
            control.check(value)
        assert caught.value.key == key


def test_an_optional_text_may_be_empty():
    Text(10, optional=True).check("")
    with pytest.raises(Refusal):
        Text(10).check(" ")
    with pytest.raises(Refusal):
        Text(10, optional=True).check("a" * 11)


def test_a_table_of_numbers_is_cleaned():
    control = Numbers("a", "b", low=0, high=5, most=3)
    assert control.clean([(1, 2.00004), (float("nan"), None), (-1, 9), (None, 3)]) == ((1, 2), (0, 5), (None, 3))
    assert len(control.clean([(1, 1)] * 9)) == 3 and control.clean([]) == ()
    assert control.text(((1, 2.5), (None, 3))) == "1,2.5;,3" and control.parse("1,2.5;,3") == ((1, 2.5), (None, 3))
    assert control.parse("") == () and control.text(((0.1234, 1),)) == "0.1234,1"
    for bad in ([(1, 2, 3)], [(1,)], [(float("inf"), 1)]):
        with pytest.raises(ValueError):
            control.clean(bad)


def test_only_complete_rows_of_a_table_count():
    control = Numbers("a", "b")
    assert control.complete(((1, 2), (None, 3), (4, None))) == [(1, 2)]
    control.check(((1, 2), (None, 3)))
    for value in ((), ((None, 3),)):
        with pytest.raises(Refusal) as caught:
            control.check(value)
        assert caught.value.key == "empty_table"


def test_bars_of_several_seeds_show_their_spread():
    view = Bars({"a": [1, 2], "b": [3, 4]}, ["p", "q"], spread={"b": ([2, 4], [5, 4.5])})
    plain, spread = draw(view, "light", str)["figure"]["data"]
    above, below = (base64.b64decode(spread["error_y"][side]["bdata"]) for side in ("array", "arrayminus"))
    assert "error_y" not in plain
    assert np.frombuffer(above, "f4").tolist() == [2, 0.5] and np.frombuffer(below, "f4").tolist() == [1, 0]
