"""The newest wins. What a reader types or moves carries a count that only grows, in the browser and here; a value of an
older count (of a request that was on its way) never replaces a newer one.
"""

from typing import Any

from study.controls import Sentence
from study.demo import Param
from study.shell.session import here, put, value


def newer(name: str, count: int) -> bool:
    """True, and remembered, where this count is the largest of this control."""
    counts = here().counts
    if count <= counts.get(name, 0):
        return False
    counts[name] = count
    return True


def reset(p: Param, new: Any, counts: Any = None) -> None:
    """Sets a control from outside its widget (a link, a reset, a click). counts: how far the browser had counted."""
    seen = counts.get(p.key) if isinstance(counts, dict) else None
    if not newer(p.key, seen if isinstance(seen, int) else here().counts.get(p.key, 0) + 1):
        return
    if isinstance(p.control, Sentence):
        here().sentence_changed |= value(p.key) != new
    put(p.key, new)
