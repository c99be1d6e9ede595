"""Where multi-head attention keeps its learned matrices, with whole numbers.   Vaswani et al. 2017, Figure 2, right."""

import torch

from models.shapes import parameters_in
from models.transformer import EncoderLayer, TransformerConfig
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Text

D_MODEL, N_HEAD, D_FF = 4, 2, 8
CONFIG = TransformerConfig(1, 1, d_model=D_MODEL, n_layer=1, n_head=N_HEAD, d_ff=D_FF)
CELL = 12  # units, of a number of a matrix
EMPTY = (("",) * D_MODEL,) * D_MODEL
TONES = ((0.35,) * D_MODEL,) * D_MODEL
MATRICES = {"W_Q": (60, "query"), "W_K": (180, "key"), "W_V": (300, "value")}  # the middle of each, its role

WAYS = (
    Arrow(((180, 26), (180, 40), (60, 40), (60, 50)), head=False),
    Arrow(((180, 40), (300, 40), (300, 50)), head=False),
    Arrow(((180, 26), (180, 50)), head=False),
    Arrow(((60, 136), (60, 152)), role="query"),
    Arrow(((180, 136), (180, 152)), role="key"),
    Arrow(((300, 136), (300, 152)), role="value"),
    Arrow(((92, 174), (92, 188))),
    Arrow(((268, 174), (268, 188))),
    Arrow(((92, 244), (92, 254))),
    Arrow(((268, 244), (268, 254))),
    Arrow(((180, 276), (180, 286))),
    Arrow(((180, 336), (180, 348)), role="hidden"),
    Arrow(((180, 368), (180, 378)), role="hidden"),
    Arrow(((180, 398), (180, 408)), role="hidden"),
)
PLAIN = (  # nothing to learn here
    Box(140, 4, 80, 22, "X: T × 4"),
    Box(10, 152, 340, 22, Say("cut")),
    Box(14, 188, 156, 56),
    Box(190, 188, 156, 56),
    Box(10, 254, 340, 22, Say("concat")),
)
LEARNED_TOO = (  # and no part of attention
    Box(10, 348, 340, 20, Say("norm"), role="hidden"),
    Box(10, 378, 340, 20, Say("feed_forward"), role="hidden"),
    Box(10, 408, 340, 20, Say("norm"), role="hidden"),
)


def where_learned() -> Evidence:
    """One encoder layer with d_model = 4, h = 2, d_ff = 8, its parameters counted in the real module."""
    with torch.device("meta"):
        layer = EncoderLayer(CONFIG)
    attention = parameters_in(layer.self_attention)
    whole = parameters_in(layer)
    parts = [*WAYS, *PLAIN, *LEARNED_TOO, *_inputs(), *_heads(), *_output()]
    return Evidence(
        Diagram(parts, width=360, height=432),
        claims=[
            Claim("attention", measured=attention, expected=4 * (4 * 4) + 4 * 4),
            Claim("layer", measured=whole, expected=80 + (32 + 8) + (32 + 4) + 2 * (4 + 4)),
        ],
        origin=Origin.TOY,
    )


def _inputs() -> list[Box | Cells | Text]:
    """W_Q, W_K and W_V: the columns of each head are outlined, the count stands below."""
    half = D_MODEL // N_HEAD * CELL
    parts: list[Box | Cells | Text] = []
    for name, (middle, role) in MATRICES.items():
        left = middle - 2 * CELL
        grid = Cells(left, 68, EMPTY, CELL, CELL, role, TONES)
        outlines = [Box(left + half * head, 68, half, 4 * CELL, filled=False) for head in range(N_HEAD)]
        title = Text(middle, 63, name, role=role, bold=True)
        count = Text(middle, 131, "4 · 4 + 4", size=12)
        parts += [grid, *outlines, title, count]
    return parts


def _heads() -> list[Text]:
    """What each head does: no parameter."""
    lines = []
    for head, middle in ((1, 92), (2, 268)):
        lines.append(Text(middle, 203, Say("head", head=head), bold=True))
        lines.append(Text(middle, 220, "softmax(QKᵀ ÷ √2) V"))
        lines.append(Text(middle, 237, Say("no_parameters")))
    return lines


def _output() -> list[Box | Cells | Text]:
    """W_O: the rows of each head are outlined."""
    half = D_MODEL // N_HEAD * CELL
    grid = Cells(156, 287, EMPTY, CELL, CELL, "hidden", TONES)
    outlines = [Box(156, 287 + half * head, 4 * CELL, half, filled=False) for head in range(N_HEAD)]
    title = Text(146, 316, "W_O", anchor="end", role="hidden", bold=True)
    count = Text(214, 316, "4 · 4 + 4", anchor="start", size=12)
    return [grid, *outlines, title, count]
