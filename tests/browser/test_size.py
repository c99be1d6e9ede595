"""A lesson's page: not heavy when it is opened, not long while it is read."""

import pytest

from study.notes import lessons

from .driver import SLOW, begun, idle, listening

HEIGHT, NODES = 9000, 3000  # px at 1280 with its folds closed; of the document, with its first figures
PLACE = (
    "() => (({ scrollTop, scrollHeight }) => [scrollTop, scrollHeight])(document.querySelector('[data-testid=stMain]'))"
)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("lesson", lessons, ids=lambda lesson: lesson.stem)
def test_a_page_is_not_heavy_when_opened_and_nowhere_long(open_page, lesson, locale):
    page = begun(open_page, lesson.stem, locale=locale)
    page.locator(".st-key-answer").wait_for(timeout=SLOW)  # the end has come
    idle(page)
    listening(page)
    assert page.evaluate("document.querySelectorAll('*').length") <= NODES
    page.mouse.move(800, 400)
    before, heights = -1, []
    at, height = page.evaluate(PLACE)
    while len(heights) < 2 or at > before:  # to the end; cards come on the way, quiz and answer at last
        heights.append(height)
        page.mouse.wheel(0, 1000)
        page.wait_for_timeout(300)
        idle(page)
        before, (at, height) = at, page.evaluate(PLACE)
    assert len(heights) > 6
    assert max(heights) <= HEIGHT
