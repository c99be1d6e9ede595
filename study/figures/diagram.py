"""A Diagram as SVG. Only texts of ours and data come in, escaped; colours are the look's."""

from collections.abc import Callable
from html import escape
from math import hypot
from typing import Any

from study.figures.base import Words
from study.figures.symbols import for_svg
from study.look import Look, between
from study.views import Diagram, Say
from study.views.diagram import Arrow, Box, Cells, Circle, Part, Polygon, Text

MOST = 1.45  # a drawing is shown at most this much larger than it is written
EDGE = 3  # units beyond the sheet: the frame of a chosen box at its end
SOFT = 0.16  # of a role's colour, behind a text


def diagram(view: Diagram, look: Look, words: Words) -> dict[str, Any]:
    """{"kind": "diagram", "svg", "width", "size", "pick"}: the drawing, the greatest width that it takes in pixels, its
    own width and height in units, and whether its boxes can be chosen.
    """
    reached = view.selected or next(iter(view.names), "")  # by Tab: the chosen box, or the first
    drawn = []
    for part in view.parts:
        if getattr(part, "name", ""):
            drawn.append(_button(part, reached, part.name == view.selected, look, words))
        else:
            drawn.append(_DRAW[type(part)](part, look, words))
    inside, edge = "".join(drawn), EDGE if view.pick else 0
    wide, high = view.width + 2 * edge, view.height + 2 * edge
    svg = (
        f'<svg viewBox="{-edge:g} {-edge:g} {wide:g} {high:g}" xmlns="http://www.w3.org/2000/svg" '
        f'role="{"group" if view.pick else "img"}" aria-label="{escape(words(view.alt), quote=True)}">{inside}</svg>'
    )
    # A drawing travels as JSON within JSON, where " takes four bytes; all that are left in it stand around attributes.
    svg, size = svg.replace('"', "'"), [wide, high]
    return {"kind": "diagram", "svg": svg, "width": round(wide * MOST), "size": size, "pick": bool(view.pick)}


def _button(part: Box, reached: str, chosen: bool, look: Look, words: Words) -> str:
    """A box that can be chosen. reached: the name of the one box that Tab leads to."""
    edge = (
        f'<rect x="{part.x - 2:g}" y="{part.y - 2:g}" width="{part.width + 4:g}" height="{part.height + 4:g}" rx="7" '
        f'fill="none" stroke="{look.ink}" stroke-width="2.5"/>'
    )
    label = escape(words(part.text) if isinstance(part.text, Say) else part.text or part.name, quote=True)
    name, turn = escape(part.name, quote=True), 0 if part.name == reached else -1
    return (
        f'<g class="lf-block" data-block="{name}" role="button" tabindex="{turn}" '
        f'aria-pressed="{str(chosen).lower()}" aria-label="{label}">'
        f"{_box(part, look, words)}{edge if chosen else ''}</g>"
    )


def _say(text: str | Say, words: Words) -> str:
    return for_svg(escape(words(text) if isinstance(text, Say) else text))


def _color(role: str, look: Look) -> str:
    return look.role(role) or look.ink


def _text(part: Text, look: Look, words: Words) -> str:
    weight = ' font-weight="600"' if part.bold else ""
    return (
        f'<text x="{part.x:g}" y="{part.y:g}" text-anchor="{part.anchor}" font-size="{part.size}"{weight} '
        f'fill="{_color(part.role, look)}">{_say(part.text, words)}</text>'
    )


def _box(part: Box, look: Look, words: Words) -> str:
    color, shape = _color(part.role, look), ""
    if part.height:
        fill = f'fill="{color}" fill-opacity="{SOFT if part.role else 0.06}"' if part.filled else 'fill="none"'
        dashes = ' stroke-dasharray="4 3"' if part.dashed else ""
        shape = (
            f'<rect x="{part.x:g}" y="{part.y:g}" width="{part.width:g}" height="{part.height:g}" rx="5" {fill} '
            f'stroke="{color}"{dashes}/>'
        )
    middle = part.x + part.width / 2, part.y + part.height / 2 + part.size * 0.36
    return shape + (_text(Text(*middle, part.text, size=part.size), look, words) if part.text else "")


def _arrow(part: Arrow, look: Look, words: Words) -> str:
    color = _color(part.role, look)
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in part.points)
    dashes = ' stroke-dasharray="4 3"' if part.dashed else ""
    line = f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{part.width:g}"{dashes}/>'
    return line + (_head(*part.points[-2:], color) if part.head else "")


def _head(start: tuple[float, float], end: tuple[float, float], color: str) -> str:
    """The head of an arrow from start to end."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    size = hypot(dx, dy) or 1.0
    dx, dy = 7 * dx / size, 7 * dy / size
    left, right = (end[0] - dx + dy / 2, end[1] - dy - dx / 2), (end[0] - dx - dy / 2, end[1] - dy + dx / 2)
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in (end, left, right))
    return f'<polygon points="{corners}" fill="{color}"/>'


def _circle(part: Circle, look: Look, words: Words) -> str:
    color = _color(part.role, look)
    fill = f'fill="{color}" fill-opacity="{SOFT}"' if part.filled else 'fill="none"'
    return f'<circle cx="{part.x:g}" cy="{part.y:g}" r="{part.radius:g}" {fill} stroke="{color}"/>'


def _polygon(part: Polygon, look: Look, words: Words) -> str:
    color = _color(part.role, look)
    corners = " ".join(f"{x:g},{y:g}" for x, y in part.points)
    edge = f'stroke="{color}"' if part.tone else ""  # a blank sheet has none
    fill = between([look.page, color], part.tone)  # what lies behind does not shine through
    return f'<polygon points="{corners}" fill="{fill}" {edge}/>'


def _cells(part: Cells, look: Look, words: Words) -> str:
    """What all cells have alike stands once, around them."""
    color, cells, texts = _color(part.role, look), [], []
    for i, row in enumerate(part.rows):
        for j, text in enumerate(row):
            x, y = part.x + j * part.width, part.y + i * part.height
            tone = f' fill-opacity="{0.5 * part.tones[i][j]:g}"' if part.tones else ""
            cells.append(f'<rect x="{x:g}" y="{y:g}" width="{part.width:g}" height="{part.height:g}"{tone}/>')
            if text:
                x, y = x + part.width / 2, y + part.height / 2 + part.size * 0.36
                texts.append(f'<text x="{x:g}" y="{y:g}" font-size="{part.size}">{_say(text, words)}</text>')
    out = [
        f'<g fill="{color}" fill-opacity="{SOFT:g}" stroke="{color}" stroke-opacity="0.6">{"".join(cells)}</g>',
        f'<g text-anchor="middle" fill="{look.ink}">{"".join(texts)}</g>' if texts else "",
    ]
    for i, j in part.marked:
        x, y = part.x + j * part.width, part.y + i * part.height
        out.append(
            f'<rect x="{x + 1:g}" y="{y + 1:g}" width="{part.width - 2:g}" height="{part.height - 2:g}" '
            f'fill="none" stroke="{look.ink}" stroke-width="2"/>'
        )
    return "".join(out)


_DRAW: dict[type[Part], Callable[[Any, Look, Words], str]] = {
    Box: _box,
    Text: _text,
    Arrow: _arrow,
    Circle: _circle,
    Polygon: _polygon,
    Cells: _cells,
}
