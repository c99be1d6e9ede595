"""A lesson's state as query parameters: `?t5_attention.scaling.d_k=128`. Pure: `shell/address.py` moves it to the URL.

Streamlit's own binding drops a bad value without a word, and writes the *label* of a choice, which no longer reads in
the other language; so values are written here by the controls themselves.
"""

from collections.abc import Mapping
from typing import Any

from study.controls import Text
from study.demo import Demo

LONGEST = 500  # characters of a text that still go into a link


def read(demo: Demo, query: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Values of this demo's controls in a link, and the names of controls whose value was bad.

    A number out of range becomes the nearest valid one; what cannot be read at all is left out (its default holds).
    """
    values, bad = {}, []
    for p in demo.params:
        raw = query.get(p.key)
        if raw is None:
            continue
        try:
            read_value = p.control.parse(raw)
            values[p.name] = p.control.clean(read_value)
        except (ValueError, KeyError, OverflowError):
            bad.append(p.name)
            continue
        if values[p.name] != read_value:
            bad.append(p.name)
    return values, bad


def write(demo: Demo, values: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Query parameters for the values that differ from their defaults, and the names of texts too long for a link."""
    query, long = {}, []
    for p in demo.params:
        value = values[p.name]
        if value == p.default:
            continue
        if isinstance(p.control, Text) and len(value) > LONGEST:
            long.append(p.name)
        else:
            query[p.key] = p.control.text(value)
    return query, long
