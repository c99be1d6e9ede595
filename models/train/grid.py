"""Trainings over a grid of kinds, sizes and learning rates: what is trained, recorded and not repeated.

For every kind and size the learning rate is the best of one grid, chosen on a seed that is used for nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from tqdm import tqdm

from models.records import Unusable
from models.records.grid import best_lr

SETTINGS = ("task", "steps", "lr_grid", "tuning_seed", "at_steps")  # that all runs of a file have in common


@dataclass(frozen=True)
class Training:
    """What one such training brings: its kinds, its file, its card, and how a run is added to the results.

    add: (results, kind, size, lr, seed, role) -> the results with that run; kept: what results take over from a file.
    """

    kinds: Sequence[str]
    read: Callable[[Path], Any]
    save: Callable[[Any, Path], None]
    card: Callable[[Any], str]
    add: Callable[[Any, str, int, float, int, str], Any]
    kept: Sequence[str] = ("runs",)


def experiment(training: Training, path: Path, plan: Any, sizes: Sequence[int], seeds: Sequence[int]) -> Any:
    """Do the runs of the plan that the file does not hold yet, saving after each. Returns all of them.

    Raises ValueError where the file holds runs of another task or budget.
    """
    plan = _continued(training, path, plan)
    if plan.tuning_seed in seeds:
        raise ValueError(f"seed {plan.tuning_seed} chooses the learning rates: give other --seeds")
    total = len(sizes) * len(training.kinds) * (len(plan.lr_grid) + len(seeds))
    bar = tqdm(total=total, unit="run", mininterval=5)
    for size, kind in product(sizes, training.kinds):
        for lr in plan.lr_grid:
            plan = _with_run(training, path, plan, kind, size, lr, plan.tuning_seed, "tuning")
            bar.update()
        lr = best_lr(plan.tuning(kind, size))
        for seed in seeds:
            plan = _with_run(training, path, plan, kind, size, lr, seed, "final")
            bar.update()
    training.save(plan, path)
    path.with_name("CARD.md").write_text(training.card(plan), encoding="utf-8")
    return plan


def _continued(training: Training, path: Path, plan: Any) -> Any:
    """The plan with what the file holds already."""
    try:
        found = training.read(path)
    except Unusable as error:
        if error.reason != "checkpoint_missing":  # of an experiment that has not begun
            raise
        return plan
    if other := [s for s in SETTINGS if getattr(plan, s) != getattr(found, s)]:
        raise ValueError(f"{path} holds runs with another {', '.join(other)}: give another --out")
    return replace(plan, **{name: getattr(found, name) for name in training.kept})


def _with_run(training: Training, path: Path, plan: Any, kind: str, size: int, lr: float, seed: int, role: str) -> Any:
    """The plan with this run in it: the one it holds already, or a new one, saved."""
    if any((r.kind, plan.size_of(r), r.lr, r.seed) == (kind, size, lr, seed) for r in plan.runs):
        return plan
    plan = training.add(plan, kind, size, lr, seed, role)
    training.save(plan, path)
    return plan
