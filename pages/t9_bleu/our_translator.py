"""The translator of this companion on sentences it never saw, with greedy and with beam search."""

from collections.abc import Sequence
from statistics import mean
from typing import Annotated, NamedTuple

from models import bleu, chrf
from models.records import translator as held_out
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.corpora import counted, scored, summed
from pages.t9_bleu.inputs import CARD, N
from pages.t9_bleu.marked_tokens import marked
from pages.t9_bleu.scores import bleu_and_chrf, p_n
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Bars, Say, Table, Tokens

PRESETS = {
    "other_words": {"pair": 216},
    "stole": {"pair": 245},
    "beam_helps": {"pair": 12},
}
BINS = 10  # of a scale from 0 to 100


class Search(NamedTuple):
    """One way to search, over all held-out sentences."""

    name: Say
    hyps: tuple[str, ...]
    total: bleu.Bleu
    each: tuple[float, ...]  # BLEU of the sentences


def our_translator(pair: Annotated[int, Slider(1, 500)] = 20, n: N = 1) -> Evidence:
    """One held-out sentence looked at closely; the scores of all of them."""
    kept = held_out.load()
    at = min(pair, len(kept.pairs)) - 1  # the slider may go past the last pair
    wanted = tuple(p.english for p in kept.pairs)
    greedy = _search(Say("greedy"), tuple(p.greedy for p in kept.pairs), wanted)
    beam = _search(Say("beam_of", width=kept.beam), tuple(p.beam for p in kept.pairs), wanted)
    gains = [b - g for g, b in zip(greedy.each, beam.each, strict=True)]
    better = mean(gain > 1e-9 for gain in gains)  # a gain within a rounding error is none
    worse = mean(gain < -1e-9 for gain in gains)
    closely = (_closely(search.hyps[at], wanted[at], n, search.name) for search in (greedy, beam))
    return Evidence(
        Step("pair", *closely, _one_pair(kept.pairs[at], at + 1, len(kept.pairs))),
        Step("all", _spread((greedy, beam)), lambda: _scores((greedy, beam), wanted)),
        claims=lambda: [_as_sacrebleu("same_greedy", greedy, wanted), _as_sacrebleu("same_beam", beam, wanted)],
        measured=[
            Measured("this_greedy", greedy.each[at], step="pair"),
            Measured("this_beam", beam.each[at], step="pair"),
            Measured("corpus_greedy", greedy.total.score, step="all"),
            Measured("corpus_beam", beam.total.score, step="all"),
            Measured("beam_better", better, unit="share", step="all"),
            Measured("beam_worse", worse, unit="share", step="all"),
            Measured("mean_greedy", mean(greedy.each), step="all"),
            Measured("mean_beam", mean(beam.each), step="all"),
        ],
        origin=Origin.TRAINED_HERE,
        source=CARD,
    )


def _search(name: Say, hyps: tuple[str, ...], wanted: tuple[str, ...]) -> Search:
    total = summed(counted(hyps, wanted, "13a"), "exp")
    return Search(name, hyps, total, scored(hyps, wanted, "13a", "exp"))


def _as_sacrebleu(claim: str, search: Search, wanted: tuple[str, ...]) -> Claim:
    theirs, _ = by_sacrebleu.corpus(search.hyps, (wanted,))
    return Claim(claim, measured=search.total.score, expected=theirs.score, abs=1e-9)


@memo
def _corpus_chrf(hyps: tuple[str, ...], refs: tuple[str, ...]) -> float:
    return chrf.corpus_chrf(hyps, [refs]).score


def _spread(searches: Sequence[Search]) -> Bars:
    """How many sentences score 0 to 10, 10 to 20, …; 100 itself belongs to the last."""
    width = 100 // BINS
    labels = [f"{low}–{low + width}" for low in range(0, 100, width)]
    bars = {}
    for name, search in zip(("greedy", "beam"), searches, strict=True):
        places = [min(int(score // width), BINS - 1) for score in search.each]
        bars[name] = [places.count(i) for i in range(BINS)]
    title = Say("spread", pairs=len(searches[0].each))
    return Bars(bars, labels, x="sentence_bleu", y="sentences", title=title)


def _scores(searches: Sequence[Search], wanted: tuple[str, ...]) -> Table:
    """A row for each search; where only a part of the test set is kept here, also what training noted of all."""
    rows = []
    kept = Say("whole", n=len(wanted))
    for name, search in zip(("greedy", "beam"), searches, strict=True):  # short: nine columns on a phone
        b, chrf_score = search.total, _corpus_chrf(search.hyps, wanted)
        rows.append([Say(name), b.score, *b.precisions, b.bp, chrf_score, kept])
    whole = held_out.results()
    if whole.pairs["test"] > len(wanted):
        for name, b in whole.test.items():
            pairs = Say("whole", n=b.pairs)
            rows.append([Say(f"all_{name}"), b.bleu, *b.precisions, b.bp, None, pairs])
    precisions = [p_n(i + 1) for i in range(bleu.N)]
    return Table(["search", "bleu", *precisions, "bp", "chrf", "pairs"], rows)


def _one_pair(pair: held_out.HeldOutPair, number: int, of: int) -> Table:
    rows = [
        [Say("source"), pair.chinese],
        [Say("reference"), pair.english],
        [Say("attribution"), f"Tatoeba, {pair.attribution}"],
    ]
    return Table(["what", "text"], rows, Say("one_pair", pair=number, pairs=of))


def _closely(hyp: str, ref: str, n: int, search: Say) -> Tokens:
    """A translation's n-grams, under its two scores."""
    scores = dict(zip(("bleu", "chrf"), (f"{x:.1f}" for x in bleu_and_chrf(hyp, ref)), strict=True))
    title = Say(f"{search.key}_scores", **dict(search.values), **scores)
    return marked(bleu.sentence_bleu(hyp, [ref]), [bleu.split(ref)], n, title)
