"""What n × n weights weigh, up to a million tokens.   Vaswani et al. 2017, Table 1; Dao et al. 2022, Theorem 1."""

from collections.abc import Callable
from math import isqrt
from typing import Annotated

from models import attention, efficient, shapes, toy
from models.bert import BertConfig
from study.controls import Choice, Slider
from study.demo import Claim, Evidence, Measured, Origin, same
from study.views import Lines, Series

GB = 10**9
LIMITS = {"laptop": 16 * GB, "a100": 80 * GB}
MILLION = 1_000_000
LENGTHS = [2**e for e in range(7, 20)] + [MILLION]
PRESETS = {
    "paragraph": {"n": 128},
    "chapter": {"n": 8192},
    "novel": {"n": 131072},
    "million": {"n": MILLION, "n_head": 1, "n_layer": 1},
    "one_layer": {"n": 131072, "n_layer": 1},
}


def memory(
    n: Annotated[int, Slider(128, MILLION, scale="log")] = 8192,
    n_head: Annotated[int, Slider(1, 64, scale="log")] = 8,
    n_layer: Annotated[int, Slider(1, 48)] = 6,
    precision: Annotated[str, Choice("2", "4")] = "2",
) -> Evidence:
    """Bytes of the attention weights that training keeps for its backward pass, of one text of n tokens."""
    each = int(precision)

    def weights(m: int) -> int:
        return n_layer * n_head * m * m * each

    def flash(m: int) -> int:
        return n_layer * n_head * m * 4  # one float32 a row: the logarithm of its softmax's denominator

    curves = {"weights": weights, "flash": flash}
    lines = [Series(name, LENGTHS, [curve(m) / GB for m in LENGTHS]) for name, curve in curves.items()]
    marks = [Series(name, [LENGTHS[0], MILLION], [size / GB] * 2, dashed=True) for name, size in LIMITS.items()]
    longest = {name: isqrt(size // (n_layer * n_head * each)) for name, size in LIMITS.items()}
    return Evidence(
        Lines([*lines, *marks], x="n", y="gigabytes", log_x=True, log_y=True, here=n),
        claims=[
            Claim("quadruple", measured=weights(2 * n) / weights(n), expected=4),
            Claim("same_as_counted", measured=weights(n), expected=_kept(n, n_head, n_layer, each)),
            same("tiled", _tiled(n), _whole(n), abs=1e-12),
            Claim("fits", measured=weights(longest["a100"]), expected=LIMITS["a100"], op="≤"),
        ],
        measured=[
            Measured("gigabytes_here", weights(n) / GB),
            Measured("longest_laptop", longest["laptop"], unit="tokens"),
            Measured("longest_a100", longest["a100"], unit="tokens"),
            Measured("flash_here", flash(n) / GB),
        ],
        origin=Origin.CALCULATED,
    )


def _kept(n: int, n_head: int, n_layer: int, each: int) -> int:
    """The same from models.shapes: what an encoder of this size keeps, less what it keeps with a fused attention."""
    config = BertConfig(d_model=64 * n_head, n_layer=n_layer, n_head=n_head, n_position=n)
    stored, fused = (shapes.activation_memory(config, n, bytes_per_number=each, fused=f) for f in (False, True))
    return stored.total - fused.total


def _on_toy(n: int, compute: Callable):
    q, k, v = (toy.normal(min(n, 96), 16, seed=n, name=name) for name in "qkv")  # (m, 16) each
    return compute(q, k, v)  # (m, 16)


def _tiled(n: int):
    """The output without ever holding a row of the weights: 32 keys at a time."""
    return _on_toy(n, lambda q, k, v: efficient.tiled(q, k, v, block=32))


def _whole(n: int):
    return _on_toy(n, lambda q, k, v: attention.scaled_dot_product(q, k, v)[0])
