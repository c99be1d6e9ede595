"""The contract's own parts: controls, links, views, drawings, notes, quiz grading."""

import base64
import json
import math
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study import link
from study.controls import (
    Block,
    Cell,
    Choice,
    Numbers,
    Refusal,
    Seed,
    SeedControl,
    Sentence,
    Slider,
    Text,
    Texts,
    Toggle,
    When,
)
from study.demo import Claim, Demo, Evidence, Measured, Origin, Progress, Step, read
from study.figures import draw, draw_all, figure
from study.figures.base import base64_array
from study.figures.label_places import places
from study.look import Look, between, contrast, number, visible
from study.markdown import colored, linked
from study.note_text import Piece, flat, pieces, unfolded
from study.notes import lessons
from study.quiz import Item, close, item, shuffled, told, within
from study.shell.checks import large_results
from study.views import (
    Bars,
    Chain,
    Equation,
    Heatmap,
    Heatmaps,
    Histogram,
    Lines,
    Mark,
    Points,
    Say,
    Scatter,
    Series,
    Span,
    Table,
    TokenLines,
    Tokens,
    room,
)
from study.words import Words

lessons_by_stem = {lesson.stem: lesson for lesson in lessons}
any_text = st.text(max_size=60)
CONTROLS = [Slider(1, 512, scale="log"), Slider(0.01, 100.0, scale="log"), Slider(0, 11), Slider(0.0, 1.0, step=0.05),
            SeedControl(), Choice("toy", "bert"), Toggle(), Text(20), Cell(24),
            Block("encoder", "decoder"), Numbers("a", "b", most=3)]  # fmt: skip

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
    with pytest.raises(ValueError, match="not all in a matrix"):
        Heatmap(np.zeros((2, 3)), "ab", "cde", marks=[Mark("query", row=2)])
    with pytest.raises(ValueError, match="a row or of a column"):
        Mark("query", row=0, col=0)
    with pytest.raises(ValueError, match="weights in"):
        Heatmaps(np.full((1, 1, 2, 2), 1.5), ["L0"], ["H0"], "ab", "ab")
    with pytest.raises(ValueError, match="differ"):
        Series("s", [1, 2], [1])
    with pytest.raises(ValueError, match="differ"):
        Points("s", [1, 2], [1, 2], ["a"])
    with pytest.raises(ValueError, match="no point"):
        Scatter([Points("s", [1], [2], ["a"])], x="x", y="y", selected=(0, 1))
    with pytest.raises(ValueError, match="at least one view"):
        Evidence(origin=Origin.TOY)
    with pytest.raises(ValueError, match="of a step that is not there"):
        Evidence(Tokens("ab"), measured=[Measured("m", 1, step="s")], origin=Origin.TOY)


def test_three_results_of_the_whole_and_three_of_a_step_are_told_in_large_type():
    found = [Measured(f"{step}{n}", n, step=step) for n in range(4) for step in ("t", "", "s")]
    evidence = Evidence(Step("s", Tokens("a")), Step("t", Tokens("b")), measured=found, origin=Origin.TOY)
    assert [result.name for result in large_results(evidence)] == ["0", "1", "2", "s0", "s1", "s2", "t0", "t1", "t2"]


