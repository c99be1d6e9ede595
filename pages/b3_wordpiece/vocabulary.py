"""Search the 30,522 pieces of BERT's vocabulary; what they are.   Devlin et al. 2019, §3."""

import unicodedata
from collections.abc import Container, Iterable, Mapping
from typing import Annotated

from models import wordpiece
from models.wordpiece import PREFIX, SPECIAL
from pages.b3_wordpiece import by_library
from pages.b3_wordpiece.inputs import VOCABULARY
from study.controls import Choice, Text, Toggle
from study.demo import Claim, Evidence, Measured, Origin, Step
from study.memo import memo
from study.views import Say, Table

PRESETS = {
    "flight": {"query": "flight", "step": "search"},
    "longest": {"query": "", "longest": True, "step": "search"},
    "other": {"query": "", "among": "other", "longest": True, "step": "search"},
    "never": {"query": "", "among": "never", "step": "search"},
    "unused": {"query": "", "among": "unused", "step": "search"},
}
SHOWN = 60  # pieces found
#: What a piece is, by what it is written with; the first that fits (see kind).
KINDS = ("special", "unused", "never", "chinese", "other", "digits", "continuing", "whole")


def vocabulary(
    query: Annotated[str, Text(30, optional=True)] = "less",
    among: Annotated[str, Choice("all", "whole", "continuing", "other", "chinese", "never", "unused")] = "all",
    longest: Annotated[bool, Toggle()] = False,
) -> Evidence:
    """The pieces that contain what is searched, what becomes of each when it is typed, and how many of which kind."""
    kinds = _kinds()
    text = query.strip() if query.strip() in kinds else query.strip().lower()
    hits = [piece for piece, kind in kinds.items() if text in piece and among in ("all", kind)]
    if longest:
        hits.sort(key=len, reverse=True)
    by_kind = {kind: [piece for piece in kinds if kinds[piece] == kind] for kind in KINDS}
    begins = {piece for piece in kinds if len(piece) == 1}
    goes_on = {piece.removeprefix(PREFIX) for piece in kinds if piece.startswith(PREFIX) and len(piece) == 3}
    return Evidence(
        Step("search", _hits(hits, kinds)),
        Step("kinds", _made_of(by_kind)),
        claims=[
            Claim("rows_add_up", measured=sum(map(len, by_kind.values())), expected=30_522),
            Claim("both_forms", measured=len(begins ^ goes_on), expected=0),
            Claim("never_come", measured=_that_come(by_kind["never"]), expected=0),
        ],
        measured=[Measured("hits", len(hits), step="search"), Measured("characters", len(begins), step="kinds")],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )


def _hits(hits: list[str], kinds: Mapping[str, str]) -> Table:
    """The first of them; the last column is what a person gets who types the piece."""
    w = wordpiece.load()
    rows = []
    for piece in hits[:SHOWN]:
        typed = " ".join(w.tokenize(piece))
        rows.append([piece, str(w.vocabulary[piece]), Say(f"kind_{kinds[piece]}"), typed])
    title = Say("hits", shown=len(rows), all=len(hits))
    return Table(["piece", "id", "kind", "typed"], rows or [["–"] * 4], title)


def _made_of(by_kind: Mapping[str, list[str]]) -> Table:
    """How many pieces of each kind, and six examples from all over it, in scripts for which fonts are common."""
    rows = []
    for kind, pieces in by_kind.items():
        common = [piece for piece in pieces if not any("\u0530" <= c <= "\u1dff" for c in piece)]  # Armenian, Thai …
        sixth = max(len(common) // 6, 1)
        examples = common[sixth // 2 :: sixth][:6]
        rows.append([Say(f"kind_{kind}"), Say("whole", n=len(pieces)), " ".join(examples)])
    return Table(["kind", "count", "example"], rows, "made_of")


def _that_come(pieces: Iterable[str]) -> int:
    """How many of these pieces the library gives when they are typed, alone or after a letter."""
    came = set()
    for piece in pieces:
        body = piece.removeprefix(PREFIX)
        came |= {*by_library.encode(body).tokens, *by_library.encode(f"a{body}").tokens}
    return len(came.intersection(pieces))


# --- what a piece is -------------------------------------------------------------------------------------------------
@memo
def _kinds() -> dict[str, str]:
    """The kind of every piece of the vocabulary, in its order."""
    pieces = wordpiece.load().vocabulary
    alone = frozenset(filter(stands_alone, set("".join(pieces))))
    return {piece: kind(piece, alone) for piece in pieces}


def stands_alone(c: str) -> bool:
    """Whether a character is always a word of its own: punctuation and Chinese, by the rules of wordpiece.words."""
    return wordpiece.words(f"a{c}") == ["a", c]


def kind(piece: str, alone: Container[str]) -> str:
    """One of KINDS. chinese, other and digits count pieces with and without ##. alone: characters that stand alone."""
    body = piece.removeprefix(PREFIX)
    if piece in SPECIAL:
        return "special"
    if piece.startswith("[unused"):
        return "unused"
    joined = piece != body or len(body) > 1  # to what comes before it, or within itself
    if joined and any(c in alone for c in body):
        return "never"  # no text can give it: the rules always take it apart
    if any(first <= ord(c) <= last for c in body for first, last in wordpiece.CHINESE):
        return "chinese"
    if not all("LATIN" in unicodedata.name(c, "") or c.isdigit() for c in body):
        return "other"
    if body.isdigit():
        return "digits"
    return "continuing" if piece.startswith(PREFIX) else "whole"
