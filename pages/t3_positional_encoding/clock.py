"""The table of positions as a clock with two hands, d_model = 4: a row per position.   Vaswani et al. 2017, §3.5."""

import torch
from torch import Tensor

from models import positional
from study.demo import Claim, Evidence, Origin, same
from study.views import Diagram, Say
from study.views.diagram import Arrow, Cells, Circle, Text

D = 4  # d_model: two pairs, which turn by 1 and by 1/100 radian a position
POSITIONS = (0, 1, 2, 3, 100, 200)
TOP, ROW = 48, 40  # where the rows begin, how tall each is
MIDDLES = (76, 132)  # of the two clocks
HAND = 16

HEADINGS = (
    Text(8, 40, "pos", anchor="start", size=12, bold=True),
    Text(76, 40, Say("fast"), size=12),
    Text(132, 40, Say("slow"), size=12),
    Text(218, 20, Say("pair", i=0), size=12, bold=True),
    Text(310, 20, Say("pair", i=1), size=12, bold=True),
    Text(195, 40, "sin", size=12),
    Text(241, 40, "cos", size=12),
    Text(287, 40, "sin", size=12),
    Text(333, 40, "cos", size=12),
)


def clock() -> Evidence:
    """Six positions: where the two hands stand, and the four numbers that say so."""
    table = torch.cat([_position(p) for p in POSITIONS])  # (6, C)
    numbers = tuple(tuple(map(_short, row)) for row in table.tolist())
    grid = Cells(172, TOP, numbers, width=46, height=ROW, role="position", size=12)
    height = TOP + ROW * len(POSITIONS) + 4
    slow_at_100 = _position(100)[0, 2:]  # (2,)
    fast_at_1 = _position(1)[0, :2]  # (2,)
    return Evidence(
        Diagram([*HEADINGS, *_clocks(table), grid], 360, height),
        claims=[
            same("slow_as_fast", slow_at_100, fast_at_1, abs=1e-12),
            Claim("neighbours", measured=_dot(0, 1), expected=_dot(1, 2), abs=1e-12),
            Claim("neighbours_further_on", measured=_dot(57, 58), expected=_dot(1, 2), abs=1e-12),
        ],
        origin=Origin.CALCULATED,
    )


def _position(p: int) -> Tensor:
    return positional.sinusoidal(1, D, start=p, dtype=torch.float64)  # (1, C)


def _dot(p: int, other: int) -> float:
    return float(_position(p) @ _position(other).T)


def _short(value: float) -> str:
    """Two decimals, with a minus sign that is no hyphen; 0 and 1 as they are."""
    if value in (0, 1):
        return f"{value:g}"
    return f"{value:.2f}".replace("-", "−")


def _clocks(table: Tensor) -> list[Text | Circle | Arrow]:
    """A row for each position: its number, and a circle with a hand for each pair. At 0 a hand points up."""
    parts: list[Text | Circle | Arrow] = []
    y = TOP + ROW / 2
    for p, pe in zip(POSITIONS, table.tolist(), strict=True):
        number = Text(8, y + 5, str(p), anchor="start", bold=True)
        fast = _clock(MIDDLES[0], y, pe[:2])
        slow = _clock(MIDDLES[1], y, pe[2:])
        parts += [number, *fast, *slow]
        y += ROW
    return parts


def _clock(x: float, y: float, pair: list[float]) -> tuple[Circle, Arrow]:
    """A circle around (x, y) with a hand: the sine says how far right its tip is, the cosine how far up."""
    sine, cosine = pair
    tip = (x + HAND * sine, y - HAND * cosine)
    hand = Arrow(((x, y), tip), role="position", width=2)
    return Circle(x, y, HAND + 2, role="mask"), hand
