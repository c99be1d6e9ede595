"""Remove heads of the trained translator, and see what is left of its BLEU.   Michel et al. 2019, §2.3, §3."""

import re
from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
import torch

from models import bleu
from pages.t7_learned_parameters.pruning import CHUNK, Heads, importance, score, translations, without
from pages.t7_learned_parameters.translator_heads import CARD, COLUMNS, N_HEAD, ROWS, attentions, load, pairs
from study.controls import Refusal
from study.demo import Claim, Evidence, Measured, Origin, Progress, same
from study.memo import memo
from study.named_cells import Cells, NamedCells
from study.views import Heatmap, Lines, Series

N = 200  # sentences
NAME = re.compile(r"([edc])(?:(\d)(?:\.?h?(\d))?)?")  # E, E0, E0.1
PRESETS = {
    "one": {"remove": "E0.1"},
    "one_each": {"remove": "E0.1 E1.0 E2.0 D0.0 D1.1 D2.3 C0.3 C1.2 C2.3"},
    "encoder": {"remove": "E"},
    "decoder": {"remove": "D"},
    "cross": {"remove": "C"},
}


def parse(text: str) -> Heads:
    """E0.1 is a head, E0 the four of a layer, E those of the encoder. Raises Refusal("unknown_head")."""
    heads: set[tuple[str, int]] = set()
    for word in filter(None, re.split(r"[\s,;，、；]+", text)):
        found = NAME.fullmatch(word.casefold())
        if not found:
            raise Refusal("unknown_head", text=word[:20])
        site, layer, head = found.groups()
        rows = [row for row in ROWS if row.startswith(site.upper() + (layer or ""))]
        if not rows or int(head or 0) >= N_HEAD:
            raise Refusal("unknown_head", text=word[:20])
        heads |= {(row, h) for row in rows for h in (range(N_HEAD) if head is None else [int(head)])}
    if not heads:
        raise Refusal("empty")
    return frozenset(heads)


def cells(text: str) -> Cells:
    """The heads that a text names, as rows and columns of the map. Raises Refusal("unknown_head") or ("empty")."""
    return frozenset((ROWS.index(row), head) for row, head in parse(text))


def names(chosen: Cells) -> str:
    """A text that names these heads: a layer of which all are chosen by its own name."""
    words = []
    for i, row in enumerate(ROWS):
        heads = sorted(head for r, head in chosen if r == i)
        words += [row] if len(heads) == N_HEAD else [f"{row}.{head}" for head in heads]
    return " ".join(words)


Chosen = Annotated[str, NamedCells(200, read=cells, write=names)]


def prune(progress: Progress, remove: Chosen = "C2") -> Iterator[Evidence]:
    """200 held-out sentences, translated greedily with and without these heads."""
    removed = parse(remove)
    claims = _claims(removed)
    whole: list[str] = []
    pruned: list[str] = []
    points: list[tuple[int, float, float]] = []
    for start in range(0, N, CHUNK):
        whole += translations(frozenset(), start)
        pruned += translations(removed, start)
        points.append((len(whole), score(whole), score(pruned)))
        progress.report(len(whole) / N)
        low, high = interval(whole, pruned)
        yield Evidence(
            _curves(points),
            _map(removed),
            claims=claims,
            measured=[
                Measured("change", points[-1][2] - points[-1][1]),
                Measured("low", low),
                Measured("high", high),
                Measured("pruned", points[-1][2]),
                Measured("whole", points[-1][1]),
                Measured("removed", len(removed)),
                Measured("same_texts", np.mean([a == b for a, b in zip(whole, pruned, strict=True)]), unit="share"),
            ],
            origin=Origin.TRAINED_HERE,
            source=CARD,
        )


@torch.no_grad()
def _claims(removed: Heads) -> list[Claim]:
    """Zeroing a head's values does what zeroing its rows of W_O does; how many numbers no longer count."""
    shared = load()
    model, config = shared.model, shared.config
    source = torch.tensor([shared.source_ids(pairs()[0].chinese)])  # (1, S)
    target = torch.tensor([shared.target_ids(pairs()[0].english)])  # (1, T)
    stored = [p.clone() for p in model.parameters()]  # before anything is pruned
    by_output, by_value = (without(model, removed, part)(source, target) for part in ("output", "value"))  # (1, T, V)
    translations(removed, 0)
    moved = sum((a != b).sum().item() for a, b in zip(stored, model.parameters(), strict=True))
    _, module = next(attentions(model))
    numbers = (sum(p.numel() for p in module.parameters()) - config.d_model) / N_HEAD  # b_O belongs to no head
    return [
        same("same_by_value", by_output, by_value, abs=1e-4),  # float32: scores of the pruned heads differ in no way
        Claim("shared_untouched", measured=moved, expected=0),
        Claim("numbers", measured=numbers, expected=4 * config.d_model * config.d_k + 3 * config.d_k),
    ]


def interval(whole: Sequence[str], pruned: Sequence[str], draws: int = 500) -> tuple[float, float]:
    """Paired bootstrap (Koehn 2004): the middle 95% of the change of BLEU over sentences drawn with replacement."""
    n = len(whole)
    drawn = np.random.default_rng(0).integers(n, size=(draws, n))  # (draws, n)
    before, after = (counts(tuple(hyps))[drawn].sum(1) for hyps in (whole, pruned))  # (draws, 10) each
    changes = [_bleu(b) - _bleu(a) for a, b in zip(before, after, strict=True)]
    low, high = np.quantile(changes, [0.025, 0.975])
    return low, high


@memo(size=64)
def counts(hyps: tuple[str, ...]) -> np.ndarray:
    """(n, 10): of each sentence four counts of matches, four of n-grams, and the two lengths."""
    rows = []
    for hyp, pair in zip(hyps, pairs(), strict=False):
        b = bleu.corpus_bleu([hyp], [[pair.english]])
        rows.append([*b.counts, *b.totals, b.sys_len, b.ref_len])
    return np.array(rows)


def _bleu(summed: np.ndarray) -> float:
    return bleu.from_counts(summed[:4], summed[4:8], summed[8], summed[9]).score


def _curves(points: Sequence[tuple[int, float, float]]) -> Lines:
    """BLEU of the first sentences, more and more of them."""
    n, whole, pruned = zip(*points, strict=True)
    lines = [Series("pruned", n, pruned, points=True), Series("whole", n, whole, dashed=True)]
    return Lines(lines, x="sentences", y="bleu", title="so_far", x_range=(0, N + 5), y_range=(0, 50))


def _map(removed: Heads) -> Heatmap:
    """The 36 heads and their importance, those that were removed hatched."""
    gone = np.array([[(row, head) in removed for head in range(N_HEAD)] for row in ROWS])  # (9, 4)
    return Heatmap(
        importance(),
        ROWS,
        COLUMNS,
        "which",
        x="head",
        y="attention",
        scale="amount",
        masked=gone,
        kept=True,
        pick="remove",
    )
