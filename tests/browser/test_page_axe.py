"""axe-core on the pages that are no lessons, in both themes: nothing serious or critical, and headings in order.

Also with results of the search, the home page's own or the side bar's. test_pages.py asks the same of every lesson.
"""

import pytest
from playwright.sync_api import expect

from .axe import SIZE, findings
from .driver import idle, listening


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "glossary", "source"])
def test_axe_finds_nothing_serious(open_page, name, scheme):
    page = open_page(f"/{name}", scheme=scheme, size=SIZE)
    listening(page)
    if not name:
        expect(page.locator(".st-key-card_real_heads .lf[data-drawn]")).to_be_visible()
    idle(page)
    assert findings(page) == []
    search = page.locator(".st-key-side_search" if name else ".st-key-search")
    search.locator("input").fill("WordPiece")
    expect(search.locator("a strong, p strong").first).to_have_text("WordPiece")  # a sentence with what was typed
    idle(page)
    assert findings(page) == []


def test_axe_finds_what_is_wrong(open_page):
    """The tests above can fail: a picture without words and a skipped level of headings are found."""
    page = open_page("/")
    listening(page)
    page.evaluate(
        "document.querySelector('.st-key-page').insertAdjacentHTML('beforeend', '<h6>x</h6><img src=\"data:,\">')"
    )
    assert {line.split(":")[0] for line in findings(page)} >= {"image-alt", "heading-order"}
