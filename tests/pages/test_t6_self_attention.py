"""T6: what the note says in words about its demos, where the house's own tests do not look."""

import re

import numpy as np
import pytest
import torch

from pages.t6_self_attention import pronoun_bench as bench
from pages.t6_self_attention.marked_lines import LINES, TELLING
from study.controls import Refusal
from study.demo import Origin, demos
from study.shell.checks import large_results
from study.views import Heatmap, Say
from study.words import NOTES

DEMOS = demos("t6_self_attention")


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def claims(evidence) -> dict[str, float]:
    return {c.name: c.measured for c in evidence.claims}


def view(evidence, title: str):
    """The view of this title."""
    (result,) = (v for v in evidence.views if (v.title.key if isinstance(v.title, Say) else v.title) == title)
    return result


def preset(demo: str, name: str):
    """The evidence of a demo's preset."""
    return DEMOS[demo](**{k: v for k, v in DEMOS[demo].presets[name].items() if k != "step"})


# --- sources ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("site", "swap", "q", "kv"),
    [
        ("encoder", False, "q_encoder", "kv_encoder"), ("decoder", False, "q_decoder", "kv_decoder"),
        ("cross", False, "q_decoder", "kv_memory"), ("cross", True, "q_decoder", "kv_decoder"),
        ("decoder", True, "q_decoder", "kv_memory"), ("encoder", True, "q_encoder", "kv_decoder"),
    ],
)  # fmt: skip
def test_the_two_axes_tell_self_from_cross(site, swap, q, kv):
    evidence = DEMOS["sources"](site=site, swap=swap)
    weights = view(evidence, "weights")
    assert (weights.y, weights.x) == (q, kv)
    assert (weights.rows == weights.cols) == (q[2:] == kv[3:])
    assert [n.key for n in evidence.notices] == ["never_trained"] * swap
    assert evidence.origin is Origin.TRAINED_HERE and evidence.source.endswith("CARD.md")


