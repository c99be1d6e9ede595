"""From next-token logits to a text: greedy, beam search, sampling.   Vaswani et al. 2017, §6.1; Wu et al. 2016, §7.

Nothing here knows the model. It is a function

    step(tokens (B, T), cache) -> logits (B, T, V), cache

that reads the next T tokens of B texts and scores what follows each; a cache is whatever step needs to go on, with a
method select(rows) for the cache of some rows of the batch. Transformer.step is one; from_forward makes one of a model
without a cache. All functions take a prompt (B, T) to begin with (a start symbol, or a text to be continued) and a
limit of new tokens for all texts or one for each, and return one result per text. With keep=True a result has
the distribution behind every token: V numbers per token, so switch it off for many texts.

    greedy       the most probable token, every time
    beam_search  the most probable text among those found by following `beam` prefixes at a time
    sample       at random, from a distribution that may be sharpened (temperature) or cut (top_k, top_p)
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import torch
from torch import Tensor

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


@dataclass(frozen=True, eq=False)
class Decoded:
    """A text and how probable it is. The tokens are the new ones, the end symbol included where it was reached."""

    tokens: tuple[int, ...]
    log_prob: float  # ln of the product of the tokens' probabilities, in the distributions they were chosen from
    ended: bool  # by the end symbol; False = cut at the limit
    distributions: tuple[Tensor, ...] = ()  # (V,) each, float64: what each token was chosen from; empty with keep=False

    def score(self, alpha: float) -> float:
        """What beam search ranks by: Wu et al. 2016, §7, eq. (14) without coverage. alpha = 0 is the log-probability.

        Every token makes a text less probable, so plain log-probability prefers short ones; dividing by a power of the
        length takes that back.
        """
        return self.log_prob / length_penalty(len(self.tokens), alpha)


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6)^alpha: Wu et al. 2016, §7; alpha = 0.6 in Vaswani et al. 2017, §6.1.

    Raises ValueError for an alpha that is infinite or nan.
    """
    if not isfinite(alpha):
        raise ValueError(f"alpha must be finite, got {alpha}")
    return ((5 + length) / 6) ** alpha


def greedy(step: Step, cache, prompt: Tensor, end: int, limit: int | Sequence[int], keep: bool = True) -> list[Decoded]:
    """The most probable token every time: not always the most probable text."""
    return _one_path(step, cache, prompt, end, limit, keep, distribution, lambda p: p.argmax(-1))


def sample(
    step: Step,
    cache,
    prompt: Tensor,
    end: int,
    limit: int | Sequence[int],
    seed: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    keep: bool = True,
) -> list[Decoded]:
    """Every token at random from distribution(logits, temperature, top_k, top_p). Same batch and seed, same texts."""
    generator = torch.Generator().manual_seed(seed)

    def choose(probs: Tensor) -> Tensor:
        return torch.multinomial(probs.cpu(), 1, generator=generator)[:, 0].to(probs.device)  # (B,)

    return _one_path(
        step, cache, prompt, end, limit, keep, lambda z: distribution(z, temperature, top_k, top_p), choose
    )


def distribution(
    logits: Tensor, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> Tensor:
    """logits (..., V) -> probabilities (..., V) in float64: softmax(logits / temperature), cut, and rescaled to 1.

    temperature 0 is the limit: all on the largest (the first of equals). top_k keeps the k most probable (Fan et al.
    2018); top_p the fewest whose probabilities reach p together (Holtzman et al. 2020, §3.1, eq. 2-3), of what
    top_k left. Raises ValueError for a temperature that is negative, infinite or nan, a top_k that is no whole number
    from 1 on, a top_p outside (0, 1], and logits that are nan, +inf or all -inf.
    """
    if not 0 <= temperature < inf or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError(f"need a finite temperature >= 0 and 0 < top_p <= 1, got {temperature} and {top_p}")
    top_k = None if top_k is None else _count("top_k", top_k)
    given, logits = logits, _scores(logits)
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).double()  # (..., V)
    below = logits - logits.amax(-1, keepdim=True)  # so that no temperature is too small to divide by
    probs = torch.softmax(below / temperature, -1)  # (..., V)
    if top_k is None and top_p is None:
        return probs
    token = logits.argsort(dim=-1, descending=True, stable=True)  # (..., V); some probabilities round to equals
    ranked = probs.gather(-1, token)  # (..., V)
    if top_k is not None:
        ranked[..., top_k:] = 0
    if top_p is not None and top_p < 1:
        ranked = ranked.where(_needed(ranked, top_p, _slack(given)), 0)
    probs = torch.zeros_like(probs).scatter(-1, token, ranked)  # (..., V)
    return probs / probs.sum(-1, keepdim=True)


