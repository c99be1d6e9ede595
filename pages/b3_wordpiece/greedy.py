"""The greedy cut of one word, look-up by look-up, on BERT's own vocabulary.   Wu et al. 2016, §4.1."""

from models import wordpiece
from models.wordpiece import PREFIX, Attempt, Trace
from pages.b3_wordpiece import by_library
from pages.b3_wordpiece.by_library import differences
from pages.b3_wordpiece.inputs import VOCABULARY
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Part, Text

WORD = "flightless"
LEFT, LETTER, MARK = 34, 22, 26  # where the word begins, and the widths of a letter and of ##
TOP, ROW = 36, 28  # the first look-up, and from one to the next
WIDTH, BELOW = 360, 80  # below the last look-up: the pieces that came out
HEADS = (
    Text(8, 24, Say("look"), anchor="start", size=12),
    Text(352, 24, Say("known"), anchor="end", size=12),
)


def greedy() -> Evidence:
    """Ever shorter prefixes are looked up until one is found; then the same for the rest, behind ##."""
    trace = wordpiece.load().trace(WORD)
    parts = list(HEADS)
    for n, look in enumerate(trace.attempts):
        parts += _look(n, look)
    bottom = TOP + ROW * len(trace.attempts)
    parts += _result(trace, bottom)
    theirs = by_library.encode(WORD).tokens
    return Evidence(
        Diagram(parts, WIDTH, bottom + BELOW),
        claims=[Claim("same_tokens", measured=differences(trace.pieces, theirs), expected=0)],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )


def _look(n: int, look: Attempt) -> list[Part]:
    """The n-th look-up, from 0: what is already cut off, what is tried, what was dropped, and the outcome."""
    y = TOP + ROW * n
    line = y + 16
    number = Text(16, line, str(n + 1))
    outcome = Text(330, line, "✗", role="wrong", bold=True)
    tried = ""
    if look.found:
        outcome = Text(330, line, "✓", role="right", bold=True)
        tried = "right"
    parts = [number, outcome]
    x = LEFT
    if look.start:
        parts.append(_letters(x, y, WORD[: look.start], "right"))
        x += LETTER * look.start
        mark = (PREFIX,)
        parts.append(Cells(x, y, (mark,), width=MARK, height=LETTER))
        x += MARK
    parts.append(_letters(x, y, WORD[look.start : look.end], tried))
    x += LETTER * (look.end - look.start) + LETTER / 2
    for letter in WORD[look.end :]:
        parts.append(Text(x, line, letter, role="hidden"))
        x += LETTER
    return parts


def _letters(x: float, y: float, letters: str, role: str) -> Cells:
    row = tuple(letters)
    return Cells(x, y, (row,), width=LETTER, height=LETTER, role=role)


def _result(trace: Trace, bottom: float) -> list[Part]:
    """The pieces, each below its letters, with their rows of the embedding matrix."""
    ids = wordpiece.load().vocabulary
    parts, x = [], LEFT
    for piece in trace.pieces:
        letters = piece.removeprefix(PREFIX)
        width = LETTER * len(letters)
        if piece != letters:
            width += MARK
        middle = x + width / 2
        way = (middle, bottom), (middle, bottom + 20)
        parts.append(Arrow(way))
        parts.append(Box(x + 3, bottom + 22, width - 6, 28, piece, role="right"))
        parts.append(Text(middle, bottom + 68, Say("row", n=ids[piece]), size=12))
        x += width
    return parts
