"""B2: what the note says in words about its demos, where the house's own tests do not look."""

import itertools

import numpy as np
import pytest
import torch

from models import bert, bert_input
from pages.b2_input_embeddings import reading_back, shares
from study.controls import Refusal
from study.demo import Origin, demos
from study.notes import lessons
from study.views import Bars, Chain, Heatmap, Lines, Say, Scatter, Table
from study.views.diagram import Cells

DEMOS = demos("b2_input_embeddings")


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def titled(evidence, *titles: str) -> list:
    """The views with these titles, the first one of each."""
    views = {}
    for view in evidence.views:
        views.setdefault(view.title.key if isinstance(view.title, Say) else view.title, view)
    return [views[title] for title in titles]


def rows(evidence) -> dict[str, tuple]:
    return {row[0].key: row[1:] for row in next(v for v in evidence.views if isinstance(v, Table)).rows}


@pytest.mark.parametrize("name", ["parts", "shares", "switches", "recover", "scores"])
@pytest.mark.parametrize("pair", ["   ", "\x07"])
def test_a_second_sentence_without_a_letter_is_no_trouble(name, pair):
    evidence = DEMOS[name](pair=pair)
    assert all(c.holds for c in evidence.claims)


def test_chips_show_the_numbers_of_the_note():
    def first(name, preset, count=3):
        demo = DEMOS[name]
        given = {control: value for control, value in demo.presets[preset].items() if control != "step"}
        return [m.value for m in demo(**given).measured[:count]]

    told = [
        ("shares", "figure_2", (0.62, 0.15, 0.002)), ("shares", "one_sentence", (0.62, 0.15, 0)),
        ("switches", "no_position", (0.88, 0.31, 0.63)), ("switches", "no_segment", (0.15, 0.47, 0.68)),
        ("switches", "swapped", (0.20, 0.15, 0.94)), ("recover", "width_64", (0.9, 0.5, 1)),
        ("recover", "width_16", (0.9, 0.1, 1)), ("recover", "width_384", (1, 1, 1)),
        ("senses", "before", (0.003, 0.003)), ("senses", "bank", (0.003, 0.102, 1)),
        ("senses", "apple", (-0.002, 0.152, 1)), ("senses", "bat", (-0.002, 0.043, 0.625)),
        ("scores", "places", (0.92,)), ("scores", "words", (0.67,)), ("scores", "bias", (0.54,)),
        ("scores", "segment", (0.49,)), ("scores", "place_asks_word", (0.55,)),
    ]  # fmt: skip
    for name, preset, numbers in told:
        assert first(name, preset, len(numbers)) == pytest.approx(numbers, abs=0.006), (name, preset)


# --- parts -----------------------------------------------------------------------------------------------------------
def test_the_figures_own_example_has_ten_tokens_here():
    evidence = DEMOS["parts"]()
    token, segment, position, total, normed = titled(evidence, "token", "segment", "position", "sum", "normed")
    assert token.rows == ("[CLS]", "my", "dog", "is", "cute", "[SEP]", "he", "likes", "playing", "[SEP]")
    np.testing.assert_allclose(token.z + segment.z + position.z, total.z, atol=1e-6)
    assert (segment.z[:6] == segment.z[0]).all() and (segment.z[6:] == segment.z[6]).all()
    # the token and the sum on one scale, segment and position on another: beside the token's theirs are hard to see
    assert token.group == total.group != segment.group == position.group and normed.group not in ("sum", "added")
    added, after = ([value for _, value in v.links] for v in evidence.views if isinstance(v, Chain))
    assert sum(added[:3]) == pytest.approx(added[3]) == pytest.approx(total.z[2, 0], abs=1e-6)
    assert after[0] == added[3] and after[-1] == pytest.approx(normed.z[2, 0], abs=1e-6)


def test_what_is_shown_enters_the_first_layer():
    hidden = bert.load().trace("a cat", "a dog").hidden[0]
    (shown,) = titled(DEMOS["parts"](text="a cat", pair="a dog", first=48), "normed")
    np.testing.assert_allclose(shown.z, hidden[:, 48:60], atol=1e-5)
    assert shown.cols[0] == "48"


def test_the_last_numbers_can_be_seen_and_a_cell_outside_is_brought_back():
    evidence = DEMOS["parts"](text="a", pair="", first=372, cell=(63, 63))
    assert evidence.views[0].selected == (2, 11) and evidence.views[0].cols[-1] == "383"


