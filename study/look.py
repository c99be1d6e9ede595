"""Colours, type and the form of numbers and texts: what every drawing has in common. Pure; no view is known here."""

import functools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import regex  # knows Unicode's properties, and \X: what people see as one character

#: Colour is meaning: one place for formulas (markdown.py) and figures.
ROLES = {
    "light": {"query": "#2563EB", "key": "#C2570C", "value": "#047857", "position": "#7C3AED", "hidden": "#475569",
              "mask": "#9CA3AF", "right": "#15803D", "wrong": "#B91C1C", "stored": "#838C9A"},
    "dark": {"query": "#60A5FA", "key": "#FB923C", "value": "#34D399", "position": "#A78BFA", "hidden": "#94A3B8",
             "mask": "#6B7280", "right": "#4ADE80", "wrong": "#F87171", "stored": "#7B8494"},
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
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]


@dataclass(frozen=True)
class Look:
    """How a drawing looks: theme "light" or "dark", and the size of its text in pixels (a lecture asks for more)."""

    theme: str = "light"
    size: int = 13

    @property
    def small(self) -> int:
        """The size of ticks, legends and numbers in cells."""
        return self.size - 1

    @property
    def page(self) -> str:
        return SURFACE[self.theme]["page"]

    @property
    def ink(self) -> str:
        return SURFACE[self.theme]["ink"]

    @property
    def line(self) -> str:
        return SURFACE[self.theme]["line"]

    def role(self, name: str) -> str:
        """The colour of a role, "" where there is no such role."""
        return ROLES[self.theme].get(name, "")

    def series(self, index: int, role: str = "") -> str:
        """The colour of a series: its role's, or the next of those that have no meaning."""
        colors = SERIES[self.theme]
        return self.role(role) or colors[index % len(colors)]

    def scale(self, signed: bool) -> list[str]:
        """The colours of a scale from its low end to its high end."""
        return SCALES[self.theme]["two" if signed else "one"]


def between(colors: list[str], share: float) -> str:
    """The colour of a scale at share (0 to 1) of its way, as a browser blends it."""
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    i = min(int(at), len(colors) - 2)
    return "#" + "".join(
        f"{round(a + (b - a) * (at - i)):02X}" for a, b in zip(*map(_rgb, colors[i : i + 2]), strict=True)
    )


@functools.cache  # of the scales' few colours; a grid asks for thousands of cells
def _rgb(color: str) -> tuple[int, ...]:
    return tuple(int(color[n : n + 2], 16) for n in (1, 3, 5))


def contrast(one: str, other: str) -> float:
    """How well two colours stand apart, 1 to 21, by WCAG 2.2; small text asks for 4.5."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    red, green, blue = (
        v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in _rgb(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def legible(ground: str) -> str:
    """Black or white, whichever is read more easily on a ground: at least 4.58 : 1 on any."""
    return max("#000000", "#FFFFFF", key=lambda ink: contrast(ink, ground))


def number(value: float | None) -> str:
    """Four significant digits at most, without a locale's marks: 0.3104, 12, −1.2·10⁻⁷."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e6:
        return str(int(value)).replace("-", "−")
    size = abs(value)
    if size < 1e-3 or size >= 1e6:
        digits, exponent = f"{value:.1e}".replace("-", "−", 1 if value < 0 else 0).split("e")
        return f"{digits.removesuffix('.0')}·{power(int(exponent))}"
    return f"{value:{'.4g' if size < 1e4 else '.0f'}}".replace("-", "−")


FAR_APART = 100  # times: with the same decimals, the larger numbers of a column would end in too many zeros


def alike(values: Sequence[float | None], digits: int = 4, loss: float = 0.002) -> list[str]:
    """Numbers that stand together, with the same number of decimals: 80.0 above 82.3.

    digits: significant ones of the largest. Each is written as it is alone where they differ much in size, or where
    one would lose more than this share of its value.
    """
    values = [math.nan if value is None else float(value) for value in values]
    texts = [number(_rounded(value, digits)) for value in values]
    sizes = _sizes(values)
    return (
        _with_the_same_decimals(values, texts, digits, loss) if sizes and max(sizes) < FAR_APART * min(sizes) else texts
    )


def summed(values: Sequence[float]) -> list[str]:
    """The terms of a sum and the sum, with the same number of decimals: what is printed adds up, but for a rounding."""
    return _with_the_same_decimals(values, [number(value) for value in values], 4, loss=0.99)


def _with_the_same_decimals(values: Sequence[float], texts: list[str], digits: int, loss: float) -> list[str]:
    """The numbers with the decimals of the one that has most, as far as the largest leaves room; else the texts."""
    sizes = _sizes(values)
    if not sizes or max(sizes) >= 1e4:
        return texts
    room = max(digits - 1 - math.floor(math.log10(max(sizes))), 0)
    most = max((len(text.partition(".")[2]) for text in texts if "·" not in text), default=0)
    told = [f"{value:.{min(most, room)}f}" if value else "0" for value in values]  # exactly 0 is not 0.00
    if any(abs(float(t) - v) > loss * abs(v) for t, v in zip(told, values, strict=True) if math.isfinite(v)):
        return texts
    return [t.replace("-", "−") if math.isfinite(v) else text for t, v, text in zip(told, values, texts, strict=True)]


def _rounded(value: float, digits: int) -> float:
    """To so many significant digits; a whole number keeps all of its own."""
    return value if not math.isfinite(value) or value == round(value) else float(f"{value:.{digits}g}")


def _sizes(values: Sequence[float]) -> list[float]:
    return [abs(value) for value in values if value and math.isfinite(value)]


def power(exponent: int) -> str:
    """A power of ten: 10⁻⁹."""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def visible(text: str, longest: int = 14) -> str:
    """Data text as it is shown: as typed, but control characters and spaces at its ends can be seen.

    Shortened in the middle, never inside what people see as one character: a letter with its marks, an emoji that
    joiners hold together. A text of which nothing can be seen is told by its code points.
    """
    if text and not _SEEN.search(text):
        return " ".join(f"U+{ord(ch):04X}" for ch in text[:2]) + ("…" if len(text) > 2 else "")
    shown = "".join(map(_shown, text))
    bare = shown.strip(" ")
    shown = shown.replace(" ", "␣") if bare != shown else shown
    if len(shown) > longest:
        characters = _CHARACTER.findall(shown)
        if len(characters) > longest:
            shown = "".join([*characters[: longest - 6], "…", *characters[-5:]])
    return shown or "∅"


_CHARACTER = regex.compile(r"\X")
#: Anything but format characters, joiners, variation selectors and white space; controls and spaces get signs.
_SEEN = regex.compile(r"[^\p{Cf}\p{Default_Ignorable_Code_Point}\s]|[\p{Cc} ]")


def _shown(ch: str) -> str:
    """A control character's sign. What Unicode calls a format character belongs to the text and stays."""
    code = ord(ch)
    if code < 0x20 or code == 0x7F:
        return chr(0x2400 + code) if code < 0x20 else "␡"
    return "�" if unicodedata.category(ch) in ("Cc", "Cs") else ch


def direction(text: str) -> str:
    """Where a text begins, "rtl" or "ltr": by its first letter that has a direction (UAX #9, rules P2 and P3)."""
    first = next((d for d in map(unicodedata.bidirectional, text) if d in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"
