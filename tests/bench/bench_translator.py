"""The translator's speed: tokens a second with and without the cache of keys and values, against the length.

    python -m tests.bench.bench_translator [--repeats 3]

Greedy decoding of one sentence to exactly T tokens (the end symbol is not let through), both ways in turn.
"""

import argparse
import time
from functools import partial

import torch

from models import decoding, translator
from models.translator_vocabulary import END, START
from tests.bench.with_cache import compare

LENGTHS = (8, 16, 32, 64, 128)
SENTENCE = "虽然下雨，但是我们还是去了公园。"


def decode(tr: translator.Translator, T: int, cached: bool) -> tuple[float, tuple[int, ...]]:
    """Seconds for T tokens, and the tokens."""
    source = torch.tensor([tr.source_ids(SENTENCE)])
    prompt, model = torch.tensor([[START]]), tr.model

    def endless(step):
        def run(tokens, cache):
            logits, cache = step(tokens, cache)
            return logits.index_fill(-1, torch.tensor([END]), -torch.inf), cache

        return run

    began = time.perf_counter()
    if cached:
        step, cache = model.step, model.encode(source)
    else:
        step, cache = decoding.from_forward(lambda ids: model(source, ids))
    found = decoding.greedy(endless(step), cache, prompt, END, T, keep=False)[0]
    return time.perf_counter() - began, found.tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    tr = translator.load()
    print(f"one sentence, one thread, torch {torch.__version__}\n")
    compare(partial(decode, tr), LENGTHS, repeats)


if __name__ == "__main__":
    main()
