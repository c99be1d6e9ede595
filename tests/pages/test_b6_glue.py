"""B6: the numbers that the note quotes, the papers' tables, our labels, the local judges, and what is refused."""

import itertools
import json
import math
import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy
import sklearn
from scipy import stats
from sklearn import metrics as theirs

from models import glue, metrics
from models.records import Unusable
from models.records import glue as glue_results
from pages.b6_glue import confusion, correlation, score, tasks
from study.controls import Refusal
from study.demo import Origin, demos
from study.notes import Lesson
from study.quiz import truth
from study.views import Chain, Heatmap, Say
from study.views.diagram import Box
from study.words import ROOT
from tests.models.test_glue import saved

D = demos("b6_glue")
NOTES = {lang: (ROOT / "notes" / lang / "b6_glue.md").read_text("utf-8") for lang in ("en", "zh")}


def claims(evidence):
    assert all(c.holds for c in evidence.claims), evidence.claims
    return {c.name: c.measured for c in evidence.claims}


def measured(evidence):
    return {m.name: m.value for m in evidence.measured}


def noticed(evidence):
    return {n.key for n in evidence.notices}


def titled(evidence, title):
    """The view with this title."""
    return next(v for v in evidence.views if (v.title.key if isinstance(v.title, Say) else v.title) == title)


def chip(name, preset):
    """What a chip of this demo shows."""
    demo = D[name]
    return demo(**{control: value for control, value in demo.presets[preset].items() if control != "step"})


def quoted(*numbers):
    """Both notes give these numbers."""
    for number in numbers:
        for lang, note in NOTES.items():
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", note), f"{lang}: {number}"


# ---- the nine tasks


def test_the_cards_are_gluess_table():
    """Wang et al. 2018, Table 1: names in its order, sizes, metrics."""
    found = [(t.name, t.train, t.test) for t in tasks.TASKS.values()]
    assert found == [
        ("CoLA", 8500, 1000), ("SST-2", 67000, 1800), ("MRPC", 3700, 1700), ("STS-B", 7000, 1400),
        ("QQP", 364000, 391000), ("MNLI", 393000, 20000), ("QNLI", 105000, 5400), ("RTE", 2500, 3000),
        ("WNLI", 634, 146),
    ]  # fmt: skip
    assert [t.metrics for t in tasks.TASKS.values()] == [tuple(dict.fromkeys(m)) for m in metrics.TASKS.values()]
    for lang, note in NOTES.items():
        for t in tasks.TASKS.values():
            row = next(line for line in note.splitlines() if line.startswith(f"| {t.name} |"))
            assert int(re.sub(r",|<!--.*?-->", "", row.split("|")[2])) == t.train, (lang, t.name)


def test_every_example_has_its_parts_and_a_label_among_the_answers():
    for key, t in tasks.TASKS.items():
        assert len(t.texts) == len(t.parts) and t.label in t.answers
        assert (len(t.texts) == 1) == (t.kind == "single")
        assert (t.here == "judge") == (key in glue.SAVED)
        assert (t.here == "none") == (key not in glue.POSED)
        assert all(text.isascii() for text in t.texts)


def table(evidence, title):
    found = [v for v in evidence.views if (v.title.key if isinstance(v.title, Say) else v.title) == title]
    return {row[0].key: row[1:] for row in found[0].rows} if found else None


@pytest.mark.parametrize("task", tasks.TASKS)
def test_the_label_waits_for_the_answer(task):
    before = D["nine_tasks"](task=task)
    assert table(before, "answers") is None and noticed(before) == {"answer_first"} and before.origin is Origin.PAPER
    assert table(before, "card")["sizes"][0].key == "of_each"
    for answer in tasks.TASKS[task].answers:
        shown = table(D["nine_tasks"](task=task, **{task: answer}), "answers")
        assert shown["you"][0].key == answer and shown["label"][0].key == tasks.TASKS[task].label


def test_answers_to_other_tasks_do_not_open_a_card():
    assert table(D["nine_tasks"](task="cola", sst2="positive", rte="entailment"), "answers") is None


