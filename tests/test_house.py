"""Holds the house together: every stem complete in every language, imports as designed, every text there, budgets."""

import ast
import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from study.demo import Demo, demos
from study.figures import draw_all
from study.notes import NOTES, ROOT, STEM, Words, app_words, home_text, languages, lessons, pieces
from tests.evidence import LIMIT, corners, ends, evidence_or_refusal, params_of, told

STEMS = [le.stem for le in lessons]
ALL = [(le, name) for le in lessons for name in le.demos]
IDS = [f"{le.stem}.{name}" for le, name in ALL]
STREAMLIT = {"main.py", "lesson.py", "live_figure.py", "quiz_view.py", "home.py"}


def modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[0] for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def sources(*folders: str) -> list[Path]:
    return sorted(p for f in folders for p in (ROOT / f).rglob("*.py"))


def test_there_are_lessons_in_both_languages():
    assert {"zh", "en"} <= set(languages())
    assert {"t5_attention", "t2_layer_vs_batch_norm"} <= set(STEMS)


def test_every_page_is_a_lesson_or_renders_itself():
    for path in (ROOT / "pages").glob("*.py"):
        assert STEM.fullmatch(path.stem) or "def render(" in path.read_text(encoding="utf-8"), path.name


@pytest.mark.parametrize("path", sources("study", "pages", "models"), ids=lambda p: p.name)
def test_imports(path):
    names = modules(path)
    if path.name not in STREAMLIT:
        assert "streamlit" not in names, "streamlit belongs to the shell only"
    if path.parts[-2] != "study":
        assert "plotly" not in names, "figures are drawn in study/figures.py"
    if "models" in path.parts[-3:]:
        assert not names & {"study", "pages"}, "models know nothing of the app"
    if path.parts[-2] == "study":
        assert "torch" not in names, "the shell runs without torch"
    assert not names & {"pickle", "requests", "urllib3", "httpx"}


def test_notes_have_a_page():
    for path in NOTES.glob("*/*.md"):
        assert path.stem in {*STEMS, "home"}, f"{path} has no page"


@pytest.mark.parametrize("lesson", lessons, ids=STEMS)
def test_both_languages_say_the_same(lesson):
    zh, en = lesson.sections("zh"), lesson.sections("en")
    assert len(zh) == len(en) >= 4
    for (_, a), (_, b) in zip(zh, en, strict=True):
        assert [p for p in pieces(a) if p[0] == "demo"] == [p for p in pieces(b) if p[0] == "demo"]
    bodies = {lang: "\n".join(text for _, text in lesson.sections(lang)) for lang in ("zh", "en")}
    formulas = {
        lang: [re.sub(r"\\text\{[^}]*\}|\s", "", f) for f in re.findall(r"\$\$(.+?)\$\$", body, re.DOTALL)]
        for lang, body in bodies.items()
    }
    assert formulas["zh"] == formulas["en"]
    assert lesson.front("zh", "minutes") == lesson.front("en", "minutes")
    assert lesson.demos and sorted(lesson.demos) == sorted(demos(lesson.stem)), "every demo is placed once in the note"


def shape(texts, path=""):
    """The keys of nested mappings, and how long lists are: what a translation must have in common."""
    if isinstance(texts, dict):
        return {f"{path}.{k}": shape(v, f"{path}.{k}") for k, v in texts.items()}
    return [shape(v) for v in texts] if isinstance(texts, list) else None


def places(texts):
    """The {places} of every text, in order of the keys."""
    if isinstance(texts, dict):
        return {k: places(v) for k, v in texts.items()}
    return sorted(re.findall(r"\{(\w+)\}", texts)) if isinstance(texts, str) and "$" not in texts else []


@pytest.mark.parametrize("lesson", lessons, ids=STEMS)
def test_labels_have_the_same_keys(lesson):
    zh, en = (lesson.words(lang).texts["demos"] for lang in ("zh", "en"))
    assert shape(zh) == shape(en)
    assert places(zh) == places(en)


def test_app_words_have_the_same_keys():
    assert shape(app_words("zh").texts) == shape(app_words("en").texts)
    assert places(app_words("zh").texts) == places(app_words("en").texts)
    assert home_text("zh") and home_text("en")


@pytest.mark.parametrize("lesson", lessons, ids=STEMS)
def test_quiz_is_the_same_in_both_languages_and_can_be_graded(lesson):
    from study.quiz import truth

    zh, en = lesson.quiz("zh"), lesson.quiz("en")
    assert len(zh) == len(en) >= 4
    for a, b in zip(zh, en, strict=True):
        assert (a.kind, a.number, a.abs, a.demo, a.given, a.claim) == (
            b.kind,
            b.number,
            b.abs,
            b.demo,
            b.given,
            b.claim,
        )
        assert [c.right for c in a.choices] == [c.right for c in b.choices]
        if a.kind == "choice":
            assert any(c.right for c in a.choices) and any(not c.right for c in a.choices)
            assert len({c.say for c in a.choices}) == len(a.choices)
        if a.kind == "predict":
            assert truth(lesson.stem, a).holds


