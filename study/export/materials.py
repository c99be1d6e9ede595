"""What the two writers have in common: formulas, figures, pictures, and a list of what did not come out."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from study.export.book import LONGEST_ANSWER, Chapter, Failure, What
from study.export.formulas import Exhausted, Formula, TexError, formula, teaches
from study.export.letters import lacking
from study.export.pictures import Drawn, Flaw, Pictures
from study.glossary import glossary
from study.markdown import symbols
from study.note_text import TERM
from study.words import app_words

KINDS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}  # Pillow's names -> endings
IMAGE_BYTES, IMAGE_PIXELS = 10 << 20, 50_000_000
MOST_FORMULAS, MOST_FIGURES = 3000, 200  # of a document: more are told, not drawn
MOST_DRAWN = 50_000_000  # characters of all drawings of formulas of a document: a thousand usual ones have ten million
MOST_EXHAUSTED = 3  # formulas that took all they may: then no other one is tried that could do so


@dataclass
class Materials:
    """For one document. folder: where the student's pictures lie, None for nowhere."""

    lang: str
    folder: Path | None = None
    failures: list[Failure] = field(default_factory=list)
    place: str = ""
    formulas: int = 0
    figures: int = 0
    drawn: int = 0
    exhausted: int = 0

    def __post_init__(self):
        self.words, self.pictures = app_words(self.lang), Pictures(self.lang)

    def open(self, chapter: Chapter) -> str:
        """The chapter's text; what fails from now on fails there."""
        self.place, text = chapter.place, chapter.text
        if len(text) > LONGEST_ANSWER:
            self.fail(What.LONG, f"{len(text)} > {LONGEST_ANSWER}")
            text = text[:LONGEST_ANSWER]
        if letters := lacking(text):
            self.fail(What.LETTER, " ".join(letters[:20]))
        return TERM.sub(self._term, text)

    def _term(self, mark: re.Match) -> str:
        """[[query]] is the term's name, as on the page; there is no glossary to lead to."""
        entry = glossary(self.lang).get(mark[1])
        return mark[0] if entry is None else mark[2] or symbols(entry.term)

    def fail(self, what: What, detail: str) -> None:
        """Each failure once: a formula that stands there ten times fails once."""
        failure = Failure(self.place, what, detail)
        if failure not in self.failures:
            self.failures.append(failure)

    def formula(self, tex: str, display: bool) -> Formula | None:
        """The drawing of a formula; None, and told, where it cannot be set."""
        self.formulas += 1
        try:
            if self.formulas > MOST_FORMULAS or self.drawn > MOST_DRAWN:
                raise TexError(self.words("hand_in.many_formulas"))
            if self.exhausted >= MOST_EXHAUSTED and teaches(tex):
                raise TexError(self.words("hand_in.exhausted"))
            drawn = formula(tex.strip(), display)
        except TexError as error:
            self.exhausted += isinstance(error, Exhausted)
            self.fail(What.FORMULA, f"{tex.strip()[:200]}: {str(error)[:200]}")
            return None
        self.drawn += len(drawn.svg)
        return drawn

    def figure(self, name: str) -> Drawn | None:
        """The figure of this name; None, and told, where there is none."""
        self.figures += 1
        if self.figures > MOST_FIGURES:
            self.fail(What.FIGURE, f"> {MOST_FIGURES}")
            return None
        try:
            drawn = self.pictures.draw(name)
        except Flaw as flaw:
            self.fail(What.FIGURE, f"{name[:200]}: {flaw}")
            return None
        for control in drawn.mended:
            self.fail(What.VALUE, f"{name[:200]}: {control}")
        return drawn

    def image(self, source: str) -> tuple[bytes, str] | None:
        """(bytes, ending) of a picture in the student's folder; None, and told, where there is none that is safe."""
        try:
            return _image(self.folder, source, self.words)
        except ValueError as error:
            self.fail(What.IMAGE, f"{source[:200]}: {error}")
            return None


def _image(folder: Path | None, source: str, words: Callable) -> tuple[bytes, str]:
    """Raises ValueError with the reason: outside the folder (links followed), no picture, too large."""
    from urllib.parse import unquote

    from PIL import Image, UnidentifiedImageError

    if folder is None:
        raise ValueError(words("hand_in.no_pictures"))
    try:
        path = (folder / unquote(source)).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise FileNotFoundError
        if path.stat().st_size > IMAGE_BYTES:
            raise ValueError(words("hand_in.picture_large"))
        data = path.read_bytes()
    except (OSError, RuntimeError):  # no such file, a name that cannot be one, a circle of links
        raise ValueError(words("hand_in.no_picture")) from None
    try:
        with Image.open(io.BytesIO(data), formats=tuple(KINDS)) as image:
            kind, size = image.format, image.width * image.height
            if size > IMAGE_PIXELS:
                raise ValueError(words("hand_in.picture_large"))
            image.load()
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError(words("hand_in.picture_kind")) from None
    return data, KINDS[kind]