VIEWS = [
    Heatmap(
        [[0.5, -1], [2, np.nan]],
        ["a", "a"],
        ["<b>", "x" * 50],
        "t",
        x="x",
        y="y",
        masked=[[0, 1], [0, 0]],
        selected=(0, 1),
    ),
    Heatmaps(np.random.default_rng(0).random((2, 3, 4, 4)), ["L0", "L1"], ["H0", "H1", "H2"], "abcd", "abcd", "t"),
    Lines([Series("s", [1, 2], [3, 4], low=[2, 3], high=[4, 5])], x="x", y="y", log_x=True, here=2),
    Scatter(
        [Points("s", [1, 2], [3, 4], ["<b>", "q"]), Points("r", [9], [5], ["x"])],
        x="x",
        y="y",
        log_x=True,
        selected=(1, 0),
    ),
    Bars({"a": [1, 2], "b": [3, 4]}, ["p", "q"], x="x", y="y", spread={"b": ([2, 4], [5, 4])}),
    Histogram({"a": np.arange(100), "b": np.arange(50)}, x="x"),
    Chain([("a", 1), ("b", float("-inf"))]),
    Chain([("a", 1), ("b", 2), ("c", 3)], joins=["+", "="]),
    Table(["a", "b"], [[1, "x"], [Say("k"), 2.5]]),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_view_is_drawn_as_plain_json_and_as_a_figure(view, theme):
    words = lambda key: key.key if isinstance(key, Say) else key  # noqa: E731
    told = json.dumps(draw(view, Look(theme), words))
    assert "NaN" not in told and "<b>" not in told
    assert figure(view).to_dict()["data"]
    columns, rows = view.table()
    assert rows and all(len(row) == len(columns) for row in rows)


def test_texts_of_a_scatter_keep_out_of_each_others_way():
    assert places(np.array([0.0, 1.0]), np.array([0.0, 1.0]), [30, 30]) == ["top center", "top center"]
    crowd = places(np.array([0.5] * 12 + [0, 1]), np.array([0.5] * 12 + [0, 1]), [40] * 14)
    assert sorted(crowd[:12], reverse=True)[:5] == ["top right", "top left", "bottom right", "bottom left", ""]
    assert crowd[-2:] == ["top center"] * 2  # at each corner of the crowd one text, and those beside it as ever
    near = np.array([0.0, 0.1, 20.0]), np.array([0.0, 0.5, 0.25])  # the first two are apart only if stretched
    assert places(*near, [30] * 3)[0] == "top center" != places(*near, [30] * 3, square=True)[0]
    on_a_line = np.array([0.0, 5.0, 0.0, 10.0]), np.array([0.0, 9.5, 10.0, 10.0])  # the last two are a line's ends
    assert places(*on_a_line, [30, 30, 0, 0])[:2] == ["top center", "top center"]
    assert places(*on_a_line, [30, 30, 0, 0], lines=[slice(2, 4)])[:2] == ["top center", "bottom center"]
    alone = Scatter([Points("s", [1], [2], ["a"])], x="x", y="y")
    assert draw(alone, Look("light"), str)["figure"]["layout"]["xaxis"]["range"] == [0, 2]


def test_points_of_a_group_have_a_mark_of_their_own():
    level = draw(Scatter([Points("s", [1, 2], [1, 2], ["a", "b"], joined=True)], x="x", y="y"), Look("light"), str)
    assert level["figure"]["data"][0]["mode"] == "lines"  # a level, not two more points with texts
    view = Scatter([Points(k, [i], [i], [k]) for i, k in enumerate("abc")], x="x", y="y", selected=(2, 0), square=True)
    drawn = draw(view, Look("dark"), str)["figure"]
    *groups, ring = drawn["data"]
    assert len({g["marker"]["symbol"] for g in groups}) == len({g["marker"]["color"] for g in groups}) == 3
    assert ring["x"] == groups[2]["x"] and drawn["layout"]["yaxis"]["scaleanchor"] == "x"
    assert view.table()[1][2] == [Say("c"), "c", 2.0, 2.0]


def test_keys_in_a_tables_rows_are_told_apart_from_data():
    assert Chain([("dot", 1)]).table()[1] == [[Say("dot"), 1.0]]
    assert Lines([Series(Say("head", layer=3), [1], [2])], x="x", y="y").table()[1] == [
        [Say("head", layer=3), 1.0, 2.0]
    ]


def test_a_chain_says_how_its_numbers_are_joined():
    links = [("a", 1), ("b", 2), ("c", 3)]
    added = Chain(links, joins=["+", "="])
    assert [link["sign"] for link in draw(added, Look(), str)["links"]] == ["", "+", "="]
    assert added.table() == (
        ["sign", "name", "value"],
        [["", Say("a"), 1.0], ["+", Say("b"), 2.0], ["=", Say("c"), 3.0]],
    )
    assert [link["sign"] for link in draw(Chain(links), Look(), str)["links"]] == ["", "→", "→"]
    assert Chain(links).table()[0] == ["name", "value"] and Chain([]).joins == ()
    for wrong in (["+"], ["+", "=", "="], ["+", "is"], ["+", "-"]):
        with pytest.raises(ValueError, match="joined"):
            Chain(links, joins=wrong)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("scale", "low"), [("weight", 0), ("signed", -1)])
