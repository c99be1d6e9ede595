"""What a load is measured by: one line of a table for each, with the bound that it has to keep."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

HEAD = ("what", "p50 ms", "p95 ms", "p99 ms", "CPU ms each", "kB each", "kB memory a session", "errors", "bound")


@dataclass
class Line:
    """One measurement. Times in seconds; None where there is nothing to tell. each: a rerun, or an opening."""

    what: str
    times: Sequence[float] = ()
    cpu: float | None = None  # seconds, each
    kilobytes: float | None = None  # each
    memory: float | None = None  # kB a session
    errors: int = 0
    bound: str = ""

    def __str__(self) -> str:
        points = (
            [f"{1000 * value:.0f}" for value in np.percentile(self.times, (50, 95, 99))] if self.times else [""] * 3
        )
        cpu = "" if self.cpu is None else f"{1000 * self.cpu:.1f}"
        rest = ["" if value is None else f"{value:.1f}" for value in (self.kilobytes, self.memory)]
        return "| " + " | ".join([self.what, *points, cpu, *rest, str(self.errors), self.bound]) + " |"


def heading() -> str:
    assert len(HEAD) == len(fields(Line)) + 2  # the times are three columns
    return "| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD)
