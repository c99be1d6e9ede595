"""What the lesson on LayerNorm and BatchNorm says that the house tests cannot know."""

import statistics

import numpy as np
import pytest
import torch
from torch import nn

from models.normalization import batch_norm, layer_norm
from study.demo import demos
from study.figures import as_is, draw
from study.look import Look
from study.views import Lines, Say
from study.views.diagram import Polygon

DEMOS = demos("t2_layer_vs_batch_norm")


def view(evidence, title: str):
    """The view of this title."""
    (result,) = (v for v in evidence.views if (v.title.key if isinstance(v.title, Say) else v.title) == title)
    return result


def preset(demo: str, name: str):
    """The evidence of a demo's preset."""
    return DEMOS[demo](**{k: v for k, v in DEMOS[demo].presets[name].items() if k != "step"})


def numbers(evidence):
    return {m.name: m.value for m in evidence.measured} | {c.name: c.measured for c in evidence.claims}


def test_the_example_on_paper():
    x = torch.tensor([1.0, 7.0, 9.0, 15.0], dtype=torch.float64)
    by_hand = torch.tensor([-1.4, -0.2, 0.2, 1.4], dtype=torch.float64)
    torch.testing.assert_close(layer_norm(x, eps=0), by_hand)
    torch.testing.assert_close(batch_norm(x[:, None], eps=0)[:, 0], by_hand)  # one channel of four tokens
    ones = torch.ones_like(x)
    torch.testing.assert_close(layer_norm(x, 5 * ones, 8 * ones, eps=0), x)


def test_the_picture_fills_one_row_of_the_front_and_one_column():
    (drawing,) = DEMOS["slabs"]().views
    filled = [part for part in drawing.parts if isinstance(part, Polygon) and part.tone > 0.5]
    rows = [part for part in filled if max(x for x, _ in part.points) < 180]
    assert len(rows) == 6 + 1  # of the front, and at the right side
    assert len(filled) - len(rows) == 4 + 3  # of the front, and on the top


def test_a_batch_of_three_sentences_of_four_tokens_has_twelve_layer_and_six_batch_statistics():
    for norm, count in (("layer", 12), ("rms", 12), ("batch", 6)):
        evidence = DEMOS["axes"](norm=norm)
        assert numbers(evidence)["statistics"] == count == len(view(evidence, f"mean_{norm}").labels)


def test_the_names_of_the_row_and_the_column_say_what_happened_to_them():
    before = view(DEMOS["axes"](token_scale=5.0, channel_shift=-2.5), "before")
    assert (before.rows[1], before.cols[2]) == ("s1·t2 ×5", "c3 −2.5")
    plain = view(DEMOS["axes"](token_scale=1.0, channel_shift=0.0), "before")
    changed = np.argwhere(before.z != plain.z)
    assert {tuple(at) for at in changed} == {(i, j) for i in range(12) for j in range(6) if i == 1 or j == 2}


def test_the_bars_show_the_statistics_of_the_matrices():
    for norm, axis, spread in (
        ("layer", 1, np.var),
        ("batch", 0, np.var),
        ("rms", 1, lambda z, axis: (z**2).mean(axis)),
    ):
        evidence = DEMOS["axes"](norm=norm)
        means, spreads = (
            view(evidence, f"{name}_{norm}").values for name in ("mean", ("variance", "mean_square")[norm == "rms"])
        )
        for when, title in (("before_norm", "before"), ("after_norm", f"after_{norm}")):
            z = view(evidence, title).z
            assert means[when] == pytest.approx(z.mean(axis)) and spreads[when] == pytest.approx(spread(z, axis=axis))


def test_the_chips_about_axes_undo_what_they_say():
    loud, shifted, both = (numbers(preset("axes", name)) for name in ("loud", "shifted", "both"))
    assert loud["token_scale_left"] < 1e-3 and loud["channel_shift_left"] == 0
    assert shifted["channel_shift_left"] < 1e-9 < 1 < both["token_scale_left"]
    gamma = numbers(preset("axes", "gamma"))
    assert (gamma["mean"], gamma["variance"]) == pytest.approx((1, 4), abs=1e-3)


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
    change = view(DEMOS["neighbour"](where="future"), "layer_change").z
    assert [bool(row.any()) for row in change] == [i == 3 for i in range(12)]


def test_half_zero_padding_halves_the_mean_and_a_mask_repairs_it():
    evidence = DEMOS["padding"](padded_to=8, fill=0.0)
    real = view(evidence, "drift").series[1].y[0]
    assert numbers(evidence)["poisoned_mean"] == pytest.approx(real / 2, rel=1e-6)
    assert real == pytest.approx(2.71, abs=0.01)  # the quiz names it
    padded, masked, layer = (numbers(evidence)[f"{name}_moved"] for name in ("padding", "masked", "layer"))
    assert padded > 1 and masked == 0 and layer == pytest.approx(0, abs=1e-12)


