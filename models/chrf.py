"""chrF: the runs of characters that two texts share.   Popović 2015, 2016; chrF++: 2017. Computed by sacrebleu.

    chrF = (1 + beta²) P R / (beta² P + R)

P is the precision of character n-grams and R their recall, each averaged over n = 1..6; with beta = 2 recall counts
twice as much as precision. The paper of 2015 takes beta = 1 and 3; 2, sacrebleu's default, comes from that of 2016.
Whitespace is left out. There is no tokenizer, so that Chinese and German follow one rule, and a word with another
ending is nearly right where BLEU calls it wrong. chrF++ (word_order=2) averages over the words and pairs of words too.

BLEU is written by hand in models/bleu.py, because a lesson explains it; chrF is sacrebleu's, to be shown beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Chrf:
    """A score and what it is made of. Lists have one entry for each n of characters, then for each n of words."""

    score: float  # 0..100
    precision: float  # P of the characters, in percent
    recall: float  # R of the characters, in percent
    f: float  # the formula above, of these two: the score itself, unless words count too
    matches: list[int]  # n-grams in common: of each as many as both texts have
    sys_totals: list[int]  # n-grams in the hypotheses; those of a segment with no such n-gram in its reference count 0
    ref_totals: list[int]  # n-grams in the references


def corpus_chrf(
    hyps: Sequence[str],
    refs: Sequence[Sequence[str | None]],
    char_order: int = 6,
    word_order: int = 0,
    beta: float = 2,
    lowercase: bool = False,
) -> Chrf:
    """chrF of many segments; counts are summed over all of them before anything is divided. sacrebleu.CHRF's score.

    hyps: a list of segments. refs: a list of reference STREAMS, each as long as hyps: refs[k][i] is the k-th reference
    of hyps[i], or None where there is no k-th one. Each segment is compared with the reference that gives it the best
    score. An n for which the hypotheses or the references have no n-gram is left out of the means. word_order: 0, or 2
    for chrF++. A character is a code point: an emoji of a family is seven. Raises ValueError where there is no segment,
    a segment has no reference, a stream has another length, char_order is below 1, or word_order or beta is negative;
    TypeError for one string where a list of them belongs.
    """
    from sacrebleu.metrics.chrf import CHRF  # not above: nothing else here needs it

    _check_texts(hyps, refs)
    if char_order < 1 or word_order < 0 or not beta >= 0:
        raise ValueError(f"need char_order >= 1, word_order >= 0, beta >= 0; got {char_order}, {word_order}, {beta}")
    metric = CHRF(char_order, word_order, beta, lowercase)
    # The two steps of metric.corpus_score, taken one by one: its result has the score only, and not the counts
    segments = metric._extract_corpus_statistics(hyps, refs)  # for each: hypothesis, reference, common, for each n
    score = metric._aggregate_and_compute(segments).score
    counts = [sum(column) for column in zip(*segments, strict=True)]
    sys_totals, ref_totals, matches = counts[0::3], counts[1::3], counts[2::3]
    orders = [n for n in range(char_order) if sys_totals[n] and ref_totals[n]]  # n counts from 0 here
    precision = 100 * sum(matches[n] / sys_totals[n] for n in orders) / max(len(orders), 1)
    recall = 100 * sum(matches[n] / ref_totals[n] for n in orders) / max(len(orders), 1)
    f = (1 + beta**2) * precision * recall / (beta**2 * precision + recall) if recall else 0.0
    return Chrf(score, precision, recall, f, matches, sys_totals, ref_totals)


def sentence_chrf(
    hyp: str,
    refs: Sequence[str],
    char_order: int = 6,
    word_order: int = 0,
    beta: float = 2,
    lowercase: bool = False,
) -> Chrf:
    """corpus_chrf of one segment; refs is the plain list of its references. Raises what corpus_chrf raises."""
    if isinstance(refs, str):
        raise TypeError("refs must be a list of strings: [reference, ...]")
    return corpus_chrf([hyp], [[ref] for ref in refs], char_order, word_order, beta, lowercase)


def _check_texts(hyps: Sequence[str], refs: Sequence[Sequence[str | None]]) -> None:
    """Raises TypeError or ValueError: see corpus_chrf."""
    if isinstance(hyps, str) or isinstance(refs, str) or any(isinstance(stream, str) for stream in refs):
        raise TypeError("hyps must be a list of strings, refs a list of lists of strings: [[reference, ...], ...]")
    if not hyps:
        raise ValueError("chrF of no segments is not defined")
    if any(len(stream) != len(hyps) for stream in refs):
        raise ValueError(f"every reference stream needs {len(hyps)} segments, got {[len(s) for s in refs]}")
    if any(all(stream[i] is None for stream in refs) for i in range(len(hyps))):
        raise ValueError("every segment needs at least one reference")
