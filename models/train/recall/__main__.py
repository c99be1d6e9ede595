"""Plain RNN, LSTM and attention, trained to recall the first of n tokens.   Vaswani et al. 2017, §4.

    python -m models.train.recall

The paper: the shorter the path between two positions, the easier a dependency between them is to learn. The task is
models/recall.py's; stopped and run again, it goes on with the next run.
"""

import argparse
import platform
import sys
from datetime import date
from pathlib import Path

import torch

from models.records.recall import PATH, Results, Task
from models.train.recall.card import NOTES
from models.train.recall.grid import experiment


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.train.recall", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PATH, help="results.json; runs found there are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tuning-seed", type=int, default=100)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--every", type=int, default=20, help="steps between two points of a curve")
    parser.add_argument("--lengths", type=int, nargs="+", default=[8, 16, 32, 64, 128])
    parser.add_argument("--lr", type=float, nargs="+", default=[3e-3, 1e-2], help="the grid")
    a = parser.parse_args(arguments)
    torch.set_num_threads(1)
    plan = Results(
        command=" ".join(["python -m models.train.recall", *(sys.argv[1:] if arguments is None else arguments)]),
        date=date.today().isoformat(),
        torch=torch.__version__,
        machine=f"{platform.system()} {platform.machine()}, 1 thread",
        task=Task(),
        steps=a.steps,
        lr_grid=tuple(a.lr),
        tuning_seed=a.tuning_seed,
        at_steps=tuple(range(0, a.steps + 1, a.every)),
        notes=NOTES,
        runs=(),
    )
    experiment(a.out, plan, a.lengths, a.seeds)


if __name__ == "__main__":
    main()
