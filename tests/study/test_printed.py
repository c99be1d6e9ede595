"""Every kind of view on paper: well-formed SVG whose marks are where the numbers are, or a table."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from study.figures import as_is
from study.figures.base import text_width
from study.figures.plot import axis
from study.figures.printed import MOST_ROWS, printed, printed_all
from study.look import SCALES, Look
from study.views import (
    Bars,
    Chain,
    Equation,
    Heatmap,
    Heatmaps,
    Histogram,
    Lines,
    Scatter,
    Table,
    TokenLines,
    Tokens,
)
from study.views.charts import Points, Series
from study.views.tokens import Span

LOOK, BAD = Look(), '<a> & "b" \x01'
Z = np.array([[0.0, 1.0], [0.5, 0.25]])
VIEWS = [
    Heatmap(Z, [BAD, "r"], ["c", "d"], "t", scale="weight", x="x", y="y", selected=(0, 1)),
    Heatmap(Z, ["a", "b"], ["c", "d"], masked=Z > 0.9),
    Heatmap(np.full((40, 40), np.nan), ["a"] * 40, ["b"] * 40),
    Heatmaps(np.ones((2, 3, 2, 2)) / 2, ["0", "1"], ["0", "1", "2"], ["a", "b"], ["a", "b"], selected=(1, 2)),
    Equation([Heatmap(Z, ["a", "b"], ["c", "d"], f"t{i}") for i in range(3)], ["+", "="]),
    Lines(
        [Series("one", [1, 2, 3], [1, np.nan, 3], low=[0, 1, 2], high=[2, 3, 4]), Series(BAD, [1], [2])], x="x", y="y"
    ),
    Lines([Series("one", [1, 10, 100], [0, 1e-9, 5])], x="x", y="y", log_x=True, log_y=True, here=10),
    Lines([Series("flat", [0, 1], [2, 2])], x="x", y="y", square=True),
    Scatter([Points("g", [1, 2], [3, 4], [BAD, "b"]), Points("h", [1], [1], ["c"])], x="x", y="y", selected=(0, 1)),
    Bars([1, -2, np.nan], ["a", BAD, "c"], x="x", y="y"),
    Bars({"p": [1, 2], "q": [3, 400]}, ["a", "b"], log_y=True, spread={"p": ([0.5, 1], [2, 3])}),
    Histogram({"s": np.arange(10.0), "u": np.arange(5.0)}, x="x"),
    Chain([("a", 2), ("b", 3), ("c", 5)], joins=["+", "="]),
    Tokens(["the", BAD, "##s"] * 30, [Span(0, 1, "right"), Span(1, 3, "wrong")], {"right": "r", "wrong": "w"}),
    TokenLines(["a", "b"], ["c", BAD], np.array([[[0.9, 0.1], [0.2, 0.8]]]), ["h"], focus=1),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: type(view).__name__)
def test_a_view_is_well_formed_and_lies_on_its_paper(view):
    drawn = printed(view, LOOK, as_is)
    root = ElementTree.fromstring(drawn.svg)
    assert float(root.get("width")) == pytest.approx(drawn.width, rel=1e-3) and drawn.width < 900
    assert 0 < drawn.height < 900 and "nan" not in drawn.svg.replace("nan(", "")


def texts(svg: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_cell_has_its_number_and_its_colour():
    drawn = printed(Heatmap(Z, ["a", "b"], ["c", "d"], scale="weight"), LOOK, as_is).svg
    assert {"0", "1", "0.5", "0.25", "a", "b", "c", "d"} <= set(texts(drawn))
    for end in (SCALES["light"]["one"][0], SCALES["light"]["one"][-1]):
        assert f'fill="{end}"' in drawn


def test_bars_are_as_high_as_their_values():
    root = ElementTree.fromstring(printed(Bars([1, 2, 4], ["a", "b", "c"], y="y"), LOOK, as_is).svg)
    heights = [float(n.get("height")) for n in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert np.array(heights) / heights[0] == pytest.approx([1, 2, 4], abs=0.01)


def test_heatmaps_of_a_group_share_their_scale():
    small, large = (Heatmap(Z * k, ["a", "b"], ["c", "d"], scale="amount", group="g") for k in (1, 8))
    alone, beside = printed(small, LOOK, as_is).svg, printed_all((small, large), LOOK, as_is)[0].svg
    assert "8" not in texts(alone) and "8" in texts(beside)


def test_a_table_stays_a_table():
    drawn = printed(Table(["a", "b"], [["x", i] for i in range(MOST_ROWS + 5)]), LOOK, as_is)
    assert drawn.svg == "" and drawn.columns == ("a", "b") and drawn.rows[1] == ("x", "1") and drawn.left_out == 5


@pytest.mark.parametrize(("low", "high", "log"), [(0, 1, False), (-3, 1e6, False), (1e-9, 2, True), (5, 5, False)])
def test_an_axis_has_a_few_ticks_inside(low, high, log):
    made = axis(np.array([low, high], float), "", log)
    assert 1 <= len(made.ticks) <= 8
    assert all(-1e-9 <= made.share(value) <= 1 + 1e-9 for value, _ in made.ticks)


def test_an_axis_has_the_ticks_that_it_is_given():
    assert axis(np.array([0.0, 36.0]), "", ticks=(0, 18, 36)).ticks == ((0, "0"), (18, "18"), (36, "36"))


def test_the_name_of_the_columns_stands_beside_the_scale_of_a_narrow_matrix():
    """Both stand below the matrix; they lay on each other where it was narrower than both."""
    drawn = printed(Heatmap([[1.0]], ["a"], ["b"], x="predicted"), LOOK, as_is).svg
    scale_ends = max(
        float(x) + float(w) for x, w in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    )
    right = float(re.search(r'<text x="([\d.]+)"[^>]*>predicted<', drawn)[1])
    assert right - text_width("predicted") > scale_ends


def test_a_sign_that_the_faces_of_an_export_lack_is_written_with_one_that_they_have():
    view = Tokens(
        ["paid", "camera"], [Span(0, 1, "wrong"), Span(1, 2, "right")], {"wrong": "not there", "right": "there"}
    )
    drawn = printed(view, LOOK, as_is).svg
    assert "paid ×" in drawn and "× not there" in drawn and "✗" not in drawn
