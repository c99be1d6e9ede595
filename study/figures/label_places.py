"""Where the texts of a scatter stand: beside their points, none over another; the hover has those without room."""

from collections.abc import Sequence
from itertools import accumulate, pairwise, product

import numpy as np

from study.views import Scatter

#: Pixels inside the axes of a phone's figure, and how many a text may go beyond them; a wider one only has more room.
INSIDE, HEIGHT, EDGE = 290, 150, 7
ROOMS = (0.1, 0.2, 0.3)  # of the points' width, on each side of them: the usual, and what a text at an end may need
LINE = 15  # height of a text
MOVES = 2  # so many texts may make way for one
GAP = 5  # from the point to its text
#: Plotly's names, the best place first: where the text's box begins, in widths and heights of the box from the point.
SIDES = {
    "top center": (-0.5, 0), "bottom center": (-0.5, -1), "middle right": (0, -0.5), "middle left": (-1, -0.5),
    "top right": (0, 0), "top left": (-1, 0), "bottom right": (0, -1), "bottom left": (-1, -1),
}  # fmt: skip
_AWAY = {"top": (0, GAP), "bottom": (0, -GAP), "right": (GAP, 0), "left": (-GAP, 0)}


def lines_of(view: Scatter) -> list[slice]:
    """Where the points of its lines stand among all of its points."""
    ends = list(accumulate((len(group.labels) for group in view.groups), initial=0))
    return [slice(*span) for span, group in zip(pairwise(ends), view.groups, strict=True) if group.joined]


def placed(
    x: np.ndarray, y: np.ndarray, widths: Sequence[float], square: bool = False, lines: Sequence[slice] = ()
) -> tuple[list[str], tuple[float, float]]:
    """The places of all texts, and how much room the axis has left and right of the points, in widths of theirs.

    It has more than usual where a text at an end would have no place without it.
    """
    tried, texts = [], sum(map(bool, widths))
    for room in sorted(product(ROOMS, ROOMS), key=sum)[: 1 if square else None]:
        tried.append((places(x, y, widths, square, room, lines), room))
        if sum(map(bool, tried[-1][0])) == texts:
            break  # all have a place
    return min(tried, key=lambda sides_and_room: sides_and_room[0].count(""))  # the first of the best


def places(
    x: np.ndarray,
    y: np.ndarray,
    widths: Sequence[float],
    square: bool = False,
    room: tuple[float, float] = (ROOMS[0], ROOMS[0]),
    lines: Sequence[slice] = (),
) -> list[str]:
    """For each of N points with a text so many pixels wide: one of SIDES, or "" where there is no room
    and for a text of no width. The first come first; one that stands in the way of a later one moves if it can.

    square: one unit is as long on both axes, so that one of them may leave room unused. lines: points that a line
    joins, which no text is to stand on.
    """
    boxes = _boxes(x, y, widths, square, room, lines)
    texts = np.full((len(boxes), 4), np.nan)  # the box of each text that has a place; NaN is in nobody's way
    found = [""] * len(boxes)

    def put(i: int, moves: int) -> bool:
        ways = [(side, box, _in_the_way(box, texts)) for side, box in boxes[i].items()]
        for side, box, others in sorted(ways, key=lambda way: len(way[2])):  # a free one first
            if len(others) > moves:
                return False
            before = texts.copy(), found.copy()
            texts[others] = np.nan
            texts[i], found[i] = box, side
            if all(put(other, moves - 1) for other in others):
                return True
            texts[:], found[:] = before
        return False

    for i in range(len(boxes)):
        put(i, MOVES)
    return found


def _boxes(
    x: np.ndarray,
    y: np.ndarray,
    widths: Sequence[float],
    square: bool,
    room: tuple[float, float],
    lines: Sequence[slice],
) -> list[dict[str, np.ndarray]]:
    """For each point the places that its text may have if no other text is there."""
    width = INSIDE / (1 + sum(room))  # pixels from the first point to the last one
    ends = -room[0] * width - EDGE, (1 + room[1]) * width + EDGE
    unit = np.array([width / (np.ptp(x) or 1), HEIGHT / (np.ptp(y) or 1)])  # pixels
    at = np.stack([x - x.min(), y - y.min()], 1) * (unit.min() if square else unit)  # (N, 2)
    marks = _marks(at, lines)
    return [_free(point, wide, marks, ends) for point, wide in zip(at, widths, strict=True)]


def _marks(at: np.ndarray, lines: Sequence[slice]) -> np.ndarray:
    """(M, 4): left, bottom, right and top of the points (N, 2) and of what lines draw between them."""
    drawn = np.concatenate([at, *(_along(*ends) for line in lines for ends in pairwise(at[line]))])
    return np.concatenate([drawn - 4, drawn + 4], 1)


def _free(point: np.ndarray, width: float, marks: np.ndarray, ends: tuple[float, float]) -> dict[str, np.ndarray]:
    """The boxes of a text beside its point, by side, that lie between these ends and on no mark."""
    boxes = {side: _box(point, side, width) for side in (SIDES if width else ())}
    inside = {side: box for side, box in boxes.items() if box[0] > ends[0] and box[2] < ends[1]}
    return {side: box for side, box in inside.items() if not _in_the_way(box, marks).size}


def _box(point: np.ndarray, side: str, width: float) -> np.ndarray:
    """Left, bottom, right and top of a text beside a point."""
    size = np.array([width, LINE])
    corner = point + size * SIDES[side] + np.sum([_AWAY[word] for word in side.split() if word in _AWAY], 0)
    return np.concatenate([corner, corner + size])


def _in_the_way(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of these boxes (N, 4) it overlaps."""
    return np.flatnonzero((box[:2] < others[:, 2:]).all(1) & (box[2:] > others[:, :2]).all(1))


def _along(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(K, 2): points of a line, so near to one another that no text fits between them."""
    return np.linspace(start, end, int(np.hypot(*(end - start)) / 8) + 1)
