"""The student's own answer under a lesson: kept while one writes, there after a reload, never overwritten unasked."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from study.demo import demos
from study.export import file_name
from study.words import app_words
from study.workbook import LONGEST, Workbook

from . import driver
from .axe import findings
from .driver import LESSONS, SLOW, act, card, idle, titled

T2, T5, T6 = "t2_layer_vs_batch_norm", "t5_attention", "t6_self_attention"
EN, ZH = app_words("en"), app_words("zh")
SAVED = re.compile(EN("workbook.saved").replace("{time}", r"\d\d:\d\d.*"))


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('book')}/workbook.sqlite"


@pytest.fixture(scope="module")
def own_server(url):
    """A server with a workbook of its own."""
    with driver.served(env={"STUDY_DATABASE_URL": url}) as address:
        yield address


@pytest.fixture
def write(open_page, own_server):
    """write(stem): a page of a new reader, or of `context`, with its answer's box in sight."""

    def open_(stem: str, **settings) -> Page:
        page = open_page(f"/{stem}", base=own_server, **settings)
        come(page)
        return page

    return open_


def come(page: Page):
    """The box is drawn when the reader comes near it. The page grows under way: they go on until it is there."""
    page.wait_for_selector(".st-key-answer h2", state="attached", timeout=SLOW)
    for _ in range(120):
        page.evaluate("document.querySelector('.st-key-answer h2')?.scrollIntoView()")
        if area(page).count():
            return idle(page)
        page.wait_for_timeout(250)
    raise AssertionError("the box did not come")


def area(page: Page):
    return page.locator(".answer textarea")


def status(page: Page):
    return page.locator(".answer [role=status]")


def preview(page: Page):
    return page.locator(".st-key-note_answer")


def test_an_answer_is_saved_while_one_writes_and_is_there_after_a_reload(write, url):
    page = write(T5)
    expect(status(page)).to_have_text(EN("workbook.empty"))
    area(page).press_sequentially("Scores are divided by $\\sqrt{d_k}$. ", delay=20)
    expect(status(page)).to_have_text(EN("workbook.typing"))
    expect(status(page)).to_have_text(SAVED, timeout=15_000)
    expect(preview(page).locator(".katex").first).to_be_visible()
    area(page).press_sequentially("注意力 is <b>soft</b>")
    area(page).press("Tab")  # leaving the box saves at once
    text = "Scores are divided by $\\sqrt{d_k}$. 注意力 is <b>soft</b>"
    expect(status(page)).to_have_text(SAVED)
    expect(page.locator(".st-key-answer")).to_contain_text("3 Chinese characters")
    assert preview(page).locator("b").count() == 0
    assert findings(page) == []
    assert Workbook(url).answer("me", T5).text == text
    page.reload()
    come(page)
    expect(area(page)).to_have_value(text)
    expect(status(page)).to_have_text(SAVED)
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, LESSONS[T5].title("zh"))
    expect(area(page)).to_have_value(text)


def test_the_older_of_two_tabs_overwrites_nothing(write, new_context, url):
    context = new_context()
    first, second = write(T2, context=context), write(T2, context=context)
    area(first).fill("from the first tab")
    expect(status(first)).to_have_text(SAVED)
    area(second).fill("from the second tab")
    box = second.locator(".st-key-answer_conflict")
    expect(box).to_contain_text("from the first tab")  # both are there …
    expect(area(second)).to_have_value("from the second tab")
    expect(status(second)).to_have_text(EN("workbook.conflict"))
    assert Workbook(url).answer("me", T2).text == "from the first tab"  # … and nothing is overwritten
    second.get_by_role("button", name=EN("workbook.take_theirs")).click()
    expect(area(second)).to_have_value("from the first tab")
    expect(box).to_have_count(0)
    expect(status(second)).to_have_text(SAVED)
    texts = [answer.text for answer in Workbook(url).versions("me", T2)]
    assert texts == ["from the first tab", "from the second tab", "from the first tab"]
    area(second).fill("and on")  # the tab that decided goes on from there
    expect(status(second)).to_have_text(SAVED)
    assert Workbook(url).answer("me", T2).text == "and on"


