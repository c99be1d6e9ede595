"""The command line that every training has: the whole recipe, and where things lie; and how a command is told."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch


def arguments(description: str, recipe: Any, work: Path) -> argparse.ArgumentParser:
    """The command line that every training has; every part of the recipe is an option."""
    parser = argparse.ArgumentParser(
        prog=f"python -m models.train.{work.name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, help="folder of the checkpoint; default: where the app looks for it")
    parser.add_argument("--work", type=Path, default=work, help=f"folder of the state to resume from: {work}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--gpu", action="store_true", help="use GPUs if there are any")
    for name, default in asdict(recipe).items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default, help=f"{default}")
    return parser


def begin(recipe: type, given: argparse.Namespace) -> Any:
    """The recipe that was given, of this class; from here on there are as many threads as asked for."""
    torch.set_num_threads(given.threads)
    return recipe(**{field.name: getattr(given, field.name) for field in fields(recipe)})


def told(given: Sequence[str]) -> list[str]:
    """A command line without the places of files on this machine: of a path, or of name=path, the last part stays."""
    out = []
    for argument in given:
        name, equals, place = argument.rpartition("=")
        out.append(name + equals + (Path(place).name if set(place) & {"/", "\\"} else place))
    return out
