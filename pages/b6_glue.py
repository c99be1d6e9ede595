"""B6 · What is the GLUE score, and which ability does it measure?   Wang et al. 2018; Devlin et al. 2019, §4.1."""

from collections.abc import Sequence
from statistics import mean
from typing import Annotated

import numpy as np

from models import glue_paper, glue_results, glue_tasks, metrics, references
from study.controls import Choice, Numbers, Refusal, Slider, Text, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Say
from study.views import Bars, Chain, Heatmap, Lines, Points, Scatter, Series, Table

CARD = "models/checkpoints/glue/CARD.md"
TABLE_1, GLUE_TABLE_1 = "Devlin et al. 2019, Table 1", "Wang et al. 2018, Table 1"
TASKS = glue_tasks.TASKS
STAGES = dict(zip(("probe", "apart", "lora"), glue_results.STAGES, strict=True))  # our words for them
SHORT = {"accuracy": "acc", "f1": "F1", "matthews": "MCC", "pearson": "r", "spearman": "ρ"}


def _answer(task: str) -> type:
    """The control of the reader's answer to a task's example."""
    return Annotated[str, Choice("open", *TASKS[task].answers), When(task=task)]


def _editable(task: str) -> type:
    """A text of a task that a judge of ours reads."""
    return Annotated[str, Text(200), When(task=task)]


def nine_tasks(
    cola_text: _editable("cola") = TASKS["cola"].texts[0],
    sst2_text: _editable("sst2") = TASKS["sst2"].texts[0],
    stsb_text: _editable("stsb") = TASKS["stsb"].texts[0],
    stsb_pair: _editable("stsb") = TASKS["stsb"].texts[1],
    task: Annotated[str, Choice(*TASKS)] = "sst2",
    cola: _answer("cola") = "open",
    sst2: _answer("sst2") = "open",
    mrpc: _answer("mrpc") = "open",
    stsb: _answer("stsb") = "open",
    qqp: _answer("qqp") = "open",
    mnli: _answer("mnli") = "open",
    qnli: _answer("qnli") = "open",
    rte: _answer("rte") = "open",
    wnli: _answer("wnli") = "open",
) -> Evidence:
    """A task as a card. The label of its example, and what our judge says, wait for the reader's answer."""
    answers = {"cola": cola, "sst2": sst2, "mrpc": mrpc, "stsb": stsb, "qqp": qqp, "mnli": mnli, "qnli": qnli,
               "rte": rte, "wnli": wnli}  # fmt: skip
    chosen, given = TASKS[task], answers[task]
    texts = {"cola": (cola_text,), "sst2": (sst2_text,), "stsb": (stsb_text, stsb_pair)}.get(task, chosen.texts)
    own = texts != chosen.texts  # the reader's: it has no label
    revealed = own or given != "open"
    judged = _judged(task, texts) if revealed and chosen.here == "judge" else None
    facts = [
        ["goes_in", Say(f"in_{task}")], ["comes_out", Say(f"out_{task}")], ["from", Say(f"from_{task}")],
        ["sizes", Say("of_each", train=f"{chosen.train:,}", test=f"{chosen.test:,}")],
        ["metric", Say("_and_".join(chosen.metrics))],
    ]  # fmt: skip
    views = [
        Table(["about", "this_task"], [[Say(name), value] for name, value in facts], Say("card", task=chosen.name)),
    ]
    if chosen.here != "judge":  # elsewhere the texts stand in boxes of their own
        views.append(Table(["part", "text"], [[Say(p), t] for p, t in zip(chosen.parts, texts, strict=True)],
                           "example"))  # fmt: skip
    if revealed:
        rows = [
            ["you", Say("not_yet" if given == "open" else given), ""],
            ["label", Say("no_label" if own else chosen.label), ""],
            ["model", *((judged[0], judged[1]) if judged else (Say(f"here_{chosen.here}"), ""))],
        ]
        views.append(Table(["who", "answer", "how_sure"], [[Say(who), *row] for who, *row in rows], "answers"))
    views.append(Bars([t.train for t in TASKS.values()], [t.name for t in TASKS.values()], x="task", y="train",
                      title="all_sizes", log_y=True))  # fmt: skip
    lacking = revealed and chosen.here == "judge" and not judged
    return Evidence(
        *views,
        claims=judged[2] if judged else (),
        measured=judged[3] if judged else (),
        origin=Origin.TRAINED_HERE if judged else Origin.PAPER,
        source=CARD if judged else GLUE_TABLE_1,
        notices=[Say("no_judge")] * lacking + [Say("answer_first")] * (not revealed),
    )


