"""Attention on paper, every query at once: three tokens, d_k = 4, whole numbers.   Vaswani et al. 2017, eq. (1)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from models import attention
from study.demo import Claim, Evidence, Origin, same
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Text

TOKENS = ("cat", "mat", "it")
X = torch.tensor(
    [
        [1, 1, 0, 0],
        [1, 0, 0, 1],
        [0, 0, 1, 0],
    ],
    dtype=torch.float64,
)  # (3, 4): noun, living, pronoun, place
W_Q = torch.tensor(
    [
        [0, 0, 0, 0],
        [0, 0, 0, 2],
        [2, 2, 0, 0],
        [0, 0, 0, 0],
    ],
    dtype=torch.float64,
)  # (4, 4)
W_K = torch.eye(4, dtype=torch.float64)  # (4, 4): a token is found by what it is
W_V = torch.tensor(
    [
        [0, 0],
        [10, 0],
        [0, 0],
        [0, 10],
    ],
    dtype=torch.float64,
)  # (4, 2)

HIGH = 19  # units, of a cell
PLACES = {  # of a matrix: its upper left corner, the width of a cell
    "x": (140, 8, 20),
    "q": (36, 106, 20),
    "k": (140, 106, 20),
    "v": (267, 106, 28),
    "scores": (38, 216, 26),
    "weights": (182, 216, 40),
    "output": (202, 314, 40),
}
OUTLINES = (  # of the row that is followed
    Box(138, 45, 84, 22, filled=False),
    Box(34, 143, 84, 22, filled=False),
    Box(36, 253, 82, 22, filled=False),
    Box(180, 253, 124, 22, filled=False),
    Box(200, 351, 84, 22, filled=False),
)
WAYS = (
    Arrow(((168, 65), (168, 74), (76, 74), (76, 85)), role="query"),
    Arrow(((180, 65), (180, 85)), role="key"),
    Arrow(((192, 65), (192, 74), (295, 74), (295, 85)), role="value"),
    Arrow(((62, 165), (62, 181)), role="query"),
    Arrow(((180, 165), (180, 173), (90, 173), (90, 181)), role="key"),
    Arrow(((120, 245), (172, 245))),
    Arrow(((242, 277), (242, 292))),
    Arrow(((320, 165), (320, 343), (284, 343)), role="value"),
)
WORDS = (
    Text(228, 40, "X", anchor="start", role="hidden", bold=True),
    Text(76, 99, "Q = X W_Q", role="query", bold=True),
    Text(180, 99, "K = X W_K", role="key", bold=True),
    Text(295, 99, "V = X W_V", role="value", bold=True),
    Text(76, 195, "Q Kᵀ", bold=True),
    Text(146, 238, "÷ √4"),
    Text(146, 260, "softmax", size=12),
    Text(242, 195, Say("weights"), bold=True),
    Text(242, 307, Say("output"), bold=True),
)


def by_hand() -> Evidence:
    """From X to the output; the row of the last token is outlined on its way."""
    q, k, v = X @ W_Q, X @ W_K, X @ W_V  # (3, 4), (3, 4), (3, 2)
    found = attention.steps(q, k, v)
    theirs = F.scaled_dot_product_attention(q, k, v)  # (3, 2)
    last = found.weights[-1]  # (3,)
    matrices = [
        _matrix("x", X, "hidden"),
        _matrix("q", q, "query"),
        _matrix("k", k, "key"),
        _matrix("v", v, "value"),
        _matrix("scores", found.scores, ""),
        _matrix("weights", found.weights, "", digits=2, shaded=True),
        _matrix("output", found.output, "value", digits=1),
    ]
    names = [*_rows("x"), *_rows("scores"), *_columns("scores"), *_columns("weights")]
    shares = [_share(i, weight, v[i]) for i, weight in enumerate(last)]
    row = Text(12, 320, Say("row", token=TOKENS[-1]), anchor="start", bold=True)
    return Evidence(
        Diagram([*WAYS, *WORDS, *matrices, *names, *OUTLINES, row, *shares], 360, 376),
        claims=[
            Claim("sums_to_one", measured=last.sum(), expected=1, abs=1e-12),
            same("same_as_torch", found.output, theirs, abs=1e-12),
        ],
        origin=Origin.TOY,
    )


def _matrix(place: str, z: Tensor, role: str, digits: int = 0, shaded: bool = False) -> Cells:
    """z (3, n) where it belongs; shaded by its numbers."""
    x, y, width = PLACES[place]
    numbers = z.tolist()
    rows = tuple(tuple(f"{v:.{digits}f}" for v in row) for row in numbers)
    tones = tuple(map(tuple, numbers)) if shaded else ()
    return Cells(x, y, rows, width, HIGH, role, tones)


def _rows(place: str) -> list[Text]:
    """The tokens before the rows of a matrix."""
    x, y, _ = PLACES[place]
    return [_name(x - 4, y + 14 + HIGH * i, token, "end") for i, token in enumerate(TOKENS)]


def _columns(place: str) -> list[Text]:
    """The tokens above the columns of a matrix."""
    x, y, width = PLACES[place]
    middle = x + width / 2
    return [_name(middle + width * j, y - 5, token, "middle") for j, token in enumerate(TOKENS)]


def _name(x: float, y: float, token: str, anchor: str) -> Text:
    return Text(x, y, token, anchor, size=12)


def _share(i: int, weight: Tensor, value: Tensor) -> Text:
    """The line that says how much of a value (2,) goes into the last row of the output."""
    a, b = value.tolist()
    plus = "+ " if i else ""
    line = f"{plus}{weight:.2f} · ({a:g}, {b:g})"
    return Text(12, 336 + 15 * i, line, anchor="start")
