"""Heads removed one after the other, the least important first.   Michel et al. 2019, §4, Figure 3."""

from collections.abc import Iterator

import numpy as np
from torch import Tensor

from pages.t7_learned_parameters.pruning import CHUNK, importance, score, translations
from pages.t7_learned_parameters.translator_heads import CARD, COLUMNS, N_HEAD, ROWS
from study.controls import Seed
from study.demo import Claim, Evidence, Measured, Origin, Progress
from study.views import Heatmap, Lines, Series

N = 100  # sentences that are translated
LEFT = (36, 30, 24, 18, 12, 6, 0)  # heads
HEADS = tuple((row, head) for row in ROWS for head in range(N_HEAD))
PRESETS = {"first": {}, "other_order": {"seed": 1}, "third_order": {"seed": 2}}


def by_importance(progress: Progress, seed: Seed = 0) -> Iterator[Evidence]:
    """BLEU of 100 held-out sentences while the heads go; the random order is the seed's."""
    scores = importance()  # (9, 4)
    orders = {
        "important": scores.flatten().argsort(stable=True).tolist(),  # the least important first
        "random": np.random.default_rng(seed).permutation(len(HEADS)).tolist(),
    }
    found: dict[str, list[float]] = {name: [] for name in orders}
    for i, left in enumerate(LEFT):
        for name, order in orders.items():
            gone = frozenset(HEADS[k] for k in order[: len(HEADS) - left])
            found[name].append(score([t for start in range(0, N, CHUNK) for t in translations(gone, start)]))
        progress.report((i + 1) / len(LEFT))
        yield _so_far(found, scores)


def _so_far(found: dict[str, list[float]], scores: Tensor) -> Evidence:
    left = LEFT[: len(found["random"])]
    lines = [
        Series("important", left, found["important"], points=True),
        Series("random", left, found["random"], points=True, dashed=True),
    ]
    site = {row[0]: scores[[r.startswith(row[0]) for r in ROWS]].mean().item() for row in ROWS}
    at_half = {name: values[: LEFT.index(18) + 1][-1] for name, values in found.items()}  # or as far as it got
    ends = [values[0] for values in found.values()]
    return Evidence(
        Lines(
            lines,
            x="left",
            y="bleu",
            title="falling",
            x_range=(-1, len(HEADS) + 1),
            y_range=(0, 45),
            x_ticks=LEFT[::-1],
        ),
        Heatmap(scores, ROWS, COLUMNS, "importance", x="head", y="attention", scale="amount"),
        claims=[Claim("same_start", measured=ends[0], expected=ends[1])],
        measured=[
            Measured("half", at_half["important"], decimals=1),
            Measured("half_random", at_half["random"], decimals=1),
            Measured("cross_by_encoder", site["C"] / site["E"], unit="times"),
            Measured("left_now", left[-1]),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
    )