@pytest.mark.parametrize("task", [t for t, about in tasks.TASKS.items() if about.here != "judge"])
def test_a_task_without_a_judge_says_so(task):
    label = tasks.TASKS[task].label
    model = table(D["nine_tasks"](task=task, **{task: label}), "answers")["model"][0].key
    assert model == ("here_measured" if task in glue.POSED else "here_none")


@pytest.fixture
def judges(tmp_path, monkeypatch):
    """Judges of every task that has one, with random weights."""
    monkeypatch.setattr(glue, "PATH", tmp_path)
    for task in glue.SAVED:
        saved(tmp_path, task)


def test_the_judge_is_asked_for_what_is_in_the_box(judges):
    for task in ("sst2", "cola"):
        told = glue.load(task, glue.PATH)
        for text in (tasks.TASKS[task].texts[0], "Something else.", "🙂", "我爱北京", "a\u0000b\u200b"):
            e = D["nine_tasks"](task=task, **{task: tasks.TASKS[task].answers[0], f"{task}_text": text})
            expected = told.predict(text)
            assert table(e, "answers")["model"] == (Say(expected.label), f"{expected.probability:.3f}")
            assert claims(e)["sum_to_one"] == pytest.approx(1) and e.origin is Origin.TRAINED_HERE
            assert measured(e) == pytest.approx(expected.probabilities)


def test_a_pair_is_scored_in_both_orders(judges):
    told = glue.load("stsb", glue.PATH)
    e = D["nine_tasks"](task="stsb", stsb_text="A man eats.", stsb_pair="Someone is eating.")
    assert measured(e) == pytest.approx({
        "score": told.predict("A man eats.", "Someone is eating.").score,
        "swapped": told.predict("Someone is eating.", "A man eats.").score,
    })  # fmt: skip
    assert claims(e).keys() == {"on_the_scale", "not_negative"}
    assert table(e, "answers")["label"][0].key == "no_label" and table(e, "answers")["you"][0].key == "not_yet"


def test_the_longest_texts_can_be_judged(judges):
    for word in ("!", "a ", "字", "🙂"):
        D["nine_tasks"](task="stsb", stsb_text=(word * 200)[:200], stsb_pair=(word * 200)[:200])


def test_without_a_judge_the_card_still_shows_the_label(tmp_path, monkeypatch):
    monkeypatch.setattr(glue, "PATH", tmp_path)
    for task in glue.SAVED:
        e = D["nine_tasks"](task=task, **{task: tasks.TASKS[task].label})
        assert noticed(e) == {"no_judge"} and e.origin is Origin.PAPER and not e.claims
        assert table(e, "answers")["label"][0].key == tasks.TASKS[task].label
    (tmp_path / "cola").mkdir()
    (tmp_path / "cola" / "config.json").write_text("{", "utf-8")
    assert noticed(D["nine_tasks"](task="cola", cola="acceptable")) == {"no_judge"}


@pytest.mark.parametrize(("text", "key"), [("", "empty"), (" \n", "empty"), ("x" * 201, "too_many_characters")])
def test_empty_and_long_texts_are_refused(text, key):
    with pytest.raises(Refusal) as refused:
        D["nine_tasks"](task="sst2", sst2_text=text)
    assert refused.value.key == key


@pytest.mark.parametrize("nothing", ["\ufffd", "\u0301", "\ufe0f\u0301", "\u0301 \ufffd"])
def test_a_text_of_which_nothing_is_left_is_not_judged(nothing, judges):
    for given in (
        {"task": "sst2", "sst2_text": nothing},
        {"task": "cola", "cola_text": nothing},
        {"task": "stsb", "stsb_text": nothing},
        {"task": "stsb", "stsb_pair": nothing},
    ):
        with pytest.raises(Refusal, match="nothing_left"):
            D["nine_tasks"](**given)


def test_a_text_that_the_judge_cannot_read_is_said_to_be_one(judges):
    e = D["nine_tasks"](task="sst2", sst2_text="我爱北京天安门")
    count = glue.load("sst2", glue.PATH).bert.encode("我爱北京天安门").tokens.count("[UNK]")
    assert noticed(e) == {"unknown_pieces"} and dict(e.notices[0].values) == {"count": count} and count == 2
    assert not noticed(D["nine_tasks"](task="sst2", sst2_text="A film."))