@pytest.mark.parametrize("site", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_every_site_of_the_translator_is_recomputed(site, layer):
    for swap in (False, True):
        evidence = DEMOS["sources"](site=site, layer=layer, head=3, swap=swap, chinese="他不喜欢咖啡。", english="")
        assert all(c.holds for c in evidence.claims)
        assert ("same_as_model" in claims(evidence)) is not swap


def test_swapping_moves_the_result_and_blinds_the_decoder():
    found = measured(DEMOS["sources"](site="cross", swap=True))
    assert found["changed"] > 0.1
    assert found["loss_all"] > found["loss"] + 0.5  # it no longer sees the source


@pytest.mark.parametrize(("chinese", "english"), [("葡" * 49, "a"), ("我", "word " * 60)])
def test_long_pairs_are_refused(chinese, english):
    with pytest.raises(Refusal) as refusal:
        DEMOS["sources"](chinese=chinese, english=english)
    assert refusal.value.key == "too_many_tokens" and dict(refusal.value.values)["limit"] == 48


def test_characters_that_the_translator_does_not_know_are_counted():
    evidence = DEMOS["sources"](chinese="我🙂。", english="I.")
    assert [n.key for n in evidence.notices] == ["unknown_to_translator"]


@pytest.mark.parametrize("text", ["\u0301", "\ufffd", "\ufe0f"])
def test_a_text_without_anything_to_read_is_empty(text):
    for name, given in (
        ("token_lines", {"sentence": text}),
        ("symmetry", {"sentence": text}),
        ("sources", {"chinese": text}),
        ("token_lines", {"chinese": text, "model": "translator"}),
    ):
        with pytest.raises(Refusal, match="empty"):
            DEMOS[name](**given)


def test_an_english_text_without_anything_to_read_is_left_to_the_model():
    left_out = view(DEMOS["sources"](site="decoder", english=""), "weights").rows
    assert view(DEMOS["sources"](site="decoder", english="\u200b\u00ad"), "weights").rows == left_out
    with pytest.raises(Refusal, match="empty"):
        DEMOS["token_lines"](model="translator", chinese="\u200b")


# --- lines -----------------------------------------------------------------------------------------------------------
def test_numbers_of_the_note_about_the_pronoun_head():
    found = measured(DEMOS["token_lines"]())
    assert found["to_earlier"] == pytest.approx(0.71, abs=0.01) and found["to_later"] == pytest.approx(0.21, abs=0.01)
    assert found["to_itself"] == pytest.approx(0.08, abs=0.01)
    assert measured(DEMOS["token_lines"](every=True))["share"] == pytest.approx(2 / 3, abs=0.02)
    lines = view(DEMOS["token_lines"](), "one_of")
    it, animal = lines.left.index("it"), lines.right.index("animal")
    assert lines.weights[1, it, animal] == pytest.approx(0.68, abs=0.01)
    assert lines.weights[1, animal, it] == pytest.approx(0.03, abs=0.01)


def test_no_line_of_the_decoder_leads_to_a_later_token():
    assert measured(DEMOS["token_lines"](model="translator", site="decoder"))["to_later"] == 0
    cross = DEMOS["token_lines"](model="translator", site="cross")
    assert "to_later" not in measured(cross) and cross.views[0].left[0] == "[START]"


def test_up_to_64_tokens():
    assert DEMOS["token_lines"](sentence="word " * 62)
    with pytest.raises(Refusal, match="too_many_tokens"):
        DEMOS["token_lines"](sentence="word " * 63)


# --- pronouns --------------------------------------------------------------------------------------------------------
def table(evidence) -> dict[str, tuple]:
    return {row[0].key: row[1:] for row in view(evidence, "compared").rows}


def test_what_the_note_says_about_the_nouns():
    evidence = DEMOS["pronouns"]()
    found, rows = measured(evidence), table(evidence)
    title = dict(view(evidence, "rates").title.values)
    assert (title["layer"], title["head"], title["lines"]) == (4, 5, 32) and found["best"] == 22 / 32
    assert found["luck_share"] == pytest.approx(0.67, abs=0.02) and rows["luck"][0] == pytest.approx(69, abs=1)
    assert rows["best_of_first"][1:3] == (75, 56.2) and rows["best_of_all"][3] == "3/12"
    assert rows["chosen_head"] == (53.1, 43.8, 62.5, "0/12")
    assert rows["nearest"] == rows["first"] == (50, 50, 50, "0/12")
    assert (found["pairs"], found["most_pairs"]) == (12, 3)
    chance = view(evidence, "luck_title")
    assert chance.here == 22 / 32 and chance.series[0].y.sum() == pytest.approx(1)


def test_the_famous_head_picks_the_same_noun_in_both_sentences_of_every_pair():
    cases = [bench.case(line) for line in LINES.splitlines()]
    picks = [int(c.picks[3, 1]) for c in cases]
    assert all(picks[i] == picks[j] for i, j in bench.pairs(cases))


def test_what_the_note_says_about_all_words():
    evidence = DEMOS["pronouns"](among="words")
    found, rows = measured(evidence), table(evidence)
    title = dict(view(evidence, "rates").title.values)
    assert (title["layer"], title["head"]) == (1, 3) and found["best"] == 19 / 32
    rates = view(evidence, "rates").z
    assert [tuple(at) for at in np.argwhere(rates == rates.max())] == [(1, 3), (4, 3)]
    assert rows["luck"][0] == pytest.approx(24, abs=1) and found["luck_share"] == 0
    assert found["some_noun"] == 1 and found["right_noun"] == 17 / 32


def test_the_chips_about_pronouns_show_what_the_note_says():
    words, best, half, each = (preset("pronouns", name) for name in ("words", "best", "first_half", "each"))
    assert table(best)["chosen_head"][0] == 68.8 and measured(best)["luck_share"] == pytest.approx(0.67, abs=0.005)
    assert table(half)["chosen_head"][1:3] == (75, 56.2)
    assert measured(words)["best"] == pytest.approx(0.59, abs=0.005) and measured(words)["luck_share"] == 0
    rows = view(each, "line_by_line").rows
    assert rows[0][1] == "The animal didn't cross the street because it was too tired."
    assert sum(row[-1] == "✓" for row in rows) == 17 == 32 * measured(each)["right_noun"]
    assert table(preset("pronouns", "telling"))["luck"][0] == pytest.approx(87, abs=1)


def test_the_telling_lines_are_those_without_a_pair():
    lines = LINES.splitlines()
    alone = {i for i, _ in enumerate(lines)} - {i for pair in bench.pairs([bench.case(t) for t in lines]) for i in pair}
    assert TELLING.splitlines() == [lines[i] for i in sorted(alone)]


@pytest.mark.parametrize(("among", "luck"), [("nouns", 87), ("words", 40)])
def test_gender_and_number(among, luck):
    evidence = DEMOS["pronouns"](lines=TELLING, among=among, layer=1, head=3)
    assert measured(evidence)["right_noun"] == 1 and measured(evidence)["pairs"] == 0
    assert table(evidence)["luck"][0] == pytest.approx(luck, abs=1)
    assert all(c.holds for c in evidence.claims) and "rules_get_half" not in claims(evidence)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ("a", "bad_pronoun"), ("[a] {b} *c*\n[a] *c*", "bad_other"), ("{b} *c*", "bad_right"),
        ("[a] {b} *c*" + " x" * 70, "bad_long"), ("[a] {b} *c*\n" * 3, "few_lines"),
        ("[a] {b} *c*\n" * 49, "too_many_lines"),
    ],
)  # fmt: skip
def test_lines_are_refused_with_their_number(lines, key):
    with pytest.raises(Refusal) as refusal:
        DEMOS["pronouns"](lines=lines)
    assert refusal.value.key == key
    if key == "bad_other":
        assert dict(refusal.value.values)["line"] == 2


