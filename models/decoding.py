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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """((5 + length) / 6)^alpha: Wu et al. 2016, §7; alpha = 0.6 in Vaswani et al. 2017, §6.1."""
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
    top_k left. Raises ValueError for temperature < 0, top_k < 1, or top_p outside (0, 1].
    """
    if temperature < 0 or (top_k is not None and top_k < 1) or (top_p is not None and not 0 < top_p <= 1):
        raise ValueError(f"need temperature >= 0, top_k >= 1, 0 < top_p <= 1; got {temperature}, {top_k}, {top_p}")
    logits = logits.double()
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).double()  # (..., V)
    logits = logits - logits.amax(-1, keepdim=True)  # so that no temperature is too small to divide by
    probs = torch.softmax(logits / temperature, -1)  # (..., V)
    if top_k is None and top_p is None:
        return probs
    ranked, token = probs.sort(dim=-1, descending=True, stable=True)  # (..., V) each
    if top_k is not None:
        ranked[..., top_k:] = 0
    if top_p is not None:
        share = ranked / ranked.sum(-1, keepdim=True)  # (..., V)
        ranked = ranked.where(share.cumsum(-1) - share < top_p, 0)  # those before it have not reached p yet
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
    those of Vaswani et al. 2017, §6.1 (with limit = input length + 50). Raises ValueError for beam < 1 or alpha < 0.
    """
    if beam < 1 or alpha < 0:
        raise ValueError(f"need beam >= 1 and alpha >= 0, got {beam} and {alpha}")
    limits = _limits(limit, len(prompt))
    finished: list[list[Decoded]] = [[] for _ in limits]
    alive = {b: [Decoded((), 0.0, ended=False)] for b in range(len(limits))}
    tokens = prompt
    while alive:
        logits, cache = step(tokens, cache)  # (R, T, V): R = the prefixes of all texts together
        log_probs = logits[:, -1].double().log_softmax(-1)  # (R, V)
        probs = log_probs.exp()  # (R, V)
        parents, tokens, first = [], [], 0  # rows that live on, the token that each gets, a text's first row
        for b, prefixes in list(alive.items()):
            so_far = log_probs.new_tensor([h.log_prob for h in prefixes])  # (n,)
            totals = so_far[:, None] + log_probs[first : first + len(prefixes)]  # (n, V)
            best, where = totals.flatten().topk(min(2 * beam, totals.numel()))  # at most n <= beam of them end
            alive[b], rows = [], []
            for rank, (total, i) in enumerate(zip(best.tolist(), where.tolist(), strict=True)):
                row, token = divmod(i, totals.shape[1])
                if total == -torch.inf or len(alive[b]) == beam:
                    break
                behind = prefixes[row].distributions + ((probs[first + row],) if keep else ())
                extended = Decoded((*prefixes[row].tokens, token), total, token == end, behind)
                if token != end:
                    alive[b].append(extended)
                    rows.append(first + row)
                elif rank < beam:
                    finished[b].append(extended)
            first += len(prefixes)
            if _done(finished[b], alive[b], beam, alpha, limits[b]):
                finished[b] = sorted(finished[b] or alive[b], key=lambda h: h.score(alpha), reverse=True)
                del alive[b]
            else:
                parents += rows
                tokens += [h.tokens[-1] for h in alive[b]]
        if alive:
            cache = cache.select(torch.tensor(parents, device=prompt.device))
            tokens = torch.tensor(tokens, device=prompt.device)[:, None]  # (R, 1)
    return finished


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
    limits = _limits(limit, len(prompt))
    texts = [Decoded((), 0.0, ended=False)] * len(limits)
    alive, tokens = list(range(len(limits))), prompt
    while alive:
        logits, cache = step(tokens, cache)  # (R, T, V)
        probs = shape(logits[:, -1])  # (R, V)
        chosen = choose(probs)  # (R,)
        gained = probs.gather(1, chosen[:, None])[:, 0].log().tolist()
        for row, (b, token, log_prob) in enumerate(zip(alive, chosen.tolist(), gained, strict=True)):
            behind = texts[b].distributions + ((probs[row],) if keep else ())
            texts[b] = Decoded((*texts[b].tokens, token), texts[b].log_prob + log_prob, token == end, behind)
        rows = [r for r, b in enumerate(alive) if not texts[b].ended and len(texts[b].tokens) < limits[b]]
        if rows and len(rows) < len(alive):
            cache = cache.select(torch.tensor(rows, device=prompt.device))
        alive, tokens = [alive[r] for r in rows], chosen[rows, None]  # (R, 1)
    return texts


def _done(finished: list[Decoded], alive: list[Decoded], beam: int, alpha: float, limit: int) -> bool:
    """Whether a text needs no further step: see beam_search."""
    if len(finished) >= beam or not alive or len(alive[0].tokens) == limit:
        return True
    reachable = alive[0].log_prob / length_penalty(limit, alpha)  # if every further token were certain
    return bool(finished) and max(h.score(alpha) for h in finished) >= reachable


def _limits(limit: int | Sequence[int], texts: int) -> list[int]:
    """The limit of each text. Raises ValueError."""
    limits = [limit] * texts if isinstance(limit, int) else list(limit)
    if len(limits) != texts or any(n < 1 for n in limits):
        raise ValueError(f"need one limit >= 1 for all texts or one for each of the {texts}, got {limit}")
    return limits
