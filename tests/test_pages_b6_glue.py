"""B6: the numbers that the note quotes, the papers' tables, our labels, the local judges, and what is refused."""

import json
import re

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as theirs

from models import glue, glue_paper, glue_results, glue_tasks, metrics
from study.controls import Refusal
from study.demo import Origin, Say, demos
from study.notes import ROOT, Lesson
from tests.test_models_glue import saved

D = demos("b6_glue")
NOTES = {lang: (ROOT / "notes" / lang / "b6_glue.md").read_text("utf-8") for lang in ("en", "zh")}


def claims(evidence):
    assert all(c.holds for c in evidence.claims), evidence.claims
    return {c.name: c.measured for c in evidence.claims}


def measured(evidence):
    return {m.name: m.value for m in evidence.measured}


def noticed(evidence):
    return {n.key for n in evidence.notices}


def quoted(*numbers):
    """Both notes give these numbers."""
    for number in numbers:
        for lang, note in NOTES.items():
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", note), f"{lang}: {number}"


# ---- the nine tasks


def test_the_cards_are_gluess_table():
    """Wang et al. 2018, Table 1: names in its order, sizes, metrics."""
    found = [(t.name, t.train, t.test) for t in glue_tasks.TASKS.values()]
    assert found == [
        ("CoLA", 8500, 1000), ("SST-2", 67000, 1800), ("MRPC", 3700, 1700), ("STS-B", 7000, 1400),
        ("QQP", 364000, 391000), ("MNLI", 393000, 20000), ("QNLI", 105000, 5400), ("RTE", 2500, 3000),
        ("WNLI", 634, 146),
    ]  # fmt: skip
    assert [t.metrics for t in glue_tasks.TASKS.values()] == [tuple(dict.fromkeys(m)) for m in metrics.TASKS.values()]
    for lang, note in NOTES.items():
        for t in glue_tasks.TASKS.values():
            row = next(line for line in note.splitlines() if line.startswith(f"| {t.name} |"))
            sizes = re.findall(r"([\d.]+)(k?)", row.split("|")[3])
            assert [round(float(n) * (1000 if k else 1)) for n, k in sizes] == [t.train, t.test], (lang, t.name)


def test_every_example_has_its_parts_and_a_label_among_the_answers():
    for key, t in glue_tasks.TASKS.items():
        assert len(t.texts) == len(t.parts) and t.label in t.answers
        assert (len(t.texts) == 1) == (t.kind == "single")
        assert (t.here == "judge") == (key in glue.SAVED)
        assert (t.here == "none") == (key not in glue.POSED)
        assert all(text.isascii() for text in t.texts)


def table(evidence, title):
    found = [v for v in evidence.views if (v.title.key if isinstance(v.title, Say) else v.title) == title]
    return {row[0].key: row[1:] for row in found[0].rows} if found else None


@pytest.mark.parametrize("task", glue_tasks.TASKS)
def test_the_label_waits_for_the_answer(task):
    before = D["nine_tasks"](task=task)
    assert table(before, "answers") is None and noticed(before) == {"answer_first"} and before.origin is Origin.PAPER
    assert table(before, "card")["sizes"][0].key == "of_each"
    for answer in glue_tasks.TASKS[task].answers:
        shown = table(D["nine_tasks"](task=task, **{task: answer}), "answers")
        assert shown["you"][0].key == answer and shown["label"][0].key == glue_tasks.TASKS[task].label


def test_answers_to_other_tasks_do_not_open_a_card():
    assert table(D["nine_tasks"](task="cola", sst2="positive", rte="entailment"), "answers") is None


