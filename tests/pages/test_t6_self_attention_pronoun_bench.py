"""T6, marked_lines.py and pronoun_bench.py: marks, candidates, hits and chance, counted again by hand."""

import itertools

import pytest
import torch

from models import bert
from pages.t6_self_attention import marked_lines, pronoun_bench
from study.controls import Refusal

CASES = {
    among: [pronoun_bench.case(line, among) for line in marked_lines.LINES.splitlines()]
    for among in pronoun_bench.AMONG
}


def test_marks_are_taken_out():
    m = marked_lines.parse("The [old dog] saw {Tom's cat} and *it* ran.")
    assert m.text == "The old dog saw Tom's cat and it ran."
    assert [m.text[a:b] for a, b in (m.right, *m.others, m.pronoun)] == ["old dog", "Tom's cat", "it"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a", "pronoun"),
        ("[a] {b} *c* *d*", "pronoun"),
        ("{a} *c*", "right"),
        ("[a] [b] {c} *d*", "right"),
        ("[a] *c*", "other"),
        ("[a] {…} *c*", "other"),
        ("[\u200b] {b} *c*", "right"),
        ("[a] {b} *!*", "pronoun"),
        ("[a] {b} *c*" + " word" * 62, "long"),
    ],
)
def test_lines_that_cannot_be_counted(line, reason):
    with pytest.raises(Refusal) as error:
        pronoun_bench.cases(f"[a] {{b}} *c*\n{line}", "nouns")
    assert error.value.key == f"bad_{reason}" and error.value.values["line"] == 2


def test_weights_are_the_models_summed_over_the_pieces_of_a_word():
    c = pronoun_bench.case("The [flightless] bird met {Tom} when *it* was tired.", "words")
    t = bert.load().trace("The flightless bird met Tom when it was tired.")
    assert c.words == ("The", "flightless", "bird", "met", "Tom", "when", "was", "tired.")
    rows = t.attentions[:, :, t.tokens.index("it")]
    torch.testing.assert_close(
        c.weights[..., 1], rows[..., t.tokens.index("flight")] + rows[..., t.tokens.index("##less")]
    )
    torch.testing.assert_close(c.weights[..., -1], rows[..., t.tokens.index("tired")])  # the full stop is no word
    assert (c.right, c.nouns, c.before, c.first, c.nearest) == (1, (1, 4), 6, 1, 4)


def test_a_new_line_does_not_read_the_others_again():
    lines = [f"The [dog] and the {{cat}} ran when *it* had {n} toys." for n in range(1000, 1047)]
    pronoun_bench.cases("\n".join(lines), "nouns")
    before = pronoun_bench._given_by.cache_info().misses
    pronoun_bench.cases("\n".join(["[A] saw {B} as *it* ran.", *lines]), "words")
    assert pronoun_bench._given_by.cache_info().misses == before + 1


def test_rules_look_before_the_pronoun_first():
    assert pronoun_bench.case("When *he* came, {Tom} saw [Bob].").nearest == 0
    assert pronoun_bench.case("{Tom} saw [Bob] when *he* met {Sam}.").nearest == 1


def test_hits_are_the_largest_of_the_candidates():
    for among, cases in CASES.items():
        found = pronoun_bench.hits(cases)
        assert found.shape == (32, 6, 12)
        for s, layer, head in itertools.product((0, 9, 31), (0, 3, 5), (1, 4, 11)):
            given = cases[s].weights[layer, head].tolist()
            assert found[s, layer, head] == (max(given) == given[cases[s].right]), among


def test_the_default_lines_are_balanced():
    cases = CASES["nouns"]
    found = pronoun_bench.pairs(cases)
    assert len(cases) == 32 and len(found) == 12 and all(j == i + 1 for i, j in found)
    for part in (cases[:16], cases[16:]):
        assert sum(c.nearest == c.right for c in part) == sum(c.first == c.right for c in part) == 8
        assert len(pronoun_bench.pairs(part)) == 6
    assert all(len(c.words) == 2 for c in cases)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("[a] saw {b} as *it* ran", "{a} saw [b] as *it* sat", 1),
        ("[a] saw {b} as *it* ran", "[a] saw {b} as *it* sat", 0),  # the same answer
        ("[a] saw {b} as *she* ran", "{a} saw [b] as *it* ran", 0),  # the pronoun differs
        ("[a] saw {b} as *it* ran", "{a} saw [b] as *it* sat down", 0),
        ("[a] saw {b} as *it* ran", "{a} saw [d] as *it* ran", 0),  # other nouns
    ],
)
def test_pairs(a, b, expected):
    assert len(pronoun_bench.pairs([pronoun_bench.case(a), pronoun_bench.case(b)])) == expected


def test_a_line_belongs_to_one_pair():
    one, two = pronoun_bench.case("[a] saw {b} as *it* ran"), pronoun_bench.case("{a} saw [b] as *it* sat")
    assert pronoun_bench.pairs([one, two, one, two]) == [(0, 1), (2, 3)]


def test_best_is_the_most_frequent():
    for cases in CASES.values():
        rates = pronoun_bench.hits(cases).double().mean(0)
        assert rates[pronoun_bench.best(cases)] == rates.max()


def test_chance_is_fair_and_its_best_is_no_worse_than_one():
    for cases in CASES.values():
        top, one = pronoun_bench.by_chance(cases)
        assert one.mean() == pytest.approx(sum(1 / len(c.words) for c in cases) / 32, abs=0.01)
        assert (top >= one).all() and top.shape == (1000,)
        again, _ = pronoun_bench.by_chance(cases)
        assert torch.equal(top, again)


def test_standing():
    right = [True, False, True, True, False]
    assert pronoun_bench.standing(right, [(0, 1), (2, 3)]) == (0.6, pytest.approx(2 / 3), 0.5, 1)
