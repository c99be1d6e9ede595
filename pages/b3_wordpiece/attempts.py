"""Longest match first: every look into the vocabulary, in order.   Wu et al. 2016, §4.1; Google's tokenization.py."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from models import wordpiece
from pages.b3_wordpiece import by_library, chips
from pages.b3_wordpiece.by_library import differences
from pages.b3_wordpiece.inputs import VOCABULARY, read, unknown
from study.controls import Slider, Text
from study.demo import Claim, Evidence, Origin
from study.views import Say, Span, Table, Tokens

PRESETS = {
    "flightless": {"word": "flightless", "look": 1},
    "unaffable": {"word": "unaffable", "look": 7},
    "cloudscribe": {"word": "cloudscribe", "look": 6},
    "unhappiness": {"word": "unhappiness", "look": 10},
    "apple": {"word": "苹", "look": 1},
}
LOOK = Slider(1, 25, upto=lambda values: len(read(values["word"])[0].attempts))
SHOWN = 7  # rows of the table: the look that is shown stays in sight without scrolling, on a phone too


def attempts(word: Annotated[str, Text(120)] = "flightless", look: Annotated[int, LOOK] = 5) -> Evidence:
    """One word, cut look by look, and a spelling in fewer pieces where there is one."""
    traces = read(word)
    t, looks = traces[0], len(traces[0].attempts)
    theirs = by_library.encode(t.word).tokens
    claims = [
        Claim("looks", measured=looks, expected=_expected_looks(t)),
        Claim("same_tokens", measured=differences(t.pieces, theirs), expected=0),
        Claim("longest", measured=_overlooked(t), expected=0),
    ]
    views, notices = [_spelt(t.word, t.pieces, "result")], []
    n = min(look, looks)
    if looks:
        views = [_at_look(t, n), *views]
    else:
        notices.append(Say("no_looks"))
    if len(traces) > 1:
        notices.append(Say("only_first", words=len(traces)))
    if looks and not unknown(t):
        shortest = _fewest(t.word, wordpiece.load().vocabulary)
        claims.append(Claim("not_fewer", measured=len(t.pieces), expected=len(shortest), op="≥"))
        if len(shortest) < len(t.pieces):
            views.append(_spelt(t.word, shortest, "fewest"))
    return Evidence(
        *views,
        *([_all_looks(t, n)] if looks else []),  # last: its width changes with n, and nothing else has to move
        claims=claims,
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
        notices=notices,
    )


def _spelt(word: str, pieces: Sequence[str], title: str) -> Tokens:
    """A word in pieces; the colour of those that continue it is taken: here it marks what is tried."""
    return chips.chips([(word, pieces)], title, focus=lambda piece: False)


def _at_look(t: wordpiece.Trace, n: int) -> Tokens:
    """The word at its n-th look: what is already cut off, and what is tried."""
    now = t.attempts[n - 1]
    spans = [Span(i, i + 1, "focus") for i in range(now.start, now.end)]
    legend = {"focus": "tried_now"}
    if now.start:
        spans += [Span(i, i + 1, "right") for i in range(now.start)]
        legend["right"] = "cut_off"
    outcome = "found_now" if now.found else "missed_now"
    return Tokens(t.word, spans, legend, Say(outcome, step=n))


def _all_looks(t: wordpiece.Trace, n: int) -> Table:
    """The looks around the n-th."""
    ids = wordpiece.load().vocabulary
    first = max(0, min(n - SHOWN // 2, len(t.attempts) - SHOWN))
    rows = []
    for i, look in enumerate(t.attempts[first : first + SHOWN], first + 1):
        now = "▶" if i == n else ""
        found = "✓" if look.found else "✗"
        rows.append([now, i, look.piece, found, str(ids.get(look.piece, "–"))])
    title = Say("all_looks", shown=len(rows), all=len(t.attempts))
    return Table(["now", "step", "tried", "found", "id"], rows, title)


def _expected_looks(t: wordpiece.Trace) -> int:
    """From each start the end moves left from the word's end to where the looks stopped."""
    stops = {look.start: look.end for look in t.attempts}
    return sum(len(t.word) - end + 1 for end in stops.values())


def _overlooked(t: wordpiece.Trace) -> int:
    """How many longer matches the vocabulary has at the places where a piece was found."""
    vocabulary = wordpiece.load().vocabulary
    longer = 0
    for look in t.attempts:
        if look.found:
            ends = range(look.end + 1, len(t.word) + 1)
            longer += sum(_piece(t.word, look.start, end) in vocabulary for end in ends)
    return longer


def _fewest(word: str, vocabulary: Mapping[str, int]) -> tuple[str, ...] | None:
    """A spelling of the word in as few pieces as possible, None where there is none: every cut is tried."""
    best: list[tuple[str, ...] | None] = [()]  # of word[:end], for every end
    for end in range(1, len(word) + 1):
        ways = []
        for start in range(end):
            piece = _piece(word, start, end)
            if best[start] is not None and piece in vocabulary:
                ways.append((*best[start], piece))
        best.append(min(ways, key=len, default=None))
    return best[-1]


def _piece(word: str, start: int, end: int) -> str:
    return wordpiece.PREFIX * (start > 0) + word[start:end]
