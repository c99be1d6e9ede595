"""The way from token 1 to token 8 through three kinds of layers.   Vaswani et al. 2017, §4 and Table 1."""

from study.demo import Claim, Evidence, Origin
from study.views import Diagram, Say
from study.views.diagram import Arrow, Circle, Part, Text

N = 8  # tokens
K = 2  # positions that a convolution reads at a time
LEFT, GAP = 24, 44  # units: the first token, and from token to token
RADIUS = 11
ROW = 50  # from a row of tokens to the next
CHAIN = 44  # where the three drawings begin
TREE = 116
STAR = 328


def paths() -> Evidence:
    """A chain of steps, a tree of layers, one product: the same two tokens are 7, 3 and 1 apart."""
    layers = _layers()
    steps = N - 1
    words = [
        _title(CHAIN, "recurrent", steps),
        _title(TREE, "convolutional", len(layers)),
        _title(STAR, "attention", 1),
    ]
    parts = [
        *words,
        *_chain(),
        *_tree(layers),
        *_star(),
    ]
    return Evidence(
        Diagram(parts, width=360, height=398),
        claims=[
            Claim("chain", measured=sum(isinstance(part, Arrow) for part in _chain()), expected=steps),
            Claim("tree", measured=K ** len(layers), expected=N, op="≥"),
        ],
        origin=Origin.CALCULATED,
    )


def _layers() -> list[int]:
    """The distances that the layers of a dilated convolution bridge, until the last token has seen the first."""
    bridged: list[int] = []
    while sum(bridged) < N - 1:
        dilation = K ** len(bridged)
        bridged.append((K - 1) * dilation)  # 1, 2, 4
    return bridged


def _title(y: float, kind: str, hops: int) -> Text:
    says = Say(kind, hops=hops)
    return Text(8, y - 22, says, anchor="start", bold=True)


def _place(i: int) -> float:
    return LEFT + GAP * i


def _row(y: float, marked: int) -> list[Part]:
    """Eight tokens, one of them on the way."""
    return [_token(i, y, marked=i == marked) for i in range(N)]


def _token(i: int, y: float, marked: bool = True) -> Circle:
    role = "query" if marked else "hidden"
    return Circle(_place(i), y, RADIUS, role=role, filled=marked)


def _names(y: float) -> list[Part]:
    return [_name(i, y) for i in range(N)]


def _name(i: int, y: float) -> Text:
    return Text(_place(i), y + 4, str(i + 1), size=12)


def _up(i: int, below: float, j: int, above: float, marked: bool) -> Arrow:
    """From token i of the row below to token j of the row above."""
    start = (_place(i), below - RADIUS - 2)
    end = (_place(j), above + RADIUS + 2)
    if marked:
        return Arrow((start, end), role="query", width=2.5)
    return Arrow((start, end), role="mask", head=False, width=1)


def _right(i: int) -> Arrow:
    """From token i of the chain to the next."""
    start = (_place(i) + RADIUS + 2, CHAIN)
    end = (_place(i + 1) - RADIUS - 2, CHAIN)
    return Arrow((start, end), role="query", width=2.5)


def _chain() -> list[Part]:
    arrows = [_right(i) for i in range(N - 1)]
    tokens = [_token(i, CHAIN) for i in range(N)]
    return [*arrows, *tokens, *_names(CHAIN)]


def _tree(layers: list[int]) -> list[Part]:
    """All that token 8 sees through the layers, from the top down; its way from token 1 is marked."""
    parts: list[Part] = []
    seen = {N - 1}
    on_way = N - 1
    y = TREE
    for bridged in reversed(layers):
        parts += _row(y, on_way)
        for j in sorted(seen):
            parts.append(_up(j, y + ROW, j, y, marked=False))
            parts.append(_up(j - bridged, y + ROW, j, y, marked=j == on_way))
        seen |= {j - bridged for j in seen}
        on_way -= bridged
        y += ROW
    return [*parts, *_row(y, on_way), *_names(y)]


def _star() -> list[Part]:
    """Every token is one product away from the last."""
    last = N - 1
    bottom = STAR + ROW + 6
    ways = [_up(i, bottom, last, STAR, marked=i == 0) for i in reversed(range(N))]
    tokens = [_token(last, STAR), *_row(bottom, 0)]
    return [*ways, *tokens, _name(last, STAR), *_names(bottom)]
