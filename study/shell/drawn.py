"""The drawings of an evidence as the browser takes them, kept for all readers: a class walks over the same values."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from study.figures import draw_all
from study.look import Look
from study.memo import memo
from study.views import View
from study.words import DemoWords


@dataclass(frozen=True)
class Drawing:
    """A drawing as JSON, and a name that no other has."""

    name: str
    text: str


class _Same:
    """Equal to what holds the same object: views hold arrays, which have no hash. What is kept keeps its object."""

    def __init__(self, held: Any):
        self.held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.held is other.held

    def __hash__(self) -> int:
        return id(self.held)


def drawings(views: tuple[View, ...], look: Look, words: DemoWords) -> tuple[Drawing, ...]:
    """Those of `draw_all` for these views: looked up where they and the texts of the demo are the same objects."""
    return _drawings(tuple(map(_Same, views)), look, words.lang, words.where, _Same(words.texts))


@memo(size=128)
def _drawings(views: tuple[_Same, ...], look: Look, lang: str, where: str, texts: _Same) -> tuple[Drawing, ...]:
    words = DemoWords(lang, texts.held, where)
    return tuple(map(_drawing, draw_all(tuple(view.held for view in views), look, words.label)))


def _drawing(drawn: dict[str, Any]) -> Drawing:
    text = json.dumps(drawn, ensure_ascii=False, separators=(",", ":"))
    return Drawing(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), text)
