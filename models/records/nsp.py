"""How well a linear layer on the local BERT tells whether B follows A: `python -m models.train.nsp` measured it.

Needs the standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from models.records import Made, Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "nsp" / "results.json"
#: What stands in place of the sentence that follows: any sentence, one of the same book, or A and B change places.
OTHERS = ("random", "same_book", "swapped")


@dataclass(frozen=True)
class Run:
    """One linear layer, and the share of pairs of unseen books that it judges rightly."""

    reading: str  # in models.nsp.READINGS
    trained: str  # in OTHERS: against which pairs it was trained
    seed: int  # that drew the pairs
    accuracy: Mapping[str, float]  # by OTHERS: tested against which pairs


@dataclass(frozen=True)
class Results(Made):
    """All runs, and what they have in common."""

    pairs: Mapping[str, int]  # by "train", "test": pairs that follow; of the others as many
    books: Mapping[str, int]  # by "train", "test"
    runs: tuple[Run, ...]

    def accuracies(self, reading: str, trained: str, tested: str) -> list[float]:
        """Of every seed, 0 to 1."""
        return [r.accuracy[tested] for r in self.runs if (r.reading, r.trained) == (reading, trained)]

    def mean(self, reading: str, trained: str, tested: str) -> float:
        """Their mean."""
        return mean(self.accuracies(reading, trained, tested))


def results(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing or of another form."""
    raw = read(path, "nsp")
    try:
        return Results(**{**raw, "runs": tuple(Run(**run) for run in raw["runs"])})
    except (KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error
