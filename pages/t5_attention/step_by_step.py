"""Equation (1) one matrix at a time, a chosen cell of Q Kᵀ followed through.   Vaswani et al. 2017, §3.2.1."""

from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention, heads, toy
from pages.t5_attention.inputs import LINE, Line, numbers
from study import local_bert
from study.controls import Cell, Choice, Refusal, Seed, Slider, Toggle, When
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Bars, Chain, Heatmap, Key, Mark, Say

LIMIT = 24  # tokens: what a reader can still tell apart in a T × T matrix
SHOWN = 64  # components of a vector that are drawn: BERT's X has 384
PRESETS = {
    "it_animal": {"sentence": LINE, "cell": (9, 1), "step": "scores"},
    "animal_it": {"sentence": LINE, "cell": (1, 9), "step": "scores"},
    "same_word": {"sentence": LINE, "cell": (0, 6), "step": "scores"},
    "masked": {"causal": True, "step": "scaled"},
    "bert": {"sentence": LINE, "source": "bert", "cell": (10, 2), "step": "weights"},
}


def step_by_step(
    sentence: Line = LINE,
    source: Annotated[str, Choice("toy", "bert")] = "toy",
    d_k: Annotated[int, Slider(1, 64, scale="log"), When(source="toy")] = 8,
    layer: Annotated[local_bert.Layer, When(source="bert")] = 3,
    head: Annotated[local_bert.Head, When(source="bert")] = 1,
    causal: Annotated[bool, Toggle()] = False,
    cell: Annotated[tuple[int, int], Cell(LIMIT)] = (9, 1),
    seed: Annotated[Seed, When(source="toy")] = 0,
) -> Evidence:
    """One head from X to its output; the query and the key of the chosen cell are outlined wherever they occur."""
    real = source == "bert"
    if real:
        start = heads.of_bert(local_bert.trace(sentence, LIMIT), layer, head)
    else:
        start = heads.of_toy(_toy_words(sentence), d_k, seed)
    T = len(start.tokens)
    mask = attention.causal_mask(T) if causal else None  # (T, T), True = may look
    steps = attention.steps(*start.qkv, mask)
    i, j = chosen = Cell.inside(cell, (T, T))
    return Evidence(
        *_steps(start, steps, mask, chosen),
        claims=_claims(start, steps, mask, chosen),
        measured=[
            Measured("dot", steps.scores[i, j]),
            Measured("swapped", steps.scores[j, i]),
            Measured("weight", steps.weights[i, j], unit="share"),
        ],
        origin=Origin.PRETRAINED if real else Origin.TOY,
        source=local_bert.source(layer, head) if real else "",
        notices=local_bert.unknown(start.tokens) + [Say("mask_is_ours")] * (real and causal),
    )


def _steps(start: heads.Head, steps: attention.Steps, mask: Tensor | None, chosen: tuple[int, int]) -> list[Step]:
    """The matrices in the order of the formula. Query i asks, key j answers, with value j; output i comes out."""
    (i, j), (q, k, v), tokens = chosen, start.qkv, start.tokens  # (T, d_k) each; d_v = d_k
    asks, answers = Mark("query", row=i), Mark("key", row=j)
    hidden = None if mask is None else ~mask  # (T, T), True = drawn hatched

    def square(z: Tensor, title: str, **look) -> Heatmap:
        """A row per query and a column per key; a click chooses a cell."""
        place = {"x": "keys", "y": "queries", "pick": "cell", "selected": chosen}
        marks = asks, Mark("key", col=j)
        return Heatmap(z, tokens, tokens, Say(title, size=len(tokens)), marks=marks, **place, **look)

    # one colour scale with the scores before: a cell that shrinks is seen to shrink
    scores = square(steps.scores, "scores", group="scores", hover="score_of")
    scaled = "scaled" if mask is None else "masked"
    weights = {"scale": "weight", "hover": "weight_of", "masked": hidden}
    return [
        Step("x", _vectors(start.x, tokens, "X", "hidden", asks, answers, group="")),
        Step(
            "qkv",
            _vectors(q, tokens, "Q", "query", asks),
            _vectors(k, tokens, "K", "key", answers),
            _vectors(v, tokens, "V", "value", Mark("value", row=j)),
        ),
        Step("scores", scores, _term_by_term(q[i], k[j])),
        Step("scaled", scores, square(steps.scaled, scaled, group="scores", hover="score_of", masked=hidden)),
        Step(
            "weights",
            square(steps.weights, "weights", **weights),
            Bars(steps.weights[i], tokens, x="keys", y="weight", title="row", y_range=(0, 1)),
            _cell_by_hand(start, steps, chosen, mask is not None),
        ),
        Step(
            "output",
            square(steps.weights, "A", **weights),
            _vectors(v, tokens, "times_V", "value", Mark("value", row=j)),
            _vectors(steps.output, tokens, "output", "hidden", asks),
        ),
    ]


