"""What the translator made of sentences that it never saw; no torch is needed.

    translator.load().pairs[0].greedy        # its translation, beside .chinese and the .english that a person wrote
    translator.results().test["greedy"].bleu # on the whole test set

models/train/translator/report.py writes both files; the sentences are Tatoeba's (CC BY 2.0 FR), each with its authors.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.records import Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "translator"
PAIRS, RESULTS = "held_out.json", "results.json"


@dataclass(frozen=True)
class HeldOutPair:
    """A sentence of the test set and its three translations: a person's, and the translator's two."""

    chinese: str
    english: str  # the reference
    greedy: str
    beam: str
    attribution: str  # both authors and their sentence numbers, as the licence asks


@dataclass(frozen=True)
class HeldOut:
    """The pairs in the order of the test set; beam is the width of the beam search."""

    beam: int
    pairs: tuple[HeldOutPair, ...]


@dataclass(frozen=True)
class Scores:
    """Corpus BLEU (tokenizer 13a) on the whole test set with its parts, and how many outputs equal their reference."""

    bleu: float
    precisions: tuple[float, ...]
    bp: float
    pairs: int
    exact: int


@dataclass(frozen=True)
class Results:
    """results.json. test: "greedy" and "beam". curve: one mapping per measurement (step, dev_loss, dev_bleu, …)."""

    beam: int
    parameters: int
    minutes: float
    pairs: Mapping[str, int]  # of "train", "dev" and "test"
    test: Mapping[str, Scores]
    curve: tuple[Mapping[str, float], ...]


@functools.lru_cache(maxsize=4)
def load(path: Path = PATH) -> HeldOut:
    """The held-out pairs of a checkpoint's folder. Raises Unusable for a file that is missing or damaged."""
    file = path / PAIRS
    content = read(file, "translator")
    try:
        pairs = tuple(HeldOutPair(**{name: _text(row[name]) for name in _FIELDS}) for row in content["pairs"])
        found = HeldOut(int(content["beam"]), pairs)
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable("checkpoint_damaged", file, f"{file} does not hold held-out pairs: {error!r}") from error
    if not pairs or not all(p.chinese and p.english for p in pairs):
        raise Unusable("checkpoint_damaged", file, f"{file} has no pairs, or one without a sentence")
    return found


@functools.lru_cache(maxsize=4)
def results(path: Path = PATH) -> Results:
    """What was measured when the training ended. Raises Unusable for a file that is missing or damaged."""
    file = path / RESULTS
    content = read(file, "translator")
    try:
        named = {name.split()[0]: _scores(found) for name, found in content["test"].items()}  # "beam 4" -> "beam"
        widths = [int(name.split()[1]) for name in content["test"] if name.startswith("beam ")]
        return Results(
            beam=widths[0],
            parameters=int(content["parameters"]),
            minutes=float(content["minutes"]),
            pairs={name: int(n) for name, n in content["pairs"].items()},
            test={name: named[name] for name in ("greedy", "beam")},
            curve=tuple(dict(point) for point in content["curve"]),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", file, f"{file} does not hold a training's results: {error!r}") from error


_FIELDS = tuple(HeldOutPair.__dataclass_fields__)


def _scores(found: Mapping[str, Any]) -> Scores:
    precisions = tuple(map(float, found["precisions"]))
    return Scores(float(found["bleu"]), precisions, float(found["bp"]), int(found["pairs"]), int(found["exact"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
