"""Where the texts of a scatter stand: beside their points, none over another; the hover has those without room."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from study.views import Scatter

WIDTH, HEIGHT = 320, 170  # pixels that a figure offers at the least, about; a wider one only has more room
LINE = 15  # height of a text
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


def places(
    x: np.ndarray, y: np.ndarray, widths: Sequence[float], square: bool = False, lines: Sequence[slice] = ()
) -> list[str]:
    """For each of N points with a text so many pixels wide: one of SIDES, or "" where there is no room
    and for a text of no width. In order.

    square: one unit is as long on both axes, so that one of them may leave room unused. lines: points that a line
    joins, which no text is to stand on.
    """
    unit = np.array([WIDTH / (np.ptp(x) or 1), HEIGHT / (np.ptp(y) or 1)])  # pixels
    at = np.stack([x - x.min(), y - y.min()], 1) * (unit.min() if square else unit)  # (N, 2)
    marks = np.concatenate([at, *(_along(at[line]) for line in lines)])  # (M, 2)
    taken = np.concatenate([marks - 4, marks + 4], 1)  # (M, 4): left, bottom, right, top of each mark
    found = []
    for point, width in zip(at, widths, strict=True):
        for side, (left, low) in SIDES.items() if width else ():
            size = np.array([width, LINE])
            corner = point + size * (left, low) + _away(side)  # (2,)
            box = np.concatenate([corner, corner + size])  # (4,)
            hit = (box[:2] < taken[:, 2:]).all(1) & (box[2:] > taken[:, :2]).all(1)  # (M + texts,)
            if not hit.any() and box[0] > -40 and box[2] < WIDTH + 40:
                taken = np.concatenate([taken, box[None]])  # (M + texts + 1, 4)
                found.append(side)
                break
        else:
            found.append("")
    return found


def _away(side: str) -> np.ndarray:
    """(2,): the gap between a point and a text on this side of it."""
    return np.sum([_AWAY[word] for word in side.split() if word in _AWAY], 0)


def _along(line: np.ndarray) -> np.ndarray:
    """(K, 2): points along a line through (N, 2), so near to one another that no text fits between them."""
    pieces = [np.linspace(a, b, int(np.hypot(*(b - a)) / 8) + 1) for a, b in pairwise(line)]
    return np.concatenate([line, *pieces])
