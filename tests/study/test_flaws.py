"""An author's mistakes, made in a copy of CONTRIBUTING's example: each message names file, place and what to write."""

import re
from typing import Annotated

import pytest

from study import demo as contract
from study import notes, words
from study.controls import Refusal, Slider
from study.notes import Lesson
from study.words import FlawedText, MissingText
from tests.test_contributing import blocks

STEM = "x9_cosine"
LESSON = Lesson(STEM)
PAGE, EN, ZH = f"pages/{STEM}/turning.py", f"notes/en/{STEM}", f"notes/zh/{STEM}"
MARKER = "<!-- demo: turning -->"


@pytest.fixture
def example(tmp_path, monkeypatch):
    """The example as the only lesson; example(file, old, new) makes a mistake in one of its files."""
    for file, content in blocks().items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(content, encoding="utf-8")
    for lang in ("zh", "en"):
        for name in ("app.yaml", "glossary.yaml"):
            text = (words.NOTES / lang / name).read_text(encoding="utf-8")
            (tmp_path / "notes" / lang / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(words, "NOTES", tmp_path / "notes")
    monkeypatch.setattr(words, "ROOT", tmp_path)
    monkeypatch.setattr(notes, "ROOT", tmp_path)

    def mistake(file: str, old: str, new: str) -> None:
        content = (tmp_path / file).read_text(encoding="utf-8")
        assert old in content, f"the example has no {old!r}"
        (tmp_path / file).write_text(content.replace(old, new), encoding="utf-8")

    return mistake


def test_the_example_has_no_flaw(example):
    assert LESSON.flaw == ""


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        # yaml: a key too deep, a tab, a colon, a second key on the line, a whole part under another
        (f"{EN}.yaml", "    look_for:", "     look_for:", rf"^en/{STEM}\.yaml: line 4, column \d+: "),
        (f"{ZH}.yaml", "    look_for:", "\tlook_for:", rf"^zh/{STEM}\.yaml: line 4, column 1: .*character"),
        (f"{EN}.yaml", "title: One", "title: One: two", rf"^en/{STEM}\.yaml: line 8, column \d+: mapping values"),
        (f"{EN}.yaml", "  turning:", "  turned:",
         rf"^en/{STEM}\.yaml: no words for the demo 'turning' \(under `demos:`\)"),
        (f"{EN}.yaml", "    title: One vector turns, its length changes\n", "",
         rf"^en/{STEM}\.yaml: turning: no text for 'title'"),
        (f"{EN}.yaml", "'u has length 1", '"$\\vec u$ has length 1", because: \'',
         rf"^en/{STEM}\.yaml: line \d+, column \d+: "),
        (f"{EN}.yaml", "ask: v is", 'ask: "$\\vec v$ is', rf"^en/{STEM}\.yaml: line \d+, column \d+: "),
        (f"{EN}.yaml", 'ask: "Predict, then reveal: what is the cosine at 120°?"', 'ask: "$\\varphi$?"',
         rf"^en/{STEM}\.yaml: quiz\.6\.ask: has the control character U\+000B.*single quotes"),
        # quiz and interview: each by file, item and key
        (f"{EN}.yaml", "    right: [{say: Nothing, because: The length cancels.}]", "    right: []",
         rf"^en/{STEM}\.yaml: quiz item 1 \(tripled\): `right:` is empty; an item has at least one right"),
        (f"{ZH}.yaml", "    right: [{say: 不变, because: 长度被约掉了。}]\n", "",
         rf"^zh/{STEM}\.yaml: quiz item 1 \(tripled\): no `right:`"),
        (f"{EN}.yaml", ", because: Its numerator is the dot product.", "",
         rf"^en/{STEM}\.yaml: quiz item 2 \(orthogonal\): a choice under `wrong:`: no `because:`"),
        (f"{EN}.yaml", "id: tripled", "id: A b", rf"^en/{STEM}\.yaml: quiz item 1: `id: A b` is no name"),
        (f"{EN}.yaml", "    because: The angle is 180°.\n", "",
         rf"^en/{STEM}\.yaml: quiz item 3 \(opposite\): no `because:`"),
        (f"{EN}.yaml", "number: {value: 2, abs: 0.01}", "number: {abs: 0.01}",
         rf"^en/{STEM}\.yaml: quiz item 4 \(dot_product\): number: no `value:`"),
        (f"{EN}.yaml", "{demo: turning, with: {degrees: 120}, claim: cosine_here}", "{demo: turning}",
         rf"^en/{STEM}\.yaml: quiz item 7 \(obtuse\): predict: no `claim:`"),
        (f"{ZH}.yaml", "  points: [两者各取决于什么, 什么时候长度有含义, 什么时候没有]\n", "",
         rf"^zh/{STEM}\.yaml: interview: no `points:`"),
        # the note: front matter, marker
        (f"{EN}.md", "source: Salton et al. 1975\n", "", rf"^en/{STEM}\.md: front matter lacks \['source'\]"),
        (f"{EN}.md", "title: Dot", "title: A: dot", rf"^en/{STEM}\.md: line 2, column \d+: mapping values"),
        (f"{ZH}.md", "---\ntitle", "title", rf"^zh/{STEM}\.md: does not begin with front matter"),
        (f"{EN}.md", MARKER, "<!-- demo turning -->",
         rf"^en/{STEM}\.md: '<!-- demo turning -->' is no marker: write"),
        (f"{ZH}.md", MARKER, f"看 {MARKER}", rf"^zh/{STEM}\.md: '<!-- demo: turning -->' is no marker: write"),
        (f"{EN}.md", MARKER, "<!-- demo: turning", rf"^en/{STEM}\.md: '<!-- demo: turning"),
        (f"{ZH}.md", MARKER, "<!-- demo: turned -->",
         rf"^{STEM}: the note places 'turned', but there is no pages/{STEM}/turned\.py; its files are: on_paper"),
        (f"{EN}.md", "<!-- end -->\n", "", rf"^en/{STEM}\.md: <!-- fold: What you should see --> has no <!-- end"),
        (f"{EN}.md", MARKER, f"<!-- fold: More -->\n\n{MARKER}", rf"^en/{STEM}\.md: a fold in a fold"),
        (f"{EN}.md", MARKER, f"<!-- fold: a -->\n<!-- further: b -->\n{MARKER}",
         rf"^en/{STEM}\.md: a further in a fold"),
        (f"{EN}.md", MARKER, f"{MARKER}\n\n<!-- end -->", rf"^en/{STEM}\.md: <!-- end --> without <!-- fold"),
        (f"{ZH}.md", MARKER, f"{MARKER}\n\n<!-- code: pages.x9_cosine.turning.no -->",
         r"^code: pages\.x9_cosine\.turning\.no: pages/x9_cosine/turning\.py defines no no"),
        (f"{ZH}.md", MARKER, f"{MARKER}\n\n[[no_such_term]]", r"^\[\[no_such_term\]\]: zh/glossary\.yaml has no"),
        # the page: no annotation, another name, no Python
        (PAGE, ") -> Evidence:", "):", rf"^{PAGE}: defines no function `turning\(\.\.\.\) -> Evidence`"),
        (PAGE, "def turning(", "def turned(", rf"^{PAGE}: defines no function `turning\(\.\.\.\) -> Evidence`"),
        (PAGE, "def turning(", "def turning(:", rf"^{PAGE}: line 14: invalid syntax"),
    ],
)  # fmt: skip
def test_a_flaw_of_a_lesson_is_named(example, file, old, new, message):
    example(file, old, new)
    if "turned -->" in new:
        example(f"{EN}.md", old, new)
        example(f"{EN}.yaml", "  turning:", "  turned:")
        example(f"{ZH}.yaml", "  turning:", "  turned:")
    assert re.match(message, LESSON.flaw), LESSON.flaw


