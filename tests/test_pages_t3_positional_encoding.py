"""T3: what the note says in words about its demos, where the house's own tests do not look."""

import math

import numpy as np
import pytest

from models import order, translator
from study.demo import Origin, Progress, Refusal, demos
from study.views import Heatmap, Lines, Table

DEMOS = demos("t3_positional_encoding")
ANIMAL = "The animal didn't cross the street because it was too tired."


def view(evidence, key: str):
    return next(v for v in evidence.views if getattr(v.title, "key", v.title) == key)


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def claims(evidence) -> dict[str, float]:
    return {c.name: c.measured for c in evidence.claims}


def about(value, abs=0.005):
    return pytest.approx(value, abs=abs)


# --- sinusoids -------------------------------------------------------------------------------------------------------
def test_the_cell_of_the_note():
    links = [value for _, value in view(DEMOS["sinusoids"](), "one_cell").links]
    assert links == [4, about(3.162, 1e-3), about(3.162, 1e-3), about(-0.021, 1e-3)]


def test_a_cell_outside_is_the_nearest_one():
    assert view(DEMOS["sinusoids"](length=8, d_model=4, cell=(100, 100)), "table").selected == (7, 3)


def test_wavelengths_of_the_note():
    assert 10000 ** (510 / 512) * 2 * math.pi == about(60611, 1) and 10000 * 2 * math.pi == about(62832, 1)
    assert claims(DEMOS["sinusoids"](d_model=4, base=100.0))["longest"] == about(62.8, 0.05)
    wave = view(DEMOS["sinusoids"](), "wavelengths").series[0].y
    assert np.allclose(np.diff(np.log(wave)), np.log(wave[1] / wave[0]), atol=1e-5)


