"""Time of the next token against the tokens before it, with and without the cache of keys and values.

    python -m tests.bench.bench_kv_cache [--d-model 256 --n-layer 3 --repeats 9]

Without a cache every new token costs a forward pass over all T of them; with it, one position that looks back at T.
The vocabulary is small (1000), so that the logits, of one position or of all, hide little of the difference.
Both grow with T; the slopes (microseconds per token, for each token more in the past) say how much.
"""

import argparse
from statistics import linear_regression

import torch

from models.transformer import Transformer, TransformerConfig
from tests.bench.in_turn import in_turn

LENGTHS = (16, 32, 64, 128, 192, 256, 384, 512)
SOURCE = 32


@torch.no_grad()
def measure(config: TransformerConfig, repeats: int) -> list[tuple[int, float, float]]:
    """For each length T: milliseconds for the token after T others, with the cache and without."""
    model = Transformer(config).eval()
    g = torch.Generator().manual_seed(0)
    start = model.encode(torch.randint(1, config.source_vocab_size, (1, SOURCE), generator=g))
    rows = []
    for T in LENGTHS:
        ids = torch.randint(1, config.target_vocab_size, (1, T + 1), generator=g)
        _, cache = model.step(ids[:, :T], start)
        cached, whole = model.step(ids[:, T:], cache)[0][:, -1], model.step(ids, start)[0][:, -1]
        torch.testing.assert_close(cached, whole, rtol=0, atol=1e-4)  # both ways give the same logits
        runs = {
            "cache": lambda ids=ids, cache=cache, T=T: model.step(ids[:, T:], cache),
            "none": lambda ids=ids: model.step(ids, start),
        }
        times = in_turn(runs, repeats)
        rows.append((T, times["cache"], times["none"]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--n-layer", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=9)
    args = parser.parse_args()
    torch.set_num_threads(1)
    config = TransformerConfig(1000, 1000, args.d_model, args.n_layer, n_head=8, d_ff=4 * args.d_model)
    rows = measure(config, args.repeats)
    print(f"d_model {args.d_model}, {args.n_layer} layers, source {SOURCE}, one thread, torch {torch.__version__}\n")
    print(f"{'T':>5} {'cache ms':>9} {'none ms':>9} {'ratio':>6}")
    for T, cache, none in rows:
        print(f"{T:>5} {cache:>9.2f} {none:>9.2f} {none / cache:>6.1f}")
    lengths, cache, none = zip(*rows, strict=True)
    for name, times in (("with cache", cache), ("without", none)):
        print(f"slope {name:>10}: {1000 * linear_regression(lengths, times).slope:8.2f} µs per token of the past")


if __name__ == "__main__":
    main()