def _judged(task: str, texts: Sequence[str]) -> tuple[Say, str, list[Claim], list[Measured]] | None:
    """What our judge says of these texts, and how sure it is; None where its checkpoint cannot be used."""
    from models import checkpoint, glue

    try:
        judge = glue.load(task, glue.PATH)
    except checkpoint.Unusable:
        return None
    found = judge.predict(*texts)
    if task == "stsb":
        low, high = sorted((found.score, swapped := judge.predict(*reversed(texts)).score))
        return (
            Say("points", score=f"{found.score:.2f}"), "",
            [Claim("on_the_scale", measured=high, expected=glue.TOP, op="≤"),
             Claim("not_negative", measured=low, expected=0, op="≥")],
            [Measured("score", found.score), Measured("swapped", swapped)],
        )  # fmt: skip
    return (
        Say(found.label), f"{found.probability:.3f}",
        [Claim("sum_to_one", measured=sum(found.probabilities.values()), expected=1, abs=1e-6)],
        [Measured(name, p) for name, p in found.probabilities.items()],
    )  # fmt: skip


def confusion(
    tp: Annotated[int, Slider(0, 100)] = 90,
    fn: Annotated[int, Slider(0, 100)] = 0,
    fp: Annotated[int, Slider(0, 100)] = 10,
    tn: Annotated[int, Slider(0, 100)] = 0,
    swap: Annotated[bool, Toggle()] = False,
) -> Evidence:
    """Accuracy, F1 and Matthews of four counts, and of the same classifier on data with another balance."""
    if tp + fn + fp + tn == 0:
        raise Refusal("no_examples")
    if swap:  # the other label is called 1
        tp, fn, fp, tn = tn, fp, fn, tp
    predicted, actual = _examples(metrics.Confusion(tp=tp, fp=fp, fn=fn, tn=tn))  # (n,) each
    sure, f1, mcc = (getattr(metrics, name)(predicted, actual) for name in ("accuracy", "f1", "matthews"))
    theirs, source = references.of_labels(predicted, actual)
    margins = [tp + fp, tp + fn, tn + fp, tn + fn]
    views = [
        Heatmap([[tp, fn], [fp, tn]], ["1", "0"], ["1", "0"], "counts", x="predicted", y="actual", scale="amount",
                hover="count_of"),
        Table(["accuracy", "f1", "matthews"], [[sure, f1, mcc]], "three"),
        Chain([("determinant", tp * tn - fp * fn), ("margins", float(np.prod(margins, dtype=float)) ** 0.5),
               ("matthews", mcc)], "by_hand"),
    ]  # fmt: skip
    claims = [
        Claim("same_accuracy", measured=sure, expected=theirs["accuracy"], abs=1e-9),
        Claim("same_f1", measured=f1, expected=theirs["f1"], abs=1e-9),
        Claim("same_matthews", measured=mcc, expected=theirs["matthews"], abs=1e-9),
        Claim("either_label", measured=metrics.matthews(1 - predicted, 1 - actual), expected=mcc, abs=1e-12),
    ]
    if tp + fn and tn + fp:
        recall, specificity = tp / (tp + fn), tn / (tn + fp)
        here, share = (tp + fn) / len(actual), np.linspace(0.01, 0.99, 99)
        curves = metrics.at_balance(share, recall, specificity)
        at = metrics.at_balance(np.array([here]), recall, specificity)
        views.append(Lines([Series(name, share, y) for name, y in curves.items()], x="share", y="metric",
                           title=Say("balance", recall=f"{recall:.2f}", specificity=f"{specificity:.2f}"), here=here,
                           y_range=(min(-0.05, *curves["matthews"] - 0.05), 1.05)))  # fmt: skip
        gap = max(abs(at["accuracy"][0] - sure), abs(at["f1"][0] - f1), abs(at["matthews"][0] - mcc))
        claims.append(Claim("on_the_curves", measured=gap, expected=0, abs=1e-9))
    return Evidence(
        *views,
        claims=claims,
        measured=[
            Measured("blind", max(tp + fn, tn + fp) / len(actual)),
            Measured("precision", tp / (tp + fp) if tp + fp else 0.0),
            Measured("recall", tp / (tp + fn) if tp + fn else 0.0),
            Measured("other_f1", metrics.f1(1 - predicted, 1 - actual)),
        ],
        origin=Origin.TOY,
        source=source,
        notices=[Say("matthews_by_convention")] * (0 in margins) + [Say("f1_by_convention")] * (tp + fp + fn == 0),
    )


