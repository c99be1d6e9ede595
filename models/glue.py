"""Judges for SST-2, CoLA and STS-B: the local BERT, fine-tuned here; and GLUE's metrics.   Devlin et al. 2019, §4.1.

    g = glue.load("sst2")
    g.predict("a gripping story").label                                  # "positive"; .probability
    glue.load("stsb").predict("A man eats.", "Someone is eating.").score # 0 to 5
    glue.metrics.matthews(predicted, actual)                             # models/metrics.py, all of it

As in the paper, a text or a pair of texts is one sequence (pairs told apart by their segments), and a single linear
layer reads one vector of it. That vector is not the paper's final state of [CLS], but the mean over all tokens: so this
encoder was trained to represent a text. The local BERT itself stays as it is: what training changed are LoRA adapters
beside its weights (models/lora.py). How, on what, and how good it is says checkpoints/glue/CARD.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import bert, checkpoint, lora, metrics
from models.bert_adapters import ADAPTED, fingerprint, put, shared, taken
from models.metrics import (  # noqa: F401 (metrics were here first: `glue.f1` stays what it was)
    PAPER_COLUMNS,
    TASKS,
    Confusion,
    Undefined,
    accuracy,
    confusion,
    f1,
    glue_score,
    matthews,
    paper_mean,
    pearson,
    ranks,
    spearman,
)
from models.records import Unusable
from models.seeded import seeded

PATH = Path(__file__).parent / "checkpoints" / "glue"
SAVED = ("sst2", "cola", "stsb")  # the tasks whose adapters lie in PATH
TOP = 5.0  # STS-B's largest score


@dataclass(frozen=True)
class Task:
    """A task as it is posed here."""

    name: str  # in metrics.TASKS
    labels: tuple[str, ...] = ()  # of the classes 0 and 1; empty where the answer is a number from 0 to TOP
    pair: bool = True

    @property
    def outputs(self) -> int:
        """How many numbers the linear layer gives: one per class, or one."""
        return len(self.labels) or 1

    @property
    def metrics(self) -> tuple[str, ...]:
        """GLUE's metrics for it, by their names in models.metrics."""
        return metrics.TASKS[self.name]


#: The tasks that were tried here, of the nine.
POSED = {
    "sst2": Task("SST-2", ("negative", "positive"), pair=False),
    "cola": Task("CoLA", ("unacceptable", "acceptable"), pair=False),
    "rte": Task("RTE", ("not entailment", "entailment")),
    "mrpc": Task("MRPC", ("not equivalent", "equivalent")),
    "stsb": Task("STS-B"),
}


@dataclass(frozen=True)
class Class:
    """A judgement on a task with classes."""

    label: str
    probability: float  # of this label
    probabilities: dict[str, float]  # of all labels


@dataclass(frozen=True)
class Similarity:
    """A judgement on STS-B."""

    score: float  # 0: other topics, to 5: the same meaning


class Classifier(nn.Module):
    """An encoder, the mean over its tokens, and one linear layer: the head."""

    def __init__(self, encoder: bert.Encoder, outputs: int, dropout: float = 0.0):
        super().__init__()
        self.encoder, self.dropout = encoder, dropout
        self.head = nn.Linear(encoder.embedding.token.embedding_dim, outputs)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
        """The arguments of pooled -> what the head says, (B, outputs): see decide."""
        x = pooled(self.encoder, ids, segments, mask)  # (B, C)
        return self.head(F.dropout(x, self.dropout, self.training))  # (B, outputs)


def pooled(encoder: bert.Encoder, ids: Tensor, segments: Tensor, mask: Tensor) -> Tensor:
    """The mean of the last layer's states over a text's tokens, [CLS] and [SEP] included: (B, C).

    ids and segments (B, T), filled up where mask (B, T) is False: nothing attends to padding.
    """
    x, _ = encoder.embedding(ids, segments)  # (B, T, C)
    hidden, _ = encoder.through(x, mask[:, None, None, :], fused=True)
    return averaged(hidden[-1], mask)  # (B, C)


def averaged(x: Tensor, mask: Tensor) -> Tensor:
    """The mean of x (B, T, C) over the tokens of each text, those where mask (B, T) is True: (B, C)."""
    weight = mask.to(x.dtype).unsqueeze(-1)  # (B, T, 1)
    return (x * weight).sum(1) / weight.sum(1)


def decide(task: Task, outputs: Tensor) -> Tensor:
    """outputs (B, n) -> probabilities of the classes (B, n), or for a number its value from 0 to TOP (B, 1)."""
    return outputs.softmax(-1) if task.labels else TOP * outputs.sigmoid()


def pad(rows: Sequence[tuple[Sequence[int], Sequence[int]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids and segments of texts -> ids, segments (B, T), filled up with 0, and the mask (B, T): True = a token."""
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids, _ in rows])  # (B, T)
    segments = torch.tensor([[*s, *[0] * (longest - len(s))] for _, s in rows])  # (B, T)
    mask = torch.arange(longest) < torch.tensor([[len(ids)] for ids, _ in rows])  # (B, T)
    return ids, segments, mask


class Judge:
    """A task's head and adapters on the local BERT. Safe to share between threads: nothing changes after loading."""

    def __init__(self, task: Task, model: Classifier, reader: bert.Bert):
        self.task, self.model, self.bert = task, model.eval().requires_grad_(False), reader

    @torch.no_grad()
    def predict(self, text: str, pair: str | None = None) -> Class | Similarity:
        """The judgement on a text, or on a pair for a task that compares two.

        Raises ValueError for a text of which BERT reads nothing, a missing or a superfluous pair, and bert.TooLong.
        """
        if self.task.pair != (pair is not None):
            raise ValueError(f"{self.task.name} is about {'two texts' if self.task.pair else 'one text'}")
        e = self.bert.encode(text, pair)
        if e.blank or (pair is not None and 1 not in e.segments):
            raise ValueError("there is nothing to judge in an empty text")
        found = decide(self.task, self.model(*pad([(e.ids, e.segments)])))[0].tolist()
        if not self.task.labels:
            return Similarity(found[0])
        best = max(range(len(found)), key=found.__getitem__)
        return Class(self.task.labels[best], found[best], dict(zip(self.task.labels, found, strict=True)))


def load(task: str, path: Path = PATH) -> Judge:
    """The judge of one of SAVED, from the folder of this name under path, read once per process.

    Raises ValueError for another task, records.Unusable for files that are missing, damaged, or made for another
    encoder, the local BERT's own among them.
    """
    if task not in SAVED:
        raise ValueError(f"there is a judge for {', '.join(SAVED)}; not for {task!r}")
    return _load(path / task, task, bert.load())


@checkpoint.once
def _load(folder: Path, task: str, reader: bert.Bert) -> Judge:
    found = checkpoint.read(folder, kind=f"glue {task}")
    if found.config["base"] != fingerprint(reader.encoder):
        raise Unusable("checkpoint_foreign", folder, f"{folder} was made for another encoder")
    with seeded(0):  # the head's first weights are random, then replaced
        model = Classifier(shared(reader.encoder), POSED[task].outputs)
    lora.attach(model.encoder, ADAPTED, found.config["rank"], found.config["alpha"])
    put(model.encoder, model.head, found.tensors)
    return Judge(POSED[task], model, reader)


def save(folder: Path, task: str, model: Classifier, rank: int, alpha: float) -> None:
    """A trained head and its adapters, in half precision, as load expects them."""
    config = {"rank": rank, "alpha": alpha, "base": fingerprint(model.encoder)}
    checkpoint.write(folder, f"glue {task}", taken(model.encoder, model.head), config)
