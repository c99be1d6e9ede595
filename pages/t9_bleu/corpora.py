"""BLEU of many sentences one by one and together: counts are kept, so that any part of a corpus is scored by adding."""

from collections.abc import Sequence

from models import bleu
from study.memo import memo


@memo
def counted(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str) -> tuple[bleu.Bleu, ...]:
    """Raw counts, sentence by sentence."""
    return tuple(
        bleu.corpus_bleu([hyp], [[ref]], tokenize, "none")  # no smoothing: the counts as they are
        for hyp, ref in zip(hyps, refs, strict=True)
    )


def summed(parts: Sequence[bleu.Bleu], smooth: str) -> bleu.Bleu:
    """The corpus: sum first, divide afterwards."""
    return bleu.from_counts(
        [sum(p.counts[i] for p in parts) for i in range(bleu.N)],
        [sum(p.totals[i] for p in parts) for i in range(bleu.N)],
        sum(p.sys_len for p in parts),
        sum(p.ref_len for p in parts),
        smooth,
    )


@memo
def scored(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str, smooth: str) -> tuple[float, ...]:
    """BLEU sentence by sentence, as sacrebleu scores one: over the orders that it has."""
    return tuple(_score(part, smooth) for part in counted(hyps, refs, tokenize))


def _score(part: bleu.Bleu, smooth: str) -> float:
    result = bleu.from_counts(
        part.counts,
        part.totals,
        part.sys_len,
        part.ref_len,
        smooth,
        effective_order=True,
    )
    return result.score
