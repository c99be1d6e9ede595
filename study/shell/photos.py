"""The reader's own pictures for their answers: taken here, kept as long as the page is open."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from study.export.photos import MOST, Photo, Refused, taken
from study.markdown import shortened
from study.shell.session import here, value
from study.words import Words

WIDTH = 120  # px of a picture in the list


@st.fragment
def photos(words: Words) -> None:
    """A box for files, what was not taken, and what is there with what to write in an answer."""
    st.caption(words("photos.intro", most=MOST))
    memory = here()
    key = f"_photos.{memory.uploads}"  # a new box each time: an empty one
    st.file_uploader(
        words("photos.file"), ["png", "jpg", "jpeg"], accept_multiple_files=True, key=key, on_change=_take, args=(key,)
    )
    for name, why in memory.refused:
        st.error(words("photos.not_taken", name=shortened(name)) + " " + words(f"photos.refused.{why}"))
    for photo in memory.photos.values():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.image(photo.data, width=WIDTH)
            st.code(photo.markdown, language="markdown")
            label = words("photos.remove", name=photo.name)
            st.button(label, key=f"_photos.remove.{photo.name}", on_click=_remove, args=(photo.name,), type="tertiary")


def _take(key: str) -> None:
    memory = here()
    memory.uploads, memory.refused = memory.uploads + 1, []
    for file in value(key) or ():
        try:
            photo = taken(file.name, file.getvalue(), memory.photos)
        except Refused as refused:
            memory.refused.append((file.name, refused.key))
        else:
            memory.photos[photo.name] = photo


def _remove(name: str) -> None:
    here().photos.pop(name, None)


def mine() -> tuple[Photo, ...]:
    """The reader's pictures."""
    return tuple(here().photos.values())


@contextmanager
def folder(of: tuple[Photo, ...]) -> Iterator[Path]:
    """A folder with these pictures in it, for an export."""
    with tempfile.TemporaryDirectory() as name:
        for photo in of:
            (Path(name) / photo.name).write_bytes(photo.data)
        yield Path(name)