@pytest.mark.parametrize("file", [f"{EN}.md", f"{ZH}.md", f"{EN}.yaml", f"{ZH}.yaml"])
def test_a_missing_file_is_named(example, file):
    (words.NOTES.parent / file).unlink()
    assert LESSON.flaw == f"{file.removeprefix('notes/')} is missing"


def test_a_lesson_is_found_by_its_stem_while_it_has_no_flaw(example, monkeypatch):
    monkeypatch.setattr(notes, "lessons", (LESSON,))
    assert notes.sound(STEM) is LESSON and notes.sound(LESSON.number) is None
    (words.NOTES.parent / f"{EN}.md").unlink()
    assert notes.sound(STEM) is None


@pytest.mark.parametrize(
    ("without", "ask", "key", "missing"),
    [
        ("    series: {dot: dot product, cosine: cosine}\n", "label", "dot", "'dot' in axes, series or panels"),
        ("      cosine_here: The computed cosine is that of the chosen angle\n", "__call__", "claims.cosine_here",
         "'claims.cosine_here'"),
        ("    controls: {degrees: Angle (degrees), length: Length of v}\n", "__call__", "controls.degrees",
         "'controls.degrees'"),
        ("", "__call__", "options.rule.others", "'options.rule.others'"),
        ("", "refusals", "too_long", "'refusals.too_long'"),
        ("", "notices", "cut", "'notices.cut'"),
    ],
)  # fmt: skip
def test_a_missing_label_is_named_by_the_lesson_s_file(example, without, ask, key, missing):
    example(f"{EN}.yaml", without, "")
    demo_words = LESSON.demo_words("en", "turning")
    with pytest.raises(MissingText) as error:
        demo_words.either(ask, key, n=3) if ask in ("refusals", "notices") else getattr(demo_words, ask)(key)
    assert str(error.value) == f"en/{STEM}.yaml: turning: no text for {missing}"


def test_the_app_s_own_refusals_serve_every_demo(example):
    assert "2" in LESSON.demo_words("en", "turning").either("refusals", "too_many_lines", lines=3, limit=2)


@pytest.mark.parametrize("text", ["angle {m}", "angle {}", "the set {", "$\\frac{a}{n}$"])
def test_a_place_that_nothing_fills_is_named(example, text):
    example(f"{EN}.yaml", "angle: angle between u and v (degrees)", f"angle: '{text}'")
    with pytest.raises(FlawedText) as flaw:
        LESSON.demo_words("en", "turning").label(words.Say("angle", n=3))
    assert str(flaw.value).startswith(f"en/{STEM}.yaml: turning: axes.angle: {text!r} can be filled with {{n}} only")


def by_default(eps=0.1) -> contract.Evidence: ...


def without_default(eps: Annotated[float, Slider(0, 1)]) -> contract.Evidence: ...


@pytest.mark.parametrize("function", [by_default, without_default])
def test_a_parameter_without_control_or_default_is_named(function):
    message = rf"^{STEM}\.{function.__name__}: parameter 'eps' needs a control and a default"
    with pytest.raises(TypeError, match=message):
        contract.read(STEM, function)


def test_a_control_that_a_prediction_sets_and_the_demo_lacks_is_named():
    def turning(degrees: Annotated[int, Slider(0, 180)] = 60) -> contract.Evidence:
        raise Refusal("never")

    with pytest.raises(TypeError, match=rf"^{STEM}\.turning has no control \['epsilon'\]"):
        contract.read(STEM, turning)(epsilon=1)
