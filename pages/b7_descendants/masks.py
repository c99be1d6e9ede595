"""How to mask: once or anew each time (Liu et al. 2019, §4.1); pieces or whole words (Cui et al. 2019)."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

import numpy as np

from models import mlm, wordpiece
from study.controls import Refusal, Seed, Slider, Text
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.memo import memo
from study.views import Bars, Lines, Say, Series, Table, Tokens
from study.views.tokens import Span

SHARE, COPIES, LONGEST = 0.15, 10, 40  # of tokens masked; of a static mask; tokens that are read
EPOCHS, RUNS = 100, 300
WORDS = "a lonesome boy was unbelievably homesick"
PRESETS = {
    "forty": {"words": WORDS, "epochs": 40, "step": "epochs"},
    "short": {"words": "birds sing at dawn", "epochs": 40, "step": "epochs"},
    "english": {"words": WORDS, "step": "words"},
    "chinese": {"words": "语言 模型 要 猜出 句子 里 被 掩码 的 词语", "step": "words"},
}


@dataclass(frozen=True)
class Units:
    """Tokens, and for each of them the number of its word."""

    tokens: tuple[str, ...]
    word: tuple[int, ...]

    def pieces(self, word: int) -> list[int]:
        return [i for i, w in enumerate(self.word) if w == word]


def masks(
    words: Annotated[str, Text(120)] = WORDS,
    epochs: Annotated[int, Slider(1, EPOCHS)] = 40,
    seed: Seed = 0,
) -> Evidence:
    """First: how many masks of this sentence a model sees. Second: which pieces of which words."""
    u = read(words)
    n = len(u.tokens)
    k = max(1, round(SHARE * n))
    possible = math.comb(n, k)
    drawn = _draw(n, k, seed)  # (RUNS, EPOCHS)
    dynamic = _distinct(drawn)  # (RUNS, EPOCHS)
    static = np.minimum(dynamic[0], dynamic[0, COPIES - 1])  # (EPOCHS,)
    expected = [float(expect(possible, e)) for e in range(1, EPOCHS + 1)]
    error = math.sqrt(float(variance(possible, epochs)) / RUNS)
    at = epochs - 1
    pieces, whole = choose(u, k, seed, False), choose(u, k, seed, True)
    x = np.arange(1, EPOCHS + 1)
    lines = [
        Series("dynamic", x, dynamic[0]),
        Series("static", x, static),
        Series("expected", x, expected, dashed=True),
    ]
    return Evidence(
        Step("epochs", Lines(lines, x="epoch", y="distinct", here=epochs)),
        Step("words", _given_away(words, u), _shown(u, pieces, "by_piece"), _shown(u, whole, "by_word")),
        claims=[
            Claim("mean", measured=dynamic[:, at].mean(), expected=expected[at], abs=6 * error + 1e-6),
            same("expectation", expected, _step_by_step(possible), abs=1e-6),
            Claim("static_most", measured=static[-1], expected=COPIES, op="≤"),
            Claim("none_in_part", measured=in_part(u, whole), expected=0),
            Claim("within_budget", measured=len(whole), expected=k, op="≤"),
        ],
        measured=[
            Measured("dynamic_seen", dynamic[0, at], step="epochs"),
            Measured("static_seen", static[at], step="epochs"),
            Measured("possible", possible, step="epochs"),
            Measured("in_part", in_part(u, pieces), step="words"),
        ],
        origin=Origin.TRAINED_HERE,
        source="models/checkpoints/mlm",
    )


def read(words: str) -> Units:
    """WordPiece tokens; Chinese characters that stand together are one word. Raises Refusal."""
    tokens, word, number = [], [], -1
    for chunk in words.split():
        chinese = False
        for trace in wordpiece.load().traces(chunk):
            again = len(trace.word) == 1 and "\u3400" <= trace.word <= "\u9fff"
            number += not (chinese and again)
            chinese = again
            pieces = [trace.word] if trace.pieces == ("[UNK]",) else trace.pieces
            tokens += pieces
            word += [number] * len(pieces)
    if len(tokens) < 2:
        raise Refusal("too_few")
    if len(tokens) > LONGEST:
        raise Refusal("too_many_tokens", tokens=len(tokens), limit=LONGEST)
    return Units(tuple(tokens), tuple(word))


def choose(u: Units, k: int, seed: int, whole: bool) -> set[int]:
    """Up to k tokens in random order; whole: word by word, one that exceeds k is passed over, as in BERT's code."""
    random = np.random.default_rng((seed, 1))
    if not whole:
        return set(random.permutation(len(u.tokens))[:k].tolist())
    chosen: set[int] = set()
    for word in random.permutation(u.word[-1] + 1):
        pieces = u.pieces(word)
        if len(chosen) + len(pieces) <= k:
            chosen.update(pieces)
    return chosen


