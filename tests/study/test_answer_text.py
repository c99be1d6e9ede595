"""What a student writes: cut at its figures, shown without fetching anything, counted, compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from study.answer_text import Part, counted, difference, parts, shown
from study.export.text import figures
from study.look import ROLES

T5 = "t5_attention"


def test_an_answer_is_cut_at_its_figures():
    text = f"Before\n\n {{{{figure: {T5}/scaling?d_k=128&x=a b}}}} \nbetween\n{{{{figure:{T5}/symmetry}}}} in a line"
    assert parts(text) == [
        Part("Before\n\n "),
        Part(figure=f"{T5}/scaling?d_k=128&x=a b"),
        Part(" \nbetween"),
        Part(figure=f"{T5}/symmetry"),
        Part(" in a line"),
    ]


def test_an_answer_is_cut_at_the_student_s_own_pictures():
    text = f"a ![so *it* [1] is](my_plan.png) b\n![](%E5%9B%BE.jpg)\n{{{{figure: {T5}/scaling}}}}"
    assert parts(text) == [
        Part("a "),
        Part(picture="my_plan.png", caption="so *it* [1] is"),
        Part(" b"),
        Part(picture="图.jpg"),
        Part(figure=f"{T5}/scaling"),
    ]
    assert parts("`![](a.png)` ![](a.png)") == [Part("`![](a.png)` "), Part(picture="a.png")]


@pytest.mark.parametrize(
    "text",
    ["![x](http://example.org/a.png)", r"\![a](a.png)", "`![](a.png)`", "```\n![](a.png)\n```", "[![a](a.png)](x)",
     "| a |\n|---|\n| ![](a.png) |", "![](a.png", "$![](a.png)$"],
)  # fmt: skip
def test_what_is_no_picture_of_theirs_or_cannot_be_cut_is_text(text):
    assert parts(text) == [Part(text)]


M = "{{figure: a/b}}"


@pytest.mark.parametrize(
    "text",
    ["{{figure: a/b", "{{ a }}", "<b>", f"`{M}`", f"```\n{M}\n```", f"    {M}", f"${M}$",
     f"| a |\n|---|\n| {M} |"],
)  # fmt: skip
def test_what_is_no_figure_is_text(text):
    assert parts(text) == [Part(text)]


@pytest.mark.parametrize(
    "text",
    [
        M,
        f"`{M}` {M}",
        f"- {M}\n- b {M}",
        f"> {M}",
        f"```\n{M}\n```\n{M}",
        f"a\r\n\r{M}",
        f"[{M}](x) {M}",
        f"`a\n{M}` {M}",
        f"![x {M}](a) {M}",
        f"![{M}](http://example.org/a.png) {M}",
    ],
)
def test_the_preview_shows_the_figures_of_the_paper(text):
    assert [part.figure for part in parts(text) if part.figure] == figures(text) != []


@given(
    some.lists(
        some.sampled_from(
            [
                M,
                "![](a)",
                "![",
                "](a) ",
                "`",
                "``",
                "\n",
                "\n\n",
                "```\n",
                "- ",
                "> ",
                "$",
                "x ",
                "\r",
                "\x01",
                "[",
                "](a)",
            ]
        )
    )
)
@settings(deadline=None)
def test_no_text_makes_the_two_differ(pieces):
    text = "".join(pieces)
    assert [part.figure for part in parts(text) if part.figure] == figures(text)


@given(some.text())
def test_any_text_can_be_cut_counted_and_shown(text):
    assert "".join(part.markdown for part in parts(text)).strip() in text
    assert all(n >= 0 for n in counted(text))
    assert "![" not in shown(text, "en", "light")


def test_nothing_is_fetched_and_terms_and_colours_are_those_of_the_notes():
    assert shown("![x](http://example.org/a.png)", "en", "light") == "!\u2060[x](http://example.org/a.png)"
    assert "glossary#query" in shown("a [[query]]", "en", "light")
    assert shown("a [[no term at all]] [[nothing]]", "en", "light") == "a [[no term at all]] [[nothing]]"
    assert ROLES["dark"]["query"] in shown(r"$\textcolor{royalblue}{Q}$", "en", "dark")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", (0, 0)),
        ("注意力 is all you need", (3, 4)),
        ("don't, state-of-the-art; 3.14", (0, 3)),
        ("，。！", (0, 0)),
        ("BERT模型", (2, 1)),
        (f"one\n{{{{figure: {T5}/scaling}}}}", (0, 1)),
        ("![two words](my_plan.png)", (0, 2)),
    ],
)
def test_words_are_counted(text, count):
    assert counted(text) == count


def test_a_difference_names_what_went_and_what_came():
    assert difference("a\nb\nc", "a\nx\nc") == "  a\n- b\n+ x\n  c"
    assert difference("same", "same") == ""
    assert difference("---\n@@", "+++\n@@") == "- ---\n+ +++\n  @@"


def test_a_part_has_the_footnotes_that_it_refers_to():
    """The page sets every part by itself; a note stands at the end of the answer."""
    notes = "[^1]: one\n\n    and more\n[^b]: two"
    first, figure, last = parts(f"a[^1] and [^none]\n\n{{{{figure: t5_attention/scaling}}}}\n\nb[^b]\n\n{notes}")
    assert first.markdown == "a[^1] and [^none]\n\n[^1]: one\n\n    and more" and figure.figure
    assert last.markdown == f"b[^b]\n\n{notes}"
    assert [part.markdown for part in parts(f"c[^1]\n\n{notes}")] == [f"c[^1]\n\n{notes}"]
