"""The words of notes/<lang>/: read from Markdown and yaml, looked up by path. A missing text raises `MissingText`:
never a silent string in another language.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from study.once import once
from study.views import Key, Say

ROOT = Path(__file__).resolve().parent.parent
NOTES = ROOT / "notes"
#: What stands behind a number, `<!-- = 3 / 2 -->` or `<!-- from: Table 3 -->`, and goes before anybody sees the text.
SOURCE = re.compile(r"<!--\s*(=|from:)\s*(.+?)\s*-->")
GROUPED = 10_000  # from here on the digits of a whole number stand in groups, where a language groups them


#: Ends a sentence with room of its own behind it; what closes Markdown's colours stands between it and the next one.
FULL_WIDTH_END = re.compile(r"[。！？：]\]?$")


class FlawedText(ValueError):
    """A text of notes/ that cannot be used; the message names the file, the place and what to write."""

    def __str__(self) -> str:
        return str(self.args[0])


class MissingText(FlawedText, KeyError):
    """A text that a language lacks."""


@functools.lru_cache(maxsize=128)
def _read(path: Path, modified: int) -> str:
    return path.read_text(encoding="utf-8")


@once
def text(path: Path) -> str:
    """The text of a file, read again when it changes. Raises MissingText."""
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise MissingText(f"{path.relative_to(NOTES)} is missing") from None


@functools.lru_cache(maxsize=128)
def parse(source: str, where: str, first_line: int = 1) -> Any:
    """What a yaml text says; {} for an empty one. Raises FlawedText, which begins with `where`, the file's name.

    first_line: the line of the file with which the text begins. The sources of its numbers are taken out first.
    """
    try:
        texts = yaml.load(SOURCE.sub("", source), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + first_line}, column {mark.column + 1}: " if mark else ""
        raise FlawedText(f"{where}: {place}{getattr(error, 'problem', error)}") from None
    for path, entry in leaves(texts):
        control = next((ch for ch in entry if ord(ch) < 32 and ch != "\n"), "") if isinstance(entry, str) else ""
        if control:
            raise FlawedText(
                f"{where}: {path}: has the control character U+{ord(control):04X}. Between double quotes, yaml reads "
                r"\v, \t, \b, \f, \r and \n so: write the formula between single quotes, or double its backslashes"
            )
    return texts


def leaves(texts: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of everything in nested mappings and lists that is neither."""
    inner = texts.items() if isinstance(texts, Mapping) else enumerate(texts) if isinstance(texts, list) else None
    if inner is None:
        yield path, texts
        return
    for key, value in inner:
        yield from leaves(value, f"{path}.{key}".lstrip("."))


@once
def languages() -> list[str]:
    """The languages that notes are written in: the folders of notes/ with an app.yaml."""
    return sorted((p.parent.name for p in NOTES.glob("*/app.yaml")), reverse=True)


class Whole(int):
    """A whole number as a text of a language tells it: −5, and 30,522 in English, 30522 in Chinese."""

    lang: str

    @classmethod
    def of(cls, value: Any, lang: str) -> Any:
        """The value itself where it is no whole number."""
        if type(value) is not int:
            return value
        number = cls(value)
        number.lang = lang
        return number

    def __format__(self, spec: str) -> str:
        if spec:
            return int(self).__format__(spec)
        return f"{int(self):{',' if self.lang == 'en' and abs(self) >= GROUPED else ''}}".replace("-", "−")


class Words:
    """Looks a text up in nested mappings by path, filling its {places}. Raises MissingText."""

    def __init__(self, lang: str, texts: Mapping[str, Any], where: str):
        self.lang, self.texts, self.where = lang, texts, where

    def __call__(self, path: str, **values: Any) -> str:
        entry: Any = self.texts
        for step in path.split("."):
            entry = entry.get(step) if isinstance(entry, Mapping) else None
        if not isinstance(entry, str | int | float):
            raise MissingText(f"{self.lang}/{self.where}: no text for {path!r}")
        try:
            filled = {name: Whole.of(value, self.lang) for name, value in values.items()}
            return str(entry).format(**filled) if values else str(entry)
        except (KeyError, IndexError, ValueError):  # a place without a value, or a brace that stands for itself
            known = ", ".join(f"{{{name}}}" for name in values)
            where = f"{self.lang}/{self.where}: {path}"
            raise FlawedText(
                f"{where}: {str(entry)!r} can be filled with {known} only; a brace itself is doubled"
            ) from None

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
            return f"{Whole.of(values['text'], self.lang)}"
        for group in ("axes", "series", "panels"):
            if self.has(f"{group}.{name}"):
                return self(f"{group}.{name}", **values)
        app = app_words(self.lang)
        if not app.has(f"labels.{name}"):
            raise MissingText(f"{self.lang}/{self.where}: no text for {name!r} in axes, series or panels")
        return app(f"labels.{name}", **values)

    def either(self, group: str, key: str, **values: Any) -> str:
        """A text of the demo's group, or the app's where the demo has none of its own (refusals, notices)."""
        own = self if self.has(f"{group}.{key}") else app_words(self.lang)
        if own is not self and not own.has(f"{group}.{key}"):
            raise MissingText(f"{self.lang}/{self.where}: no text for '{group}.{key}'")
        return own(f"{group}.{key}", **values)


@once
def app_words(lang: str) -> Words:
    """The interface's own words."""
    return Words(lang, parse(text(NOTES / lang / "app.yaml"), f"{lang}/app.yaml"), "app.yaml")


def sentences(*said: str) -> str:
    """One behind the other, with a space between them, but for a full-width stop, which brings its own."""
    whole = ""
    for sentence in filter(None, said):
        gap = "" if not whole or FULL_WIDTH_END.search(whole) else " "
        whole += gap + sentence
    return whole
