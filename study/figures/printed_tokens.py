"""Tokens on paper: chips that wrap like a text, and lines from tokens to tokens."""

import numpy as np

from study.figures import svg
from study.figures.base import Words, text_width
from study.look import Look, visible
from study.views import TokenLines, Tokens

WIDE = 620.0  # pixels: where a row of chips wraps
STEP, ABOVE, APART = 20.0, 26.0, 220.0  # of lines: between tokens, above the first, between the columns
MARKS = {"right": ("right", "✓"), "clip": ("stored", "–"), "wrong": ("wrong", "✗"), "focus": ("query", "•"),
         "mask": ("mask", "")}  # fmt: skip
Picture = tuple[str, float, float]  # SVG, its width and height


def tokens(view: Tokens, look: Look, words: Words) -> Picture:
    """Marks have a colour and a sign; spans of several tokens are bars under their chips."""
    marks = {s.start: s.mark for s in view.spans if s.stop - s.start == 1}
    line = 30 + 9 * len(view.lanes())
    parts: list[str] = []
    spots: list[tuple[float, float, float]] = []
    x, y = 4.0, 4.0
    for i, token in enumerate(view.tokens):
        role, sign = MARKS.get(marks.get(i, ""), ("", ""))
        said = visible(token, 24) + (f" {sign}" if sign else "")
        width = text_width(said) + 14
        if x > 4 and x + width > WIDE:
            x, y = 4.0, y + line
        parts.append(_chip(x, y, width, said, role, look))
        spots.append((x, y, width))
        x += width + 5
    height = y + line + (20 if view.legend else 2)
    return (
        svg.drawing(WIDE, height, [*parts, *_spans(view, spots, look), *_legend(view, height, look, words)]),
        WIDE,
        height,
    )


def _chip(x: float, y: float, width: float, said: str, role: str, look: Look) -> str:
    color = look.role(role) or look.line
    soft = f' fill-opacity="{0.15 if role else 0.4}" rx="4"'
    text = svg.text(x + width / 2, y + 15.5, said, look.small, look.ink, "middle")
    return svg.rect(x, y, width, 22, color, color, more=soft) + text


def _spans(view: Tokens, spots: list[tuple[float, float, float]], look: Look) -> list[str]:
    parts = []
    for n, lane in enumerate(view.lanes()):
        for span in lane:
            color = look.role(MARKS[span.mark][0]) or look.ink
            for x, y, width in spots[span.start : span.stop]:
                parts.append(svg.rect(x - 2, y + 26 + 9 * n, width + 4, 4, color))
    return parts


def _legend(view: Tokens, height: float, look: Look, words: Words) -> list[str]:
    parts, x = [], 4.0
    for mark, key in view.legend.items():
        role, sign = MARKS[mark]
        parts.append(svg.text(x, height - 6, f"{sign} {words(key)}", look.small - 1, look.role(role) or look.ink))
        x += text_width(words(key)) + 36
    return parts


def token_lines(view: TokenLines, look: Look, words: Words) -> Picture:
    """Two columns of tokens and lines as strong as their weights."""
    left = max((text_width(visible(token)) for token in view.left), default=0) + 8
    right = left + APART
    parts = [
        svg.text(left, 14, words(view.left_title), look.small, look.ink, "end") if view.left_title else "",
        svg.text(right, 14, words(view.right_title), look.small, look.ink) if view.right_title else "",
        *_lines(view, left, right, look),
    ]
    for names, x, anchor in ((view.left, left, "end"), (view.right, right, "start")):
        for i, token in enumerate(names):
            bold, y = anchor == "end" and i == view.focus, ABOVE + (i + 0.5) * STEP + 4
            parts.append(svg.text(x, y, visible(token), look.small, look.ink, anchor, bold=bold))
    width = right + max((text_width(visible(token)) for token in view.right), default=0) + 6
    height = ABOVE + STEP * max(len(view.left), len(view.right)) + 4
    return svg.drawing(width, height, parts), width, height


def _lines(view: TokenLines, left: float, right: float, look: Look) -> list[str]:
    """Those of the token in focus, or all."""
    color, parts = look.role("query") or look.ink, []
    for h, i, j in zip(*np.nonzero(view.drawn), strict=True):
        if view.focus is None or i == view.focus:
            weight = float(view.shown[h, i, j])
            ends = (left + 4, ABOVE + (i + 0.5) * STEP, right - 4, ABOVE + (j + 0.5) * STEP)
            parts.append(svg.line(*ends, color, 0.5 + 3 * weight, f' stroke-opacity="{0.15 + 0.85 * weight:.2f}"'))
    return parts