def test_numbers_in_cells_are_read_on_every_colour_of_the_scale(theme, scale, low):
    z = np.linspace(low, 1, 144).reshape(12, 12)
    masked = np.arange(144).reshape(12, 12) == 7
    view = Heatmap(z, "abcdefghijkl", "mnopqrstuvwx", scale=scale, masked=masked)
    cells, numbers = draw(view, Look(theme), str)["figure"]["data"]
    shown = [z[i, j] for i in range(12) for j in range(12) if not masked[i, j]]
    assert len(numbers["text"]) == 143 and numbers["text"][-1] == "1.00"
    scale_colors = [color for _, color in cells["colorscale"]]
    for value, ink in zip(shown, numbers["textfont"]["color"], strict=True):
        assert contrast(ink, between(scale_colors, (value - low) / (1 - low))) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert between(["#000000", "#FFFFFF", "#0000FF"], 0.75) == "#8080FF"
    assert [between(["#102030", "#FFFFFF"], share) for share in (-1, 0, 1, 2)] == ["#102030"] * 2 + ["#FFFFFF"] * 2


def test_numbers_in_cells_have_a_minus_sign_and_no_minus_zero():
    numbers = draw(Heatmap([[-0.044, -0.004, np.nan]], "r", "abc"), Look(), str)["figure"]["data"][1]
    assert numbers["text"] == ["−0.04", "0.00"] and numbers["x"] == ["a", "b"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_map_of_zeros_has_lines_between_its_cells(theme):
    look = Look(theme)
    maps = [Heatmap(np.eye(3) * size, "abc", "def", scale="amount", group="one") for size in (0, 1e-12, 1)]
    grounds = [drawn["figure"]["layout"]["plot_bgcolor"] for drawn in draw_all(maps, look, str)]
    assert grounds[:2] == [look.line] * 2 and grounds[2] != look.line


def test_numbers_of_an_equation_need_the_room_of_the_longest():
    terms = [Heatmap(np.full((2, 2), value), "ab", "cd", name) for value, name in ((-10.0, "x"), (10.0, "y"))]
    drawn = draw(Equation(terms, joins=["+"]), Look(), str)["terms"]
    longer, shorter = (term["figure"]["data"][1]["meta"] for term in drawn)
    assert longer >= 3 * 7 and longer > shorter >= 20


def test_what_is_exactly_0_is_told_from_what_is_rounded_to_it():
    numbers = draw(Heatmap([[0.0, 0.004, 0.5]], "r", "abc"), Look(), str)["figure"]["data"][1]
    assert numbers["text"] == ["0", "0.00", "0.50"]


def test_an_axis_of_less_than_two_powers_of_ten_names_2_and_5():
    def axis(*values):
        view = Lines([Series("a", range(len(values)), values)], x="x", y="y", log_y=True)
        return draw(view, Look(), str)["figure"]["layout"]["yaxis"]

    narrow, wide = axis(0.3, 2.5, np.nan), axis(0.01, 1.0)
    assert narrow["ticktext"] == ["0.1", "0.2", "0.5", "1", "2", "5"] and narrow["tickvals"] == [0.1, 0.2, 0.5, 1, 2, 5]
    assert wide["ticktext"] == ["0.01", "0.1", "1", "10"]
    assert axis(3e-4, 0.9)["ticktext"] == ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"]  # not 0.01 beside 10⁻³
    far = axis(2e-6, 3e12)  # too many for all: every fourth, and always 1
    assert far["ticktext"] == ["10⁻⁴", "1", "10⁴", "10⁸", "10¹²"] and far["tickvals"][0] == 1e-4
    assert axis(335, 434)["ticktext"] == ["340", "360", "380", "400", "420"], "no 2, 5 or 10 lies there"
    assert axis(66, 109)["tickvals"] == [70, 80, 90, 100], "100 alone tells no distance"


def test_bars_have_the_logarithmic_axis_of_lines():
    axis = draw(Bars([800, 19968], "ab", log_y=True), Look(), str)["figure"]["layout"]["yaxis"]
    assert axis["ticktext"] == ["100", "200", "500", "1000", "2000", "5000", "10000", "20000", "50000"]


def test_a_logarithmic_axis_of_few_points_has_its_ticks_there():
    def ticks(*xs):
        view = Lines([Series("a", xs, xs), Series("b", [0.5, 900], [1, 1], dashed=True)], x="x", y="y", log_x=True)
        return draw(view, Look(), str)["figure"]["layout"]["xaxis"].get("ticktext")

    assert ticks(16, 32, 512) == ["16", "32", "512"]
    assert ticks(*range(1, 12)) == ["0.1", "1", "10", "100", "1000"]


def test_lines_keep_the_axes_that_they_are_given():
    short, long = (
        Lines([Series("a", list(range(n)), [0.5] * n)], x="x", y="y", x_range=(-1, 30), y_range=(0, 2)) for n in (2, 31)
    )
    for view in (short, long):
        trace, drawn = (draw(view, Look(), str)["figure"][part] for part in ("data", "layout"))
        assert drawn["xaxis"]["range"] == [-1, 30] and drawn["yaxis"]["range"] == [0, 2]
        assert trace[0]["mode"] == "lines", "dots that vanish as the curve grows"
    begun = Lines([Series("a", [0], [0.5])], x="x", y="y", x_range=(-1, 30))
    assert draw(begun, Look(), str)["figure"]["data"][0]["mode"] == "lines+markers", "one point has no line"
    powers = Lines([Series("a", [1, 10], [1, 1])], x="x", y="y", log_x=True, x_range=(1, 1000))
    assert draw(powers, Look(), str)["figure"]["layout"]["xaxis"]["range"] == [0, 3]


def test_lines_have_their_ticks_where_they_are_told():
    view = Lines([Series("a", [36, 18, 0], [1, 2, 3])], x="x", y="y", x_range=(-1, 37), x_ticks=(0, 18, 36))
    axis = draw(view, Look(), str)["figure"]["layout"]["xaxis"]
    assert (axis["tickvals"], axis["ticktext"]) == ([0, 18, 36], ["0", "18", "36"])


def test_room_for_a_curve_is_wider_only_where_the_curve_is():
    assert room(4) == room(4, [0, 1], np.array([4.0])) == (0, 4)
    assert room(4, [1, np.nan], [10, np.inf]) == (0, 10.5)


def test_a_histogram_keeps_the_axes_that_it_is_given():
    axes = {"x_range": (-2, 2), "y_range": (0, 9), "bins": 4}
    few, many = (Histogram({"a": values}, x="x", **axes) for values in ([0.5], [-1.5, 0.5, 70]))
    assert few.edges.tolist() == many.edges.tolist() == [-2, -1, 0, 1, 2]
    assert many.counts["a"].tolist() == [1, 0, 1, 0]
    drawn = draw(many, Look(), str)["figure"]["layout"]
    assert drawn["xaxis"]["range"] == [-2, 2] and drawn["yaxis"]["range"] == [0, 9]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marked_rows_and_columns_are_outlined_in_the_colour_of_their_role(theme):
    look = Look(theme)
    view = Heatmap(np.zeros((2, 3)), "ab", ["c", "<d>", "e"], marks=[Mark("query", row=1), Mark("key", col=1)])
    drawn = draw(view, look, str)["figure"]["layout"]
    row, column = ({k: shape[k] for k in ("x0", "x1", "y0", "y1")} for shape in drawn["shapes"])
    assert row == {"x0": -0.5, "x1": 2.5, "y0": 0.5, "y1": 1.5}
    assert column == {"x0": 0.5, "x1": 1.5, "y0": -0.5, "y1": 1.5}
    assert [shape["line"]["color"] for shape in drawn["shapes"]] == [look.role("query"), look.role("key")]
    assert drawn["yaxis"]["ticktext"] == ["a", f'<span style="color:{look.role("query")}">b</span>']
    assert drawn["xaxis"]["ticktext"][1] == f'<span style="color:{look.role("key")}">&lt;d&gt;</span>'


def test_heatmaps_of_a_group_share_their_scale():
    a, b = (Heatmap([[v]], ["r"], ["c"], group="g") for v in (1.0, 5.0))
    assert [d["figure"]["data"][0]["zmax"] for d in draw_all((a, b), Look("light"), str)] == [5.0, 5.0]


def test_numbers_and_tokens_are_readable():
    assert [number(v) for v in (0, 1.0, 0.31041, -1.2e-7, float("inf"), float("nan"), 123456)] == [
        "0", "1", "0.3104", "−1.2·10⁻⁷", "∞", "–", "123456",
    ]  # fmt: skip
    assert visible("a b\n\x00") == "a b␊␀"
    assert visible(" a") == "␣a" and visible("  ") == "␣␣"
    assert visible("") == "∅"
    assert len(visible("x" * 100)) <= 14


def test_notes_are_cut_at_their_demos_and_coloured():
    assert pieces("one\n\n<!-- demo: a -->\n\ntwo\n<!-- demo: b -->") == (
        Piece("text", "one"), Piece("demo", "a"), Piece("text", "two"), Piece("demo", "b"),
    )  # fmt: skip
    folded = pieces("<!-- fold: More -->\none\n<!-- demo: a -->\n<!-- end -->\ntwo")
    assert folded == (Piece("fold", "More", (Piece("text", "one"), Piece("demo", "a"))), Piece("text", "two"))
    waits = pieces("<!-- further: More -->\none\n<!-- fold: See -->\ntwo\n<!-- end -->\n<!-- demo: a -->\n<!-- end -->")
    see = Piece("fold", "See", (Piece("text", "two"),))
    assert waits == (Piece("further", "More", (Piece("text", "one"), see, Piece("demo", "a"))),)
    assert [piece.text for piece in flat(waits)] == ["More", "one", "See", "two", "a"]
    assert [piece.text for piece in unfolded(waits)] == ["More", "one", "See", "a"]
    assert (
        colored(r"$\textcolor{royalblue}{Q}\textcolor{red}{x}$", "dark")
        == r"$\textcolor{#60A5FA}{Q}\textcolor{red}{x}$"
    )


def test_a_stop_after_an_inline_formula_stays_with_it():
    told = colored("$a$ 与 $b$，`$c$，`\n$$\nd\n$$\n。$e$", "light")
    assert told == "$a$ 与 $b\\text{，}$\u200b`$c$，`\n$$\nd\n$$\n。$e$"


def test_a_demo_named_in_a_note_is_a_link_to_it():
    assert linked("见 `scaling` 一节，`x`", lessons_by_stem["t5_attention"].demo_titles("zh")) == (
        f"见 [{lessons_by_stem['t5_attention'].demo_words('zh', 'scaling')('title')}](#scaling)一节，`x`"
    )
    assert "](#scaling) and" in linked("`scaling` and", lessons_by_stem["t5_attention"].demo_titles("en"))


def test_a_missing_text_names_itself():
    with pytest.raises(KeyError, match=r"en/x\.yaml: no text for 'a\.c'"):
        Words("en", {"a": {"b": "text"}}, "x.yaml")("a.c")


def test_quiz_items():
    asked = item(
        {"ask": "?", "id": "x", "right": [{"say": "a", "because": "b"}], "wrong": [{"say": "c", "because": "d"}]}
    )
    assert asked.kind == "choice" and {c.say: c.right for c in shuffled(asked, "s")} == {"a": True, "c": False}
    assert shuffled(asked, "s") == shuffled(asked, "s")
    assert item({"ask": "?", "id": "x", "number": {"value": 3, "abs": 0.1}, "because": "x"}).kind == "number"
    assert Item("?", demo="d", claim="c").kind == "predict"
    assert close(0.97, 1.0) and not close(0.9, 1.0)
    about_16 = Item("?", number=16.0, abs=0.01)
    assert within(16.01, about_16) and within(15.99, about_16) and not within(16.0101, about_16)


def test_claim_operations():
    assert Claim("x", measured=1, expected=1).op == "=" and Claim("x", measured=1, expected=1, abs=1e-6).op == "≈"
    with pytest.raises(ValueError, match="unknown comparison"):
        Claim("x", measured=1, expected=1, op="<")


# --- views of tokens -------------------------------------------------------------------------------------------------
def chips(**more) -> Tokens:
    spans = [Span(0, 1, "right"), Span(1, 2, "clip", Say("says", n=2)), Span(0, 2, "right"), Span(1, 3, "clip")]
    return Tokens(
        ["the", "the", "cat"],
        [*spans, Span(2, 3, "wrong")],
        {"right": "found", "clip": "clipped", "wrong": "missing"},
        **more,
    )


def test_chips_carry_their_marks_and_overlapping_spans_get_lanes_of_their_own():
    view = chips()
    assert [[(s.start, s.stop) for s in row] for row in view.lanes()] == [[(0, 2)], [(1, 3)]]
    drawing = draw(view, Look("light"), lambda k: k if isinstance(k, str) else f"{k.key} {dict(k.values)}")
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
    assert [t["text"] for t in draw(view, Look("dark"), str)["tokens"]] == ["<b>", "a␀b", "␣"]


def test_token_lines_tell_the_weights_that_were_computed():
    z = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 4))  # (H, T, S)
    view = TokenLines(list("abcd"), list("xyz"), z, ["H0", "H1"], head=1, threshold=0.1, focus=2)
    drawing = draw(view, Look("light"), str)
    back = np.frombuffer(base64.b64decode(drawing["z"]), np.float32).reshape(drawing["shape"])
    assert np.array_equal(back, z[1:].astype(np.float32)) and drawing["names"] == ["H1"] and drawing["focus"] == 2
    both = draw(TokenLines(list("abcd"), list("xyz"), z, ["H0", "H1"]), Look("light"), str)
    assert len(set(both["colors"])) == 2 and drawing["colors"] == both["colors"][1:]
    columns, rows = view.table()
    assert len(rows) == 4 and rows[0][0] == "H1" and len(columns) == 2 + 3
    assert [row[2:] for row in rows] == z[1].tolist()
    assert figure(view) is not None


