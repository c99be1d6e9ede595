"""T5: what the note says in words about its demos, where the house's own tests do not look."""

import importlib
import math
import re
from itertools import count
from statistics import mean

import numpy as np
import pytest
import torch

from models import bert, toy
from models.lookup import Point
from models.records import lookup
from pages.t5_attention.scaling import softmax_jacobian, softmax_jacobian_norm
from study.controls import Refusal
from study.demo import STEP, Origin, Progress, demos
from study.views import Chain, Mark, View
from study.words import NOTES

DEMOS = demos("t5_attention")
CHIPS = [
    (DEMOS[demo], name, preset)
    for demo in ("step_by_step", "real_heads")
    for name, preset in DEMOS[demo].presets.items()
]


def titled(evidence, key: str) -> View:
    """The view with this title."""
    return next(v for v in evidence.views if getattr(v.title, "key", v.title) == key)


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


# --- the softmax's slope ---------------------------------------------------------------------------------------------
def test_norm_of_the_softmax_jacobian():
    p = torch.softmax(toy.normal(5, 7, seed=1, name="z"), -1)
    torch.testing.assert_close(softmax_jacobian_norm(p), softmax_jacobian(p).flatten(1).norm(dim=1))


# --- step by step ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("source", ["toy", "bert"])
def test_too_many_tokens(source):
    with pytest.raises(Refusal) as refusal:
        DEMOS["step_by_step"](sentence="a " * 30, source=source)
    assert refusal.value.key == "too_many_tokens"
    assert dict(refusal.value.values) == {"tokens": 30 + 2 * (source == "bert"), "limit": 24}


@pytest.mark.parametrize("source", ["toy", "bert"])
@pytest.mark.parametrize("text", ["\u0301", "\u200b\u0301", "\ufe0f", "\u00ad\ufe0f"])
def test_a_text_without_anything_to_read_is_empty(source, text):
    for name, more in (("step_by_step", {"source": source}), ("real_heads", {})):
        with pytest.raises(Refusal, match="empty"):
            DEMOS[name](sentence=text, **more)


def test_what_bert_drops_is_empty_to_bert():
    for name, more in (("step_by_step", {"source": "bert"}), ("real_heads", {})):
        with pytest.raises(Refusal, match="empty"):
            DEMOS[name](sentence="\ufffd", **more)


def test_scores_are_not_symmetric_and_the_diagonal_is_not_special():
    z = titled(DEMOS["step_by_step"](), "scores").z
    assert z[9, 1] == pytest.approx(1.70, abs=0.01) and z[1, 9] == pytest.approx(-1.28, abs=0.01)
    assert (z.argmax(1) != np.arange(len(z))).any()
    assert np.array_equal(z[0], z[6])  # The and the: no positions


def test_a_masked_cell_is_minus_infinity_then_exactly_zero():
    evidence = DEMOS["step_by_step"](causal=True, cell=(1, 9))
    links = next(v for v in evidence.views if isinstance(v, Chain)).links
    values = {getattr(key, "key", key): value for key, value in links}
    assert values["masked_cell"] == -math.inf and values["exponential"] == values["weight_cell"] == 0
    assert np.isfinite(values["dot_product"])
    assert (titled(evidence, "weights").z[~np.tri(14, dtype=bool)] == 0).all()


def test_the_query_and_the_key_of_a_cell_are_outlined_all_the_way():
    evidence = DEMOS["step_by_step"](cell=(9, 1))
    asks, answers, column, value = Mark("query", row=9), Mark("key", row=1), Mark("key", col=1), Mark("value", row=1)
    for key, marks in {
        "X": (asks, answers),
        "Q": (asks,),
        "K": (answers,),
        "V": (value,),
        "scores": (asks, column),
        "term_by_term": (Mark("query", col=0), Mark("key", col=1)),
        "scaled": (asks, column),
        "weights": (asks, column),
        "A": (asks, column),
        "times_V": (value,),
        "output": (asks,),
    }.items():
        assert titled(evidence, key).marks == marks, key
    assert np.array_equal(titled(evidence, "row").values[""], titled(evidence, "weights").z[9])
    assert titled(evidence, "term_by_term").z[:, 2].sum() == pytest.approx(titled(evidence, "scores").z[9, 1])


