"""A text as BERT reads it: its pieces, and what became of each word.   Devlin et al. 2019, §3."""

from collections.abc import Sequence
from typing import Annotated

from models import wordpiece
from pages.b3_wordpiece import by_library, chips
from pages.b3_wordpiece.by_library import differences
from pages.b3_wordpiece.inputs import SENTENCE, VOCABULARY, read, unknown
from study.controls import Text
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Say, Table

PRESETS = {
    "paper": {"sentence": "penguin [MASK] are flightless birds"},
    "rare": {
        "sentence": "Xiaoming asks ChatGPT about COVID-19, Huawei and pneumonoultramicroscopicsilicovolcanoconiosis.",
    },
    "numbers": {"sentence": "In 2018 it had 30522 pieces, 3.14159 of them for π."},
    "signs": {"sentence": "C'est naïve… 🙂 really?!"},
    "hashes": {"sentence": "##less is typed as #, #, less"},
}


def split(sentence: Annotated[str, Text(400)] = SENTENCE) -> Evidence:
    """The pieces of a text beside the library's, and the words they are put together to again."""
    traces = read(sentence)
    theirs = by_library.encode(sentence)
    tokens = [piece for t in traces for piece in t.pieces]
    ids = [wordpiece.load().vocabulary[piece] for piece in tokens]
    spelt = [t for t in traces if t.pieces != (wordpiece.UNKNOWN,)]
    together = [t for t in spelt if _joined(t.pieces) == t.word]
    return Evidence(
        chips.of_traces(traces, Say("pieces", n=len(tokens))),
        _each_word(traces),
        claims=[
            Claim("same_length", measured=len(tokens), expected=len(theirs.tokens)),
            Claim("same_tokens", measured=differences(tokens, theirs.tokens), expected=0),
            Claim("same_ids", measured=differences(ids, theirs.ids), expected=0),
            Claim("rejoined", measured=len(together), expected=len(spelt)),
        ],
        measured=[
            Measured("cut_words", sum(len(t.pieces) > 1 for t in traces)),
            Measured("unknown", len(traces) - len(spelt)),
            Measured("words", len(traces)),
        ],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )


def _each_word(traces: Sequence[wordpiece.Trace]) -> Table:
    """What became of each different word: the first 24, those that are cut or unknown before those with a row."""
    ids = wordpiece.load().vocabulary
    different = {t.word: t for t in traces}.values()
    words = sorted(different, key=lambda t: t.pieces == (t.word,))  # the table may have to be scrolled
    rows = []
    for t in words[:24]:
        numbers = ", ".join(str(ids[piece]) for piece in t.pieces)
        rows.append([_shortened(t.word), " ".join(t.pieces), numbers, _why(t)])
    return Table(["word", "pieces_of", "ids", "why"], rows, Say("each_word", shown=len(rows), all=len(words)))


def _joined(pieces: Sequence[str]) -> str:
    """The word again: what follows the first piece, without its ##."""
    return pieces[0] + "".join(piece.removeprefix(wordpiece.PREFIX) for piece in pieces[1:])


def _shortened(word: str) -> str:
    """A long word for a table's cell, which has to fit a phone."""
    return word if len(word) <= 20 else f"{word[:12]}…{word[-6:]}"


def _why(t: wordpiece.Trace) -> Say:
    if t.word in wordpiece.SPECIAL:
        return Say("why_special")
    if not unknown(t):
        return Say("why_whole") if len(t.pieces) == 1 else Say("why_cut", n=len(t.pieces))
    # the last look is for the character that is in no row; a word that is too long is never looked up
    return Say("why_missing", piece=t.attempts[-1].piece) if t.attempts else Say("why_long", n=len(t.word))
