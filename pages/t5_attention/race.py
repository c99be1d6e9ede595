"""Dot product against additive attention on the reader's own machine.   Vaswani et al. 2017, §3.2.1."""

from typing import Annotated

import torch
from torch.nn import functional as F

from models import attention, toy
from models.timing import median_ms
from study.controls import Choice, Slider, When
from study.demo import Evidence, Measured, Origin, Timed
from study.views import Lines, Series

LENGTHS, WIDTHS = (16, 32, 64, 128, 256, 512), (8, 16, 32, 64, 128, 256)
MOST = 2**24  # numbers in the additive hidden layer n × n × d, in float32 64 MiB
MIB = 2**20
PRESETS = {"by_length": {"vary": "n"}, "by_width": {"vary": "d_k"}}


def race(
    run: Timed,
    vary: Annotated[str, Choice("n", "d_k")] = "n",
    d_k: Annotated[int, Slider(8, 128, scale="log"), When(vary="n")] = 64,
    n: Annotated[int, Slider(16, 256, scale="log"), When(vary="d_k")] = 128,
) -> Evidence:
    """Milliseconds per call; the additive hidden layer is d_k wide and kept under 64 MiB."""
    if vary == "n":
        sizes = [(length, d_k) for length in LENGTHS if length * length * d_k <= MOST]
    else:
        sizes = [(n, width) for width in WIDTHS]
    times = [milliseconds(length, width) for length, width in sizes]
    x = [length if vary == "n" else width for length, width in sizes]
    series = [Series(name, x, [t[name] for t in times], points=True) for name in ("dot", "fused", "additive")]
    length, width = sizes[-1]
    return Evidence(
        Lines(series, x=vary, y="milliseconds", log_x=True, log_y=True),
        measured=[
            Measured("ratio", times[-1]["additive"] / times[-1]["dot"], unit="times"),
            Measured("dot_memory", length * length * 4 / MIB),  # float32: four bytes a number
            Measured("additive_memory", length * length * width * 4 / MIB),
        ],
        origin=Origin.TIMED,
    )


@torch.no_grad()
def milliseconds(n: int, d: int) -> dict[str, float]:
    """Time per call of attention over n positions with d_k = d_v = d_hidden = d, without gradients.

    "dot" is attention.scaled_dot_product, "fused" torch's own, "additive" attention.additive.
    """
    q, k, v = (toy.normal(n, d, seed=0, name=name, dtype=torch.float32) for name in "qkv")  # (n, d) each
    weights = [w.float() for w in toy.additive_inputs(d, d, seed=0)]  # (d, d), (d, d), (d,)
    batch = q[None, None], k[None, None], v[None, None]  # (1, 1, n, d) each: the shape that is sure to be fused
    return {
        "dot": median_ms(lambda: attention.scaled_dot_product(q, k, v)),
        "fused": median_ms(lambda: F.scaled_dot_product_attention(*batch)),
        "additive": median_ms(lambda: attention.additive(q, k, v, *weights)),
    }
