"""What [CLS], [SEP] and the mean of the local BERT are worth before fine-tuning.   Reimers & Gurevych 2019, Table 1.

    python -m models.train.sentence_vectors --data glue          # a folder that holds STS-B

Nothing is trained. STS-B's dev set, cosine of two vectors, Spearman's correlation with people's scores.
"""

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch

from models import bert
from models.records.sentence_vectors import PATH, Results, write
from models.train.command import told
from models.train.glue import data
from models.train.sentence_vectors.card import card
from models.train.sentence_vectors.measure import scores


def main(arguments: Sequence[str] | None = None) -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m models.train.sentence_vectors", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="a folder with STS-B")
    parser.add_argument("--out", type=Path, default=PATH, help="results.json; CARD.md beside it")
    given = list(sys.argv[1:] if arguments is None else arguments)
    args = parser.parse_args(given)
    torch.set_num_threads(1)
    started = time.perf_counter()
    examples = data.read(args.data, "stsb").dev
    spearman = scores(bert.load(), examples)
    results = Results(
        command=" ".join(["python -m models.train.sentence_vectors", *told(given)]),
        date=date.today().isoformat(),
        torch=torch.__version__,
        machine=f"{platform.system()} {platform.machine()}, 1 thread",
        minutes=round((time.perf_counter() - started) / 60, 2),
        pairs=len(examples),
        spearman=spearman,
    )
    write(results, args.out)
    (args.out.parent / "CARD.md").write_text(card(results), encoding="utf-8")


if __name__ == "__main__":
    main()
