"""T6, the picture of the three sites and the example on paper: what is written on a whiteboard is what runs."""

import re
from fractions import Fraction

import pytest
import torch
from torch import nn

from models.attention import causal_mask
from pages.t6_self_attention.three_sites import mha
from study.demo import demos
from study.views.diagram import Cells, Say, Text
from study.words import NOTES

B, S, T, C, H = 2, 5, 3, 8, 2


def random(*shape: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("site", ["self", "masked", "cross", "padded"])
def test_the_function_of_the_whiteboard_is_torchs(site):
    x, z = random(B, T, C, seed=0), random(B, S, C, seed=1)
    x_kv = z if site in ("cross", "padded") else x
    w = [random(C, C, seed=n) for n in range(2, 6)]
    theirs = nn.MultiheadAttention(C, H, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([m.T for m in w[:3]]))
        theirs.out_proj.weight.copy_(w[3].T)
    real = torch.tensor([[True] * S, [True] * 3 + [False] * 2])  # (B, S): the second text is padded
    mask = {"masked": causal_mask(T), "padded": real[:, None, None]}.get(site, torch.ones(1, dtype=torch.bool))
    told = {"masked": {"attn_mask": ~causal_mask(T)}, "padded": {"key_padding_mask": ~real}}.get(site, {})
    expected = theirs(x, x_kv, x_kv, average_attn_weights=False, **told)
    for ours, again in zip(mha(x, x_kv, w, H, mask), expected, strict=True):
        torch.testing.assert_close(ours, again, atol=1e-12, rtol=0)


def test_the_picture_tells_the_shapes_and_leaves_later_cells_blank():
    parts = demos("t6_self_attention")["three_sites"]().views[0].parts
    said = [part.text for part in parts if isinstance(part, Text) and not isinstance(part.text, Say)]
    assert [text for text in said if "×" in text] == ["3 × 3", "4 × 4", "4 × 3"]
    _, decoder, cross = [part.tones for part in parts if isinstance(part, Cells) and part.tones]
    assert all((decoder[i][j] == 0) == (j > i) for i in range(4) for j in range(4))
    assert all(0 < tone < 1 for row in cross for tone in row)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_example_on_paper_is_computed(lang):
    text = (NOTES / lang / "t6_self_attention.md").read_text(encoding="utf-8")
    found = re.findall(r"\\begin\{pmatrix\}(.+?)\\end\{pmatrix\}", text)
    x, scores, powers, weights, mixed, w_k, keys, asked = (
        [[Fraction(cell) for cell in row.split("&")] for row in matrix.split(r"\\")] for matrix in found
    )

    def times(a: list, b: list) -> list:
        return [[sum(p * q for p, q in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]

    transposed = [list(column) for column in zip(*x, strict=True)]
    assert scores == times(x, transposed)
    assert powers == [[2**s for s in row] for row in scores]
    assert weights == [[p / sum(row) for p in row] for row in powers] and [sum(row) for row in powers] == [5, 5, 8]
    assert mixed == times(weights, x)
    assert keys == times(x, w_k)
    assert asked == times(x, [list(column) for column in zip(*keys, strict=True)])
