"""What a cache of keys and values brings: tokens a second with it and without, against the length."""

from collections.abc import Callable, Iterable
from statistics import median

Run = Callable[[int, bool], tuple[float, tuple[int, ...]]]


def compare(run: Run, lengths: Iterable[int], repeats: int) -> None:
    """Prints a row per length. run(T, cached) -> seconds for T tokens, and the tokens, the same both ways."""
    run(8, True), run(8, False)
    print(f"{'T':>5} {'with cache':>14} {'without':>14} {'ratio':>6}   (tokens a second)")
    for T in lengths:
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(repeats):
            both = {cached: run(T, cached) for cached in times}
            assert both[True][1] == both[False][1], "the cache must not change the text"
            for cached, (seconds, _) in both.items():
                times[cached].append(seconds)
        with_cache, without = median(times[True]), median(times[False])
        print(f"{T:>5} {T / with_cache:>14.0f} {T / without:>14.0f} {without / with_cache:>6.2f}")