def _toy_words(sentence: str) -> list[str]:
    tokens = toy.words(sentence)
    if not tokens:
        raise Refusal("empty")
    if len(tokens) > LIMIT:
        raise Refusal("too_many_tokens", tokens=len(tokens), limit=LIMIT)
    return tokens


def _vectors(z: Tensor, tokens: list[str], name: str, role: str, *marks: Mark, group: str = "qkv") -> Heatmap:
    """One row per token, z (T, width). Q, K, V and the output share a colour scale; X is on another."""
    rows, width = z.shape
    shown = min(width, SHOWN)
    part = {"shown": shown} if shown < width else {}
    title = Say(f"{name}_part" if part else name, rows=rows, cols=width, **part)
    return Heatmap(z[:, :shown], tokens, numbers(shown), title, x="dimension", role=role, group=group, marks=marks)


def _term_by_term(q: Tensor, k: Tensor) -> Heatmap:
    """The dot product of a query and a key (d_k,): one below the other what is multiplied, and what is added up."""
    z = torch.stack([q, k, q * k], dim=1)  # (d_k, 3)
    marks = Mark("query", col=0), Mark("key", col=1)
    return Heatmap(z, numbers(len(q)), ["q", "k", "q×k"], "term_by_term", y="dimension", marks=marks)


def _cell_by_hand(start: heads.Head, steps: attention.Steps, chosen: tuple[int, int], causal: bool) -> Chain:
    """From the chosen dot product to its weight, with the softmax written out: e to the score over the row's sum."""
    (i, j), (q, k, _) = chosen, start.qkv
    row = steps.masked[i].exp()  # (T,)
    links: list[tuple[Key, Tensor]] = [
        ("dot_product", (q[i] * k[j]).sum()),
        (Say("scaled_cell", d_k=q.shape[1]), steps.scaled[i, j]),
        ("exponential", row[j]),
        ("row_total", row.sum()),
        ("weight_cell", row[j] / row.sum()),
    ]
    if causal:
        links.insert(2, ("masked_cell", steps.masked[i, j]))
    joins = [*["→"] * (len(links) - 3), "÷", "="]
    return Chain(links, title="cell", joins=joins)


def _claims(start: heads.Head, steps: attention.Steps, mask: Tensor | None, chosen: tuple[int, int]) -> list[Claim]:
    (i, j), (q, k, v) = chosen, start.qkv
    row = steps.masked[i].exp()  # (T,)
    torchs = F.scaled_dot_product_attention(q, k, v, is_causal=mask is not None)  # (T, d_k)
    claims = [
        Claim("projections", measured=start.gap, expected=0, abs=start.room),
        Claim("terms", measured=(q[i] * k[j]).sum(), expected=steps.scores[i, j], abs=1e-9),
        Claim("weight_by_hand", measured=row[j] / row.sum(), expected=steps.weights[i, j], abs=1e-9),
        same("same_as_torch", steps.output, torchs, abs=1e-6),
        same("rows_sum_to_one", steps.weights.sum(-1), 1, abs=1e-9),
    ]
    if mask is not None:
        claims.append(Claim("masked_weights", measured=steps.weights[~mask].sum(), expected=0))
        claims.append(Claim("first_sees_itself", measured=steps.weights[0, 0], expected=1, abs=1e-12))
    return claims
