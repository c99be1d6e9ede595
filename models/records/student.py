"""What the student kept of its teacher.   `python -m models.train.student` trains and writes results.json.

Needs the standard library only.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.records import Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "student" / "results.json"
#: What was measured: the teacher; the student; the same from random weights; the kept layers untrained; no layer.
MODELS = ("teacher", "student", "random", "untrained", "embeddings")


@dataclass(frozen=True)
class Measure:
    """One model on sentences that no student was trained on."""

    layers: int
    stsb: float  # Spearman on STS-B's dev set: cosine of two mean vectors against the scores of people
    agreement: float  # cosine with the teacher's vector of the same sentence, mean
    neighbour: float  # how often the nearest other sentence is the teacher's nearest, 0 to 1
    ms: float  # a sentence, least of some rounds, one thread


@dataclass(frozen=True)
class Results:
    """results.json. parameters: "teacher", "student", "stored" (the student's without the shared embeddings)."""

    minutes: float
    sentences: Mapping[str, int]  # of "train", "dev" and "test", and "stsb": pairs
    parameters: Mapping[str, int]
    models: Mapping[str, Measure]
    curves: Mapping[str, tuple[Mapping[str, float], ...]]  # by start: step, dev_loss, dev_cosine, …


@functools.lru_cache(maxsize=4)
def results(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing or of another form."""
    raw = read(path, "student")
    try:
        models = {name: Measure(**raw["models"][name]) for name in MODELS}
        curves = {start: tuple(map(dict, curve)) for start, curve in raw["curves"].items()}
        about = {name: raw[name] for name in ("minutes", "sentences", "parameters")}
    except (KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error
    return Results(**about, models=models, curves=curves)