@torch.no_grad()
def beam_search(
    step: Step,
    cache,
    prompt: Tensor,
    end: int,
    limit: int | Sequence[int],
    beam: int = 4,
    alpha: float = 0.6,
    keep: bool = True,
) -> list[list[Decoded]]:
    """For each text the ended hypotheses found, best score first; the unended ones if none ended within the limit.

    The prefixes followed are the `beam` most probable at every length. An extension by the end symbol that is among
    the `beam` best is a finished hypothesis. A text is done when `beam` are finished, at its limit, or when no prefix
    can overtake the best finished one: going on only lowers log-probabilities. beam = 1 is greedy. The defaults are
    those of Vaswani et al. 2017, §6.1 (with limit = input length + 50). Raises ValueError for a beam that is no whole
    number from 1 on, an alpha that is negative, infinite or nan, and the logits that distribution refuses.
    """
    beam = _count("beam", beam)
    if not 0 <= alpha < inf:
        raise ValueError(f"need a finite alpha >= 0, got {alpha}")
    limit = _limits(limit, len(prompt))
    alive = {b: [Decoded((), 0.0, ended=False)] for b in range(len(limit))}
    finished: dict[int, list[Decoded]] = {b: [] for b in alive}
    tokens = prompt
    while alive:
        logits, cache = step(tokens, cache)  # (R, T, V): R = the prefixes of all texts together
        log_probs = _scores(logits[:, -1]).log_softmax(-1)  # (R, V)
        rows, first = [], 0  # rows that live on; a text's first row
        for b, prefixes in list(alive.items()):
            alive[b], ended, parents = _extended(prefixes, log_probs[first : first + len(prefixes)], end, beam, keep)
            finished[b] += ended
            if _done(finished[b], alive[b], beam, alpha, limit[b]):
                finished[b] = sorted(finished[b] or alive[b], key=lambda h: h.score(alpha), reverse=True)
                del alive[b]
            else:
                rows += [first + row for row in parents]
            first += len(prefixes)
        cache = cache.select(torch.tensor(rows, device=prompt.device)) if alive else None
        tokens = torch.tensor(_last_tokens(alive), device=prompt.device)[:, None]  # (R, 1)
    return list(finished.values())


def from_forward(forward: Callable[[Tensor], Tensor]) -> tuple[Step, "Prefix"]:
    """A step, and the cache to start with, of a model that has none: forward(ids (B, T)) -> logits (B, T, V).

    Every step computes all positions again: the same texts as with a cache, later.
    """

    def step(tokens: Tensor, cache: Prefix) -> tuple[Tensor, Prefix]:
        ids = tokens if cache.ids is None else torch.cat((cache.ids, tokens), 1)  # (B, past + T)
        return forward(ids)[:, -tokens.shape[1] :], Prefix(ids)

    return step, Prefix()


@dataclass(frozen=True, eq=False)
class Prefix:
    """The cache of from_forward: nothing but the tokens so far, (B, T)."""

    ids: Tensor | None = None

    def select(self, rows: Tensor) -> "Prefix":
        """The prefixes of these rows of the batch."""
        return Prefix(self.ids[rows])


@torch.no_grad()
def _one_path(step, cache, prompt, end, limit, keep, shape, choose) -> list[Decoded]:
    """Follow one continuation of each text; those that have ended leave the batch."""
    limit = _limits(limit, len(prompt))
    texts = [Decoded((), 0.0, ended=False)] * len(limit)
    alive, tokens = list(range(len(limit))), prompt
    while alive:
        logits, cache = step(tokens, cache)  # (R, T, V)
        probs = shape(logits[:, -1])  # (R, V)
        chosen = choose(probs)  # (R,)
        gained = probs.gather(1, chosen[:, None])[:, 0].log()  # (R,)
        for row, b in enumerate(alive):
            log_prob = texts[b].log_prob + gained[row].item()
            texts[b] = _longer(texts[b], int(chosen[row]), log_prob, end, probs[row] if keep else None)
        rows = [r for r, b in enumerate(alive) if not texts[b].ended and len(texts[b].tokens) < limit[b]]
        if rows and len(rows) < len(alive):
            cache = cache.select(torch.tensor(rows, device=prompt.device))
        alive, tokens = [alive[r] for r in rows], chosen[rows, None]  # (R, 1)
    return texts


