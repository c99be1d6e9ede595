"""Which head points from a pronoun to its noun? Count, before a picture convinces.   Clark et al. 2019, §4.3."""

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor
from torch.nn import functional as F

from pages.t6_self_attention import pronoun_bench as bench
from pages.t6_self_attention.marked_lines import LINES, TELLING
from pages.t6_self_attention.pronoun_bench import Case
from study import local_bert
from study.controls import Choice, Refusal, Texts
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Heatmap, Lines, Say, Series, Table

LEAST = 4  # sentences: two halves of two
WHO = ["who", "all_lines", "first_half", "second_half", "both_of_pair"]
EACH = ["line", "sentence", "right_noun", "picked", "hit"]

PRESETS = {
    "best": {"lines": LINES, "layer": 4, "head": 5, "step": "compared"},
    "first_half": {"lines": LINES, "layer": 4, "head": 8, "step": "compared"},
    "each": {"lines": LINES, "layer": 3, "head": 1, "step": "sentences"},
    "words": {"lines": LINES, "among": "words", "layer": 1, "head": 3, "step": "compared"},
    "telling": {"lines": TELLING, "layer": 1, "head": 3, "step": "compared"},
}


def pronouns(
    lines: Annotated[str, Texts(6000, most=48)] = LINES,
    among: Annotated[str, Choice(*bench.AMONG)] = "nouns",
    layer: local_bert.Layer = 3,
    head: local_bert.Head = 1,
) -> Evidence:
    """How often each head gives the right noun most; the best of 72 beside rules, chance and lines it never saw."""
    cases = bench.cases(lines, among)
    if len(cases) < LEAST:
        raise Refusal("few_lines", lines=len(cases), least=LEAST)
    n = len(cases)
    half = _half(cases)
    hits = bench.hits(cases)  # (S, L, H)
    rates = hits.double().mean(0)  # (L, H)
    top = bench.best(cases)
    chance, one = bench.by_chance(cases)  # (draws,) each
    return Evidence(
        Step("heads", _of_heads(rates, n, top, layer, head)),
        Step(
            "compared",
            _luck(chance, real=rates[top].item()),
            Table(
                WHO,
                _compared(cases, hits, (layer, head), chance),
                Say("compared", n=half, rest=n - half),
            ),
        ),
        Step("sentences", _sentences(cases, layer, head)),
        claims=[
            _same_as_torch(cases[0], layer, head),
            Claim("ticks", measured=rates[layer, head] * n, expected=_ticks(cases, layer, head), abs=1e-9),
            Claim("fair_draws", measured=one.mean(), expected=sum(1 / len(c.words) for c in cases) / n, abs=0.06),
            *_rules_get_half(cases),
        ],
        measured=[
            Measured("best", rates[top], unit="share"),
            Measured("luck_share", (chance >= rates[top].float() - 1e-6).double().mean(), unit="share"),
            Measured("right_noun", rates[layer, head], unit="share"),
            Measured("some_noun", sum(c.picks[layer, head].item() in c.nouns for c in cases) / n, unit="share"),
            *_pairs_right(cases, hits),
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.MODEL,
    )


def _of_heads(rates: Tensor, n: int, top: tuple[int, int], layer: int, head: int) -> Heatmap:
    """The hit rate of every head, rates (L, H), on n sentences; a click chooses another."""
    title = Say("rates", lines=n, layer=top[0], head=top[1])
    return local_bert.by_head(rates, title, layer, head, scale="amount", hover="rate_of")


def _half(cases: Sequence[Case]) -> int:
    """How many sentences a head is chosen on; the others test it."""
    return (len(cases) + 1) // 2


def _compared(cases: list[Case], hits: Tensor, chosen: tuple[int, int], chance: Tensor) -> list[list]:
    """The table's rows: the chosen head, the best of all, the best of the first half, two fixed rules, luck."""
    half, pairs = _half(cases), bench.pairs(cases)

    def row(name: Say, right: list[bool]) -> list:
        *rates, both = bench.standing(right, pairs)
        return [name, *map(_per_cent, rates), f"{both}/{len(pairs)}"]

    def of_head(key: str, where: tuple[int, int]) -> list:
        return row(Say(key, layer=where[0], head=where[1]), hits[:, *where].tolist())

    halves = [bench.by_chance(part)[0].mean().item() for part in (cases[:half], cases[half:])]
    return [
        of_head("chosen_head", chosen),
        of_head("best_of_all", bench.best(cases)),
        of_head("best_of_first", bench.best(cases[:half])),
        row(Say("nearest"), _nearest_is_right(cases)),
        row(Say("first"), [c.first == c.right for c in cases]),
        [Say("luck"), *map(_per_cent, (chance.mean().item(), *halves)), ""],
    ]


def _per_cent(rate: float) -> float:
    """With three digits, as the large number tells it."""
    return float(f"{100 * rate:.3g}")


def _nearest_is_right(cases: Sequence[Case]) -> list[bool]:
    return [c.nearest == c.right for c in cases]


def _luck(chance: Tensor, real: float) -> Lines:
    """How often the best of 72 heads reaches which rate where the right answers are drawn; the real best is marked."""
    rate, count = chance.unique(return_counts=True)
    draws = Series("share_of_draws", rate, count / len(chance), points=True)
    return Lines([draws], x="rate", y="share_of_draws", title="luck_title", here=real)


def _line_by_line(cases: Sequence[Case], layer: int, head: int) -> list[list]:
    """Of every sentence: what it says, the right candidate, and the one that the head gives most."""
    rows = []
    for number, case in enumerate(cases, 1):
        right, picked = case.right, case.picks[layer, head].item()
        words, tick = case.words, "✓" if picked == right else "✗"
        rows.append([str(number), case.marked.text, words[right], words[picked], tick])
    return rows


def _sentences(cases: Sequence[Case], layer: int, head: int) -> Table:
    title = Say("line_by_line", layer=layer, head=head)
    return Table(EACH, _line_by_line(cases, layer, head), title)


def _ticks(cases: Sequence[Case], layer: int, head: int) -> int:
    return sum(row[EACH.index("hit")] == "✓" for row in _line_by_line(cases, layer, head))


def _same_as_torch(case: Case, layer: int, head: int) -> Claim:
    trace = local_bert.traced(case.marked.text)
    q, k = trace.queries[layer, head].double(), trace.keys[layer, head].double()  # (T, d_k) each
    identity = torch.eye(len(q), dtype=q.dtype)  # (T, T): with V = I the output is the weights
    again = F.scaled_dot_product_attention(q, k, identity)  # (T, T)
    return same("same_as_torch", trace.attentions[layer, head], again, abs=1e-5)


def _rules_get_half(cases: Sequence[Case]) -> list[Claim]:
    """A rule that points at the same noun in both sentences of a pair is right once in every pair."""
    nearest, pairs = _nearest_is_right(cases), bench.pairs(cases)
    right = sum(nearest[i] + nearest[j] for i, j in pairs)
    return [Claim("rules_get_half", measured=right / 2 / len(pairs), expected=0.5)] if pairs else []


def _pairs_right(cases: Sequence[Case], hits: Tensor) -> list[Measured]:
    """How many pairs there are, and the most that any one head gets right in both sentences; hits (S, L, H)."""
    pairs = bench.pairs(cases)
    both = [hits[i] & hits[j] for i, j in pairs]  # (L, H) each
    most = torch.stack(both).sum(0).max() if both else 0
    return [Measured("pairs", len(pairs)), Measured("most_pairs", most)]
