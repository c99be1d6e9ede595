"""Who may look at whom, four patterns on five tokens.   Vaswani et al. 2017, §3.2.3; Raffel et al. 2020, §3.2.1.

The squares are drawn from masks; the claims ask torch's own modules, by the derivatives that are not 0.
"""

import torch
from torch import Tensor, nn

from models.attention import causal_mask
from models.seeded import seeded
from pages.b4_bert_vs_transformer.inputs import depends
from study.demo import Claim, Evidence, Origin
from study.memo import memo
from study.views import Diagram, Say
from study.views.diagram import Box, Cells, Part, Text

N, SOURCE = 5, 2  # tokens; of these so many are the source, or the prefix
C = 4  # width of the modules that are asked
CELL = 22
PLACES = {"encoder": (46, 54), "decoder": (226, 54), "encoder_decoder": (46, 226), "prefix": (226, 226)}
PAIR = ("x₁", "x₂", "y₁", "y₂", "y₃")
TOKENS = {
    "encoder": ("x₁", "x₂", "x₃", "x₄", "x₅"),
    "decoder": ("y₁", "y₂", "y₃", "y₄", "y₅"),
    "encoder_decoder": PAIR,
    "prefix": PAIR,
}


def four_masks() -> Evidence:
    """Row: who looks; column: at whom. In each pattern the allowed pairs are marked."""
    masks = {
        "encoder": torch.ones(N, N, dtype=torch.bool),
        "decoder": causal_mask(N),
        "encoder_decoder": _two_stacks(),
        "prefix": causal_mask(N) | (torch.arange(N) < SOURCE),  # (N, N): and everyone sees the prefix
    }
    parts = [part for name, mask in masks.items() for part in _panel(name, mask)]
    real = _real()
    differ = [masks[name] != real[name] for name in masks]
    return Evidence(
        Diagram(parts, width=360, height=348),
        claims=[
            Claim("all_pairs", measured=real["encoder"].sum(), expected=N * N),
            Claim("half", measured=real["decoder"].sum(), expected=N * (N + 1) / 2),
            Claim("alike", measured=(real["encoder_decoder"] != real["prefix"]).sum(), expected=0),
            Claim("drawn", measured=torch.stack(differ).sum(), expected=0),
        ],
        origin=Origin.CALCULATED,
    )


@memo
def _real() -> dict[str, Tensor]:
    """By torch's own modules, with random weights: True where an output depends on an input."""
    x = torch.linspace(-1, 1, N * C, dtype=torch.float64)  # (N C,)
    x = x.sin().reshape(N, C)  # (N, C)
    with seeded(0):
        one_stack = nn.TransformerEncoderLayer(C, 2, 8, 0.0, "gelu", batch_first=True).double()
        two_stacks = nn.Transformer(C, 2, 1, 1, 8, 0.0, batch_first=True).double()
    causal = ~causal_mask(N)  # in torch's modules True = may not look
    prefix = causal.clone()
    prefix[:, :SOURCE] = False

    def masked(blind: Tensor | None):
        return lambda x: one_stack(x[None], src_mask=blind)[0]  # (N, C)

    def translator(x: Tensor) -> Tensor:
        memory = two_stacks.encoder(x[None, :SOURCE])  # (1, SOURCE, C)
        target = x[None, SOURCE:]  # (1, N - SOURCE, C)
        out = two_stacks.decoder(target, memory, tgt_mask=~causal_mask(N - SOURCE))
        return torch.cat([memory, out], dim=1)[0]  # (N, C)

    models = {
        "encoder": masked(None),
        "decoder": masked(causal),
        "encoder_decoder": translator,
        "prefix": masked(prefix),
    }
    return {name: depends(model, x) for name, model in models.items()}


def _two_stacks() -> Tensor:
    """Encoder self-attention, cross-attention and decoder self-attention in one square: (N, N)."""
    target = N - SOURCE
    source_self = torch.ones(SOURCE, SOURCE, dtype=torch.bool)
    never = torch.zeros(SOURCE, target, dtype=torch.bool)  # nothing flows from the decoder to the encoder
    cross = torch.ones(target, SOURCE, dtype=torch.bool)
    upper = torch.cat([source_self, never], dim=1)  # (SOURCE, N)
    lower = torch.cat([cross, causal_mask(target)], dim=1)  # (target, N)
    return torch.cat([upper, lower])  # (N, N)


def _panel(name: str, mask: Tensor) -> list[Part]:
    """A grid with its title and its tokens; in the encoder-decoder the three attentions are framed."""
    x, y = PLACES[name]
    rows = tuple(tuple("✓" if seen else "" for seen in row) for row in mask.tolist())
    tones = tuple(tuple(0.5 * seen for seen in row) for row in mask.tolist())
    middle = x + N * CELL / 2
    title = Text(middle, y - 26, Say(name), bold=True)
    grid = Cells(x, y, rows, CELL, CELL, "hidden", tones, size=12)
    parts: list[Part] = [title, grid]
    for i, token in enumerate(TOKENS[name]):
        along = CELL * (i + 0.5)
        column = Text(x + along, y - 6, token, size=12)
        row = Text(x - 6, y + along + 4, token, "end", size=12)
        parts += [column, row]
    if name == "encoder_decoder":
        parts += _frames(x, y)
    return parts


def _frames(x: float, y: float) -> list[Box]:
    """Around encoder self-attention, cross-attention and decoder self-attention."""
    edge, rest = SOURCE * CELL, (N - SOURCE) * CELL
    return [
        Box(x, y, edge, edge, role="position", filled=False),
        Box(x, y + edge, edge, rest, role="key", filled=False),
        Box(x + edge, y + edge, rest, rest, role="query", filled=False),
    ]
