"""Numbers of a sentence that several demos show, and what they are called."""

from models import bleu, chrf
from study.views import Say

SUBSCRIPTS = "₁₂₃₄"


def bleu_and_chrf(hyp: str, ref: str, tokenize: str = "13a") -> tuple[float, float]:
    return bleu.sentence_bleu(hyp, [ref], tokenize).score, chrf.sentence_chrf(hyp, [ref]).score


def p_n(n: int) -> Say:
    """What the precision of the n-grams is called: p₁ for n = 1."""
    return Say("p_n", n=SUBSCRIPTS[n - 1])


def if_any(precision: float, total: float) -> float | None:
    """No precision where there are no n-grams to be precise about."""
    return precision if total else None
