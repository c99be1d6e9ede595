"""The formulas of notes as images of ours: which, how large, what they say, and that nobody can have others set."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from study.look import ROLES, SURFACE, Look
from study.note_text import flat, pieces
from study.notes import lessons
from study.shell import formula
from study.shell.formula import with_images
from study.words import FlawedText, languages
from tests.latex import formulas

IMAGE = re.compile(r'<img src="([^"]+)" alt="([^"]*)" style="([^"]*)" loading="lazy">')


@pytest.fixture
def client():
    return TestClient(Starlette(routes=formula.routes))


def images(markdown: str, theme: str = "light") -> list[tuple[str, str, dict[str, float]]]:
    """(address, text, sizes) of each image in a text, which holds none that is written otherwise."""
    text = with_images(markdown, Look(theme))
    found = [
        (src, unescape(alt), {name.strip("-"): float(size) for name, size in re.findall(r"(--\w+):([\d.-]+)", style)})
        for src, alt, style in IMAGE.findall(text)
    ]
    assert len(found) == text.count("<img")
    return found


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("lesson", lessons, ids=lambda lesson: lesson.stem)
def test_no_formula_of_a_note_is_left_to_katex(lesson, lang):
    for heading, body in lesson.sections(lang):
        for piece in flat(pieces(body)):
            if piece.kind == "text":
                left = formulas(with_images(piece.text, Look("dark")))
                assert not left, f"{lang}/{lesson.stem}, {heading}"


def test_a_displayed_formula_is_cut_where_two_stand_side_by_side():
    said = [
        alt for _, alt, _ in images(r"$$a=\frac12,\qquad b=\left(x\qquad y\right),\quad c\qquad\qquad{d\qquad e}$$")
    ]
    assert said == [r"a=\frac12,", r"b= (x y ), c", r"{d e}"]
    assert [alt for _, alt, _ in images(r"$$\begin{cases}1&\qquad a\end{cases}$$")] == [r"\begin{cases}1 a\end{cases}"]


def test_an_image_has_the_size_of_its_drawing_and_stands_on_the_line():
    (_, _, flat_one), (_, _, tall) = images(r"$\hat x$ and $\frac{1}{\frac12}$")
    assert 0 <= flat_one["d"] < 0.1 < 0.5 < flat_one["h"] < 1
    assert tall["h"] > 1.5 and 0.5 < tall["d"] < tall["h"]
    (_, _, shown) = images(r"$$\frac12$$")[0]
    assert set(shown) == {"w", "h"} and shown["h"] > shown["w"] > 0


@pytest.mark.parametrize("theme", SURFACE)
def test_a_drawing_has_the_colours_of_its_theme(client, theme):
    ((address, said, _),) = images(r"$\hat x\textcolor{royalblue}{Q}$", theme)
    svg = client.get(address)
    assert svg.headers["content-type"] == "image/svg+xml" and "immutable" in svg.headers["cache-control"]
    colors = set(re.findall(r'(?:fill|stroke)="(#?\w+)"', svg.text))
    assert colors - {"none"} == {SURFACE[theme]["ink"], ROLES[theme]["query"]}
    assert said == r"\hat x {Q}"


def test_only_formulas_of_notes_are_served_and_those_by_any_process(client, monkeypatch):
    assert client.get("/live/tex/0123456789abcdef.svg").status_code == 404
    assert client.get("/live/tex/..%2f..%2fapp.py.svg").status_code == 404
    note = next(body for _, body in lessons[1].sections("en") if "$$" in body)
    address = images(pieces(note)[0].text)[0][0]
    made = client.get(address).text
    monkeypatch.setattr(formula, "_known", {})
    formula._images.cache_clear()
    formula.all_drawn.cache_clear()
    assert client.get(address).text == made


class Marks(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, sorted(name for name, _ in attrs)))


@pytest.mark.parametrize("tex", [r'\frac12\text{"><script>x</script>}', r"\frac12\text{' onerror='x}", r"|\frac12|"])
def test_what_stands_in_a_formula_is_no_html_and_no_cell_of_a_table(tex):
    text = with_images(f"${tex}$", Look("light"))
    assert Marks(text).tags == [("img", ["alt", "loading", "src", "style"])]
    assert "|" not in text


def test_what_mathjax_cannot_set_is_left_to_katex():
    assert with_images(r"$\frac12\nothing$", Look("light")) == r"$\frac12\nothing$"


def test_a_long_inline_formula_may_be_broken_behind_its_relations():
    said = [alt for _, alt, _ in images(r"$\hat x=(-7,\ -1,\ 1,\ 7)/5=\left[0.2,\ 1=4\right]\approx\sqrt{a=b}$")]
    assert said == [r"\hat x=", r"(-7, -1, 1, 7)/5=", r"[0.2, 1=4 ]\approx", r"\sqrt{a=b}"]
    assert len(images(r"$\hat x=1$")) == 1


def test_a_flawed_note_keeps_no_other_from_being_drawn(monkeypatch):
    def flawed(lesson, lang, look):
        if lesson is lessons[0]:
            raise FlawedText("en/x.md: line 3")
        drawn.append(lesson)

    drawn = []
    monkeypatch.setattr(formula, "_draw", flawed)
    formula.all_drawn.__wrapped__()  # not what is kept
    assert {*lessons[1:]} == {*drawn}
