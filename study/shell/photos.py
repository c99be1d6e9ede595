"""The reader's own pictures for their answers: taken here, kept in the workbook, shown small."""

import io
import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from study.export.photos import Refused, markdown, opened
from study.markdown import shortened
from study.memo import memo
from study.once import once
from study.shell.session import here, value
from study.shell.who import student
from study.words import Words, sentences
from study.workbook import Unkept, open_workbook
from study.workbook.pictures import MOST, Picture

log = logging.getLogger(__name__)
WIDTH = 120  # px of a picture in the list
SAID = 24  # characters of its name on a button
SHOWN = 900  # px of the longer side of one in the preview: about what the column takes on a fine screen
Put = Callable[[str], None]


def photos(words: Words, place: str, put: Put | None = None) -> None:
    """A box for files, what was not taken, and what is there with what to write in an answer.

    place: begins the keys of the widgets. put: puts a text into the answer that the box stands at.
    """
    st.caption(words("photos.intro", most=MOST))
    memory = here()
    key = f"{place}.{memory.uploads}"  # a new box each time: an empty one
    st.file_uploader(
        words("photos.file"), ["png", "jpg", "jpeg"], accept_multiple_files=True, key=key, on_change=_take, args=(key,)
    )
    for name, why in memory.refused:
        st.error(sentences(words("photos.not_taken", name=shortened(name)), words(why)))
    try:
        for picture in mine():
            _listed(picture, words, place, put)
    except Unkept as unkept:
        st.warning(words(f"workbook.unkept.{unkept.key}"))


def _listed(picture: Picture, words: Words, place: str, put: Put | None) -> None:
    name, mark = picture.name, markdown(picture.name)
    said = shortened(name, SAID)
    with st.container(horizontal=True, vertical_alignment="center"):
        if small := shown(picture, 2 * WIDTH):
            st.image(small, width=WIDTH, output_format=format_of(picture), alt=name)
        st.code(mark, language="markdown")
        if put:
            st.button(words("photos.put", name=said), key=f"{place}.put.{name}", on_click=put, args=(mark,))
        label, key = words("photos.remove", name=said), f"{place}.remove.{name}"
        st.button(label, key=key, on_click=_remove, args=(name,), type="tertiary")


def _take(key: str) -> None:
    memory = here()
    memory.uploads, memory.refused = memory.uploads + 1, []
    for file in value(key) or ():
        try:
            with memory.budget.spending():
                open_workbook().pictures(student()).take(file.name, file.getvalue())
        except Refused as refused:
            memory.refused.append((file.name, f"photos.refused.{refused.key}"))
        except Unkept as unkept:
            log.warning("a picture was not kept: %s: %s", type(unkept).__name__, unkept)
            memory.refused.append((file.name, "photos.refused.unkept"))


def _remove(name: str) -> None:
    try:
        open_workbook().pictures(student()).remove(name)
    except Unkept as unkept:
        log.warning("a picture was not removed: %s: %s", type(unkept).__name__, unkept)
        here().refused = [(name, "photos.refused.unkept")]


@once
def mine() -> list[Picture]:
    """The reader's pictures. Raises Unkept."""
    return open_workbook().pictures(student()).all()


def format_of(picture: Picture) -> str:
    """The format in which the browser gets it: its own, as a drawing's lines are not for JPEG."""
    return "PNG" if picture.name.endswith(".png") else "JPEG"


def shown(picture: Picture, side: int = SHOWN) -> bytes | None:
    """A picture of the reader's for the screen, no side longer than this; None where it has gone meanwhile."""
    try:
        return _small(student(), picture, side)
    except KeyError:
        return None


@memo(size=200)
def _small(who: str, picture: Picture, side: int) -> bytes:
    data = open_workbook().pictures(who).data(picture.name)
    if data is None:
        raise KeyError(picture.name)
    out = io.BytesIO()
    with opened(data) as image:
        image.thumbnail((side, side))
        image.save(out, image.format)
    return out.getvalue()


@contextmanager
def folder(of: tuple[Picture, ...]) -> Iterator[Path]:
    """A folder with these pictures of the reader's in it, for an export. Raises Unkept."""
    kept = open_workbook().pictures(student()) if of else None
    with tempfile.TemporaryDirectory() as name:
        for picture in of:
            if (data := kept.data(picture.name)) is not None:
                (Path(name) / picture.name).write_bytes(data)
        yield Path(name)