def in_part(u: Units, chosen: set[int]) -> int:
    """How many words are masked, but not all of their pieces."""
    return sum(0 < len(chosen & set(u.pieces(w))) < len(u.pieces(w)) for w in range(u.word[-1] + 1))


def expect(possible: int, draws: int) -> Fraction:
    """Different ones among so many draws from M equally likely masks: M (1 - (1 - 1/M)^N)."""
    return possible * (1 - Fraction(possible - 1, possible) ** draws)


def variance(possible: int, draws: int) -> Fraction:
    """Of the same: by the chance that one, and that two given masks are never drawn."""
    M = possible
    one, two = Fraction(M - 1, M) ** draws, Fraction(max(M - 2, 0), M) ** draws
    return M * (M - 1) * two + M * one - (M * one) ** 2


def _step_by_step(possible: int) -> list[float]:
    """The same expectation, draw by draw: the next mask is new with the share of masks not seen yet."""
    found, seen = [], 0.0
    for _ in range(EPOCHS):
        seen += 1 - seen / possible
        found.append(seen)
    return found


@memo
def _draw(n: int, k: int, seed: int) -> np.ndarray:
    """k of n tokens, RUNS × EPOCHS times, each choice written as one number."""
    order = np.random.default_rng((seed, 2)).random((RUNS, EPOCHS, n)).argsort(-1)[..., :k]  # (RUNS, EPOCHS, k)
    return (np.int64(1) << order.astype(np.int64)).sum(-1)  # (RUNS, EPOCHS)


def _distinct(drawn: np.ndarray) -> np.ndarray:
    """drawn (R, E) -> how many different ones until each draw: (R, E)."""
    order = drawn.argsort(1, kind="stable")  # (R, E): equal ones beside each other, the earliest first
    ranked = np.take_along_axis(drawn, order, 1)
    first = np.ones_like(ranked, dtype=bool)
    first[:, 1:] = ranked[:, 1:] != ranked[:, :-1]
    new = np.zeros_like(first)
    np.put_along_axis(new, order, first, 1)
    return new.cumsum(1)


def _shown(u: Units, chosen: set[int], title: str) -> Tokens:
    """The tokens, masked words struck out; highlighted what is masked while the rest of its word stays."""
    spans = []
    for i in sorted(chosen):
        whole = set(u.pieces(u.word[i])) <= chosen
        spans.append(Span(i, i + 1, "mask" if whole else "focus"))
    return Tokens(u.tokens, spans, {"mask": "masked", "focus": "masked_in_part"}, title)


def _cut(u: Units) -> list[int]:
    """Words in several pieces that our masked language model can read."""
    return [w for w in range(u.word[-1] + 1) if any(u.tokens[i].startswith("##") for i in u.pieces(w))][:4]


@memo
def _given_away(words: str, u: Units) -> Bars | Table:
    """How surprising a word's pieces are, -ln p, mean over them: each masked alone, or all together. Or why not."""
    cut = _cut(u)
    if not cut:
        return Table(["surprise"], [[Say("none_cut")]])
    model = mlm.load()
    ids = model.encode(words).ids
    alone, together = [], []
    for w in cut:
        places = [i + 1 for i in u.pieces(w)]  # behind [CLS]
        every = model.distribution(ids, places)  # (pieces, V)
        together.append(np.mean([-every[j, ids[i]].log() for j, i in enumerate(places)]))
        alone.append(np.mean([-model.distribution(ids, [i])[0, ids[i]].log() for i in places]))
    names = ["".join(u.tokens[i].removeprefix("##") for i in u.pieces(w)) for w in cut]
    return Bars({"alone": alone, "together": together}, names, x="word", y="surprise")
