"""What the note tells over ten seeds of untrained stacks."""

import functools

from models.normalization import layer_norm
from pages.t2_layer_vs_batch_norm.deep_stack import last_gradients
from pages.t2_layer_vs_batch_norm.pre_post import pre_post

SEEDS = range(10)


@functools.cache
def _measured(name: str) -> list[float]:
    """A result of the demo at 24 blocks, for each seed."""
    found = (pre_post(depth=24, seed=seed).measured for seed in SEEDS)
    return [next(float(m.value) for m in measured if m.name == name) for measured in found]


@functools.cache
def _post() -> list[float]:
    """The last block's gradient in post-LN stacks of 1 to 24 blocks of each seed, means of four networks."""
    return [float(mean) for seed in SEEDS for mean in last_gradients(False, layer_norm, seed).mean(1)]


def smallest_ratio() -> float:
    return min(_measured("ratio"))


def largest_ratio() -> float:
    return max(_measured("ratio"))


def steepest_exponent() -> float:
    return min(_measured("pre_slope"))


def flattest_exponent() -> float:
    return max(_measured("pre_slope"))


def lowest_post() -> float:
    return min(_post())


def highest_post() -> float:
    return max(_post())
