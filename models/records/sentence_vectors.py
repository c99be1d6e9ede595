"""What vectors of the local BERT are worth before fine-tuning.   `python -m models.train.sentence_vectors` measures it.

Needs the standard library only.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from models.records import Made, Unusable, read

PATH = Path(__file__).parents[1] / "checkpoints" / "sentence_vectors" / "results.json"
READOUTS = ("cls", "sep", "mean", "input")  # what they are: models/sentence_vectors.py
MASKS = ("both", "causal")


@dataclass(frozen=True)
class Results(Made):
    """Spearman's correlation (-1 to 1) on STS-B's dev set by mask and readout; None: one vector for all texts."""

    pairs: int
    spearman: Mapping[str, Mapping[str, float | None]]


def load(path: Path = PATH) -> Results:
    """Read the results. Raises Unusable where the file is missing or of another form."""
    raw = read(path, "sentence_vectors")
    try:
        found = Results(**{field.name: raw[field.name] for field in fields(Results)})
        for mask in MASKS:
            for readout in READOUTS:
                if not isinstance(found.spearman[mask][readout], float | None):
                    raise TypeError(f"{mask}, {readout}: {found.spearman[mask][readout]!r}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable("checkpoint_damaged", path, f"{path} is not a file of results: {error!r}") from error
    return found


def write(results: Results, path: Path) -> None:
    """Write them as load reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
