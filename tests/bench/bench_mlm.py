"""Filling a gap: models.mlm against transformers' BERT without any head or adapter, and scoring one text against many.

    python -m tests.bench.bench_mlm [--repeats 30 --threads 2]

The first table says what adapters, head and a distribution over all pieces cost beside the bare encoder's pass over the
same ids, in turn. The second: pseudo-log-likelihoods of sentences of like length, together and one after the other.
"""

import argparse

import torch
from transformers import BertModel

from models import bert_files, mlm
from tests.bench.in_turn import in_turn

TEXTS = ("paris is the [MASK] of france.", "the [MASK] did not cross the street because it was too [MASK]. " * 4)
MANY = [
    f"the {who} of the small village {did} the old book."
    for who in ("girl", "priest", "king", "men")
    for did in ("reads", "read", "sold", "has")
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model = mlm.load()
    encoder = BertModel.from_pretrained(bert_files.folder()).eval()
    print(f"{args.threads} threads, torch {torch.__version__}; medians of {args.repeats}, in turn\n")
    print(f"{'tokens':>7} {'fill ms':>9} {'bare encoder ms':>16} {'ratio':>6}")
    for text in TEXTS:
        ids = torch.tensor([model.encode(text).ids])  # (1, T)

        def bare(ids=ids):
            with torch.no_grad():
                return encoder(ids)

        found = in_turn({"fill": lambda text=text: model.fill(text, k=10), "bare": bare}, args.repeats)
        ratio = found["fill"] / found["bare"]
        print(f"{ids.shape[1]:>7} {found['fill']:>9.2f} {found['bare']:>16.2f} {ratio:>6.2f}")
    one, many = (lambda: [model.score(text) for text in MANY]), (lambda: model.scores(MANY))
    found = in_turn({"one by one": one, "together": many}, max(3, args.repeats // 5))
    print(f"\nscoring {len(MANY)} texts: together / one by one = {found['together'] / found['one by one']:.2f}")


if __name__ == "__main__":
    main()
