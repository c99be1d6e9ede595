"""Sentences that are put together from several texts."""

import pytest

from study.words import sentences


@pytest.mark.parametrize(
    "said, whole",
    [
        (["Kept.", "", "Two."], "Kept. Two."),
        (["没有收下。", "太大。"], "没有收下。太大。"),
        ([":red[✗ 不对。]", "答案是 8。", "因为 8 = 2³。"], ":red[✗ 不对。]答案是 8。因为 8 = 2³。"),
        ([":red[✗ Not quite.]", "The answer is 8."], ":red[✗ Not quite.] The answer is 8."),
        (["", "One."], "One."),
    ],
)
def test_sentences_stand_one_behind_the_other_with_a_space_where_the_language_has_one(said, whole):
    assert sentences(*said) == whole
