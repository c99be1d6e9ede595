"""Figure 2 as row numbers: what is looked up for every token, and added.   Devlin et al. 2019, §3; Figure 2."""

from models import bert, bert_input
from study import local_bert
from study.demo import Evidence, Origin, same
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Text

TEXT, PAIR = "my dog", "he slept"
LEFT, WIDTH = 12, 48  # of the first column, of each
TOP, PITCH = 12, 50  # of the first row, from one to the next
SUMS = ["x₀", "x₁", "x₂", "x₃", "x₄", "x₅", "x₆"]


def three_rows() -> Evidence:
    """Seven tokens and the rows of the three tables whose sum is what enters the first layer."""
    s = bert_input.taken_apart(TEXT, PAIR)
    count = len(s.ids)
    first_text = s.tokens.index("[SEP]") + 1  # [CLS], A and its [SEP]
    by_rule = [0] * first_text + [1] * (count - first_text)
    rows = [
        *_row(0, "tokens", s.tokens, ""),
        *_row(1, "token", s.ids, "hidden"),
        *_row(2, "segment", s.segments, ""),
        *_row(3, "position", range(count), "position"),
        *_row(4, "sum", SUMS, "hidden"),
    ]
    bottom = TOP + 5 * PITCH
    ways = [_down(place, bottom) for place in range(count)]
    layer = Box(LEFT, bottom + 15, count * WIDTH, 26, Say("layer"))
    width = 2 * LEFT + count * WIDTH
    hidden = bert.load().trace(TEXT, PAIR).hidden  # (L+1, T, C)
    return Evidence(
        Diagram([*rows, *ways, layer], width, bottom + 46),
        claims=[
            same("segments", by_rule, s.segments),
            same("enters", s.normed, hidden[0], abs=1e-5),  # the model computes in float32
        ],
        origin=Origin.PRETRAINED,
        source=local_bert.source(),
    )


def _row(n: int, name: str, texts: list | range, role: str) -> list[Text | Cells]:
    """The n-th row: cells with what they are above them."""
    y = TOP + n * PITCH
    cells = tuple(str(text) for text in texts)
    return [
        Text(LEFT, y + 13, Say(name), anchor="start", role=role, size=12),
        Cells(LEFT, y + 20, (cells,), width=WIDTH, role=role),
    ]


def _down(place: int, bottom: float) -> Arrow:
    """From the last cell of a column into the layer."""
    x = LEFT + WIDTH * (place + 0.5)
    return Arrow(((x, bottom - 4), (x, bottom + 14)))
