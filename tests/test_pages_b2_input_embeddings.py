"""B2: what the note says in words about its demos, where the house's own tests do not look."""

import itertools

import numpy as np
import pytest
import torch

from models import bert
from study.demo import Origin, Refusal, demos
from study.notes import lessons
from study.views import Bars, Heatmap, Lines, Scatter, Table

DEMOS = demos("b2_input_embeddings")


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def rows(evidence) -> dict[str, tuple]:
    return {row[0].key: row[1:] for row in next(v for v in evidence.views if isinstance(v, Table)).rows}


@pytest.mark.parametrize("name", ["parts", "shares", "switches", "recover", "scores"])
@pytest.mark.parametrize("pair", ["   ", "\x07"])
def test_a_second_sentence_without_a_letter_is_no_trouble(name, pair):
    evidence = DEMOS[name](pair=pair)
    assert all(c.holds for c in evidence.claims)


# --- parts -----------------------------------------------------------------------------------------------------------
def test_the_figures_own_example_has_ten_tokens_here():
    token, segment, position, total, normed, chain = DEMOS["parts"]().views
    assert token.rows == ("[CLS]", "my", "dog", "is", "cute", "[SEP]", "he", "likes", "playing", "[SEP]")
    np.testing.assert_allclose(token.z + segment.z + position.z, total.z, atol=1e-6)
    assert (segment.z[:6] == segment.z[0]).all() and (segment.z[6:] == segment.z[6]).all()
    assert {v.group for v in (token, segment, position, total)} == {"sum"} and normed.group != "sum"
    links = [value for _, value in chain.links]
    assert sum(links[:3]) == pytest.approx(links[3]) == pytest.approx(total.z[2, 0], abs=1e-6)
    assert links[-1] == pytest.approx(normed.z[2, 0], abs=1e-6)


def test_what_is_shown_enters_the_first_layer():
    hidden = bert.load().trace("a cat", "a dog").hidden[0]
    shown = DEMOS["parts"](text="a cat", pair="a dog", first=48).views[4]
    np.testing.assert_allclose(shown.z, hidden[:, 48:72], atol=1e-5)
    assert shown.cols[0] == "48"


def test_the_last_numbers_can_be_seen_and_a_cell_outside_is_brought_back():
    evidence = DEMOS["parts"](text="a", pair="", first=360, cell=(63, 63))
    assert evidence.views[0].selected == (2, 23) and evidence.views[0].cols[-1] == "383"