def test_the_lesson_opens_without_torch_and_the_libraries_to_compare_with():
    script = (
        "import sys; from study.demo import demos; demos('b6_glue');"
        "print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("preset", "name", "number"),
    [("so_bad", "negative", 0.99), ("asleep", "positive", 0.97), ("green_ideas", "unacceptable", 0.98),
     ("not_feeding", "score", 3.82), ("dog_and_man", "score", 4.38)],
)  # fmt: skip
def test_a_chip_shows_the_answer_that_the_note_gives(preset, name, number):
    assert measured(chip("nine_tasks", preset))[name] == pytest.approx(number, abs=0.006)
    quoted(str(number))


def test_the_texts_of_the_chips_are_in_the_notes():
    for preset, values in D["nine_tasks"].presets.items():
        typed = [text for name, text in values.items() if name.endswith(("_text", "_pair"))]
        new = [text for text in typed if not any(text in t.texts for t in tasks.TASKS.values())]
        for lang, note in NOTES.items():
            assert new and all(text in note for text in new if preset != "so_bad"), (lang, preset)


def test_a_text_of_ones_own_is_not_called_an_example():
    def title(**given):
        return D["nine_tasks"](**given).steps[0].views[0].title

    assert title() == title(sst2="positive") == "example" and title(task="mnli") == "example"
    assert title(sst2_text="A film.") == "typed"


# ---- counts


def test_ninety_in_a_hundred():
    e = D["confusion"]()
    assert claims(e)["same_accuracy"] == 0.9 and claims(e)["same_matthews"] == 0
    assert round(claims(e)["same_f1"], 2) == 0.95 and noticed(e) == {"matthews_by_convention"}
    e = D["confusion"](tp=85, fn=5, fp=5, tn=5)
    assert claims(e)["same_accuracy"] == 0.9 and not noticed(e)
    assert round(claims(e)["same_f1"], 3) == 0.944 and round(claims(e)["same_matthews"], 2) == 0.44
    swapped = D["confusion"](tp=85, fn=5, fp=5, tn=5, swap=True)
    assert claims(swapped)["same_f1"] == 0.5 == measured(e)["other_f1"]
    assert claims(swapped)["same_matthews"] == pytest.approx(claims(e)["same_matthews"])
    quoted("0.9", "0.95", "0.944", "0.44", "0.5", "0.81")
    assert round(metrics.f1([1] * 100, [1] * 68 + [0] * 32), 2) == 0.81


def test_balance_is_best_for_matthews():
    share = np.linspace(0.01, 0.99, 99)
    y = metrics.at_balance(share, 0.9, 0.9)["matthews"]
    assert share[y.argmax()] == pytest.approx(0.5) and (np.diff(y[:50]) > 0).all() and (np.diff(y[49:]) < 0).all()
    fine = np.linspace(0.001, 0.999, 999)
    assert fine[metrics.at_balance(fine, 0.9, 0.5)["matthews"].argmax()] == pytest.approx(0.625, abs=6e-4)
    quoted("0.625")


def test_balance_curves_are_those_of_real_labels():
    for tp, fn, fp, tn in ((6, 2, 1, 3), (0, 4, 0, 5), (9, 0, 3, 0), (1, 1, 0, 7)):
        predicted, actual = np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], [tp, fn, fp, tn], axis=1)
        for more in (1, 3, 10):  # as many more of label 1: the same recall and specificity
            p, a = (np.concatenate([x, *[x[actual == 1]] * (more - 1)]) for x in (predicted, actual))
            found = metrics.at_balance(np.array([a.mean()]), tp / (tp + fn), tn / (tn + fp))
            assert found["accuracy"][0] == pytest.approx(theirs.accuracy_score(a, p))
            assert found["f1"][0] == pytest.approx(theirs.f1_score(a, p, zero_division=0))
            assert found["matthews"][0] == pytest.approx(theirs.matthews_corrcoef(a, p), abs=1e-9)


