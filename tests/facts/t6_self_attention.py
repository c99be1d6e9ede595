"""T6: what its note tells and no demo does."""

import functools

import numpy as np
import torch

from pages.t6_self_attention import pronoun_bench as bench
from pages.t6_self_attention.marked_lines import LINES, TELLING
from study.demo import demos

WINNER = (4, 5)  # the head that is right most often on LINES, among the marked nouns


@functools.cache
def _cases(lines: str, among: str) -> list[bench.Case]:
    return bench.cases(lines, among)


def _luck(lines: str, among: str) -> float:
    """The mean rate of the best of 72 heads where right answers are drawn at random."""
    return bench.by_chance(_cases(lines, among))[0].mean().item()


def luck_among_nouns() -> float:
    return _luck(LINES, "nouns")


def luck_among_words() -> float:
    return _luck(LINES, "words")


def luck_where_it_tells() -> float:
    return _luck(TELLING, "nouns")


def _of_first_half() -> tuple[float, float]:
    """The rates, on both halves, of the head that is best on the first."""
    cases = _cases(LINES, "nouns")
    half = len(cases) // 2
    hits = bench.hits(cases)[:, *bench.best(cases[:half])].double()  # (S,)
    return hits[:half].mean().item(), hits[half:].mean().item()


def first_half() -> float:
    return _of_first_half()[0]


def second_half() -> float:
    return _of_first_half()[1]


def winner_to_noun() -> float:
    """What the pronoun gives the right noun in the winning head, on average."""
    cases = _cases(LINES, "nouns")
    assert bench.best(cases) == WINNER
    return torch.stack([c.weights[*WINNER, c.right] for c in cases]).mean().item()


def winner_to_cls() -> float:
    """What the pronoun gives [CLS] in that head, on average."""
    rows = [bench._read(line, n).rows[*WINNER] for n, line in enumerate(LINES.splitlines(), 1)]  # (T,) each
    return torch.stack([row[0] for row in rows]).mean().item()


def _skews() -> np.ndarray:
    """How asymmetric the scores of all 72 heads are on the lesson's sentence."""
    views = demos("t6_self_attention")["symmetry"]().views
    return next(v for v in views if v.title == "skew_title").z  # (L, H)


def least_skew() -> float:
    return _skews().min().item()


def most_skew() -> float:
    return _skews().max().item()


def marked_sentences() -> int:
    return len(_cases(LINES, "nouns"))


def telling_sentences() -> int:
    """Those in which the pronoun itself tells which noun it means."""
    return len(_cases(TELLING, "nouns"))
