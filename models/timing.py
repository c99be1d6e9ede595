"""How long a call takes on this machine."""

import time
from collections.abc import Callable
from statistics import median


def median_ms(call: Callable[[], object], repeats: int = 3) -> float:
    """Median milliseconds of a call, after one that does not count: the first one pays for memory."""
    call()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        taken.append(1000 * (time.perf_counter() - start))
    return median(taken)
