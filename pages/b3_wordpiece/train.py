"""WordPiece and byte-pair encoding learnt on the reader's text, merge by merge; then a word that is new to them.

Sennrich et al. 2016, §3.2; Schuster & Nakajima 2012; Wu et al. 2016, §4.1; Kudo 2018 (Unigram, by the library).
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import zip_longest
from typing import Annotated

from models import bpe, wordpiece
from models.wordpiece import PREFIX, UNKNOWN
from pages.b3_wordpiece import by_library, learning
from pages.b3_wordpiece.by_library import differences
from pages.b3_wordpiece.chips import chips
from study.controls import Choice, Refusal, Slider, Text, Texts
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Lines, Say, Series, Table, Tokens

TEXT = """A penguin is a flightless bird: a bird, but a bird without flight.
The careless are fearless; the careful are fearful, and fear is careful.
Hope and help: the hopeless and the helpless hope for help, hopefully, helpfully.
Weightless in space, we feel weightlessness; carelessly, fearlessly, endlessly."""
CHINESE = "我爱北京天安门，\n天安门上太阳升。"
PRESETS = {
    "four": {"text": TEXT, "word": "lightless", "merges": 4, "step": "merges"},
    "step_13": {"text": TEXT, "word": "lightless", "merges": 12, "step": "next"},
    "ratio": {"text": TEXT, "word": "lightless", "rule": "ratio", "merges": 60, "step": "text"},
    "new_word": {"text": TEXT, "word": "lightless", "merges": 12, "step": "word"},
    "chinese": {"text": CHINESE, "word": "lightless", "step": "next"},
}
MOST = 60  # merges
SHOWN = 20  # words of the text
RULES = ("count", "gain", "ratio")


def train(
    text: Annotated[str, Texts(1500, most=30)] = TEXT,
    word: Annotated[str, Text(60)] = "lightless",
    rule: Annotated[str, Choice("gain", "ratio", "count")] = "gain",
    merges: Annotated[int, Slider(0, MOST)] = 12,
) -> Evidence:
    """The text as both cut it, their merges, WordPiece's next candidates, the new word, and the text's length."""
    counts, new = learning.learnable(text), _first_word(word)
    if not counts or new is None:
        raise Refusal("nothing_left")
    wordpiece_steps = _steps(text, rule, PREFIX)[:merges]
    bpe_steps = _steps(text, "count", "")[:merges]
    library = _library(text, merges)
    uncut, cut = learning.cut(counts, [], PREFIX), learning.cut(counts, wordpiece_steps, PREFIX)
    likelihood = learning.likelihood(cut, counts)
    rows = learning.vocabulary(wordpiece_steps, counts)
    pieces = _longest_match(rows, new)
    merges_of_bpe = [step.pair for step in bpe_steps]
    byte_pairs = bpe.apply(merges_of_bpe, new).pieces
    unigram = library.unigram.encode(new).tokens
    return Evidence(
        Step(
            "text",
            _text_cut("cut_wordpiece", text, cut, wordpiece_steps),
            _text_cut("cut_bpe", text, learning.cut(counts, bpe_steps), bpe_steps),
        ),
        Step("merges", _history(wordpiece_steps, bpe_steps, rule)),
        Step("next", _candidates(cut, counts, len(wordpiece_steps) + 1)),
        Step(
            "word",
            chips([(new, pieces)], Say("new_wordpiece", rows=len(rows))),
            chips([(new, byte_pairs)], Say("new_bpe", rows=len(set("".join(counts))) + len(bpe_steps))),
            chips([(new, unigram)], Say("new_unigram", rows=library.unigram.get_vocab_size() - 1)),  # less [UNK]
        ),
        Step("length", _lengths(text, rule, merges)),
        claims=[
            _as_library("same_merges", merges_of_bpe, by_library.merges(library.byte_pairs)),
            _as_library("same_bpe", _unknown_marked(byte_pairs, counts), library.byte_pairs.encode(new).tokens),
            _as_library("same_wordpiece", pieces, by_library.reader(rows).encode(new).tokens),
            Claim(
                "gains_add_up",
                measured=sum(step.gain for step in wordpiece_steps),
                expected=likelihood - learning.likelihood(uncut, counts),
                abs=1e-6,
            ),
            Claim("library_counts", measured=library.against_count, expected=0),
        ],
        measured=[
            Measured("wordpiece_length", learning.pieces_after(wordpiece_steps, counts)[-1]),
            Measured("bpe_length", learning.pieces_after(bpe_steps, counts)[-1]),
            Measured("likelihood", likelihood, unit="nats"),
            Measured("in_common", len(_made(wordpiece_steps) & _made(bpe_steps))),
        ],
        origin=Origin.CALCULATED,
        source=f"tokenizers {version('tokenizers')}",
    )


def _first_word(text: str) -> str | None:
    return next((word for word in wordpiece.words(text) if word not in wordpiece.SPECIAL), None)


@memo
def _steps(text: str, by: str, prefix: str) -> list[bpe.Step]:
    """All merges up to MOST: a slider moved to fewer computes nothing anew."""
    return bpe.train(learning.learnable(text), MOST, by, prefix)


@memo
def _library(text: str, merges: int) -> by_library.Trained:
    return by_library.trained(learning.learnable(text), merges)


def _as_library(name: str, ours: Sequence, theirs: Sequence) -> Claim:
    return Claim(name, measured=differences(ours, theirs), expected=0)


def _longest_match(rows: Sequence[str], word: str) -> tuple[str, ...]:
    """The word as WordPiece reads it with these pieces."""
    ids = {piece: i for i, piece in enumerate([UNKNOWN, *rows])}
    return wordpiece.WordPiece(ids).trace(word).pieces


def _unknown_marked(pieces: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """A character that the text does not have stays itself here; to the library it is [UNK]."""
    known = set("".join(counts))
    return [piece if known.issuperset(piece) else UNKNOWN for piece in pieces]


def _made(steps: Iterable[bpe.Step]) -> set[str]:
    return {step.merged.removeprefix(PREFIX) for step in steps}


def _text_cut(panel: str, text: str, cut: learning.Cut, steps: Sequence[bpe.Step]) -> Tokens:
    """The first words of the text in their present pieces; those of the last merge are marked."""
    words = [word for word in wordpiece.words(text) if word in cut]
    last = steps[-1].merged if steps else None
    first = [(word, cut[word]) for word in words[:SHOWN]]
    pieces = sum(len(cut[word]) for word in words)
    title = Say(panel, pieces=pieces, merges=len(steps), shown=len(first), all=len(words))
    return chips(first, title, missing=(), focus=lambda piece: piece == last, focus_means="last_merge")


def _history(a: Sequence[bpe.Step], b: Sequence[bpe.Step], rule: str) -> Table:
    """The last eight merges of both, with what the winner had by its rule."""
    rows = []
    for i, (x, y) in enumerate(zip_longest(a, b), 1):
        rows.append([i, "", "", "", ""])
        if x:
            rows[-1][1:3] = _pair(x), x.score
        if y:
            rows[-1][3:] = _pair(y), y.count
    columns = ["step", "wordpiece_pair", Say(f"by_{rule}"), "bpe_pair", "by_count"]
    title = Say("history", shown=min(len(rows), 8), all=len(rows))
    return Table(columns, rows[-8:] or [["–"] * 5], title)


def _pair(c: bpe.Candidate) -> str:
    return " + ".join(c.pair)


def _candidates(cut: learning.Cut, counts: Mapping[str, int], step: int) -> Table:
    """WordPiece's next candidates and what each rule gives them, two of each rule's best; ✓ marks a rule's highest."""
    candidates = bpe.candidates(cut, counts, PREFIX)
    shown: dict[str, bpe.Candidate] = {}
    highest = {}
    for rule in RULES:
        best = sorted(candidates, key=lambda c, rule=rule: _score(c, rule), reverse=True)[:2]
        shown |= {_pair(c): c for c in best}
        highest[rule] = max((_score(c, rule) for c in best), default=None)
    rows = []
    for pair, c in shown.items():
        rows.append([pair, c.left, c.right])
        for rule in RULES:
            score = _score(c, rule)
            rows[-1].append(f"{score:.4g} ✓" if score == highest[rule] else f"{score:.4g}")
    columns = ["pair", "left", "right", *(Say(f"by_{rule}") for rule in RULES)]
    return Table(columns, rows or [["–"] * 6], Say("candidates", step=step))


def _score(c: bpe.Candidate, rule: str) -> float:
    """What a rule gives a candidate, rounded: equal gains that were reached by other sums differ in the last bits."""
    return round(getattr(c, rule), 9)


def _lengths(text: str, rule: str, merges: int) -> Lines:
    """How many pieces the text has after each merge."""
    counts = learning.learnable(text)
    a = learning.pieces_after(_steps(text, rule, PREFIX), counts)
    b = learning.pieces_after(_steps(text, "count", ""), counts)
    curves = [Series("wordpiece_length", range(len(a)), a), Series("bpe_length", range(len(b)), b, dashed=True)]
    return Lines(curves, x="merges", y="text_length", title="lengths", here=merges, y_range=(0, a[0]))
