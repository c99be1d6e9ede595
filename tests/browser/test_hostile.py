"""What would be markup or a script, in an answer, in names, in a backup's file, in links: all of it stays text."""

import json

import pytest
from playwright.sync_api import expect

from study.words import app_words
from study.workbook import Workbook

from . import driver
from .driver import LESSONS, SLOW, T5, all_drawn, idle, listening, turn

EN = app_words("en")
EVIL = (
    "<img src=x onerror=window.hit=1><script>window.hit=2</script><svg onload=window.hit=3>"
    "[a](javascript:window.hit=4) ![b](javascript:window.hit=5) <a href='javascript:window.hit=6'>c</a> "
    "$\\href{javascript:window.hit=7}{x}$ $\\htmlData{a=b}{x}$ <iframe srcdoc='<script>top.hit=8</script>'></iframe>"
)
#: Of what was typed nothing is an element, a handler, or a link that runs.
ALIVE = """() => [...document.querySelectorAll("*")].flatMap((n) => {
  const handlers = [...n.attributes].filter((a) => /^on/i.test(a.name) || /^\\s*javascript:/i.test(a.value));
  const script = n.localName === "script" && n.textContent.includes("hit");
  const made = script || n.matches("img[src=x], iframe, svg[onload]");
  return handlers.length || made ? [n.outerHTML.slice(0, 120)] : [];
})"""


def dead(page) -> None:
    assert page.evaluate("() => window.hit") is None
    assert page.evaluate(ALIVE) == []


@pytest.fixture(scope="module")
def own_server(tmp_path_factory):
    """A server with a workbook of its own, which holds an answer that somebody gave this reader."""
    url = f"sqlite:///{tmp_path_factory.mktemp('book')}/workbook.sqlite"
    Workbook(url).save("me", T5, EVIL, (), seen=0)
    with driver.served(env={"STUDY_DATABASE_URL": url}) as address:
        yield address


def test_a_lesson_shows_them_as_they_are(open_page, own_server):
    link = "&".join(f"{T5}.{name}={value}" for name, value in (("sentence", EVIL[:250]), ("scaling.d_k", "<b>1</b>")))
    page = open_page(f"/{T5}?lang=<script>window.hit=9</script>&{link.replace('#', '')}", base=own_server)
    all_drawn(page, LESSONS[T5])
    dead(page)
    page.evaluate("document.querySelector('.st-key-answer h2').scrollIntoView()")
    area = page.locator(".answer textarea")
    expect(area).to_have_value(EVIL, timeout=SLOW)
    expect(page.locator(".st-key-note_answer")).to_contain_text("window.hit=6", timeout=SLOW)  # the preview
    kinds = [item.kind for item in LESSONS[T5].quiz("en")]
    number = turn(page, next(i for i, kind in enumerate(kinds) if kind != "choice")).locator("input[type=text]")
    number.fill(EVIL[:120])
    number.press("Enter")
    idle(page)
    page.locator(".st-key-side_search input").fill("<img src=x onerror=window.hit=10>")
    expect(page.locator(".st-key-side_search")).to_contain_text("“<img src=x onerror=window.hit=10>”")
    dead(page)


def test_the_workbook_its_files_and_a_backup_do_not_run_them(open_page, own_server, browser):
    page = open_page("/workbook", base=own_server)
    listening(page)
    page.get_by_label(EN("hand_in.fields.name"), exact=True).fill(EVIL[:100])
    page.get_by_label(EN("hand_in.fields.name"), exact=True).press("Tab")
    idle(page)
    page.locator(".st-key-_hand_in-html button").click()
    with page.expect_download(timeout=SLOW) as download:
        page.locator(".st-key-_hand_in-save button").click(timeout=SLOW)
    dead(page)
    backup = {"format": "study-companion workbook", "answers": EVIL, EVIL: [EVIL]}
    page.locator(".st-key-_keep-file input[type=file]").set_input_files(
        {"name": f"{'<b>' * 9}.json", "mimeType": "application/json", "buffer": json.dumps(backup).encode()}
    )
    page.locator(".st-key-_keep-merge button").click(timeout=SLOW)
    idle(page)
    dead(page)
    file = browser.new_context()
    exported = file.new_page()
    exported.set_content(download.value.path().read_text(encoding="utf-8"))
    exported.wait_for_timeout(300)
    dead(exported)
    assert EVIL[:100] in exported.locator("body").inner_text()
    file.close()


def test_an_address_is_no_markup(browser, server):
    context = browser.new_context()  # that there is no such page, Streamlit says on the console
    page = context.new_page()
    page.goto(f"{server}/%3Cimg%20src=x%20onerror=window.hit=1%3E?x=%3Cscript%3Ewindow.hit=2%3C/script%3E#%3Cb%3E")
    expect(page.locator("h1")).to_be_visible(timeout=SLOW)
    idle(page)
    dead(page)
    context.close()
