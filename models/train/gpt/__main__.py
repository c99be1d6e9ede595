"""Train a small GPT on old books.   Radford et al. 2018, §3.1, eq. (1); Radford et al. 2019, §2.

    python -m models.train.gpt --data gutenberg shakespeare=input.txt --blimp blimp   # two cores: about 50 minutes
    accelerate launch -m models.train.gpt --data … --gpu      # GPUs, machines: as `accelerate config` says

Run again with the same arguments, it goes on where it was stopped, or writes the report of a finished training.
"""

import argparse
from pathlib import Path

from models.train import command, loop
from models.train.gpt import report
from models.train.gpt.training import Data, Recipe, Trainer


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = command.arguments(__doc__, Recipe(), Path("runs/gpt"))
    help_data = "text files or folders, PATH or NAME=PATH: see models/train/texts.py"
    parser.add_argument("--data", nargs="+", required=True, help=help_data)
    parser.add_argument("--blimp", type=Path, help="folder with BLiMP.zip: see models/train/blimp.py")
    parser.add_argument("--blimp-pairs", type=int, default=0, help="of each paradigm, 0 = all 1,000: 0")
    return parser.parse_args(arguments)


def main() -> None:
    """From the command line."""
    args = parse()
    recipe = command.begin(Recipe, args)
    data = Data(args.data, recipe)
    print("tokens to train on:", data.tokens()["train"], flush=True)
    trainer = Trainer(data, recipe, args.work, cpu=not args.gpu)
    if loop.finish(trainer):
        report.write(trainer, args.out, args.blimp, args.blimp_pairs)


if __name__ == "__main__":
    main()
