"""The strokes of a printed figure: SVG elements as text, every text escaped."""

import re
from collections.abc import Sequence
from html import escape

from study.figures.symbols import for_svg

#: First those that an export brings along, then a browser's own.
FONT = "Noto Sans SC, Noto Sans, Noto Emoji, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
#: No face of FONT in an export has the first: Typst would set its whole line in another face.
_CROSS, _TIMES = "✗", "×"
_NO_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(
    x: float, y: float, said: str, size: float, color: str, anchor: str = "start", turn: float = 0, bold: bool = False
) -> str:
    """A line of text; y is its base line. turn: degrees, around (x, y)."""
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    weight = ' font-weight="700"' if bold else ""
    said = for_svg(escape(_NO_XML.sub("�", said), quote=False)).replace(_CROSS, _TIMES)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" fill="{color}"{weight}{turned}>'
        f"{said}</text>"
    )


def rect(
    x: float,
    y: float,
    width: float,
    height: float,
    fill: str,
    stroke: str = "",
    stroke_width: float = 1,
    more: str = "",
) -> str:
    line = f' stroke="{stroke}" stroke-width="{stroke_width:g}"' if stroke else ""
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"{line}{more}/>'


def line(x1: float, y1: float, x2: float, y2: float, color: str, width: float = 1, more: str = "") -> str:
    return (
        f'<line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}" stroke="{color}" stroke-width="{width:g}"'
        f"{more}/>"
    )


def path(
    points: Sequence[tuple[float, float]], color: str, width: float = 2, dash: str = "", fill: str = "none"
) -> str:
    """A line through the points, or with a fill an area."""
    d = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    stroke = f'stroke="{color}" stroke-width="{width:g}" stroke-linejoin="round"' if width else 'stroke="none"'
    return f'<path d="{d}" fill="{fill}" {stroke}{dashes}/>'


def drawing(width: float, height: float, parts: Sequence[str]) -> str:
    """The picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT}">{"".join(parts)}</svg>'
    )
