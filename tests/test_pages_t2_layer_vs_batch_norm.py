"""What the lesson on LayerNorm and BatchNorm says that the house tests cannot know."""

import statistics

import pytest
import torch
from torch import nn

from models import normalization, toy_batch
from study.demo import demos

DEMOS = demos("t2_layer_vs_batch_norm")


def numbers(evidence):
    return {m.name: m.value for m in evidence.measured} | {c.name: c.measured for c in evidence.claims}


def test_a_batch_of_three_sentences_of_four_tokens_has_twelve_layer_and_six_batch_statistics():
    for norm, count in (("layer", 12), ("rms", 12), ("batch", 6)):
        evidence = DEMOS["axes"](norm=norm)
        assert numbers(evidence)["statistics"] == count == len(evidence.views[2].rows)


@pytest.mark.parametrize("gamma, beta", [(2.0, 1.0), (0.5, -2.0)])
def test_after_gamma_and_beta_the_mean_is_beta_and_the_variance_gamma_squared(gamma, beta):
    for norm in ("layer", "batch"):
        found = numbers(DEMOS["axes"](norm=norm, gamma=gamma, beta=beta))
        assert found["mean"] == pytest.approx(beta, abs=1e-9)
        assert found["variance"] == pytest.approx(gamma**2, abs=1e-3)


def test_each_norm_leaves_what_the_other_undoes():
    assert numbers(DEMOS["axes"](norm="layer"))["channel_shift_left"] > 1
    assert numbers(DEMOS["axes"](norm="batch"))["token_scale_left"] > 1


@pytest.mark.parametrize("where", ["neighbour", "future"])
def test_batch_norm_lets_the_disturbance_through_and_a_larger_batch_weakens_it(where):
    moved = [numbers(DEMOS["neighbour"](where=where, sentences=n))["batch_moved_mean"] for n in (2, 32)]
    assert moved[0] > 2 * moved[1] > 0
    assert numbers(DEMOS["neighbour"](where=where, amount=0.0))["batch_moved"] == 0


def test_in_the_future_mode_only_the_last_token_moves_under_layer_norm():
    change = DEMOS["neighbour"](where="future").views[0].z
    assert [bool(row.any()) for row in change] == [i == 3 for i in range(12)]


def test_half_zero_padding_halves_the_mean_and_a_mask_repairs_it():
    evidence = DEMOS["padding"](padded_to=8, fill=0.0)
    real = evidence.views[1].series[1].y[0]
    assert numbers(evidence)["poisoned_mean"] == pytest.approx(real / 2, rel=1e-6)
    assert real == pytest.approx(2.71, abs=0.01)  # the quiz names it
    padded, masked, layer = (row[-1] for row in evidence.views[2].rows)
    assert padded > 1 and masked == 0 and layer == pytest.approx(0, abs=1e-12)


def test_the_start_fades_as_the_note_says():
    assert numbers(DEMOS["train_vs_eval"](batches=10))["start_left"] == pytest.approx(0.349, abs=1e-3)
    assert numbers(DEMOS["train_vs_eval"]())["start_left"] == pytest.approx(0.0148, abs=1e-4)


def test_one_value_per_channel_shows_pytorchs_refusal_and_a_figure():
    evidence = DEMOS["train_vs_eval"](batch_size=1, length=1, batches=3)
    (notice,) = evidence.notices
    assert notice.key == "one_value"
    with pytest.raises(ValueError, match="Expected more than 1 value per channel") as refused:
        nn.BatchNorm1d(4)(torch.ones(1, 4, 1))
    assert dict(notice.values)["message"] == str(refused.value)
    assert numbers(evidence)["refused"] == 3
    assert set(evidence.views[0].series[0].y) == {0.0}  # the running mean never moved
    assert set(evidence.views[2].values) == {"layer", "eval"}


@pytest.mark.parametrize("size", [{"batch_size": 1, "length": 2}, {"batch_size": 2, "length": 1}])
def test_two_values_per_channel_are_enough(size):
    assert not DEMOS["train_vs_eval"](**size).notices


def test_the_history_does_not_depend_on_how_many_batches_follow():
    short, long = (DEMOS["train_vs_eval"](batches=n).views[0].series[0].y for n in (5, 50))
    assert list(short) == list(long[:6])


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_at_the_last_of_24_blocks_post_norm_keeps_its_gradient_and_pre_norm_loses_it(norm):
    seen = [numbers(DEMOS["pre_post"](depth=24, norm=norm, seed=seed)) for seed in range(5)]
    assert 3 < statistics.median(s["last_post"] / s["last_pre"] for s in seen) < 5.5  # "about four times"
    assert -0.75 < statistics.median(s["pre_slope"] for s in seen) < -0.4  # "about -0.55"
    assert all(3.5 < s["stream_pre"] < 6.5 for s in seen)


def test_the_sweep_over_depths_agrees_with_the_stacks_themselves():
    for pre in (False, True):
        sweep = toy_batch.last_gradients(pre, normalization.layer_norm, 0)
        for depth in (1, 5, 24):
            whole = toy_batch.gradients(pre, normalization.layer_norm, depth, 0).w_2[-1].flatten(1).norm(dim=1)
            torch.testing.assert_close(sweep[depth - 1], whole)


def test_toy_batches_are_named_masked_and_repeatable():
    assert toy_batch.token_names(1, 2) == ["s1·t1", "s1·t2"]
    assert toy_batch.real_tokens((1, 3), 3).tolist() == [[True, False, False], [True, True, True]]
    assert torch.equal(toy_batch.tokens(2, 3, 4, 7), toy_batch.tokens(2, 3, 4, 7))
