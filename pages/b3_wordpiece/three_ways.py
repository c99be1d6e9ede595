"""The same text word by word, character by character and in pieces, out of BERT's own vocabulary."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from models import wordpiece
from models.records import translator as held_out
from pages.b3_wordpiece import by_library
from pages.b3_wordpiece.chips import chips
from pages.b3_wordpiece.inputs import SENTENCE, TATOEBA, VOCABULARY, read
from study.controls import Choice, Text, When
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Say, Table, Tokens

PRESETS = {
    "penguins": {"text": SENTENCE},
    "english": {"source": "english"},
    "chinese": {"source": "chinese"},
}
SHOWN = {"words": 14, "characters": 44, "pieces": 14}  # units of a text, as chips: about as long as each other
Units = dict[str, list[str]]  # "words", "characters", "pieces": the text as a sequence of each


def three_ways(
    text: Annotated[str, Text(400), When(source="typed")] = SENTENCE,
    source: Annotated[str, Choice("typed", "english", "chinese")] = "typed",
) -> Evidence:
    """How long the sequence is, how many of its units have no row, and what attention would cost."""
    if source != "typed":
        text = "\n".join(getattr(pair, source) for pair in held_out.load().pairs)
    traces = read(text)
    units, rows = _units(traces), _usable(wordpiece.load().vocabulary)
    missing = _missing(units, rows)
    n = {name: len(sequence) for name, sequence in units.items()}
    whole = sum(t.pieces == (t.word,) for t in traces)
    return Evidence(
        _counted(n, missing, rows),
        *(_chips(name, units[name], missing[name]) for name in units),
        claims=[
            Claim("no_shorter_than_words", measured=n["pieces"], expected=n["words"], op="≥"),
            Claim("no_longer_than_characters", measured=n["pieces"], expected=n["characters"], op="≤"),
            Claim("same_pieces", measured=n["pieces"], expected=len(by_library.encode(text).ids)),
        ],
        measured=[
            Measured("in_one_piece", whole / len(traces), unit="share"),
            Measured("pieces_unknown", len(missing["pieces"]) / n["pieces"], unit="share"),
        ],
        origin=Origin.PRETRAINED,
        source=VOCABULARY if source == "typed" else f"{VOCABULARY}; {TATOEBA}",
    )


def _units(traces: Sequence[wordpiece.Trace]) -> Units:
    """The text as a sequence of words, of characters and of pieces; a special token is one unit in each."""
    words = [t.word for t in traces]
    return {
        "words": words,
        "characters": [unit for word in words for unit in ([word] if word in wordpiece.SPECIAL else word)],
        "pieces": [piece for t in traces for piece in t.pieces],
    }


def _missing(units: Units, rows: dict[str, frozenset[str]]) -> Units:
    """The units without a row. Every piece that comes out has one, so that among the pieces it is [UNK] that counts."""
    return {
        "words": [unit for unit in units["words"] if unit not in rows["words"]],
        "characters": [unit for unit in units["characters"] if unit not in rows["characters"]],
        "pieces": [unit for unit in units["pieces"] if unit == wordpiece.UNKNOWN],
    }


def _usable(vocabulary: Iterable[str]) -> dict[str, frozenset[str]]:
    """The rows of a vocabulary that a word-level, a character-level and a subword model could use."""
    rows = [piece for piece in vocabulary if not piece.startswith("[unused")]
    return {
        "words": frozenset(piece for piece in rows if not piece.startswith(wordpiece.PREFIX)),
        "characters": frozenset(piece for piece in rows if len(piece) == 1 or piece in wordpiece.SPECIAL),
        "pieces": frozenset(rows),
    }


def _counted(n: dict[str, int], missing: Units, rows: dict[str, frozenset[str]]) -> Table:
    table = []
    for name, length in n.items():
        share = round(100 * len(missing[name]) / length, 1)
        weights = round((length / n["words"]) ** 2, 1)  # attention has length × length of them
        table.append([Say(name), Say("whole", n=len(rows[name])), length, len(missing[name]), share, weights])
    return Table(["unit", "rows", "length", "missing", "missing_share", "pairs"], table, "counted")


def _chips(name: str, units: Sequence[str], missing: Iterable[str]) -> Tokens:
    shown = units[: SHOWN[name]]
    title = Say(f"cut_{name}", shown=len(shown), all=len(units))
    return chips([(unit, [unit]) for unit in shown], title, frozenset(missing))
