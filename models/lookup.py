"""What came of training dot, scaled dot and additive attention on one look-up task.   Vaswani et al. 2017, §3.2.1.

The task, the records and their file; models/train/lookup.py trains and writes them. Needs the standard library only.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

KINDS = ("dot", "scaled_dot", "additive")
PATH = Path(__file__).parent / "checkpoints" / "lookup" / "results.json"


class NoResults(FileNotFoundError):
    """The file of results is not where it should be."""


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
class Results:
    """All runs of one command, and what they have in common."""

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
        return tuple(sorted({r.d_k for r in self.runs}))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the final runs, ascending."""
        return tuple(sorted({r.seed for r in self.runs if r.role == "final"}))

    def final(self, kind: str, d_k: int) -> tuple[Run, ...]:
        """The final runs of one kind and size, by seed; empty where there are none."""
        found = (r for r in self.runs if (r.role, r.kind, r.d_k) == ("final", kind, d_k))
        return tuple(sorted(found, key=lambda r: r.seed))

    def tuning(self, kind: str, d_k: int) -> tuple[Run, ...]:
        """The runs among which the learning rate was chosen, by learning rate."""
        found = (r for r in self.runs if (r.role, r.kind, r.d_k) == ("tuning", kind, d_k))
        return tuple(sorted(found, key=lambda r: r.lr))

    def steps_to(self, run: Run, accuracy: float) -> int | None:
        """The first measured step at which a run is at least this accurate; None where it never is."""
        return next((s for s, a in zip(self.at_steps, run.accuracy, strict=True) if a >= accuracy), None)


def best_lr(runs: tuple[Run, ...]) -> float:
    """The learning rate of the run with the lowest loss at the end."""
    return min(runs, key=lambda r: r.loss[-1]).lr


def results(path: Path = PATH) -> Results:
    """Read the results; raises NoResults where there is no such file."""
    try:
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NoResults(f"{path} is missing; `python -m models.train.lookup` trains for it (minutes).") from error
    task, runs = Task(**fields.pop("task")), fields.pop("runs")
    common = {name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()}
    return Results(task=task, runs=tuple(_run(r) for r in runs), **common)


def save(r: Results, path: Path = PATH) -> None:
    """Write the results, one run per line; the file is replaced as a whole or not at all."""
    fields = asdict(r)
    runs = ",\n".join(json.dumps(run, separators=(",", ":")) for run in fields.pop("runs"))
    text = json.dumps(fields, indent=1).removesuffix("\n}") + f',\n "runs": [\n{runs}\n ]\n}}\n'
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _run(fields: dict) -> Run:
    return Run(**{name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()})
