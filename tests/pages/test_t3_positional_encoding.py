"""T3: what the note says in words about its demos, where the house's own tests do not look."""

import math

import numpy as np
import pytest
import torch

from models import bert, positional, translator
from models.records import translator as held_out
from study.controls import Refusal
from study.demo import Origin, Progress, demos
from study.views import Equation, Lines, Say, Table

DEMOS = demos("t3_positional_encoding")
ANIMAL = "The animal didn't cross the street because it was too tired."


def view(evidence, key: str):
    return next(v for v in evidence.views if getattr(v.title, "key", v.title) == key)


HANDS = [Say("hand", i=i) for i in range(4)]


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def claims(evidence) -> dict[str, float]:
    return {c.name: c.measured for c in evidence.claims}


def term(evidence, key: str):
    return next(t for t in view(evidence, "one_score").terms if t.title == key)


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


def test_two_positions_on_paper():
    numbers = DEMOS["clock"]().views[0].parts[-1].rows
    assert numbers[:2] == (("0", "1", "0", "1"), ("0.84", "0.54", "0.01", "1.00"))
    assert numbers[2] == ("0.91", "−0.42", "0.02", "1.00") and numbers[4][2:] == numbers[1][:2]
    one, two, three = positional.sinusoidal(3, 4, dtype=torch.float64)
    by_distance = math.cos(1) + math.cos(0.01)
    assert by_distance == about(1.54)
    assert (float(one @ two), float(two @ three)) == (about(by_distance, 1e-9), about(by_distance, 1e-9))


