"""How much computing one reader can ask for: seconds of a processor, which come back while they read. Pure.

No reader empties it: a hand that keeps an expensive slider moving takes a minute and more. A script that asks for
something new as fast as it is answered gets half a processor from then on, and the class keeps the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, thread_time

MOST = 30.0  # seconds of a processor that a session begins with, and has at most
SHARE = 0.5  # of each second that passes, comes back


@dataclass
class Budget:
    """left: seconds of a processor, below 0 what was taken too much. at: when that was so, on the monotonic clock."""

    left: float = MOST
    at: float = field(default_factory=lambda: monotonic())

    def wait(self) -> float:
        """Seconds until something may be computed again; 0 for at once."""
        now = monotonic()
        self.left, self.at = min(MOST, self.left + SHARE * (now - self.at)), now
        return max(0.0, -self.left / SHARE)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What this thread computes inside is taken from it, also where that fails."""
        began = thread_time()
        try:
            yield
        finally:
            self.left -= thread_time() - began