def test_an_earlier_version_is_compared_and_restored(write, url):
    book = Workbook(url)
    seen = 0
    for text in ("first\nline", "second\nline"):
        seen = book.save("me", T6, text, {"0"}, seen).version
    page = write(T6)
    expect(area(page)).to_have_value("second\nline")
    page.get_by_text(EN("workbook.versions")).click()
    fold = page.locator(".st-key-answer [data-testid=stCode]")
    expect(fold).to_contain_text("- second")
    expect(fold).to_contain_text("+ first")
    page.get_by_role("button", name=EN("workbook.restore")).click()
    expect(area(page)).to_have_value("first\nline")
    assert [a.text for a in book.versions("me", T6)] == ["first\nline", "second\nline", "first\nline"]


def test_the_points_are_ticked_after_one_has_written(write, url):
    lesson, page = LESSONS["t9_bleu"], write("t9_bleu")
    place, all_ = page.locator(".st-key-answer"), len(LESSONS["t9_bleu"].interview("en").points)
    expect(place).to_contain_text(EN("workbook.interview"))
    expect(place).not_to_contain_text(EN("workbook.said", count=0, all=all_))
    area(page).fill("n-grams, clipped")
    expect(status(page)).to_have_text(SAVED)
    place.get_by_text(EN("workbook.compare")).click()
    expect(place).to_contain_text(EN("workbook.said", count=0, all=all_))
    place.locator("[data-testid=stCheckbox] label").filter(has_text=re.compile(".")).nth(4).click()
    expect(place).to_contain_text(EN("workbook.said", count=1, all=all_))
    idle(page)
    kept = Workbook(url).answer("me", "t9_bleu")
    assert kept.text == "n-grams, clipped" and len(kept.points) == 1
    page.reload()
    come(page)
    place.get_by_text(EN("workbook.compare")).click()
    expect(place).to_contain_text(EN("workbook.said", count=1, all=all_))
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, lesson.title("zh"))
    expect(place).to_contain_text(ZH("workbook.said", count=1, all=all_))


def test_a_figure_of_a_demo_stands_in_the_answer(write):
    page, name = write("t3_positional_encoding"), next(n for n, d in demos(T5).items() if d.params and not d.work)
    area(page).fill(
        f"Look:\n\n{{{{figure: {T5}/{name}}}}}\n\n{{{{figure: no/such}}}}\n\n![x](http://example.org/a.png)"
    )
    expect(preview(page).locator(".lf[data-drawn]")).to_be_attached(timeout=SLOW)
    expect(preview(page)).to_contain_text(LESSONS[T5].demo_titles("en")[name])
    expect(preview(page)).to_contain_text(EN("workbook.figure_missing", name="no/such", why=EN("hand_in.no_lesson")))
    assert preview(page).locator("img").count() == 0  # nothing is fetched


def test_a_card_s_figure_is_put_into_the_answer(open_page, own_server, url):
    stem = "t7_learned_parameters"
    name = next(n for n in LESSONS[stem].demos if demos(stem)[n].params)
    mark = f"{{{{figure: {stem}/{name}"
    page = open_page(f"/{stem}", base=own_server)
    idle(page)
    act(page, name, "put").click()  # the box is not there yet
    expect(card(page, name).locator(".lf-note-info")).to_have_text(EN("put.done"), timeout=SLOW)
    assert mark in Workbook(url).answer("me", stem).text
    come(page)
    expect(area(page)).to_have_value(re.compile(re.escape(mark)))
    area(page).press_sequentially("being typed")
    act(page, name, "put").click()  # the box takes it, and loses nothing
    expect(status(page)).to_have_text(SAVED)
    expect(area(page)).to_have_value(re.compile(rf"{re.escape(mark)}.*being typed\s+{re.escape(mark)}", re.DOTALL))
    expect(preview(page).locator(".lf[data-drawn]")).to_have_count(2, timeout=SLOW)
    assert Workbook(url).answer("me", stem).text == area(page).input_value()


