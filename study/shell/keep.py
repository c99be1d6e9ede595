"""The page of the workbook: the questions that have no lesson, answered here, and the whole of it as one file."""

from collections.abc import Mapping
from datetime import date

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from study.markdown import plain
from study.shell.progress import forget
from study.shell.session import Reader, here, put, value
from study.shell.who import student
from study.shell.workbook import answer
from study.words import Words, app_words, sentences
from study.workbook import Merged, Unkept, open_workbook


def further(titles: Mapping[str, str], reader: Reader) -> None:
    """A box for every question without a lesson; it is opened when its fold is."""
    words = app_words(reader.lang)
    for question, title in titles.items():
        if question not in reader.pages:
            with st.expander(title):
                st.markdown(words(f"questions.{question}.prompt"))
                answer(question, reader)


@st.fragment
def backup(words: Words) -> None:
    """All answers with their versions as a file; such a file taken in, where nothing that stands here is replaced."""
    st.caption(words("keep.intro"))
    st.download_button(
        words("keep.save"),
        _whole,
        f"workbook-{date.today().isoformat()}.json",
        "application/json",
        key="_keep.save",
        on_click="ignore",
    )
    most = st.get_option("server.maxUploadSize")
    given = st.file_uploader(words("keep.file", most=most), type="json", key="_keep.file")
    if given is None:
        return
    if st.button(words("keep.merge"), key="_keep.merge"):
        _take_in(given, words)
    file, merged = value("_keep._merged") or ("", None)
    if file == given.file_id:
        st.success(_told(merged, words))


def _take_in(given: UploadedFile, words: Words) -> None:
    """Merges a file; what it did is told while the file lies there, as the page is drawn anew: it lists the answers."""
    try:
        merged = open_workbook().merge(student(), given.getvalue())
    except Unkept as unkept:
        st.error(words(f"workbook.unkept.{unkept.key}"))
        return
    for question in (*merged.added, *merged.conflicts):
        here().drafts.pop(question, None)  # read anew where it is next seen
    forget()
    put("_keep._merged", (given.file_id, merged))
    st.rerun()


def _whole() -> bytes:
    return open_workbook().backup(student())


def _told(merged: Merged, words: Words) -> str:
    said = [words("keep.merged", added=len(merged.added), kept=len(merged.kept))]
    if merged.conflicts:
        said.append(words("keep.conflicts", count=len(merged.conflicts)))
    if merged.pictures:
        said.append(words("keep.pictures", count=merged.pictures))
    if merged.left:
        said.append(words("keep.left", names=words("list_mark").join(map(plain, merged.left))))
    if merged.records:
        said.append(words("keep.records", count=merged.records))
    return sentences(*said)
