"""What a note brings beside its text: folds, terms, links between lessons, the project's own source."""

import re

import pytest
from playwright.sync_api import expect

from study.glossary import glossary
from study.note_text import TERM, pieces
from study.notes import codes, lessons
from study.source import source
from study.words import app_words

from .driver import card, idle, listening

#: Demos that wait behind a fold.
FOLDED = [
    (lesson, inner.text)
    for lesson in lessons
    for _, body in lesson.sections("en")
    for piece in pieces(body)
    for inner in piece.inside
    if inner.kind == "demo"
]


def test_a_link_to_a_demo_in_a_fold_opens_the_fold(open_page):
    lesson, demo = FOLDED[0]
    page = open_page(f"/{lesson.stem}#{demo}")
    figure = card(page, demo).locator(".lf").or_(page.locator(f".st-key-{lesson.stem}-{demo}-_go")).first
    expect(figure).to_be_visible(timeout=30_000)
    expect(page.locator("details:not([open])", has=card(page, demo))).to_have_count(0)


def test_a_fold_opens_and_closes_by_keyboard(open_page):
    lesson, demo = FOLDED[0]
    page = open_page(f"/{lesson.stem}")
    listening(page)
    fold = page.locator("[class*=fold_] details", has=page.locator(f"#{demo}"))
    assert fold.get_attribute("open") is None
    for is_open in (True, False):
        fold.locator("summary").first.focus()  # others may stand in it
        page.keyboard.press("Enter")
        expect(card(page, demo)).to_be_visible() if is_open else expect(card(page, demo)).to_be_hidden()


def test_a_term_says_what_it_is_and_leads_to_the_glossary(open_page):
    lesson = next(le for le in lessons if any(TERM.search(body) for _, body in le.sections("en")))
    name = next(mark[1] for _, body in lesson.sections("en") for mark in TERM.finditer(body))
    page = open_page(f"/{lesson.stem}")
    listening(page)
    link = page.locator(f".st-key-page a[href$='glossary#{name}']").first
    assert link.get_attribute("title")
    link.click()
    expect(page.locator("h1")).to_have_text([app_words("en")("pages.glossary")])
    expect(page.locator(f"[id='{name}']")).to_be_in_viewport()
    page.go_back()
    expect(page.locator("h1")).to_have_text([lesson.title("en")])


@pytest.mark.parametrize(("lang", "locale"), [("en", "en-US"), ("zh", "zh-CN")])
def test_the_glossary_is_searched_in_both_languages(open_page, lang, locale):
    page = open_page("/glossary", locale=locale)
    listening(page)
    entries = glossary(lang)
    expect(page.locator(".st-key-page h2")).to_have_count(len(entries))
    entry = entries["query"]
    for typed in (entry.term, entry.others[0]):
        page.locator(".st-key-terms input").fill(typed)
        expect(page.locator(".st-key-note_term_query")).to_be_visible()
        page.wait_for_function("n => document.querySelectorAll('.st-key-page h2').length < n", arg=len(entries))
    page.locator(".st-key-terms input").fill("<b>🙂\u202e $x")
    expect(page.locator(".st-key-page h2")).to_have_count(0)
    assert "🙂" in page.locator(".st-key-page").inner_text()


@pytest.mark.parametrize("asked", ["", "?file=/etc/passwd", "?file=../pyproject.toml", "?file=study/words.py"])
def test_only_files_that_a_note_quotes_are_shown(open_page, asked):
    page = open_page(f"/source{asked}")
    idle(page)
    paths = sorted({source(name).path for lesson in lessons for name in codes(lesson, "en")})
    expect(page.locator(".st-key-page input").first).to_have_value(paths[0])


def test_the_source_that_a_note_shows_is_that_of_the_file(open_page):
    lesson = next(le for le in lessons if codes(le, "en"))
    name = codes(lesson, "en")[0]
    page = open_page(f"/{lesson.stem}")
    quoted = page.locator("[class*=st-key-code_]").first
    first = source(name).code.splitlines()[0]
    expect(quoted.locator("code")).to_contain_text(first)
    page.goto(re.sub(r"/[^/]*$", "/", page.url) + quoted.locator("a").get_attribute("href"))
    expect(page.locator("code")).to_contain_text(first)


def test_a_link_to_another_lesson_keeps_the_session(open_page):
    lesson, other = next(
        (le, to[1])
        for le in lessons
        for _, body in le.sections("en")
        if (to := re.search(r"\]\(([tb]\d_\w+)\)", body)) and to[1] != le.stem
    )
    page = open_page(f"/{lesson.stem}", locale="zh-CN")
    listening(page)
    page.locator(".st-key-_lang button", has_text="English").click()
    expect(page.locator("h1")).to_have_text([lesson.title("en")])
    page.locator(f".st-key-page [class*=st-key-note_] a[href$='{other}']").first.click()
    expect(page.locator("h1")).to_have_text([next(le for le in lessons if le.stem == other).title("en")])
    assert len(page.context.pages) == 1
