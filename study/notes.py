"""The lessons: notes/<lang>/<stem>.md with its front matter, sections and markers, and the yaml beside it."""

import ast
import functools
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study import glossary, note_text, quiz, words
from study.note_text import Piece, flat, pieces
from study.once import once
from study.quiz import Interview, Item
from study.source import source
from study.words import ROOT, DemoWords, FlawedText, MissingText, Words, languages

STEM = re.compile(r"[a-z]\d+_[a-z0-9_]+")
FRONT = ("title", "question", "source")
A_MINUTE = {"zh": 350, "en": 200}  # characters of Chinese, words of English that are read in it
A_DEMO = 2  # minutes
CHINESE = "[\u3400-\u9fff]"
RESULTS = ("Evidence", "Iterator[Evidence]")


@dataclass(frozen=True)
class Lesson:
    """One question: everything that carries its stem."""

    stem: str

    @property
    def section(self) -> str:
        """Its letter: t (Transformer), b (BERT), x (extensions)."""
        return self.stem[0]

    @property
    def number(self) -> str:
        """How readers name it: T5."""
        return self.stem.split("_")[0].upper()

    @once
    def _note(self, lang: str) -> tuple[Mapping[str, Any], str, str]:
        """Its front matter, its body, and its body without the sources behind numbers. Raises FlawedText."""
        return _read(words.text(words.NOTES / lang / f"{self.stem}.md"), f"{lang}/{self.stem}.md")

    def front(self, lang: str, key: str) -> str:
        return str(self._note(lang)[0][key])

    @property
    @once
    def flaw(self) -> str:
        """Why the lesson cannot be shown, or "": a file that is missing or ill stops no other lesson."""
        return _flaw(self, self.stamp())

    def stamp(self) -> tuple:
        """What changes with every file that the lesson is read from: every visit of every page asks for its flaw."""
        written = [_times(words.NOTES / lang).get(name, 0) for lang in languages() for name in self._files()]
        return *written, *sorted(at for at in _times(ROOT / "pages" / self.stem).items() if at[0].endswith(".py"))

    def _files(self) -> tuple[str, ...]:
        return f"{self.stem}.md", f"{self.stem}.yaml", "glossary.yaml"

    def _find_flaw(self) -> str:
        try:
            for lang in languages():
                self.sections(lang)
                self.quiz(lang)
                self.interview(lang)
                self.demo_titles(lang)
                for name in codes(self, lang):
                    source(name)
                for heading, body in self.sections(lang):
                    glossary.linked(heading + body, lang)
            for demo in self.demos:
                self._check_page(demo)
        except FlawedText as error:
            return str(error)
        return ""

    def _check_page(self, demo: str) -> None:
        """Raises FlawedText where the note places a demo that pages/<stem>/ does not define. Imports nothing."""
        folder, name = ROOT / "pages" / self.stem, f"pages/{self.stem}/{demo}.py"
        path = folder / f"{demo}.py"
        if not path.exists():
            files = ", ".join(sorted(p.stem for p in folder.glob("*.py"))) or "none"
            raise FlawedText(f"{self.stem}: the note places {demo!r}, but there is no {name}; its files are: {files}")
        try:
            functions = page_functions(words.text(path))
        except SyntaxError as error:
            raise FlawedText(f"{name}: line {error.lineno}: {error.msg}") from None
        if functions.get(demo) not in RESULTS:
            raise FlawedText(f"{name}: defines no function `{demo}(...) -> Evidence`")

    def title(self, lang: str) -> str:
        return self.front(lang, "title")

    def question(self, lang: str) -> str:
        return self.front(lang, "question")

    @once
    def sections(self, lang: str, sourced: bool = False) -> list[tuple[str, str]]:
        """(heading, Markdown) of each `##` section, in order. sourced: with the comments behind its numbers."""
        _, body, shown = self._note(lang)
        cut = re.split(r"^## +(.+)$", body if sourced else shown, flags=re.MULTILINE)
        return list(zip((h.strip() for h in cut[1::2]), cut[2::2], strict=True))

    @once
    def minutes(self, lang: str) -> int:
        """How long the lesson takes: its text outside folds, and two minutes for each demo."""
        shown = [piece for _, body in self.sections(lang) for piece in pieces(body)]
        text, demos = length(lang, shown), sum(piece.kind == "demo" for piece in shown)
        return round(text / A_MINUTE.get(lang, A_MINUTE["en"]) + A_DEMO * demos)

    @property
    @once
    def demos(self) -> list[str]:
        """The demos' names in the order of the note (no page is imported for this), in a language that has one."""
        written = [lang for lang in languages() if (words.NOTES / lang / f"{self.stem}.md").exists()]
        sections = self.sections(next(iter(written), languages()[0]))
        return [piece.text for _, body in sections for piece in flat(pieces(body)) if piece.kind == "demo"]

    @once
    def words(self, lang: str) -> Words:
        source = words.text(words.NOTES / lang / f"{self.stem}.yaml")
        return Words(lang, words.parse(source, f"{lang}/{self.stem}.yaml"), f"{self.stem}.yaml")

    @once
    def demo_words(self, lang: str, demo: str) -> DemoWords:
        texts = (self.words(lang).texts.get("demos") or {}).get(demo)
        if not isinstance(texts, Mapping):
            raise MissingText(f"{lang}/{self.stem}.yaml: no words for the demo {demo!r} (under `demos:`)")
        return DemoWords(lang, texts, f"{self.stem}.yaml: {demo}")

    @once
    def demo_titles(self, lang: str) -> dict[str, str]:
        """The title of each demo, by its name."""
        return {demo: self.demo_words(lang, demo)("title") for demo in self.demos}

    def quiz(self, lang: str) -> list[Item]:
        return list(_quiz(words.text(words.NOTES / lang / f"{self.stem}.yaml"), f"{lang}/{self.stem}.yaml"))

    def interview(self, lang: str) -> Interview | None:
        raw = self.words(lang).texts.get("interview")
        return quiz.interview(raw, f"{lang}/{self.stem}.yaml") if raw else None


