"""The look-up task that three kinds of attention learn: dot, scaled dot, additive.   Vaswani et al. 2017, §3.2.1.

    for point in lookup.train("dot", d_k=64, seed=0, steps=300, lr=1e-3):
        print(point.step, point.loss, point.accuracy)

The paper: for small d_k additive and dot-product attention perform similarly; for larger d_k additive attention beats
the dot product without scaling. Here all three learn the same task (records.lookup.Task) from the same examples with
the same number of steps, and share the same initial weights. What came of the whole grid: models/records/lookup.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import attention
from models.records.lookup import KINDS, Task

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
