"""Dot, scaled dot and additive attention, trained on one look-up task.   Vaswani et al. 2017, §3.2.1, last paragraph.

    python -m models.train.lookup

The paper: for small d_k additive and dot-product attention perform similarly; for larger d_k additive attention beats
the dot product without scaling. Here all three learn the same task (models.lookup.Task) from the same examples with the
same number of steps, and share the same initial weights. For every kind and d_k the learning rate is the best of one
grid, chosen on a seed that is used for nothing else.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import count, pairwise, product
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import attention
from models.lookup import KINDS, PATH, NoResults, Results, Run, Task, best_lr, results, save
from models.train.lookup_card import NOTES, card

Weights = dict[str, Tensor]
Batch = tuple[Tensor, Tensor, Tensor, Tensor]

TEST_SEED = 1_000_000


@dataclass(frozen=True)
class Point:
    """Loss (nats) and accuracy (0 to 1) on the same fresh examples after `step` updates."""

    step: int
    loss: float
    accuracy: float


def batch(task: Task, size: int, random: torch.Generator) -> Batch:
    """Examples: keys (B, pairs) symbols, values (B, pairs) classes, query (B, 1) one of the keys, target (B,)."""
    keys = torch.rand(size, task.symbols, generator=random).argsort(-1)[:, : task.pairs]  # (B, pairs)
    values = torch.randint(task.classes, (size, task.pairs), generator=random)  # (B, pairs)
    asked = torch.randint(task.pairs, (size, 1), generator=random)  # (B, 1)
    return keys, values, keys.gather(1, asked), values.gather(1, asked).squeeze(1)


def initial(kind: str, d_k: int, seed: int, task: Task) -> Weights:
    """Embeddings N(0, 1), matrices N(0, 1/inputs): so components of q and k have mean 0 and variance 1, as in §3.2.1.

    The same seed gives the three kinds the same weights; additive attention has d_k more, its w_v. Raises ValueError
    for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    random = torch.Generator().manual_seed(seed)
    w = {
        "symbol": torch.randn(task.symbols, task.d_model, generator=random),
        "value": torch.randn(task.classes, task.d_model, generator=random),
        "readout": torch.randn(task.classes, task.d_model, generator=random) * task.d_model**-0.5,
        "w_q": torch.randn(d_k, task.d_model, generator=random) * task.d_model**-0.5,
        "w_k": torch.randn(d_k, task.d_model, generator=random) * task.d_model**-0.5,
    }
    if kind == "additive":
        w["w_v"] = torch.randn(d_k, generator=random) * d_k**-0.5
    return {name: x.requires_grad_() for name, x in w.items()}


def look_up(kind: str, w: Weights, keys: Tensor, values: Tensor, query: Tensor) -> tuple[Tensor, Tensor]:
    """-> logits (B, classes), attention weights (B, 1, pairs). The query symbol attends to the key symbols."""
    x_q, x_k, v = w["symbol"][query], w["symbol"][keys], w["value"][values]  # (B, 1, C), (B, pairs, C) twice
    if kind == "additive":
        output, weights = attention.additive(x_q, x_k, v, w["w_q"], w["w_k"], w["w_v"])
    else:
        q, k = x_q @ w["w_q"].T, x_k @ w["w_k"].T  # (B, 1, d_k), (B, pairs, d_k)
        output, weights = attention.scaled_dot_product(q, k, v, scale=1.0 if kind == "dot" else None)
    return output.squeeze(1) @ w["readout"].T, weights  # (B, classes), (B, 1, pairs)


def train(
    kind: str, d_k: int, seed: int, steps: int, lr: float, task: Task | None = None, every: int = 10
) -> Iterator[Point]:
    """Train with Adam and yield a Point before the first step, then after every `every` steps.

    The same arguments give the same points (on one machine, with one number of threads); the three kinds see the same
    examples. Draws on no global random state. Stop by dropping the iterator. The matrices are small: call
    torch.set_num_threads(1) first, more threads are slower (ten times on a busy machine); Task(test=256) is quicker.
    """
    task = task or Task()
    w = initial(kind, d_k, seed, task)
    test = batch(task, task.test, torch.Generator().manual_seed(TEST_SEED + seed))
    yield measure(kind, w, test, 0)
    for step in updates(kind, w, seed, steps, lr, task):
        if step % every == 0:
            yield measure(kind, w, test, step)


