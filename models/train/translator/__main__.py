"""Train the translator, Chinese to English, on Tatoeba's sentence pairs.   Vaswani et al. 2017, §5, on a small scale.

    python -m models.train.translator --data cmn.tsv                      # two cores: about an hour and a half
    accelerate launch -m models.train.translator --data cmn.tsv --gpu     # GPUs, machines: as `accelerate config` says
    torchrun --nproc_per_node 2 -m models.train.translator --data cmn.tsv # two processes on CPUs

Run again with the same arguments, it goes on where it was stopped, or writes the report of a finished training.
"""

import argparse
from pathlib import Path

from models.train import command, loop
from models.train.translator import report
from models.train.translator.training import Data, Recipe, Trainer


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = command.arguments(__doc__, Recipe(), Path("runs/translator"))
    parser.add_argument("--data", type=Path, required=True, help="English TAB Chinese TAB attribution, one pair a line")
    return parser.parse_args(arguments)


def main() -> None:
    """From the command line."""
    args = parse()
    recipe = command.begin(Recipe, args)
    trainer = Trainer(Data(args.data, recipe), recipe, args.work, cpu=not args.gpu)
    if loop.finish(trainer):
        report.write(trainer, args.out)


if __name__ == "__main__":
    main()
