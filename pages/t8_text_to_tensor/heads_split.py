"""A (T, d_model) block cut into heads and joined again, and the cut that goes wrong.   Vaswani et al. 2017, §3.2.2."""

import torch
from torch import Tensor

from models.transformer import MultiHead, TransformerConfig
from study.demo import Claim, Evidence, Origin, same
from study.views import Diagram, Say
from study.views.diagram import Arrow, Cells, Text

T, C, H = 3, 4, 2  # tokens, d_model, heads
D_K = C // H
Q = torch.arange(1.0, 1 + T * C).view(T, C)  # (3, 4): a token's numbers stand in its row

CELL, HIGH = 26, 22  # units
TOP, BELOW = 40, 176  # of the right cut and of the wrong one
BLOCK, HEADS = 30, (196, 276)  # left edges
PALE, DEEP = 0.15, 0.5  # tones of the two heads
SHAPES = {  # of a block: where it stands
    82: "(3, 4)",
    222: "(3, 2)",
    302: "(3, 2)",
}
SAID = {  # a text: its left end
    "cut": (26, 124),
    "join": (26, 141),
    "mixed": (8, 212),
    "no_error": (8, 229),
}
WAYS = (
    Arrow(((140, 66), (174, 66))),
    Arrow(((174, 82), (140, 82)), dashed=True),
)


def heads_split() -> Evidence:
    """view and transpose give each head some columns of every token; view alone gives it some of the tokens."""
    heads = MultiHead(TransformerConfig(1, 1, C, 1, H)).heads(Q[None])[0]  # (H, T, d_k)
    joined = heads.transpose(0, 1).flatten(1)  # (T, C)
    wrong = Q.view(H, T, D_K)  # (H, T, d_k)
    first, second = HEADS
    misplaced = wrong != heads  # (H, T, d_k)
    cells = [
        _cells(BLOCK, TOP, Q, (PALE, PALE, DEEP, DEEP)),
        _cells(first, TOP, heads[0], (PALE, PALE)),
        _cells(second, TOP, heads[1], (DEEP, DEEP)),
        _cells(first, BELOW, wrong[0], (0, 0), misplaced[0]),
        _cells(second, BELOW, wrong[1], (0, 0), misplaced[1]),
    ]
    names = [*_tokens(BLOCK, TOP), *_tokens(first, TOP), *_tokens(first, BELOW)]
    return Evidence(
        Diagram([*WAYS, *_words(), *cells, *names], 360, 250),
        claims=[
            same("columns", heads, torch.stack(Q.split(D_K, dim=1))),
            same("joined", joined, Q),
            Claim("misplaced", measured=misplaced.sum(), expected=8),
        ],
        origin=Origin.TOY,
    )


def _words() -> list[Text]:
    """What stands around the blocks."""
    shapes = [Text(x, 31, shape, size=12) for x, shape in SHAPES.items()]
    said = [Text(x, y, Say(key), anchor="start", size=12) for key, (x, y) in SAID.items()]
    q = Text(82, 14, "Q", role="query", bold=True)
    first = Text(222, 14, Say("head", number=0), bold=True)
    second = Text(302, 14, Say("head", number=1), bold=True)
    wrong = Text(8, 192, Say("wrong"), anchor="start", role="wrong", bold=True)
    return [q, first, second, wrong, *shapes, *said]


def _cells(x: int, y: int, z: Tensor, tones: tuple[float, ...], strange: Tensor | None = None) -> Cells:
    """z (T, n) with a tone for each column; what is strange has a strong edge."""
    rows = tuple(tuple(f"{n:.0f}" for n in row) for row in z)
    marked: list[list[int]] = []
    if strange is not None:
        marked = strange.nonzero().tolist()
    return Cells(
        x,
        y,
        rows,
        width=CELL,
        height=HIGH,
        tones=(tones,) * T,
        marked=tuple(map(tuple, marked)),
    )


def _tokens(x: int, top: int) -> list[Text]:
    """The names of the tokens before their rows."""
    names, y = [], top + 16
    for token in "abc":
        names.append(Text(x - 6, y, token, anchor="end"))
        y += HIGH
    return names
