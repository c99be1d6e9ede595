"""The policy of study/shell/guard.py in a real browser: nothing of ours is against it, all else is refused."""

import pytest
from playwright.sync_api import expect

from study.words import app_words

from .driver import LESSONS, SLOW, T5, act, all_drawn, card, idle, listening, visit

EN = app_words("en")
REPORTS = """addEventListener("securitypolicyviolation", (event) =>
  (window.refused ??= []).push(`${event.violatedDirective} ${event.blockedURI}`))"""


def refused(page) -> list[str]:
    return page.evaluate("() => window.refused ?? []")


@pytest.fixture
def page(new_context, server):
    """The home page of a reader whose browser writes down what it refused."""
    context = new_context()
    context.add_init_script(REPORTS)
    page = context.new_page()
    page.goto(server)
    listening(page)
    yield page


def test_no_page_does_what_it_may_not(page):
    expect(page.locator(".st-key-card_real_heads .lf[data-drawn]")).to_be_visible(timeout=SLOW)
    visit(page, T5)
    all_drawn(page, LESSONS[T5])
    act(page, "scaling", "data").click()
    expect(card(page, "scaling").locator("[data-testid=stDataFrame]").first).to_be_visible(timeout=SLOW)
    with page.expect_download(timeout=SLOW):
        card(page, "scaling").locator("[data-testid=stDownloadButton] button").first.click()
    act(page, "scaling", "full").click()
    page.keyboard.press("Escape")
    for name in ("glossary", "workbook"):
        visit(page, name)
        expect(page.locator("h1")).to_have_text([EN(f"pages.{name}")], timeout=SLOW)
        idle(page)
    assert refused(page) == []


def test_what_somebody_else_puts_into_a_page_does_not_run(browser, server):
    context = browser.new_context()  # what is refused is an error on the console
    context.add_init_script(REPORTS)
    page = context.new_page()
    page.goto(server)
    listening(page)
    page.evaluate(
        """() => {
        const script = document.createElement("script");
        script.textContent = "window.hit = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src='/no' onerror='window.hit = 2'>");
        const far = document.createElement("script");
        far.src = "https://rebound.example/x.js";
        document.body.append(far);
        document.body.insertAdjacentHTML("beforeend", "<iframe src='https://rebound.example/'></iframe>");
        setTimeout(() => { try { eval("window.hit = 3"); } catch { } }, 50);
        fetch("https://rebound.example/").catch(() => {});
        }"""
    )
    wanted = {"script-src-elem", "script-src-attr", "script-src", "frame-src", "connect-src"}
    page.wait_for_function("() => (window.refused ?? []).length >= 6")
    assert page.evaluate("() => window.hit") is None
    assert {line.split()[0] for line in refused(page)} == wanted
    context.close()


def test_no_page_of_another_site_frames_ours(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.set_content(f"<iframe src='{server}/'></iframe>")
    page.wait_for_timeout(1500)
    assert not page.frames[-1].locator("h1, .stApp").count()
    context.close()
