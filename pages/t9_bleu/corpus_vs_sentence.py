"""Counts summed over a corpus and then divided; scores of sentences averaged.   Papineni et al. 2002, §2.1.1."""

from statistics import mean
from typing import Annotated

from models import bleu
from models.records import translator as held_out
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.corpora import counted, scored, summed
from pages.t9_bleu.inputs import CARD, METHODS, Smooth, Tokenize
from study.controls import Choice, Refusal, Slider, Texts, When
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Lines, Say, Series, Table

#: Four sentences of a system, a line each, and their references.
HYPS = """Good morning.
It rains.
The cat sat on the mat near the door.
He wants to buy a new house, but he does not have enough money."""
REFS = """Good morning.
It is raining outside.
The cat sat on the mat by the door.
He would like to buy a new house, but he does not have enough money."""

PRESETS = {
    "unsmoothed": {"smooth": "none", "step": "smoothing"},
    "test_set": {"source": "held_out", "step": "growing"},
    "all_pairs": {"source": "held_out", "pairs": 500, "step": "growing"},
}


def corpus_vs_sentence(
    source: Annotated[str, Choice("typed", "held_out")] = "typed",
    hyps: Annotated[str, Texts(2000, most=8, parallel=True), When(source="typed")] = HYPS,
    refs: Annotated[str, Texts(2000, most=8, parallel=True), When(source="typed")] = REFS,
    smooth: Smooth = "exp",
    tokenize: Annotated[Tokenize, When(source="typed")] = "13a",
    pairs: Annotated[int, Slider(20, 500, step=20), When(source="held_out")] = 100,
) -> Evidence:
    """The reader's sentences, or the first pairs of the translator's test set."""
    if source == "typed":
        ours, wanted = _line_for_line(hyps, refs)
        return _compared(ours, wanted, tokenize, smooth, None)
    kept = held_out.load().pairs
    ours, wanted = tuple(p.greedy for p in kept), tuple(p.english for p in kept)
    return _compared(ours, wanted, tokenize, smooth, min(pairs, len(kept)))


def _line_for_line(hyps: str, refs: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of both texts, as many in one as in the other; else refused. An empty line is a sentence, too.

    A text that ends with a line feed shows an empty last line: that is one only where the other text has one more.
    """
    ours, wanted = Texts.lines(hyps, parallel=True), Texts.lines(refs, parallel=True)
    for text, lines, others in ((hyps, ours, wanted), (refs, wanted, ours)):
        if text.endswith("\n") and len(lines) == len(others) - 1:
            lines.append("")
    if len(ours) != len(wanted):
        raise Refusal("lines_differ", hyps=len(ours), refs=len(wanted))
    return tuple(ours), tuple(wanted)


@memo
def _compared(ours: tuple[str, ...], wanted: tuple[str, ...], tokenize: str, smooth: str, first: int | None):
    """All sentences (first = None: they were typed), or the first so many of the test set."""
    typed = first is None
    upto = len(ours) if typed else first
    parts = counted(ours, wanted, tokenize)[:upto]
    scores = {method: scored(ours, wanted, tokenize, method)[:upto] for method in METHODS}
    average, corpus = mean(scores[smooth]), summed(parts, smooth)
    raw = summed(parts, "none")
    theirs, signature = by_sacrebleu.corpus(ours[:upto], (wanted[:upto],), tokenize, smooth)
    their_raw, _ = by_sacrebleu.corpus(ours[:upto], (wanted[:upto],), tokenize, "none")
    their_average = mean(by_sacrebleu.sentences(ours, wanted, tokenize, smooth)[:upto])
    if typed:
        beginning = Step("sentences", _by_sentence(parts, scores[smooth], raw, corpus))
    else:
        beginning = Step("growing", _growing(ours, wanted, tokenize, smooth, upto))
    return Evidence(
        beginning,
        Step("smoothing", _by_smoothing(parts, scores)),
        claims=[
            Claim("same_corpus", measured=corpus.score, expected=theirs.score, abs=1e-9),
            Claim("same_mean", measured=average, expected=their_average, abs=1e-9),
            same("counts_add_up", raw.counts + raw.totals, their_raw.counts + their_raw.totals),
            same("weighted_mean", _weighted(parts, raw), their_raw.precisions, abs=1e-9),
        ],
        measured=[
            Measured("corpus", corpus.score),
            Measured("mean", average),
            Measured("gap", corpus.score - average),
        ],
        origin=Origin.CALCULATED if typed else Origin.TRAINED_HERE,
        source=signature if typed else CARD,
    )


def _by_smoothing(parts: tuple[bleu.Bleu, ...], scores: dict[str, tuple[float, ...]]) -> Bars:
    bars = {
        "mean": [mean(scores[method]) for method in METHODS],
        "corpus": [summed(parts, method).score for method in METHODS],
    }
    return Bars(bars, METHODS, x="smoothing", y="bleu", title="smoothings", y_range=(0, 100))


def _weighted(parts: tuple[bleu.Bleu, ...], total: bleu.Bleu) -> list[float]:
    """The sentences' p_n averaged with their numbers of n-grams as weights."""
    averages = []
    for i in range(bleu.N):
        weighted = sum(p.precisions[i] * p.totals[i] for p in parts)
        averages.append(weighted / max(total.totals[i], 1))  # no n-grams at all: 0, as sacrebleu has it
    return averages


def _by_sentence(parts: tuple[bleu.Bleu, ...], scores: tuple[float, ...], raw: bleu.Bleu, corpus: bleu.Bleu) -> Table:
    rows = [_row(i, part, score) for i, (part, score) in enumerate(zip(parts, scores, strict=True), 1)]
    rows.append(_row(Say("sum"), raw, corpus.score))
    columns = ["sentence", *(Say("counts", n=i + 1) for i in range(bleu.N)), "c", "r", "bleu"]
    return Table(columns, rows, "by_sentence")


def _row(name: int | Say, b: bleu.Bleu, score: float) -> list:
    counts = [f"{count}/{total}" for count, total in zip(b.counts, b.totals, strict=True)]
    return [name, *counts, b.sys_len, b.ref_len, score]


def _growing(ours: tuple[str, ...], wanted: tuple[str, ...], tokenize: str, smooth: str, here: int) -> Lines:
    sizes, corpus, average = _first_pairs(ours, wanted, tokenize, smooth)
    series = [Series("corpus", sizes, corpus), Series("mean", sizes, average)]
    return Lines(series, x="pairs", y="bleu", title="growing", here=here)


@memo
def _first_pairs(ours: tuple[str, ...], wanted: tuple[str, ...], tokenize: str, smooth: str):
    """For the first 10, 20, 30 ... pairs: how many, corpus BLEU, mean of the sentences' BLEU."""
    parts, scores = counted(ours, wanted, tokenize), scored(ours, wanted, tokenize, smooth)
    sizes = [*range(10, len(parts), 10), len(parts)]
    corpus = [summed(parts[:size], smooth).score for size in sizes]
    average = [mean(scores[:size]) for size in sizes]
    return sizes, corpus, average
