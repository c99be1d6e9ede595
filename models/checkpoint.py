"""Reading and writing the checkpoints that were trained here: model.safetensors, config.json and what belongs to them.

config.json names what kind of model the folder holds, its architecture, and the SHA-256 of every other file, so that a
damaged or foreign file is refused before anything is built from it. Weights are kept in half precision (float16).
"""

import functools
import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor

WEIGHTS, CONFIG = "model.safetensors", "config.json"
P, Model = ParamSpec("P"), TypeVar("Model")


class Unusable(RuntimeError):
    """A checkpoint cannot be used: `.path` is the file, `.reason` "checkpoint_missing", "…_damaged" or "…_foreign"."""

    def __init__(self, reason: str, path: Path, message: str):
        super().__init__(message)
        self.reason, self.path = f"checkpoint_{reason}", path


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a folder holds: config.json as it is, and the weights as they are stored."""

    config: dict
    tensors: dict[str, Tensor]


def read(folder: Path, kind: str, files: Sequence[str] = ()) -> Checkpoint:
    """The checkpoint of a folder, if it is of this kind and its weights and these files are intact. Raises Unusable."""
    path = folder / CONFIG
    try:
        config = json.loads(_bytes(path))
        found, checksums = config["kind"], dict(config["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable("damaged", path, f"{path} is not the config.json of a checkpoint") from error
    if found != kind:
        raise Unusable("foreign", path, f"{folder} holds a checkpoint of kind {found!r}, not {kind!r}")
    for name in files:
        _verified(folder / name, checksums)
    weights = folder / WEIGHTS
    try:
        return Checkpoint(config, load(_verified(weights, checksums)))
    except SafetensorError as error:
        raise Unusable("damaged", weights, f"{weights} is not a safetensors file: {error}") from error


def write(folder: Path, kind: str, tensors: Mapping[str, Tensor], config: Mapping, files: Sequence[str] = ()) -> None:
    """Save weights and config.json; files already in the folder are entered with their checksum."""
    folder.mkdir(parents=True, exist_ok=True)
    half = {n: (t.half() if t.is_floating_point() else t).contiguous().cpu() for n, t in tensors.items()}
    if not all(bool(torch.isfinite(t).all()) for t in half.values()):
        raise ValueError("a weight is not finite in half precision")
    save_file(half, folder / WEIGHTS)
    sha256 = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, *files)}
    content = json.dumps({"kind": kind, **config, "sha256": sha256}, ensure_ascii=False, indent=1)
    (folder / CONFIG).write_text(content + "\n", encoding="utf-8")


def once(make: Callable[Concatenate[Path, P], Model]) -> Callable[Concatenate[Path, P], Model]:
    """Decorates what makes a model from a folder: made once per process, shared by all threads, anew for new files."""
    lock = threading.Lock()

    @functools.lru_cache(maxsize=4)
    def made(files: tuple, folder: Path, *more) -> Model:
        return make(folder, *more)

    @functools.wraps(make)
    def load(folder: Path, *more) -> Model:
        with lock:
            return made(tuple(sorted((f.name, f.stat().st_mtime_ns) for f in folder.glob("*"))), folder, *more)

    return load


def _bytes(path: Path) -> bytes:
    """The content of a file. Raises Unusable ("missing")."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable("missing", path, f"cannot read {path}: {error.strerror}") from error


def _verified(path: Path, checksums: Mapping[str, str]) -> bytes:
    """The content of a file whose SHA-256 is the one in config.json. Raises Unusable."""
    content = _bytes(path)
    found, expected = hashlib.sha256(content).hexdigest(), checksums.get(path.name)
    if found != expected:
        raise Unusable("damaged", path, f"{path} is not the file of this checkpoint: SHA-256 {found}, not {expected}")
    return content
