"""Symbols with an index are set as symbols wherever ours stand: in Markdown, drawings and axis titles."""

import pytest

from study.figures import draw
from study.look import Look
from study.markdown import colored, linked, symbols
from study.views import Bars, Diagram
from study.views.diagram import Text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("d_k = 64", "$d_k$ = 64"),
        ("O(log_k n)", r"O($\log_k$ n)"),
        ("÷ √d_model", r"÷ $\sqrt{d_{\text{model}}}$"),
        ("2·d_k² of XW_Q W_Kᵀ", "2·$d_k^2$ of X$W_Q$ $W_K$ᵀ"),
        ("乘W_O，", "乘$W_O$，"),
        ('[W_O](glossary#o "d_model")', '[$W_O$](glossary#o "d_model")'),
    ],
)
def test_a_symbol_becomes_a_formula(text, shown):
    assert symbols(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "$d_k$",
        r"$$\sqrt{d_k}$$",
        "`d_k`",
        "```\nd_k = 8\n```",
        "n_head · head_k",
        "## √d_k",
        "(#d_k)",
        "d_kv",
        "log_kv",
        "<!-- d_k -->",
    ],
)
def test_what_is_no_symbol_of_a_sentence_stays(text):
    text = f"[a]{text}" if text.startswith("(") else text
    assert symbols(text) == text


def test_what_a_reader_typed_stays_as_typed():
    assert colored("d_k", "light", typed=True) == "d_k" and colored("d_k", "light") == "$d_k$"


def test_a_drawing_and_an_axis_set_the_index_low():
    drawing = draw(Diagram([Text(0, 9, "Q = X W_Q < 1")], 10, 10), Look(), str)["svg"]
    assert "W<tspan dy='0.25em' font-size='0.75em'>Q</tspan>" in drawing and "&lt; 1" in drawing
    axis = draw(Bars([1], "a", x="from d_model"), Look(), str)["figure"]["layout"]["xaxis"]
    assert axis["title"]["text"] == "from d<sub>model</sub>"


def test_no_space_stands_behind_a_full_width_mark_that_ends_what_is_bold():
    assert linked("**一句话：** 每个 **为什么？** $X$", {}) == "**一句话**：每个 **为什么**？$X$"
    assert linked("**In one sentence:** the output", {}) == "**In one sentence:** the output"
