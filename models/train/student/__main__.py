"""Distil a student of two layers from the local BERT's six.   Hinton et al. 2015; Sanh et al. 2019, §3.

    python -m models.train.student --data tatoeba=cmn.tsv wiki-split --stsb GLUE      # one core: a quarter of an hour

Two students are trained alike: one begins as two of the teacher's layers and is kept, the other begins with random
weights, for comparison. Run again with the same arguments, it goes on where it was stopped, or writes the report.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from models import bert
from models.train import command, loop
from models.train.student import report
from models.train.student.training import STARTS, Data, Recipe, Trainer


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = command.arguments(__doc__, Recipe(), Path("runs/student"))
    help_data = "text files or folders, PATH or NAME=PATH: see models/train/texts.py"
    parser.add_argument("--data", nargs="+", required=True, help=help_data)
    parser.add_argument("--stsb", type=Path, required=True, help="a folder with STS-B, which is only tested on")
    return parser.parse_args(arguments)


def main() -> None:
    """From the command line."""
    args = parse()
    recipe = command.begin(Recipe, args)
    data = Data(args.data, recipe, bert.load())
    trainers = {}
    for start in STARTS:
        mine = replace(recipe, start=start)
        trainers[start] = Trainer(data, mine, args.work / start, cpu=not args.gpu)
        writes = loop.finish(trainers[start])
    if writes:
        report.write(trainers, args.stsb, args.out)


if __name__ == "__main__":
    main()