# --- rotation --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("pair", ["0", "1", "2", "3"])
def test_one_pair_is_one_block_and_one_hand(pair):
    before, after = DEMOS["rotation"](k=0, pair=pair), DEMOS["rotation"](pair=pair)
    rows = [i for i in range(8) if i // 2 == int(pair)]
    others = [i for i in range(8) if i not in rows]
    m = view(after, "matrix").z
    assert (m[others] == np.eye(8)[others]).all() and not (m[rows] == np.eye(8)[rows]).all()
    moved = view(before, "clock").series[0].x - view(after, "clock").series[0].x
    assert [i for i, x in enumerate(moved) if np.isfinite(x) and abs(x) > 1e-6] == [3 * int(pair) + 1]
    assert view(after, "addition").links[0][1] == about(5 / 10 ** int(pair), 1e-9)


def test_the_matrix_knows_nothing_of_p():
    a, b = (view(DEMOS["rotation"](p=p), "matrix").z for p in (0, 77))
    assert (a == b).all()
    z = view(DEMOS["rotation"](), "vectors").z
    assert np.allclose(z[1], z[2], atol=1e-6)


# --- relative --------------------------------------------------------------------------------------------------------
def test_dot_products_of_the_note():
    evidence = DEMOS["relative"]()
    first = view(evidence, "by_distance").series[0].y
    assert (first[0], first[1], first[10]) == (about(32), about(30.9, 0.05), about(21.1, 0.06))
    for series in view(evidence, "by_distance").series:
        assert np.allclose(series.y, first[: len(series.y)], atol=1e-4)
    z = view(DEMOS["relative"](offset=-1), "dots_both").z
    assert (z.argmax(1)[1:] == np.arange(39)).all()


def test_sines_alone():
    evidence = DEMOS["relative"](waves="sines")
    assert measured(evidence)["spread"] == about(18.7, 0.05) and measured(evidence)["unmoved"] == about(6.7, 0.05)
    with_cosines, only_sines = view(evidence, "misfits").series
    assert only_sines.y[1] == about(0.15, 0.006) and with_cosines.y.max() < 1e-9
    a, b, c = (s.y[:10] for s in view(evidence, "by_distance").series)
    assert np.abs(a - b).max() > 1 and np.abs(b - c).max() > 1


def test_bases_of_the_note():
    rows = {row[0]: row for row in next(v for v in DEMOS["bases"]().views if isinstance(v, Table)).rows}
    assert rows["100"][2] == 100 and rows["10,000"][2] == about(59, 0.5) and rows["1,000,000"][2] == about(40, 0.5)
    assert rows["10,000"][3] == about(0.28) and rows["1,000,000"][3] == about(0.52)
    assert all(row[4].key == "none_found" for row in rows.values())
    curve = next(v for v in DEMOS["bases"]().views if isinstance(v, Lines)).series[0].y
    assert np.abs(curve[100:]).max() < 0.11
    small = {row[0]: row for row in next(v for v in DEMOS["bases"](d_model=4).views if isinstance(v, Table)).rows}
    assert small["100"][4] == 63


# --- the local BERT --------------------------------------------------------------------------------------------------
def test_cosines_of_the_note():
    assert measured(DEMOS["reorder"]())["sentence_with"] == about(0.990, 0.001)
    swapped = DEMOS["reorder"](sentence="not bad , good", how="swap")
    assert measured(swapped)["sentence_with"] == about(0.81) and measured(swapped)["causal"] > 0.5
    without, seen = (view(DEMOS["reorder"](), n).z for n in ("without", "with"))
    assert without.max() < 1e-9
    assert (seen[[0, 2, 4], 0] < 1e-9).all() and (seen[[0, 2, 4], 6] > 1e-3).all()  # [CLS], chase, [SEP]


@pytest.mark.parametrize(
    ("demo", "sentence", "key"),
    [
        ("reorder", "word", "one_word"),
        ("reorder", "\u0301", "one_word"),
        ("reorder", "a " * 23, "too_many_tokens"),
        ("added", "a " * 140, "too_many_tokens"),
    ],
)
def test_sentences_that_cannot_be_shown(demo, sentence, key):
    with pytest.raises(Refusal) as refusal:
        DEMOS[demo](sentence=sentence)
    assert refusal.value.key == key


def test_heads_that_the_note_names():
    short, long = DEMOS["added"](), DEMOS["added"](sentence=ANIMAL)
    assert measured(short)["share"] == about(83, 0.5) and measured(long)["share"] == about(94, 0.5)
    assert measured(short)["previous"] == about(1.0) and measured(short)["previous_by_position"] == about(0.81)
    shares = view(long, "shares").z
    assert shares[1, 0] == about(0.78)
    assert measured(short)["overlap"] == about(0.037, 6e-4) and measured(short)["overlap_random"] == about(0.041, 5e-4)
    spread = {n: np.ptp(view(short, n).z) for n in ("words", "positions")}
    assert spread["positions"] > 4 * spread["words"]
    assert [row[1:] for row in view(short, "ways").rows] == [(384, 442_368), (768, 884_736)]


def test_learned_positions_of_the_note():
    evidence = DEMOS["learned"]()
    found = measured(evidence)
    assert found["explained"] == about(68, 0.6) and found["nearest"] == 100
    assert (found["first_norm"], found["middle_norm"], found["last_of_128"]) == (about(2.36), about(0.48), about(0.69))
    norms = view(evidence, "norms").series[0].y
    assert norms[510] == about(0.86) and norms[511] == about(0.97)
    unchanged, fitted, exact = (s.y for s in view(evidence, "shifts").series)
    assert fitted[0] == about(0.036, 5e-4) and unchanged[0] == about(0.34) and fitted[-1] == about(0.29)
    assert (exact == 0).all()
    mean = view(evidence, "by_distance").series[0].y
    peaks = [k for k in range(2, 20) if mean[k] > mean[k - 1] and mean[k] > mean[k + 1]]
    assert len(peaks) == 3 and all(5 <= b - a <= 7 for a, b in zip([0, *peaks], peaks, strict=False))


# --- distance, beyond ------------------------------------------------------------------------------------------------
def test_only_the_distance_counts_and_it_need_not_decay():
    a, b = (view(DEMOS["distance"](start=start), "rope").series[1].y for start in (0, 1000))
    assert (a == b).all()
    assert any(view(DEMOS["distance"](seed=s), "rope").series[1].y[64:].argmax() > 20 for s in range(5))
    assert math.exp(-0.5) == about(0.61) and measured(DEMOS["distance"]()) == {"steepest": 0.5, "flattest": 2**-8}


def test_toys_are_toys():
    for name in ("sinusoids", "rotation", "relative", "bases", "distance"):
        assert DEMOS[name]().origin is Origin.TOY


def test_without_pairs_nothing_is_shown(tmp_path, monkeypatch):
    held_out = order.held_out
    monkeypatch.setattr(order, "held_out", lambda most: held_out(most, tmp_path))
    with pytest.raises(Refusal, match="no_pairs"):
        DEMOS["beyond"]()


def test_the_translator_at_other_positions():
    progress = Progress()
    shown = list(DEMOS["beyond"].start(progress, pairs=10))
    assert len(shown) == 6 and progress.done == 1
    last = shown[-1]
    assert last.origin is Origin.TRAINED_HERE and last.claims[0].holds
    loss = view(last, "loss_title")
    assert [len(s.x) for s in loss.series] == [6, 6, 6, 2]
    assert len({float(s.y[0]) for s in loss.series[:3]}) == 1
    found = measured(last)
    assert found["loss_0"] < min(found["loss_now"], found["loss_without"])  # what the note's last section is about
    assert found["longest"] <= translator.LONGEST


def test_losses_of_the_note_at_other_positions():
    both, source, target, without = view(DEMOS["beyond"](), "loss_title").series
    at = {int(x): i for i, x in enumerate(both.x)}
    assert (both.y[at[0]], both.y[at[20]], both.y[at[160]]) == (about(1.22, 0.02), about(2.34, 0.03), about(1.85, 0.03))
    assert (source.y[at[20]], target.y[at[80]]) == (about(3.26, 0.04), about(1.42, 0.02))
    assert without.y[0] == about(1.73, 0.02)


def test_matrices_are_square_and_named_by_tokens():
    for v in DEMOS["added"](sentence=ANIMAL).views[:5]:
        assert isinstance(v, Heatmap) and v.rows == v.cols and v.group == "scores"
