"""A class in real browsers: each reader by their own cookie, following the instructor, files that open for one only."""

import re

import pytest
from playwright.sync_api import Page, expect

from study.shell import who
from study.shell.visitor import COOKIE
from study.words import app_words
from study.workbook import Workbook
from tests.oidc import provider, settings

from . import driver
from .axe import findings
from .driver import SLOW, act, card, idle, slider, visit

EN, T5 = app_words("en"), "t5_attention"
SECRET, VALUE = "abcde-fghjk", f"{T5}.scaling.d_k"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('class')}/class.sqlite"


@pytest.fixture(scope="module")
def class_server(url):
    class_ = {"STUDY_CLASS": "1", "STUDY_SECRET": SECRET, "STUDY_HOSTS": "127.0.0.1,localhost"}
    with driver.served(env={"STUDY_DATABASE_URL": url, **class_}) as address:
        yield address


def enter(page: Page) -> None:
    """This reader becomes the instructor."""
    page.locator(".st-key-_class_secret input").fill(SECRET)
    page.get_by_role("button", name=EN("class.enter"), exact=True).click()
    expect(page.locator(".st-key-_class_lead")).to_be_visible(timeout=SLOW)


def toggle(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} label").click()


def strip(page: Page):
    return page.locator(".st-key-class_line")


def test_students_follow_and_let_go(open_page, class_server):
    teacher = open_page("/classroom", base=class_server)
    enter(teacher)
    teacher.goto(f"{class_server}/{T5}?{VALUE}=128#scaling")
    expect(slider(teacher, VALUE)).to_have_attribute("aria-valuetext", "128", timeout=SLOW)
    student = open_page("/", base=class_server)
    expect(strip(student)).to_contain_text(EN("class.waiting"))
    toggle(teacher, "_class_lead")
    expect(strip(student)).to_contain_text("T5", timeout=SLOW)
    assert student.url == f"{class_server}/", "offered, not forced"
    toggle(student, "_class_follow")
    expect(slider(student, VALUE)).to_have_attribute("aria-valuetext", "128", timeout=SLOW)
    expect(card(student, "scaling").locator("h3")).to_be_in_viewport(timeout=SLOW)
    act(teacher, "scaling", "reset").click()
    expect(slider(student, VALUE)).not_to_have_attribute("aria-valuetext", "128", timeout=SLOW)
    toggle(student, "_class_follow")
    idle(student)
    visit(teacher, "t2_layer_vs_batch_norm")
    expect(strip(student)).to_contain_text("T2", timeout=SLOW)
    assert student.url.startswith(f"{class_server}/{T5}"), "who let go stays"


def test_each_browser_has_a_workbook_of_its_own(new_context, open_page, class_server, url):
    one, other = new_context(), new_context()
    pages = [open_page("/classroom", base=class_server, context=context) for context in (one, other)]
    names = [page.locator(".st-key-page strong").first.inner_text() for page in pages]
    tokens = [{c["name"]: c for c in context.cookies()}[COOKIE] for context in (one, other)]
    assert tokens[0]["value"] != tokens[1]["value"] and names[0] != names[1]
    assert all(token["httpOnly"] and token["sameSite"] == "Lax" for token in tokens)
    assert COOKIE not in pages[0].evaluate("document.cookie")
    mine = who._name("class", tokens[0]["value"])
    Workbook(url).save(mine, "free", "Written by one.", (), seen=0)
    for page in pages:
        page.goto(f"{class_server}/workbook")
    expect(pages[1].get_by_text(EN("hand_in.nothing"))).to_be_visible(timeout=SLOW)
    pages[0].get_by_role("button", name=EN("hand_in.make.zip")).click()
    save = pages[0].locator(".st-key-_hand_in-save button")
    expect(save).to_be_visible(timeout=SLOW)
    with pages[0].expect_download() as started:
        save.click()
    link = started.value.url
    assert re.search(r"/media/[0-9a-f]{20,}", link)
    assert one.request.get(link).status == 200
    assert other.request.get(link).status == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_class_can_be_read_by_all(open_page, class_server, scheme):
    page = open_page("/classroom", base=class_server, scheme=scheme)
    idle(page)
    assert not findings(page)


@pytest.fixture
def school(url, tmp_path):
    """A class whose school has accounts: (the app's address, the school's provider)."""
    port = driver.free_port()
    with provider() as made:
        file = tmp_path / "secrets.toml"
        file.write_text(settings(made, f"http://127.0.0.1:{port}"), encoding="utf-8")
        env = {"STUDY_DATABASE_URL": url, "STUDY_CLASS": "1", "STREAMLIT_SECRETS_FILES": str(file)}
        with driver.served(env=env, port=port) as address:
            yield address, made


def log_in(page: Page, address: str) -> None:
    page.get_by_role("button", name=EN("class.log_in"), exact=True).click()
    page.wait_for_url(f"{address}/", timeout=SLOW)
    page.wait_for_selector("h1", timeout=SLOW)
    page.goto(f"{address}/classroom")
    expect(page.get_by_text(EN("class.account"))).to_be_visible(timeout=SLOW)


def test_with_a_school_s_account_a_workbook_is_the_same_in_every_browser(school, open_page, url):
    address, made = school
    names = []
    for subject in ("pupil-1", "pupil-1", "pupil-2"):
        made.subject = subject
        page = open_page("/classroom", base=address)
        before = page.locator(".st-key-page strong").first.inner_text()
        log_in(page, address)
        names.append(page.locator(".st-key-page strong").first.inner_text())
        assert names[-1] != before and "Somebody" not in page.locator(".st-key-page").inner_text()
    assert names[0] == names[1] != names[2]
    kept = who._name("oidc", f"{made.address}\0pupil-2")
    assert names[2] == who.pseudonym(kept, EN)
    Workbook(url).save(kept, "free", "Written by pupil 2.", (), seen=0)
    page.goto(f"{address}/workbook")
    expect(page.get_by_role("button", name=EN("hand_in.make.zip"))).to_be_visible(timeout=SLOW)
    page.goto(f"{address}/classroom")
    page.get_by_role("button", name=EN("class.log_out"), exact=True).click()
    expect(page.locator("h1")).to_have_text(EN("name"), timeout=SLOW)
