"""What came of training on GLUE's tasks here.   `python -m models.train.glue` trains and writes results.json.

Needs the standard library only. The file grows run by run while it is trained: what is not there yet is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.records import Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "glue" / "results.json"
#: The tasks that were tried here, by their names in results.json; the names on the right are those of metrics.TASKS.
NAMES = {"sst2": "SST-2", "cola": "CoLA", "rte": "RTE", "mrpc": "MRPC", "stsb": "STS-B"}
#: A linear layer on the frozen encoder (pairs in one sequence; or each text for itself), and trained adapters.
STAGES = ("probe", "probe apart", "lora")
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Run:
    """One training, measured on the dev set after its last step."""

    task: str  # in NAMES
    stage: str  # in STAGES, or one of the learning curve's
    seed: int
    examples: int  # learnt from
    dev: Mapping[str, float | None]  # a fraction for each of the task's metrics; None: undefined
    cells: Mapping[str, int] | None  # tp, fp, fn, tn; None for scores


@dataclass(frozen=True)
class Results:
    """All runs on file, and what they have in common."""

    command: str
    date: str
    machine: str
    minutes: float  # of training, all runs together
    data: Mapping[str, Mapping]  # by task: sizes, classes, what it is measured on
    baselines: Mapping[str, Mapping]  # by task: what is reached without learning from the texts
    runs: tuple[Run, ...]

    def run(self, task: str, stage: str, seed: int) -> Run | None:
        """This run, if it is on file."""
        return next((r for r in self.runs if (r.task, r.stage, r.seed) == (task, stage, seed)), None)

    def scores(self, task: str, stage: str, metric: str) -> list[float]:
        """100 times the metric of every seed on file, by seed; undefined ones left out."""
        found = [self.run(task, stage, seed) for seed in SEEDS]
        return [100 * r.dev[metric] for r in found if r and r.dev.get(metric) is not None]

    def blind(self, task: str, metric: str) -> float | None:
        """100 times the metric of the most frequent class, always; for STS-B, of the cosine of two mean vectors."""
        found = [b["dev"].get(metric) for b in self.baselines.get(task, {}).values()]
        return 100 * found[0] if found and found[0] is not None else None

    def drawn(self, task: str) -> bool:
        """Whether what it is measured on was held out of the training set here, instead of GLUE's dev set."""
        return self.data.get(task, {}).get("measured_on", "").startswith("held out")

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The tasks of which adapters of some seed are not on file."""
        return tuple(n for t, n in NAMES.items() if not all(self.run(t, "lora", seed) for seed in SEEDS))


def load(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing or of another form."""
    raw = read(path, "glue")
    try:
        runs = tuple(
            Run(r["task"], r["stage"], r["seed"], r["examples"], dict(r["dev"]), r.get("cells")) for r in raw["runs"]
        )
        about = {name: raw[name] for name in ("command", "date", "machine", "minutes", "data", "baselines")}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error
    return Results(**about, runs=runs)
