"""Answers as a book to hand in: PDF, one HTML file, or the sources in a zip. Pure; no Streamlit, no network.

Markdown -> a tree (text.py) -> Typst (typeset.py) or HTML (web.py); formulas are MathJax's drawings (formulas.py),
figures a demo's evidence (pictures.py). What fails is shown in its place and listed in the result, never left out.
The libraries are imported when they are needed: the page is there before.
"""

import io
import posixpath
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from study.export.ahead import formulas_ahead
from study.export.book import Chapter, Cover, Failure, Result, What, file_name, missing
from study.export.letters import folders
from study.export.materials import Materials
from study.words import ROOT

__all__ = ["Chapter", "Cover", "Failure", "Result", "What", "file_name", "missing", "to_html", "to_pdf", "to_zip"]

Progress = Callable[[float, str], None]  # share that is done, the chapter at work ("" while pages are laid out)
READING = 0.8  # share of the time that goes into formulas and figures; the rest lays out pages


def _silent(share: float, place: str) -> None:
    """Nobody watches."""


def to_pdf(
    cover: Cover, chapters: list[Chapter], lang: str, *, pictures: Path | None = None, progress: Progress = _silent
) -> Result:
    """The book. pictures: the folder that the pictures of the answers lie in."""
    import typst

    from study.export.typeset import to_typst

    materials = Materials(lang, pictures)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "assets" / "book.typ", folder)
        with formulas_ahead(chapters):
            source = to_typst(cover, _told(chapters, progress), materials, folder, contents=len(chapters) > 1)
        (folder / "main.typ").write_text(source, encoding="utf-8")
        progress(READING, "")
        compiler = typst.Compiler(
            root=str(folder), font_paths=[str(path) for path in folders()], ignore_system_fonts=True
        )
        try:
            data = compiler.compile(str(folder / "main.typ"), format="pdf")
        except Exception as error:  # typst.TypstError, and what Rust's panics become
            failure = Failure("", What.TYPESET, str(error)[:500])
            return Result(b"", [*materials.failures, failure])
    progress(1.0, "")
    return Result(data, materials.failures)


def to_html(
    cover: Cover, chapters: list[Chapter], lang: str, *, pictures: Path | None = None, progress: Progress = _silent
) -> Result:
    """One file that holds everything it shows and asks for nothing."""
    from study.export import web
    from study.export.text import NO_TEXT

    materials = Materials(lang, pictures)
    with formulas_ahead(chapters):
        page = web.to_html(cover, _told(chapters, progress), materials)
    progress(1.0, "")
    return Result(NO_TEXT.sub("", page).encode("utf-8"), materials.failures)


def to_zip(cover: Cover, chapters: list[Chapter], lang: str, *, pictures: Path | None = None) -> Result:
    """The Markdown of every answer, and the pictures that they name."""
    materials, packed = Materials(lang, pictures), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for n, chapter in enumerate(chapters, 1):
            name = file_name(f"{n:02}", chapter.place, "", "md")
            text = f"# {chapter.title}\n\n{chapter.text.rstrip()}\n"
            archive.writestr(name, text.encode("utf-8", "replace"))
        for name, data in _named_pictures(chapters, materials).items():
            archive.writestr(name, data)
    return Result(packed.getvalue(), materials.failures)


def _named_pictures(chapters: list[Chapter], materials: Materials) -> dict[str, bytes]:
    """The pictures of the answers, each where the answer looks for it: by its path below the folder."""
    from study.export.text import parse

    found: dict[str, bytes] = {}
    for chapter in chapters:
        text = materials.open(chapter)
        for node in parse(text).walk() if "![" in text else ():
            source = str(node.attrs.get("src", "")) if node.type == "image" else ""
            if source and (image := materials.image(source)):
                path = posixpath.normpath(unquote(source))
                is_plain = not path.startswith(("/", "..")) and not re.search(r"[\\:]", path)
                found[path if is_plain else f"pictures/{len(found) + 1}.{image[1]}"] = image[0]
    return found


def _told(chapters: list[Chapter], progress: Progress):
    """The chapters one by one, each told before it is read."""
    for n, chapter in enumerate(chapters):
        progress(READING * n / len(chapters), chapter.title)
        yield chapter
