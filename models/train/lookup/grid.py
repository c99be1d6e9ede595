"""The grid of runs on the look-up task: what is trained, recorded and not repeated.   Vaswani et al. 2017, §3.2.1.

For every kind and d_k the learning rate is the best of one grid, chosen on a seed that is used for nothing else.
"""

import time
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from torch.nn.functional import cross_entropy

from models import attention
from models.lookup import batch, initial, look_up, train, updates
from models.records.lookup import KINDS, Results, Run, Task, results, save
from models.train import grid
from models.train.grid import Training
from models.train.lookup.card import card


@dataclass(frozen=True)
class Start:
    """What the first training batch sees before any update; the fields are those of records.lookup.Run."""

    entropy: float
    score_gradient: float
    gradient: float


def start(kind: str, d_k: int, seed: int, task: Task) -> Start:
    """Mean entropy of the attention weights, and how much of the loss reaches a query's scores and W_q."""
    w = initial(kind, d_k, seed, task)
    *given, target = batch(task, task.batch, torch.Generator().manual_seed(seed))
    logits, weights = look_up(kind, w, *given)  # (B, classes), (B, 1, pairs)
    weights.retain_grad()
    cross_entropy(logits, target).backward()
    g = weights.grad * task.batch  # (B, 1, pairs), of each query's own loss
    d_scores = weights * (g - (weights * g).sum(-1, keepdim=True))  # (B, 1, pairs)
    return Start(
        attention.entropy(weights).mean().item(),
        d_scores.norm(dim=-1).quantile(0.5).item(),
        w["w_q"].grad.norm().item(),
    )


def ms_per_step(kind: str, d_k: int, task: Task, steps: int = 20) -> float:
    """The median time of one update in milliseconds, on this machine and now."""
    clock = [time.perf_counter() for _ in updates(kind, initial(kind, d_k, 0, task), 0, steps + 1, 1e-3, task)]
    return 1000 * median(b - a for a, b in pairwise(clock))


def run(kind: str, d_k: int, lr: float, seed: int, role: str, common: Results) -> Run:
    """Train once and record it, rounded to what is worth keeping."""
    task, every = common.task, common.at_steps[1]
    points = list(train(kind, d_k, seed, common.steps, lr, task, every))
    loss, accuracy = (
        tuple(round(x, 4) for x in xs) for xs in zip(*((p.loss, p.accuracy) for p in points), strict=True)
    )
    before = {name: float(f"{x:.4g}") for name, x in asdict(start(kind, d_k, seed, task)).items()}
    ms = round(ms_per_step(kind, d_k, task), 2)
    return Run(kind, d_k, lr, seed, role, loss, accuracy, **before, ms_per_step=ms)


def _add(plan: Results, kind: str, d_k: int, lr: float, seed: int, role: str) -> Results:
    began = time.perf_counter()
    runs = (*plan.runs, run(kind, d_k, lr, seed, role, plan))
    return replace(plan, runs=runs, minutes=round(plan.minutes + (time.perf_counter() - began) / 60, 3))


TRAINING = Training(KINDS, results, save, card, _add, kept=("runs", "minutes"))


def experiment(path: Path, plan: Results, d_ks: list[int], seeds: list[int]) -> Results:
    """Do the runs of the plan that the file does not hold yet; see models.train.grid."""
    return grid.experiment(TRAINING, path, plan, d_ks, seeds)
