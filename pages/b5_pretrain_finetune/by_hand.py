"""One sentence is masked on paper: who is chosen, what becomes of it, where the loss is taken.   Devlin 2019, A.1."""

import math

from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Text

WORDS = ("my", "dog", "is", "hairy", "and", "very", "old")
READ = ("my", "dog", "is", "[MASK]", "and", "very", "apple")
FATES = {1: "same", 3: "mask", 6: "random"}  # of the chosen words
ROLES = {"mask": "mask", "random": "wrong", "same": "right"}
P = {1: 0.5, 3: 0.5, 6: 0.25}  # that the model gives to the word that stood there: made up, to be reckoned with
MIDDLES = (31, 80, 129, 178, 227, 276, 325)  # of the words
WIDE, HIGH = 46, 26
TEXT, INPUT, MODEL, LAST, TARGET, LOSS, LEGEND = 34, 92, 148, 182, 232, 296, 320
PLACES = {"mask": 8, "random": 126, "same": 244}  # in the legend


def by_hand() -> Evidence:
    """Seven words, three of them chosen: one masked, one replaced, one left; the loss is the mean of three."""
    bits = [-math.log2(p) for p in P.values()]
    loss = sum(bits) / len(bits)
    parts = [
        Text(8, 24, Say("text"), "start", bold=True),
        *_row(TEXT, WORDS),
        *_row(INPUT, READ),
        Box(8, MODEL, 344, 34, Say("model"), role="hidden"),
        Text(8, LOSS, Say("loss", loss=f"{loss:.3g}"), "start"),
    ]
    for x in MIDDLES:
        parts.append(_down(x, INPUT + HIGH, MODEL))
    for i, fate in FATES.items():
        parts += [_down(MIDDLES[i], TEXT + HIGH, INPUT, ROLES[fate]), *_target(i)]
    for fate, x in PLACES.items():
        parts.append(Text(x, LEGEND, Say(fate), "start", ROLES[fate] if fate != "mask" else "", 12))
    changed = {i for i, word in enumerate(READ) if word != WORDS[i]}
    return Evidence(
        Diagram(parts, 360, 332),
        claims=[
            Claim("loss", measured=loss, expected=4 / 3, abs=1e-12),
            Claim("rest", measured=len(changed - set(FATES)), expected=0),
        ],
        origin=Origin.TOY,
    )


def _row(y: float, words: tuple[str, ...]) -> list[Box]:
    """The words in a row, the chosen ones in the colour of their fate."""
    boxes = []
    for i, word in enumerate(words):
        role = ROLES.get(FATES.get(i, ""), "")
        boxes.append(Box(MIDDLES[i] - WIDE / 2, y, WIDE, HIGH, word, role, filled=i in FATES, size=12))
    return boxes


def _target(i: int) -> list[Box | Arrow | Text]:
    """What a chosen word's last state has to say, and with which probability it does."""
    x = MIDDLES[i]
    return [
        _down(x, LAST, TARGET - 24),
        Text(x, TARGET - 9, f"p = {P[i]:g}", size=12),
        Box(x - WIDE / 2, TARGET, WIDE, HIGH, WORDS[i], role="value", size=12),
    ]


def _down(x: float, start: float, end: float, role: str = "") -> Arrow:
    return Arrow(((x, start), (x, end)), role=role)
