"""The glossary: notes/<lang>/glossary.yaml, the terms of both languages, and the links of the notes to it.

    query: {term: query, says: what a position looks for; a vector, lesson: t5_attention}

The name of an entry is the same in every language; the term in the other language is read from that one's file.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from study import words
from study.markdown import folded
from study.note_text import TERM
from study.once import once
from study.words import FlawedText, languages, parse, text

PAGE = "glossary"  # the page in pages/
KEYS = {"term", "says", "lesson"}


@dataclass(frozen=True)
class Term:
    """An entry. others: the same term in the other languages; lesson: the stem of the one that explains it."""

    name: str
    term: str
    says: str
    lesson: str
    others: tuple[str, ...] = ()


@once
def glossary(lang: str) -> Mapping[str, Term]:
    """Every entry by its name, in the order of the file. Raises FlawedText."""
    sources = {other: text(words.NOTES / other / "glossary.yaml") for other in (lang, *languages())}
    return _glossary(tuple(sources.items()))


@functools.lru_cache(maxsize=8)
def _glossary(sources: tuple[tuple[str, str], ...]) -> Mapping[str, Term]:
    """sources: (language, its file's text), the reader's first."""
    own, *others = [_entries(lang, source) for lang, source in sources]
    return {name: _term(name, entry, others) for name, entry in own.items()}


def _term(name: str, entry: Mapping[str, str], others: list[Mapping[str, Mapping[str, str]]]) -> Term:
    told = tuple(other[name]["term"] for other in others if name in other)
    return Term(name, entry["term"], entry["says"], entry["lesson"], told)


def _entries(lang: str, source: str) -> Mapping[str, Mapping[str, str]]:
    where = f"{lang}/glossary.yaml"
    entries = parse(source, where)
    for name, entry in entries.items():
        if not isinstance(entry, Mapping) or set(entry) != KEYS:
            raise FlawedText(f"{where}: {name}: an entry has {', '.join(sorted(KEYS))}")
    return entries


def linked(markdown: str, lang: str) -> str:
    """[[query]] becomes a link to the entry, which says what it is on hover. Raises FlawedText for an unknown name."""
    if not TERM.search(markdown):
        return markdown
    entries = glossary(lang)

    def link(mark: re.Match) -> str:
        if mark[1] not in entries:
            raise FlawedText(f"{mark[0]}: {lang}/glossary.yaml has no {mark[1]!r}")
        entry = entries[mark[1]]
        says = re.sub(r"[$`*]", "", entry.says).replace('"', "”")
        return f'[{mark[2] or entry.term}]({PAGE}#{entry.name} "{says}")'

    return TERM.sub(link, markdown)


def search(query: str, lang: str) -> list[Term]:
    """The entries whose term, in any language, or explanation holds every word of the query; all for an empty one."""
    wanted = folded(query).split()
    return [
        entry
        for entry in glossary(lang).values()
        if all(word in folded(" ".join((entry.term, *entry.others, entry.says))) for word in wanted)
    ]
