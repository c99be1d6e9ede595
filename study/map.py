"""The map of the lessons: the Transformer and BERT as two drawings, whose parts are the lessons. Pure: words -> SVG.

Colours are those of the page (assets/frame.css, `.map`); only words of ours and paths of pages come in, escaped.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from study.notes import Lesson
from study.words import Words

#: The lessons in an order to read in.
ORDER = ("T5", "T6", "T7", "T3", "T2", "T4", "T8", "T1", "T9", "B3", "B2", "B4", "B5", "B6", "B1", "B7")
WIDE, HIGH = 400, 388  # units of a drawing, about pixels on a phone


@dataclass(frozen=True)
class Part:
    """A box of a drawing: the lesson's number, and where it stands."""

    number: str
    x: int
    y: int
    width: int
    height: int = 38


#: From the text at the bottom to the score at the top, as in the papers' figures.
PARTS = {
    "t": (
        Part("T1", 8, 6, 384),
        Part("T9", 208, 58, 184),
        Part("T4", 8, 110, 384, 30),
        Part("T2", 20, 152, 160),
        Part("T6", 20, 208, 160),
        Part("T7", 220, 152, 160),
        Part("T5", 220, 208, 160, 58),
        Part("T3", 8, 290, 384),
        Part("T8", 8, 342, 384),
    ),
    "b": (
        Part("B1", 8, 6, 384),
        Part("B7", 8, 58, 184),
        Part("B6", 208, 58, 184),
        Part("B5", 8, 110, 384),
        Part("B4", 8, 166, 384, 100),
        Part("B2", 8, 290, 384),
        Part("B3", 8, 342, 384),
    ),
}
#: Frames around parts (x, y, width, height), and arrows from one point to another.
FRAMES = {"t": ((8, 145, 184, 133), (208, 145, 184, 133)), "b": ()}
ARROWS = {
    "t": ((100, 342, 100, 330), (300, 342, 300, 330), (100, 290, 100, 248), (300, 290, 300, 268), (100, 208, 100, 192),
          (300, 208, 300, 192), (300, 110, 300, 98), (180, 227, 218, 227)),
    "b": ((200, 342, 200, 330), (200, 290, 200, 268), (200, 166, 200, 150), (300, 110, 300, 98)),
}  # fmt: skip


def in_order(lessons: Iterable[Lesson]) -> list[Lesson]:
    """Lessons in the order to read in; those that it does not name follow."""
    place = {number: i for i, number in enumerate(ORDER)}
    return sorted(lessons, key=lambda lesson: place.get(lesson.number, len(ORDER)))


def drawing(section: str, words: Words, paths: Mapping[str, str]) -> str:
    """The drawing of a section, "t" or "b", as SVG. paths: of the lessons that can be opened, by their number."""
    inside = [_frame(*frame) for frame in FRAMES[section]]
    inside += [_arrow(*arrow) for arrow in ARROWS[section]]
    inside += [_part(part, words, paths.get(part.number)) for part in PARTS[section]]
    name = escape(words(f"map.{section}"), quote=True)
    return (
        f'<svg class="map-{section}" viewBox="0 0 {WIDE} {HIGH}" role="group" aria-label="{name}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(inside)}</svg>'
    )


def _part(part: Part, words: Words, path: str | None) -> str:
    label = words(f"map.parts.{part.number.lower()}")
    middle = part.y + part.height / 2
    box = f'<rect x="{part.x}" y="{part.y}" width="{part.width}" height="{part.height}" rx="7"/>'
    number = f'<tspan class="map-number">{part.number}</tspan> '
    text = f'<text x="{part.x + part.width / 2}" y="{middle + 5}" text-anchor="middle">{number}{escape(label)}</text>'
    if path is None:
        return f'<g class="map-coming">{box}{text}</g>'
    return f'<a href="{escape(path, quote=True)}" target="_self">{box}{text}</a>'


def _frame(x: int, y: int, width: int, height: int) -> str:
    return f'<rect class="map-frame" x="{x}" y="{y}" width="{width}" height="{height}" rx="9"/>'


def _arrow(x1: int, y1: int, x2: int, y2: int) -> str:
    """A line with a head at its end; it runs along one of the axes."""
    dx, dy = (x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1)
    left = (x2 - 5 * dx + 4 * dy, y2 - 5 * dy + 4 * dx)
    right = (x2 - 5 * dx - 4 * dy, y2 - 5 * dy - 4 * dx)
    head = f"M{left[0]} {left[1]}L{x2} {y2}L{right[0]} {right[1]}"
    return f'<path class="map-arrow" d="M{x1} {y1}L{x2} {y2}{head}"/>'