@pytest.mark.parametrize(("threshold", "lines"), [(0.0, 3), (0.01, 3), (0.05, 2), (0.1, 2), (0.9, 0)])
def test_lines_are_counted_as_they_are_drawn(threshold, lines):
    z = [[[0.1, 0.0, 0.0099], [0.85, 0.01, 0.0]]]
    view = TokenLines(["a", "b"], ["x", "y", "z"], z, ["H"], threshold=threshold)
    drawing = draw(view, Look("light"), str)
    sent = np.frombuffer(base64.b64decode(drawing["z"]), np.float32)
    assert view.drawn.sum() == (sent >= drawing["least"]).sum() == lines


def test_a_grid_tells_the_weights_that_were_computed():
    z = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 3, 4))  # (R, C, T, S)
    view = Heatmaps(z, ["L0", "L1"], ["H0", "H1", "H2"], "abcd", "abcd")
    assert [row[3:] for row in view.table()[1]] == z.reshape(-1, 4).tolist()
    shades = np.frombuffer(base64.b64decode(draw(view, Look("light"), str)["z"]), np.uint8).reshape(z.shape)
    assert np.abs(shades / 255 - z).max() <= 0.5 / 255 + 1e-6


def test_an_equation_is_on_one_scale_and_tells_the_chosen_cell():
    parts = {
        "sum": [[4.0, -30.0], [0.0, 1.0]],
        "one": [[3.0, -10.0], [0.04, 1.0]],
        "other": [[1.0, -20.0], [-0.04, 0.0]],
    }
    terms = [Heatmap(z, "ab", "cd", title=name, pick="cell", selected=(1, 0)) for name, z in parts.items()]
    view = Equation(terms, joins=["=", "+"], title="all")
    drawing = draw(view, Look("light"), str)
    assert [(term["sign"], term["value"]) for term in drawing["terms"]] == [("", "0.0"), ("=", "0.0"), ("+", "0.0")]
    assert {term["figure"]["data"][0]["zmax"] for term in drawing["terms"]} == {30.0}
    assert (drawing["cells"], drawing["pick"], drawing["selected"]) == ([2, 2], True, (1, 0)) and view.pick == "cell"
    columns, rows = view.table()
    assert columns[0] == "name" and rows[3] == [Say("one"), "b", 0.04, 1.0] and len(rows) == 6
    assert figure(view) is not None


