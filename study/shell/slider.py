"""A slider whose figure follows the thumb (assets/figure/slider.js): Streamlit's own sends when it is let go."""

from collections.abc import Callable
from functools import cache
from typing import Any

from study.controls import Refusal, Slider
from study.demo import Param
from study.shell.component import component
from study.shell.counts import newer
from study.shell.session import event, here, put, value


@cache
def _component() -> Callable:
    html = '<div class="slider"></div>'
    return component("slider", html=html)


def slider(p: Param, label: str, values: dict[str, Any], on_move: Callable[[], None]) -> float:
    """Draws the slider; returns its value. values: of all controls. on_move: what else a new value brings."""
    own = f"{p.key}._thumb"
    data = _scale(p.control, value(p.key), values) | {
        "name": p.key,
        "label": label,
        "n": here().counts.get(p.key, 0),
        "session": here().token,
        "script": "slider.js",
    }
    _component()(data=data, key=own, on_moved_change=lambda: _moved(own, p, on_move))
    return value(p.key)


def _scale(control: Slider, now: float, values: dict[str, Any]) -> dict[str, object]:
    """The ends and the step of the browser's slider and where its thumb stands; on a ladder they count its rungs."""
    if control.scale == "log":
        ladder = control.ladder
        texts = [control.text(rung) for rung in ladder]
        return {"low": 0, "high": len(ladder) - 1, "step": 1, "at": ladder.index(now), "texts": texts}
    step = control.step or (1 if control.whole else (control.high - control.low) / 100)
    digits = 0 if control.whole else max(0, len(f"{step:.6f}".rstrip("0").split(".")[1]))
    high = _end(control, values)
    return {"low": control.low, "high": high, "step": step, "at": min(now, high), "digits": digits}


def _end(control: Slider, values: dict[str, Any]) -> float:
    """As far as there is something to be shown; its own end where the other values are refused, or while the session
    has asked for too much computing."""
    if control.upto is None or here().budget.wait():
        return control.high
    try:
        with here().budget.spending():
            return min(max(control.upto(values), control.low), control.high)
    except Refusal:
        return control.high


def _moved(own: str, p: Param, on_move: Callable[[], None]) -> None:
    moved, control = event(own, "moved"), p.control
    try:
        number, count = float(moved["value"]), int(moved["n"])
        new = control.ladder[int(number)] if control.scale == "log" else control.clean(number)
    except (KeyError, TypeError, ValueError, IndexError):
        return  # nothing that our script sends
    if newer(p.key, count):
        put(p.key, new)
        on_move()
