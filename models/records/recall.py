"""What came of training recurrent nets and attention to recall a far token.   Vaswani et al. 2017, §4.

The task, the records and their file, which `python -m models.train.recall` writes. Needs the standard library only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from models.records import grid
from models.records.grid import Grid, best_lr  # noqa: F401 (callers ask for it here)

KINDS = ("rnn", "lstm", "lstm_open", "attention")
PATH = Path(__file__).parents[1] / "checkpoints" / "recall" / "results.json"


@dataclass(frozen=True)
class Task:
    """An example is n symbols in a row, all drawn alike: after the last one, which was the first?

    Guessing is right in 1/symbols of the cases.
    """

    symbols: int = 8
    width: int = 32  # of embeddings and states
    batch: int = 64  # examples per step
    test: int = 1024  # other examples, on which loss and accuracy are measured


@dataclass(frozen=True)
class Run:
    """One training: loss and accuracy are measured on fresh examples at Results.at_steps, step 0 before any update."""

    kind: str  # one of KINDS
    n: int  # tokens of an example
    lr: float  # of Adam, constant
    seed: int
    role: str  # "tuning": to choose lr; "final": with the chosen lr, on other seeds
    loss: tuple[float, ...]  # cross-entropy in nats
    accuracy: tuple[float, ...]  # 0 to 1
    seconds: float  # of the whole run; one thread, on a machine that others used too


@dataclass(frozen=True)
class Results(Grid):
    """All runs of one command, and what they have in common."""

    size: ClassVar[str] = "n"

    command: str
    date: str
    torch: str
    machine: str
    task: Task
    steps: int
    lr_grid: tuple[float, ...]
    tuning_seed: int
    at_steps: tuple[int, ...]  # where the curves are measured
    notes: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def lengths(self) -> tuple[int, ...]:
        """The lengths that were trained, ascending."""
        return self.sizes

    @property
    def minutes(self) -> float:
        """Of all runs together."""
        return sum(r.seconds for r in self.runs) / 60


def results(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing (`python -m models.train.recall`) or another one."""
    return grid.load(path, "recall", Results, Task, Run)


def save(r: Results, path: Path = PATH) -> None:
    """Write the results, one run per line; the file is replaced as a whole or not at all."""
    grid.save(r, path)
