"""A candidate's tokens as chips: which n-grams count, which are clipped.   Papineni et al. 2002, §2.1."""

from collections.abc import Sequence

from models import bleu
from study.views import Key, Say, Span, Tokens


def marked(result: bleu.SentenceBleu, references: Sequence[bleu.Tokens], n: int, title: Key) -> Tokens:
    """The n-grams that count and those that are clipped; with n = 1 also the words that no reference has."""
    tokens, span = result.tokens, result.spans[n - 1]
    spans = [
        *_spans(tokens, references, n, "right", span.matched),
        *_spans(tokens, references, n, "clip", span.clipped),
    ]
    if n == 1:  # longer n-grams overlap: marking those without a match as well would mark nearly everything
        known = {*span.matched, *span.clipped}
        spans += [Span(i, i + 1, "wrong") for i in range(len(tokens)) if i not in known]
    legend = {span.mark: f"mark_{span.mark}" for span in spans}
    return Tokens(tokens or ("",), spans, legend, title)


def _spans(
    tokens: bleu.Tokens,
    references: Sequence[bleu.Tokens],
    n: int,
    mark: str,
    starts: Sequence[int],
) -> list[Span]:
    """A mark over each n-gram that begins at one of the starts; its hover tells the two counts."""
    have = bleu.ngrams(tokens, n)
    limit = bleu.allowed(references, n)
    spans = []
    for start in starts:
        gram = tokens[start : start + n]
        hover = Say(
            "hover",
            gram=" ".join(gram),
            have=have[gram],
            limit=limit[gram],
        )
        spans.append(Span(start, start + n, mark, hover))
    return spans