def _extended(
    prefixes: list[Decoded], log_probs: Tensor, end: int, beam: int, keep: bool
) -> tuple[list[Decoded], list[Decoded], list[int]]:
    """A text's n prefixes, log_probs (n, V) of what follows each -> those to follow, those ended, rows of the first."""
    totals = log_probs.new_tensor([h.log_prob for h in prefixes])[:, None] + log_probs  # (n, V)
    best, where = totals.flatten().topk(min(2 * beam, totals.numel()))  # at most n <= beam of them end
    alive, ended, rows = [], [], []
    for rank, (total, i) in enumerate(zip(best.tolist(), where.tolist(), strict=True)):
        row, token = divmod(i, totals.shape[1])
        if total == -torch.inf or len(alive) == beam:
            break
        extended = _longer(prefixes[row], token, total, end, log_probs[row].exp() if keep else None)
        if token != end:
            alive.append(extended)
            rows.append(row)
        elif rank < beam:
            ended.append(extended)
    return alive, ended, rows


def _longer(text: Decoded, token: int, log_prob: float, end: int, distribution: Tensor | None) -> Decoded:
    """The text with one more token; log_prob is that of the whole."""
    behind = text.distributions if distribution is None else (*text.distributions, distribution)
    return Decoded((*text.tokens, token), log_prob, token == end, behind)


def _last_tokens(alive: dict[int, list[Decoded]]) -> list[int]:
    return [h.tokens[-1] for prefixes in alive.values() for h in prefixes]


def _done(finished: list[Decoded], alive: list[Decoded], beam: int, alpha: float, limit: int) -> bool:
    """Whether a text needs no further step: see beam_search."""
    if len(finished) >= beam or not alive or len(alive[0].tokens) == limit:
        return True
    reachable = alive[0].log_prob / length_penalty(limit, alpha)  # if every further token were certain
    return bool(finished) and max(h.score(alpha) for h in finished) >= reachable


def _limits(limit: int | Sequence[int], texts: int) -> list[int]:
    """The limit of each text. Raises ValueError."""
    limits = list(limit) if isinstance(limit, Sequence) else [limit] * texts
    if len(limits) != texts:
        raise ValueError(f"need one limit for all texts or one for each of the {texts}, got {limit}")
    return [_count("a limit", n) for n in limits]


def _count(name: str, n: int) -> int:
    """n, if it is a whole number from 1 on. Raises ValueError."""
    try:
        whole = operator.index(n)
    except TypeError:
        whole = 0  # 2.5, inf, nan
    if whole < 1:
        raise ValueError(f"{name} must be a whole number from 1 on, got {n}")
    return whole


def _scores(logits: Tensor) -> Tensor:
    """logits (..., V) in float64, if each row is a distribution's: numbers, or -inf for what cannot be. ValueError."""
    if (logits.isnan() | (logits == inf)).any() or (logits == -inf).all(-1).any():
        raise ValueError("logits must be numbers, or -inf for some of them")
    return logits.double()


def _needed(ranked: Tensor, top_p: float, slack: float) -> Tensor:
    """Which of ranked (..., V), weights in falling order, it takes to reach the share top_p: (..., V) boolean.

    A token is needed where those before it have not reached p yet. Tokens of .5 and .3 do reach .8, although the sum of
    their floating-point numbers may end a little below it: what is missing by no more than slack is not missing.
    """
    share = ranked / ranked.sum(-1, keepdim=True)  # (..., V)
    needed = share.cumsum(-1) - share < top_p - slack  # (..., V)
    needed[..., 0] = True  # even for a p as small as the slack
    return needed


def _slack(logits: Tensor) -> float:
    """How far a sum of probabilities may be off by rounding: of the logits (..., V), and of V additions in float64.

    A logit rounded by |z|·eps/2 changes its probability by as large a share of it; the logarithms of probabilities that
    matter are below 16. A half precision is taken at its word: its rounding is too coarse to be forgiven.
    """
    eps = torch.finfo(torch.promote_types(logits.dtype, torch.float32)).eps
    return 8 * eps + logits.shape[-1] * torch.finfo(torch.float64).eps
