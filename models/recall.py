"""The task of recalling a far token, which recurrent nets and attention learn.   Vaswani et al. 2017, §4, third reason.

    for point in recall.train("lstm", n=32, seed=0, steps=300, lr=3e-3):
        print(point.step, point.loss, point.accuracy)

The paper: the shorter the path between two positions, the easier it is to learn a dependency between them. Here the
path is n - 1 steps for the recurrent nets and 1 for attention; all else is the same: examples, width, steps. What came
of the whole grid: models/records/recall.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models import attention, positional
from models.records.recall import KINDS, Task
from models.seeded import seeded

OPEN = 4.0  # added to the bias of the forget gate: sigmoid(4) = 0.98 of the cell stays at every step
TEST_SEED = 1_000_000


@dataclass(frozen=True)
class Point:
    """Loss (nats) and accuracy (0 to 1) on the same fresh examples after `step` updates."""

    step: int
    loss: float
    accuracy: float


class Recaller(nn.Module):
    """Symbols (B, n) to logits of the first one (B, symbols): embedding, one layer, read out at the last position."""

    def __init__(self, kind: str, n: int, task: Task):
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        C = task.width
        self.embedding, self.readout = nn.Embedding(task.symbols, C), nn.Linear(C, task.symbols)
        self.recurrent = None
        if kind == "attention":
            self.query, self.key, self.value = (nn.Linear(C, C, bias=False) for _ in range(3))
            self.register_buffer("positions", positional.sinusoidal(n, C).float())  # (n, C)
        else:
            self.recurrent = (nn.RNN if kind == "rnn" else nn.LSTM)(C, C, batch_first=True)
        if kind == "lstm_open":
            with torch.no_grad():
                self.recurrent.bias_ih_l0[C : 2 * C] += OPEN  # the gates' order is i, f, g, o

    def forward(self, symbols: Tensor) -> Tensor:
        x = self.embedding(symbols)  # (B, n, C)
        if self.recurrent is not None:
            states, _ = self.recurrent(x)  # (B, n, C)
            return self.readout(states[:, -1])  # (B, symbols)
        x = x + self.positions  # (B, n, C)
        output, _ = attention.scaled_dot_product(self.query(x[:, -1:]), self.key(x), self.value(x))  # (B, 1, C)
        return self.readout(output[:, 0])  # (B, symbols)


def batch(task: Task, n: int, size: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Examples: symbols (B, n), and the first of each (B,)."""
    symbols = torch.randint(task.symbols, (size, n), generator=random)  # (B, n)
    return symbols, symbols[:, 0]


def initial(kind: str, n: int, seed: int, task: Task) -> Recaller:
    """A model as torch initialises it, from this seed; torch's common stream of random numbers stays where it was."""
    with seeded(seed):
        return Recaller(kind, n, task)


def train(
    kind: str, n: int, seed: int, steps: int, lr: float, task: Task | None = None, every: int = 10
) -> Iterator[Point]:
    """Train with Adam and yield a Point before the first step, then after every `every` steps.

    The same arguments give the same points (on one machine, with one number of threads); all kinds see the same
    examples. Gradients are clipped to norm 1. Stop by dropping the iterator.
    """
    task = task or Task()
    model = initial(kind, n, seed, task)
    adam = torch.optim.Adam(model.parameters(), lr)
    random = torch.Generator().manual_seed(seed)
    test = batch(task, n, task.test, torch.Generator().manual_seed(TEST_SEED + seed))
    yield measure(model, test, 0)
    for step in range(1, steps + 1):
        symbols, first = batch(task, n, task.batch, random)
        adam.zero_grad()
        cross_entropy(model(symbols), first).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        if step % every == 0:
            yield measure(model, test, step)


@torch.no_grad()
def measure(model: Recaller, test: tuple[Tensor, Tensor], step: int) -> Point:
    """Loss and accuracy on the test examples."""
    symbols, first = test
    logits = model(symbols)  # (B, symbols)
    right = (logits.argmax(-1) == first).float().mean()
    return Point(step, cross_entropy(logits, first).item(), right.item())
