"""A real server and a real Chromium for the tests of this folder, of package scope: both end with its last test.

Every page is watched: an error on the console, a dialog, or a request that leaves this machine fails the test.
"""

import contextlib
import functools
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from . import driver

expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items):
    here = driver.ROOT / "tests" / "browser"
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.path.name != "test_typing.py")  # the longest first: none is left alone at the end


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The address of the running app."""
    with driver.served() as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            browser = driver.launch(playwright)
        except FileNotFoundError as error:
            pytest.fail(str(error), pytrace=False)
        yield browser
        browser.close()


@pytest.fixture
def fresh_server() -> Iterator[Callable[[], str]]:
    """Call it for the address of a server that has not been asked for anything yet."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(driver.served())


@pytest.fixture
def new_context(browser, fresh_server) -> Iterator[Callable[..., BrowserContext]]:
    """Call it for a new reader: cookies, clipboard and settings of their own. Fails the test on what went wrong."""
    contexts, complaints = [], []

    def make(locale: str = "en-US", scheme: str = "light", size: tuple[int, int] = (1280, 900)) -> BrowserContext:
        context = browser.new_context(
            locale=locale,
            color_scheme=scheme,
            viewport={"width": size[0], "height": size[1]},
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(15_000)
        context.on("page", lambda page: driver.watch(page, complaints))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def open_page(new_context, request) -> Callable[..., Page]:
    """open_page("/t5_attention", locale="zh-CN", scheme="dark", size=(390, 800)): a new reader at that page.

    context: a reader who was here before. base: another server's address.
    """

    def open_(path: str = "/", context: BrowserContext | None = None, base: str = "", **settings) -> Page:
        page = (context or new_context(**settings)).new_page()
        page.goto((base or request.getfixturevalue("server")) + path)
        expect(page.locator("h1")).to_be_visible(timeout=driver.SLOW)
        return page

    return open_


@pytest.fixture
def t5(open_page) -> Callable[..., Page]:
    """t5("query", size=(390, 800)): T5 with every figure drawn."""
    return functools.partial(driver.at, open_page, driver.T5)