TYPED = ((5.0, 4.6), (4.2, 4.4), (3.8, 3.1), (3.0, 3.4), (2.4, 1.5), (1.6, 2.2), (0.8, 0.9), (0.0, 0.4))
CASES = {
    "bent": tuple((x / 2, (x / 2) ** 4 / 125) for x in range(11)),  # the same order, no line
    "outlier": ((1.0, 1.4), (1.2, 1.0), (1.4, 1.5), (1.6, 1.1), (1.8, 1.3), (2.0, 1.2), (5.0, 5.0)),
    "shifted": tuple((x / 2, 0.5 + x / 20) for x in range(11)),  # on another scale
    "constant": tuple((x / 2, 2.5) for x in range(11)),
}


def correlation(
    case: Annotated[str, Choice("typed", *CASES)] = "typed",
    power: Annotated[float, Slider(0.2, 5.0, step=0.2)] = 1.0,
    scores: Annotated[
        tuple[tuple[float | None, ...], ...], Numbers("right", "predicted", most=10), When(case="typed")
    ] = TYPED,
) -> Evidence:
    """Pearson and Spearman of predicted scores; raising the predictions to a power leaves their order as it is."""
    rows = Numbers.complete(scores if case == "typed" else CASES[case])
    right, given = (np.array(side) for side in zip(*rows, strict=True))  # (n,) each
    predicted = np.sign(given) * np.abs(given) ** power  # (n,)
    found, reason = _correlations(predicted, right)
    theirs, source = references.of_scores(predicted, right)
    if reason:
        claims = [Claim("undefined_there", measured=sum(map(np.isnan, theirs.values())), expected=2)]
    else:
        stretched, _ = _correlations(1 + 0.2 * predicted, right)
        before, _ = _correlations(given, right)
        claims = [
            Claim("same_pearson", measured=found["pearson"], expected=theirs["pearson"], abs=1e-6),
            Claim("same_spearman", measured=found["spearman"], expected=theirs["spearman"], abs=1e-6),
            Claim("stretched", measured=stretched["pearson"], expected=found["pearson"], abs=1e-6),
            Claim("order_only", measured=found["spearman"], expected=before["spearman"], abs=1e-12),
        ]
    numbers = [str(i + 1) for i in range(len(rows))]
    ranks = [metrics.ranks(x).tolist() for x in (right, predicted)]
    shown = [found[name] if not reason else Say("undefined") for name in ("pearson", "spearman")]
    return Evidence(
        Scatter([Points("pair", right, predicted, numbers)], x="right", y="predicted", title="scatter"),
        Table(["pearson", "spearman"], [shown], "two"),
        Table(["pair", "right", "predicted", "right_rank", "predicted_rank"],
              list(zip(numbers, right.tolist(), predicted.tolist(), *ranks, strict=True)), "ranked"),
        claims=claims,
        measured=[Measured("error", np.abs(predicted - right).mean())],
        origin=Origin.TOY,
        source=source,
        notices=[Say(reason)] * bool(reason)
        + [Say("incomplete", rows=len(scores) - len(rows))] * (case == "typed" and len(scores) > len(rows)),
    )  # fmt: skip