def test_a_picture_of_one_s_own_stands_in_the_answer_also_after_a_reload(write, url):
    page, stem, out = write("b7_descendants"), "b7_descendants", io.BytesIO()
    place = page.locator(".st-key-answer")
    Image.new("RGB", (300, 200), "teal").save(out, "PNG")
    place.get_by_text(EN("photos.heading"), exact=True).click()
    files = [
        {"name": "my plan.png", "mimeType": "image/png", "buffer": out.getvalue()},
        {"name": "none.png", "mimeType": "image/png", "buffer": b"none"},
    ]
    place.locator("input[type=file]").set_input_files(files)
    expect(place).to_contain_text(EN("photos.not_taken", name="none.png"), timeout=SLOW)
    area(page).press_sequentially("being typed")  # the click loses nothing of it
    place.get_by_role("button", name=EN("photos.put", name="my_plan.png")).click()
    expect(area(page)).to_have_value("being typed\n\n![](my_plan.png)\n", timeout=SLOW)
    picture = preview(page).locator("img")
    expect(picture).to_be_visible(timeout=SLOW)
    assert findings(page) == []
    page.reload()
    come(page)
    expect(preview(page).locator("img")).to_have_js_property("naturalWidth", 300, timeout=SLOW)
    assert Workbook(url).answer("me", stem).text == "being typed\n\n![](my_plan.png)\n"


def test_what_is_too_long_is_refused_and_stays_in_the_box_even_after_a_reload(write, url):
    page, long = write("b6_glue"), "x" * (LONGEST + 1)
    area(page).fill(long)
    expect(status(page)).to_have_text(EN("workbook.unkept.too_long"), timeout=SLOW)
    assert Workbook(url).answer("me", "b6_glue") is None
    page.reload()
    come(page)
    expect(area(page)).to_have_value(long)
    area(page).fill(long[1:])
    expect(status(page)).to_have_text(SAVED, timeout=SLOW)
    assert Workbook(url).answer("me", "b6_glue").text == long[1:]


def test_a_damaged_workbook_is_told_and_the_text_goes_into_a_new_one(open_page, tmp_path):
    file = tmp_path / "workbook.sqlite"
    file.write_text("no database " * 500)
    with driver.served(env={"STUDY_DATABASE_URL": f"sqlite:///{file}"}) as address:
        page = open_page(f"/{T5}", base=address)
        come(page)
        expect(status(page)).to_have_text(EN("workbook.unkept.damaged"))
        area(page).fill("written meanwhile")
        idle(page)
        expect(status(page)).to_have_text(EN("workbook.unkept.damaged"))
        assert file.read_text().startswith("no database")
        page.get_by_role("button", name=EN("workbook.set_aside")).click()
        expect(status(page)).to_have_text(SAVED)
        page.context.close()  # or it complains that its server has gone
    assert Workbook(f"sqlite:///{file}").answer("me", T5).text == "written meanwhile"
    assert (tmp_path / "workbook.sqlite.damaged-1").read_text().startswith("no database")


def test_a_question_without_a_lesson_is_answered_on_the_page_and_handed_in(open_page, own_server):
    page, title = open_page("/workbook", base=own_server, locale="zh-CN", scheme="dark"), ZH("questions.x1.title")
    idle(page)
    listed = page.locator(".st-key-small_answers p", has_text=title)
    expect(listed).to_contain_text("check_box_outline_blank")
    page.locator("details", has_text=title).first.locator("summary").click()
    expect(area(page).first).to_be_visible(timeout=SLOW)
    area(page).first.press_sequentially("读了源代码，公式是 $a^2$。", delay=10)
    expect(listed).not_to_contain_text("check_box_outline_blank", timeout=SLOW)
    for name, typed in (("name", "张三"), ("number", "2026/01")):
        page.get_by_label(ZH(f"hand_in.fields.{name}"), exact=True).fill(typed)
    page.locator(".st-key-_hand_in-pdf button").click()
    expect(page.locator(".st-key-_hand_in-save button")).to_be_visible(timeout=SLOW)
    assert findings(page) == []
    with page.expect_download(timeout=SLOW) as download:
        page.locator(".st-key-_hand_in-save button").click(timeout=SLOW)
    assert download.value.suggested_filename == file_name("张三", "2026/01", ZH("hand_in.short_title"), "pdf")
    text = "".join(sheet.extract_text() for sheet in PdfReader(download.value.path()).pages)
    assert "读了源代码" in text and title in text and "张三" in text
