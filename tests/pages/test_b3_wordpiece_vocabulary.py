"""What BERT's vocabulary holds: against the library and known facts."""

from collections import Counter

import pytest

from models import wordpiece
from pages.b3_wordpiece import by_library, three_ways, vocabulary


@pytest.fixture(scope="module")
def kinds():
    return vocabulary._kinds()


def test_what_berts_vocabulary_is_made_of(kinds):
    assert Counter(kinds.values()) == {
        "whole": 21_927, "continuing": 4_837, "other": 1_201, "unused": 994, "digits": 977, "never": 337,
        "chinese": 244, "special": 5,
    }  # fmt: skip
    assert set(vocabulary.KINDS) == set(kinds.values()) and list(kinds) == list(wordpiece.load().vocabulary)


@pytest.mark.parametrize(
    ("piece", "kind"),
    {"less": "whole", "##less": "continuing", "##。": "never", "...": "never", ".": "other", "。": "other",
     "一": "chinese", "##一": "never", "1996": "digits", "##22": "digits", "[unused5]": "unused", "[MASK]": "special",
     "##ович": "other", "#": "other", "###": "never"}.items(),
)  # fmt: skip
def test_kinds(piece, kind, kinds):
    assert kinds[piece] == kind


def test_pieces_that_can_never_come_out_do_not(kinds):
    """In any surroundings: alone, after a letter, before one, between two, after every other piece of a sample."""
    never = [p for p, kind in kinds.items() if kind == "never"]
    bodies = [p.removeprefix("##") for p in never]
    texts = [f"{a}{b}{c}" for b in bodies for a in ("", "a", "天", ".", "1") for c in ("", "a", "ness")]
    came = {token for text in texts for token in by_library.encode(text).tokens}
    assert not came & set(never)


def test_whole_pieces_typed_come_out_as_themselves(kinds):
    w = wordpiece.load()
    assert all(w.tokenize(p) == [p] for p, kind in kinds.items() if kind in ("whole", "chinese", "special"))


def test_usable_rows(kinds):
    rows = three_ways._usable(kinds)
    assert {name: len(found) for name, found in rows.items()} == {
        "words": 23_700,
        "characters": 1_002,
        "pieces": 29_528,
    }