def updates(kind: str, w: Weights, seed: int, steps: int, lr: float, task: Task) -> Iterator[int]:
    """Change w in place, one batch at a time; yield the number of updates so far."""
    adam = torch.optim.Adam(w.values(), lr)
    random = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        keys, values, query, target = batch(task, task.batch, random)
        logits, _ = look_up(kind, w, keys, values, query)  # (B, classes)
        adam.zero_grad()
        cross_entropy(logits, target).backward()
        adam.step()
        yield step


@torch.no_grad()
def measure(kind: str, w: Weights, test: Batch, step: int) -> Point:
    """Loss and accuracy on the test examples."""
    *given, target = test
    logits, _ = look_up(kind, w, *given)  # (B, classes)
    right = (logits.argmax(-1) == target).float().mean()
    return Point(step, cross_entropy(logits, target).item(), right.item())


@dataclass(frozen=True)
class Start:
    """What the first training batch sees before any update; the fields are those of models.lookup.Run."""

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


def experiment(path: Path, plan: Results, d_ks: list[int], seeds: list[int]) -> Results:
    """Do the runs of the plan that the file does not hold yet, saving after each. Returns all of them.

    Raises ValueError where the file holds runs of another task or budget.
    """
    try:
        found = results(path)
        plan = replace(plan, runs=found.runs, minutes=found.minutes)
        settings = ("task", "steps", "lr_grid", "tuning_seed", "at_steps")
        if other := [s for s in settings if getattr(plan, s) != getattr(found, s)]:
            raise ValueError(f"{path} holds runs with another {', '.join(other)}: give another --out")
    except NoResults:
        pass
    if plan.tuning_seed in seeds:
        raise ValueError(f"seed {plan.tuning_seed} chooses the learning rates: give other --seeds")
    ran = progress(total=len(d_ks) * len(KINDS) * (len(plan.lr_grid) + len(seeds)))
    for d_k, kind in product(d_ks, KINDS):
        for lr in plan.lr_grid:
            plan = with_run(plan, path, kind, d_k, lr, plan.tuning_seed, "tuning")
            ran()
        lr = best_lr(plan.tuning(kind, d_k))
        for seed in seeds:
            plan = with_run(plan, path, kind, d_k, lr, seed, "final")
            ran()
    save(plan, path)
    path.with_name("CARD.md").write_text(card(plan), encoding="utf-8")
    return plan


def with_run(plan: Results, path: Path, kind: str, d_k: int, lr: float, seed: int, role: str) -> Results:
    """The plan with this run in it: the one it holds already, or a new one, saved."""
    if any((r.kind, r.d_k, r.lr, r.seed) == (kind, d_k, lr, seed) for r in plan.runs):
        return plan
    began = time.perf_counter()
    runs = (*plan.runs, run(kind, d_k, lr, seed, role, plan))
    plan = replace(plan, runs=runs, minutes=round(plan.minutes + (time.perf_counter() - began) / 60, 3))
    save(plan, path)
    return plan


def progress(total: int) -> Callable[[], object]:
    """A function to call after each run: it moves tqdm's bar, or prints a count where tqdm is not installed."""
    try:
        from tqdm import tqdm

        return tqdm(total=total, unit="run", mininterval=5).update
    except ImportError:
        done = count(1)
        return lambda: print(f"{next(done)} of {total} runs", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.train.lookup", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PATH, help="results.json; runs found there are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--tuning-seed", type=int, default=100)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--every", type=int, default=15, help="steps between two points of a curve")
    parser.add_argument("--d-k", type=int, nargs="+", default=[8, 16, 32, 64, 128, 256, 512])
    parser.add_argument("--lr", type=float, nargs="+", default=[3e-4, 1e-3, 3e-3, 1e-2, 3e-2], help="the grid")
    a = parser.parse_args(arguments)
    torch.set_num_threads(1)
    plan = Results(
        command=" ".join(["python -m models.train.lookup", *(sys.argv[1:] if arguments is None else arguments)]),
        date=date.today().isoformat(),
        torch=torch.__version__,
        machine=f"{platform.system()} {platform.machine()}, 1 thread",
        minutes=0.0,
        task=Task(),
        steps=a.steps,
        lr_grid=tuple(a.lr),
        tuning_seed=a.tuning_seed,
        at_steps=tuple(range(0, a.steps + 1, a.every)),
        notes=NOTES,
        runs=(),
    )
    experiment(a.out, plan, a.d_k, a.seeds)


if __name__ == "__main__":
    main()
