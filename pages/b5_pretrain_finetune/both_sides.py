"""The same word guessed from its left (our GPT) and from both sides (our masked model).   Devlin et al. 2019, §3.1."""

import math
from typing import Annotated

import torch

from models import sides
from models.records import Unusable
from models.records import sides as records
from pages.b5_pretrain_finetune.inputs import LIMIT, LINE, SIDES_CARD, Line, read
from study.controls import Cell, Refusal
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Heatmap, Lines, Say, Series, Table

WAYS = sides.WAYS  # gpt, left, both
NAMES = ["GPT→", "MLM→", "MLM↔"]
SHOWN, LISTED = 6, 3  # guesses of the chosen way, of each
DEPTHS = (1, 2, 3, 5, 10, 20, 50)
PRESETS = {
    "and": {"sentence": LINE, "cell": (3, 2), "step": "sentence"},
    "his": {"sentence": LINE, "cell": (5, 2), "step": "sentence"},
    "by": {"sentence": LINE, "cell": (1, 2), "step": "sentence"},
    "measured": {"step": "measured"},
}


def both_sides(sentence: Line = LINE, cell: Annotated[tuple[int, int], Cell(LIMIT)] = (0, 2)) -> Evidence:
    """The words of a sentence that both models have as one token, and 1,686 words of held-out books."""
    try:
        results = records.results()
    except Unusable as error:
        raise Refusal("no_results") from error
    read(sentence)  # refuses what is empty or too long
    places, guesses = guessed(sentence)
    if not places:
        raise Refusal("no_common_word")
    words = [sentence[start:stop] for start, stop in places]
    row, col = Cell.inside(cell, (len(words), len(WAYS)))
    own = [[math.exp(found[way].log_prob) for way in WAYS] for found in guesses]  # (words, 3)
    return Evidence(
        Step(
            "sentence",
            Heatmap(own, words, NAMES, "own", scale="weight", pick="cell", selected=(row, col), hover="told"),
            _best(guesses[row], WAYS[col], words[row]),
            _all_best(guesses[row], words[row]),
        ),
        Step("measured", _depths(results), _table(results)),
        claims=lambda: [
            same("left_is_left", *_prefixes(sentence), abs=1e-4),  # float32
            same("sums_to_one", _sums(guesses), 1, abs=1e-9),
            Claim("sure_is_first", measured=_sure_but_not_first(results), expected=0),
        ],
        measured=[Measured(f"first_{way}", results.within(way, 1), unit="share") for way in WAYS],
        origin=Origin.TRAINED_HERE,
        source=SIDES_CARD,
    )


@memo
def guessed(sentence: str) -> tuple[list[tuple[int, int]], list[dict[str, sides.Guess]]]:
    """Where the words on the list stand, and the guesses at each."""
    both = sides.load()
    places = both.places(sentence)
    return places, [both.compare(sentence, *place) for place in places]


@memo
def _prefixes(sentence: str) -> tuple[list[float], list[float]]:
    """The GPT's ln p of each word: read with the whole sentence under its mask, and with what is before it only."""
    both = sides.load()
    with torch.no_grad():
        logits = both.writer.model(torch.tensor([both.writer.ids(sentence)]))[0]  # (T, V)
    whole, cut = [], []
    for start, stop in both.places(sentence):
        before = sentence[:start].rstrip(" ")
        number = both.numbers[sentence[start:stop]]
        token = both.gpt_ids[number]
        whole.append(float(logits[len(both.writer.ids(before)) - 1].double().log_softmax(-1)[token]))
        cut.append(float(both.writer.next(before)[token].log()))
    return whole, cut


def _best(found: dict[str, sides.Guess], way: str, word: str) -> Bars:
    """The most probable words in one way of reading."""
    names, p = zip(*found[way].best(SHOWN), strict=True)
    return Bars(p, names, x="guess", y="probability", title=Say(f"guesses_{way}", word=word), y_range=(0, 1))


def _all_best(found: dict[str, sides.Guess], word: str) -> Table:
    """The first guesses of every way beside each other."""
    best = [found[way].best(LISTED) for way in WAYS]
    rows = [[f"{name} {p:.2f}" for name, p in line] for line in zip(*best, strict=True)]
    return Table(WAYS, rows, Say("guesses", word=word))


def _sums(guesses: list[dict[str, sides.Guess]]) -> list[float]:
    """What the probabilities of the list add up to, at every word and for every way of reading."""
    every = [found[way].log_probs for found in guesses for way in WAYS]
    return [float(log_probs.exp().sum()) for log_probs in every]


def _sure_but_not_first(results: records.Results) -> int:
    """Words with more than half of the probability that are not the first guess: ranks and ln p are recorded apart."""
    half, wrong = math.log(0.5), 0
    for way in WAYS:
        pairs = zip(results.ranks[way], results.log_probs[way], strict=True)
        wrong += sum(log_p > half and rank != 1 for rank, log_p in pairs)
    return wrong


def _depths(results: records.Results) -> Lines:
    """How often the right word is among the first k guesses."""
    series = [Series(way, DEPTHS, [results.within(way, k) for k in DEPTHS]) for way in WAYS]
    return Lines(series, x="k", y="share", title="among_first", log_x=True, y_range=(0, 1))


def _table(results: records.Results) -> Table:
    n = len(results.after)

    def share(way: str, k: int) -> str:
        p = results.within(way, k)
        error = math.sqrt(p * (1 - p) / n)
        return f"{100 * p:.1f} ± {100 * error:.1f}"

    rows = [[Say(way), share(way, 1), share(way, 5), f"{results.nats(way):.2f}"] for way in WAYS]
    return Table(["way", "first", "first_five", "nats"], rows, Say("held_out", n=n, passages=results.passages))
