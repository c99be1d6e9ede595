"""Next-sentence pairs of books, and linear layers on the local BERT that tell them apart.   Devlin et al. 2019, §3.1.

    python -m models.train.nsp --data gutenberg

Half of the pairs follow each other in a book. The others are made in three ways: with a random sentence of all the
books, as in the paper; with one of the same book; with the two sentences in the wrong order (Lan et al. 2020, §3.1).
A layer trained against one kind is tested against all three, on books that it was not trained on.
"""

import argparse
import platform
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from tqdm import tqdm

from models import bert, checkpoint, nsp
from models.records.nsp import OTHERS, Results, Run
from models.train import loop, texts
from models.train.command import told
from models.train.nsp.card import MOST, card

VERSE = ("blake", "milton", "shakespeare", "whitman")  # where a line's end and a sentence's are not the same
TEST = ("carroll-alice", "austen-persuasion", "chesterton-thursday", "bryant-stories")
LEAST = 20  # letters of a sentence
COMMON = 200  # the most frequent words: they are no shared topic
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)  # times the squared weights, beside the mean loss
ASIDE = 0.1  # of the training pairs, chooses among them
Books = list[list[str]]
Vectors = dict[str, dict[str, Tensor]]  # by kind of pairs, by reading: (N, F)


def books(folder: Path) -> tuple[Books, Books]:
    """The sentences of the prose in a folder, book by book: to train on, and to test on."""
    sides: tuple[Books, Books] = ([], [])
    for path in sorted(folder.glob("*.txt")):
        if not any(name in path.stem for name in VERSE):
            blocks = texts.read(path).blocks
            sides[path.stem in TEST].append([s for block in blocks for s in texts.sentences(block)])
    return sides


def drawn(of: Books, n: int, random: np.random.Generator) -> dict[str, list[nsp.Pair]]:
    """n pairs that follow each other ("next"), and of each of OTHERS as many, with the same first sentences."""
    fits = [[len(texts.key(s)) >= LEAST and len(s) <= MOST for s in book] for book in of]
    places = [(b, i) for b, ok in enumerate(fits) for i in range(len(ok) - 1) if ok[i] and ok[i + 1]]
    chosen = [places[i] for i in random.permutation(len(places))[:n]]
    usable = [np.flatnonzero(ok) for ok in fits]
    every = [(b, int(i)) for b, found in enumerate(usable) for i in found]
    out: dict[str, list[nsp.Pair]] = {name: [] for name in ("next", *OTHERS)}
    for b, i in chosen:
        book = of[b]
        other, place = every[int(random.integers(len(every)))]
        out["next"].append((book[i], book[i + 1]))
        out["random"].append((book[i], of[other][place]))
        out["same_book"].append((book[i], book[int(random.choice(usable[b]))]))
        out["swapped"].append((book[i + 1], book[i]))
    return out


def frequent(of: Books) -> list[str]:
    """The most frequent words of these books."""
    counts = Counter(
        word for book in of for s in book for word in "".join(c if c.isalpha() else " " for c in s).split()
    )
    lower: Counter[str] = Counter()
    for word, n in counts.items():
        lower[word.lower()] += n
    return sorted(word for word, _ in lower.most_common(COMMON))


def read(reader: bert.Bert, pairs: Sequence[nsp.Pair], common: Sequence[str], size: int = 64) -> dict[str, Tensor]:
    """The vectors of many pairs, those of like length together: (N, F) for each reading."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
    back = torch.tensor(order).argsort()
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    with torch.autocast("cpu", torch.bfloat16):
        found = [nsp.vectors(reader, [pairs[i] for i in batch], common) for batch in tqdm(batches, mininterval=5)]
    return {name: torch.cat([f[name] for f in found])[back].float() for name in nsp.READINGS}


def fit(x: Tensor, y: Tensor, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Weight (F,) and bias () of the logistic regression on x (N, F), its penalty chosen on a part set aside."""
    order = torch.from_numpy(random.permutation(len(x)))
    cut = round(ASIDE * len(x))
    aside, rest = order[:cut], order[cut:]
    mean, spread = x[rest].mean(0), x[rest].std(0).clamp_min(1e-6)  # (F,) each
    found = [solve((x[rest] - mean) / spread, y[rest], penalty) for penalty in PENALTIES]
    z = (x[aside] - mean) / spread  # (A, F)
    weight, bias = min(found, key=lambda f: float(binary_cross_entropy_with_logits(z @ f[0] + f[1], y[aside])))
    weight = weight / spread  # (F,)
    return weight, bias - mean @ weight


