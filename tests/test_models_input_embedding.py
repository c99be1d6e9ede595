"""The sum that enters BERT, against transformers' module, against the model itself, and against known cases."""

import pytest
import torch

from models import bert
from models import input_embedding as inputs

LONG = "word " * 300, "word " * 200
TEXTS = [("my dog is cute", "he likes playing"), ("a", None), ("flightless 🙂 我爱", "x"), LONG]


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_sum_and_norm_are_the_librarys(text, pair):
    s = inputs.taken_apart(text, pair)
    total, normed = inputs.library(s)
    assert s.total.dtype == torch.float64
    torch.testing.assert_close(s.total, total, atol=1e-12, rtol=0)
    torch.testing.assert_close(s.normed, normed, atol=1e-9, rtol=0)


@pytest.mark.parametrize(("text", "pair"), TEXTS[:3])
def test_the_run_is_the_models_own(text, pair):
    s, trace = inputs.taken_apart(text, pair), bert.load().trace(text, pair)
    run = inputs.run(s)
    torch.testing.assert_close(run.hidden, trace.hidden, atol=1e-4, rtol=0)
    torch.testing.assert_close(run.attentions, trace.attentions, atol=1e-4, rtol=0)
    torch.testing.assert_close(s.normed.float(), trace.hidden[0], atol=1e-5, rtol=0)


def test_what_is_left_out_is_left_out():
    s = inputs.taken_apart("a cat", "a dog")
    none = inputs.run(s, (False, False, False)).hidden[0]
    bias = bert.load().encoder.embedding.norm.bias
    torch.testing.assert_close(none, bias.expand_as(none), atol=1e-6, rtol=0)
    alone = inputs.run(s, (True, False, False)).hidden[0]
    assert torch.equal(alone[1], alone[4])  # "a" twice, and nothing says where
    assert not torch.allclose(inputs.run(s).hidden[0][1], inputs.run(s).hidden[0][4])


def test_without_positions_the_outputs_are_permuted_with_the_tokens():
    s = inputs.taken_apart("one two three four")
    order = [3, 0, 5, 1, 4, 2]
    keep = (True, True, False)
    torch.testing.assert_close(inputs.run(s.ordered(order), keep).hidden, inputs.run(s, keep).hidden[:, order],
                               atol=1e-4, rtol=0)  # fmt: skip


def test_swapping_is_reading_the_other_way_round():
    s = inputs.taken_apart("my dog", "he plays now")
    new, back = inputs.swapped(s)
    theirs = bert.load().encode("he plays now", "my dog")
    assert (new.ids, new.segments) == (theirs.ids, theirs.segments)
    assert [new.tokens[i] for i in back] == s.tokens
    there_and_back, _ = inputs.swapped(new)
    assert there_and_back.ids == s.ids and there_and_back.segments == s.segments
    alone = inputs.taken_apart("my dog")
    assert inputs.swapped(alone)[0].ids == alone.ids and inputs.swapped(alone)[1] == [0, 1, 2, 3]


def test_attention_that_moves_completely_counts_as_one():
    a, b = torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([[0.0, 1.0], [0.25, 0.75]])
    assert inputs.moved(a, b).tolist() == [1.0, 0.25]


def test_shares_of_vectors_at_right_angles_are_their_squares():
    z = torch.zeros(2, 4, dtype=torch.float64)
    token, segment, position = z.clone(), z.clone(), z.clone()
    token[:, 0], segment[:, 1], position[0, 2], position[1, 2] = 2, 1, 1, -1
    s = inputs.Sum(["a", "b"], [0, 0], [0, 0], token, segment, position)
    torch.testing.assert_close(inputs.shares(s)[:, 0], torch.tensor([4, 1, 1], dtype=torch.float64) / 6)
    assert inputs.shares_of_difference(s).tolist() == [0, 0, 1]  # token and segment are the same in both rows


def test_terms_of_the_scores_add_up_and_only_row_constants_are_left_out():
    s = inputs.taken_apart("the cat sat", "it slept")
    terms = inputs.score_terms(s)
    torch.testing.assert_close(terms.sum((0, 1)), inputs.scores(s), atol=1e-9, rtol=0)
    without_key_bias = terms[:, :3].sum((0, 1))
    torch.testing.assert_close(without_key_bias.softmax(-1), inputs.scores(s).softmax(-1), atol=1e-12, rtol=0)
    weights = bert.load().trace("the cat sat", "it slept").attentions[0]
    torch.testing.assert_close(inputs.scores(s).softmax(-1).float(), weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(inputs.score_shares(terms).sum((0, 1)), torch.ones(12, dtype=torch.float64))


def test_rows_of_the_tables_are_read_back():
    total, ids, positions = inputs.random_sums(50, seed=3)
    read = inputs.read_back(total, 384)
    assert torch.equal(read.ids, ids) and torch.equal(read.positions, positions)
    again, same, _ = inputs.random_sums(50, seed=3)
    assert torch.equal(again, total) and torch.equal(same, ids)
    few = inputs.read_back(total, 4)
    assert (few.ids == ids).float().mean() < 0.3 and (few.positions == positions).float().mean() < 0.3


def test_a_few_directions_of_their_own_tell_the_positions():
    total, _, positions = inputs.random_sums(100, seed=1)
    assert torch.equal(inputs.positions_along(total, 384), inputs.read_back(total, 384).positions)
    right = [(inputs.positions_along(total, k) == positions).double().mean() for k in (1, 4, 8)]
    assert right[0] < right[1] < right[2] and right[2] > 0.97
    assert (inputs.read_back(total, 8).positions == positions).double().mean() < 0.1  # the first eight coordinates


def test_room():
    room = inputs.room()
    position = inputs.tables()[2].double()
    energy = torch.linalg.svdvals(position - position.mean(0)).square()
    assert energy[: int(room["position"])].sum() >= 0.9 * energy.sum()
    assert energy[: int(room["position"]) - 1].sum() < 0.9 * energy.sum()
    assert room["token"] > 10 * room["position"]


def test_too_long_is_said():
    with pytest.raises(bert.TooLong):
        inputs.taken_apart("word " * 600)
