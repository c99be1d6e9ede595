"""GLUE's nine tasks as cards, each with an example to answer, three of them judged here.   Wang et al. 2018, §3."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from models.records import Unusable
from pages.b6_glue.inputs import CARD
from pages.b6_glue.tasks import TASKS
from study import local_bert
from study.controls import Choice, Refusal, Text, When
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Say, Table

FILM = TASKS["sst2"].texts[0]
DUCKS = TASKS["stsb"].texts[0]
PRESETS = {
    "so_bad": {"task": "sst2", "sst2_text": FILM.replace("so good", "so bad"), "step": "example"},
    "asleep": {"task": "sst2", "sst2_text": "This is the best film to fall asleep to.", "step": "example"},
    "green_ideas": {"task": "cola", "cola_text": "Green ideas eat the piano.", "step": "example"},
    "not_feeding": {
        "task": "stsb",
        "stsb_text": DUCKS,
        "stsb_pair": DUCKS.replace(" are ", " are not "),
        "step": "example",
    },
    "dog_and_man": {
        "task": "stsb",
        "stsb_text": "A dog bites a man.",
        "stsb_pair": "A man bites a dog.",
        "step": "example",
    },
}


def nine_tasks(
    task: Annotated[str, Choice(*TASKS)] = "sst2",
    cola: Annotated[str, Choice("open", *TASKS["cola"].answers), When(task="cola")] = "open",
    sst2: Annotated[str, Choice("open", *TASKS["sst2"].answers), When(task="sst2")] = "open",
    mrpc: Annotated[str, Choice("open", *TASKS["mrpc"].answers), When(task="mrpc")] = "open",
    stsb: Annotated[str, Choice("open", *TASKS["stsb"].answers), When(task="stsb")] = "open",
    qqp: Annotated[str, Choice("open", *TASKS["qqp"].answers), When(task="qqp")] = "open",
    mnli: Annotated[str, Choice("open", *TASKS["mnli"].answers), When(task="mnli")] = "open",
    qnli: Annotated[str, Choice("open", *TASKS["qnli"].answers), When(task="qnli")] = "open",
    rte: Annotated[str, Choice("open", *TASKS["rte"].answers), When(task="rte")] = "open",
    wnli: Annotated[str, Choice("open", *TASKS["wnli"].answers), When(task="wnli")] = "open",
    cola_text: Annotated[str, Text(200), When(task="cola")] = TASKS["cola"].texts[0],
    sst2_text: Annotated[str, Text(200), When(task="sst2")] = FILM,
    stsb_text: Annotated[str, Text(200), When(task="stsb")] = DUCKS,
    stsb_pair: Annotated[str, Text(200), When(task="stsb")] = TASKS["stsb"].texts[1],
) -> Evidence:
    """A task as a card. The label of its example, and what our judge says, wait for the reader's answer.

    Each task has a control of its own for the answer, so that an answer stays when the reader turns to another card.
    """
    typed = {"cola": (cola_text,), "sst2": (sst2_text,), "stsb": (stsb_text, stsb_pair)}
    answers = {
        "cola": cola,
        "sst2": sst2,
        "mrpc": mrpc,
        "stsb": stsb,
        "qqp": qqp,
        "mnli": mnli,
        "qnli": qnli,
        "rte": rte,
        "wnli": wnli,
    }
    return _card(task, typed.get(task, TASKS[task].texts), answers[task])


def _card(task: str, texts: Sequence[str], answer: str) -> Evidence:
    about = TASKS[task]
    typed = texts != about.texts  # by the reader: such a text has no label
    revealed = typed or answer != "open"
    verdict = _verdict(task, texts) if revealed and about.here == "judge" else None
    parts = [[Say(part), text] for part, text in zip(about.parts, texts, strict=True)]
    example = [Table(["part", "text"], [[Say("asked"), Say(f"out_{task}")], *parts], "typed" if typed else "example")]
    if revealed:
        example.append(_answers(task, answer, "no_label" if typed else about.label, verdict))
    steps = Step("example", *example), Step("task", _facts(task))
    if verdict:
        return Evidence(
            *steps,
            claims=verdict.claims,
            measured=verdict.measured,
            origin=Origin.TRAINED_HERE,
            source=CARD,
            notices=verdict.notices,
        )
    missing = [Say("no_judge")] if revealed and about.here == "judge" else []
    waiting = [] if revealed else [Say("answer_first")]
    return Evidence(*steps, origin=Origin.PAPER, source="Wang et al. 2018, Table 1", notices=missing + waiting)


@dataclass(frozen=True)
class _Verdict:
    """What our judge says, how sure it is, and what is to be told of it."""

    says: Say
    probability: str  # empty for a score, which has none
    claims: list[Claim]
    measured: list[Measured]
    notices: list[Say]


def _verdict(task: str, texts: Sequence[str]) -> _Verdict | None:
    """Our judge on these texts; None where its checkpoint cannot be used.

    Raises Refusal("nothing_left") where BERT's clean-up leaves nothing of a text.
    """
    from models import glue  # here, because torch takes a second and most cards need none

    try:
        judge = glue.load(task, glue.PATH)
    except Unusable:
        return None
    if any(judge.bert.encode(text).blank for text in texts):
        raise Refusal("nothing_left")
    result = judge.predict(*texts)
    unread = local_bert.unknown(judge.bert.encode(*texts).tokens)
    if task == "stsb":
        swapped = judge.predict(*reversed(texts)).score
        on_the_scale = [
            Claim("on_the_scale", measured=max(result.score, swapped), expected=glue.TOP, op="≤"),
            Claim("not_negative", measured=min(result.score, swapped), expected=0, op="≥"),
        ]
        scores = [Measured("score", result.score), Measured("swapped", swapped)]
        return _Verdict(Say("points", score=f"{result.score:.2f}"), "", on_the_scale, scores, unread)
    whole = Claim("sum_to_one", measured=sum(result.probabilities.values()), expected=1, abs=1e-6)
    each = [Measured(label, p) for label, p in result.probabilities.items()]
    return _Verdict(Say(result.label), f"{result.probability:.3f}", [whole], each, unread)


def _facts(task: str) -> Table:
    """What the task is: a card."""
    about = TASKS[task]
    facts = {
        "goes_in": Say(f"in_{task}"),
        "comes_out": Say(f"out_{task}"),
        "from": Say(f"from_{task}"),
        "sizes": Say("of_each", train=about.train, test=about.test),
        "metric": Say("_and_".join(about.metrics)),
    }
    rows = [[Say(name), fact] for name, fact in facts.items()]
    return Table(["about", "this_task"], rows, Say("card", task=about.name))


def _answers(task: str, answer: str, label: str, verdict: _Verdict | None) -> Table:
    """The reader's answer, the label, and what our judge says or why it says nothing."""
    judged = [verdict.says, verdict.probability] if verdict else [Say(f"here_{TASKS[task].here}"), ""]
    rows = [
        [Say("you"), Say("not_yet" if answer == "open" else answer), ""],
        [Say("label"), Say(label), ""],
        [Say("model"), *judged],
    ]
    return Table(["who", "answer", "how_sure"], rows, "answers")
