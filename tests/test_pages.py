"""Every page in both languages through Streamlit's AppTest: no exception, words of that language, claims shown."""

import shutil
import subprocess
import sys
from itertools import product

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from study import notes, words
from study.demo import demos
from study.markdown import colored, symbols
from study.notes import lessons
from study.views import Diagram
from study.words import ROOT, app_words

SCRIPT = str(ROOT / "study" / "shell" / "main.py")


def opened(lang: str, stem: str = "", **query: str) -> AppTest:
    app = AppTest.from_file(SCRIPT, default_timeout=60)
    app.query_params["lang"] = lang
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if stem:
        app._page_hash = calc_hash(stem)  # switch_page knows files only; our pages are functions with a url_path
        app.run()
    assert not app.exception, app.exception
    return app


def text(app: AppTest) -> str:
    return "\n".join(m.value for m in (*app.markdown, *app.title, *app.header, *app.subheader, *app.caption))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_home(lang):
    app = opened(lang)
    words = app_words(lang)
    assert app.title[0].value == words("name")
    for lesson in lessons:
        assert lesson.question(lang) in text(app)


def test_a_note_that_cannot_be_read_stops_no_other_lesson(tmp_path, monkeypatch):
    shutil.copytree(words.NOTES, tmp_path / "notes")
    monkeypatch.setattr(words, "NOTES", tmp_path / "notes")
    english, missing, headless, ill = tmp_path / "notes" / "en", *lessons[:3]
    (english / f"{missing.stem}.md").unlink()
    (english / f"{headless.stem}.md").write_text("## No front matter\n", encoding="utf-8")
    (english.parent / "zh" / f"{ill.stem}.md").write_text("---\ntitle: [\n---\n## X\n", encoding="utf-8")
    reasons = (f"en/{missing.stem}.md is missing", f"en/{headless.stem}.md: does not begin", f"zh/{ill.stem}.md: ")
    for lang, page in product(("zh", "en"), ("", lessons[3].stem)):
        app = opened(lang, page)
        assert len(app.warning) == 3
        for lesson, warning, code, reason in zip(lessons, app.warning, app.code, reasons, strict=False):
            assert lesson.number in warning.value and code.value.startswith(reason)
        asked = [lesson.stem for lesson in lessons[3:] if lesson.question(lang) in text(app)]
        assert asked == ([page] if page else [lesson.stem for lesson in lessons[3:]])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("lesson", lessons, ids=lambda le: le.stem)
def test_lesson(lesson, lang, monkeypatch):
    monkeypatch.setattr(notes, "languages", lambda: [lang])  # each is tested by itself, the other may be unwritten
    app, words = opened(lang, lesson.stem), app_words(lang)
    for name in lesson.demos:  # as a reader who has come near every card and opened its checks
        app.session_state["_here"].near.add(f"{lesson.stem}.{name}")
        app.session_state[f"{lesson.stem}.{name}._checks"] = True
    app.session_state["_here"].all_near = True  # the whole quiz and the answer's box, too
    app.run()
    assert not app.exception, app.exception
    assert app.title[0].value == lesson.title(lang)
    parts = [*(h for h, _ in lesson.sections(lang)), words("quiz.heading"), words("workbook.heading")]
    assert [s.value for s in app.header] == parts
    assert [s.value for s in app.subheader] == [lesson.demo_words(lang, name)("title") for name in lesson.demos]
    assert not app.error and not app.warning
    shown = text(app)
    for name, demo in demos(lesson.stem).items():
        demo_words = lesson.demo_words(lang, name)
        assert demo_words("title") in shown
        if not demo.work and not isinstance(demo().views[0], Diagram):  # a picture has no line of checks
            for claim in demo().claims:
                assert symbols(demo_words(f"claims.{claim.name}")) in shown
    for item in lesson.quiz(lang):
        assert colored(item.ask, "light") in shown
    assert colored(lesson.interview(lang).ask, "light") in shown and words("workbook.preview") in shown
    assert f"✗ {words('fails')}" not in shown


def test_home_needs_no_torch():
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        f"app = AppTest.from_file({SCRIPT!r}, default_timeout=60).run(); assert not app.exception; "
        "print('torch' in sys.modules, 'transformers' in sys.modules, 'pandas' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert out.stdout.split()[-3:-1] == ["False", "False"], out.stdout + out.stderr


def test_an_unknown_language_falls_back_to_a_known_one():
    assert opened("tlh").title[0].value in {app_words("en")("name"), app_words("zh")("name")}
