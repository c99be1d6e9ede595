"""The small GPT's speed: tokens a second of generate, with the cache of keys and values and without it.

    python -m tests.bench.bench_gpt [--repeats 3 --threads 2]

The same tokens both ways: temperature 0 from the same prompt, every distribution kept.
"""

import argparse
import time
from functools import partial

import torch

from models import decoding, gpt
from tests.bench.with_cache import compare

LENGTHS = (16, 32, 64, 128)
PROMPT = "The old king said to his daughter:"


def run(w: gpt.Writer, n: int, cached: bool) -> tuple[float, tuple[int, ...]]:
    """Seconds for n tokens, and the tokens."""
    began = time.perf_counter()
    if cached:
        found = tuple(s.id for s in w.generate(PROMPT, n, temperature=0).steps)
    else:
        step, cache = decoding.from_forward(w.model)
        prompt = torch.tensor([w.ids(PROMPT)])
        [one] = decoding.sample(step, cache, prompt, gpt.START, n, 0, temperature=0)
        found = one.tokens
    return time.perf_counter() - began, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    w = gpt.load()
    print(f"one text, {args.threads} threads, torch {torch.__version__}\n")
    compare(partial(run, w), LENGTHS, args.repeats)


if __name__ == "__main__":
    main()