@pytest.mark.parametrize(("demo", "limit"), [("parts", 32), ("shares", 40), ("switches", 40), ("scores", 32)])
def test_long_pairs_are_refused(demo, limit):
    half = " ".join(["word"] * (limit // 2))
    with pytest.raises(Refusal) as refusal:
        DEMOS[demo](text=half, pair=half)
    assert refusal.value.key == "too_many_tokens" and refusal.value.values == {"tokens": limit + 3, "limit": limit}


def test_a_pair_of_spaces_is_no_pair_and_odd_characters_are_counted():
    assert DEMOS["parts"](pair="  \t").views[0].rows == DEMOS["parts"](pair="").views[0].rows
    assert [n.key for n in DEMOS["parts"](text="a 🙂 b").notices] == ["unknown_pieces"]


@pytest.mark.parametrize("name", ["parts", "shares", "switches", "recover", "scores"])
@pytest.mark.parametrize("text", ["\ufffd", "\u0301", "\ufe0f \u0007"])
def test_a_text_of_which_nothing_is_left_to_read_is_empty(name, text):
    with pytest.raises(Refusal) as refusal:
        DEMOS[name](text=text)
    assert refusal.value.key == "empty"


def test_one_number_is_a_sum_first():
    added, normed = (v for v in DEMOS["parts"]().views if isinstance(v, Chain))
    assert added.joins == ("+", "+", "=") and normed.joins == ("→", "→", "→")


def test_every_part_can_be_seen_on_its_scale():
    """The strongest number of a part in the default window is over three tenths of the strongest of its scale."""
    parts = titled(DEMOS["parts"](), "token", "segment", "position", "sum")
    for part in parts:
        top = max(np.abs(v.z).max() for v in parts if v.group == part.group)
        assert np.abs(part.z).max() > 0.3 * top, part.title


# --- shares ----------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_lengths_and_shares():
    evidence = DEMOS["shares"]()
    found = rows(evidence)
    lengths, in_percent = ({part: row[cut] for part, row in found.items()} for cut in (0, slice(1, None)))
    assert lengths == pytest.approx({"token": 1.15, "segment": 0.48, "position": 0.63}, abs=0.005)
    assert in_percent["token"] == pytest.approx((66, 36, 67), abs=0.5)
    assert in_percent["segment"] == pytest.approx((15, 3, 0.2), abs=0.5)
    assert in_percent["position"] == pytest.approx((19, 62, 33), abs=0.5)
    told = {"cls_position": 0.62, "segment_share": 0.15, "segment_difference": 0.002}
    assert measured(evidence) == pytest.approx(told | {"segments_cosine": 0.94, "segments_apart": 0.16}, abs=0.005)
    assert next(v for v in evidence.views if isinstance(v, Bars)).values["position"][0] == pytest.approx(2.36, abs=0.01)


def test_what_the_note_says_about_the_words_alone():
    s = bert_input.taken_apart("my dog is cute", "he likes playing")
    words = [i for i, token in enumerate(s.tokens) if token not in ("[CLS]", "[SEP]")]
    share = shares.contributions(s)
    assert s.parts.norm(dim=-1)[:, words].mean(1).tolist() == pytest.approx([1.12, 0.48, 0.44], abs=0.005)
    assert share[:, words].mean(1).tolist() == pytest.approx([0.71, 0.15, 0.13], abs=0.005)
    assert share[:, 1:].mean(1).argmin() == 2  # without [CLS] the position is the smallest part
    assert (share[1].min().item(), share[1].max().item()) == pytest.approx((0.03, 0.24), abs=0.005)


def test_the_positions_that_stand_out():
    lines = next(v for v in DEMOS["shares"]().views if isinstance(v, Lines))
    length = lines.series[0].y
    assert set(np.argsort(length)[-5:]) == {0, 511, 510, 127, 509} and length[511] == pytest.approx(0.97, abs=0.005)


# --- switches --------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_switching_off():
    found = rows(DEMOS["switches"]())
    told = {  # sentence vector, attention moved in per cent
        "no_token": (0.09, 36), "no_position": (0.625, 31), "no_segment": (0.68, 47), "all_a": (0.999, 3),
        "exchanged": (0.997, 6), "swapped": (0.94, 15), "reversed": (0.82, 23),
    }  # fmt: skip
    for name, (sentence, moved) in told.items():
        assert found[name][2] == pytest.approx(sentence, abs=0.005), name
        assert found[name][1] == pytest.approx(moved, abs=0.6), name
    assert list(found)[3:5] == ["no_segment", "exchanged"]  # what is compared stands together
    assert found["no_segment"][0] == max(found[f"no_{p}"][0] for p in ("token", "segment", "position"))
    assert found["no_segment"][0] == pytest.approx(0.96, abs=0.005)
    assert (found["no_sep"][2], found["no_cls"][2]) == pytest.approx((0.987, 0.93), abs=0.005)
    assert found["as_set"] == found["no_position"]


def test_without_positions_the_head_for_the_previous_token_loses_it():
    evidence = DEMOS["switches"]()
    usual, changed, moved = titled(evidence, "usual", "changed", "moved")
    previous = [usual.z[i, i - 1] for i in range(1, 10)]
    assert np.mean(previous) > 0.9 and np.mean([changed.z[i, i - 1] for i in range(1, 10)]) < 0.2
    assert measured(evidence)["head_moved"] == pytest.approx(0.88, abs=0.005) == pytest.approx(moved.z.max(), abs=0.01)
    assert measured(evidence)["mean_moved"] == pytest.approx(0.31, abs=0.005)
    assert measured(evidence)["two_texts"] == pytest.approx(0.28, abs=0.005)


def test_a_head_is_chosen_beside_what_becomes_of_it():
    heads = next(step for step in DEMOS["switches"](layer=3, head=1).steps if step.name == "heads")
    moved, changed = heads.views
    assert moved.pick == ("layer", "head") and moved.selected == (3, 1)
    assert dict(changed.title.values) == {"layer": 3, "head": 1}


def test_everything_on_changes_nothing():
    evidence = DEMOS["switches"](position=True)
    assert rows(evidence)["as_set"] == pytest.approx((1, 0, 1, 1), abs=1e-6)
    usual, changed = titled(evidence, "usual", "changed")
    assert not evidence.notices and np.allclose(usual.z, changed.z)


def test_a_swap_needs_a_pair_and_keeps_the_old_order_of_tokens():
    swapped = DEMOS["switches"](position=True, swap=True)
    by_hand = bert.load().trace("he likes playing", "my dog is cute").attentions[0, 2]
    order = [0, 5, 6, 7, 8, 9, 1, 2, 3, 4]  # of the original tokens in the swapped text
    np.testing.assert_allclose(titled(swapped, "changed")[0].z, by_hand[order][:, order], atol=1e-5)
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
    for width, right in ((64, (0.9, 0.5)), (16, (0.9, 0.1))):
        found = measured(DEMOS["recover"](width=width))
        assert (found["tokens_right"], found["positions_right"]) == pytest.approx(right)
    assert measured(DEMOS["recover"](width=384))["positions_right"] == 1
    assert measured(evidence)["position_room"] == 11
    assert measured(evidence)["mean_cosine"] == pytest.approx(0.014, abs=0.0005)
    assert measured(evidence)["random_cosine"] == pytest.approx(0.041, abs=0.0005)
    assert rows(evidence)["join_and_project"][1] == Say("whole", n=442_368)


def test_at_position_0_a_token_in_eight_would_be_read_as_cls():
    token, segment, position = bert_input.tables()
    x = token + segment[0] + position[0] - segment.mean(0) - position.mean(0)  # (V, C), as read_back reads it
    nearer_cls = (x - token[101]).square().sum(-1) < (x - token).square().sum(-1)  # (V,)
    assert bert.load().tokenizer.id_to_token(101) == "[CLS]" and 3755 <= nearer_cls.sum() <= 3760
    some = torch.arange(1000, 1200)
    read = reading_back.read_back(token[some] + segment[0] + position[0], 384).ids
    assert torch.equal(read != some, nearer_cls[some]) and not read[read != some].ne(101).any()


def test_without_their_means_taken_off_the_tables_are_no_nearer_a_right_angle_than_chance():
    token, _, position = (torch.nn.functional.normalize(table, dim=-1) for table in bert_input.tables())
    assert (token @ position.T).abs().mean() == pytest.approx(0.037, abs=0.0005)


def test_the_wide_model_is_counted_right():
    _, extra, total = rows(DEMOS["recover"]())["join_and_carry"]
    encoder = bert.Encoder(bert.BertConfig(vocab_size=1, n_segment=1, n_position=1, d_model=1152, d_ff=4608))
    tables = sum(t.weight.numel() for t in (encoder.embedding.token, encoder.embedding.segment,
                                            encoder.embedding.position))  # fmt: skip
    inside = sum(p.numel() for p in encoder.parameters()) - tables
    extra, total = (dict(n.values)["n"] for n in (extra, total))
    assert total == inside + 384 * (30_522 + 2 + 512) and extra == total - 22_565_376
    assert extra == pytest.approx(85e6, rel=0.01) and total / 22_565_376 == pytest.approx(4.8, abs=0.05)


def test_chips_show_what_is_read():
    tokens, positions = titled(DEMOS["recover"](width=16), "tokens_read", "positions_read")
    assert [s.mark for s in tokens.spans].count("wrong") < [s.mark for s in positions.spans].count("wrong")
    chips = titled(DEMOS["recover"](width=384), "tokens_read", "positions_read")
    assert {s.mark for v in chips for s in v.spans} == {"right"}


# --- scores ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("head", "term", "share"),
    [(2, "p·p", 0.92), (1, "t·t", 0.67), (10, "t·t", 0.58), (5, "b·t", 0.54), (6, "s·t", 0.49), (9, "s·t", 0.37),
     (0, "p·t", 0.50)],
)  # fmt: skip
def test_what_the_note_says_about_heads(head, term, share):
    (view,) = titled(DEMOS["scores"](), "who_asks_whom")
    column = view.cols.index(term)
    assert view.z[head, column] == pytest.approx(share, abs=0.006)
    assert measured(DEMOS["scores"](cell=(head, column)))["chosen"] == pytest.approx(share, abs=0.006)


def test_the_first_layer_is_shown_as_the_model_has_it():
    trace = bert.load().trace("a cat sat", "it slept")
    shown = [DEMOS["scores"](text="a cat sat", pair="it slept", cell=(7, n)) for n in range(12)]
    np.testing.assert_allclose(titled(shown[0], "weights")[0].z, trace.attentions[0, 7], atol=1e-5)
    together = torch.tensor(np.sum([titled(evidence, "one_term")[0].z for evidence in shown], 0))
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
    lines, table = titled(evidence, "by_layer", "distances")
    cosine, money = 1 - table.z, np.array([r.startswith("money") for r in table.rows])
    pairs = list(itertools.combinations(range(8), 2))
    same = np.mean([cosine[i, j] for i, j in pairs if money[i] == money[j]])
    other = np.mean([cosine[i, j] for i, j in pairs if money[i] != money[j]])
    assert (lines.series[0].y[3], lines.series[1].y[3]) == pytest.approx((same, other), abs=1e-6)
    assert other == pytest.approx(0.79, abs=0.005)


def test_the_plane_keeps_as_much_variance_as_it_says():
    evidence = DEMOS["senses"](layer=6)
    before, after = titled(evidence, "before", "after")
    assert isinstance(after, Scatter) and dict(before.title.values)["share"] == "81%"
    assert [len(g.labels) for g in after.groups] == [4, 4] and dict(after.title.values)["share"] == "59%"
    assert len(DEMOS["senses"](layer=0).views) == 4
    at = dict(zip(range(1, 9), np.concatenate([np.stack([g.x, g.y], 1) for g in before.groups]), strict=True))
    assert at[6] == pytest.approx(at[8])  # "bank" is the second word of both
    assert at[4] == pytest.approx(at[5])  # the seventh, of different senses


def test_the_sentences_and_their_neighbours_are_listed():
    (table,) = titled(DEMOS["senses"](word="bat"), "sentences")
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


# --- the picture, the code -------------------------------------------------------------------------------------------
def test_the_picture_shows_the_rows_of_the_tables():
    (drawing,) = DEMOS["three_rows"]().views
    grids = [part.rows[0] for part in drawing.parts if isinstance(part, Cells)]
    assert grids[0] == ("[CLS]", "my", "dog", "[SEP]", "he", "slept", "[SEP]")
    ids = [bert.load().tokenizer.token_to_id(token) for token in grids[0]]
    assert grids[1] == tuple(map(str, ids)) and grids[2] == tuple("0000111") and grids[3] == tuple("0123456")


def test_the_example_on_paper():
    rows = torch.tensor([[3.0, -2, 0, 4], [0, 1, -1, 1], [2, 2, 2, 0]])
    assert rows.sum(0).tolist() == [5, 1, 1, 5]
    torch.testing.assert_close(torch.nn.functional.layer_norm(rows.sum(0), [4]), torch.tensor([1.0, -1, -1, 1]))


@pytest.mark.parametrize(("keep", "different"), [((True, True), 10), ((True, False), 9), ((False, False), 6)])
def test_without_positions_equal_tokens_stay_equal(keep, different):
    segment, position = keep
    told = {"text": "dogs like big dogs", "pair": "dogs like cats"}
    (claim,) = (
        c for c in DEMOS["switches"](**told, segment=segment, position=position).claims if c.name == "told_apart"
    )
    assert claim.measured == claim.expected == different


def test_the_bug_of_the_quiz_runs_on_one_text_and_gives_every_token_position_0():
    e = bert.load().encoder.embedding
    ids, segments = torch.tensor([[101, 2026, 3899, 102]]), torch.zeros(1, 4, dtype=torch.long)
    x = e.token(ids) + e.segment(segments) + e.position(torch.arange(ids.shape[0]))  # (1, 4, C)
    torch.testing.assert_close(x, e.token(ids) + e.segment(segments) + e.position.weight[0])
    with pytest.raises(RuntimeError):
        e.token(ids.expand(2, 4)) + e.position(torch.arange(2))
