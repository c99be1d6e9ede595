"""Modules whose first weights torch draws from its one global stream of random numbers: drawn by one thread at a time.

Source: torch's notes on reproducibility; a generator of one's own is better wherever a function takes one.
"""

import contextlib
import threading
from collections.abc import Iterator

import torch

_ONE = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within it torch's global stream begins at `seed`; afterwards it stands where it stood.

    All readers' threads share that stream: two modules built at once would take their weights from each other.
    """
    with _ONE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
