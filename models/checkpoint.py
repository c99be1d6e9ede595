"""Reading and writing the checkpoints that were trained here: model.safetensors, config.json and what belongs to them.

config.json names what kind of model the folder holds, its architecture, and the SHA-256 of every other file, so that a
damaged or foreign file is refused before anything is built from it. Weights are kept in half precision (float16).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor

from models.records import Unusable, once  # noqa: F401 (once: checkpoints are loaded with it)

WEIGHTS, CONFIG = "model.safetensors", "config.json"


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
        raise Unusable("checkpoint_damaged", path, f"{path} is not the config.json of a checkpoint") from error
    if found != kind:
        raise Unusable("checkpoint_foreign", path, f"{folder} holds a checkpoint of kind {found!r}, not {kind!r}")
    for name in files:
        _verified(folder / name, checksums)
    weights = folder / WEIGHTS
    try:
        return Checkpoint(config, load(_verified(weights, checksums)))
    except SafetensorError as error:
        raise Unusable("checkpoint_damaged", weights, f"{weights} is not a safetensors file: {error}") from error


def write(folder: Path, kind: str, tensors: Mapping[str, Tensor], config: Mapping, files: Sequence[str] = ()) -> None:
    """Save weights and config.json; files already in the folder are entered with their checksum.

    Tensors that share their storage (one tensor under two names, views) are written each for itself.
    """
    folder.mkdir(parents=True, exist_ok=True)
    half = {n: (t.half() if t.is_floating_point() else t).cpu().contiguous() for n, t in tensors.items()}
    half = {n: t.clone() for n, t in half.items()}  # safetensors refuses storage that has two names
    if not all(bool(torch.isfinite(t).all()) for t in half.values()):
        raise ValueError("a weight is not finite in half precision")
    save_file(half, folder / WEIGHTS)
    sha256 = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, *files)}
    content = json.dumps({"kind": kind, **config, "sha256": sha256}, ensure_ascii=False, indent=1)
    (folder / CONFIG).write_text(content + "\n", encoding="utf-8")


def _bytes(path: Path) -> bytes:
    """The content of a file. Raises Unusable ("missing")."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable("checkpoint_missing", path, f"cannot read {path}: {error.strerror}") from error


def _verified(path: Path, checksums: Mapping[str, str]) -> bytes:
    """The content of a file whose SHA-256 is the one in config.json. Raises Unusable."""
    content = _bytes(path)
    found, expected = hashlib.sha256(content).hexdigest(), checksums.get(path.name)
    if found != expected:
        message = f"{path} is not the file of this checkpoint: SHA-256 {found}, not {expected}"
        raise Unusable("checkpoint_damaged", path, message)
    return content
