"""The same words guessed from the left by our GPT, from both sides by our masked model.   Devlin et al. 2019, §3.1.

    python -m models.train.sides --data gutenberg shakespeare=input.txt --more tatoeba=cmn.tsv wiki-split …

Nothing is trained. Measured are the passages that neither model was trained on: both splits are drawn again, with the
sources and seeds of both cards, and the passages kept that were held out of both.
"""

import argparse
import json
import platform
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import torch
from tqdm import tqdm

from models import gpt, mlm
from models.records.sides import PATH, results
from models.sides import WAYS, Sides
from models.train import texts
from models.train.command import told
from models.train.gpt import training as gpt_training
from models.train.mlm import training as mlm_training
from models.train.sides.card import card

SOURCE = "gutenberg"
OFTEN, WHOLE = 50, 0.95  # a word on the list: how often in the training text, and how often its token is all of it


def held_out(args: argparse.Namespace) -> tuple[list[str], list[str]]:
    """The passages that neither model was trained on, and those that the GPT was trained on."""
    of_mlm, of_gpt = mlm_training.Recipe(), gpt_training.Recipe()

    def cut(given: Sequence[str], data: type, recipe: object) -> dict[str, list[str]]:
        files = texts.gather(given).items()
        return {name: data.passages(SimpleNamespace(recipe=recipe), found) for name, found in files}

    found = cut([args.data[0], *args.more], mlm_training.Data, of_mlm)
    foreign = cut(args.test, mlm_training.Data, of_mlm)
    first = texts.split(found, of_mlm.seed, of_mlm.dev_share, of_mlm.test_share, mlm_training.unseen(foreign))
    found = cut(args.data, gpt_training.Data, of_gpt)
    second = texts.split(found, of_gpt.seed, of_gpt.dev_share, of_gpt.test_share, gpt_training.WATCHED)
    large = [texts.key(p) for p in second.dev[SOURCE] + second.test[SOURCE]]
    small = first.dev[SOURCE] + first.test[SOURCE]
    return [p for p in small if any(texts.key(p) in k for k in large)], second.train[SOURCE]


def common(writer: gpt.Writer, masked: mlm.MaskedLM, passages: Sequence[str]) -> list[str]:
    """Words in small letters that are one token for both models, a token that seldom begins another word."""
    begun, whole = Counter(), Counter()
    for e in writer.tokenizer.encode_batch(list(passages)):
        shown = [writer.pieces[i] for i in e.ids]
        for piece, after in zip(shown, [*shown[1:], "▁"], strict=True):
            begun[piece] += 1
            whole[piece] += not after[0].isalnum()
    known = masked.base.tokenizer.token_to_id
    return sorted(
        piece[1:]
        for piece, n in begun.items()
        if re.fullmatch("▁[a-z]+", piece) and n >= OFTEN and whole[piece] >= WHOLE * n and known(piece[1:]) is not None
    )


def measured(sides: Sides, passages: Sequence[str]) -> dict:
    """Of every guessed word of the passages: how many tokens stand behind it, and what each way of reading says."""
    ranks, log_probs, after = {w: [] for w in WAYS}, {w: [] for w in WAYS}, []
    for text in tqdm(passages, mininterval=5):
        for start, stop in sides.places(text):
            ids, at = sides.masked_ids(text, start, stop)
            after.append(len(ids) - at - 2)
            for way, guess in sides.compare(text, start, stop).items():
                ranks[way].append(guess.rank)
                log_probs[way].append(round(guess.log_prob, 4))
    return {"after": after, "ranks": ranks, "log_probs": log_probs}


def main(arguments: Sequence[str] | None = None) -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m models.train.sides", description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs=2, required=True, help="what the GPT was trained on, in its card's order")
    parser.add_argument(
        "--more", nargs="+", required=True, help="what the masked model was trained on beside the first"
    )
    parser.add_argument("--test", nargs="+", default=[], help="what the masked model was tested on only")
    parser.add_argument("--out", type=Path, default=PATH)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    begin = time.perf_counter()
    passages, trained = held_out(args)
    writer, masked = gpt.load(), mlm.load()
    sides = Sides(writer, masked, common(writer, masked, trained))
    found = {
        "command": " ".join(["python -m models.train.sides", *told(sys.argv[1:] if arguments is None else arguments)]),
        "date": date.today().isoformat(),
        "torch": torch.__version__,
        "machine": f"{platform.system()} {platform.machine()}, 1 thread",
        "passages": len(passages),
        "words": sides.words,
        **measured(sides, passages),
    }
    found["minutes"] = round((time.perf_counter() - begin) / 60, 1)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(found, separators=(",", ":")) + "\n", encoding="utf-8")
    args.out.with_name("CARD.md").write_text(card(results(args.out)), encoding="utf-8")


if __name__ == "__main__":
    main()