@pytest.mark.parametrize("task", [t for t, about in glue_tasks.TASKS.items() if about.here != "judge"])
def test_a_task_without_a_judge_says_so(task):
    label = glue_tasks.TASKS[task].label
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
        for text in (glue_tasks.TASKS[task].texts[0], "Something else.", "🙂", "我爱北京", "a\u0000b\u200b"):
            e = D["nine_tasks"](task=task, **{task: glue_tasks.TASKS[task].answers[0], f"{task}_text": text})
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
        e = D["nine_tasks"](task=task, **{task: glue_tasks.TASKS[task].label})
        assert noticed(e) == {"no_judge"} and e.origin is Origin.PAPER and not e.claims
        assert table(e, "answers")["label"][0].key == glue_tasks.TASKS[task].label
    (tmp_path / "cola").mkdir()
    (tmp_path / "cola" / "config.json").write_text("{", "utf-8")
    assert noticed(D["nine_tasks"](task="cola", cola="acceptable")) == {"no_judge"}


@pytest.mark.parametrize(("text", "key"), [("", "empty"), (" \n", "empty"), ("x" * 201, "too_many_characters")])
def test_empty_and_long_texts_are_refused(text, key):
    with pytest.raises(Refusal) as refused:
        D["nine_tasks"](task="sst2", sst2_text=text)
    assert refused.value.key == key


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


def test_balance_curves_are_those_of_real_labels():
    for tp, fn, fp, tn in ((6, 2, 1, 3), (0, 4, 0, 5), (9, 0, 3, 0), (1, 1, 0, 7)):
        predicted, actual = np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], [tp, fn, fp, tn], axis=1)
        for more in (1, 3, 10):  # as many more of label 1: the same recall and specificity
            p, a = (np.concatenate([x, *[x[actual == 1]] * (more - 1)]) for x in (predicted, actual))
            found = metrics.at_balance(np.array([a.mean()]), tp / (tp + fn), tn / (tn + fp))
            assert found["accuracy"][0] == pytest.approx(theirs.accuracy_score(a, p))
            assert found["f1"][0] == pytest.approx(theirs.f1_score(a, p, zero_division=0))
            assert found["matthews"][0] == pytest.approx(theirs.matthews_corrcoef(a, p), abs=1e-9)


def test_nothing_is_counted():
    with pytest.raises(Refusal, match="no_examples"):
        D["confusion"](tp=0, fn=0, fp=0, tn=0)
    e = D["confusion"](tp=0, fn=0, fp=0, tn=7)
    assert noticed(e) == {"matthews_by_convention", "f1_by_convention"} and claims(e)["same_accuracy"] == 1


# ---- scores


def test_correlations_of_the_note():
    e = D["correlation"]()
    rows = np.array([row[1:3] for row in e.views[2].rows], float)
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


def test_undefined_is_not_zero():
    for given, reason in (
        ({"case": "constant"}, "constant"),
        ({"scores": ((1.0, 2.0),)}, "too_few"),
        ({"scores": ((3.0, 1.0), (3.0, 2.0))}, "constant"),
    ):
        e = D["correlation"](**given)
        assert noticed(e) == {reason} and claims(e) == {"undefined_there": 2}
        assert e.views[1].rows == ((Say("undefined"), Say("undefined")),)


def test_incomplete_rows_are_left_out_and_an_empty_table_is_refused():
    e = D["correlation"](scores=((1.0, 1.0), (2.0, None), (3.0, 2.0), (None, 4.0)))
    assert noticed(e) == {"incomplete"} and e.notices[0].values == (("rows", 2),) and len(e.views[2].rows) == 2
    for empty in ((), ((None, 1.0),)):
        with pytest.raises(Refusal, match="empty_table"):
            D["correlation"](scores=empty)


# ---- the score


def test_table_1_has_the_printed_averages():
    for system, (row, printed) in glue_paper.TABLE_1.items():
        assert len(row) == 9 and claims(D["score"](system=system))["reproduces"] == pytest.approx(np.mean(row))
        assert (round(float(np.mean(row)), 1) == printed) == (system != "elmo")
    assert noticed(D["score"](system="elmo")) == {"row_not_its_mean"}
    quoted("79.6", "82.1", "80.5", "78.3", "79.7")