def solve(x: Tensor, y: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """The weights of least mean loss plus penalty times their squares: convex."""
    weight, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros((), requires_grad=True)
    solver = torch.optim.LBFGS([weight, bias], max_iter=60, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        solver.zero_grad()
        loss = binary_cross_entropy_with_logits(x @ weight + bias, y) + penalty * weight.square().sum()
        loss.backward()
        return loss

    solver.step(objective)
    return weight.detach(), bias.detach()


def accuracy(layer: tuple[Tensor, Tensor], follows: Tensor, other: Tensor) -> float:
    """The share of pairs, half of them following, that a layer judges rightly."""
    weight, bias = layer
    right = torch.cat([follows @ weight + bias > 0, other @ weight + bias <= 0])
    return round(float(right.float().mean()), 4)


def trained(sides: tuple[Books, Books], common: Sequence[str], sizes: Mapping[str, int], seeds: Sequence[int]) -> tuple:
    """All runs, and the layers of the first seed that were trained against any sentence."""
    reader, runs, kept = bert.load(), [], {}
    for seed in seeds:
        random = np.random.default_rng(seed)
        train, test = (
            {kind: read(reader, pairs, common) for kind, pairs in drawn(of, n, random).items()}
            for of, n in zip(sides, sizes.values(), strict=True)
        )
        for reading, against in product(nsp.READINGS, OTHERS):
            (weight, bias), run = one(train, test, reading, against, seed)
            runs.append(run)
            if (against, seed) == ("random", seeds[0]):
                kept |= {f"{reading}.weight": weight, f"{reading}.bias": bias}
    return runs, kept


def one(train: Vectors, test: Vectors, reading: str, against: str, seed: int) -> tuple[tuple[Tensor, Tensor], Run]:
    """A layer trained against one kind of pairs, and what it reaches against all kinds."""
    x = torch.cat([train["next"][reading], train[against][reading]])  # (2N, F)
    y = torch.cat([torch.ones(len(x) // 2), torch.zeros(len(x) // 2)])  # (2N,)
    layer = fit(x, y, np.random.default_rng(seed))
    found = {other: accuracy(layer, test["next"][reading], test[other][reading]) for other in OTHERS}
    return layer, Run(reading, against, seed, found)


def main(arguments: Sequence[str] | None = None) -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="python -m models.train.nsp", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with books, one text file each")
    parser.add_argument("--out", type=Path, default=nsp.PATH)
    parser.add_argument("--train", type=int, default=1500, help="pairs that follow; of each other kind as many")
    parser.add_argument("--test", type=int, default=500)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    begin = time.perf_counter()
    sides = books(args.data)
    common = frequent(sides[0])
    runs, kept = trained(sides, common, {"train": args.train, "test": args.test}, args.seeds)
    checkpoint.write(args.out, "nsp", kept, {"common": common})
    r = Results(
        command=" ".join(["python -m models.train.nsp", *told(sys.argv[1:] if arguments is None else arguments)]),
        date=date.today().isoformat(),
        torch=torch.__version__,
        machine=f"{platform.system()} {platform.machine()}, 1 thread",
        minutes=round((time.perf_counter() - begin) / 60, 1),
        pairs={"train": args.train, "test": args.test},
        books={"train": len(sides[0]), "test": len(sides[1])},
        runs=tuple(runs),
    )
    loop.save_json(args.out / "results.json", asdict(r))
    (args.out / "CARD.md").write_text(card(r), encoding="utf-8")


if __name__ == "__main__":
    main()
