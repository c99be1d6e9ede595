"""What people type is shown as they typed it: in chips, ticks and hovers, whatever the script."""

import html
import re

import pytest

from study.figures import draw
from study.figures.base import categories, text_width
from study.look import Look, direction, visible
from study.markdown import plain
from study.views import Bars, Heatmap, Lines, Points, Say, Scatter, Series, Tokens

TYPED = ["می‌خواهم", "👨‍👩‍👧", "🫨", "क्‍ष", "❤️", "\u202eabc", "a\u00adb", "\ue000", "Việt", "e\u0301"]


@pytest.mark.parametrize("text", TYPED)
def test_chips_show_what_was_typed(text):
    drawing = draw(Tokens([text, "b"]), Look(), str)
    assert drawing["tokens"][0]["text"] == text == visible(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u200b", "U+200B"), ("\ufe0f", "U+FE0F"), ("\u200d\u200d\u200d", "U+200D U+200D…"), ("\u3000", "U+3000"),
        ("a\x00\x7f\x85", "a␀␡�"), ("\ud800", "�"), (" ", "␣"), ("", "∅"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_told(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("character", ["👨‍👩‍👧", "e\u0301", "क्‍ष", "🇨🇭"])
def test_shortening_cuts_between_characters(character):
    assert visible(character * 14) == character * 14
    assert visible(character * 15) == character * 8 + "…" + character * 5


def test_repeated_labels_stay_apart_when_joiners_are_typed():
    labels = ("a", "a", "a\u200b", "a\u200b", "a")
    names, ticks = categories(labels)
    assert len(set(names)) == len(labels) and ticks == list(labels)


def test_marks_and_joiners_take_no_room():
    assert text_width("e\u0301") == text_width("e") and text_width("👨‍👩") == 2 * text_width("👨")


@pytest.mark.parametrize(
    ("text", "reading"),
    [("שלום עולם", "rtl"), ("123 سلام abc", "rtl"), ("abc שלום", "ltr"), ("...", "ltr"), ("", "ltr")],
)
def test_a_text_is_read_from_where_it_begins(text, reading):
    assert direction(text) == reading
    assert draw(Tokens(text.split() or [""]), Look(), str)["dir"] == reading


def as_plotly(template: str, **values: str) -> str:
    """Plotly fills %{place} and %{place:format} once, then takes tags away and decodes entities."""
    filled = re.sub(r"%\{(\w+)[^}]*\}", lambda m: values[m[1]], template)
    return html.unescape(re.sub(r"<[^>]*>", "", filled))


NAME = "100%{x} <i>y</i> &amp; %{nothing}"


@pytest.mark.parametrize(
    "view",
    [
        Lines([Series(Say("as_is", text=NAME), [1, 2], [3, 4])], x="x", y="y"),
        Scatter([Points(Say("as_is", text=NAME), [1, 2], [3, 4], ["p", "q"])], x="x", y="y"),
        Bars({NAME: [1, 2]}, ["p", "q"], x="x", y="y"),
        Heatmap([[1, 2]], ["p"], ["q", "r"], hover=NAME.replace("{", "{{").replace("}", "}}")),
    ],
    ids=lambda view: type(view).__name__,
)
def test_a_typed_name_in_a_hover_is_no_template(view):
    words = lambda key: dict(key.values)["text"] if isinstance(key, Say) else key  # noqa: E731
    trace = draw(view, Look(), words)["figure"]["data"][0]
    told = as_plotly(trace["hovertemplate"], x="1", y="2", z="3", hovertext="p")
    assert NAME in told
    name = trace.get("name", html.escape(NAME))
    assert html.unescape(name) == NAME and "<" not in name


def test_a_typed_label_in_a_hover_is_no_tag():
    drawing = draw(Scatter([Points("g", [1], [2], ["100%{x} <i>y</i>"])], x="x", y="y"), Look(), str)
    (trace,) = drawing["figure"]["data"]
    told = as_plotly(trace["hovertemplate"], x="1", y="2", hovertext="HERE").replace("HERE", trace["hovertext"][0])
    assert "<i>" not in trace["hovertext"][0] and "100%{x} <i>y</i>" in html.unescape(told)


def test_markdown_keeps_joiners_and_drops_what_turns_the_words_around():
    assert plain("می‌خواهم 👨‍👩‍👧") == "می‌خواهم 👨‍👩‍👧"
    assert plain("a\u202eb\u2066c\u2028d\ne\x85f") == "a b c d e f"
