"""Source of ours as HTML with coloured tokens."""

import html
import re

import pytest

from study.notes import codes, lessons
from study.shell.code import marked
from study.source import source


def _text(marked_source: str) -> str:
    return html.unescape(re.sub(r"</?span[^>]*>", "", marked_source))


def _kinds(marked_source: str) -> list[tuple[str, str]]:
    found = re.findall(r'<span class="(\w+)">(.*?)</span>', marked_source, flags=re.DOTALL)
    return [(kind, html.unescape(text)) for kind, text in found]


def test_the_kinds_of_tokens():
    code = '@cache\nclass A:\n    def f(self, x=None):  # a <b>\n        return x.len if len(x) > 2.5 else "é & <i>"\n'
    assert _kinds(marked(code)) == [
        ("nd", "@"),
        ("k", "class"),
        ("nc", "A"),
        ("k", "def"),
        ("nf", "f"),
        ("kc", "None"),
        ("c", "# a <b>"),
        ("k", "return"),
        ("k", "if"),
        ("nb", "len"),
        ("m", "2.5"),
        ("k", "else"),
        ("s", '"é & <i>"'),
    ]


@pytest.mark.parametrize("code", ["a @ b  # <script>\n", "x = (1,", "  y\n z", "'open", 'f"{a!r:{w}} {{b}} <b>"', ""])
def test_every_text_is_shown_whole_and_nothing_of_it_is_html(code):
    assert _text(marked(code)) == code
    assert "<" not in re.sub(r'<span class="\w+">|</span>', "", marked(code))


def test_every_source_that_a_note_shows_is_shown_whole_and_coloured():
    names = {name for lesson in lessons for name in codes(lesson, "en")}
    assert names
    for name in names:
        shown = source(name).code
        assert _text(marked(shown)) == shown, name
        assert {"k"} <= {kind for kind, _ in _kinds(marked(shown))}, name
