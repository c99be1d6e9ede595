"""Sentiment learned from a few sentences: frozen, with LoRA, from random weights.   Devlin et al. 2019, §3.2, A.3."""

import copy
from collections.abc import Iterator
from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import bert, glue, lora
from models.bert_adapters import ADAPTED, forget, shared
from models.records import Unusable
from models.records import glue as records
from models.seeded import seeded
from pages.b5_pretrain_finetune.reviews import MINE, TEST, TRAIN
from study import local_bert
from study.controls import Choice, Refusal, Seed, Text, Texts
from study.demo import Evidence, Measured, Origin, Progress, Step
from study.views import Lines, Say, Series, Table, room

STEPS, EVERY, LIMIT = 30, 2, 48  # updates, of all sentences together; tokens of a sentence
X_RANGE, MOST = (-0.5, STEPS + 0.5), 2.5  # of the curves, so that they stay while it learns; MOST: nats
RATES = {"frozen": 0.01, "lora": 0.001, "random": 0.00015}  # usual learning rates of each start
FACTORS = {"small": 1 / 30, "usual": 1.0, "large": 30.0}
SIZES = (100, 1_000, 10_000)  # examples of SST-2
PRESETS = {
    "lora": {"step": "run"},
    "frozen": {"start": "frozen", "step": "run"},
    "random": {"start": "random", "step": "run"},
    "too_large": {"rate": "large", "step": "run"},
    "curves": {"step": "curves"},
}


def fine_tune(
    progress: Progress,
    start: Annotated[str, Choice("frozen", "lora", "random")] = "lora",
    rate: Annotated[str, Choice(*FACTORS)] = "usual",
    lines: Annotated[str, Texts(2000, most=30)] = TRAIN,
    mine: Annotated[str, Text(200)] = MINE,
    seed: Seed = 0,
) -> Iterator[Evidence]:
    """30 updates on the reader's sentences, measured on 24 others; beside it what was learnt from SST-2."""
    train, test = encoded(labelled(lines)), encoded(TEST)
    own = encoded([(mine, 1)])
    model, trained = begin(start, seed)
    optimizer = torch.optim.AdamW(trained, RATES[start] * FACTORS[rate], weight_decay=0.01)
    points = []
    for step in range(STEPS + 1):
        if step % EVERY == 0:
            points.append((step, *measure(model, *train), *measure(model, *test)))
            progress.report(step / STEPS)
            yield _so_far(points, probability(model, own[0]), sum(p.numel() for p in trained))
        update(model, optimizer, *train)


def labelled(lines: str) -> list[tuple[str, int]]:
    """Lines that begin with + or - as sentences with labels. Raises Refusal("no_sign"), Refusal("one_class")."""
    found = []
    for line in Texts.lines(lines):
        sign, text = line[0].replace("−", "-").replace("＋", "+").replace("－", "-"), line[1:].strip()
        if sign not in "+-" or not text:
            raise Refusal("no_sign", line=line[:40])
        found.append((text, int(sign == "+")))
    if len({label for _, label in found}) < 2:
        raise Refusal("one_class")
    return found


Batch = tuple[Tensor, Tensor, Tensor]  # ids, segments, mask: (B, T) each


def encoded(examples: list[tuple[str, int]]) -> tuple[Batch, Tensor]:
    """Texts as the model reads them, and their labels (B,). Raises Refusal for one that is empty or too long."""
    for text, _ in examples:
        local_bert.fits(text, LIMIT)
    rows = [bert.load().encode(text) for text, _ in examples]
    return glue.pad([(e.ids, e.segments) for e in rows]), torch.tensor([label for _, label in examples])


def begin(start: str, seed: int) -> tuple[glue.Classifier, list[nn.Parameter]]:
    """A model of its own with a new head, and what of it is trained. The local BERT's weights are never changed."""
    base = bert.load().encoder
    with seeded(seed):
        encoder = copy.deepcopy(base) if start == "random" else shared(base)
        if start == "random":
            forget(encoder)
        model = glue.Classifier(encoder, outputs=2)
    if start == "random":
        return model, list(model.requires_grad_(True).parameters())
    added = lora.attach(encoder, ADAPTED, rank=8, alpha=16, seed=seed) if start == "lora" else []
    return model, [*added, *model.head.parameters()]


def update(model: glue.Classifier, optimizer: torch.optim.Optimizer, batch: Batch, labels: Tensor) -> None:
    """One step down the cross-entropy of all examples."""
    optimizer.zero_grad()
    loss = F.cross_entropy(model(*batch), labels)
    loss.backward()
    optimizer.step()


@torch.no_grad()
def measure(model: glue.Classifier, batch: Batch, labels: Tensor) -> tuple[float, float]:
    """Cross-entropy in nats, and the share that is judged rightly."""
    logits = model(*batch)  # (B, 2)
    right = (logits.argmax(-1) == labels).float().mean()
    return float(F.cross_entropy(logits, labels)), float(right)


@torch.no_grad()
def probability(model: glue.Classifier, batch: Batch) -> float:
    """That the first text is positive."""
    return float(model(*batch).softmax(-1)[0, 1])


def _so_far(points: list[tuple[int, float, float, float, float]], mine: float, trained: int) -> Evidence:
    steps, train_loss, train_right, test_loss, test_right = zip(*points, strict=True)
    right = [Series("train", steps, train_right), Series("test", steps, test_right)]
    losses = [Series("train", steps, train_loss), Series("test", steps, test_loss)]
    return Evidence(
        Step(
            "run",
            Lines(right, x="step", y="right", title="accuracy", x_range=X_RANGE, y_range=(0, 1.03)),
            Lines(losses, x="step", y="nats", title="loss", x_range=X_RANGE, y_range=room(MOST, train_loss, test_loss)),
        ),
        Step("curves", *_curves()),
        measured=[
            Measured("test_right", test_right[-1], unit="share", step="run"),
            Measured("mine", mine, unit="share", step="run"),
            Measured("trained", trained, decimals=0, step="run"),
            Measured("train_right", train_right[-1], unit="share", step="run"),
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/glue/CARD.md",
    )


def _curves() -> tuple[Lines, Table]:
    """What was learnt from SST-2's examples, over seeds. Raises Refusal("no_results")."""
    try:
        results = records.load()
    except Unusable as error:
        raise Refusal("no_results") from error
    found = {
        stage: [
            [r.dev["accuracy"] for r in results.runs if (r.task, r.stage, r.examples) == ("sst2", stage, n)]
            for n in SIZES
        ]
        for stage in ("pretrained", "random")
    }
    series = [Series.over_seeds(stage, SIZES, by_size) for stage, by_size in found.items()]
    rows = [[Say(stage), *(f"{100 * sum(a) / len(a):.1f}" for a in by)] for stage, by in found.items()]
    columns = ["start", *(Say("n_examples", n=n) for n in SIZES)]
    return Lines(series, x="examples", y="right", title="sst2", log_x=True, y_range=(0.4, 1)), Table(columns, rows)
