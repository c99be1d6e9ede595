"""The numbers at the ends of bars."""

from typing import Any

import numpy as np

from study.figures.base import base64_array
from study.look import Look, alike, legible, number
from study.views import Bars

MOST = 12  # bars that have room for their numbers
SHORT = 1e4  # from here on a number is told in thousands: 806 beside 1.61k is read twice
UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))


def bar_texts(view: Bars) -> dict[str, list[str]]:
    """The numbers of the bars as text, by group: three digits, in the whole chart with the same decimals.

    {} where there are too many bars.
    """
    if len(view.labels) * len(view.values) > MOST:
        return {}
    values = [float(value) for group in view.values.values() for value in group]
    is_large = any(abs(value) >= SHORT for value in values)
    texts = iter(map(_thousands, values) if is_large else alike(values, digits=3, loss=0.05))
    return {key: [next(texts) for _ in group] for key, group in view.values.items()}


def _thousands(value: float) -> str:
    """364k, not 364000."""
    unit, sign = next(((unit, sign) for unit, sign in UNITS if abs(value) >= unit), (1, ""))
    return f"{number(float(f'{value / unit:.3g}'))}{sign}"


def write(
    bar: dict[str, Any], texts: list[str], tops: np.ndarray | None, look: Look, *, hatched: bool
) -> list[dict[str, Any]]:
    """Writes the numbers of a trace's bars: into plain ones, and beyond the end of those beside hatched ones, since no
    ink can be read on two colours. Returns the traces that this takes: above error bars it is one of unseen bars, as
    high as the error bars' upper ends (tops)."""
    place = {"textposition": "outside" if hatched else "auto", "textangle": 0, "cliponaxis": False}
    inside = {"size": look.small, "color": legible(bar["marker"]["color"])}
    place |= {"textfont": {"size": look.small}, "insidetextfont": inside, "text": texts, "texttemplate": "%{text}"}
    if tops is None:
        bar |= place
        return []
    bar["legendgroup"] = bar["name"]
    unseen = {"color": "rgba(0,0,0,0)"}
    same_place = {key: bar[key] for key in ("type", "x", "offsetgroup", "legendgroup")}
    silent = {"hoverinfo": "skip", "showlegend": False, "y": base64_array(tops), "marker": unseen}
    return [same_place | place | silent | {"textposition": "outside"}]
