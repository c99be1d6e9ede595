"""Numbers that stand together: the columns of a table, the terms of a sum, the bars of a chart, large results."""

import math

import pytest

from study.demo import Measured, demos
from study.figures import draw
from study.look import Look, alike, summed
from study.notes import lessons
from study.shell.checks import result_text
from study.views import Bars, Chain, Say, Table


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([84.4, 80, None, 82.3], ["84.4", "80.0", "–", "82.3"]),
        ([0.8686, 0.331, 0.0313], ["0.8686", "0.3310", "0.0313"]),
        ([1.1523, 0.4779], ["1.152", "0.478"]),  # four digits of the largest
        ([-0.095, 0.5, -0.0], ["−0.095", "0.500", "0"]),
        ([384, 1152, 30522], ["384", "1152", "30522"]),
        ([0.1, 0.01, 0.001], ["0.1", "0.01", "0.001"]),  # of very different sizes
        ([5.84, 133.4], ["5.84", "133.4"]),  # 5.8 would be too little
        ([30522, 1.5], ["30522", "1.5"]),
        ([1e-7, 2e-7], ["1·10⁻⁷", "2·10⁻⁷"]),
        ([math.inf, 0.5], ["∞", "0.5"]),
        ([0, 0], ["0", "0"]),
        ([], []),
    ],
)
def test_a_column_has_one_number_of_decimals(values, told):
    assert alike(values) == told
    table = Table(["a", "b"], [[value, Say("x")] for value in values])
    assert [row[0] for row in draw(table, Look("light"), str)["rows"]] == told


def test_what_is_printed_of_a_sum_adds_up():
    terms = [-0.08692, -0.01776, 0.10416]
    told = summed([*terms, sum(terms)])
    assert told[:3] == ["−0.0869", "−0.0178", "0.1042"]
    first, second, third, total = (float(text.replace("−", "-")) for text in told)
    assert abs(first + second + third - total) < 2e-4 and total
    view = Chain([("a", 82.1), ("b", 75.1), ("c", 7.0)], joins=["−", "="])
    assert [link["value"] for link in draw(view, Look("light"), str)["links"]] == ["82.1", "75.1", "7.0"]
    product = Chain([("a", 0.25), ("b", 4), ("c", 1)], joins=["×", "="])
    assert [link["value"] for link in draw(product, Look("light"), str)["links"]] == ["0.25", "4", "1"]


def test_bars_have_one_number_of_decimals_and_a_minus_sign():
    def told(view):
        return [text for bar in draw(view, Look("light"), str)["figure"]["data"] for text in bar["text"]]

    assert told(Bars({"a": [-10.8, -1], "b": [-9, 0.52]}, ["p", "q"])) == ["−10.8", "−1.0", "−9.0", "0.5"]
    assert told(Bars([56.7, 0.0384], ["p", "q"])) == ["56.7", "0.0384"]
    assert told(Bars([364_000, 2.5e6, 12], ["p", "q", "r"])) == ["364k", "2.5M", "12"]
    assert told(Bars([1611.1, 805.7, 4.2], ["p", "q", "r"])) == ["1610", "806", "4.2"], "one unit"
    (many,) = draw(Bars(list(range(13)), [str(i) for i in range(13)]), Look("light"), str)["figure"]["data"]
    assert "text" not in many


def test_a_large_result_has_the_decimals_of_its_source_and_no_power_of_ten():
    english, chinese = (lessons[0].demo_words(lang, next(iter(demos(lessons[0].stem)))) for lang in ("en", "zh"))
    assert result_text(Measured("gain", 6.999999, decimals=1), english) == "7.0"
    assert result_text(Measured("gain", -6.4000001, decimals=1), english) == "−6.4"
    assert result_text(Measured("rest", 1.9e-6, unit="share"), english) == "< 0.01%"
    assert result_text(Measured("none", 1e-13, unit="share"), english) == "0%"
    assert result_text(Measured("steps", 100_000), english) == "100,000"
    assert result_text(Measured("steps", 100_000), chinese) == "100000"
    assert result_text(Measured("weights", 22_957_058, decimals=0), english) == "22,957,058"
    assert result_text(Measured("weights", 22_957_058, decimals=0), chinese) == "22957058"
