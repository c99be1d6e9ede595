"""The formulas of notes that HTML does not set: MathJax's drawings, images at addresses of ours.

KaTeX makes 150 to 500 nodes of a displayed formula, an image is one. Its text is the LaTeX, as in the PDF.
"""

import hashlib
import html
import re
from contextlib import suppress
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.delta_generator import DeltaGenerator

from study.export.formulas import TexError, formula
from study.look import SURFACE, Look
from study.markdown import noted
from study.memo import memo
from study.note_text import BOXES, flat, pieces
from study.notes import Lesson, lessons
from study.shell.parts import KEEP, url
from study.words import FlawedText, languages

#: Where a formula is cut into images: a displayed one between two that stand side by side (where they do not fit, one
#: stands below the other), a long inline one behind a relation, where a line may end.
GAP, RELATION = r"\\qquad\b", r"=|\\approx\b"
LONG = 12  # em
OPENS, CLOSES = ("{", "(", "[", "\\begin", "\\left"), ("}", ")", "]", "\\end", "\\right")
#: What only spaces or sizes, in the text of an image.
UNSAID = re.compile(r"\\textcolor\{[^}]*\}|\\(?:[,;!: ]|q?quad\b|left\b|right\b|[bB]igg?[lr]?\b|displaystyle\b)|\{\}|&")
FORMULAS = "/live/tex"

_known: dict[str, tuple[str, bool, str]] = {}  # name -> LaTeX, is it displayed, theme


def put_ours(markdown: str, place: DeltaGenerator) -> None:
    """Shows a text of ours, with the HTML of its formulas. Nothing that a person typed may come here."""
    place.markdown(markdown, unsafe_allow_html=True)


def without_images(markdown: str, look: Look) -> str:
    """A text of ours with its formulas as HTML, those that HTML does not set by KaTeX."""
    return noted(markdown, look.theme, lambda tex, display: "")


def with_images(markdown: str, look: Look) -> str:
    """A text of ours with its formulas as HTML, those that HTML does not set as images."""
    return noted(markdown, look.theme, lambda tex, display: _images(tex, display, look.theme))


@memo(size=4096)
def _images(tex: str, display: bool, theme: str) -> str:
    """The HTML of a formula, "" where MathJax cannot set it: KaTeX may, or says in its place what is wrong."""
    try:
        long = not display and formula(tex, display).width > LONG
        parts = _cut(tex, GAP) if display else _cut(tex, RELATION) if long else [tex]
        images = [_image(part, display, theme) for part in parts]
    except TexError:
        return ""
    return f'<span class="formula">{"".join(images)}</span>' if display else "".join(images)


def _cut(tex: str, where: str) -> list[str]:
    """A formula cut at each of these marks that stands in nothing. A relation stays at the end of its part."""
    parts, begin, depth = [], 0, 0
    for mark in re.finditer(rf"{where}|\\(?:begin|left|right|end)\b|\\.|[{{}}()\[\]]", tex, re.DOTALL):
        depth += (mark[0] in OPENS) - (mark[0] in CLOSES)
        if re.fullmatch(where, mark[0]) and not depth:
            # behind a relation an empty group, which keeps the space that stands there
            parts.append(tex[begin : mark.start()] if where == GAP else f"{tex[begin : mark.end()]}{{}}")
            begin = mark.end()
    return [part.strip() for part in (*parts, tex[begin:]) if part.strip()]


def _image(tex: str, display: bool, theme: str) -> str:
    drawn, said = formula(tex, display), html.escape(re.sub(r"\s+", " ", UNSAID.sub(" ", tex)).strip())
    said = said.replace("|", "&#124;")  # a table would end its cell there
    name = hashlib.blake2b(f"{theme} {display} {tex}".encode(), digest_size=6).hexdigest()
    _known[name] = tex, display, theme
    size = f"--w:{drawn.width:.2f};--h:{drawn.height:.2f}" + (f";--d:{drawn.depth:.2f}" if not display else "")
    return f'<img src="{url(FORMULAS)}/{name}.svg" alt="{said}" style="{size}" loading="lazy">'


def _serve(request: Request) -> Response:
    """A drawing by the name that a page told; nobody can have anything else set."""
    name = request.path_params["name"]
    if name not in _known:  # another process made the page
        all_drawn()
    if name not in _known:
        return Response("no such formula", status_code=404, media_type="text/plain; charset=utf-8")
    tex, display, theme = _known[name]
    svg = formula(tex, display).svg.replace('"black"', f'"{SURFACE[theme]["ink"]}"')
    return Response(svg, media_type="image/svg+xml", headers=KEEP)


@cache
def all_drawn() -> None:
    """Sets the formulas of all notes: two seconds, most of them without Python's lock."""
    for theme in SURFACE:
        for lang in languages():
            for lesson in lessons:
                with suppress(FlawedText):  # such a lesson says so on its page
                    _draw(lesson, lang, Look(theme))


def _draw(lesson: Lesson, lang: str, look: Look) -> None:
    for _, body in lesson.sections(lang):
        for piece in flat(pieces(body)):
            if piece.kind in ("text", *BOXES):
                with_images(piece.text, look)


routes = [Route(FORMULAS + "/{name}.svg", _serve)]
