"""What came of training dot, scaled dot and additive attention on one look-up task.   Vaswani et al. 2017, §3.2.1.

The task, the records and their file, which `python -m models.train.lookup` writes. Needs the standard library only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from models.records import grid
from models.records.grid import Grid, best_lr  # noqa: F401 (callers ask for it here)

KINDS = ("dot", "scaled_dot", "additive")
PATH = Path(__file__).parents[1] / "checkpoints" / "lookup" / "results.json"


@dataclass(frozen=True)
class Task:
    """An example is a list of (symbol, class) pairs, no symbol twice, and one of its symbols: which class is its own?

    Guessing any class of the list is right in about 1/pairs of the cases.
    """

    symbols: int = 64  # that keys are drawn from
    pairs: int = 16  # per example
    classes: int = 16  # that values are drawn from, with repetition
    d_model: int = 64  # of the embeddings, the same for every d_k
    batch: int = 64  # examples per step
    test: int = 1024  # other examples, on which loss and accuracy are measured


@dataclass(frozen=True)
class Run:
    """One training: loss and accuracy are measured on fresh examples at Results.at_steps, step 0 before any update."""

    kind: str  # one of KINDS
    d_k: int
    lr: float  # of Adam, constant
    seed: int
    role: str  # "tuning": to choose lr; "final": with the chosen lr, on other seeds
    loss: tuple[float, ...]  # cross-entropy in nats
    accuracy: tuple[float, ...]  # 0 to 1
    entropy: float  # of the attention weights in nats, before any update; log(pairs) where they are all equal
    score_gradient: float  # median over queries of the norm of d loss / d scores (what the softmax lets through), same
    gradient: float  # norm of d loss / d W_q (mean loss of the batch), same
    ms_per_step: float  # without the measurements; one thread, on a machine that others used too


@dataclass(frozen=True)
class Results(Grid):
    """All runs of one command, and what they have in common."""

    size: ClassVar[str] = "d_k"

    command: str
    date: str
    torch: str
    machine: str
    minutes: float  # of training, all runs together
    task: Task
    steps: int
    lr_grid: tuple[float, ...]
    tuning_seed: int
    at_steps: tuple[int, ...]  # where the curves are measured
    notes: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def d_ks(self) -> tuple[int, ...]:
        """The key sizes that were trained, ascending."""
        return self.sizes

    def steps_to(self, run: Run, accuracy: float) -> int | None:
        """The first measured step at which a run is at least this accurate; None where it never is."""
        return next((s for s, a in zip(self.at_steps, run.accuracy, strict=True) if a >= accuracy), None)


def results(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing (`python -m models.train.lookup`) or another one."""
    return grid.load(path, "lookup", Results, Task, Run)


def save(r: Results, path: Path = PATH) -> None:
    """Write the results, one run per line; the file is replaced as a whole or not at all."""
    grid.save(r, path)
