"""T5: what the note says in words about its demos, where the house's own tests do not look."""

import math
from statistics import mean

import numpy as np
import pytest
import torch

from models import lookup, toy
from study.demo import Origin, Progress, Refusal, demos
from study.views import Chain, Heatmap

DEMOS = demos("t5_attention")


def heatmap(evidence, key: str) -> Heatmap:
    return next(v for v in evidence.views if isinstance(v, Heatmap) and getattr(v.title, "key", v.title) == key)


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


# --- toy numbers -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat, the mat.", ["The", "cat", ",", "the", "mat", "."]),
        ("我爱BERT！", ["我", "爱", "BERT", "！"]),
        ("didn't", ["didn", "'", "t"]),
        ("  naïve\t42 ", ["naïve", "42"]),
    ],
)
def test_toy_tokens(text, tokens):
    assert toy.words(text) == tokens


def test_a_word_has_one_vector_and_three_projections():
    x = toy.embed(["The", "cat", "the"], seed=3)
    assert torch.equal(x[0], x[2]) and not torch.equal(x[0], x[1])
    assert not torch.equal(x, toy.embed(["The", "cat", "the"], seed=4))
    p = toy.project(x, d_k=8, seed=3)
    assert not any(torch.allclose(a, b) for a, b in [(p.q, p.k), (p.q, p.v), (p.k, p.v)])


def test_norm_of_the_softmax_jacobian():
    p = torch.softmax(toy.normal(5, 7, seed=1, name="z"), -1)
    torch.testing.assert_close(toy.softmax_jacobian_norm(p), toy.softmax_jacobian(p).flatten(1).norm(dim=1))


# --- step by step ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", ["toy", "bert"])
def test_too_many_tokens(source):
    with pytest.raises(Refusal) as refusal:
        DEMOS["step_by_step"](sentence="a " * 30, source=source)
    assert refusal.value.key == "too_many_tokens"
    assert dict(refusal.value.values) == {"tokens": 30 + 2 * (source == "bert"), "limit": 24}


def test_scores_are_not_symmetric_and_the_diagonal_is_not_special():
    z = heatmap(DEMOS["step_by_step"](), "scores").z
    assert z[9, 1] == pytest.approx(1.70, abs=0.01) and z[1, 9] == pytest.approx(-1.28, abs=0.01)
    assert (z.argmax(1) != np.arange(len(z))).any()
    assert np.array_equal(z[0], z[6])  # The and the: no positions


def test_a_masked_cell_is_minus_infinity_then_exactly_zero():
    evidence = DEMOS["step_by_step"](causal=True, cell=(1, 9))
    links = next(v for v in evidence.views if isinstance(v, Chain)).links
    values = {getattr(key, "key", key): value for key, value in links}
    assert values["masked_cell"] == -math.inf and values["exponential"] == values["weight_cell"] == 0
    assert np.isfinite(values["dot_product"])
    assert (heatmap(evidence, "weights").z[~np.tri(14, dtype=bool)] == 0).all()


def test_a_cell_out_of_range_becomes_the_nearest():
    assert heatmap(DEMOS["step_by_step"](sentence="two words", cell=(23, 0)), "scores").selected == (1, 0)


def test_bert_is_named_and_toys_are_toys():
    assert DEMOS["step_by_step"]().origin is Origin.TOY
    real = DEMOS["step_by_step"](source="bert", layer=2, head=3, causal=True)
    assert real.origin is Origin.PRETRAINED and "L2·H3" in real.source
    assert [n.key for n in real.notices] == ["mask_is_ours"]
    assert heatmap(real, "Q").z.shape == (16, 32)


# --- scaling, retrieval ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_only_the_square_root_keeps_softmax_as_it_is(seed):
    entropy = DEMOS["scaling"](seed=seed).views[1]
    by_name = {s.name: s.y for s in entropy.series}
    assert by_name["unscaled"][-1] < 0.5 < 2 < by_name["unscaled"][0]
    assert np.ptp(by_name["scaled"]) < 0.3
    assert by_name["over_d_k"][-1] == pytest.approx(math.log(16), abs=0.01)