@pytest.mark.parametrize(("joins", "selected"), [(["=", "+"], None), ([], None), (["?"], None), (["="], (0, 1))])
def test_an_equation_has_a_sign_between_two_matrices_that_match(joins, selected):
    one, other = Heatmap([[1.0, 2.0]], "a", "bc"), Heatmap([[1.0, 2.0]], "a", "bc", selected=selected)
    with pytest.raises(ValueError):
        Equation([one, other], joins)


def test_a_quiet_line_stands_neither_in_the_legend_nor_in_a_hover():
    lines = Lines([Series("path", [0, 1], [0, 1], quiet=True), Series("hand", [0, 1], [1, 0])], x="x", y="y")
    path, hand = draw(lines, Look("light"), str)["figure"]["data"]
    assert path["showlegend"] is False and path["hoverinfo"] == "skip" and "hovertemplate" not in path
    assert "showlegend" not in hand and hand["hovertemplate"]


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


def test_only_a_line_feed_ends_a_line():
    for mark in "\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        assert Texts.lines(f"a{mark}b\r\nc") == [f"a{mark}b", "c"]
    Texts(most=2).check("a\u2028b\nc\n")


def test_in_parallel_texts_an_empty_line_is_an_item():
    assert Texts.lines("a\n\n b \r\n", parallel=True) == ["a", "", "b"]
    assert Texts.lines("\na\n\n", parallel=True) == ["", "a", ""]
    Texts(most=3, parallel=True).check("a\n\nb\n")
    with pytest.raises(Refusal) as caught:
        Texts(most=2, parallel=True).check("a\n\nb")
    assert caught.value.key == "too_many_lines"


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


