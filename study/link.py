"""A lesson's state as query parameters: `?t5_attention.scaling.d_k=128`. Pure: `shell/address.py` moves it to the URL.

Streamlit's own binding drops a bad value without a word, and writes the *label* of a choice, which no longer reads in
the other language; so values are written here by the controls themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from study.controls import Text
from study.demo import STEP, Demo

PRESET = "preset"  # names one of the demo's states, which the values beside it change
LONGEST = 500  # characters of a text that still go into a link


@dataclass(frozen=True)
class State:
    """Values of all controls of a demo, and the step it shows, "" for its first.

    mended: controls whose value could not be used as it was. unknown: names that name nothing, and PRESET where there
    is no preset of that name.
    """

    values: dict[str, Any]
    step: str = ""
    mended: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def state(demo: Demo, given: Mapping[str, str], others: Iterable[str] = ()) -> State:
    """The state that texts by name lead to: its preset's values, then its own; all else has its default.

    given: by the controls' own names, STEP and PRESET, or by those names as a link has them; the short one holds where
    both are there. others: names that mean something else to who asks.
    """
    names = {p.key: p.name for p in demo.params} | {f"{demo.stem}.{demo.name}.{n}": n for n in (STEP, PRESET)}
    given = {names[k]: v for k, v in given.items() if k in names} | {k: v for k, v in given.items() if k not in names}
    preset = demo.presets.get(given.get(PRESET, ""), {})
    values, mended = read(demo, {p.key: given[p.name] for p in demo.params if p.name in given})
    known = {*names.values(), *others} - ({PRESET} if given.get(PRESET, "") not in demo.presets else set())
    return State(
        {p.name: values.get(p.name, preset.get(p.name, p.default)) for p in demo.params},
        given.get(STEP, preset.get(STEP, "")),
        tuple(mended),
        tuple(name for name in given if name not in known),
    )


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
