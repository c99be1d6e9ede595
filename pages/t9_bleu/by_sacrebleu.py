"""sacrebleu, the independent implementation that every score of this lesson is compared with.   Post 2018."""

from study.memo import memo


@memo
def corpus(
    hyps: tuple[str, ...],
    streams: tuple[tuple[str, ...], ...],
    tokenize: str = "13a",
    smooth: str = "exp",
    effective: bool = False,
):
    """sacrebleu's score of a corpus and its signature of these settings.

    streams: the first reference of every sentence, then the second of every sentence, ...
    """
    metric = _metric(tokenize, smooth, effective)
    score = metric.corpus_score(hyps, streams)
    return score, str(metric.get_signature())


def sentence(hyp: str, ref: str, tokenize: str = "13a") -> float:
    """BLEU of one sentence, over the orders that it has."""
    return corpus((hyp,), ((ref,),), tokenize, effective=True)[0].score


@memo
def sentences(hyps: tuple[str, ...], refs: tuple[str, ...], tokenize: str, smooth: str) -> tuple[float, ...]:
    """BLEU sentence by sentence, over the orders that each has."""
    metric = _metric(tokenize, smooth, effective=True)
    return tuple(metric.sentence_score(hyp, [ref]).score for hyp, ref in zip(hyps, refs, strict=True))


def tokens(text: str, tokenize: str) -> tuple[str, ...]:
    cut = _metric(tokenize, "exp", effective=True).tokenizer
    return tuple(cut(text.rstrip()).split())


def signature(tokenize: str = "13a") -> str:
    """Of the score of a sentence, with the usual settings beside the tokenizer."""
    return corpus(("a",), (("a",),), tokenize, effective=True)[1]


def _metric(tokenize: str, smooth: str, effective: bool):
    from sacrebleu.metrics.bleu import BLEU  # here, so that a lesson opens without waiting for it

    return BLEU(tokenize=tokenize, smooth_method=smooth, effective_order=effective, force=True)
