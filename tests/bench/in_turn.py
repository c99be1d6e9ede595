"""How long some runs take, measured in turn, so that what slows the machine down slows all of them."""

import time
from collections.abc import Callable, Mapping
from statistics import median


def in_turn(runs: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median milliseconds of each, run one after the other so often; two rounds before that do not count."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats + 2):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: median(of[2:]) for name, of in times.items()}