@pytest.mark.parametrize("lesson", lessons, ids=STEMS)
def test_every_lesson_has_an_interview_box_and_predictions(lesson):
    zh, en = lesson.interview("zh"), lesson.interview("en")
    assert len(zh.points) == len(en.points) >= 3 and zh.ask and en.ask
    assert 3 <= len(re.findall(r"[。？！]", zh.answer)) <= 6 and 3 <= len(re.findall(r"[.?!](?:\s|$)", en.answer)) <= 6
    assert 6 <= len(lesson.quiz("en")) <= 10
    assert sum(item.kind == "predict" for item in lesson.quiz("en")) >= 2


def texts(found):
    """Every string in nested mappings and lists."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for value in found.values() if isinstance(found, dict) else found:
            yield from texts(value)


def literal_marks(markdown: str) -> list[str]:
    """Pieces of text in which CommonMark, as Streamlit reads it, leaves ** or $ standing."""
    prose = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "x", markdown, flags=re.DOTALL)
    tokens = [t for block in MarkdownIt("commonmark").enable("table").parse(prose) for t in block.children or []]
    return [t.content for t in tokens if t.type == "text" and ("**" in t.content or "$" in t.content)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("lesson", lessons, ids=STEMS)
def test_markdown_that_streamlit_would_leave_literal(lesson, lang):
    body = "\n".join(text for _, text in lesson.sections(lang))
    for markdown in (body, home_text(lang), *texts(lesson.words(lang).texts)):
        assert not literal_marks(markdown)
    assert not re.search(r"\\(label|eqref|ce|href|newcommand)\b|\\\(|\\\[", body)


def test_the_check_for_literal_marks_finds_them():
    assert literal_marks("**注意力（Attention）**机制") and literal_marks("costs $5")
    assert not literal_marks("**注意力**（Attention）机制 $x$")


def test_no_english_of_ours_in_chinese_labels():
    """A Chinese label is Chinese, unless it is a name or a formula."""

    def check(texts, path):
        for k, v in texts.items() if isinstance(texts, dict) else enumerate(texts) if isinstance(texts, list) else ():
            if isinstance(v, str) and k not in ("language", "source"):
                words = re.findall(r"[A-Za-z]{3,}", re.sub(r"\$[^$]*\$|`[^`]*`|\{\w+\}", "", v))
                assert len(words) < 5 or re.search(r"[\u4e00-\u9fff]", v), f"{path}.{k}: {v!r}"
            else:
                check(v, f"{path}.{k}")

    check(app_words("zh").texts, "app")
    for lesson in lessons:
        check(lesson.words("zh").texts, lesson.stem)


@pytest.mark.parametrize(("lesson", "name"), ALL, ids=IDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_text_of_a_demo_is_there(lesson, name, lang):
    demo, words = demos(lesson.stem)[name], lesson.demo_words(lang, name)
    assert words("title") and words("look_for")
    for p in demo.params:
        if type(p.control).__name__ != "Cell":
            assert words(f"controls.{p.name}")
        for option in getattr(p.control, "options", getattr(p.control, "columns", ())):
            assert words(f"options.{p.name}.{option}")
    for given in ends(demo):
        evidence = evidence_or_refusal(demo, given, lambda r: words.either("refusals", r.key, **r.values))
        if evidence:
            assert all(told(evidence, words))


@pytest.mark.parametrize(("lesson", "name"), ALL, ids=IDS)
def test_defaults_are_valid_and_links_restore_them(lesson, name):
    from study import link

    demo = demos(lesson.stem)[name]
    for p in demo.params:
        assert p.control.clean(p.default) == p.default
        for value in params_of(p):
            assert p.control.clean(p.control.parse(p.control.text(value))) == value
    assert link.write(demo, {p.name: p.default for p in demo.params}) == ({}, [])


@pytest.mark.parametrize(("lesson", "name"), ALL, ids=IDS)
def test_figures_stay_small(lesson, name):
    demo: Demo = demos(lesson.stem)[name]
    words, drawn = lesson.demo_words("zh", name), 0
    for given in corners(demo):
        evidence = evidence_or_refusal(demo, given)
        if evidence:
            drawn += 1
            size = len(json.dumps(draw_all(evidence.views, "light", words.label), ensure_ascii=False).encode())
            assert size <= LIMIT, f"{size / 1000:.0f} kB with {given}"
    assert drawn


def test_missing_text_is_an_error():
    with pytest.raises(KeyError, match="no text for"):
        Words("en", {"a": {"b": "c"}}, "x.yaml")("a.d")


def test_nothing_typed_becomes_html():
    for path in sources("study", "pages"):
        assert "unsafe_allow" not in path.read_text(encoding="utf-8")
    for path in (ROOT / "assets").glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert "innerHTML" not in script and "insertAdjacentHTML" not in script, path.name
