"""Numbers as people type them are read as they meant, or not at all."""

import pytest

from study.typed_number import read

RIGHT = {
    "0.5": 0.5, "0,5": 0.5, "0，5": 0.5, "０．５": 0.5, "３．１４": 3.14, ".5": 0.5, ",5": 0.5, "5.": 5, "-2": -2,
    "−2": -2,
    "+3": 3, "1e-3": 0.001, "1E3": 1000, "50%": 50, "23,835,648": 23835648, "1,000": 1000, "1 000": 1000, "4,25": 4.25,
    "0,125": 0.125, "-0,125": -0.125, "1,234.5": 1234.5, "1'234": 1234, " 16.01 ": 16.01, "3.14159265": 3.14159265,
}  # fmt: skip
WRONG = [
    "",
    " ",
    "八",
    "three",
    "1.2.3",
    "1,23,4",
    "3 4",
    "3 or 4",
    "nan",
    "inf",
    "1e999",
    "--2",
    "0x10",
    "1_000",
    "½x",
    "=1+1",
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_a_number_is_read_as_meant(text):
    assert read(text) == RIGHT[text]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_clearly_a_number_is_refused(text):
    with pytest.raises(ValueError):
        read(text)
