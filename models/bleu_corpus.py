"""BLEU of many sentences one by one and together: counts are kept, so that any part of a corpus is scored by adding."""

from collections.abc import Sequence
from functools import lru_cache
from statistics import mean

from models import bleu


@lru_cache(maxsize=32)
def counted(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str) -> tuple[bleu.Bleu, ...]:
    """Raw counts, sentence by sentence."""
    return tuple(bleu.corpus_bleu([h], [[r]], tokenize, "none") for h, r in zip(hyps, refs, strict=True))


def summed(parts: Sequence[bleu.Bleu], smooth: str) -> bleu.Bleu:
    """The corpus: sum first, divide afterwards."""
    rows = [(*p.counts, *p.totals, p.sys_len, p.ref_len) for p in parts]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    return bleu.from_counts(sums[: bleu.N], sums[bleu.N : -2], *sums[-2:], smooth)


@lru_cache(maxsize=32)
def scored(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str, smooth: str) -> tuple[float, ...]:
    """BLEU sentence by sentence, as sacrebleu scores one: over the orders that it has."""
    parts = counted(hyps, refs, tokenize)
    scored = (bleu.from_counts(p.counts, p.totals, p.sys_len, p.ref_len, smooth, effective_order=True) for p in parts)
    return tuple(found.score for found in scored)


@lru_cache(maxsize=32)
def growing(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str, smooth: str) -> tuple[list, list, list]:
    """For the first 10, 20, 30 … pairs: how many, corpus BLEU, mean of the sentences' BLEU."""
    parts = counted(hyps, refs, tokenize)
    at, each = [*range(10, len(parts), 10), len(parts)], scored(hyps, refs, tokenize, smooth)
    return at, [summed(parts[:k], smooth).score for k in at], [mean(each[:k]) for k in at]
