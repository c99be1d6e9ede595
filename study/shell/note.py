"""A section of a note: its texts, the cards of its demos, pictures, code of ours, folds."""

from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from study import glossary
from study.demo import Demo, demos
from study.markdown import linked
from study.note_text import Piece, flat, pieces
from study.notes import Lesson
from study.shell.card import card
from study.shell.code import code
from study.shell.formula import put_ours, with_images
from study.shell.live_figure import near
from study.shell.pace import first_drawn
from study.shell.session import Reader, here, key_of
from study.shell.still import is_picture, picture
from study.source import source
from study.words import app_words

SOURCE = "source"  # the page in pages/ that shows a whole file
OPENING = 400  # px that a box has until what waits in it has come


def section(lesson: Lesson, reader: Reader, number: int, body: str, place: DeltaGenerator) -> None:
    """The pieces of a section, in order, in its place. number: of the section in its note.

    Each is told where it stands instead of being drawn within `with`: Streamlit copies the places within which a
    fragment is drawn, each with all that it stands in, and a lesson has a dozen of them.
    """
    shown_code = False  # the first code of a section; what follows waits behind its name
    for i, piece in enumerate(pieces(body)):
        if piece.kind == "code" and shown_code:
            waiting = place.expander(f"`{piece.text.rpartition('.')[2]}`", key=f"fold_code_{number}_{i}")
            _code(piece.text, waiting, reader)
        else:
            _piece(lesson, reader, f"{number}_{i}", piece, place)
        shown_code = shown_code or piece.kind == "code"


def _piece(lesson: Lesson, reader: Reader, name: str, piece: Piece, place: DeltaGenerator) -> None:
    if piece.kind == "demo":
        _demo(demos(lesson.stem)[piece.text], lesson, reader, place)
    elif piece.kind == "code":
        _code(piece.text, place.container(key=f"code_{name}"), reader)
    elif piece.kind == "further":
        with place.expander(_marked(piece.text, lesson, reader), key=f"fold_further_{name}"):
            _further(lesson, reader, name, piece)
    elif piece.kind == "fold":
        bare = all(inner.kind == "text" for inner in piece.inside)  # the box of its text
        key = f"note_fold_{name}" if bare else f"fold_fold_{name}"
        fold = place.expander(_marked(piece.text, lesson, reader), key=key)
        for i, inner in enumerate(piece.inside):
            if bare:
                put_ours(_marked(inner.text, lesson, reader), fold)
            else:
                _piece(lesson, reader, f"{name}_{i}", inner, fold)
    else:
        # the box of its text, as a container of that key would be: without the message and a dozen parts of React's
        put_ours(f'<div class="st-key-note_{name}">\n\n{_marked(piece.text, lesson, reader)}\n\n</div>', place)


def _marked(markdown: str, lesson: Lesson, reader: Reader) -> str:
    """Terms and demos become links, formulas HTML or images."""
    markdown = linked(glossary.linked(markdown, reader.lang), lesson.demo_titles(reader.lang))
    return with_images(markdown, reader.look)


@st.fragment
def _further(lesson: Lesson, reader: Reader, name: str, piece: Piece) -> None:
    """What waits in a closed box comes when it is opened, its first demo with it; or when a link names one of them."""
    held = [inner.text for inner in flat(piece.inside) if inner.kind == "demo"]
    keys, memory = [f"{lesson.stem}.{demo}" for demo in held], here()
    if not any(map(memory.is_near, keys)):
        if not near(f"{lesson.stem}._further_{name}", OPENING, held):
            return
        memory.near.update(keys[:1])
    place = st.container()
    for i, inner in enumerate(piece.inside):
        _piece(lesson, reader, f"{name}_{i}", inner, place)


def _demo(demo: Demo, lesson: Lesson, reader: Reader, place: DeltaGenerator) -> None:
    draw = picture if is_picture(demo) else card
    draw(demo, lesson.demo_words(reader.lang, demo.name), reader.look, place)
    if here().awaited == key_of(demo):
        here().awaited = ""
        first_drawn()


def _code(name: str, place: DeltaGenerator, reader: Reader) -> None:
    """The project's own source, and where the whole file can be read."""
    found = source(name)
    with place:
        code(found.code)
    said = app_words(reader.lang)("source.from", file=found.path)
    place.caption(f"[{said}]({SOURCE}?file={quote(found.path)})")
