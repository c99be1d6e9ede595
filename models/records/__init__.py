"""What trainings wrote beside their weights, read back: results and held-out texts. The standard library only.

    records.translator.results().test["greedy"].bleu      # checkpoints/translator/results.json
    records.glue.load().scores("sst2", "lora", "accuracy")
    records.lookup.results().final("additive", 64)

Unusable is the one error of all files that the models need, the weights among them; once the one way to load them.
"""

import functools
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

P, Loaded = ParamSpec("P"), TypeVar("Loaded")


class Unusable(RuntimeError):
    """A file cannot be used: `.path` is the file (or its folder), `.reason` one of six words.

    "checkpoint_missing", "checkpoint_damaged" and "checkpoint_foreign" (of another model) of what was trained here;
    "missing" and "damaged" of the local BERT, which a package brings.
    """

    def __init__(self, reason: str, path: Path, message: str):
        super().__init__(message)
        self.reason, self.path = reason, path


@dataclass(frozen=True)
class Made:
    """How a record was made: the command, the day, torch's version, the machine, and how long it took."""

    command: str
    date: str
    torch: str
    machine: str
    minutes: float  # all runs together


def read(file: Path, training: str) -> Any:
    """The content of a JSON file that a training wrote, models.train.<training>. Raises Unusable: missing, no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot read {file} ({error.strerror}); `python -m models.train.{training}` trains for it"
        raise Unusable("checkpoint_missing", file, message) from error
    except ValueError as error:  # neither JSON nor UTF-8
        raise Unusable("checkpoint_damaged", file, f"{file} is not JSON: {error}") from error


def once(make: Callable[Concatenate[Path, P], Loaded]) -> Callable[Concatenate[Path, P], Loaded]:
    """Decorates what makes something of a folder's files: once per process, for all threads; anew for changed files.

    While one thread loads, the others wait: nothing is loaded, and no library imported on the way, twice at a time.
    """
    lock = threading.Lock()

    @functools.lru_cache(maxsize=4)
    def made(files: tuple, folder: Path, *more) -> Loaded:
        return make(folder, *more)

    @functools.wraps(make)
    def load(folder: Path, *more) -> Loaded:
        with lock:
            return made(tuple(sorted((f.name, f.stat().st_mtime_ns) for f in folder.glob("*"))), folder, *more)

    return load