def test_the_leaderboards_score_needs_what_table_1_lacks():
    large = D["score"](system="large")
    assert round(large.views[3].links[-1][1], 1) == 79.7  # neither 80.5 nor 82.1
    assert large.views[3].links[1][1] == pytest.approx(-2.356, abs=1e-3)
    for system, official in (("base", 78.3), ("large", 80.5)):
        e = D["score"](system=system, second=True)
        assert round(claims(e)["leaderboard"], 1) == official == glue_paper.LEADERBOARD[system][1]
    assert "leaderboard" not in claims(D["score"](system="large", second=True, wnli=95.9))
    people = D["score"](system="large", second=True, wnli=95.9).views[3].links[-1][1]
    assert 3.4 < people - D["score"](system="large", second=True).views[3].links[-1][1] < 3.5
    assert noticed(D["score"](system="gpt", second=True)) == {"no_second"}


def test_the_rule_is_by_hand():
    tasks = [52.1, 93.5, (84.8 + 88.9) / 2, (87.1 + 85.8) / 2, (89.2 + 71.2) / 2, (84.6 + 83.4) / 2, 90.5, 66.4, 65.1]
    assert D["score"](system="base", second=True).views[3].links[-1][1] == pytest.approx(sum(tasks) / 9)


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
    row = next(r for r in e.views[1].rows if r[0] == "CoLA MCC")
    assert row[1:] == ("0.0", "–", "–", f"{100 * MCC:.1f} ({100 * MCC:.1f}–{100 * MCC:.1f})", "10")
    assert "no_run" in noticed(D["ours"](seed=2)) and "no_run" in noticed(D["ours"](task="sst2", stage="apart"))
    bars = e.views[0]
    assert bars.values["lora"][bars.labels.index("CoLA MCC")] == pytest.approx(100 * MCC)


def test_a_score_that_its_cells_do_not_give_shows_red(on_file):
    on_file(("cola", "lora", 0, {"matthews": MCC + 0.01}, CELLS))
    assert not D["ours"]().claims[0].holds


def test_missing_results_are_refused(monkeypatch):
    def missing():
        raise glue_results.NoResults("gone")

    monkeypatch.setattr(glue_results, "load", missing)
    with pytest.raises(Refusal, match="no_results"):
        D["ours"]()


# ---- the words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_card_is_told(lang, judges):
    words = Lesson("b6_glue").demo_words(lang, "nine_tasks")
    for task, about in glue_tasks.TASKS.items():
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
    ours = glue_tasks.TASKS["sst2"].texts[0]
    judge = judged(
        "sst2",
        (ours, "positive", 0.98),
        (ours.replace("so good", "so bad"), "negative", 0.99),
        ("This is the best film to fall asleep to.", "positive", 0.97),
        ("The bus leaves at ten past nine.", "negative", 0.84),
    )
    assert judge.predict("not bad at all").label == "positive"


def test_what_the_note_says_of_the_judge_of_acceptability():
    ours = glue_tasks.TASKS["cola"].texts[0]
    judged(
        "cola",
        (ours, "acceptable", 0.99),
        (ours.replace(" was ", " were "), "acceptable", 0.99),
        ("Green ideas eat the piano.", "unacceptable", 0.98),
        ("The cat sat the on mat.", "unacceptable", 0.99),
    )


def test_what_the_note_says_of_the_judge_of_similarity():
    judge, (first, second) = glue.load("stsb"), glue_tasks.TASKS["stsb"].texts
    for pair, score in (
        ((first, second), 4.46),
        ((second, first), 4.52),
        ((first, "Some kids throw bread to the ducks at a pond."), 2.44),
        ((first, first.replace(" are ", " are not ")), 3.82),
        (("A dog bites a man.", "A man bites a dog."), 4.38),
    ):
        assert judge.predict(*pair).score == pytest.approx(score, abs=0.006), pair
        quoted(str(score))


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