@pytest.mark.parametrize(("demo", "limit"), [("parts", 32), ("shares", 40), ("switches", 40), ("scores", 32)])
def test_long_pairs_are_refused(demo, limit):
    half = " ".join(["word"] * (limit // 2))
    with pytest.raises(Refusal) as refusal:
        DEMOS[demo](text=half, pair=half)
    assert refusal.value.key == "too_many_tokens" and refusal.value.values == {"tokens": limit + 3, "limit": limit}


def test_a_pair_of_spaces_is_no_pair_and_odd_characters_are_counted():
    assert DEMOS["parts"](pair="  \t").views[0].rows == DEMOS["parts"](pair="").views[0].rows
    assert [n.key for n in DEMOS["parts"](text="a 🙂 b").notices] == ["unknown_pieces"]


# --- shares ----------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_lengths_and_shares():
    evidence = DEMOS["shares"]()
    found = rows(evidence)
    assert found["token"] == pytest.approx((1.15, 0.66, 0.36, 0.67), abs=0.005)
    assert found["segment"] == pytest.approx((0.48, 0.15, 0.03, 0.002), abs=0.005)
    assert found["position"] == pytest.approx((0.63, 0.19, 0.62, 0.33), abs=0.005)
    assert measured(evidence) == pytest.approx({"segments_cosine": 0.94, "segments_apart": 0.16}, abs=0.005)
    assert next(v for v in evidence.views if isinstance(v, Bars)).values["position"][0] == pytest.approx(2.36, abs=0.01)


def test_the_positions_that_stand_out():
    lines = next(v for v in DEMOS["shares"]().views if isinstance(v, Lines))
    length = lines.series[0].y
    assert set(np.argsort(length)[-5:]) == {0, 511, 510, 127, 509} and length[511] == pytest.approx(0.97, abs=0.005)


# --- switches --------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_switching_off():
    found = rows(DEMOS["switches"]())
    told = {  # sentence vector, attention moved
        "no_token": (0.09, 0.36), "no_position": (0.63, 0.31), "no_segment": (0.68, 0.47), "all_a": (0.999, 0.03),
        "exchanged": (0.997, 0.06), "swapped": (0.94, 0.15), "reversed": (0.82, 0.23),
    }  # fmt: skip
    for name, (sentence, moved) in told.items():
        assert found[name][2] == pytest.approx(sentence, abs=0.005), name
        assert found[name][1] == pytest.approx(moved, abs=0.006), name
    assert found["no_segment"][0] == max(found[f"no_{p}"][0] for p in ("token", "segment", "position"))
    assert found["no_segment"][0] == pytest.approx(0.96, abs=0.005)
    assert (found["no_sep"][2], found["no_cls"][2]) == pytest.approx((0.987, 0.93), abs=0.005)
    assert found["as_set"] == found["no_position"]


def test_without_positions_the_head_for_the_previous_token_loses_it():
    evidence = DEMOS["switches"]()
    usual, changed, moved, _ = evidence.views
    previous = [usual.z[i, i - 1] for i in range(1, 10)]
    assert np.mean(previous) > 0.9 and np.mean([changed.z[i, i - 1] for i in range(1, 10)]) < 0.2
    assert measured(evidence)["head_moved"] == pytest.approx(0.88, abs=0.005) == pytest.approx(moved.z.max(), abs=0.01)
    assert measured(evidence)["two_texts"] == pytest.approx(0.28, abs=0.005)


def test_everything_on_changes_nothing():
    evidence = DEMOS["switches"](position=True)
    assert rows(evidence)["as_set"] == pytest.approx((1, 0, 1, 1), abs=1e-6)
    assert not evidence.notices and np.allclose(evidence.views[0].z, evidence.views[1].z)


def test_a_swap_needs_a_pair_and_keeps_the_old_order_of_tokens():
    swapped = DEMOS["switches"](position=True, swap=True)
    by_hand = bert.load().trace("he likes playing", "my dog is cute").attentions[0, 2]
    order = [0, 5, 6, 7, 8, 9, 1, 2, 3, 4]  # of the original tokens in the swapped text
    np.testing.assert_allclose(swapped.views[1].z, by_hand[order][:, order], atol=1e-5)
    alone = DEMOS["switches"](pair="", swap=True)
    assert [n.key for n in alone.notices] == ["never_trained", "no_pair"]
    assert "two_texts" not in measured(alone) and not {"swapped", "no_sep"} & rows(alone).keys()


def test_all_three_off_leaves_numbers():
    evidence = DEMOS["switches"](token=False, segment=False, position=False)
    assert all(np.isfinite(v.z).all() for v in evidence.views if isinstance(v, Heatmap))


# --- recover ---------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_reading_back():
    evidence = DEMOS["recover"]()
    token, position = (s.y for s in next(v for v in evidence.views if isinstance(v, Lines)).series)
    assert token[-1] == position[-1] == 1
    assert (token[4], position[4], token[2], position[2]) == pytest.approx((0.99, 0.30, 0.93, 0.04), abs=0.006)
    assert measured(DEMOS["recover"](width=384))["positions_right"] == 1
    assert measured(evidence)["position_room"] == 11
    assert measured(evidence)["mean_cosine"] == pytest.approx(0.014, abs=0.0005)
    assert measured(evidence)["random_cosine"] == pytest.approx(0.041, abs=0.0005)
    assert rows(evidence)["join_and_project"][1] == "442,368"


def test_the_wide_model_is_counted_right():
    _, extra, total = rows(DEMOS["recover"]())["join_and_carry"]
    encoder = bert.Encoder(bert.BertConfig(vocab_size=1, n_segment=1, n_position=1, d_model=1152, d_ff=4608))
    tables = sum(t.weight.numel() for t in (encoder.embedding.token, encoder.embedding.segment,
                                            encoder.embedding.position))  # fmt: skip
    inside = sum(p.numel() for p in encoder.parameters()) - tables
    extra, total = (int(n.replace(",", "")) for n in (extra, total))
    assert total == inside + 384 * (30_522 + 2 + 512) and extra == total - 22_565_376
    assert extra == pytest.approx(85e6, rel=0.01) and total / 22_565_376 == pytest.approx(4.8, abs=0.05)


def test_chips_show_what_is_read():
    tokens, positions = DEMOS["recover"](width=16).views[:2]
    assert [s.mark for s in tokens.spans].count("wrong") < [s.mark for s in positions.spans].count("wrong")
    assert {s.mark for v in DEMOS["recover"](width=384).views[:2] for s in v.spans} == {"right"}


# --- scores ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("head", "term", "share"),
    [(2, "p·p", 0.92), (1, "t·t", 0.67), (10, "t·t", 0.58), (5, "b·t", 0.54), (6, "s·t", 0.49), (9, "s·t", 0.37),
     (0, "p·t", 0.50)],
)  # fmt: skip
def test_what_the_note_says_about_heads(head, term, share):
    view = DEMOS["scores"]().views[0]
    assert view.z[head, view.cols.index(term)] == pytest.approx(share, abs=0.006)


def test_the_first_layer_is_shown_as_the_model_has_it():
    trace = bert.load().trace("a cat sat", "it slept")
    shown = [DEMOS["scores"](text="a cat sat", pair="it slept", cell=(7, n)).views for n in range(12)]
    np.testing.assert_allclose(shown[0][-1].z, trace.attentions[0, 7], atol=1e-5)
    together = torch.tensor(np.sum([views[1].z for views in shown], 0))
    np.testing.assert_allclose(together.softmax(-1), trace.attentions[0, 7], atol=1e-5)


# --- senses ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("word", "before", "gap", "nearest"),
    [("bank", 0.003, 0.102, 1), ("apple", -0.002, 0.152, 1), ("bat", -0.002, 0.043, 5 / 8)],
)
def test_what_the_note_says_about_senses(word, before, gap, nearest):
    found = measured(DEMOS["senses"](word=word))
    assert (found["gap_before"], found["gap"]) == pytest.approx((before, gap), abs=0.001)
    assert found["nearest"] == nearest and found["luck"] == pytest.approx(1 / 35, abs=0.012)


