"""GLUE's tasks from their files: training and dev sets, read as each of them wants to be read.   Wang et al. 2018, §3.

The folder has one folder per task, named as in models.metrics.TASKS:

    SST-2    train.tsv, dev.tsv                             sentence, label; a header
    CoLA     in_domain_train.tsv, in_domain_dev.tsv,        source, label, mark, sentence; no header. GLUE's dev set
             out_of_domain_dev.tsv                          is both dev files together
    RTE      train.tsv, dev.tsv                             index, sentence1, sentence2, label; a header
    MRPC     msr_paraphrase_train.txt                       label, two ids, two sentences; a header after a BOM
    STS-B    sts-train.tsv, sts-dev.tsv                     seven columns, or nine with the source; score and sentences
                                                            are columns 5 to 7; no header
    WNLI     train.tsv, dev.tsv                             as RTE, labels 0 and 1

Quotes are characters like others, and only a line feed ends a line. Which of MRPC's training pairs are GLUE's dev set
is told by a list of ids that is not among these files: as many pairs are drawn and held out instead.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models import glue

HELD_OUT = 408  # MRPC: the size of GLUE's dev set
GLUES, DRAWN = "GLUE's dev set", "held out of the training set here, not GLUE's dev set"


@dataclass(frozen=True)
class Example:
    """A text, what it is compared with, and the right answer: 0 or 1, or a score from 0 to 5."""

    text: str
    pair: str | None
    answer: float


@dataclass(frozen=True)
class Data:
    """What a task is learnt from and measured on."""

    train: list[Example]
    dev: list[Example]
    measured_on: str = GLUES

    @property
    def checksum(self) -> str:
        """SHA-256 of all examples in their order."""
        rows = [[e.text, e.pair, e.answer] for e in (*self.train, *self.dev)]
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

    def about(self) -> dict:
        """Sizes and balance, as they are recorded."""
        seen = {e.text for e in self.train} | {e.pair for e in self.train if e.pair}
        return {
            "train": len(self.train),
            "dev": len(self.dev),
            "measured_on": self.measured_on,
            "classes": {name: sizes(rows) for name, rows in (("train", self.train), ("dev", self.dev))},
            "shared": sum(e.text in seen or e.pair in seen for e in self.dev),
            "sha256": self.checksum,
        }


def sizes(rows: Sequence[Example]) -> dict[str, int]:
    """How many examples have each answer; {} for scores."""
    counts = Counter(e.answer for e in rows)
    return {str(int(a)): n for a, n in sorted(counts.items())} if set(counts) <= {0.0, 1.0} else {}


def read(folder: Path, task: str) -> Data:
    """A task of models.glue.POSED, or "wnli". Raises OSError for a missing file, ValueError for one of another form."""
    return {"sst2": _sst2, "cola": _cola, "rte": _rte, "mrpc": _mrpc, "stsb": _stsb, "wnli": _wnli}[task](folder)


def table(path: Path, columns: Sequence[int], header: bool) -> list[list[str]]:
    """These columns of a tab-separated file, spaces around them removed. Raises ValueError for a line too short."""
    lines = [line for line in path.read_text(encoding="utf-8-sig").split("\n") if line][header:]
    rows = [line.split("\t") for line in lines]
    for number, row in enumerate(rows, 1 + header):
        if len(row) <= max(columns):
            raise ValueError(f"{path}, line {number}: expected at least {max(columns) + 1} columns, found {len(row)}")
    return [[row[c].strip() for c in columns] for row in rows]


def _examples(path: Path, columns: tuple[int, ...], answers: dict[str, float], header: bool = True) -> list[Example]:
    """columns: of the text, of its pair if there is one, and of the answer."""
    try:
        return [Example(t, p[0] if p else None, answers[a]) for t, *p, a in table(path, columns, header)]
    except KeyError as error:
        raise ValueError(f"{path}: {error} is none of {', '.join(answers)}") from error


BINARY = {"0": 0.0, "1": 1.0}


def _sst2(folder: Path) -> Data:
    return Data(*(_examples(folder / "SST-2" / f"{side}.tsv", (0, 1), BINARY) for side in ("train", "dev")))


def _cola(folder: Path) -> Data:
    names = ("in_domain_train", "in_domain_dev", "out_of_domain_dev")
    train, *dev = (_examples(folder / "CoLA" / f"{name}.tsv", (3, 1), BINARY, header=False) for name in names)
    return Data(train, dev[0] + dev[1])


def _rte(folder: Path) -> Data:
    answers = {"not_entailment": 0.0, "entailment": 1.0}
    return Data(*(_examples(folder / "RTE" / f"{side}.tsv", (1, 2, 3), answers) for side in ("train", "dev")))


def _wnli(folder: Path) -> Data:
    return Data(*(_examples(folder / "WNLI" / f"{side}.tsv", (1, 2, 3), BINARY) for side in ("train", "dev")))


def _mrpc(folder: Path) -> Data:
    """The pairs held out are always the same; pairs that share a sentence with them are not trained on."""
    rows = _examples(folder / "MRPC" / "msr_paraphrase_train.txt", (3, 4, 0), BINARY)
    size = min(HELD_OUT, len(rows) // 9)
    order = np.random.default_rng(0).permutation(len(rows)).tolist()
    dev = [rows[i] for i in order[:size]]
    known = {sentence for e in dev for sentence in (e.text, e.pair)}
    train = [rows[i] for i in sorted(order[size:])]
    return Data([e for e in train if not {e.text, e.pair} & known], dev, DRAWN)


def _stsb(folder: Path) -> Data:
    def side(name: str) -> list[Example]:
        path = folder / "STS-B" / name
        rows = [Example(first, second, float(score)) for score, first, second in table(path, (4, 5, 6), header=False)]
        if not all(0 <= e.answer <= glue.TOP for e in rows):
            raise ValueError(f"{path}: a score is not between 0 and {glue.TOP:g}")
        return rows

    return Data(side("sts-train.tsv"), side("sts-dev.tsv"))
