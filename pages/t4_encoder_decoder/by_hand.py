"""One encoder layer on paper: two tokens, d_model = 4, whole numbers.   Vaswani et al. 2017, §3.1."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import attention, normalization, toy
from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Cells, Circle, Text

Layer = Callable[..., Tensor]
X = torch.tensor(
    [
        [4, 1, 3, 0],
        [0, 1, 3, 4],
    ],
    dtype=torch.float64,
)  # (2, 4)
W_1 = torch.tensor(
    [
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 1],
    ],
    dtype=torch.float64,
)  # (4, 2): reads the first and the last
W_2 = torch.tensor(
    [
        [0, 2, -2, 0],
        [2, 0, 0, -2],
    ],
    dtype=torch.float64,
)  # (2, 4)

WIDE, HIGH = 27, 20  # units, of a cell
LEFT, RIGHT = 24, 230  # x of the matrices
TOPS = (32, 118, 204, 290)  # y of the matrices, row by row


def by_hand() -> Evidence:
    """X through attention, sum, norm, feed-forward network, sum and norm to Z."""
    a = attend(X, X, X)  # (2, 4)
    u = norm(X + a)  # (2, 4)
    f = feed_forward(u)  # (2, 4)
    z = encoder_layer(X, attend, feed_forward, norm)  # (2, 4)
    rows = [
        (X, "X", "attention", a, "A"),
        (X + a, "X + A", "norm", u, "U"),
        (u, "U", "network", f, "F"),
        (u + f, "U + F", "norm", z, "Z"),
    ]
    parts = [part for y, row in zip(TOPS, rows, strict=True) for part in _row(y, *row)]
    whole = torch.stack([a, u, f, z])  # (4, 2, 4)
    return Evidence(
        Diagram([*_ways(), *parts], width=360, height=340),
        claims=[
            Claim("all_whole", measured=(whole - whole.round()).abs().max(), expected=0, abs=1e-9),
            Claim("wired_as_torch", measured=wiring(), expected=0, abs=1e-9),
        ],
        origin=Origin.TOY,
    )


def encoder_layer(x: Tensor, attend: Layer, feed_forward: Layer, norm: Layer) -> Tensor:
    """As published: each sub-layer's result is added to what it read, and the sum is normalised. x (S, d_model)."""
    x = norm(x + attend(x, x, x))  # (S, d_model): Q, K and V from one source
    return norm(x + feed_forward(x))  # (S, d_model): each position alone


def decoder_layer(y: Tensor, z: Tensor, masked: Layer, cross: Layer, feed_forward: Layer, norms: list[Layer]) -> Tensor:
    """y (T, d_model) is the target so far, z (S, d_model) the encoder's output: the same for every decoder layer."""
    y = norms[0](y + masked(y, y, y))  # (T, d_model): no row sees a later one
    y = norms[1](y + cross(y, z, z))  # (T, d_model): Q from the decoder, K and V from the encoder
    return norms[2](y + feed_forward(y))  # (T, d_model)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Attention with W_Q = W_K = 0 and W_V = W_O = 1, the identity: the mean of the values, (T, d_model)."""
    return attention.scaled_dot_product(0 * q, 0 * k, v)[0]  # (T, d_model)


def feed_forward(x: Tensor) -> Tensor:
    """max(0, x W_1) W_2, without biases: x (T, d_model)."""
    return F.relu(x @ W_1) @ W_2  # (T, d_model)


def norm(x: Tensor) -> Tensor:
    """LayerNorm with gain 1 and bias 0, (T, d_model)."""
    return normalization.layer_norm(x, eps=0.0)


@torch.no_grad()
def wiring() -> float:
    """How far both layers, given the parts of torch's own, are from torch's own at most."""
    torch_encoder, torch_decoder = _by_torch(nn.TransformerEncoderLayer), _by_torch(nn.TransformerDecoderLayer)
    x, y = (toy.normal(n, 4, seed=0, name=name) for n, name in ((3, "x"), (2, "y")))  # (3, 4), (2, 4)
    later = ~attention.causal_mask(2)  # (2, 2): there True means hidden
    e, d = torch_encoder, torch_decoder
    two = iter((e.norm1, e.norm2))
    z = encoder_layer(x, lambda *qkv: e.self_attn(*qkv)[0], _network(e), lambda s: next(two)(s))  # (3, 4)
    ours = decoder_layer(
        y,
        z,
        lambda *qkv: d.self_attn(*qkv, attn_mask=later)[0],
        lambda *qkv: d.multihead_attn(*qkv)[0],
        _network(d),
        [d.norm1, d.norm2, d.norm3],
    )  # (2, 4)
    return max((z - e(x)).abs().max(), (ours - d(y, z, tgt_mask=later)).abs().max()).item()


def _by_torch(kind: type[nn.Module]) -> nn.Module:
    """A layer of torch with random weights, without dropout, in float64.

    They come from a generator of their own: torch's own seed is that of all readers' threads.
    """
    layer = kind(4, 2, 8, dropout=0.0, dtype=torch.float64).eval()
    random = torch.Generator().manual_seed(0)
    for weight in layer.parameters():
        weight.normal_(generator=random)
    return layer


def _network(layer: nn.Module) -> Layer:
    return lambda x: layer.linear2(F.relu(layer.linear1(x)))


def _row(y: float, left: Tensor, name: str, word: str, right: Tensor, other: str) -> list[Cells | Text | Arrow]:
    """Two matrices, and between them what makes the second of the first."""
    middle = y + HIGH
    arrow = Arrow(((LEFT + 4 * WIDE + 6, middle), (RIGHT - 6, middle)))
    said = Text((LEFT + 4 * WIDE + RIGHT) / 2, middle - 6, Say(word), size=12)
    return [*_matrix(LEFT, y, left, name), arrow, said, *_matrix(RIGHT, y, right, other)]


def _matrix(x: float, y: float, z: Tensor, name: str) -> list[Cells | Text]:
    rows = tuple(tuple(f"{v:.0f}".replace("-", "−") for v in row) for row in (z + 0.0).round().tolist())
    role = "hidden" if name in ("X", "U", "Z") else ""
    return [Cells(x, y, rows, WIDE, HIGH, role), Text(x + 2 * WIDE, y - 6, name, role=role, bold=True)]


def _ways() -> list[Arrow | Circle | Text]:
    """Down from row to row: what came in and what was computed meet at a +; the norm's result begins the next row."""
    x, other, parts = LEFT + WIDE, RIGHT + 2 * WIDE, []
    for y in (TOPS[0], TOPS[2]):
        low, meet = y + 2 * HIGH, y + 2 * HIGH + 18
        parts += [
            Arrow(((x, low), (x, meet - 8)), role="hidden", width=2.5),
            Arrow(((other, low), (other, meet), (x + 9, meet))),
            Circle(x, meet, 8),
            Text(x, meet + 5, "+", bold=True),
            Arrow(((x, meet + 8), (x, y + TOPS[1] - TOPS[0]))),
        ]
    y = TOPS[1] + 2 * HIGH
    return [*parts, Arrow(((other, y), (other, y + 18), (x, y + 18), (x, TOPS[2])), role="hidden", width=2.5)]
