"""The page of the workbook through Streamlit's AppTest: what is answered, the files, own words, a handout."""

import io
import zipfile

import pytest
from PIL import Image
from pypdf import PdfReader

from study.notes import lessons
from study.shell.who import LOCAL
from study.words import app_words, sentences
from study.workbook import QUESTIONS, Workbook, open_workbook
from tests.test_pages import opened, text

each_lang = pytest.mark.parametrize("lang", ["zh", "en"])
T5 = next(lesson for lesson in lessons if lesson.stem == "t5_attention")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A workbook of its own; kept(question, text) saves an answer."""
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/workbook.sqlite")

    def save(question: str, written: str) -> None:
        open_workbook().save(LOCAL, question, written, (), seen=0)

    return save


def press(app, label: str):
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception, app.exception
    return app


def made(app, key: str):
    return app.session_state[f"{key}._made"].result


@each_lang
def test_an_empty_workbook_says_so(lang, kept):
    app, words = opened(lang, "workbook"), app_words(lang)
    assert words("hand_in.nothing") in text(app)
    assert words("hand_in.answered", count=0, all=len(QUESTIONS)) in text(app)
    assert words("hand_in.make.zip") not in [button.label for button in app.button]


@each_lang
def test_a_pdf_is_made_and_what_failed_is_told(lang, kept):
    kept("t5_attention", r"My **own** words: $\frac{a}{b$ and <b>x</b>.")
    kept("free", "What I understood.")
    app, words = opened(lang, "workbook"), app_words(lang)
    titles = [f"{le.number} {le.title(lang)}" for le in lessons]
    missing = next(w.value for w in app.warning if titles[0] in w.value)
    assert titles[0] in missing and f"T5 {T5.title(lang)}" not in missing
    next(field for field in app.text_input if field.key == "_cover.name").input("<i>张三</i>")
    press(app, words("hand_in.make.pdf"))
    pages = PdfReader(io.BytesIO(made(app, "_hand_in").data)).pages
    found = "".join(page.extract_text() for page in pages)
    assert "<i>张三</i>" in found and words("questions.free.title") in found and "<b>x</b>" in found
    assert any(words("hand_in.failures.formula") in warning.value for warning in app.warning)
    assert len(made(app, "_hand_in").failures) == 1


@each_lang
@pytest.mark.parametrize("kind", ["html", "zip"])
def test_the_other_files_are_made(lang, kind, kept):
    kept("t5_attention", "My own words.")
    app = press(opened(lang, "workbook"), app_words(lang)(f"hand_in.make.{kind}"))
    data = made(app, "_hand_in").data
    assert data.startswith(b"PK" if kind == "zip" else b"<!doctype html>")
    assert any(app_words(lang)("hand_in.clean") == success.value for success in app.success)


@each_lang
def test_a_picture_of_the_reader_s_comes_into_the_file_and_no_picture_is_refused(lang, kept):
    kept("free", "See ![mine](my_plan.png).")
    app, words = opened(lang, "workbook"), app_words(lang)
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    box = next(box for box in app.file_uploader if box.label == words("photos.file"))
    box.set_value([("my plan.png", out.getvalue(), "image/png"), ("<b>.png", b"none", "image/png")]).run()
    assert not app.exception, app.exception
    told = sentences(words("photos.not_taken", name="<b>.png"), words("photos.refused.kind"))
    assert [said.value for said in app.error] == [told]
    assert "![](my_plan.png)" in [code.value for code in app.code]
    press(app, words("hand_in.make.zip"))
    with zipfile.ZipFile(io.BytesIO(made(app, "_hand_in").data)) as archive:
        assert "my_plan.png" in archive.namelist()
    assert "![](my_plan.png)" in [code.value for code in opened(lang, "workbook").code]  # a reload finds it
    press(app, words("photos.remove", name="my_plan.png"))
    assert "![](my_plan.png)" not in [code.value for code in app.code]


@each_lang
def test_a_change_takes_the_file_away(lang, kept):
    kept("t5_attention", "My own words.")
    app = press(opened(lang, "workbook"), app_words(lang)("hand_in.make.zip"))
    assert app.success
    next(field for field in app.text_input if field.key == "_cover.number").input("7").run()
    assert not app.success


@each_lang
def test_what_is_copied_is_shown_with_its_source_and_own_words_are_not(lang, kept):
    kept("t5_attention", T5.interview(lang).answer)
    kept("free", "Yesterday I drew two arrows on squared paper and finally saw it.")
    app, words = opened(lang, "workbook"), app_words(lang)
    press(app, words("hand_in.own_words.check"))
    told = [w.value for w in app.warning]
    copied = [w for w in told if "%" in w]
    assert len(copied) == 1 and f"T5 {words('hand_in.own_words.sources.note')}" in copied[0]
    assert not any("squared" in w for w in told)


@each_lang
def test_a_file_is_made_of_copied_words_too_and_says_so(lang, kept):
    kept("t5_attention", T5.interview(lang).answer)
    kept("free", "Yesterday I drew two arrows on squared paper and finally saw it.")
    app, words = press(opened(lang, "workbook"), app_words(lang)("hand_in.make.zip")), app_words(lang)
    told = [w.value for w in app.warning if w.value.startswith(words("hand_in.own_words.told"))]
    assert len(told) == 1 and f"T5 {T5.title(lang)}" in told[0].replace("\\", "")
    assert words("questions.free.title") not in told[0]
    assert made(app, "_hand_in").data


@each_lang
def test_a_workbook_that_cannot_be_read_leaves_the_handout(lang, tmp_path, monkeypatch):
    (tmp_path / "workbook.sqlite").write_bytes(b"no database" * 200)
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/workbook.sqlite")
    app, words = opened(lang, "workbook"), app_words(lang)
    assert words("workbook.unkept.damaged") in app.error[0].value
    assert words("hand_in.handout.heading") in [header.value for header in app.header]


def test_a_handout_is_made(kept):
    app, words = opened("en", "workbook"), app_words("en")
    app.selectbox(key="_handout.lesson.en").select("t9_bleu")
    app.checkbox(key="_handout.answers").check()
    app.run()
    buttons = [button for button in app.button if button.key == "_handout.html"]
    buttons[0].click()
    app.run()
    assert not app.exception, app.exception
    result = made(app, "_handout")
    assert result.failures == [] and words("hand_in.handout.solutions").encode() in result.data


@each_lang
def test_a_workbook_of_another_computer_is_taken_in_and_replaces_nothing(lang, kept, tmp_path):
    kept("free", "Written here.")
    there = Workbook(f"sqlite:///{tmp_path}/there.sqlite")
    there.save(LOCAL, "free", "Written there.", (), seen=0)
    there.save(LOCAL, "x1", "Only there.", (), seen=0)
    app, words = opened(lang, "workbook"), app_words(lang)
    app.file_uploader(key="_keep.file").set_value(("workbook.json", there.backup(LOCAL), "application/json"))
    app.run()
    press(app, words("keep.merge"))
    told = words("keep.merged", added=1, kept=0), words("keep.conflicts", count=1)
    assert [said.value for said in app.success] == [sentences(*told)]
    assert words("hand_in.answered", count=2, all=len(QUESTIONS)) in [shown.value for shown in app.markdown]
    answers = open_workbook().answers(LOCAL)
    assert {q: a.text for q, a in answers.items()} == {"free": "Written here.", "x1": "Only there."}
    assert "Written there." in [version.text for version in open_workbook().versions(LOCAL, "free")]


def test_a_file_that_is_no_workbook_changes_nothing(kept):
    kept("free", "Written here.")
    app = opened("en", "workbook")
    app.file_uploader(key="_keep.file").set_value(("x.json", b"{}", "application/json"))
    app.run()
    press(app, app_words("en")("keep.merge"))
    assert app_words("en")("workbook.unkept.no_backup") in [said.value for said in app.error]
    assert open_workbook().answers(LOCAL)["free"].text == "Written here."