def test_matthews_by_hand_is_a_quotient_and_no_equation_where_it_is_a_convention():
    def by_hand(**counts):
        return next(v for v in D["confusion"](**counts).views if isinstance(v, Chain))

    chain = by_hand(tp=85, fn=5, fp=5, tn=5)
    (_, determinant), (_, margins), (_, matthews) = chain.links
    assert chain.joins == ("÷", "=") and determinant / margins == pytest.approx(matthews)
    assert by_hand().joins == ("÷", "→")


def test_the_chips_of_the_counts_are_the_steps_of_the_note():
    told = {  # accuracy, F1, MCC
        "all_one": (0.9, 0.95, 0), "told_apart": (0.9, 0.944, 0.444), "other_label": (0.9, 0.5, 0.444),
        "balanced": (0.9, 0.9, 0.8),
    }  # fmt: skip
    for preset, numbers in told.items():
        shown = [m.value for m in chip("confusion", preset).measured[:3]]
        assert shown == pytest.approx(numbers, abs=0.003), preset
    uneven = D["confusion"].presets["uneven"]
    recall, specificity = (uneven[a] / (uneven[a] + uneven[b]) for a, b in (("tp", "fn"), ("tn", "fp")))
    assert (recall, specificity) == (0.9, 0.5)


def test_the_axis_of_the_curves_moves_only_where_matthews_falls_below_zero():
    def y_range(**counts):
        return titled(D["confusion"](**counts), "balance").y_range

    assert y_range() == y_range(tp=1, tn=1) == y_range(tp=45, fn=5, fp=5, tn=45) == (-0.05, 1.05)
    assert y_range(tp=1, fn=9, fp=9, tn=1) == y_range(tp=0, fn=1, fp=5, tn=4) == (-1.05, 1.05)


def test_nothing_is_counted():
    with pytest.raises(Refusal, match="no_examples"):
        D["confusion"](tp=0, fn=0, fp=0, tn=0)
    e = D["confusion"](tp=0, fn=0, fp=0, tn=7)
    assert noticed(e) == {"matthews_by_convention", "f1_by_convention"} and claims(e)["same_accuracy"] == 1


# ---- scores


