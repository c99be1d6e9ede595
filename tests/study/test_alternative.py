"""Every figure has a text of its own in both languages, for who cannot see it, and its numbers as a table."""

from functools import cache

import pytest

from study import stored
from study.demo import Evidence, demos
from study.figures.alt import alternative
from study.notes import lessons
from study.shell import data
from study.views import Bars, Diagram, Equation, Heatmap, Heatmaps, Histogram, Lines, Scatter
from tests.lessons import each_language

DRAWN = (Bars, Diagram, Equation, Heatmap, Heatmaps, Histogram, Lines, Scatter)  # the others are texts already
PLACED = [(lesson, name) for lesson in lessons for name in lesson.demos]


@cache  # for both languages
def shown(stem: str, name: str) -> Evidence:
    """What a reader finds there: of work that takes a while, the stored run."""
    demo = demos(stem)[name]
    kept = stored.nearest(demo, demo.values({}))[0] if demo.work else None
    return kept.evidence if kept else next(demo.start())


@each_language
@pytest.mark.parametrize(("lesson", "name"), PLACED, ids=lambda x: getattr(x, "stem", x))
def test_every_figure_has_a_text_and_a_table(lesson, name, lang):
    evidence, label = shown(lesson.stem, name), lesson.demo_words(lang, name).label
    for step in evidence.steps:
        texts = [alternative(view, label) for view in step.views if isinstance(view, DRAWN)]
        assert all(any(ch.isalnum() for ch in text) for text in texts)
        assert len(set(texts)) == len(texts), "two figures side by side have the same text"
    for view in evidence.views:
        frame = data.frame(view, label)
        assert len(frame.columns) and len(frame)
