"""The brevity penalty: what a short translation pays, and whose length counts.   Papineni et al. 2002, §2.2.2."""

from collections.abc import Sequence
from typing import Annotated

from models import bleu
from pages.t9_bleu import by_sacrebleu
from study.controls import Slider
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Chain, Lines, Series

LONGEST = 40  # tokens
PRESETS = {
    "half": {"c": 10, "r": 20},
    "too_long": {"c": 15, "r": 12},
    "second": {"c": 9, "r": 12, "second": 9},
}


def penalty(
    c: Annotated[int, Slider(1, LONGEST)] = 9,
    r: Annotated[int, Slider(1, LONGEST)] = 12,
    second: Annotated[int, Slider(0, LONGEST)] = 0,
) -> Evidence:
    """The penalty against c/r; with a second reference, the length that is closer to c counts."""
    lengths = [r, second] if second else [r]
    chosen = _closest(c, lengths)
    bp = bleu.brevity_penalty(c, chosen)
    # only lengths matter here: texts of one repeated word
    theirs, signature = by_sacrebleu.corpus(("w " * c,), tuple(("w " * length,) for length in lengths))
    widest = max(2, c / chosen)
    ratios = [widest * i / 200 for i in range(1, 201)]
    curve = [bleu.brevity_penalty(x, 1) for x in ratios]
    linear = [min(1, x) for x in ratios]
    lines = [Series("bp", ratios, curve), Series("linear", ratios, linear, dashed=True)]
    steps = [
        ("r", chosen),
        ("c", c),
        ("r_over_c", chosen / c),
        ("exponent", min(0, 1 - chosen / c)),
        ("bp", bp),
    ]
    excess = max(y - line for y, line in zip(curve, linear, strict=True))
    return Evidence(
        Lines(lines, x="ratio", y="bp", title="curve", here=c / chosen, y_range=(0, 1.05)),
        _rules(c, lengths),
        Chain(steps, "steps", joins=["÷", "=", "→", "→"]),
        claims=[
            Claim("same_penalty", measured=bp, expected=theirs.bp, abs=1e-12),
            Claim("same_length", measured=chosen, expected=theirs.ref_len),
            Claim("below_linear", measured=excess, expected=0, abs=1e-12, op="≤"),
        ],
        measured=[
            Measured("missing", max(0, 1 - c / chosen), unit="share"),
            Measured("lost", 1 - bp, unit="share"),
        ],
        origin=Origin.CALCULATED,
        source=signature,
    )


def _closest(c: int, lengths: Sequence[int]) -> int:
    return bleu.closest_length(c, [("w",) * length for length in lengths])


def _rules(c: int, lengths: Sequence[int]) -> Lines:
    """The penalty of every candidate length; of two references, if the closest, the shortest or the longest gave r."""
    long = range(1, LONGEST + 1)
    taken = {"closest": [_closest(x, lengths) for x in long]}
    if len(lengths) > 1:
        taken |= {"shortest": [min(lengths)] * LONGEST, "longest": [max(lengths)] * LONGEST}
    series = [
        Series(rule, long, list(map(bleu.brevity_penalty, long, taken[rule])), dashed=rule != "closest")
        for rule in taken
    ]
    return Lines(series, x="length_c", y="bp", title="rules", here=c, y_range=(0, 1.05))
