"""The one cache of lessons."""

import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any


def memo(function: Callable | None = None, *, size: int = 32) -> Callable:
    """Shares an expensive pure step between reruns, demos and readers, bounded: the one cache of lessons.

    @memo keeps the last 32 results, @memo(size=256) as many as one rerun may ask for.

    Readers are threads: who asks for what another is computing waits for it, so that nothing is computed or loaded
    twice at once.
    """
    if function is None:
        return functools.partial(memo, size=size)
    cached = functools.lru_cache(maxsize=size)(function)
    locks = weakref.WeakValueDictionary()  # arguments -> lock, as long as a thread holds it or waits for it
    guard = threading.Lock()

    @functools.wraps(function)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = (args, tuple(sorted(kwargs.items())))
        with guard:
            lock = locks.get(key)
            if lock is None:
                lock = locks[key] = threading.RLock()
        with lock:
            return cached(*args, **kwargs)

    once.cache_clear, once.cache_info = cached.cache_clear, cached.cache_info
    return once
