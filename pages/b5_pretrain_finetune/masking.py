"""What a masked language model is given to read: 15% of the tokens, 80/10/10.   Devlin et al. 2019, §3.1, A.1, C.2."""

from typing import Annotated

import numpy as np

from models import bert
from models.masking import FATES, SPECIAL, Draw, changed, mask_tokens, surprise, unevenness
from study import local_bert
from study.controls import Choice, Seed, Slider, Text
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.views import Bars, Say, Span, Tokens

TEXT = (
    "The old man sat by the fire and read a letter from his son. It was the third that week. "
    "Outside the snow was falling, and nobody had passed the house since morning."
)
LIMIT = 128  # tokens
MIXES = {  # of Table 8: the shares of [MASK], another token, the same token
    "bert": (0.8, 0.1, 0.1),
    "all_masked": (1.0, 0.0, 0.0),
    "no_same": (0.8, 0.2, 0.0),
    "no_random": (0.8, 0.0, 0.2),
    "all_random": (0.0, 1.0, 0.0),
}
TIMES = 400  # draws of a text, to compare with the expectation
MARKS = dict(zip(FATES, ("mask", "wrong", "right"), strict=True))
PRESETS = {
    "again": {"seed": 3, "step": "text"},
    "all_masked": {"mix": "all_masked", "step": "text"},
    "all_random": {"mix": "all_random", "step": "text"},
    "often": {"share": 40, "step": "text"},
    "counts": {"seed": 0, "step": "counts"},
}


def masking(
    text: Annotated[str, Text(600)] = TEXT,
    share: Annotated[int, Slider(5, 60, 5)] = 15,
    mix: Annotated[str, Choice(*MIXES)] = "bert",
    seed: Seed = 32,  # whose draw has all three fates, and a wrong word that could almost stand there
) -> Evidence:
    """One draw, and many draws of the same text."""
    local_bert.fits(text, LIMIT)
    e, random = bert.load().encode(text), np.random.default_rng(seed)
    ids = np.array(e.ids)  # (T,)
    ordinary = np.array([token not in SPECIAL for token in e.tokens])  # (T,)
    draws = [mask_tokens(ids, ordinary, share / 100, MIXES[mix], random) for _ in range(TIMES)]
    counts = np.array([np.bincount(fate, minlength=3) for _, _, fate in draws])  # (TIMES, 3)
    n, of = len(draws[0][1]), int(ordinary.sum())
    expected = n * np.array(MIXES[mix])  # (3,)
    return Evidence(
        Step("text", *_texts(e.tokens, draws[0])),
        Step("counts", _counts(counts, expected)),
        claims=[
            Claim("rest_untouched", measured=changed(ids, draws), expected=0),
            Claim("specials_spared", measured=_specials(e.tokens, draws), expected=0),
            Claim("fates", measured=surprise(counts, expected), expected=5, op="≤"),
            Claim("places", measured=unevenness(ordinary, draws), expected=5, op="≤"),
        ],
        measured=[
            Measured("chosen", n),
            Measured("of", of),
            Measured("masked_of_all", counts[0, 0] / max(of, 1), unit="share"),
        ],
        origin=Origin.TOY,
        source="vocab.txt · bert-base-uncased",
        notices=local_bert.unknown(e.tokens) + ([] if n else [Say("nothing_to_choose")]),
    )


def _texts(tokens: list[str], draw: Draw) -> tuple[Tokens, Tokens]:
    """The text with its chosen tokens, and as the encoder reads it."""
    given, chosen, fate = draw
    name = bert.load().tokenizer.id_to_token
    read = [name(int(i)) for i in given]
    asked = [Span(i, i + 1, "focus") for i in chosen]
    became = [Span(i, i + 1, MARKS[FATES[f]]) for i, f in zip(chosen, fate, strict=True)]
    seen = {span.mark for span in became}
    legend = {mark: fate for fate, mark in MARKS.items() if mark in seen}
    return (
        Tokens(tokens, asked, {"focus": "asked"} if asked else {}, title="original"),
        Tokens(read, became, legend, title="given"),
    )


def _counts(counts: np.ndarray, expected: np.ndarray) -> Bars:
    """What became of the chosen tokens: in the first draw, on average, and expected."""
    mean = counts.mean(0)  # (3,)
    columns = {name: [counts[0, f], mean[f], expected[f]] for f, name in enumerate(FATES)}
    return Bars(columns, ["1 ×", f"{TIMES} ×", "E"], x="draws", y="tokens", title="counts")


def _specials(tokens: list[str], draws: list[Draw]) -> int:
    """How often [CLS], [SEP] or another special token was chosen, over all draws."""
    return sum(tokens[i] in SPECIAL for _, chosen, _ in draws for i in chosen)
