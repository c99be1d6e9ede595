"""A candidate below its reference, every n-gram a bar: which count, and the score.   Papineni et al. 2002, §2.1-2.3."""

from collections.abc import Iterable, Sequence
from math import prod

from models import bleu
from pages.t9_bleu import by_sacrebleu
from pages.t9_bleu.scores import SUBSCRIPTS
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Box, Text

CANDIDATE = "the old king and the dog left early"
REFERENCE = "the old king and his dog left early this morning"
LEFT, GAP, LETTER, PADDING = 6, 2, 6.6, 7  # of the words, in units
TALL, THIN, LANE = 24, 8, 11  # a word's box, a bar, from one bar to the next below it
ABOVE, BELOW = 30, 82  # where the two rows of words begin
WIDTH, HEIGHT = 360, 296

Places = Sequence[tuple[float, float]]  # where each word begins and ends


def two_sentences() -> Evidence:
    """One wrong word of eight, two missing: p_1 to p_4 are 7/8, 5/7, 3/6 and 1/5, whose geometric mean is 1/2."""
    found = bleu.sentence_bleu(CANDIDATE, [REFERENCE], smooth="none")
    theirs, signature = by_sacrebleu.corpus((CANDIDATE,), ((REFERENCE,),), smooth="none")
    mean = prod(found.precisions) ** (1 / bleu.N)
    result = Say("result", mean=f"{mean / 100:.2f}", bp=f"{found.bp:.2f}", bleu=f"{found.score / 100:.2f}")
    reference, places = REFERENCE.split(), _places(REFERENCE.split())
    parts = [
        _label(ABOVE - 6, Say("reference", r=found.ref_len)),
        *(_word(word, place, ABOVE) for word, place in zip(reference, places, strict=True)),
        _label(BELOW - 6, Say("candidate", c=found.sys_len)),
        *_candidate(found, places),
        *_longer(found, places),
        *_legend(HEIGHT - 40),
        Text(LEFT, HEIGHT - 10, result, anchor="start", bold=True),
    ]
    return Evidence(
        Diagram(parts, WIDTH, HEIGHT),
        claims=[
            Claim("same_score", measured=found.score, expected=theirs.score, abs=1e-9),
            Claim("same_penalty", measured=found.bp, expected=theirs.bp, abs=1e-9),
            Claim("mean", measured=mean, expected=50, abs=1e-9),
        ],
        origin=Origin.CALCULATED,
        source=signature,
    )


def _places(words: Sequence[str]) -> Places:
    places, x = [], float(LEFT)
    for word in words:
        end = x + LETTER * len(word) + PADDING
        places.append((x, end))
        x = end + GAP
    return places


def _label(y: float, text: Say) -> Text:
    return Text(LEFT, y, text, anchor="start", size=12)


def _word(word: str, place: tuple[float, float], y: float, role: str = "", counts: bool = True) -> Box:
    start, end = place
    return Box(
        start,
        y,
        width=end - start,
        height=TALL,
        text=word,
        role=role,
        filled=counts,
        dashed=not counts,
        size=12,
    )


def _candidate(found: bleu.SentenceBleu, places: Places) -> Iterable[Box | Text]:
    """Its words, each below that of the reference, which is as long: an n-gram of one word is its own bar."""
    for i, word in enumerate(found.tokens):
        counts = i in found.spans[0].matched
        yield _word(word, places[i], BELOW, "right" if counts else "wrong", counts)
    yield _precision(found, 1, BELOW + 17)


def _longer(found: bleu.SentenceBleu, places: Places) -> Iterable[Box | Text]:
    """The n-grams of two words and more, which overlap: n lanes for those of length n."""
    y = BELOW + TALL + 12
    for span in found.spans[1:]:
        n = span.n
        for start in range(len(found.tokens) - n + 1):
            left, right = places[start][0], places[start + n - 1][1]
            yield _bar(left, y + start % n * LANE, right - left, start in span.matched)
        yield _precision(found, n, y + n * LANE / 2 + 3)
        y += n * LANE + 8


def _bar(x: float, y: float, width: float, counts: bool) -> Box:
    return Box(x, y, width, THIN, role="right" if counts else "wrong", filled=counts, dashed=not counts)


def _precision(found: bleu.SentenceBleu, n: int, y: float) -> Text:
    text = f"p{SUBSCRIPTS[n - 1]} = {found.counts[n - 1]:g}/{found.totals[n - 1]:g}"
    return Text(WIDTH - 78, y, text, anchor="start")


def _legend(y: float) -> Iterable[Box | Text]:
    for x, counts in ((LEFT, True), (WIDTH / 2, False)):
        yield _bar(x, y, 26, counts)
        yield Text(x + 32, y + 8, Say("counts" if counts else "counts_not"), anchor="start", size=12)
