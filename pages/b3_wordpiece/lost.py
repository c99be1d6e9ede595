"""Two texts as BERT reads them: what [UNK] takes away, and whether anything is left that tells them apart."""

from typing import Annotated

from models import wordpiece
from pages.b3_wordpiece import by_library, chips
from pages.b3_wordpiece.by_library import differences
from pages.b3_wordpiece.inputs import VOCABULARY, read, unknown
from study.controls import Text
from study.demo import Claim, Evidence, Measured, Origin
from study.views import Say, Table

PRESETS = {
    "food": {"first": "苹果很好吃。", "second": "鸡蛋很难吃。"},
    "feelings": {"first": "我爱你", "second": "我恨你"},
    "emoji": {"first": "I am 🙂", "second": "I am 🙁"},
    "english": {"first": "apples taste good", "second": "eggs taste bad"},
}


def lost(
    first: Annotated[str, Text(60)] = PRESETS["food"]["first"],
    second: Annotated[str, Text(60)] = PRESETS["food"]["second"],
) -> Evidence:
    """The pieces and the ids of both, and what the ids become when they are turned back into text."""
    a, b = read(first), read(second)
    a_ids, b_ids = _ids(a), _ids(b)
    a_theirs, b_theirs = by_library.encode(first).ids, by_library.encode(second).ids
    swallowed = [t for t in (*a, *b) if unknown(t)]
    words, rows = {t.word for t in swallowed}, set(_ids(swallowed))
    return Evidence(
        chips.of_traces(a, Say("first_pieces", n=len(a_ids))),
        chips.of_traces(b, Say("second_pieces", n=len(b_ids))),
        Table(
            ["what", "first_text", "second_text"],
            [
                [Say("normalised"), " ".join(t.word for t in a), " ".join(t.word for t in b)],
                [Say("ids"), ", ".join(map(str, a_ids)), ", ".join(map(str, b_ids))],
                [Say("decoded"), by_library.decode(a_theirs), by_library.decode(b_theirs)],
            ],
            "what_is_left",
        ),
        claims=[
            Claim("same_tokens", measured=differences(a_ids, a_theirs) + differences(b_ids, b_theirs), expected=0),
            Claim("one_row", measured=len(rows), expected=min(len(words), 1)),
        ],
        measured=[
            Measured("positions", differences(a_ids, b_ids)),
            Measured("swallowed", len(words)),
        ],
        origin=Origin.PRETRAINED,
        source=VOCABULARY,
    )


def _ids(traces: list[wordpiece.Trace]) -> list[int]:
    """All that BERT gets of a text: the rows of its pieces."""
    vocabulary = wordpiece.load().vocabulary
    return [vocabulary[piece] for t in traces for piece in t.pieces]
