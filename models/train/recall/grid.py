"""The grid of runs on the recall task: what is trained, recorded and not repeated.   Vaswani et al. 2017, §4.

For every kind and length the learning rate is the best of one grid, chosen on a seed that is used for nothing else.
"""

import time
from dataclasses import replace
from pathlib import Path

from models import recall
from models.records.recall import KINDS, Results, Run, results, save
from models.train import grid
from models.train.grid import Training
from models.train.recall.card import card


def run(kind: str, n: int, lr: float, seed: int, role: str, common: Results) -> Run:
    """Train once and record it, rounded to what is worth keeping."""
    began = time.perf_counter()
    points = list(recall.train(kind, n, seed, common.steps, lr, common.task, common.at_steps[1]))
    loss, accuracy = (
        tuple(round(x, 4) for x in xs) for xs in zip(*((p.loss, p.accuracy) for p in points), strict=True)
    )
    return Run(kind, n, lr, seed, role, loss, accuracy, seconds=round(time.perf_counter() - began, 1))


def _add(plan: Results, kind: str, n: int, lr: float, seed: int, role: str) -> Results:
    return replace(plan, runs=(*plan.runs, run(kind, n, lr, seed, role, plan)))


TRAINING = Training(KINDS, results, save, card, _add)


def experiment(path: Path, plan: Results, lengths: list[int], seeds: list[int]) -> Results:
    """Do the runs of the plan that the file does not hold yet; see models.train.grid."""
    return grid.experiment(TRAINING, path, plan, lengths, seeds)
