"""Results in large type, as a student reads them."""

import pytest

from study.demo import Measured
from study.notes import Lesson
from study.shell.checks import result_text


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (0.7174, "share", "71.7 %"),
        (0.00012, "share", "0.012 %"),
        (0.0000454, "share", "< 0.01 %"),
        (0.0, "share", "0 %"),
        (-0.00002, "share", "−0.002 %"),
        (0.0000454, "", "4.5·10⁻⁵"),
        (332546, "", "332546"),
    ],
)
def test_a_share_of_which_nobody_reads_the_digits_is_told_as_small(value, unit, told):
    words = Lesson("b5_pretrain_finetune").demo_words("en", "fill")
    assert result_text(Measured("p", value, unit=unit), words) == told