def test_references_do_not_stumble_over_edge_cases():
    assert confusion.of_labels(np.array([1, 1]), np.array([1, 1])) == {"accuracy": 1, "f1": 1, "matthews": 0}
    assert confusion.of_labels(np.array([0]), np.array([0]))["f1"] == 0
    assert all(np.isnan(v) for v in correlation.of_scores([1.0], [2.0]).values())
    assert all(np.isnan(v) for v in correlation.of_scores([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).values())
    assert correlation.of_scores([1.0, 2.0], [3.0, 5.0]) == pytest.approx({"pearson": 1, "spearman": 1})


def test_the_libraries_are_named_with_the_version_that_is_imported():
    assert D["confusion"]().source == f"scikit-learn {sklearn.__version__}"
    assert D["correlation"]().source == f"SciPy {scipy.__version__}"


def test_correlations_of_the_note():
    e = D["correlation"]()
    rows = np.array([row[1:3] for row in titled(e, "ranked").rows], float)
    told = {"pearson": 0.947, "spearman": 0.952}
    assert {name: measured(e)[name] for name in told} == pytest.approx(told, abs=0.0005)
    assert claims(e)["same_pearson"] == pytest.approx(stats.pearsonr(*rows.T).statistic)
    bent = claims(D["correlation"](power=5.0))
    assert [round(claims(e)[k], 3) for k in ("same_pearson", "same_spearman")] == [0.947, 0.952]
    assert [round(bent[k], 3) for k in ("same_pearson", "same_spearman")] == [0.81, 0.952]
    outlier = claims(D["correlation"](case="outlier"))
    assert [round(outlier[k], 3) for k in ("same_pearson", "same_spearman")] == [0.957, 0.286]
    shifted = D["correlation"](case="shifted")
    assert claims(shifted)["same_pearson"] == pytest.approx(1) and measured(shifted)["error"] == pytest.approx(1.85)
    assert claims(D["correlation"](case="bent"))["same_spearman"] == pytest.approx(1)
    assert claims(D["correlation"](case="bent"))["same_pearson"] < 0.9
    quoted("0.947", "0.952", "0.810", "0.957", "0.286", "1.85")


def exactly(rows, power):
    """Pearson of (x, y ** power) in whole numbers, nothing rounded; a power that is odd, so that signs stay."""
    x, y = zip(*((Fraction(str(a)), Fraction(str(b)) ** power) for a, b in rows), strict=True)
    xm, ym = (sum(side) / len(rows) for side in (x, y))
    up = sum((a - xm) * (b - ym) for a, b in zip(x, y, strict=True))
    down = sum((a - xm) ** 2 for a in x) * sum((b - ym) ** 2 for b in y)
    return math.copysign(math.sqrt(up**2 / down), up)


EXTREME = [
    ((1.0, 0.0001), (2.0, 0.0002), (3.0, 0.0003)),
    ((5.0, 0.0), (4.0, 0.0001)),
    ((1.0, 0.001), (2.0, 0.002), (3.0, 0.003), (4.0, 0.005)),
    ((1.0, 0.0123), (2.0, 0.0121), (3.0, 0.0122), (4.0, 0.0124)),
    ((1.0, 999.9999), (2.0, 1000.0), (3.0, 999.9998), (4.0, 999.9999)),
    ((-1000.0, 0.0001), (1000.0, -1000.0), (999.9999, 1000.0), (0.0001, 0.0)),
    ((2.0, 7.0001), (2.0001, 7.0), (2.0, 7.0002)),
]


@pytest.mark.parametrize("power", [1, 5])
@pytest.mark.parametrize("rows", EXTREME)
def test_tiny_huge_and_nearly_equal_predictions_are_correlated_as_exact_arithmetic_has_it(rows, power):
    e = D["correlation"](scores=rows, power=float(power))
    assert claims(e)["same_pearson"] == pytest.approx(exactly(rows, power), abs=1e-6)
    assert claims(e).keys() == {"same_pearson", "same_spearman", "stretched", "order_only"} and not noticed(e)


@pytest.mark.parametrize("rows", EXTREME)
def test_every_power_of_extreme_predictions_holds(rows):
    for step in range(1, 26):
        claims(D["correlation"](scores=rows, power=step / 5))


def test_a_power_of_tiny_predictions_is_not_lost_beside_a_one():
    assert round(claims(D["correlation"](scores=EXTREME[0], power=5.0))["same_pearson"], 6) == 0.918858


def test_counts_of_every_size_hold():
    for counts in itertools.product((0, 1, 99, 100), repeat=4):
        if any(counts):
            claims(D["confusion"](**dict(zip(("tp", "fn", "fp", "tn"), counts, strict=True))))


def test_undefined_is_not_zero():
    for given, reason in (
        ({"case": "constant"}, "constant"),
        ({"scores": ((1.0, 2.0),)}, "too_few"),
        ({"scores": ((3.0, 1.0), (3.0, 2.0))}, "constant"),
    ):
        e = D["correlation"](**given)
        assert noticed(e) == {reason} and claims(e) == {"undefined_there": 2}
        assert titled(e, "undefined") and measured(e).keys() == {"error"}  # and no number for a correlation


def test_incomplete_rows_are_left_out_and_an_empty_table_is_refused():
    e = D["correlation"](scores=((1.0, 1.0), (2.0, None), (3.0, 2.0), (None, 4.0)))
    assert noticed(e) == {"incomplete"} and e.notices[0].values == (("rows", 2),) and len(titled(e, "ranked").rows) == 2
    for empty in ((), ((None, 1.0),)):
        with pytest.raises(Refusal, match="empty_table"):
            D["correlation"](scores=empty)


def test_a_chip_shows_the_correlations_that_the_note_gives():
    for preset, both in (("power_5", (0.810, 0.952)), ("outlier", (0.957, 0.286)), ("shifted", (1, 1))):
        assert [m.value for m in chip("correlation", preset).measured[:2]] == pytest.approx(both, abs=0.001), preset
    assert noticed(chip("correlation", "constant")) == {"constant"}
    assert noticed(chip("correlation", "one_pair")) == {"too_few"}


# ---- on paper, and the picture


def test_the_sum_on_paper():
    predicted, actual = np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], [18, 2, 2, 3], axis=1)
    found = [f(predicted, actual) for f in (metrics.accuracy, metrics.f1, metrics.matthews)]
    assert found == pytest.approx([0.84, 0.9, 0.5])
    assert metrics.f1(np.ones(25, int), actual) == pytest.approx(40 / 45)
    assert metrics.matthews(np.ones(25, int), actual) == 0


