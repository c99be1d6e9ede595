"""Colours, type and the form of numbers and texts: what every drawing has in common. Pure; no view is known here."""

import base64
import math
import unicodedata

import numpy as np

#: Colour is meaning: one place for formulas (notes.py) and figures. Roles as in the design.
ROLES = {
    "light": {"query": "#2563EB", "key": "#C2570C", "value": "#047857", "position": "#7C3AED", "hidden": "#475569",
              "mask": "#9CA3AF", "right": "#15803D", "wrong": "#B91C1C"},
    "dark": {"query": "#60A5FA", "key": "#FB923C", "value": "#34D399", "position": "#A78BFA", "hidden": "#94A3B8",
             "mask": "#6B7280", "right": "#4ADE80", "wrong": "#F87171"},
}  # fmt: skip
#: page, ink, grid line, and series that have no role (distinct from each other without colour vision, too: dashes).
SURFACE = {
    "light": {"page": "#FFFFFF", "ink": "#1F2937", "line": "#E5E7EB"},
    "dark": {"page": "#11151C", "ink": "#E5E7EB", "line": "#2B3340"},
}
SERIES = {
    "light": ["#4338CA", "#B45309", "#0F766E", "#BE185D", "#475569", "#65A30D"],
    "dark": ["#A5B4FC", "#FBBF24", "#5EEAD4", "#F9A8D4", "#CBD5E1", "#BEF264"],
}
SCALES = {
    "light": {"one": ["#FFFFFF", "#C7D2FE", "#6366F1", "#312E81"],
              "two": ["#7C4A03", "#D8B365", "#FFFFFF", "#5AB4AC", "#01564E"]},
    "dark": {"one": ["#11151C", "#312E81", "#6366F1", "#E0E7FF"],
             "two": ["#F0B65E", "#8C5F1F", "#11151C", "#2A7F76", "#7FE3D8"]},
}  # fmt: skip
FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
SIZE = 13
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]


def number(value: float | None) -> str:
    """Four significant digits at most, without a locale's marks: 0.3104, 12, -1.2e-07."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e6:
        return str(int(value)).replace("-", "−")
    size = abs(value)
    form = ".4g" if 1e-3 <= size < 1e4 else ".0f" if 1e4 <= size < 1e6 else ".1e"
    return f"{value:{form}}".replace("-", "−")


def visible(token: str, longest: int = 14) -> str:
    """Data text as it is shown: control characters and spaces made visible, shortened in the middle."""
    shown = "".join(
        chr(0x2400 + ord(ch)) if ord(ch) < 32 else "�" if unicodedata.category(ch)[0] == "C" else ch for ch in token
    )
    bare = shown.strip(" ")
    shown = shown.replace(" ", "␣") if bare != shown else shown
    if len(shown) > longest:
        shown = f"{shown[: longest - 6]}…{shown[-5:]}"
    return shown or "∅"


def typed(array: np.ndarray) -> dict[str, str]:
    """A typed array as Plotly reads it: base64, a fraction of the bytes of a list."""
    code = {"float32": "f4", "float64": "f8", "uint8": "u1", "int32": "i4"}[array.dtype.name]
    out = {"dtype": code, "bdata": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()}
    return out | {"shape": ", ".join(map(str, array.shape))} if array.ndim > 1 else out
