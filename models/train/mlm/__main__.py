"""Train the masked language model: a LoRA adapter and a head on the local BERT.   Devlin et al. 2019, §3.1, Task #1.

    python -m models.train.mlm --data gutenberg tatoeba=cmn.tsv wiki-split wikitext2=valid.txt \\
        wordnet=data.noun wordnet=data.verb wordnet=data.adj wordnet=data.adv \\
        --repeat tatoeba=2 --test wikitext2-test=test.txt --blimp blimp   # two cores with nothing else: two hours
    accelerate launch -m models.train.mlm --data … --gpu      # GPUs, machines: as `accelerate config` says

Run again with the same arguments, it goes on where it was stopped, or writes the report of a finished training.
"""

import argparse
from pathlib import Path

from models import bert
from models.train import command, loop
from models.train.mlm import report
from models.train.mlm.training import Data, Recipe, Trainer


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = command.arguments(__doc__, Recipe(), Path("runs/mlm"))
    help_data = "text files or folders, PATH or NAME=PATH: see models/train/texts.py"
    parser.add_argument("--data", nargs="+", required=True, help=help_data)
    parser.add_argument("--test", nargs="+", default=[], help="the same, only to be tested on")
    parser.add_argument("--blimp", type=Path, help="folder with BLiMP.zip: see models/train/blimp.py")
    parser.add_argument("--blimp-pairs", type=int, default=100, help="of each paradigm, 0 = all 1,000: 100")
    return parser.parse_args(arguments)


def main() -> None:
    """From the command line."""
    args = parse()
    recipe = command.begin(Recipe, args)
    data = Data(args.data, recipe, bert.load(), args.test)
    print("tokens to train on:", data.tokens()["train"], flush=True)
    trainer = Trainer(data, recipe, args.work, cpu=not args.gpu)
    if loop.finish(trainer):
        report.write(trainer, args.out, args.blimp, args.blimp_pairs)


if __name__ == "__main__":
    main()
