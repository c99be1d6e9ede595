"""A right translation in other words, scored below a wrong one in the reference's words."""

from typing import Annotated

from models import bleu
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.inputs import N
from pages.t9_bleu.marked_tokens import marked
from pages.t9_bleu.scores import bleu_and_chrf
from study.controls import Choice
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Say, Table

#: Chinese, reference, a right translation in other words, a wrong one in the reference's words, tokenizer.
CASES = {
    "wording": (
        "他昨晚去世了。", "He passed away last night.", "He died yesterday evening.",
        "He passed out last night.", "13a",
    ),
    "negation": (
        "你千万不能碰那个红色按钮。", "You must not touch the red button.", "Never touch the red button.",
        "You must touch the red button.", "13a",
    ),
    "roles": (
        "警察昨天抓住了小偷。", "The police caught the thief yesterday.",
        "Yesterday the thief was arrested by the police.", "The thief caught the police yesterday.", "13a",
    ),
    "number": (
        "火车明天早上七点一刻开。", "The train leaves at 7:15 tomorrow morning.",
        "The train departs tomorrow at a quarter past seven in the morning.",
        "The train leaves at 7:50 tomorrow morning.", "13a",
    ),
    "kinship": (
        "我妹妹在上海的一家医院工作。", "My sister works in a hospital in Shanghai.",
        "My sister has a job at a Shanghai hospital.", "My brother works in a hospital in Shanghai.", "13a",
    ),
    "spelling": (
        "她组织了一次社区会议。", "She organised a neighbourhood meeting.", "She organized a neighborhood meeting.",
        "She cancelled a neighbourhood meeting.", "13a",
    ),
    "chinese": (
        "I don't agree with him.", "我不同意他的看法。", "我对他的观点持有异议。", "我同意他的看法。", "zh",
    ),
}  # fmt: skip

PRESETS = {
    "a_brother": {"case": "kinship"},
    "no_not": {"case": "negation"},
    "letters": {"case": "spelling"},
}


def where_it_fails(case: Annotated[str, Choice(*CASES)] = "kinship", n: N = 1) -> Evidence:
    """One case closely, and the scores of all of them."""
    source, ref, right, wrong, tokenize = CASES[case]
    results = [bleu.sentence_bleu(hyp, [ref], tokenize) for hyp in (right, wrong)]
    theirs = [by_sacrebleu.sentence(hyp, ref, tokenize) for hyp in (right, wrong)]
    references = [bleu.split(ref, tokenize)]
    return Evidence(
        Step(
            "case",
            _two_scores(case, Say("reference_of", source=source, reference=ref)),
            marked(results[0], references, n, "right"),
            marked(results[1], references, n, "wrong"),
        ),
        Step("all", _all_cases()),
        claims=[
            Claim("wrong_above_right", measured=results[1].score, expected=results[0].score, op="≥"),
            same("same_scores", [result.score for result in results], theirs, abs=1e-9),
        ],
        measured=[
            Measured("bleu_right", results[0].score, step="case"),
            Measured("bleu_wrong", results[1].score, step="case"),
            Measured("bleu_misranks", _misranks(0), step="all"),
            Measured("chrf_misranks", _misranks(1), step="all"),
            Measured("cases", len(CASES), step="all"),
        ],
        origin=Origin.CALCULATED,
        source=by_sacrebleu.signature(tokenize),
    )


def _scores(case: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """BLEU and chrF of a case's right translation, then of its wrong one."""
    _, ref, right, wrong, tokenize = CASES[case]
    return bleu_and_chrf(right, ref, tokenize), bleu_and_chrf(wrong, ref, tokenize)


def _two_scores(case: str, title: Say) -> Bars:
    right, wrong = _scores(case)
    return Bars(
        {"right": right, "wrong": wrong},
        ["BLEU", "chrF"],
        y="score",
        title=title,
        roles={"right": "right", "wrong": "wrong"},
        y_range=(0, 100),
    )


def _misranks(metric: int) -> int:
    """In how many cases a metric (0 BLEU, 1 chrF) puts the wrong translation no lower than the right one."""
    scores = [_scores(case) for case in CASES]
    return sum(wrong[metric] >= right[metric] for right, wrong in scores)


def _all_cases() -> Table:
    rows = []
    for case in CASES:
        right, wrong = _scores(case)
        rows.append([Say(case), right[0], wrong[0], right[1], wrong[1]])
    return Table(["case", "bleu_right", "bleu_wrong", "chrf_right", "chrf_wrong"], rows, "all_cases")