def score(
    system: Annotated[str, Choice(*glue_paper.TABLE_1)] = "large",
    second: Annotated[bool, Toggle()] = False,
    wnli: Annotated[float, Slider(0.0, 100.0, step=0.1)] = glue_paper.WNLI,
) -> Evidence:
    """One row of the paper's table under two rules: the mean of its nine columns, and GLUE's mean of nine tasks."""
    row, (_, printed) = glue_paper.columns(system), glue_paper.TABLE_1[system]
    known, official = glue_paper.LEADERBOARD.get(system, ({}, 0.0))
    others = known if second else {}
    tasks = glue_paper.by_task(row, wnli, others)
    paper, rule = metrics.paper_mean(row), metrics.glue_score(tasks)
    added = sum((value - row[name]) / 2 for name, value in others.items())
    mnli = mean(tasks["MNLI"])
    claims = [
        # the printed mean is rounded to 0.1; where it is not the mean of the printed columns, those were rounded too
        Claim("reproduces", measured=paper, expected=printed, abs=0.1 if system == "elmo" else 0.05),
        Claim("difference", measured=rule - paper, expected=(wnli - mnli + added) / 9, abs=1e-9),
    ]
    if others and wnli == glue_paper.WNLI:
        claims.append(Claim("leaderboard", measured=rule, expected=official, abs=0.05))
    return Evidence(
        Bars({s: list(glue_paper.columns(s).values()) for s in dict.fromkeys(("gpt", "base", "large", system))},
             [f"{n} {SHORT[m]}" for n, m in metrics.PAPER_COLUMNS.items()], x="column", y="score", title="table_1"),
        Chain([("nine_columns", sum(row.values())), ("divided", 9), ("paper_mean", paper), ("printed", printed)],
              "paper_rule"),
        Table(["task", "metrics_used", "task_score"],
              [[name, ", ".join(f"{v:g}" for v in dict.fromkeys(values)), mean(values)]
               for name, values in tasks.items()], "glue_rule"),
        Chain([("paper_mean", paper), ("for_wnli", (wnli - mnli) / 9), ("for_second", added / 9), ("glue_mean", rule)],
              "from_one_to_other"),
        claims=claims,
        origin=Origin.PAPER,
        source=TABLE_1 + (", Sun et al. 2019 (ERNIE 2.0)" if others else ""),
        notices=[Say("no_second")] * (second and not known) + [Say("row_not_its_mean")] * (system == "elmo"),
    )  # fmt: skip


def saturation(benchmark: Annotated[str, Choice(*glue_paper.HISTORY)] = "glue") -> Evidence:
    """Published scores over time, beside what people reach."""
    people, marks = glue_paper.HISTORY[benchmark]
    first = next(m for m in marks if m.score > people)
    months = [m.months for m in marks]
    return Evidence(
        Scatter(
            [Points("systems", months, [m.score for m in marks], [m.name for m in marks]),
             Points("people", [months[0], months[-1]], [people] * 2, [f"{people}"] * 2)],
            x="months", y="benchmark_score", title="history",
        ),
        Table(["system_name", "months", "benchmark_score", "against_people"],
              [[m.name, m.months, m.score, m.score - people] for m in marks], "in_numbers"),
        claims=[Claim("below_before", measured=max(m.score for m in marks if m.months < first.months), expected=people,
                      op="≤")],
        measured=[Measured("people_score", people), Measured("months_until", first.months)],
        origin=Origin.PAPER,
        source=glue_paper.SOURCES[benchmark],
    )  # fmt: skip


