"""Where the texts of a scatter stand: beside their points, none over another; the hover has those without room."""

from collections.abc import Sequence
from itertools import product

import numpy as np

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


def placed(
    x: np.ndarray, y: np.ndarray, widths: Sequence[float], square: bool = False
) -> tuple[list[str], tuple[float, float]]:
    """The places of all texts, and how much room the axis has left and right of the points, in widths of theirs.

    It has more than usual where a text at an end would have no place without it.
    """
    rooms = sorted(product(ROOMS, ROOMS), key=sum)[: 1 if square else None]
    tried = [(places(x, y, widths, square, room), room) for room in rooms]
    return min(tried, key=lambda sides_and_room: sides_and_room[0].count(""))  # the first of the best


def places(
    x: np.ndarray,
    y: np.ndarray,
    widths: Sequence[float],
    square: bool = False,
    room: tuple[float, float] = (ROOMS[0], ROOMS[0]),
) -> list[str]:
    """For each of N points with a text so many pixels wide: one of SIDES, or "" where there is no room
    and for a text of no width. The first come first; one that stands in the way of a later one moves if it can.

    square: one unit is as long on both axes, so that one of them may leave room unused.
    """
    width = INSIDE / (1 + sum(room))  # pixels from the first point to the last one
    least, most = -room[0] * width - EDGE, (1 + room[1]) * width + EDGE
    unit = np.array([width / (np.ptp(x) or 1), HEIGHT / (np.ptp(y) or 1)])  # pixels
    at = np.stack([x - x.min(), y - y.min()], 1) * (unit.min() if square else unit)  # (N, 2)
    marks = np.concatenate([at - 4, at + 4], 1)  # (N, 4): left, bottom, right, top
    texts = np.full((len(at), 4), np.nan)  # the same of each text that has a place; NaN is in nobody's way
    found = [""] * len(at)

    def put(i: int, moves: int) -> bool:
        free = {}
        for side in SIDES if widths[i] else ():
            box = _box(at[i], side, widths[i])
            if box[0] > least and box[2] < most and not _in_the_way(box, marks).size:
                free[side] = box, _in_the_way(box, texts)
        for side, (box, others) in sorted(free.items(), key=lambda item: len(item[1][1])):  # a free one first
            if len(others) > moves:
                return False
            before = texts.copy(), found.copy()
            texts[others] = np.nan
            texts[i], found[i] = box, side
            if all(put(other, moves - 1) for other in others):
                return True
            texts[:], found[:] = before
        return False

    for i in range(len(at)):
        put(i, MOVES)
    return found


def _box(point: np.ndarray, side: str, width: float) -> np.ndarray:
    """Left, bottom, right and top of a text beside a point."""
    size = np.array([width, LINE])
    corner = point + size * SIDES[side] + np.sum([_AWAY[word] for word in side.split() if word in _AWAY], 0)
    return np.concatenate([corner, corner + size])


def _in_the_way(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of these boxes (N, 4) it overlaps."""
    return np.flatnonzero((box[:2] < others[:, 2:]).all(1) & (box[2:] > others[:, :2]).all(1))
