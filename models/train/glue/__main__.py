"""Probes, fine-tuning and learning curves of the local BERT on five of GLUE's tasks.   Devlin et al. 2019, §4.1, §5.3.

    python -m models.train.glue --data GLUE                     # two cores: about 70 minutes
    python -m models.train.glue --data GLUE --tasks sst2 stsb --stages probe lora

    probe   a linear layer on the frozen encoder: models/train/glue/probe.py
    lora    adapters in every linear layer, and a head; those of seed 0 are kept for SST-2, CoLA and STS-B
    curve   SST-2 with 100 to 10,000 examples, all weights trained: from the pre-trained ones, and from random ones

Every finished run is recorded in results.json and not repeated: stopped and run again, it goes on with the next one.
No run and no step of a run is chosen by its score on the dev set.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from models import glue
from models.train.glue.experiment import STAGES, Experiment, Plan


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.train.glue", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="a folder with SST-2, CoLA, RTE, MRPC, STS-B, WNLI")
    parser.add_argument("--out", type=Path, default=glue.PATH, help="results.json, CARD.md, and a folder per judge")
    parser.add_argument("--work", type=Path, default=Path("runs/glue"), help="the features of the frozen encoder")
    parser.add_argument("--tasks", nargs="+", choices=[*glue.POSED, "wnli"], default=[*glue.POSED, "wnli"])
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--precision", choices=("bf16", "no"), default="bf16", help="no: float32")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """From the command line."""
    args = parse(arguments)
    torch.set_num_threads(args.threads)
    plan = Plan().computed_in(args.precision)
    Experiment(plan, args.data, args.out, args.work).run(args.tasks, args.stages, args.seeds)


if __name__ == "__main__":
    main()