def test_the_picture_fills_the_nine_columns_of_the_paper():
    e = D["nine_to_one"]()
    boxes = [part for part in e.views[0].parts if isinstance(part, Box) and part.filled and " " in part.text]
    assert sorted(float(box.text.split()[1]) for box in boxes) == sorted(score.TABLE_1["large"][:-1])
    assert {name: round(value, 1) for name, value in claims(e).items()} == {"paper_mean": 82.1, "glue_score": 80.5}


def test_the_bug_of_the_quiz_is_one():
    code = next(item.code for item in Lesson("b6_glue").quiz("en") if item.code)
    names = {}
    exec(code, names)
    row, (second, official) = score.columns("large"), score.LEADERBOARD["large"]
    tasks = score.by_task(row, score.WNLI, second)
    assert round(metrics.glue_score(tasks), 1) == official != round(names["glue_score"](tasks), 1)


def test_predictions_have_the_answers_that_their_reasons_tell():
    items = [item for item in Lesson("b6_glue").quiz("en") if item.kind == "predict"]
    answers = {item.id: truth("b6_glue", item).measured for item in items}
    assert answers == pytest.approx({"mcc_of_forty": 0.6, "rules_differ": -4})


# ---- the score


def test_a_row_of_the_paper_becomes_glues_nine_tasks():
    row = score.columns("base")
    assert row["MNLI-mm"] == 83.4 and row["RTE"] == 66.4
    tasks = score.by_task(row, 65.1)
    assert tasks["MNLI"] == [84.6, 83.4] and tasks["MRPC"] == [88.9, 88.9] and tasks["WNLI"] == [65.1]
    assert score.by_task(row, 65.1, {"MRPC": 84.8})["MRPC"] == [84.8, 88.9]
    assert set(tasks) == set(metrics.TASKS)


def test_table_1_has_the_printed_averages():
    for system, (*row, printed) in score.TABLE_1.items():
        assert len(row) == 9 and claims(D["score"](system=system))["reproduces"] == pytest.approx(np.mean(row))
        assert (round(float(np.mean(row)), 1) == printed) == (system != "elmo")
    assert noticed(D["score"](system="elmo")) == {"row_not_its_mean"}
    quoted("79.6", "82.1", "80.5", "78.3", "79.7")


def test_the_leaderboards_score_needs_what_table_1_lacks():
    large = D["score"](system="large")
    step = titled(large, "from_one_to_other")
    assert round(step.links[-1][1], 1) == 79.7  # neither 80.5 nor 82.1
    assert step.links[1][1] == pytest.approx(-2.356, abs=1e-3)
    assert measured(large) == pytest.approx({"paper": 82.08, "glue": 79.72}, abs=0.005)
    for system, official in (("base", 78.3), ("large", 80.5)):
        e = D["score"](system=system, second=True)
        assert round(claims(e)["leaderboard"], 1) == official == score.LEADERBOARD[system][1]
    assert "leaderboard" not in claims(D["score"](system="large", second=True, wnli=95.9))
    people = D["score"](system="large", second=True, wnli=95.9)
    assert 3.4 < measured(people)["glue"] - measured(D["score"](system="large", second=True))["glue"] < 3.5
    assert noticed(D["score"](system="gpt", second=True)) == {"no_second"}


@pytest.mark.parametrize("system", score.TABLE_1)
def test_the_chains_are_the_sums_that_they_say(system):
    for second in (False, True):
        paper, step = (v for v in D["score"](system=system, second=second).views if isinstance(v, Chain))
        total, nine, mean, printed = (number for _, number in paper.links)
        assert paper.joins == ("÷", "=", "→") and total / nine == pytest.approx(mean)
        assert mean == pytest.approx(printed, abs=0.1)
        start, for_wnli, for_second, rule = (number for _, number in step.links)
        assert step.joins == ("+", "+", "=") and start + for_wnli + for_second == pytest.approx(rule)


