"""A lesson's page: not heavy, not long, from its opening to its end."""

import pytest

from study.notes import lessons

from .driver import SLOW, begun, idle, listening

HEIGHT, NODES = 9000, 3000  # px at 1280 with its folds closed; of the document, with the figures that are near
PLACE = (
    "() => (({ scrollTop, scrollHeight }) => [scrollTop, scrollHeight])(document.querySelector('[data-testid=stMain]'))"
)
COUNT = "document.querySelectorAll('*').length"


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("lesson", lessons, ids=lambda lesson: lesson.stem)
def test_a_page_is_nowhere_heavy_and_nowhere_long(open_page, lesson, locale):
    page = begun(open_page, lesson.stem, locale=locale)
    page.locator(".st-key-answer").wait_for(timeout=SLOW)  # the end has come
    idle(page)
    listening(page)
    page.mouse.move(800, 400)
    before, heights, nodes = -1, [], [page.evaluate(COUNT)]
    at, height = page.evaluate(PLACE)
    while len(heights) < 2 or at > before:  # to the end; cards come on the way, quiz and answer at last
        heights.append(height)
        page.mouse.wheel(0, 1000)
        page.wait_for_timeout(300)
        idle(page)
        before, (at, height) = at, page.evaluate(PLACE)
        nodes.append(page.evaluate(COUNT))
    assert len(heights) > 6
    assert max(heights) <= HEIGHT
    assert max(nodes) <= NODES