def test_the_variance_of_dot_products_for_many_seeds():
    for seed in range(40):
        assert all(claim.holds for claim in DEMOS["scaling"](d_k=1, n_keys=2, seed=seed).claims)


@pytest.mark.parametrize(("temperature", "answer", "room"), [(0.01, 9, 1e-5), (100, 4.75, 0.02)])
def test_a_soft_look_up_has_two_ends(temperature, answer, room):
    assert measured(DEMOS["retrieval"](temperature=temperature))["soft"] == pytest.approx(answer, abs=room)


def test_enlarged_vectors_harden_the_dot_product_only():
    small, large = measured(DEMOS["additive_vs_dot"]()), measured(DEMOS["additive_vs_dot"](size=10))
    assert large["largest_score"] == pytest.approx(100 * small["largest_score"])
    assert large["entropy_dot"] < 0.1 and large["entropy_additive"] > 1.5


# --- trained ---------------------------------------------------------------------------------------------------------
def test_what_the_note_says_about_the_trained_runs():
    r = lookup.results()
    steps = {(k, d): [r.steps_to(run, 0.9) for run in r.final(k, d)] for k in lookup.KINDS for d in (8, 512)}
    assert len(r.seeds) == 5 and r.steps == 600 and r.task.pairs == 16
    assert steps["dot", 8] == pytest.approx(steps["additive", 8], abs=15)
    assert min(steps["dot", 512]) > 5 * max(max(steps["scaled_dot", 512]), max(steps["additive", 512]))
    assert all(run.accuracy[-1] > 0.995 for d in r.d_ks for run in r.final("scaled_dot", d))
    assert all(run.accuracy[-1] >= 0.95 for d in r.d_ks for run in r.final("additive", d))
    assert all(run.accuracy[-1] >= 0.89 for d in r.d_ks for run in r.final("dot", d))
    small, large = r.final("dot", 8), r.final("dot", 512)
    fall = mean(run.score_gradient for run in small) / mean(run.score_gradient for run in large)
    assert 500 < fall < 1000
    assert mean(run.gradient for run in large) > 2 * mean(run.gradient for run in small)


def test_training_live_reports_and_can_be_stopped():
    progress = Progress()
    work = DEMOS["train_live"].start(progress, kind="scaled_dot", d_k=16, lr=0.01)
    first = next(work)
    assert measured(first)["accuracy_now"] < 0.3 and progress.done == 0
    last = next(evidence for evidence in work if progress.done >= 0.5)
    work.close()
    assert measured(last)["accuracy_now"] > 0.9 and 0.5 <= progress.done < 1


# --- real heads ------------------------------------------------------------------------------------------------------
def test_heads_that_the_note_names():
    line = "The animal didn't cross the street because it was too {}."
    it, animal, others = 10, 2, [r for r in range(16) if r != 10]
    for word, layer, head, found, rest in (
        ("tired", 3, 1, 0.68, 0.11),
        ("wide", 3, 1, 0.28, 0.12),
        ("tired", 5, 11, 0.67, 0.40),
    ):
        z = DEMOS["real_heads"](sentence=line.format(word), layer=layer, head=head).views[0].z
        assert z[it, animal] == pytest.approx(found, abs=0.02)
        assert z[others, animal].mean() == pytest.approx(rest, abs=0.02)
    assert measured(DEMOS["real_heads"](layer=0, head=2))["to_previous"] > 0.99
    assert 0.85 < measured(DEMOS["real_heads"](layer=4, head=5))["to_cls"] < 0.95


def test_unknown_pieces_are_counted_and_long_texts_refused():
    notices = DEMOS["real_heads"](sentence="葡萄 cat").notices
    assert [n.key for n in notices] == ["unknown_pieces"]
    with pytest.raises(Refusal, match="too_many_tokens"):
        DEMOS["real_heads"](sentence="word " * 47)