def test_the_rule_is_by_hand():
    tasks = [52.1, 93.5, (84.8 + 88.9) / 2, (87.1 + 85.8) / 2, (89.2 + 71.2) / 2, (84.6 + 83.4) / 2, 90.5, 66.4, 65.1]
    step = titled(D["score"](system="base", second=True), "from_one_to_other")
    assert step.links[-1][1] == pytest.approx(sum(tasks) / 9)


def test_people_are_a_line_and_systems_are_points():
    for benchmark in ("glue", "superglue"):
        systems, people = D["saturation"](benchmark=benchmark).views[0].groups
        assert people.joined and not systems.joined and len(set(people.y.tolist())) == 1
        assert people.x.tolist() == systems.x.tolist()  # so that the names of systems keep off the line


def test_a_chip_shows_the_scores_that_the_note_gives():
    told = {"large": (82.1, 79.7), "base": (79.6, 77.5), "large_second": (82.1, 80.5), "base_second": (79.6, 78.3)}
    for preset, both in told.items():
        assert tuple(round(m.value, 1) for m in chip("score", preset).measured) == both, preset
    assert chip("score", "people_wnli").measured[1].value == pytest.approx(80.52 + (95.9 - 65.1) / 9, abs=0.01)


def test_scores_over_time():
    for benchmark, months, before in (("glue", 13.5, 80.5), ("superglue", 20, 88.9)):
        e = D["saturation"](benchmark=benchmark)
        assert measured(e)["months_until"] == months and claims(e)["below_before"] == before
    quoted("87.1", "87.6", "88.4", "71.5", "89.8", "53%")


# ---- ours


@pytest.fixture
def on_file(tmp_path, monkeypatch):
    """Call it with runs: (task, stage, seed, dev, cells)."""

    def write(*runs):
        blind = {"majority": {"answer": 1, "dev": {"matthews": 0.0}}}
        about = {
            "command": "c", "date": "d", "machine": "m", "minutes": 1.0, "baselines": {"cola": blind},
            "data": {"cola": {"dev": 10, "measured_on": "GLUE's dev set"}},
        }  # fmt: skip
        names = ("task", "stage", "seed", "dev", "cells")
        rows = [dict(zip(names, run, strict=True)) | {"examples": 5} for run in runs]
        path = tmp_path / "results.json"
        path.write_text(json.dumps(about | {"runs": rows}), "utf-8")
        load = glue_results.load
        monkeypatch.setattr(glue_results, "load", lambda: load(path))

    return write


CELLS = {"tp": 5, "fp": 2, "fn": 1, "tn": 2}
MCC = round((5 * 2 - 2 * 1) / (7 * 6 * 4 * 3) ** 0.5, 4)


def test_a_run_is_recomputed_from_its_cells(on_file):
    on_file(("cola", "lora", 0, {"matthews": MCC}, CELLS), ("cola", "lora", 1, {"matthews": MCC}, CELLS))
    e = D["ours"]()
    assert claims(e)["as_recorded"] < 5e-5 and e.origin is Origin.TRAINED_HERE
    assert measured(e) == pytest.approx({"run_matthews": 100 * MCC, "right_share": 70, "most_frequent": 60})
    assert dict(e.notices[0].values)["tasks"] == "SST-2, CoLA, RTE, MRPC, STS-B"  # the third seed is missing
    row = next(r for r in titled(e, "with_spread").rows if r[0] == "CoLA MCC")
    assert row[1:] == ("0.0", "–", "–", f"{100 * MCC:.1f} ({100 * MCC:.1f}–{100 * MCC:.1f})", "10")
    assert "no_run" in noticed(D["ours"](seed=2)) and "no_run" in noticed(D["ours"](task="sst2", stage="apart"))
    assert "no_matrix" not in noticed(e)
    for bars in titled(e, "one_task"), titled(e, "all_tasks"):
        assert bars.values["lora"][bars.labels.index("CoLA MCC")] == pytest.approx(100 * MCC)
        assert bars.y_range == (0, 100)  # the tasks are compared


