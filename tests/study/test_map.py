"""The map: every part stands in its drawing by itself, says a word in every language, and leads to its lesson."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from study.map import HIGH, ORDER, PARTS, WIDE, drawing, in_order
from study.notes import Lesson, lessons
from study.words import Words, app_words, languages

SVG = "{http://www.w3.org/2000/svg}"
PATHS = {lesson.number: lesson.stem for lesson in lessons}


def test_every_lesson_is_a_part():
    numbers = [part.number for parts in PARTS.values() for part in parts]
    assert len(numbers) == len(set(numbers))
    assert {lesson.number for lesson in lessons if lesson.section in PARTS} <= set(numbers)


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("section", PARTS)
def test_parts_with_a_path_are_links_the_others_are_not(section, lang):
    root = ElementTree.fromstring(drawing(section, app_words(lang), PATHS))
    links = {link.get("href"): "".join(link.itertext()) for link in root.iter(f"{SVG}a")}
    assert set(links) == {path for number, path in PATHS.items() if number[0].lower() == section}
    coming = ["".join(group.itertext()) for group in root.iter(f"{SVG}g")]
    for part in PARTS[section]:
        text = f"{part.number} {app_words(lang)(f'map.parts.{part.number.lower()}')}"
        assert (links[PATHS[part.number]] == text) if part.number in PATHS else (text in coming)


@pytest.mark.parametrize("section", PARTS)
def test_no_two_parts_overlap_and_all_lie_inside(section):
    for part in PARTS[section]:
        assert part.x >= 0 and part.y >= 0 and part.x + part.width <= WIDE and part.y + part.height <= HIGH
    for a, b in itertools.combinations(PARTS[section], 2):
        beside = a.x + a.width <= b.x or b.x + b.width <= a.x
        assert beside or a.y + a.height <= b.y or b.y + b.height <= a.y, f"{a.number} and {b.number} overlap"


def test_words_are_text_not_markup():
    words = {part.number.lower(): "<b>&" for parts in PARTS.values() for part in parts}
    svg = drawing("t", Words("en", {"map": {"t": '"><script>', "parts": words}}, "app.yaml"), {})
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == '"><script>' and not list(root.iter(f"{SVG}b"))


def test_the_order_to_read_in_names_every_part_once_and_loses_no_lesson():
    assert sorted(ORDER) == sorted(part.number for parts in PARTS.values() for part in parts)
    more = [Lesson("x1_more"), *lessons]
    ordered = in_order(more)
    assert ordered[0].number == ORDER[0] and ordered[-1].number == "X1" and set(ordered) == set(more)
