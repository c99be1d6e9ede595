"""GLUE's nine tasks: what they ask, their sizes, and an example of each, written for this project.

Sizes and metrics: Wang et al. 2018, Table 1. The examples are ours and so are their labels, by each task's definition
(§3): none is taken from the data. English, because the tasks are.
"""

from dataclasses import dataclass

from models import metrics


@dataclass(frozen=True)
class Task:
    """A task as a card."""

    name: str  # in metrics.TASKS
    kind: str  # one of GLUE's three groups: "single", "similarity", "inference"
    train: int  # examples, rounded as in the table
    test: int
    parts: tuple[str, ...]  # what the texts of an example are called
    answers: tuple[str, ...]  # among which one chooses; STS-B's are three bands of the scale from 0 to 5
    texts: tuple[str, ...]  # the example
    label: str  # its answer
    here: str = "none"  # what was trained here: "judge" (kept: models.glue.SAVED), "measured" (not kept), "none"

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of its metrics, without repetition."""
        return tuple(dict.fromkeys(metrics.TASKS[self.name]))


SAME, FOLLOWS = ("equivalent", "not_equivalent"), ("entailment", "not_entailment")
PAIR, CLAIM = ("sentence_1", "sentence_2"), ("premise", "hypothesis")

#: In the order of the table.
TASKS: dict[str, Task] = {
    "cola": Task(
        "CoLA", "single", 8_500, 1_000, ("sentence",), ("acceptable", "unacceptable"),
        ("The boxes beside the old piano was full of letters.",), "unacceptable", "judge",
    ),
    "sst2": Task(
        "SST-2", "single", 67_000, 1_800, ("sentence",), ("positive", "negative"),
        ("The plot is thin, but the two leads are so good together that I never looked at my watch.",), "positive",
        "judge",
    ),
    "mrpc": Task(
        "MRPC", "similarity", 3_700, 1_700, PAIR, SAME,
        ("The city council voted on Monday to close the harbour road to cars from next spring.",
         "Cars will be banned from the harbour road as of next spring, the council decided on Monday."),
        "equivalent", "measured",
    ),
    "stsb": Task(
        "STS-B", "similarity", 7_000, 1_400, PAIR, ("low", "middle", "high"),
        ("Two children are feeding ducks beside a lake.", "Two kids are giving food to ducks at the side of a lake."),
        "high", "judge",
    ),
    "qqp": Task(
        "QQP", "similarity", 364_000, 391_000, ("question_1", "question_2"), ("duplicate", "not_duplicate"),
        ("How do I keep my houseplants alive while I am on holiday?", "How do I keep my houseplants from growing too "
         "tall?"), "not_duplicate",
    ),
    "mnli": Task(
        "MNLI", "inference", 393_000, 20_000, CLAIM, ("entailment", "neutral", "contradiction"),
        ("The museum stays open until nine on Thursdays, and admission is free after six.",
         "The museum has more visitors on Thursdays than on other days."), "neutral",
    ),
    "qnli": Task(
        "QNLI", "inference", 105_000, 5_400, ("question", "sentence"), FOLLOWS,
        ("In which year was the lighthouse on Gull Island built?",
         "The lighthouse on Gull Island, painted red and white, draws nine thousand visitors a year."),
        "not_entailment",
    ),
    "rte": Task(
        "RTE", "inference", 2_500, 3_000, CLAIM, FOLLOWS,
        ("After eleven years at the head of the firm, Marta Lind handed over to her deputy, Jon Aas, on Friday.",
         "Jon Aas now heads the firm."), "entailment", "measured",
    ),
    "wnli": Task(
        "WNLI", "inference", 634, 146, ("sentence", "hypothesis"), FOLLOWS,
        ("Anna lent Ruth an umbrella because she had left hers on the train.", "Anna had left hers on the train."),
        "not_entailment",
    ),
}  # fmt: skip
