"""Where the texts of a scatter stand: beside their points, none over another; the hover has those without room."""

from collections.abc import Sequence

import numpy as np

WIDTH, HEIGHT = 320, 170  # pixels that a figure offers at the least, about; a wider one only has more room
LINE = 15  # height of a text
GAP = 5  # from the point to its text
OUT = 22  # how far a text may stand out beyond the outermost points: there the figure's edge or its ticks begin
#: Plotly's names, the best place first: where the text's box begins, in widths and heights of the box from the point.
SIDES = {
    "top center": (-0.5, 0), "bottom center": (-0.5, -1), "middle right": (0, -0.5), "middle left": (-1, -0.5),
    "top right": (0, 0), "top left": (-1, 0), "bottom right": (0, -1), "bottom left": (-1, -1),
}  # fmt: skip
_AWAY = {"top": (0, GAP), "bottom": (0, -GAP), "right": (GAP, 0), "left": (-GAP, 0)}


def places(x: np.ndarray, y: np.ndarray, widths: Sequence[float], square: bool = False) -> list[str]:
    """For each of N points with a text so many pixels wide: one of SIDES, or "" where there is no room
    and for a text of no width. In order.

    square: one unit is as long on both axes, so that one of them may leave room unused.
    """
    unit = np.array([WIDTH / (np.ptp(x) or 1), HEIGHT / (np.ptp(y) or 1)])  # pixels
    at = np.stack([x - x.min(), y - y.min()], 1) * (unit.min() if square else unit)  # (N, 2)
    taken = np.concatenate([at - 4, at + 4], 1)  # (N, 4): left, bottom, right, top of each mark
    found = []
    for point, width in zip(at, widths, strict=True):
        for side, (left, low) in SIDES.items() if width else ():
            size = np.array([width, LINE])
            corner = point + size * (left, low) + np.sum([_AWAY[w] for w in side.split() if w in _AWAY], 0)  # (2,)
            box = np.concatenate([corner, corner + size])  # (4,)
            hit = (box[:2] < taken[:, 2:]).all(1) & (box[2:] > taken[:, :2]).all(1)  # (N + texts,)
            if not hit.any() and box[0] > -OUT and box[2] < WIDTH + OUT:
                taken = np.concatenate([taken, box[None]])  # (N + texts + 1, 4)
                found.append(side)
                break
        else:
            found.append("")
    return found
