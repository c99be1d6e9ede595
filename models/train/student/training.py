"""What the student learns from, its recipe and its curve.   Sanh et al. 2019, §3: the cosine of the hidden states.

The teacher reads every sentence, and the student is asked to point where the teacher points: with the state of every
token, and with their mean, which is what the teacher was trained to be read by. No labels, no masks. The sequences of
a batch have the same length, so that nothing is padded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity

from models import student
from models.bert import Bert
from models.train import loop
from models.train.mlm.training import Data, batches

STARTS = ("kept", "random")  # the student's layers begin as two of the teacher's, or with random weights


@dataclass(frozen=True)
class Recipe(loop.Recipe):
    """All that decides the result, beside the data and the number of processes."""

    steps: int = 1_100
    batch_tokens: int = 750  # per process
    peak: float = 5e-4
    warmup: int = 100
    every: int = 100
    start: str = "kept"  # one of STARTS
    least: int = 0  # characters: 0, every sentence for itself
    longest: int = 64  # tokens of a sequence, [CLS] and [SEP] included
    repeat: str = ""
    dev_share: float = 0.01
    test_share: float = 0.02


@dataclass(frozen=True)
class Point(loop.Point):
    """Losses are per sentence."""

    dev_cosine: float  # of the student's and the teacher's vector of a sentence, mean


class Network(nn.Module):
    """The student's layers, which alone are trained: the embedding is the teacher's, and no part of this module."""

    def __init__(self, base: Bert, recipe: Recipe):
        super().__init__()
        self._model = (student.build(base, student.KEPT if recipe.start == "kept" else None, seed=recipe.seed),)
        self.layers = self.model.encoder.layers.requires_grad_(True)

    @property
    def model(self) -> Bert:
        """The student as it is: a Bert."""
        return self._model[0]

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """ids (B, T) -> last states (B, T, C), their mean (B, C)."""
        return student.pooled(self.model, ids)


def distance(network: nn.Module, teacher: Bert, ids: Tensor) -> tuple[Tensor, Tensor]:
    """1 - cosine between student and teacher, each (B,): of the states, mean over the tokens; of their means."""
    with torch.no_grad():
        states, mean = student.pooled(teacher, ids)  # (B, T, C), (B, C)
    ours, our_mean = network(ids)  # (B, T, C), (B, C)
    apart = 1 - cosine_similarity(ours.float(), states.float(), dim=-1).mean(1)  # (B,)
    return apart, 1 - cosine_similarity(our_mean.float(), mean.float(), dim=-1)  # (B,), (B,)


class Trainer(loop.Trainer):
    """The student, learning to point where its teacher points."""

    def __init__(self, data: Data, recipe: Recipe, folder: Path, cpu: bool = True):
        self.data = data
        super().__init__(Network(data.base, recipe), recipe, folder, data.checksum, cpu)
        self.recipe: Recipe = recipe

    def batches(self, epoch: int) -> Iterable[list[int]]:
        """Numbers of the sequences to train on."""
        tokens = self.recipe.batch_tokens * self.accelerator.num_processes
        return batches([len(ids) for ids in self.data.rows], tokens, self.recipe.seed, epoch)

    def loss(self, batch: Sequence[int], rows: list[int]) -> tuple[Tensor, int]:
        """The two distances, summed over the sentences."""
        ids = torch.from_numpy(np.stack([self.data.rows[batch[i]] for i in rows]))  # (B, T)
        with self.accelerator.autocast():
            of_states, of_mean = distance(self.model, self.data.base, ids)
        return (of_states + of_mean).sum(), len(batch)

    def measure(self, train_loss: float, epoch: int) -> Point:
        """Loss and agreement on the dev sentences of all sources together."""
        rows = [ids for of in self.data.dev.values() for ids in of]
        with self.averaged() as network:
            states, mean = apart(network, self.data.base, rows)
        found = {"dev_loss": round(states + mean, 4), "dev_cosine": round(1 - mean, 4)}
        return Point(**self.so_far(train_loss, epoch), **found)


@torch.no_grad()
def apart(network: nn.Module, teacher: Bert, rows: Sequence[np.ndarray]) -> tuple[float, float]:
    """The two distances, mean over these sequences."""
    found = [
        torch.stack(distance(network, teacher, torch.from_numpy(np.stack([rows[i] for i in batch]))))  # (2, B)
        for batch in batches([len(ids) for ids in rows], 6_000, 0, 0)
    ]
    states, mean = torch.cat(found, dim=1).mean(1).tolist()  # (2, N) -> (2,)
    return states, mean
