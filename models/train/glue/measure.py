"""What is minimised and what is measured on GLUE's tasks, and what blind answers reach.   Wang et al. 2018, Table 1."""

from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from tqdm import tqdm

from models import glue, metrics
from models.train import pairs
from models.train.glue.data import Data

Row = tuple[list[int], list[int]]  # ids and segments of a text


def summed_loss(task: glue.Task, outputs: Tensor, answers: Tensor) -> Tensor:
    """Summed cross-entropy in nats: outputs (B, n), answers (B,).

    A score is taken for a probability, as a share of TOP, so that the answers of the model stay on the scale.
    """
    outputs = outputs.float()
    if task.labels:
        return cross_entropy(outputs, answers.long(), reduction="sum")
    return binary_cross_entropy_with_logits(outputs[:, 0], answers.float() / glue.TOP, reduction="sum")


def answers_of(task: glue.Task, outputs: Tensor) -> list[float]:
    """outputs (N, n) -> the class or the score of each: what the metrics compare."""
    decided = glue.decide(task, outputs.float())  # (N, n)
    return (decided.argmax(-1) if task.labels else decided[:, 0]).tolist()


def scores(task: glue.Task, predicted: Sequence[float], actual: Sequence[float]) -> dict[str, float | None]:
    """The task's metrics, to four places; None for a correlation that does not exist."""
    found = {}
    for name in task.metrics:
        try:
            found[name] = round(getattr(metrics, name)(predicted, actual), 4)
        except metrics.Undefined:
            found[name] = None
    return found


def cells(task: glue.Task, predicted: Sequence[float], actual: Sequence[float]) -> dict[str, int] | None:
    """The four cells of the confusion; None for a task without classes."""
    return vars(metrics.confusion(predicted, actual)) if task.labels else None


def majority(task: glue.Task, data: Data) -> dict:
    """The most frequent class of the training set, and what answering it always reaches on the dev set."""
    answer = max(Counter(e.answer for e in data.train).items(), key=lambda item: (item[1], -item[0]))[0]
    actual = [e.answer for e in data.dev]
    return {"answer": int(answer), "dev": scores(task, [answer] * len(actual), actual)}


def batches(rows: Sequence[Row], tokens: int, seed: int = 0, epoch: int = 0) -> list[list[int]]:
    """Numbers of rows of similar length, at most so many padded tokens together: as the translator's, of one side."""
    return list(pairs.batches([(ids, []) for ids, _ in rows], tokens, seed, epoch))


@torch.no_grad()
def apply(model: Callable, rows: Sequence[Row], tokens: int = 4096, show: bool = False) -> Tensor:
    """model(ids, segments, mask) of all rows, in their order: (N, n)."""
    out: list[Tensor | None] = [None] * len(rows)
    for numbers in tqdm(batches(rows, tokens), disable=not show, mininterval=5, unit="batch"):
        for i, result in zip(numbers, model(*glue.pad([rows[i] for i in numbers])), strict=True):
            out[i] = result
    return torch.stack(out).float()
