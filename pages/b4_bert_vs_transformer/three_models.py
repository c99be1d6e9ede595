"""BERT, GPT and ELMo side by side: who reads whom in each layer.   After Devlin et al. 2019, Figure 3.

Three tokens, two layers. The drawing's paths are compared with those of real modules: where a derivative is not 0.
"""

import itertools

import torch
from torch import Tensor, nn

from models.attention import causal_mask
from models.seeded import seeded
from pages.b4_bert_vs_transformer.inputs import depends
from study.demo import Claim, Evidence, Origin
from study.memo import memo
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Text

N = 3  # tokens
C = 4  # width of the modules that are asked
WIDE, HIGH = 38, 22  # of a box
TOKENS = "₁₂₃"
ROLES = {"E": "position", "T": "value"}
ALL = torch.ones(N, N, dtype=torch.bool)
LEFT_ONLY = causal_mask(N)  # (N, N): row reads column
#: A recurrent layer reads its own token and the state before it.
FORWARD = torch.tensor(
    [
        [1, 0, 0],
        [1, 1, 0],
        [0, 1, 1],
    ],
    dtype=torch.bool,
)
PANELS = {"bert": (30, 84, 138), "gpt": (222, 276, 330)}  # middles of the columns
ROWS = {"T": 34, "upper": 86, "lower": 138, "E": 190}  # tops of the boxes
ELMO = {"T": 262, "upper": 318, "lower": 364, "E": 420}
HALVES = {"forward": (30, 84, 138), "backward": (222, 276, 330)}
MIDDLES = (126, 180, 234)  # of ELMo's inputs and outputs


def three_models() -> Evidence:
    """Each arrow between layers is a pair that the layer lets through; claims count the pairs from input to output."""
    drawn = {"bert": ALL, "gpt": LEFT_ONLY, "forward": _reach(FORWARD), "backward": _reach(FORWARD.T)}
    real = _real()
    differ = [drawn[name] != real[name] for name in drawn]
    both = real["forward"] & real["backward"]
    parts = [
        *_transformer("bert", ALL),
        *_transformer("gpt", LEFT_ONLY),
        *_elmo(),
    ]
    return Evidence(
        Diagram(parts, width=360, height=446),
        claims=[
            Claim("bert", measured=real["bert"].sum(), expected=N * N),
            Claim("gpt", measured=real["gpt"].sum(), expected=N * (N + 1) / 2),
            Claim("halves", measured=both.sum(), expected=N),
            Claim("drawn", measured=torch.stack(differ).sum(), expected=0),
        ],
        origin=Origin.PAPER,
        source="Devlin et al. 2019, Figure 3",
    )


def _reach(layer: Tensor) -> Tensor:
    """Which inputs (columns) reach which outputs (rows) through layers and steps along a layer: (N, N)."""
    ways = torch.linalg.matrix_power(layer.double(), 2 * N)  # every path is shorter
    return ways > 0


@memo
def _real() -> dict[str, Tensor]:
    """The same by torch's own modules with random weights: True where an output depends on an input."""
    x = torch.linspace(-1, 1, N * C, dtype=torch.float64)  # (N C,)
    x = x.sin().reshape(N, C)  # (N, C)
    with seeded(0):
        layer = nn.TransformerEncoderLayer(C, 2, 8, 0.0, "gelu", batch_first=True)
        block = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        forward = nn.LSTM(C, C, num_layers=2)
        backward = nn.LSTM(C, C, num_layers=2)
    for module in (block, forward, backward):
        module.double()

    def bert(x: Tensor) -> Tensor:
        return block(x[None])[0]  # (N, C)

    def gpt(x: Tensor) -> Tensor:
        blind = ~LEFT_ONLY  # in torch's module True = may not look
        return block(x[None], mask=blind)[0]  # (N, C)

    def to_the_right(x: Tensor) -> Tensor:
        return forward(x)[0]  # (N, C)

    def to_the_left(x: Tensor) -> Tensor:
        return backward(x.flip(0))[0].flip(0)  # (N, C)

    models = {"bert": bert, "gpt": gpt, "forward": to_the_right, "backward": to_the_left}
    return {name: depends(model, x) for name, model in models.items()}


def _transformer(name: str, mask: Tensor) -> list[Arrow | Box | Text]:
    """Inputs, two layers of blocks, outputs; between layers an arrow for every pair that the mask allows."""
    columns = PANELS[name]
    title = Text(columns[1], 24, Say(name), bold=True)
    parts: list[Arrow | Box | Text] = [title]
    for low, high in (("E", "lower"), ("lower", "upper")):
        start, end = ROWS[low], ROWS[high] + HIGH
        for i, j in mask.nonzero().tolist():
            parts.append(_up((columns[j], start), (columns[i], end)))
    start, end = ROWS["upper"], ROWS["T"] + HIGH
    parts += [_up((x, start), (x, end)) for x in columns]
    for row, y in ROWS.items():
        parts += [_unit(x, y, row, n) for n, x in enumerate(columns)]
    return parts


def _elmo() -> list[Arrow | Box | Text]:
    """Two stacks of LSTMs, each in its own direction; only above them are the two states of a token joined."""
    title = Text(180, 252, Say("elmo"), bold=True)
    parts: list[Arrow | Box | Text] = [title]
    for name, columns in HALVES.items():
        parts += _half(name, columns)
    for row in ("T", "E"):
        y = ELMO[row]
        parts += [_unit(x, y, row, n) for n, x in enumerate(MIDDLES)]
    return parts


def _half(name: str, columns: tuple[int, ...]) -> list[Arrow | Box]:
    """One stack of LSTMs with what enters and leaves it."""
    role = "query" if name == "forward" else "key"
    lower, upper = ELMO["lower"], ELMO["upper"]
    parts: list[Arrow | Box] = []
    for x, middle in zip(columns, MIDDLES, strict=True):
        parts += [
            _up((middle, ELMO["E"]), (x, lower + HIGH), role),
            _up((x, lower), (x, upper + HIGH), role),
            _up((x, upper), (middle, ELMO["T"] + HIGH), role),
        ]
    order = columns if name == "forward" else columns[::-1]
    for y in (lower, upper):
        parts += [_along(a, b, y, role) for a, b in itertools.pairwise(order)]
        parts += [_lstm(x, y, role) for x in columns]
    return parts


def _lstm(x: float, y: float, role: str) -> Box:
    left = x - WIDE / 2
    return Box(left, y, WIDE, HIGH, "LSTM", role=role, size=12)


def _unit(x: float, y: float, row: str, n: int) -> Box:
    """An input E, an output T, or a block."""
    left = x - WIDE / 2
    role = ROLES.get(row, "hidden")
    text = f"{row}{TOKENS[n]}" if row in ROLES else "Trm"
    return Box(left, y, WIDE, HIGH, text, role=role, size=12)


def _up(start: tuple[float, float], end: tuple[float, float], role: str = "hidden") -> Arrow:
    return Arrow((start, end), role=role, width=1.2)


def _along(a: float, b: float, y: float, role: str) -> Arrow:
    """From one LSTM to the next of its direction."""
    side = WIDE / 2 if b > a else -WIDE / 2
    middle = y + HIGH / 2
    start, end = (a + side, middle), (b - side, middle)
    return Arrow((start, end), role=role)