def numbers_in(sent: dict) -> list[float]:
    """An array as a drawing holds it for Plotly."""
    return np.frombuffer(base64.b64decode(sent["bdata"]), sent["dtype"]).tolist()


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        ([0, 1, 360], "i2"),
        ([0.0, -32767.0], "i2"),
        ([0.0, 32768.0], "f4"),
        ([0, 40_000], "f4"),
        ([0.5, 1], "f4"),
        ([1.0, math.nan], "f4"),
        ([1.0, math.inf], "f4"),
        ([], "i2"),
    ],
)
def test_whole_numbers_are_sent_as_such_where_two_bytes_hold_them(array, dtype):
    sent = base64_array(np.array(array, dtype=float))
    assert sent["dtype"] == dtype
    np.testing.assert_array_equal(numbers_in(sent), array)


def test_bars_of_several_seeds_show_their_spread():
    view = Bars({"a": [1, 2], "b": [3, 4]}, ["p", "q"], spread={"b": ([2, 4], [5, 4.5])})
    plain, spread, _ = draw(view, Look("light"), str)["figure"]["data"]
    above, below = (numbers_in(spread["error_y"][side]) for side in ("array", "arrayminus"))
    assert "error_y" not in plain
    assert above == [2, 0.5] and below == [1, 0]


