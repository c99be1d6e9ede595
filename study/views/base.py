"""What every view is made of: keys that name a text, arrays that nobody can change."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, init=False)
class Say:
    """A text of the yaml with its places filled: Say("head", layer=3, head=1)."""

    key: str
    values: tuple[tuple[str, Any], ...]

    def __init__(self, key: str, **values: Any):
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", tuple(values.items()))


Key = str | Say


def as_say(key: Key) -> Say:
    """A key that stands in a table's row, where a plain string would be data."""
    return key if isinstance(key, Say) else Say(key)


def frozen(values: Any, dtype: Any = None) -> np.ndarray:
    """A read-only array of its own (tensors welcome): views are cached and shared between readers.

    Numbers keep the precision that they were computed with, float32 or float64: the table beside a figure tells it.
    """
    if hasattr(values, "numpy"):
        values = values.numpy()
    array = np.array(values, dtype=dtype)
    if dtype is None and array.dtype != np.float32:
        array = array.astype(np.float64)
    array.setflags(write=False)
    return array


def numbers(array: np.ndarray) -> list:
    """Python's numbers with the digits that the array has: 0.0341 for the float32, not 0.03409999981522560."""
    return array.astype(str).astype(float).tolist() if array.dtype == np.float32 else array.tolist()


def freeze(view: Any, **arrays: Any) -> None:
    for name, value in arrays.items():
        object.__setattr__(view, name, value)
