"""How much computing one reader can ask for: seconds of a processor, which come back while they read. Pure.

No reader empties it: a hand that keeps an expensive slider moving takes a minute and more, and who trains one model
after the other ten minutes. A script that asks for something new as fast as it is answered gets half a processor from
then on, and the class keeps the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic, thread_time

MOST = 30.0  # seconds of a processor that a session begins with, and has at most
WORK = 300.0  # … of a process that measures or trains: the longest work takes half a minute
SHARE = 0.5  # of each second that passes, comes back


@dataclass
class Budget:
    """left: seconds of a processor, below 0 what was taken too much; most: that it holds. at: when left was so, on the
    monotonic clock.
    """

    left: float = MOST
    most: float = MOST
    at: float = field(default_factory=lambda: monotonic())
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def wait(self) -> float:
        """Seconds until something may be computed again; 0 for at once."""
        with self._lock:
            now = monotonic()
            self.left, self.at = min(self.most, self.left + SHARE * (now - self.at)), now
            return max(0.0, -self.left / SHARE)

    def spend(self, seconds: float) -> None:
        """Takes what has been computed, here or elsewhere, from any thread."""
        with self._lock:
            self.left -= seconds

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What this thread computes inside is taken from it, also where that fails."""
        began = thread_time()
        try:
            yield
        finally:
            self.spend(thread_time() - began)
