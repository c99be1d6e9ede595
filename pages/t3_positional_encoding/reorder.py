"""Self-attention reads a set: without positions, words in another order give the same vectors.   §3.5."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor

from pages.t3_positional_encoding import reordered_bert
from pages.t3_positional_encoding.inputs import Line, labels
from study import local_bert
from study.controls import Choice, Seed, When
from study.demo import Evidence, Measured, Origin, same
from study.views import Heatmap, Say, Span, Tokens

ROUNDING = 1e-9  # a change below it is a zero, and told as 0
PRESETS = {
    "chase": {"sentence": "dogs chase cats", "how": "reverse"},
    "not_bad": {"sentence": "not bad , good", "how": "swap"},
    "long": {"sentence": "The animal didn't cross the street because it was too tired.", "how": "shuffle", "seed": 0},
}


def reorder(
    sentence: Line = "dogs chase cats",
    how: Annotated[str, Choice("reverse", "rotate", "swap", "shuffle")] = "reverse",
    seed: Annotated[Seed, When(how="shuffle")] = 0,
) -> Evidence:
    """The local BERT reads the sentence and the same words in another order, with and without its positions."""
    trace = local_bert.trace(sentence, 24)
    places = reordered_bert.moved(trace.tokens, how, seed)
    old, new = trace.ids, [trace.ids[i] for i in places]
    run = reordered_bert.encode([old, new, old, new], [False, False, True, True])
    bare, bare_new, usual, usual_new = run.hidden.unbind(1)  # (L+1, T, C) each
    bare, again = bare[:, places], usual[:, places]  # (L+1, T, C) each: token by token in the new order
    looks, looks_new = run.attentions[:, 0], run.attentions[:, 1]  # (L, H, T, T) each
    tokens = [trace.tokens[i] for i in places]
    without, seen = _changes(bare, bare_new), _changes(again, usual_new)  # (T, L+1) each
    return Evidence(
        _map(without, tokens, Say("without", most=_short(without.max()))),
        _map(seen, tokens, Say("with", most=_short(seen.max())), role="position"),
        _new_order(tokens, places),
        claims=[
            same("hidden_same", bare_new, bare, abs=1e-9),
            same("weights_same", looks_new, looks[..., places, :][..., places], abs=1e-9),
            same("sentence_same", _alike(bare, bare_new), 1, abs=1e-9),
            same("real_model", usual, trace.hidden, abs=1e-4),
        ],
        measured=[
            Measured("sentence_without", _alike(bare, bare_new)),
            Measured("sentence_with", _alike(again, usual_new)),
            Measured("causal", reordered_bert.causal_change(run, 0, 1, places)),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.MODEL,
        notices=local_bert.unknown(trace.tokens),
    )


def _new_order(tokens: Sequence[str], places: Sequence[int]) -> Tokens:
    spans = [Span(j, j + 1, "focus", Say("was_at", place=i)) for j, i in enumerate(places) if i != j]
    return Tokens(tokens, spans, {"focus": "moved"}, "new_order")


def _changes(before: Tensor, after: Tensor) -> Tensor:
    """1 − cosine of each token's vector before and after, layer by layer: (L+1, T, C) twice -> (T, L+1)."""
    change = 1 - torch.cosine_similarity(after, before, -1)  # (L+1, T)
    return torch.where(change > ROUNDING, change, 0).T  # (T, L+1)


def _short(change: Tensor) -> str:
    """The largest change for a title."""
    return f"{change:.2g}" if change else "0"


def _map(change: Tensor, tokens: Sequence[str], title: Say, role: str = "") -> Heatmap:
    return Heatmap(
        change,
        rows=tokens,
        cols=labels(range(change.shape[1])),
        title=title,
        x="layer",
        y="token",
        scale="amount",
        group="change",
        hover="change_of",
        role=role,
    )


def _alike(before: Tensor, after: Tensor) -> Tensor:
    """Cosine of two sentence vectors, the means over the tokens of the last layer."""
    return torch.cosine_similarity(before[-1].mean(0), after[-1].mean(0), 0)
