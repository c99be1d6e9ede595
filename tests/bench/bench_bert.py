"""Our BERT against transformers' (eager attention) on the same weights: time of a forward pass.

    python -m tests.bench.bench_bert [--repeats 15]

Both keep every attention and every state ("trace"), which is what the lessons ask for; "bare" asks the other for its
last states only, which ours does not offer apart.
"""

import argparse

import torch
from transformers import BertModel

from models import bert, bert_files
from tests.bench.in_turn import in_turn

TEXTS = ("the cat sat", "the animal did not cross the street because it was too tired . " * 2, "a long text . " * 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    ours = bert.load()
    theirs = BertModel.from_pretrained(bert_files.folder(), attn_implementation="eager").eval()
    print(f"one thread, torch {torch.__version__}; medians of {repeats}, in turn\n")
    print(f"{'tokens':>7} {'what':>7} {'ours ms':>9} {'theirs ms':>10} {'ours / theirs':>14}")
    for text in TEXTS:
        ids = torch.tensor([ours.trace(text).ids])
        for name, more in (("bare", False), ("trace", True)):

            def other(ids=ids, more=more):
                with torch.no_grad():
                    return theirs(ids, output_attentions=more, output_hidden_states=more)

            found = in_turn({"ours": lambda text=text: ours.trace(text), "theirs": other}, repeats)
            a, b = found["ours"], found["theirs"]
            print(f"{ids.shape[1]:>7} {name:>7} {a:>9.2f} {b:>10.2f} {a / b:>14.2f}")


if __name__ == "__main__":
    main()
