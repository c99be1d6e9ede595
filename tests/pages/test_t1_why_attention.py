"""T1: what the note says in words about its demos, where the house's own tests do not look."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.records import Unusable, recall
from pages.t1_why_attention import complexity as table_1
from pages.t1_why_attention import cost as table_2
from pages.t1_why_attention import far_away as gradients
from pages.t1_why_attention.paper_finder import ENTRIES, LISTS, TOPICS
from pages.t1_why_attention.paths import _layers
from study.controls import Refusal
from study.demo import Origin, demos
from study.figures.base import text_width
from study.figures.label_places import placed
from study.views import Lines, Scatter, Table

DEMOS = demos("t1_why_attention")


def measured(evidence) -> dict[str, float]:
    assert all(claim.holds for claim in evidence.claims), evidence.claims
    return {m.name: m.value for m in evidence.measured}


def table(evidence) -> Table:
    return next(view for view in evidence.views if isinstance(view, Table))


# --- the pencil ------------------------------------------------------------------------------------------------------
def test_the_numbers_on_paper():
    eight = table_1.Size(n=8, d=4, k=2, r=8)
    on_paper = table_1.terms(eight)
    assert (on_paper["recurrent"], on_paper["convolutional"], on_paper["self_attention"]) == (128, 256, 256)
    ways = table_1.paths(eight)
    assert (ways["recurrent"], ways["convolutional"], ways["self_attention"]) == (7, 3, 1)
    four, two = (table_1.terms(eight._replace(n=n)) for n in (4, 2))
    assert four["self_attention"] == four["recurrent"] == 64
    assert (two["self_attention"], two["recurrent"]) == (16, 32)


def test_the_picture_has_the_layers_of_the_table():
    assert _layers() == [1, 2, 4]
    assert len(_layers()) == table_1.paths(table_1.Size(8, 4, 2, 8))["convolutional"]


# --- complexity ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("preset", "ratio"), [("sentence", 1 / 8), ("equal", 1), ("book", 128), ("whole", 6 * 512**3 / (8 * 512**3))]
)
def test_ratio_to_recurrence(preset, ratio):
    demo = DEMOS["complexity"]
    values = {name: value for name, value in demo.presets[preset].items() if name != "step"}
    assert measured(demo(**values))["ratio"] == pytest.approx(ratio)


def test_a_window_of_the_whole_text_is_self_attention():
    at = table_1.Size(n=64, d=16, k=3, r=1024)
    for cost in (table_1.terms, table_1.layers):
        assert cost(at)["restricted"] == cost(at)["self_attention"]


@pytest.mark.parametrize("n", [2, 3, 8, 9, 10, 65536])
def test_layers_of_a_dilated_convolution_are_the_logarithm(n):
    depth = table_1.paths(table_1.Size(n, 8, 3, 8))["convolutional"]
    assert 3**depth >= n > 3 ** (depth - 1)


@pytest.mark.parametrize(("number", "text"), [(64, "64"), (9999, "9999"), (2_097_152, "2.1·10⁶"), (10**13, "1.0·10¹³")])
def test_large_numbers_as_powers(number, text):
    assert table_1._power(number) == text


# --- memory ----------------------------------------------------------------------------------------------------------
def test_a_novel_takes_256_times_a_chapter():
    memory = DEMOS["memory"]
    chapter, novel = (measured(memory(**memory.presets[name])) for name in ("chapter", "novel"))
    assert novel["gigabytes_here"] / chapter["gigabytes_here"] == 256
    assert novel["flash_here"] / chapter["flash_here"] == 16


def test_a_million_tokens_are_asked_of_one_head_of_one_layer():
    memory = DEMOS["memory"]
    assert measured(memory(**memory.presets["million"]))["gigabytes_here"] == pytest.approx(2 * 10**12 / 10**9)


@pytest.mark.parametrize(("layers", "precision"), [(1, "2"), (48, "4")])
def test_one_token_more_does_not_fit(layers, precision):
    longest = measured(DEMOS["memory"](n_layer=layers, precision=precision))["longest_laptop"]
    each = 8 * layers * int(precision)
    assert each * longest**2 <= 16e9 < each * (longest + 1) ** 2


# --- cost ------------------------------------------------------------------------------------------------------------
def test_table_2_as_a_picture():
    german, french = (DEMOS["cost"](pair=pair) for pair in ("en_de", "en_fr"))
    points = [sum(len(g.labels) for g in view.groups) for e in (german, french) for view in e.views[:1]]
    assert isinstance(german.views[0], Scatter) and points == [7, 9]
    assert measured(german)["ahead"] == pytest.approx(28.4 - 26.36)
    assert min(row.en_fr[0] for row in table_2.TABLE_2 if row.en_fr) == 38.1
    assert german.origin == Origin.PAPER


def test_every_model_of_table_2_has_its_name_beside_its_point_on_a_phone():
    for pair in ("en_de", "en_fr"):
        (view, *_) = DEMOS["cost"](pair=pair).views
        x, y = (np.concatenate([getattr(group, axis) for group in view.groups]).astype(float) for axis in "xy")
        names = [label for group in view.groups for label in group.labels]
        sides, room = placed(np.log10(x), y, [text_width(name) for name in names])
        assert "" not in sides and room[0] == 0.1


# --- the paper -------------------------------------------------------------------------------------------------------
def test_every_list_and_topic_fits_the_table():
    for which in LISTS:
        assert 4 <= len(table(DEMOS["paper_finder"](which=which)).rows) <= 6
    for topic in TOPICS:
        assert 2 <= len(table(DEMOS["paper_finder"](by="topic", topic=topic)).rows) <= 6
    assert len({entry.claim for entry in ENTRIES}) == len(ENTRIES)
    assert {entry.list for entry in ENTRIES} == set(LISTS)
    assert {entry.topic for entry in ENTRIES} - {""} == set(TOPICS)


# --- far away --------------------------------------------------------------------------------------------------------
def test_what_is_left_of_a_gradient():
    as_it_starts, gate_open = (measured(DEMOS["far_away"](keep=keep)) for keep in (0.0, 4.0))
    assert as_it_starts["left_recurrent"] < as_it_starts["left_lstm"] < 1e-9
    assert 0.7 < as_it_starts["left_attention"] < 1.4
    assert gate_open["left_lstm"] > 0.5 and gate_open["left_recurrent"] == as_it_starts["left_recurrent"]


def test_an_untrained_head_gives_everyone_about_the_same():
    n = 64
    x = torch.randn(n, 8, gradients.WIDTH, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    w = gradients._weights(0, 0.0)
    tokens = x.transpose(0, 1)
    scores = (tokens[:, -1:] @ w["w_q"].T) @ (tokens @ w["w_k"].T).transpose(1, 2) / math.sqrt(gradients.WIDTH)
    weights = scores.softmax(-1)
    assert (weights * n).min() > 0.1 and (weights * n).max() < 6


def test_the_lstm_reads_the_forget_gate_where_torch_has_it():
    open_gate, closed = (gradients._weights(0, keep)["lstm_bias"] for keep in (3.0, 0.0))
    assert (open_gate - closed).nonzero().flatten().tolist() == list(range(gradients.WIDTH, 2 * gradients.WIDTH))


# --- recalled --------------------------------------------------------------------------------------------------------
def test_missing_results_are_refused(monkeypatch):
    def missing(*_):
        raise Unusable("checkpoint_missing", recall.PATH, "gone")

    monkeypatch.setattr(recall, "results", missing)
    with pytest.raises(Refusal, match="no_results"):
        DEMOS["recalled"]()


def test_a_length_that_was_not_trained_is_refused(monkeypatch):
    found = recall.results()
    some = replace(found, runs=tuple(run for run in found.runs if run.n != 32))
    monkeypatch.setattr(recall, "results", lambda *_: some)
    with pytest.raises(Refusal, match="no_results"):
        DEMOS["recalled"](n="32")
    assert DEMOS["recalled"](n="8").origin == Origin.TRAINED_HERE


# --- race ------------------------------------------------------------------------------------------------------------
def test_the_race_times_three_layers():
    from pages.t1_why_attention.race import milliseconds

    state = torch.get_rng_state()
    for passes in ("forward", "training"):
        times = milliseconds(16, 32, passes)
        assert set(times) == {"lstm", "convolution", "attention"} and all(t > 0 for t in times.values())
    assert torch.equal(state, torch.get_rng_state())


def test_lines_are_told_apart():
    for name in ("complexity", "memory", "far_away"):
        lines = [view for view in DEMOS[name]().views if isinstance(view, Lines)]
        assert lines and all(len({str(s.name) for s in view.series}) == len(view.series) for view in lines)