def test_a_run_without_classes_says_why_it_has_no_matrix(on_file):
    on_file(("stsb", "lora", 0, {"pearson": 0.8, "spearman": 0.8}, None))
    e = D["ours"](task="stsb")
    assert "no_matrix" in noticed(e) and not any(isinstance(v, Heatmap) for v in e.views)


def test_a_score_that_its_cells_do_not_give_shows_red(on_file):
    on_file(("cola", "lora", 0, {"matthews": MCC + 0.01}, CELLS))
    assert not D["ours"]().claims[0].holds


def test_missing_results_are_refused(monkeypatch):
    def missing():
        raise Unusable("checkpoint_missing", glue_results.PATH, "gone")

    monkeypatch.setattr(glue_results, "load", missing)
    with pytest.raises(Refusal, match="no_results"):
        D["ours"]()


# ---- the words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_card_is_told(lang, judges):
    words = Lesson("b6_glue").demo_words(lang, "nine_tasks")
    for task, about in tasks.TASKS.items():
        for answer in ("open", *about.answers):
            e = D["nine_tasks"](task=task, **{task: answer})
            for view in e.views:
                assert all(words.label(c) for row in view.table()[1] for c in row if isinstance(c, Say))


# ---- the numbers of ours that the note gives


def judged(task, *cases):
    """The task's judge, which says of each text what is expected, as both notes do."""
    judge = glue.load(task)
    for text, label, probability in cases:
        found = judge.predict(text)
        assert found.label == label and found.probability == pytest.approx(probability, abs=0.006), text
        quoted(str(probability))
    return judge


def test_what_the_note_says_of_the_judge_of_films():
    ours = tasks.TASKS["sst2"].texts[0]
    judge = judged(
        "sst2",
        (ours, "positive", 0.98),
        (ours.replace("so good", "so bad"), "negative", 0.99),
        ("This is the best film to fall asleep to.", "positive", 0.97),
        ("The bus leaves at ten past nine.", "negative", 0.84),
    )
    assert judge.predict("not bad at all").label == "positive"


def test_what_the_note_says_of_the_judge_of_acceptability():
    ours = tasks.TASKS["cola"].texts[0]
    judged(
        "cola",
        (ours, "acceptable", 0.99),
        (ours.replace(" was ", " were "), "acceptable", 0.995),
        ("Green ideas eat the piano.", "unacceptable", 0.98),
        ("The cat sat the on mat.", "unacceptable", 0.99),
    )


def test_what_the_note_says_of_the_judge_of_similarity():
    judge, (first, second) = glue.load("stsb"), tasks.TASKS["stsb"].texts
    for pair, expected in (
        ((first, second), 4.46),
        ((second, first), 4.52),
        ((first, "Some kids throw bread to the ducks at a pond."), 2.44),
        ((first, first.replace(" are ", " are not ")), 3.82),
        (("A dog bites a man.", "A man bites a dog."), 4.38),
    ):
        assert judge.predict(*pair).score == pytest.approx(expected, abs=0.006), pair
        quoted(str(expected))


def test_what_the_note_says_of_our_scores():
    r = glue_results.load()
    stages = [("sst2", "accuracy"), ("cola", "matthews"), ("mrpc", "accuracy"), ("mrpc", "f1"), ("stsb", "pearson")]
    for task, metric in stages:
        for stage in ("probe", "lora"):
            found = r.scores(task, stage, metric)
            assert len(found) == len(glue_results.SEEDS)
            quoted(f"{np.mean(found):.1f}")
    quoted(f"{np.mean(r.scores('stsb', 'probe apart', 'pearson')):.1f}")
    for task, metric in (("mrpc", "accuracy"), ("mrpc", "f1"), ("stsb", "pearson"), ("rte", "accuracy")):
        quoted(f"{r.blind(task, metric):.1f}")
    rte = r.scores("rte", "probe", "accuracy")
    quoted(f"{min(rte):.1f}", f"{max(rte):.1f}")
    cola = [r.run("cola", "probe", seed).cells for seed in glue_results.SEEDS]
    quoted(f"{100 * np.mean([(c['tp'] + c['tn']) / sum(c.values()) for c in cola]):.1f}%")
