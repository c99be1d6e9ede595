"""Next-sentence pairs made of the reader's text, and what tells them apart.   Devlin et al. 2019, §3.1, Task #2."""

import re
from itertools import pairwise
from statistics import mean
from typing import Annotated

import numpy as np

from models import bert, nsp
from models.records import Unusable
from models.records import nsp as records
from study import local_bert
from study.controls import Choice, Refusal, Seed, Text
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Say, Table

TEXT = (
    "The old man sat by the fire and read a letter from his son. The boy had gone to sea in the spring. "
    "He wrote about storms and strange harbours. His ship had lost two sails near the Cape. "
    "The old man read the page twice. "
    "Then he folded it and looked into the fire. Outside it had begun to snow."
)
FOREIGN = (  # sentences of ours: where "any other text" comes from
    "The bakery on the corner opens at six in the morning.",
    "A new bridge will join the two halves of the city.",
    "She planted tomatoes and beans behind the house.",
    "The committee could not agree on a date.",
    "Most bats sleep through the winter in caves.",
    "He repaired bicycles and sold old radios.",
    "The train to the north was cancelled again.",
    "Nobody had invited the twins to the wedding.",
)
HERE = ("overlap", "apart")  # the readings that judge the pairs of the text
LIMIT, WHOLE, MOST, SHOWN = 60, 500, 24, 6  # tokens of a sentence and of the text, sentences, pairs
PRESETS = {
    "random": {"kind": "random", "step": "pairs"},
    "same_text": {"kind": "same_book", "step": "pairs"},
    "swapped": {"kind": "swapped", "step": "pairs"},
    "reroll": {"seed": 1, "step": "pairs"},
    "measured": {"kind": "swapped", "step": "measured"},
}


def next_sentence(
    text: Annotated[str, Text(1500)] = TEXT,
    kind: Annotated[str, Choice(*records.OTHERS)] = "random",
    seed: Seed = 0,
) -> Evidence:
    """Six pairs of the text, half of them real, judged by word overlap and by a linear layer; all on unseen books."""
    try:
        results = records.results()
        nsp.load()
    except Unusable as error:
        raise Refusal("no_results") from error
    sentences = cut(text)
    pairs = drawn(sentences, kind, np.random.default_rng(seed))
    found = _judged(tuple((a, b) for a, b, _ in pairs))
    swapped = _judged(tuple((b, a) for a, b, _ in pairs))
    follows = np.array([label for _, _, label in pairs])
    right = {r: np.mean((np.array(found[r]) > 0.5) == follows) for r in HERE}
    rows = [_row(*pair, p) for pair, p in zip(pairs, found["apart"], strict=True)]
    return Evidence(
        Step("pairs", Table(["a", "b", "label", "says"], rows)),
        Step("measured", _bars(results), _table(results, kind)),
        claims=[
            Claim("half", measured=follows.sum(), expected=len(pairs) / 2),
            Claim("labels", measured=_mislabelled(pairs, sentences), expected=0),
            *[same(f"{r}_symmetric", found[r], swapped[r], abs=1e-4) for r in HERE],  # float32
        ],
        measured=[
            Measured("right_here", right["apart"], unit="share", step="pairs"),
            Measured("overlap_here", right["overlap"], unit="share", step="pairs"),
            Measured("unseen", results.mean("apart", "random", kind), unit="share", step="measured"),
            Measured("unseen_overlap", results.mean("overlap", "random", kind), unit="share", step="measured"),
            Measured("unseen_cls", results.mean("cls", "random", kind), unit="share", step="measured"),
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/nsp/CARD.md",
    )


Labelled = tuple[str, str, bool]


def cut(text: str) -> list[str]:
    """The sentences of a text, by rule. Raises Refusal: too few, too many, too long a sentence."""
    sentences = [s.strip() for s in re.split(r"(?<=[.!?。！？])\s+|\n+", text)]
    local_bert.fits(text, WHOLE)
    sentences = [s for s in dict.fromkeys(sentences) if not bert.load().encode(s).blank]
    if len(sentences) < 3:
        raise Refusal("too_few", count=len(sentences))
    if len(sentences) > MOST:
        raise Refusal("too_many_sentences", count=len(sentences), limit=MOST)
    for sentence in sentences:
        local_bert.fits(sentence, LIMIT)
    return sentences


def drawn(sentences: list[str], kind: str, random: np.random.Generator) -> list[Labelled]:
    """An even number of pairs in random order, at most SHOWN: half follow each other, half do not."""
    foreign = random.permutation([s for s in FOREIGN if s not in sentences]).tolist()
    n = min(SHOWN, 2 * ((len(sentences) - 1) // 2))
    starts = random.permutation(len(sentences) - 1)[:n].tolist()
    pairs = []
    for number, i in enumerate(starts):
        a, b = sentences[i], sentences[i + 1]
        pairs.append((a, b, True) if number % 2 == 0 else (*_other(sentences, i, kind, foreign, random), False))
    return [pairs[i] for i in random.permutation(n)]


def _other(sentences: list[str], i: int, kind: str, foreign: list[str], random: np.random.Generator) -> tuple[str, str]:
    """A pair that does not follow: sentence i with another text's, with another of its own, or in the wrong order."""
    if kind == "swapped":
        return sentences[i + 1], sentences[i]
    if kind == "random":
        return sentences[i], foreign.pop()
    own = [s for j, s in enumerate(sentences) if j not in (i, i + 1)]
    return sentences[i], own[int(random.integers(len(own)))]


@memo
def _judged(pairs: tuple[nsp.Pair, ...]) -> dict[str, list[float]]:
    """The probability that B follows A, in each of HERE: every reader begins with the same pairs."""
    return nsp.load().judged(pairs, HERE)


def _mislabelled(pairs: list[Labelled], sentences: list[str]) -> int:
    """How many pairs are labelled otherwise than a search in the text says."""
    follow = set(pairwise(sentences))
    return sum(label != ((a, b) in follow) for a, b, label in pairs)


def _row(a: str, b: str, label: bool, p: float) -> list[str | Say]:
    return [
        a,
        b,
        Say("is_next" if label else "not_next"),
        Say("right" if (p > 0.5) == label else "wrong", p=f"{p:.2f}"),
    ]


READINGS = {"overlap": "A ∩ B", "cls": "[CLS]", "apart": "|u−v|, u·v"}  # and their signs


def _bars(results: records.Results) -> Bars:
    """Accuracy on unseen books, trained against any sentence: by what stands in place of the next one."""
    values, spread = {}, {}
    for other in records.OTHERS:
        seeds = [[100 * a for a in results.accuracies(r, "random", other)] for r in READINGS]
        values[other] = [mean(a) for a in seeds]
        spread[other] = ([min(a) for a in seeds], [max(a) for a in seeds])
    return Bars(
        values, list(READINGS.values()), x="reads", y="accuracy", title="unseen_books", y_range=(0, 100), spread=spread
    )


def _table(results: records.Results, kind: str) -> Table:
    """The same numbers, and beside them what training against the chosen kind itself gives."""
    trained = list(dict.fromkeys(("random", kind)))  # any sentence is one of the kinds
    rows = [[Say(r), *(f"{100 * results.mean(r, by, kind):.1f}" for by in trained)] for r in READINGS]
    return Table(["reads", *(f"trained_{by}" for by in trained)], rows, Say(f"against_{kind}"))
