"""The three attentions of the Transformer, and where Q, K and V of each come from.   Vaswani et al. 2017, §3.2.3."""

import torch
from torch import Tensor

from models import attention, toy
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Text

Pair = tuple[Tensor, Tensor]
S, T, C, H = 3, 4, 8, 2  # source and target length, d_model, heads
CELL = 9  # units, of a small matrix of weights
ROLES = {"Q": "query", "K": "key", "V": "value"}

WORDS = (
    Text(10, 34, "Q", anchor="start", role="query", bold=True),
    Text(26, 34, Say("asks"), anchor="start"),
    Text(10, 54, "K", anchor="start", role="key", bold=True),
    Text(26, 54, Say("is_compared"), anchor="start"),
    Text(10, 74, "V", anchor="start", role="value", bold=True),
    Text(26, 74, Say("is_mixed"), anchor="start"),
    Text(85, 332, Say("encoder"), bold=True),
    Text(275, 332, Say("decoder"), bold=True),
    Text(24, 309, "X", role="hidden", bold=True),
    Text(205, 309, "Y", role="hidden", bold=True),
    Text(24, 147, "Z", role="hidden", bold=True),
)
TOKENS = (
    Cells(40, 292, (("x₁", "x₂", "x₃"),), role="hidden"),
    Cells(215, 292, (("y₁", "y₂", "y₃", "y₄"),), role="hidden"),
    Cells(40, 130, (("z₁", "z₂", "z₃"),), role="hidden"),
)
WAYS = (
    Arrow(((85, 292), (85, 278)), role="hidden", head=False),
    Arrow(((85, 278), (40, 278), (40, 262)), role="query"),
    Arrow(((85, 278), (85, 262)), role="key"),
    Arrow(((85, 278), (130, 278), (130, 262)), role="value"),
    Arrow(((85, 172), (85, 156)), role="hidden"),
    Arrow(((275, 292), (275, 278)), role="hidden", head=False),
    Arrow(((275, 278), (230, 278), (230, 262)), role="query"),
    Arrow(((275, 278), (275, 262)), role="key"),
    Arrow(((275, 278), (320, 278), (320, 262)), role="value"),
    Arrow(((130, 142), (230, 142)), role="hidden", head=False),
    Arrow(((230, 142), (230, 108)), role="key"),
    Arrow(((230, 142), (275, 142), (275, 108)), role="value"),
    Arrow(((275, 172), (275, 158), (320, 158), (320, 108)), role="query"),
    Arrow(((275, 18), (275, 4)), role="hidden"),
)


def three_sites() -> Evidence:
    """Encoder, decoder and cross-attention on random vectors: the sizes of the weights, and what the mask leaves."""
    x = toy.normal(1, S, C, seed=0, name="x")  # (1, S, C)
    y = toy.normal(1, T, C, seed=0, name="y")  # (1, T, C)
    z = toy.normal(1, S, C, seed=0, name="z")  # (1, S, C)
    everywhere = torch.ones(1, dtype=torch.bool)  # may look
    causal = attention.causal_mask(T)  # (T, T)
    encoder, off_encoder = _both(x, x, everywhere)  # (S, S)
    decoder, off_decoder = _both(y, y, causal)  # (T, T)
    cross, off_cross = _both(y, z, everywhere)  # (T, S)
    parts = [
        *_site("encoder_attention", encoder, 10, 172, "QKV"),
        *_site("decoder_attention", decoder, 200, 172, "QKV"),
        *_site("cross_attention", cross, 200, 18, "KVQ"),
    ]
    off = max(off_encoder, off_decoder, off_cross)
    return Evidence(
        Diagram([*WAYS, *parts, *WORDS, *TOKENS], width=360, height=340),
        claims=[
            Claim("same_as_library", measured=off, expected=0, abs=1e-12),
            Claim("first_token", measured=decoder[0, 0], expected=1, abs=1e-12),
        ],
        origin=Origin.TOY,
    )


def mha(x_q: Tensor, x_kv: Tensor, w: list[Tensor], n_head: int, mask: Tensor) -> Pair:
    """x_q (B, T, C) asks, x_kv (B, S, C) answers; self-attention is mha(x, x, ...).

    w: W_Q, W_K, W_V, W_O; mask, True = may look: causal (T, S), padding (B, 1, 1, S), or both, joined by &
    -> output (B, T, C), weights (B, H, T, S).
    """

    def split(x: Tensor) -> Tensor:  # (B, n, C) -> (B, H, n, d_k)
        return x.unflatten(-1, (n_head, -1)).transpose(1, 2)

    w_q, w_k, w_v, w_o = w  # (C, C) each
    q, k, v = split(x_q @ w_q), split(x_kv @ w_k), split(x_kv @ w_v)
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # (B, H, T, S)
    scores = scores.masked_fill(~mask, -torch.inf)  # True = may look
    weights = scores.softmax(-1)  # (B, H, T, S): each row sums to 1
    heads = weights @ v  # (B, H, T, d_k)
    concat = heads.transpose(1, 2).flatten(2)  # (B, T, C): heads side by side
    return concat @ w_o, weights  # (B, T, C)


def _both(x_q: Tensor, x_kv: Tensor, mask: Tensor) -> tuple[Tensor, float]:
    """The weights (T, S) of head 0 with random matrices, and how far mha is from the function of models/ at most."""
    names = ("q", "k", "v", "o")
    w = [toy.normal(C, C, seed=0, name=name) / C**0.5 for name in names]  # (C, C) each
    output, weights = mha(x_q, x_kv, w, H, mask)  # (1, T, C), (1, H, T, S)
    transposed = [matrix.T for matrix in w]  # as nn.Linear keeps them
    theirs, again = attention.multi_head(x_q, x_kv, *transposed, H, mask)
    off = (output - theirs).abs().max()
    off_weights = (weights - again).abs().max()
    return weights[0, 0], max(off, off_weights).item()


def _site(name: str, weights: Tensor, x: float, y: float, order: str) -> list:
    """A box with the shape of its weights (n, m), drawn small, and Q, K, V at its foot, in this order."""
    n, m = weights.shape
    empty = tuple([("",) * m] * n)
    tones = tuple(map(tuple, weights.tolist()))
    feet = [
        Box(
            x + 15 + 45 * i,
            y + 68,
            width=30,
            height=20,
            text=letter,
            role=ROLES[letter],
        )
        for i, letter in enumerate(order)
    ]
    return [
        Box(x, y, width=150, height=66),
        Text(x + 75, y + 17, Say(name)),
        Text(x + 58, y + 46, f"{n} × {m}"),
        Cells(
            x + 85,
            y + 25,
            empty,
            width=CELL,
            height=CELL,
            tones=tones,
        ),
        *feet,
    ]