# --- rotation --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("pair", ["0", "1", "2", "3"])
def test_one_pair_is_one_block_and_one_hand(pair):
    before, after = DEMOS["rotation"](k=0, pair=pair), DEMOS["rotation"](pair=pair)
    rows = [i for i in range(8) if i // 2 == int(pair)]
    others = [i for i in range(8) if i not in rows]
    m = view(after, "matrix").z
    assert (m[others] == np.eye(8)[others]).all() and not (m[rows] == np.eye(8)[rows]).all()
    old, new = ({s.name: s.x[1] for s in view(e, "clock").series if s.name in HANDS} for e in (before, after))
    assert [HANDS.index(name) for name in HANDS if abs(old[name] - new[name]) > 1e-6] == [int(pair)]
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
    assert measured(evidence)["spread"] == about(18.7, 0.05) and measured(evidence)["unmoved"] == about(0.067, 5e-4)
    both = measured(DEMOS["relative"]())
    assert abs(both["spread"]) < 1e-9 and abs(both["unmoved"]) < 1e-9
    with_cosines, only_sines = view(evidence, "misfits").series
    assert only_sines.y[1] == about(0.15, 0.006) and with_cosines.y.max() < 1e-9
    a, b, c = (s.y[:10] for s in view(evidence, "by_distance").series)
    assert np.abs(a - b).max() > 1 and np.abs(b - c).max() > 1


def by_base(evidence) -> dict[int, list]:
    """The rows of the table of bases."""
    table = next(v for v in evidence.views if isinstance(v, Table))
    return {dict(row[0].values)["n"]: row for row in table.rows}


def test_bases_of_the_note():
    rows = by_base(DEMOS["bases"]())
    assert rows[100][2] == 100 and rows[10_000][2] == about(59, 0.5) and rows[1_000_000][2] == about(40, 0.5)
    assert rows[10_000][3] == about(0.28) and rows[1_000_000][3] == about(0.52)
    assert all(row[4].key == "none_found" for row in rows.values())
    far = (torch.arange(20, 4097, dtype=torch.float64).unsqueeze(-1) * positional.frequencies(512, 10.0)).cos().mean(-1)
    assert far.max() < 0.1  # base 10, far from the 0.9 of a near repeat
    curve = next(v for v in DEMOS["bases"]().views if isinstance(v, Lines)).series[0].y
    assert np.abs(curve[100:]).max() < 0.11
    small = by_base(DEMOS["bases"](d_model=4))
    assert small[100][4] == 63


# --- the local BERT --------------------------------------------------------------------------------------------------
def test_cosines_of_the_note():
    assert measured(DEMOS["reorder"]())["sentence_with"] == about(0.990, 0.001)
    swapped = DEMOS["reorder"](sentence="not bad , good", how="swap")
    assert measured(swapped)["sentence_with"] == about(0.81) and measured(swapped)["causal"] > 0.5
    without, seen = (view(DEMOS["reorder"](), n).z for n in ("without", "with"))
    assert without.max() < 1e-9
    stay = seen[[0, 2, 4]]  # [CLS], chase, [SEP]
    assert (stay[:, 0] < 1e-9).all() and (stay[:, 6] > 1e-3).all() and stay[:, 6].argmin() == 0


@pytest.mark.parametrize(
    ("demo", "sentence", "key"),
    [
        ("reorder", "word", "one_word"),
        ("reorder", "\u0301", "empty"),
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
    assert measured(short)["share"] == about(0.83) and measured(long)["share"] == about(0.94)
    assert measured(short)["previous"] == about(1.0) and measured(short)["previous_by_position"] == about(0.81)
    shares = view(long, "shares").z.T  # (H, 4)
    assert shares[1, 0] == about(0.78)
    usual = view(short, "shares").z.T  # what the chips say of the default sentence
    assert usual.argmax(1)[[2, 11, 3, 5]].tolist() == [1, 1, 2, 3] and usual.max(1)[[2, 11, 3, 5]].min() > 0.8
    assert measured(short)["overlap"] == about(0.0137, 4e-4) and measured(short)["overlap_random"] == about(0.041, 5e-4)
    spread = {n: np.ptp(term(short, n).z) for n in ("words", "positions")}
    assert spread["positions"] > 4 * spread["words"]


def test_weights_of_the_note_added_and_concatenated():
    layer = bert.load().encoder.layers[0].attention
    added = sum(projection.weight.numel() for projection in (layer.query, layer.key, layer.value))
    assert (added, 2 * added) == (442_368, 884_736)


@pytest.mark.parametrize("sentence", ["dogs chase cats", ANIMAL, "葡萄", "a"])
def test_scores_are_the_sum_of_their_parts(sentence):
    attentions = bert.load().trace(sentence).attentions
    for head in range(12):
        evidence = DEMOS["added"](sentence=sentence, head=head)
        assert [c.name for c in evidence.claims if not c.holds] == []
        weights = torch.softmax(torch.tensor(term(evidence, "total").z), -1)
        torch.testing.assert_close(weights, attentions[0, head], rtol=0, atol=1e-5, check_dtype=False)


def test_sums_read_as_sums():
    chain = view(DEMOS["rotation"](), "addition")
    assert chain.joins == ("→", "+", "=")
    assert sum(value for _, value in chain.links[1:-1]) == about(chain.links[-1][1], 1e-4)
    equation = view(DEMOS["added"](), "one_score")
    assert equation.joins == ("=", "+", "+", "+")
    total, *parts = (matrix.z for matrix in equation.terms)
    assert np.allclose(sum(parts), total, atol=1e-4)


def test_words_and_positions_overlap_as_little_as_in_the_lesson_on_the_input():
    other = measured(demos("b2_input_embeddings")["recover"]())
    here = measured(DEMOS["added"]())
    assert here["overlap"] == about(other["mean_cosine"], 1e-6)
    assert here["overlap_random"] == about(other["random_cosine"], 1e-6)


def test_learned_positions_of_the_note():
    evidence = DEMOS["learned"]()
    found = measured(evidence)
    assert found["explained"] == about(0.68, 0.006) and found["nearest"] == 1
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


def test_ahead_and_behind_are_not_alike():
    line = view(DEMOS["distance"](), "rope").series[1]
    by_offset = dict(zip(line.x.tolist(), line.y.tolist(), strict=True))
    assert by_offset[64] == about(-0.06) and by_offset[-64] == about(0.19)


def test_equal_contents_are_a_mean_of_cosines_weighted_by_the_length_of_each_pair():
    k = torch.arange(65, dtype=torch.float64)
    waves = (k.unsqueeze(-1) * positional.frequencies(64)).cos()  # (65, 32)
    even = view(DEMOS["distance"](), "rope").series[0].y[64:]
    assert np.allclose(even, waves.mean(-1), atol=1e-6)

    def curve(q: torch.Tensor) -> torch.Tensor:
        return positional.rope(q.expand(65, -1)) @ q  # (65,): q is asked at position 0

    q = torch.nn.functional.normalize(torch.randn(64, generator=torch.Generator().manual_seed(1)).double(), dim=0)
    by_length = q.unflatten(-1, (-1, 2)).square().sum(-1)  # (32,): they sum to 1
    assert torch.allclose(curve(q), waves @ by_length, atol=1e-9)
    assert (curve(q) - waves.mean(-1)).abs().max() > 0.05
    first = torch.eye(64, dtype=torch.float64)[0]
    assert torch.allclose(curve(first), k.cos(), atol=1e-9)  # no decay whatever


def test_what_follows_from_the_formula_is_no_toy():
    for name in ("sinusoids", "rotation", "relative", "bases"):
        assert DEMOS[name]().origin is Origin.CALCULATED
    assert DEMOS["distance"]().origin is Origin.TOY  # its contents are drawn by a seed


@pytest.mark.parametrize("content", [None, "{", "[]", '{"pairs": []}', '{"beam": 4}'])
def test_without_pairs_nothing_is_shown(tmp_path, monkeypatch, content):
    load = held_out.load
    monkeypatch.setattr(held_out, "load", lambda: load(tmp_path))
    if content is not None:
        (tmp_path / "held_out.json").write_text(content)
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


@pytest.mark.parametrize(
    ("pairs", "tokens", "expected"),
    [
        (100, 943, [1.64, 1.85, 2.10, 2.24, 2.55, 3.33]),
        pytest.param(500, 4905, [1.68, 1.89, 2.14, 2.26, 2.51, 3.17], marks=pytest.mark.long),
    ],
)
def test_losses_of_the_note_at_other_positions(pairs, tokens, expected):
    evidence = DEMOS["beyond"](pairs=pairs)
    assert measured(evidence)["tokens"] == tokens
    both, source, target, without = view(evidence, "loss_title").series
    at = {int(x): i for i, x in enumerate(both.x)}
    losses = [both.y[0], target.y[at[80]], without.y[0], both.y[at[160]], both.y[at[20]], source.y[at[20]]]
    assert [float(y) for y in losses] == [about(y, 0.006) for y in expected]
    assert target.y[at[20]] < both.y[at[20]] < source.y[at[20]] and both.y[at[10]] < target.y[at[10]]


def test_how_long_the_held_out_sources_are():
    lengths = np.array([len(pair.chinese) for pair in held_out.load().pairs])
    assert len(lengths) == 500
    assert (lengths > 10).mean() == about(0.34) and 0 < (lengths > 20).mean() < 0.01


def test_matrices_are_square_and_named_by_tokens():
    equation = next(v for v in DEMOS["added"](sentence=ANIMAL).views if isinstance(v, Equation))
    assert len(equation.terms) == 5
    for v in equation.terms:
        assert v.rows == v.cols and len(v.rows) == 16


# --- chips -----------------------------------------------------------------------------------------------------------
def pressed(demo: str, preset: str):
    values = {name: value for name, value in DEMOS[demo].presets[preset].items() if name != "step"}
    return DEMOS[demo](**values)


def test_chips_show_what_the_note_and_the_card_say():
    assert measured(pressed("reorder", "not_bad"))["sentence_with"] == about(0.81)
    assert measured(pressed("reorder", "long"))["sentence_with"] == about(0.70)
    heads = {"previous": (2, 1), "longer": (2, 1), "words": (1, 0), "mixed": (3, 2), "rest": (5, 3)}
    for preset, (head, part) in heads.items():
        shares = view(pressed("added", preset), "shares")
        assert shares.selected == (part, head) and shares.z[part, head] > 0.75
    line = view(pressed("distance", "other"), "rope").series[1]
    by_offset = dict(zip(line.x.tolist(), line.y.tolist(), strict=True))
    assert by_offset[58] == about(0.31) and by_offset[0] == about(0.18)
    assert by_offset[58] > max(by_offset[-1], by_offset[1])
    curve = view(pressed("bases", "repeat"), "alike_title").series[0]
    assert curve.name == Say("base_of", base=100) and curve.y[63] > 0.9 and max(curve.y[20:60]) < 0.9


def test_another_start_moves_the_curve_and_not_its_shape():
    here, reference = view(DEMOS["distance"](start=500), "rope_places").series
    assert (here.x == reference.x + 500).all() and np.allclose(here.y, reference.y, atol=1e-9)


def test_another_base_stands_beside_the_papers():
    assert len(view(DEMOS["sinusoids"](), "wavelengths").series) == 1
    other, paper = view(pressed("sinusoids", "base_100"), "wavelengths").series
    assert paper.y == pytest.approx(view(DEMOS["sinusoids"](), "wavelengths").series[0].y)
    assert np.ptp(np.log(other.y)) < np.ptp(np.log(paper.y)) and other.y[-1] < paper.y[-1]
