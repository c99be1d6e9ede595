"""Table 1 made live: multiplications, steps one after the other, longest path.   Vaswani et al. 2017, §4, Table 1."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Annotated, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from models import rnn
from study.controls import Choice, Slider
from study.demo import Claim, Evidence, Measured, Origin, Step, same
from study.views import Lines, Say, Series, Table

KINDS = ("self_attention", "recurrent", "convolutional", "restricted")  # in the order of the table
LENGTHS = [2**e for e in range(1, 17)]  # 2 … 65536
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
PRESETS = {
    "sentence": {"n": 64},
    "equal": {"n": 512},
    "book": {"n": 65536},
    "whole": {"n": 512, "count": "layer"},
    "far": {"n": 4096, "step": "path"},
}


class Size(NamedTuple):
    """n tokens of d numbers; k: kernel of the convolution; r: neighbourhood of restricted attention."""

    n: int
    d: int
    k: int
    r: int


def complexity(
    n: Annotated[int, Slider(2, 65536, scale="log")] = 64,
    d: Annotated[int, Slider(16, 4096, scale="log")] = 512,
    k: Annotated[int, Slider(2, 9)] = 3,
    r: Annotated[int, Slider(2, 1024, scale="log")] = 64,
    count: Annotated[str, Choice("term", "layer")] = "term",
) -> Evidence:
    """The four rows at one size, and each column against n. A window never holds more than the n tokens there are."""
    at = Size(n, d, k, r)
    cost = terms if count == "term" else layers
    here, path = cost(at), paths(at)
    waits = _sequential(at)
    rows = [[Say(kind), _power(here[kind]), str(waits[kind]), str(path[kind])] for kind in KINDS]
    crossing = _first(lambda m: cost(at._replace(n=m)), d)
    few = at._replace(n=min(n, 6), d=min(d, 64))  # counted operation by operation
    return Evidence(
        Step("cost", _against_n(cost, at, "multiplications")),
        Step("path", _against_n(paths, at, "longest_path"), _against_n(_sequential, at, "sequential")),
        Step("table", Table(["layer", "multiplications", "sequential", "longest_path"], rows, Say("at", n=n, d=d))),
        claims=lambda: [
            Claim("crossing", measured=crossing, expected=d if count == "term" else 2 * d),
            same("counted", list(layers(few).values()), list(counted(few).values())),
            same("walked", list(path.values()), list(walked(at).values())),
        ],
        measured=[
            Measured("ratio", here["self_attention"] / here["recurrent"], unit="times"),
            Measured("waits", n),
            Measured("crossing_at", crossing, unit="tokens"),
        ],
        origin=Origin.PAPER,
        source="Vaswani et al. 2017, Table 1",
    )


def terms(at: Size) -> dict[str, int]:
    """The terms of Table 1, as if the constants that an O leaves out were 1."""
    n, d, k, r = at
    near = min(r, n)
    return {
        "self_attention": n * n * d,
        "recurrent": n * d * d,
        "convolutional": k * n * d * d,
        "restricted": near * n * d,
    }


def layers(at: Size) -> dict[str, int]:
    """Multiplications of a whole layer: attention with its four matrices, an LSTM, a convolution."""
    n, d, k, r = at
    projections = 4 * n * d * d
    near = min(r, n)
    return {
        "self_attention": 2 * n * n * d + projections,  # QKᵀ, then the weights times V
        "recurrent": 8 * n * d * d,  # three gates and the candidate, each from x_t and h_(t-1)
        "convolutional": k * n * d * d,
        "restricted": 2 * near * n * d + projections,
    }


def paths(at: Size) -> dict[str, int]:
    """Steps or layers that a signal takes from the first to the last token. The convolution is dilated: 1, k, k² …"""
    n, _, k, r = at
    convolutions = next(depth for depth in range(1, 64) if k**depth >= n)
    reach = max(1, r // 2)  # the neighbourhood is centred: half of it looks back
    return {
        "self_attention": 1,
        "recurrent": n - 1,
        "convolutional": convolutions,
        "restricted": -(-(n - 1) // reach),  # rounded up
    }


def _power(number: int) -> str:
    """2.1·10⁶, and small numbers as they are."""
    if number < 10_000:
        return str(number)
    digits, exponent = f"{number:.1e}".split("e+")
    return f"{digits}·10{exponent.lstrip('0').translate(SUPERSCRIPT)}"


def _sequential(at: Size) -> dict[str, int]:
    return {kind: at.n if kind == "recurrent" else 1 for kind in KINDS}


def _first(cost: Callable[[int], dict[str, int]], d: int) -> int:
    """The shortest sequence for which self-attention needs as many multiplications as recurrence."""

    def dearer(m: int) -> bool:
        here = cost(m)
        return here["self_attention"] >= here["recurrent"]

    return 1 + bisect_left(range(1, 4 * d), True, key=dearer)


def _against_n(cost: Callable[[Size], dict[str, int]], at: Size, y: str) -> Lines:
    values = [cost(at._replace(n=m)) for m in LENGTHS]
    series = [Series(kind, LENGTHS, [float(v[kind]) for v in values]) for kind in KINDS]
    return Lines(series, x="n", y=y, title=f"{y}_title", log_x=True, log_y=True, here=at.n)


def counted(at: Size) -> dict[str, int]:
    """What torch counts while layers of this size run, on tensors that have a shape and no numbers ("meta")."""
    n, d, k, r = at
    near = min(r, n)
    x, w = _empty(n, d), _empty(d, d)
    gates = _empty(4 * d, d)

    def attention(keys: int) -> None:
        q, _, _ = x @ w, x @ w, x @ w  # (n, d) each
        windows = _empty(n, keys, d)  # the keys, or the values, that each query may look at
        weights = q[:, None] @ windows.transpose(1, 2)  # (n, 1, keys)
        (weights @ windows)[:, 0] @ w  # (n, d)

    runs = {
        "self_attention": lambda: attention(n),
        "recurrent": lambda: rnn.lstm(x, gates, gates),
        "convolutional": lambda: F.conv1d(_empty(1, d, n + k - 1), _empty(d, d, k)),  # padded: n positions come out
        "restricted": lambda: attention(near),
    }
    return {kind: _multiplications(run) for kind, run in runs.items()}


def _multiplications(run: Callable[[], object]) -> int:
    """torch counts a multiplication and an addition as two operations."""
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops() // 2


def _empty(*shape: int) -> Tensor:
    return torch.empty(shape, device="meta")


def walked(at: Size) -> dict[str, int]:
    """The paths once more, walked layer by layer from the last token to the first."""
    n, _, k, r = at
    reach = {
        "self_attention": lambda level: n - 1,
        "recurrent": lambda level: 1,
        "convolutional": lambda level: (k - 1) * k**level,
        "restricted": lambda level: max(1, r // 2),
    }
    return {kind: _walk(n - 1, step) for kind, step in reach.items()}


def _walk(left: int, step: Callable[[int], int]) -> int:
    level = 0
    while left > 0:
        left -= step(level)
        level += 1
    return level
