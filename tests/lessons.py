"""The lessons as tests are given them: each lesson, each demo, each language, each pair of languages.

A test of one language has its code in its name, one that compares two has both: `-k "x7 and not zh"` tests a lesson
that is written in English only.
"""

import pytest

from study.notes import Lesson, lessons
from study.words import NOTES, languages, leaves

LANGUAGES = languages()
STEMS = [lesson.stem for lesson in lessons]
DEMOS = [(lesson, name) for lesson in lessons for name in lesson.demos]

each_lesson = pytest.mark.parametrize("lesson", lessons, ids=STEMS)
each_demo = pytest.mark.parametrize(("lesson", "name"), DEMOS, ids=[f"{lesson.stem}.{name}" for lesson, name in DEMOS])
each_language = pytest.mark.parametrize("lang", LANGUAGES)
in_both = pytest.mark.parametrize("both", [("zh", "en")], ids=["zh-en"])


def written(lesson: Lesson) -> list[str]:
    """The languages that have the lesson's note."""
    return [lang for lang in LANGUAGES if (NOTES / lang / f"{lesson.stem}.md").exists()]


def every_text(lesson: Lesson, lang: str) -> dict[str, str]:
    """Where a text stands -> the text: each section of the note, each string of the yaml."""
    note = {f"{lang}/{lesson.stem}.md, {heading}": body for heading, body in lesson.sections(lang)}
    labels = leaves(lesson.words(lang).texts)
    return note | {f"{lang}/{lesson.stem}.yaml: {path}": text for path, text in labels if isinstance(text, str)}