def test_the_start_fades_as_the_note_says():
    assert numbers(DEMOS["train_vs_eval"](batches=10))["start_left"] == pytest.approx(0.349, abs=1e-3)
    assert numbers(DEMOS["train_vs_eval"]())["start_left"] == pytest.approx(0.0148, abs=1e-4)
    told = numbers(preset("train_vs_eval", "ten"))
    assert told["start_in_it"] == told["start_left"] == pytest.approx(0.349, abs=1e-3)


def test_one_value_per_channel_shows_pytorchs_refusal_and_a_figure():
    evidence = DEMOS["train_vs_eval"](batch_size=1, length=1, batches=3)
    (notice,) = evidence.notices
    assert notice.key == "one_value"
    with pytest.raises(ValueError, match="Expected more than 1 value per channel") as refused:
        nn.BatchNorm1d(4)(torch.ones(1, 4, 1))
    assert dict(notice.values)["message"] == str(refused.value)
    assert numbers(evidence)["refused"] == 3
    assert set(view(evidence, "mean_curve").series[0].y) == {0.0}  # the running mean never moved
    assert numbers(evidence)["start_in_it"] == 1
    assert set(view(evidence, "one").values) == {"layer", "eval"}


@pytest.mark.parametrize("size", [{"batch_size": 1, "length": 2}, {"batch_size": 2, "length": 1}])
def test_two_values_per_channel_are_enough(size):
    assert not DEMOS["train_vs_eval"](**size).notices


def test_the_history_does_not_depend_on_how_many_batches_follow():
    short, long = (view(DEMOS["train_vs_eval"](batches=n), "mean_curve").series[0].y for n in (5, 50))
    assert list(short) == list(long[:6])


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_at_the_last_of_24_blocks_post_norm_keeps_its_gradient_and_pre_norm_loses_it(norm):
    seen = [numbers(DEMOS["pre_post"](depth=24, norm=norm, seed=seed)) for seed in range(5)]
    assert 3 < statistics.median(s["last_post"] / s["last_pre"] for s in seen) < 5.5  # "about four times"
    assert -0.75 < statistics.median(s["pre_slope"] for s in seen) < -0.4  # "about -0.55"
    assert all(3.5 < s["stream_pre"] < 6.5 for s in seen)


def lines_of(demo: str, title: str) -> list[dict]:
    (lines,) = (v for v in DEMOS[demo]().views if isinstance(v, Lines) and v.title == title)
    return [trace["line"] for trace in draw(lines, Look(), as_is)["figure"]["data"] if trace["line"].get("dash")]


def test_a_curve_and_what_it_is_compared_with_have_one_colour_and_only_the_second_is_dashed():
    mean, true_mean, variance, true_variance = lines_of("padding", "drift")
    for seen, true in ((mean, true_mean), (variance, true_variance), lines_of("train_vs_eval", "mean_curve")):
        assert seen["color"] == true["color"] and (seen["dash"], true["dash"]) == ("solid", "dash")
    assert mean["color"] != variance["color"]
    post, pre, root = lines_of("pre_post", "last_block")
    assert post["color"] != pre["color"] == root["color"]
    assert (post["dash"], pre["dash"], root["dash"]) == ("solid", "solid", "dash")
    for title in ("stream", "by_layer"):  # beside it, dashes mean the same
        assert lines_of("pre_post", title) == [post, pre]


def test_in_these_stacks_pre_norm_is_not_the_more_even_one():
    for seed in range(10):
        by_layer = view(DEMOS["pre_post"](depth=24, seed=seed), "by_layer")
        post, pre = (s.y.max() / s.y.min() for s in by_layer.series)
        assert pre > post


def test_which_end_of_post_norm_is_higher_depends_on_the_seed():
    first, second = (view(preset("pre_post", name), "by_layer").series[0].y for name in ("input", "another"))
    fifth = view(DEMOS["pre_post"](depth=24, seed=5), "by_layer").series[0].y
    assert min(first[0] / first[-1], second[0] / second[-1]) > 2 and fifth[0] < fifth[-1] / 2


@pytest.mark.parametrize(
    ("name", "share"), [("two_thirds", 2 / 3), ("one_third", 1 / 3), ("peak", 3 / 7), ("most", 11 / 12)]
)
def test_the_chips_about_padding_show_what_the_note_says(name, share):
    evidence = preset("padding", name)
    drift = view(evidence, "drift")
    assert numbers(evidence)["padding_share"] == pytest.approx(share) == drift.here
    _, _, variance, true_variance = drift.series
    seen = variance.y[list(variance.x).index(drift.here)] / true_variance.y[0]
    low, high = {"two_thirds": (1, 3), "one_third": (3, 3.3), "peak": (3, 4), "most": (0, 1)}[name]
    assert low < seen < high
    if name == "peak":
        assert seen == variance.y.max() / true_variance.y[0]


def test_the_chips_about_neighbours():
    another, large, future = (numbers(preset("neighbour", name)) for name in ("another", "large", "future"))
    assert another["layer_moved"] == future["layer_moved"] == 0 < future["batch_moved"]
    assert another["batch_moved_mean"] > large["batch_moved_mean"] > 0


def test_one_token_is_refused_and_two_are_not():
    assert preset("train_vs_eval", "one").notices and not preset("train_vs_eval", "two").notices
