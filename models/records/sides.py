"""How often our GPT and our masked language model guess a word: `python -m models.train.sides` measured it.

Needs the standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.records import Made, Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "sides" / "results.json"


@dataclass(frozen=True)
class Results(Made):
    """Every guess of every way of reading, in the order of the text."""

    passages: int
    words: tuple[str, ...]  # the list
    after: tuple[int, ...]  # of each guessed word, how many tokens stand behind it, [SEP] left out
    ranks: Mapping[str, tuple[int, ...]]  # by way of reading
    log_probs: Mapping[str, tuple[float, ...]]

    def within(self, way: str, k: int) -> float:
        """The share of words that are among the first k guesses."""
        return sum(r <= k for r in self.ranks[way]) / len(self.ranks[way])

    def nats(self, way: str) -> float:
        """The mean of −ln p of the right word."""
        return -sum(self.log_probs[way]) / len(self.log_probs[way])


def results(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing or of another form."""
    raw = read(path, "sides")
    try:
        for name in ("words", "after"):
            raw[name] = tuple(raw[name])
        for name in ("ranks", "log_probs"):
            raw[name] = {way: tuple(found) for way, found in raw[name].items()}
        return Results(**raw)
    except (KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error
