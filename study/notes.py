"""Reads notes/<lang>/: the note with its front matter and demo markers, the labels, the quiz, the app's own words.

A text that is missing in a language raises `MissingText`: never a silent string in another language.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from study.theme import ROLES
from study.views import Key, Say

ROOT = Path(__file__).resolve().parent.parent
NOTES = ROOT / "notes"
STEM = re.compile(r"[a-z]\d+_[a-z0-9_]+")
MARKER = re.compile(r"^<!--\s*demo:\s*(\w+)\s*-->\s*$", re.MULTILINE)
FRONT = ("title", "question", "source", "minutes")
CHINESE = "[\u3000-\u9fff\uff00-\uffef]"
#: LaTeX colour names that notes use for roles; the theme's exact colours take their place.
ROLE_OF_COLOR = {"royalblue": "query", "chocolate": "key", "seagreen": "value", "blueviolet": "position"}


class MissingText(KeyError):
    """A text that a language lacks."""


@functools.lru_cache(maxsize=128)
def _read(path: Path, modified: int) -> str:
    return path.read_text(encoding="utf-8")


def _text(path: Path) -> str:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise MissingText(f"{path.relative_to(NOTES)} is missing") from None


@functools.lru_cache(maxsize=128)
def _parse(text: str) -> Any:
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}


def languages() -> list[str]:
    """The languages that notes are written in: the folders of notes/ with an app.yaml."""
    return sorted((p.parent.name for p in NOTES.glob("*/app.yaml")), reverse=True)


class Words:
    """Looks a text up in nested mappings by path, filling its {places}. Raises MissingText."""

    def __init__(self, lang: str, texts: Mapping[str, Any], where: str):
        self.lang, self.texts, self.where = lang, texts, where

    def __call__(self, path: str, **values: Any) -> str:
        found: Any = self.texts
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
        if not isinstance(found, str | int | float):
            raise MissingText(f"{self.lang}/{self.where}: no text for {path!r}")
        return str(found).format(**values) if values else str(found)

    def has(self, path: str) -> bool:
        try:
            return bool(self(path))
        except MissingText:
            return False


class DemoWords(Words):
    """The words of one demo; `label` finds view keys in axes, series, panels, then in the app's common labels."""

    def label(self, key: Key) -> str:
        name, values = (key.key, dict(key.values)) if isinstance(key, Say) else (key, {})
        if name == "as_is":
            return str(values["text"])
        for group in ("axes", "series", "panels"):
            if self.has(f"{group}.{name}"):
                return self(f"{group}.{name}", **values)
        return app_words(self.lang)(f"labels.{name}", **values)

    def either(self, group: str, key: str, **values: Any) -> str:
        """A text of the demo's group, or the app's where the demo has none of its own (refusals, notices)."""
        own = self if self.has(f"{group}.{key}") else app_words(self.lang)
        return own(f"{group}.{key}", **values)


def app_words(lang: str) -> Words:
    """The interface's own words."""
    return Words(lang, _parse(_text(NOTES / lang / "app.yaml")), "app.yaml")


@dataclass(frozen=True)
class Choice:
    """One answer of a quiz item with its feedback."""

    say: str
    because: str
    right: bool


@dataclass(frozen=True)
class Item:
    """A quiz item: choices, or a number with tolerance, or a prediction of a demo's claim (truth computed)."""

    ask: str
    choices: tuple[Choice, ...] = ()
    number: float | None = None
    abs: float = 0.0
    because: str = ""
    demo: str = ""
    given: tuple[tuple[str, Any], ...] = ()
    claim: str = ""

    @property
    def kind(self) -> str:
        return "predict" if self.demo else "choice" if self.choices else "number"


def _item(raw: Mapping[str, Any]) -> Item:
    if "predict" in raw:
        p = raw["predict"]
        return Item(raw["ask"], demo=p["demo"], given=tuple((p.get("with") or {}).items()), claim=p["claim"],
                    because=raw.get("because", ""))  # fmt: skip
    if "number" in raw:
        n = raw["number"]
        return Item(raw["ask"], number=float(n["value"]), abs=float(n.get("abs", 0)), because=raw["because"])
    choices = [
        Choice(str(c["say"]), str(c["because"]), side == "right") for side in ("right", "wrong") for c in raw[side]
    ]
    return Item(raw["ask"], choices=tuple(choices))