def ours(
    task: Annotated[str, Choice(*glue_results.NAMES)] = "cola",
    stage: Annotated[str, Choice("lora", "probe", "apart")] = "lora",
    seed: Annotated[int, Slider(0, 2)] = 0,
) -> Evidence:
    """What the local BERT reaches on the dev sets, over the seeds; one run looked at closely."""
    try:
        r = glue_results.load()
    except glue_results.NoResults as error:
        raise Refusal("no_results") from error
    named = [(t, m) for t, name in glue_results.NAMES.items() for m in metrics.TASKS[name]]
    labels = [f"{glue_results.NAMES[t]} {SHORT[m]}" for t, m in named]
    by_stage = {key: [r.scores(t, s, m) for t, m in named] for key, s in STAGES.items()}
    blind = [r.blind(t, m) for t, m in named]
    shown = {name: [mean(x) if x else np.nan for x in found] for name, found in by_stage.items()}
    spread = {name: [[f(x) if x else np.nan for x in by_stage[name]] for f in (min, max)] for name in shown}
    views = [
        Bars({"blind": [np.nan if b is None else b for b in blind], **shown}, labels, x="column",
             y="score", title="all_tasks", spread=spread),
        Table(["column", "blind", "probe", "apart", "lora", "dev_size"],
              [[label, "–" if b is None else f"{b:.1f}", *(_range(found[i]) for found in by_stage.values()),
                _dev_size(r, t)]
               for i, ((t, _), label, b) in enumerate(zip(named, labels, blind, strict=True))], "with_spread"),
    ]  # fmt: skip
    gaps = [_regained(x) for x in r.runs if x.cells and x.stage in STAGES.values()]
    run = r.run(task, STAGES[stage], seed)
    measured = [Measured(f"run_{name}", 100 * v) for name, v in run.dev.items() if v is not None] if run else []
    if run and run.cells:
        c = metrics.Confusion(**run.cells)
        views.append(Heatmap([[c.tp, c.fn], [c.fp, c.tn]], ["1", "0"], ["1", "0"],
                             Say("one_run", task=glue_results.NAMES[task], seed=seed), x="predicted", y="actual",
                             scale="amount", hover="count_of"))  # fmt: skip
        n, positive = sum(run.cells.values()), c.tp + c.fn
        right, most = (c.tp + c.tn) / n, max(positive, n - positive) / n
        measured += [Measured("right_share", 100 * right, "percent"), Measured("most_frequent", 100 * most, "percent")]
    return Evidence(
        *views,
        claims=[Claim("as_recorded", measured=max(gaps, default=0), expected=0, abs=5.001e-5)],  # kept to four places
        measured=measured,
        origin=Origin.TRAINED_HERE,
        source=CARD,
        notices=[Say("unfinished", tasks=", ".join(r.unfinished))] * bool(r.unfinished) + [Say("no_run")] * (not run),
    )


def _regained(run: glue_results.Run) -> float:
    """How far the scores of a run's confusion matrix lie from those on file, at most."""
    predicted, actual = _examples(metrics.Confusion(**run.cells))
    return max(abs(getattr(metrics, name)(predicted, actual) - value) for name, value in run.dev.items())


def _examples(c: metrics.Confusion) -> np.ndarray:
    """Predicted and actual labels that make up these four cells: (2, n)."""
    return np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], [c.tp, c.fn, c.fp, c.tn], axis=1)


def _dev_size(r: glue_results.Results, task: str) -> str | Say:
    """How many examples the scores are of, and whether they are GLUE's."""
    about = r.data.get(task, {"dev": "–"})
    return Say("drawn_here", n=about["dev"]) if r.drawn(task) else str(about["dev"])


def _range(found: Sequence[float]) -> str:
    """Mean (lowest to highest)."""
    return f"{mean(found):.1f} ({min(found):.1f}–{max(found):.1f})" if found else "–"


def _correlations(x: np.ndarray, y: np.ndarray) -> tuple[dict[str, float], str]:
    """Pearson and Spearman; or none, and the reason why there are none."""
    try:
        return {name: getattr(metrics, name)(x, y) for name in ("pearson", "spearman")}, ""
    except metrics.Undefined as undefined:
        return {}, undefined.reason
