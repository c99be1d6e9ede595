"""A table of numbers is edited in place: the link, the figure, another language, another page, reset."""

import contextlib

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from .driver import LESSONS, act, all_drawn, card, idle, listening, redraws, titled

LESSON = LESSONS["b6_glue"]
DEMO, NAME = "correlation", "b6_glue.correlation.scores"
HEADER, ROW = 36, 30  # px


def type_into(page: Page, row: int, col: int, text: str) -> None:
    """Opens a cell of the two columns and types over it. A table that is being replaced (by a reset, say) does not open
    its cells: then the new one is clicked.
    """
    table = card(page, DEMO).locator("[data-testid=stDataFrame] .dvn-scroller").first
    editor = page.locator(".gdg-input")
    for _ in range(5):
        table.scroll_into_view_if_needed()
        width = table.bounding_box()["width"]
        table.click(position={"x": width * (0.25 + 0.5 * col), "y": HEADER + ROW * (row + 0.5)})
        page.keyboard.press("Enter")
        with contextlib.suppress(TimeoutError):
            editor.wait_for(timeout=3000)
            break
    editor.fill(text)
    page.keyboard.press("Enter")


def in_link(page: Page, expected: str | None) -> None:
    script = "([name, wanted]) => new URLSearchParams(location.search).get(name) === wanted"
    page.wait_for_function(script, arg=[NAME, expected])
    idle(page)


@pytest.fixture
def page(open_page) -> Page:
    page = open_page(f"/b6_glue?{NAME}=1,1;2,3;3,2")
    all_drawn(page, LESSON)
    return page


def test_cells_are_typed_over_and_everything_follows(page):
    with redraws(page, DEMO):
        type_into(page, 1, 1, "2.5")
    in_link(page, "1,1;2,2.5;3,2")
    type_into(page, 3, 0, "4")  # a new row, half of it: told, and left out
    in_link(page, "1,1;2,2.5;3,2;4,")
    expect(card(page, DEMO).locator(".lf-note")).to_contain_text("1 ")
    type_into(page, 3, 1, "5")
    in_link(page, "1,1;2,2.5;3,2;4,5")
    expect(card(page, DEMO).locator(".lf-note")).to_have_count(0)

    page.get_by_text("中文", exact=True).click()
    titled(page, LESSON.title("zh"))
    in_link(page, "1,1;2,2.5;3,2;4,5")
    links = page.locator(".st-key-pages [data-testid=stPageLink] a")
    links.first.click()
    expect(page.locator(".st-key-note_home")).to_be_visible()
    links.and_(page.locator("[href$=b6_glue]")).click()
    all_drawn(page, LESSON)
    in_link(page, "1,1;2,2.5;3,2;4,5")
    type_into(page, 0, 0, "9")
    in_link(page, "9,1;2,2.5;3,2;4,5")

    act(page, DEMO, "reset").click()
    in_link(page, None)
    type_into(page, 7, 1, "3")
    in_link(page, "5,4.6;4.2,4.4;3.8,3.1;3,3.4;2.4,1.5;1.6,2.2;0.8,0.9;0,3")


def test_arrow_keys_stay_in_the_table(page):
    listening(page)
    type_into(page, 0, 0, "7")
    in_link(page, "7,1;2,3;3,2")
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    page.wait_for_timeout(500)
    titled(page, LESSON.title("en"))


def test_an_empty_table_says_what_to_do(open_page):
    page = open_page(f"/b6_glue?{NAME}=#{DEMO}")
    expect(card(page, DEMO).locator(".lf-note")).to_be_visible()
    expect(card(page, DEMO).locator("canvas").first).to_be_visible()
    type_into(page, 0, 0, "1")
    in_link(page, "1,")


def test_numbers_are_read_as_people_type_them(page):
    with redraws(page, DEMO):
        type_into(page, 1, 1, "4,25")
    in_link(page, "1,1;2,4.25;3,2")
    type_into(page, 0, 0, "１２")
    in_link(page, "12,1;2,4.25;3,2")
    type_into(page, 2, 0, "three")  # no number: said, and counted as empty
    in_link(page, "12,1;2,4.25;,2")
    said = card(page, DEMO).locator("[data-testid=stAlert]")
    expect(said.filter(has_text="three")).to_have_count(1)
    type_into(page, 2, 0, "3")
    in_link(page, "12,1;2,4.25;3,2")
    expect(said.filter(has_text="three")).to_have_count(0)
    type_into(page, 2, 1, "99999")  # outside the table's range: said, too
    expect(said.filter(has_text="99999")).to_have_count(1)


def test_a_cell_typed_over_key_by_key_keeps_every_key(page):
    """Without opening the cell first, as people do; the first edit after loading is the hardest."""
    table = card(page, DEMO).locator("[data-testid=stDataFrame] .dvn-scroller").first
    table.scroll_into_view_if_needed()
    width = table.bounding_box()["width"]
    for row, pace, text in ((0, 60, "4.25"), (1, 200, "-2.5"), (2, 700, "1.125")):
        table.click(position={"x": width * 0.75, "y": HEADER + ROW * (row + 0.5)})
        page.keyboard.type(text, delay=pace)
        page.keyboard.press("Enter")
    in_link(page, "1,4.25;2,-2.5;3,1.125")
