"""Which table would you show for this claim? An exercise, graded, with the numbers.   Devlin et al. 2019."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pages.b1_paper_map.tables import ACCURACY, FEATURES, GLUE, MASKING, SIZE, SQUAD_1, SQUAD_2, SWAG, TASKS
from study.controls import Anew, Block, Choice
from study.demo import Claim, Evidence, Origin, same
from study.views import Chain, Diagram, Say, Table
from study.views.diagram import Box, Text

OPEN, NONE = "open", "none"
PLACES = (*(f"table_{n}" for n in range(1, 9)), "figure_5", NONE)


@dataclass(frozen=True)
class Item:
    """A claim, where the paper proves it (or "none": nowhere), and the two numbers whose difference says so."""

    answer: str
    first: float = 0.0
    second: float = 0.0
    stated: float = 0.0


#: stated: the difference as one reads it off the printed numbers.
ITEMS = {
    "pairs": Item("table_5", TASKS.cell("base", "QNLI"), TASKS.cell("no_nsp", "QNLI"), 3.5),
    "frozen": Item("table_7", FEATURES.cell("base", "dev"), FEATURES.cell("concat", "dev"), 0.3),
    "seeds": Item(NONE),
    "mask_only": Item(
        "table_8", MASKING.cell("80/10/10", "NER_features"), MASKING.cell("100/0/0", "NER_features"), 0.9
    ),
    "early": Item("figure_5", round(ACCURACY["mlm"][2], 1), round(ACCURACY["ltr"][2], 1), 0.2),
    "nine": Item("table_1", GLUE.cell("large", "Average"), GLUE.cell("gpt", "Average"), 7.0),
    "bilstm": Item("table_5", TASKS.cell("no_nsp", "SQuAD"), TASKS.cell("bilstm", "SQuAD"), 3.0),
    "no_answer": Item("table_3", SQUAD_2.cell("large", "test_F1"), SQUAD_2.cell("mir_mrc", "test_F1"), 5.1),
    "smallest": Item("table_6", SIZE.cell("24/1024/16", "MRPC"), SIZE.cell("12/1024/16", "MRPC"), 0.9),
    "span": Item("table_2", SQUAD_1.cell("ensemble", "test_F1"), SQUAD_1.cell("human", "test_F1"), 2.0),
    "expert": Item("table_4", SWAG.cell("large", "test"), SWAG.cell("expert", "test"), 1.3),
    "order": Item(NONE),
}
PRESETS = {name: {"statement": name} for name in ITEMS}
SIGNS = {"right": "✓", "wrong": "✗"}
WIDE, HIGH, COLUMNS = 68, 30, 5  # of a box, boxes in a row


def which_table(
    statement: Annotated[str, Choice(*ITEMS)] = "pairs",
    answer: Annotated[str, Block(OPEN, *PLACES), Anew("statement")] = OPEN,
) -> Evidence:
    """A statement; once the reader has chosen a place, whether it is the right one, why, and its two numbers."""
    item = ITEMS[statement]
    chosen = answer if answer != OPEN else ""
    places = list(_places(item.answer, answer))
    shown = chosen and item.answer != NONE
    unasked = set(PLACES) - {each.answer for each in ITEMS.values()}
    printed = [each.first - each.second for each in ITEMS.values()]
    stated = [each.stated for each in ITEMS.values()]
    return Evidence(
        Diagram(places, 360, 72, pick="answer", selected=chosen, title=Say(f"{statement}_claim")),
        *([_graded(statement, item, chosen)] if chosen else []),
        *([_numbers(statement, item)] if shown else []),
        claims=[  # of all twelve: what holds for one alone would tell its answer
            Claim("every_place", measured=len(unasked), expected=0),
            same("as_printed", printed, stated, abs=1e-9),
        ],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Tables 1–8, Figure 5",
        notices=[Say("answer_first")] if answer == OPEN else [],
    )


def _graded(statement: str, item: Item, chosen: str) -> Table:
    """Whether the answer is right, which one is, and why; of a wrong one, what is found there instead."""
    is_right = chosen == item.answer
    rows = [
        [Say("verdict"), Say("right" if is_right else "wrong")],
        *([] if is_right else [[Say(chosen), Say(f"{chosen}_holds")]]),
        [Say("place"), Say(item.answer)],
        [Say("why"), Say(f"{statement}_why")],
    ]
    return Table(["asked", "answered"], rows)


def _numbers(statement: str, item: Item) -> Chain:
    """The two numbers and their difference."""
    links = [
        (f"{statement}_first", item.first),
        (f"{statement}_second", item.second),
        ("difference", round(item.first - item.second, 2)),
    ]
    return Chain(links, "numbers", joins=["−", "="])


def _places(right: str, answer: str) -> Iterator[Box | Text]:
    """Ten boxes; after an answer the right one and, if it is another, the chosen one have their colour and sign."""
    for i, place in enumerate(PLACES):
        row, column = divmod(i, COLUMNS)
        x = 2 + column * (WIDE + 4)
        y = 3 + row * (HIGH + 5)
        role = ""
        if answer != OPEN and place in (right, answer):
            role = "right" if place == right else "wrong"
        yield Box(x, y, WIDE, HIGH, Say(place), role=role, size=12, name=place)
        if role:
            yield Text(x + 3, y + 12, SIGNS[role], anchor="start", role=role, size=12, bold=True)