@pytest.mark.parametrize("among", bench.AMONG)
def test_four_odd_lines_are_enough(among):
    lines = "\n".join(["[我] {🙂a} *x*", "*He* [a-b] {c}.", "<b>[i]</b> {j} *k* {l}", "[e\u0301] \u202e{f}\t*g*"])
    for layer, head in ((0, 0), (5, 11)):
        evidence = DEMOS["pronouns"](lines=lines, among=among, layer=layer, head=head)
        assert all(c.holds for c in evidence.claims)


# --- symmetry --------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_a_shared_projection():
    evidence = DEMOS["symmetry"]()
    found = measured(evidence)
    assert found["real_skew"] == pytest.approx(1.52, abs=0.01) and found["tied_weight_skew"] > 0.1
    assert found["real_self"] == pytest.approx(0.08, abs=0.01) and found["tied_self"] == pytest.approx(0.76, abs=0.01)
    real, tied = view(evidence, "real_weights"), view(evidence, "tied_scores")
    there = real.selected
    back = there[::-1]
    assert [(real.rows[i], real.cols[j]) for i, j in (there, back)] == [("it", "animal"), ("animal", "it")]
    assert (found["real_there"], found["real_back"]) == (real.z[there], real.z[back])
    assert found["real_there"] == pytest.approx(0.68, abs=0.01) and found["real_back"] == pytest.approx(0.03, abs=0.01)
    assert tied.z[there] == pytest.approx(tied.z[back], abs=1e-9)
    assert found["tied_there"] != found["tied_back"] and max(found["tied_there"], found["tied_back"]) < 0.001
    assert [m.name for m in large_results(evidence) if m.step == "heads"] == ["real_skew", "least_skew", "most_skew"]
    skew = view(evidence, "skew_title").z
    assert skew.min() == pytest.approx(0.71, abs=0.01) and skew.max() == pytest.approx(1.82, abs=0.01)
    z = view(evidence, "real_scores").z  # (T, T)
    assert 2**0.5 * z.std() / (z.var() + z.mean() ** 2) ** 0.5 == pytest.approx(1.39, abs=0.005)


@pytest.mark.parametrize("layer", range(6))
def test_symmetry_holds_in_every_head(layer):
    for head in range(12):
        evidence = DEMOS["symmetry"](sentence="我 the 🙂 ##less", layer=layer, head=head, cell=(23, 0))
        assert all(c.holds for c in evidence.claims)
    assert isinstance(evidence.views[0], Heatmap) and evidence.views[0].selected[1] == 0


def test_the_chips_of_the_chosen_cell():
    to_it, itself = (measured(preset("symmetry", name)) for name in ("back", "itself"))
    assert to_it["real_there"] == pytest.approx(0.03, abs=0.01)
    assert (itself["real_there"], itself["tied_there"]) == pytest.approx((0.06, 0.99), abs=0.005)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_words_hold_in_both_themes_and_in_every_layout(lang):
    for kind in ("md", "yaml"):
        text = (NOTES / lang / f"t6_self_attention.{kind}").read_text(encoding="utf-8")
        assert not re.search(r"bright|dark|亮|颜色越?深|很深|on the (left|right)|左[图边]|右[图边]|最下面", text)


# --- the circulating class -------------------------------------------------------------------------------------------
def test_one_head_is_the_only_case_in_which_both_are_the_same():
    assert measured(DEMOS["shared_matrix"](n_head="1"))["paper_sees"] == 0
    for n_head, count in (("2", 2048), ("4", 512), ("8", 128)):
        evidence = DEMOS["shared_matrix"](n_head=n_head)
        assert measured(evidence)["paper_sees"] > 0.1 and claims(evidence)["parameters_theirs"] == count
        theirs = torch.tensor(view(evidence, "theirs").z)
        d = 64 // int(n_head)
        assert torch.equal(theirs[:d, :d], theirs[-d:, -d:]) and theirs[:d, d:].abs().max() == 0


def test_variances_for_many_seeds():
    for seed in range(40):
        assert all(c.holds for c in DEMOS["shared_matrix"](n_head="8", seed=seed).claims)
