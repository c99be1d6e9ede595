"""Dot, scaled dot and additive attention, trained on one look-up task.   Vaswani et al. 2017, §3.2.1, last paragraph.

    python -m models.train.lookup

The paper: for small d_k additive and dot-product attention perform similarly; for larger d_k additive attention beats
the dot product without scaling. The task is models/lookup.py's; stopped and run again, it goes on with the next run.
"""

import argparse
import platform
import sys
from datetime import date
from pathlib import Path

import torch

from models.records.lookup import PATH, Results, Task
from models.train.lookup.card import NOTES
from models.train.lookup.grid import experiment


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m models.train.lookup", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PATH, help="results.json; runs found there are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--tuning-seed", type=int, default=100)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--every", type=int, default=15, help="steps between two points of a curve")
    parser.add_argument("--d-k", type=int, nargs="+", default=[8, 16, 32, 64, 128, 256, 512])
    parser.add_argument("--lr", type=float, nargs="+", default=[3e-4, 1e-3, 3e-3, 1e-2, 3e-2], help="the grid")
    a = parser.parse_args(arguments)
    torch.set_num_threads(1)
    plan = Results(
        command=" ".join(["python -m models.train.lookup", *(sys.argv[1:] if arguments is None else arguments)]),
        date=date.today().isoformat(),
        torch=torch.__version__,
        machine=f"{platform.system()} {platform.machine()}, 1 thread",
        minutes=0.0,
        task=Task(),
        steps=a.steps,
        lr_grid=tuple(a.lr),
        tuning_seed=a.tuning_seed,
        at_steps=tuple(range(0, a.steps + 1, a.every)),
        notes=NOTES,
        runs=(),
    )
    experiment(a.out, plan, a.d_k, a.seeds)


if __name__ == "__main__":
    main()
