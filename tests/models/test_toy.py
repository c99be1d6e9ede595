"""Seeded toy numbers: words however they are typed, their vectors and projections."""

import unicodedata

import pytest
import torch

from models import toy

FAMILY, ENGLAND = (
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat, the mat.", ["The", "cat", ",", "the", "mat", "."]),
        ("我爱BERT！", ["我", "爱", "BERT", "！"]),
        ("didn't", ["didn", "'", "t"]),
        ("  naïve\t42 ", ["naïve", "42"]),
        ("café Việt Zürich", ["café", "Việt", "Zürich"]),
        ("ゔパ か\u309a", ["ゔ", "パ", "か\u309a"]),  # the last one has no code point of its own
        ("สวัสดีครับ น้ำ", ["สวัสดีครับ", "น้ำ"]),
        ("नमस्ते क्\u200dष हिन्दी", ["नमस्ते", "क्\u200dष", "हिन्दी"]),
        ("می\u200cخواهم שָׁלוֹם", ["می\u200cخواهم", "שָׁלוֹם"]),
        ("❤\ufe0f☺\ufe0e 1\ufe0f\u20e3", ["❤\ufe0f", "☺\ufe0e", "1\ufe0f\u20e3"]),
        (
            f"{FAMILY}\U0001f44d\U0001f3fd\U0001f1e9\U0001f1ea{ENGLAND}",
            [FAMILY, "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", ENGLAND],
        ),
        ("co\u00adop x\u200fy a\u200bb", ["coop", "xy", "a", "b"]),
        ("\u0301 \ufe0f \u200d\n\u0301", []),
        ("\ufffd \ud800", ["\ufffd", "\ud800"]),
    ],
)
def test_words_however_their_letters_are_encoded(text, tokens):
    assert toy.words(text) == toy.words(unicodedata.normalize("NFD", text)) == tokens


def test_an_accent_typed_by_itself_changes_no_number():
    composed, apart = (toy.embed(toy.words(f"one {word} more"), seed=0) for word in ("caf\u00e9", "cafe\u0301"))
    assert torch.equal(composed, apart)


def test_a_word_has_one_vector_and_three_projections():
    x = toy.embed(["The", "cat", "the"], seed=3)
    assert torch.equal(x[0], x[2]) and not torch.equal(x[0], x[1])
    assert not torch.equal(x, toy.embed(["The", "cat", "the"], seed=4))
    p = toy.project(x, d_k=8, seed=3)
    assert not any(torch.allclose(a, b) for a, b in [(p.q, p.k), (p.q, p.v), (p.k, p.v)])