@functools.lru_cache(maxsize=512)
def page_functions(source: str) -> dict[str, str]:
    """The functions at the top of a page's source, each with its return annotation as text. Raises SyntaxError."""
    top = ast.parse(source).body
    return {f.name: ast.unparse(f.returns) if f.returns else "" for f in top if isinstance(f, ast.FunctionDef)}


def stems() -> list[str]:
    """Stems of the lessons, in the app's order: Transformer, BERT, extensions, each by number."""
    names = {p.stem for p in (ROOT / "pages").iterdir() if STEM.fullmatch(p.name) and p.is_dir()}
    order = {"t": 0, "b": 1, "x": 2}
    return sorted(names, key=lambda s: (order.get(s[0], 3), int(re.search(r"\d+", s).group()), s))


def page_files() -> list[str]:
    """Names of the pages that are no lessons: files that define render(reader)."""
    return sorted(p.stem for p in (ROOT / "pages").glob("*.py") if not STEM.fullmatch(p.stem))


#: Every lesson, in order: what lies in pages/ is what there is.
lessons: tuple[Lesson, ...] = tuple(Lesson(stem) for stem in stems())


def sound(stem: str) -> Lesson | None:
    """The lesson of this stem; None where there is none, or it has a flaw and cannot be shown."""
    return next((lesson for lesson in lessons if lesson.stem == stem and not lesson.flaw), None)


@functools.lru_cache(maxsize=64)
def _flaw(lesson: Lesson, stamp: tuple) -> str:
    return lesson._find_flaw()


@once
def _times(folder: Path) -> Mapping[str, int]:
    """When each file of a folder was written, by name; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_mtime_ns for entry in entries if entry.is_file()}
    except FileNotFoundError:
        return {}


@functools.lru_cache(maxsize=64)
def _quiz(source: str, where: str) -> tuple[Item, ...]:
    raw = words.parse(source, where).get("quiz") or []
    return tuple(quiz.item(entry, f"{where}: quiz item {n}") for n, entry in enumerate(raw, 1))


@functools.lru_cache(maxsize=64)
def _read(source: str, where: str) -> tuple[Mapping[str, Any], str, str]:
    """Front matter, body, and body without the sources behind numbers, of a note's text. Raises FlawedText."""
    before, *cut = source.split("---\n", 2)
    front = words.parse(cut[0], where, 2) if len(cut) == 2 and not before.strip() else None
    if not isinstance(front, Mapping):
        raise FlawedText(f"{where}: does not begin with front matter between two lines of ---")
    body, missing = cut[1], [k for k in FRONT if not front.get(k)]
    if missing:
        raise FlawedText(f"{where}: front matter lacks {missing}")
    try:
        note_text.check(body)
    except FlawedText as flaw:
        raise FlawedText(f"{where}: {flaw}") from None
    return front, body, note_text.without_sources(body)


def codes(lesson: Lesson, lang: str) -> list[str]:
    """The dotted names of the sources that a lesson's note shows."""
    sections = (pieces(body) for _, body in lesson.sections(lang))
    return [piece.text for section in sections for piece in flat(section) if piece.kind == "code"]


def length(lang: str, shown: Iterable[Piece]) -> int:
    """Words of the texts among these pieces, in Chinese characters and Latin words; a formula counts as one word."""
    text = " ".join(piece.text for piece in shown if piece.kind == "text")
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$", " x ", text, flags=re.DOTALL)
    latin = len(re.findall(r"[A-Za-z0-9][\w’'.,-]*", re.sub(CHINESE, " ", text)))
    return latin + len(re.findall(CHINESE, text)) if lang == "zh" else latin


def home_text(lang: str) -> str:
    """The home page's own text."""
    return words.text(words.NOTES / lang / "home.md")
