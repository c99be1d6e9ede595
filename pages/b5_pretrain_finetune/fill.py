"""Every token masked in turn: what our masked language model puts there, and the sum of ln p.   Salazar et al. 2020."""

import math
from typing import Annotated

import torch
from torch import Tensor

from models import mlm
from pages.b5_pretrain_finetune.inputs import LIMIT, LINE, MLM_CARD, Line, read
from study import local_bert
from study.controls import Cell
from study.demo import Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Heatmap, Say, Span, Tokens

TOP, GUESSES = 5, 5
PRESETS = {
    "both_ends": {"sentence": LINE, "cell": (12, 0), "step": "guess"},
    "fire": {"sentence": LINE, "cell": (6, 0), "step": "guess"},
    "son": {"sentence": LINE, "cell": (13, 0), "step": "guess"},
    "whole": {"step": "sentence"},
}


def fill(sentence: Line = LINE, cell: Annotated[tuple[int, int], Cell(LIMIT)] = (10, 0)) -> Evidence:
    """One masked token and its guesses; all tokens and their pseudo-log-likelihood."""
    e = read(sentence)
    tokens, ids = e.tokens[1:-1], e.ids[1:-1]
    found = distributions(sentence)  # (T, V)
    own = found[range(len(ids)), ids]  # (T,)
    ranks = 1 + (found > own[:, None]).sum(1)  # (T,)
    sums = found.sum(1)  # (T,): claims that hold `found` until they are asked for would hold megabytes
    log_p = own.clamp_min(1e-300).log()  # (T,)
    row, col = Cell.inside(cell, (len(tokens), 2))
    both = torch.stack([own, found.amax(1)], dim=1)  # (T, 2)
    named = [f"{i} {token}" for i, token in enumerate(tokens, 1)]
    return Evidence(
        Step(
            "guess",
            Heatmap(both, tokens, ["p", "max"], "own", scale="weight", pick="cell", selected=(row, col), hover="told"),
            _guesses(found[row], tokens[row]),
        ),
        Step("sentence", Bars(-log_p, named, x="token", y="nats", title="surprise"), _ranks(tokens, ranks)),
        claims=lambda: [
            same("sums_to_one", sums, [1.0] * len(ids), abs=1e-9),
            same("as_scored", log_p, scored(sentence), abs=2e-3),  # float32, other batches
        ],
        measured=[
            Measured("own_p", own[row], unit="share", step="guess"),
            Measured("own_rank", ranks[row], step="guess"),
            Measured("total", log_p.sum(), step="sentence"),
            Measured("pseudo_perplexity", math.exp(-log_p.mean()), step="sentence"),
            Measured("first", (ranks == 1).double().mean(), unit="share", step="sentence"),
        ],
        origin=Origin.TRAINED_HERE,
        source=MLM_CARD,
        notices=local_bert.unknown(tokens),
    )


def _guesses(p: Tensor, token: str) -> Bars:
    """The most probable pieces at a masked token, p (V,)."""
    best, pieces = p.topk(GUESSES), mlm.load().pieces
    names = [pieces[i] for i in best.indices.tolist()]
    return Bars(best.values, names, x="guess", y="probability", title=Say("guesses", token=token), y_range=(0, 1))


def _ranks(tokens: list[str], ranks: Tensor) -> Tokens:
    """The sentence, each token marked by its place among the guesses."""
    marks = ["right" if rank == 1 else "focus" if rank <= TOP else "wrong" for rank in ranks.tolist()]
    spans = [Span(i, i + 1, mark) for i, mark in enumerate(marks)]
    return Tokens(tokens, spans, {mark: mark for mark in sorted(set(marks))}, title="ranks")


@memo(size=8)
def distributions(sentence: str) -> Tensor:
    """What may stand at each token of a sentence while it alone is masked: (T, V), one run of the model for each."""
    ids = mlm.load().encode(sentence).ids
    return torch.cat([mlm.load().distribution(ids, [i]) for i in range(1, len(ids) - 1)])


@memo
def scored(sentence: str) -> tuple[float, ...]:
    """The same ln p as the model's own score tells them, all tokens in one batch."""
    return mlm.load().score(sentence).log_probs