@dataclass(frozen=True)
class Interview:
    """The question as an interviewer asks it, an answer of three to five sentences, and the points it should make."""

    ask: str
    answer: str
    points: tuple[str, ...]


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

    def _note(self, lang: str) -> tuple[Mapping[str, Any], str]:
        before, *cut = _text(NOTES / lang / f"{self.stem}.md").split("---\n", 2)
        front = _parse(cut[0]) if len(cut) == 2 and not before.strip() else None
        if not isinstance(front, Mapping):
            raise MissingText(f"{lang}/{self.stem}.md: does not begin with front matter between two lines of ---")
        body, missing = cut[1], [k for k in FRONT if not front.get(k)]
        if missing:
            raise MissingText(f"{lang}/{self.stem}.md: front matter lacks {missing}")
        return front, body

    def front(self, lang: str, key: str) -> str:
        return str(self._note(lang)[0][key])

    @property
    def flaw(self) -> str:
        """Why the note cannot be shown, or "": one that a language lacks as yet stops no other lesson."""
        for lang in languages():
            try:
                self._note(lang)
            except (MissingText, yaml.YAMLError) as error:
                return str(error.args[0]) if isinstance(error, MissingText) else f"{lang}/{self.stem}.md: {error}"
        return ""

    def title(self, lang: str) -> str:
        return self.front(lang, "title")

    def question(self, lang: str) -> str:
        return self.front(lang, "question")

    def sections(self, lang: str) -> list[tuple[str, str]]:
        """(heading, Markdown) of each `##` section, in order."""
        pieces = re.split(r"^## +(.+)$", self._note(lang)[1], flags=re.MULTILINE)
        return list(zip((h.strip() for h in pieces[1::2]), pieces[2::2], strict=True))

    @property
    def demos(self) -> list[str]:
        """The demos' names in the order of the note (no page is imported for this)."""
        return MARKER.findall(self._note(languages()[0])[1])

    def words(self, lang: str) -> Words:
        return Words(lang, _parse(_text(NOTES / lang / f"{self.stem}.yaml")), f"{self.stem}.yaml")

    def demo_words(self, lang: str, demo: str) -> DemoWords:
        texts = self.words(lang).texts.get("demos", {}).get(demo)
        if texts is None:
            raise MissingText(f"{lang}/{self.stem}.yaml: no words for the demo {demo!r}")
        return DemoWords(lang, texts, f"{self.stem}.yaml: {demo}")

    def quiz(self, lang: str) -> list[Item]:
        return [_item(raw) for raw in self.words(lang).texts.get("quiz") or []]

    def interview(self, lang: str) -> Interview | None:
        raw = self.words(lang).texts.get("interview")
        return Interview(raw["ask"], raw["answer"], tuple(raw["points"])) if raw else None


def stems() -> list[str]:
    """Stems of the pages, in the app's order: Transformer, BERT, extensions, each by number."""
    found = [p.stem for p in (ROOT / "pages").glob("*.py") if STEM.fullmatch(p.stem)]
    order = {"t": 0, "b": 1, "x": 2}
    return sorted(found, key=lambda s: (order.get(s[0], 3), int(re.search(r"\d+", s).group()), s))


#: Every lesson, in order: what lies in pages/ is what there is.
lessons: tuple[Lesson, ...] = tuple(Lesson(stem) for stem in stems())


def pieces(section: str) -> list[tuple[str, str]]:
    """A section cut at its demo markers: ("text", Markdown) and ("demo", name), in order."""
    parts = MARKER.split(section)
    out = [("demo" if i % 2 else "text", part.strip()) for i, part in enumerate(parts)]
    return [(kind, part) for kind, part in out if part]


def colored(markdown: str, theme: str) -> str:
    r"""Markdown as the page shows it: the theme's exact role colours in place of the names in \textcolor{royalblue}{Q},
    and the stop or comma after an inline formula taken into it, so that no line begins with one.
    """
    stop = re.compile(r"\$\$.*?\$\$|`[^`]*`|\$([^$\n]+)\$([，。；：！？、.,;:!?]?)", re.DOTALL)
    markdown = stop.sub(lambda m: f"${m[1]}\\text{{{m[2]}}}$\u200b" if m[2] else m[0], markdown)
    return re.sub(
        r"\\textcolor\{(\w+)\}",
        lambda m: rf"\textcolor{{{ROLES[theme][ROLE_OF_COLOR[m[1]]]}}}" if m[1] in ROLE_OF_COLOR else m[0],
        markdown,
    )


def linked(markdown: str, lesson: Lesson, lang: str) -> str:
    """A demo named in a note, `scaling`, becomes a link with the demo's title."""
    for demo in lesson.demos:
        title = lesson.demo_words(lang, demo)("title")
        markdown = markdown.replace(f"`{demo}`", f"[{title}](#{demo})")
    return re.sub(rf"(?<={CHINESE}) (?=\[{CHINESE})|(?<={CHINESE}\]\()(#\w+\)) (?={CHINESE})", r"\1", markdown)


def home_text(lang: str) -> str:
    """The home page's own text."""
    return _text(NOTES / lang / "home.md")
