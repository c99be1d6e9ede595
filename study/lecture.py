"""A lecture: cards in an order of one's own, each in a state, as the text of a link. Pure.

    t5_attention.scaling:d_k=128;step=weights,b2_input_embeddings,t6_self_attention.symmetry:preset=tied;pin=layer.head

A demo alone has its defaults; with "mine" it stands as the reader has it; a lesson alone is all of its demos so. What
stands on a screen at a moment is written in the same way, as one item.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from study import link
from study.by_chips import on_rail
from study.controls import SeedControl
from study.demo import STEP, Demo
from study.link import State
from study.notes import Lesson

PINS, MINE = "pin", "mine"  # what an item says beside its state
MOST = 60  # cards of a lecture
LONGEST = 12_000  # characters of a lecture; browsers take addresses of several times as many
NAME = re.compile(r"(?P<stem>[a-z]\d+_[a-z0-9_]+)(?:\.(?P<demo>[a-z0-9_]+))?")


@dataclass(frozen=True)
class Item:
    """A card of a lecture. given: what its state is made of, as text, by name."""

    stem: str
    demo: str
    given: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.stem}.{self.demo}"

    @property
    def text(self) -> str:
        """As the link has it."""
        given = ";".join(name if name == MINE else f"{name}={quote(value, safe='')}" for name, value in self.given)
        return f"{self.key}:{given}" if given else self.key

    def get(self, name: str) -> str:
        return dict(self.given).get(name, "")

    @property
    def is_mine(self) -> bool:
        """Is it to stand as the reader has it?"""
        return MINE in dict(self.given)

    @property
    def pins(self) -> tuple[str, ...]:
        """The controls that stay on the screen."""
        return tuple(name for name in self.get(PINS).split(".") if name)

    def pinned(self, names: Iterable[str]) -> "Item":
        """The same with these controls on the screen."""
        rest = tuple(pair for pair in self.given if pair[0] != PINS)
        pins = ".".join(names)
        return replace(self, given=(*rest, (PINS, pins)) if pins else rest)


@dataclass(frozen=True)
class Lecture:
    """What a link asks for. bad: the parts of it that name nothing. cut: it has more cards than a lecture may have."""

    items: tuple[Item, ...] = ()
    bad: tuple[str, ...] = ()
    cut: bool = False


def read(show: str, lessons: Iterable[Lesson]) -> Lecture:
    """The cards that a link names, of these lessons."""
    known, items, bad = {lesson.stem: lesson for lesson in lessons}, [], []
    for part in filter(None, map(str.strip, show[:LONGEST].split(","))):
        found = list(_items(part, known))
        items += found
        if not found:
            bad.append(part)
    return Lecture(tuple(items[:MOST]), tuple(bad), len(items) > MOST or len(show) > LONGEST)


def _items(part: str, known: Mapping[str, Lesson]) -> Iterator[Item]:
    name, _, rest = part.partition(":")
    match = NAME.fullmatch(name)
    lesson = known.get(match["stem"]) if match else None
    if lesson and not match["demo"]:
        yield from (Item(lesson.stem, demo, ((MINE, ""),)) for demo in lesson.demos)
    elif lesson and match["demo"] in lesson.demos:
        pairs = (pair.partition("=") for pair in rest.split(";") if pair)
        yield Item(lesson.stem, match["demo"], tuple((key, unquote(value)) for key, _, value in pairs))


def write(items: Iterable[Item]) -> str:
    """The text of a link for these cards."""
    return ",".join(item.text for item in items)


def state(demo: Demo, item: Item) -> State:
    """What an item sets a demo to."""
    return link.state(demo, dict(item.given), (PINS, MINE))


def shown(demo: Demo, values: Mapping[str, Any], step: str = "") -> Item:
    """What stands on the screen. A text too long for a link is left out."""
    query, _ = link.write(demo, values)
    given = [(p.name, query[p.key]) for p in demo.params if p.key in query]
    return Item(demo.stem, demo.name, tuple([*given, (STEP, step)] if step else given))


def pasted(address: str, lessons: Iterable[Lesson]) -> Lecture:
    """The cards of what somebody pasted: the link under a demo, the link of a lecture, or the text of items."""
    address = address.strip()[: 3 * LONGEST]  # a character in an address may take three
    try:
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query, max_num_fields=1000))
    except ValueError:
        return Lecture(bad=(address,))
    if "show" in query:
        return read(query["show"], lessons)
    stem, demo = parts.path.rstrip("/").rpartition("/")[2], parts.fragment
    if not parts.scheme.startswith("http") or not demo:
        return read(address, lessons)
    named = {name.removeprefix(f"{stem}.").removeprefix(f"{demo}."): value for name, value in query.items()}
    given = tuple((name, value) for name, value in named.items() if re.fullmatch(r"\w+", name) and name != "lang")
    return read(Item(stem, demo, given).text, lessons)


def controls(demo: Demo) -> list[str]:
    """The names of the controls that a lecturer may keep on the screen: those of its rail, but for seeds."""
    return [p.name for p in on_rail(demo) if not isinstance(p.control, SeedControl)]
