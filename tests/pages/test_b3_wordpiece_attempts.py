"""The fewest pieces of a word, against every spelling."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models import wordpiece
from pages.b3_wordpiece import attempts, greedy
from study.views import Diagram
from study.views.diagram import Box, Cells

few = settings(derandomize=True, deadline=None, database=None, max_examples=60)


def ways(word, vocabulary, start=0):
    """Every spelling of a word."""
    if start == len(word):
        yield ()
    for end in range(start + 1, len(word) + 1):
        piece = "##" * (start > 0) + word[start:end]
        if piece in vocabulary:
            yield from ((piece, *rest) for rest in ways(word, vocabulary, end))


@few
@given(st.text("abc", max_size=7), st.sets(st.text("abc", min_size=1, max_size=3), max_size=6),
       st.sets(st.text("abc", min_size=1, max_size=3), max_size=8))  # fmt: skip
def test_fewest_against_every_spelling(word, begin, go_on):
    vocabulary = {p: 0 for p in [*begin, *("##" + p for p in go_on)]}
    every = list(ways(word, vocabulary))
    found = attempts._fewest(word, vocabulary)
    assert (found in every and len(found) == min(map(len, every))) if every else found is None


def test_longest_match_is_not_always_the_shortest():
    assert wordpiece.load().tokenize("cloudscribe") == ["clouds", "##cr", "##ibe"]
    assert attempts._fewest("cloudscribe", wordpiece.load().vocabulary) == ("cloud", "##scribe")


def test_the_picture_shows_the_cut():
    (drawing,) = greedy.greedy().views
    assert isinstance(drawing, Diagram)
    assert [part.text for part in drawing.parts if isinstance(part, Box)] == ["flight", "##less"]
    tried = ["".join(part.rows[0]) for part in drawing.parts if isinstance(part, Cells)]
    assert tried == ["flightless", "flightles", "flightle", "flightl", "flight", "flight", "##", "less"]
