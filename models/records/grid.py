"""Trainings over a grid of kinds, sizes and learning rates: what their results share, and the one file of them.

A learning rate is chosen on one seed ("tuning") for every kind and size; other seeds ("final") are reported.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from models.records import Unusable, read

Results = TypeVar("Results", bound="Grid")


class Grid:
    """The base of such Results: a frozen dataclass with `runs`, each with kind, lr, seed, role and loss."""

    size: ClassVar[str]  # the field of a run that the grid varies beside its kind and learning rate
    runs: tuple[Any, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes that were trained, ascending."""
        return tuple(sorted({self.size_of(r) for r in self.runs}))

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the final runs, ascending."""
        return tuple(sorted({r.seed for r in self.runs if r.role == "final"}))

    def final(self, kind: str, size: int) -> tuple[Any, ...]:
        """The final runs of one kind and size, by seed; empty where there are none."""
        return tuple(sorted(self._runs("final", kind, size), key=lambda r: r.seed))

    def tuning(self, kind: str, size: int) -> tuple[Any, ...]:
        """The runs among which the learning rate was chosen, by learning rate."""
        return tuple(sorted(self._runs("tuning", kind, size), key=lambda r: r.lr))

    def size_of(self, run: Any) -> int:
        """The size of a run."""
        return getattr(run, self.size)

    def _runs(self, role: str, kind: str, size: int) -> list[Any]:
        return [r for r in self.runs if (r.role, r.kind, self.size_of(r)) == (role, kind, size)]


def best_lr(runs: Sequence[Any]) -> float:
    """The learning rate of the run with the lowest loss at the end."""
    return min(runs, key=lambda r: r.loss[-1]).lr


def load(path: Path, training: str, results: type[Results], task: type, run: type) -> Results:
    """The Results that models.train.<training> wrote. Raises Unusable where the file is missing or another one."""
    fields = read(path, training)
    try:
        given, runs = task(**fields.pop("task")), fields.pop("runs")
        return results(task=given, runs=tuple(run(**_tuples(r)) for r in runs), **_tuples(fields))
    except (KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error


def save(r: Any, path: Path) -> None:
    """Write the results, one run per line; the file is replaced as a whole or not at all."""
    fields = asdict(r)
    runs = ",\n".join(json.dumps(run, separators=(",", ":")) for run in fields.pop("runs"))
    text = json.dumps(fields, indent=1).removesuffix("\n}") + f',\n "runs": [\n{runs}\n ]\n}}\n'
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON's lists as the tuples that they were."""
    return {name: tuple(x) if isinstance(x, list) else x for name, x in fields.items()}
