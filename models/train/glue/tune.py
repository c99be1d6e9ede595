"""Fine-tuning the local BERT on one of GLUE's tasks: what is trained, and one run.   Devlin et al. 2019, §4.1.

lora         adapters in every linear layer, and the head: the encoder's own weights stay
pretrained   every weight, from the encoder as it is: as in the paper
random       every weight, from random ones, drawn as BERT's first weights were: N(0, 0.02²)
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from models import bert, glue, lora
from models.bert_adapters import ADAPTED, forget
from models.train import loop
from models.train.glue.measure import Row, answers_of, apply, batches, cells, scores, summed_loss

STARTS = ("lora", "pretrained", "random")


@dataclass(frozen=True)
class Settings:
    """Of one run."""

    start: str  # one of STARTS
    epochs: int
    batch_tokens: int  # padded
    peak: float  # learning rate after the warm-up
    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.1  # of the vector that the head reads
    warmup: float = 0.1  # share of the steps; after it, a line down to 0
    points: int = 4  # of the curve
    precision: str = "bf16"  # or "no" (float32)


@dataclass(frozen=True)
class Rows:
    """Encoded texts and their right answers (N,)."""

    rows: Sequence[Row]
    answers: Tensor

    def __getitem__(self, numbers: Sequence[int]) -> "Rows":
        return Rows([self.rows[i] for i in numbers], self.answers[torch.as_tensor(numbers)])


@dataclass(frozen=True)
class Point:
    """In the middle of a run."""

    step: int
    train_loss: float  # nats per example since the last point, with dropout
    dev: dict[str, float | None]


def start(task: glue.Task, encoder: bert.Encoder, settings: Settings, seed: int) -> glue.Classifier:
    """A copy of the encoder with a new head, what is to be trained requiring gradients."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = glue.Classifier(copy.deepcopy(encoder), task.outputs, settings.dropout)
        if settings.start == "random":
            forget(model.encoder)
    model.requires_grad_(True)
    if settings.start == "lora":
        lora.attach(model.encoder, ADAPTED, settings.rank, settings.alpha, seed)
    return model


class FineTune(loop.Trainer):
    """One run. It takes minutes at most: nothing of it is kept before it is done."""

    def __init__(self, task: glue.Task, model: glue.Classifier, train: Rows, dev: Rows, settings: Settings, seed: int):
        self.task, self.examples, self.dev = task, train, dev
        steps = settings.epochs * len(batches(train.rows, settings.batch_tokens, seed))
        recipe = loop.Recipe(
            steps=steps,
            batch_tokens=settings.batch_tokens,
            peak=settings.peak,
            floor=0.0,
            decay="linear",
            warmup=max(1, round(settings.warmup * steps)),
            average=0.0,
            precision=settings.precision,
            seed=seed,
            every=math.ceil(steps / settings.points),
        )
        super().__init__(model, recipe, Path(), data="")

    def batches(self, epoch: int) -> list[list[int]]:
        """Of texts of similar length."""
        return batches(self.examples.rows, self.recipe.batch_tokens, self.recipe.seed, epoch)

    def loss(self, batch: Sequence[int], rows: list[int]) -> tuple[Tensor, int]:
        """Cross-entropy of the chosen examples."""
        chosen = self.examples[[batch[r] for r in rows]]
        with sdpa_kernel(SDPBackend.MATH):  # on short texts the fused kernel's way back is slower here: by half
            outputs = self.model(*glue.pad(chosen.rows))  # (B, n)
        return summed_loss(self.task, outputs, chosen.answers), len(batch)

    def measure(self, train_loss: float, epoch: int) -> Point:
        """The scores of the weights as they are: nothing is averaged."""
        return Point(self.progress.step, round(train_loss, 4), measured(self.task, self.bare.eval(), self.dev)["dev"])

    def save(self) -> None:
        """Not in between."""

    def finished(self) -> glue.Classifier:
        """The model with the trained weights rounded to half precision, as they are saved, computing in float32."""
        with torch.no_grad():
            for p in self.learnt.values():
                p.copy_(p.half())
        return self.accelerator.unwrap_model(self.model, keep_fp32_wrapper=False).eval()


def measured(task: glue.Task, model: nn.Module, dev: Rows) -> dict:
    """ "dev": the scores; "cells": of the confusion, for a task with classes."""
    predicted, actual = answers_of(task, apply(model, dev.rows)), dev.answers.tolist()
    return {"dev": scores(task, predicted, actual), "cells": cells(task, predicted, actual)}


def fine_tune(
    task: glue.Task, encoder: bert.Encoder, train: Rows, dev: Rows, settings: Settings, seed: int, show: bool = False
) -> tuple[glue.Classifier, dict]:
    """Train to the last step; nothing is chosen on dev. Returns the model, and what is recorded of the run.

    encoder is copied, not changed. Raises ValueError for a start that is none of STARTS.
    """
    if settings.start not in STARTS:
        raise ValueError(f"start must be one of {', '.join(STARTS)}, not {settings.start!r}")
    trainer = FineTune(task, start(task, encoder, settings, seed), train, dev, settings, seed)
    loop.train(trainer, show)
    model = trainer.finished()
    told = {
        "peak": settings.peak,
        "epochs": settings.epochs,
        "steps": trainer.progress.step,
        "minutes": round(trainer.progress.minutes, 3),
        "curve": trainer.progress.curve,
    }
    return model, measured(task, model, dev) | told


def order(size: int, seed: int) -> list[int]:
    """The examples in the order in which this seed takes them: fewer are always the first of more."""
    return torch.randperm(size, generator=torch.Generator().manual_seed(seed)).tolist()