def test_the_lines_are_the_means_of_the_distances():
    evidence = DEMOS["senses"]()
    lines, table = evidence.views[3:]
    cosine, money = 1 - table.z, np.array([r.startswith("money") for r in table.rows])
    pairs = list(itertools.combinations(range(8), 2))
    same = np.mean([cosine[i, j] for i, j in pairs if money[i] == money[j]])
    other = np.mean([cosine[i, j] for i, j in pairs if money[i] != money[j]])
    assert (lines.series[0].y[3], lines.series[1].y[3]) == pytest.approx((same, other), abs=1e-6)
    assert other == pytest.approx(0.79, abs=0.005)


def test_the_plane_keeps_as_much_variance_as_it_says():
    evidence = DEMOS["senses"](layer=6)
    before, after = evidence.views[:2]
    assert isinstance(after, Scatter) and dict(before.title.values)["share"] == "81%"
    assert [len(g.labels) for g in after.groups] == [4, 4] and dict(after.title.values)["share"] == "59%"
    assert len(DEMOS["senses"](layer=0).views) == 4
    assert before.groups[1].x[1] == before.groups[1].x[3]  # sentences 6 and 8: "bank" is the second word


def test_the_sentences_and_their_neighbours_are_listed():
    table = DEMOS["senses"](word="bat").views[2]
    assert table.rows[0][:3] == (1, "animal", "A bat flew out of the cave at dusk.")
    assert [row[4] for row in table.rows].count("✓") == 5


def test_lines_of_ones_own():
    own = "animal: The *cat* slept.\nanimal： A *dog* barked.\ntool: the *hammer* broke\ntool: *unscrewdriverish*"
    evidence = DEMOS["senses"](word="own", lines=own)
    assert [g.labels for g in evidence.views[0].groups] == [("cat 1", "dog 2"), ("hammer 3", "unscrewdriverish 4")]
    assert all(c.holds for c in evidence.claims)


@pytest.mark.parametrize(
    ("lines", "key", "line"),
    [
        ("no mark here", "bad_form", 1), ("a: one *x*\nb: *two* *marks*", "bad_form", 2),
        ("a: *x*\na: *y*", "few_senses", None), ("a: *\u200b*", "bad_word", 1), ("a: *x*" + " y" * 70, "bad_long", 1),
        ("a: *x*\nb: *y*", "few_senses", None),
    ],
)  # fmt: skip
def test_lines_are_refused_with_their_number(lines, key, line):
    with pytest.raises(Refusal) as refusal:
        DEMOS["senses"](word="own", lines=lines)
    assert refusal.value.key == key and refusal.value.values.get("line") == line


def test_every_demo_names_the_model_and_no_note_calls_it_bert_base():
    for demo in DEMOS.values():
        evidence = demo()
        assert evidence.origin is Origin.PRETRAINED and evidence.source.startswith("all-MiniLM-L6-v2")
    lesson = next(le for le in lessons if le.stem == "b2_input_embeddings")
    assert "**不是** BERT-base" in str(lesson.sections("zh")) and "**not** BERT-base" in str(lesson.sections("en"))


def test_base_holds_what_the_quiz_says():
    assert (30_522 + 2 + 512) * 768 == 23_835_648
    segments = bert.load().encoder.embedding.segment.weight
    assert torch.cosine_similarity(*segments, dim=0) == pytest.approx(0.94, abs=0.005)
