"""What one run of the script asks for again and again is found out once in it: a file that is written later is seen by
the next run. Outside a run everything is found out anew.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

_found: ContextVar[dict[tuple, Any] | None] = ContextVar("found", default=None)
F = TypeVar("F", bound=Callable)


@contextmanager
def in_a_run() -> Iterator[None]:
    """What `once` marks is found out once within; a run within a run (a demo's in its page's) is part of it."""
    if _found.get() is not None:
        yield
        return
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def once(function: F) -> F:
    """A function of values that can be keys, whose result nobody changes. What it raises is not kept."""

    @functools.wraps(function)
    def kept(*args: Any, **named: Any) -> Any:
        found = _found.get()
        if found is None:
            return function(*args, **named)
        key = (function, args, *named.items())
        if key not in found:
            found[key] = function(*args, **named)
        return found[key]

    return kept