def test_what_the_chips_of_the_cell_tell():
    tell = {name: measured(demo(**{k: v for k, v in preset.items() if k != STEP})) for demo, name, preset in CHIPS}
    one, other, same, real = (tell[name] for name in ("it_animal", "animal_it", "same_word", "bert"))
    assert one["dot"] == pytest.approx(1.70, abs=0.005) and other["dot"] == pytest.approx(-1.28, abs=0.005)
    assert (one["dot"], one["swapped"]) == (other["swapped"], other["dot"])
    assert same["dot"] == same["swapped"]  # one word: one query, one key
    assert real["weight"] == pytest.approx(0.68, abs=0.005)
    assert tell["finds"]["this_cell"] == pytest.approx(0.68, abs=0.005)
    assert tell["finds"]["other_rows"] == pytest.approx(0.11, abs=0.005)
    assert tell["everyone"]["this_cell"] == pytest.approx(0.67, abs=0.005)
    assert tell["everyone"]["other_rows"] == pytest.approx(0.40, abs=0.005)
    everyone = titled(DEMOS["real_heads"](layer=5, head=11), "one_head")
    assert [row for row, z in zip(everyone.rows, everyone.z, strict=True) if z[2] < 0.2] == ["cross", "street"]
    assert tell["wide"]["this_cell"] == pytest.approx(0.28, abs=0.005)
    assert tell["before"]["this_cell"] > 0.99 and 0.8 < tell["rests"]["this_cell"] < tell["rests"]["other_rows"]


def test_a_cell_out_of_range_becomes_the_nearest():
    assert titled(DEMOS["step_by_step"](sentence="two words", cell=(23, 0)), "scores").selected == (1, 0)


def test_bert_is_named_and_toys_are_toys():
    assert DEMOS["step_by_step"]().origin is Origin.TOY
    real = DEMOS["step_by_step"](source="bert", layer=2, head=3, causal=True)
    assert real.origin is Origin.PRETRAINED and "L2·H3" in real.source
    assert [n.key for n in real.notices] == ["mask_is_ours"]
    assert titled(real, "Q").z.shape == (16, 32)


# --- scaling, retrieval ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_only_the_square_root_keeps_softmax_as_it_is(seed):
    entropy = titled(DEMOS["scaling"](seed=seed), "entropy_title")
    by_name = {s.name: s.y for s in entropy.series}
    assert by_name["unscaled"][-1] < 0.5 < 2 < by_name["unscaled"][0]
    assert np.ptp(by_name["scaled"]) < 0.3
    assert by_name["over_d_k"][-1] == pytest.approx(math.log(16), abs=0.01)


def test_a_fifth_of_the_mean_slope_is_left_at_512():
    slopes = measured(DEMOS["scaling"](d_k=512))
    assert slopes["slope_unscaled"] == pytest.approx(0.063, abs=5e-4)
    assert slopes["slope_scaled"] == pytest.approx(0.306, abs=5e-4)


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
    five, ten = (titled(DEMOS["additive_vs_dot"](size=size), "additive_weights").z for size in (5, 10))
    assert titled(DEMOS["additive_vs_dot"](size=10), "dot_weights").z.max(1).min() > 0.99
    assert np.abs(ten - five).max() == pytest.approx(0.052, abs=1e-3)
    assert np.abs(ten - five).mean() == pytest.approx(0.008, abs=5e-4)


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


def test_a_training_that_the_reader_leaves_ends_at_once(monkeypatch):
    started, ended = [], []

    def steps():
        try:
            yield from (Point(step, 2.5, 0.1) for step in count())
        finally:
            ended.append(True)

    def train(*given, **more):
        started.append(steps())  # a second reference: only closing it ends it
        return started[-1]

    monkeypatch.setattr(importlib.import_module("pages.t5_attention.train_live"), "train", train)
    work = DEMOS["train_live"].start(Progress())
    next(work)
    assert started and not ended
    work.close()
    assert ended


# --- real heads ------------------------------------------------------------------------------------------------------
def test_heads_that_the_note_names():
    line = "The animal didn't cross the street because it was too {}."
    it, animal, others = 10, 2, [r for r in range(16) if r != 10]
    for word, layer, head, found, rest in (
        ("tired", 3, 1, 0.68, 0.11),
        ("wide", 3, 1, 0.28, 0.12),
        ("tired", 5, 11, 0.67, 0.40),
    ):
        z = titled(DEMOS["real_heads"](sentence=line.format(word), layer=layer, head=head), "one_head").z
        assert z[it, animal] == pytest.approx(found, abs=0.02)
        assert z[others, animal].mean() == pytest.approx(rest, abs=0.02)
    assert measured(DEMOS["real_heads"](layer=0, head=2))["to_previous"] > 0.99
    assert 0.85 < measured(DEMOS["real_heads"](layer=4, head=5))["to_cls"] < 0.95
    to_cls = bert.load().trace(line.format("tired")).attentions[..., 0].mean(-1)  # (L, H)
    assert (to_cls > 0.5).sum() == 32


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_words_hold_in_both_themes_and_in_every_layout(lang):
    for kind in ("md", "yaml"):
        text = (NOTES / lang / f"t5_attention.{kind}").read_text(encoding="utf-8")
        assert not re.search(r"bright|dark|亮|颜色深|越深|on the (left|right)|左[图边]|右[图边]|下面就", text)


def test_unknown_pieces_are_counted_and_long_texts_refused():
    notices = DEMOS["real_heads"](sentence="葡萄 cat").notices
    assert [n.key for n in notices] == ["unknown_pieces"]
    with pytest.raises(Refusal, match="too_many_tokens"):
        DEMOS["real_heads"](sentence="word " * 47)