def test_a_quotation_mark_is_a_name_like_another():
    """Plotly knows few of HTML's names of letters: &quot; would stand there as it is written."""
    axis = draw(Bars([1, 2, 3], ['"', "'", "<"]), Look("light"), str)["figure"]["layout"]["xaxis"]
    assert axis["ticktext"] == axis["tickvals"] == ['"', "'", "&lt;"]


def test_a_number_never_stands_on_the_hatching_of_its_bar():
    """On two colours no ink can be read. Above an error bar it stands at the error bar's end."""
    view = Bars({"a": [1, 2], "b": [3, 4]}, ["p", "q"], spread={"b": ([2, 4], [5, 4.5])})
    plain, hatched, numbers = draw(view, Look("dark"), str)["figure"]["data"]
    assert plain["textposition"] == numbers["textposition"] == "outside" and "texttemplate" not in hatched
    assert numbers["text"] == ["3", "4"] and numbers_in(numbers["y"]) == [5, 4.5]
    assert numbers["offsetgroup"] == hatched["offsetgroup"] != plain["offsetgroup"] and not numbers["showlegend"]
    (alone,) = draw(Bars([1, 2], ["p", "q"]), Look("dark"), str)["figure"]["data"]
    assert alone["textposition"] == "auto" and not alone["marker"]["pattern"]["shape"]


def test_the_texts_of_quiet_points_are_in_the_hover_only():
    groups = [Points("a", [1], [1], ["shown"]), Points("b", [9], [9], ["hidden"], quiet=True)]
    shown, quiet = draw(Scatter(groups, x="x", y="y"), Look("light"), str)["figure"]["data"]
    assert (shown["text"], quiet["text"]) == (["shown"], [""]) and quiet["hovertext"] == ["hidden"]


def test_a_point_without_a_name_has_no_text():
    view = Scatter([Points("a", [1, 5], [1, 5], ["named", ""])], x="x", y="y")
    (points,) = draw(view, Look("light"), str)["figure"]["data"]
    assert points["text"] == ["named", ""] and points["hovertext"] == ["named", ""]


def test_the_text_of_an_outermost_point_stays_inside_the_figure():
    along = np.array([0.0, 5, 10])
    assert places(along, along, [80.0] * 3) == ["middle right", "top center", "middle left"]


def test_an_answer_tells_a_large_whole_number_to_its_last_digit():
    assert (told(31_114_720, "en"), told(31_114_720, "zh")) == ("31,114,720", "31114720")
    assert (told(-1_000_000, "zh"), told(6912, "en"), told(999, "en")) == ("−1000000", "6,912", "999")
    assert (told(2.5e6 + 0.25, "en"), told(1e300, "en"), told(1 / 3, "en")) == ("2.5·10⁶", "1·10³⁰⁰", "0.3333")
