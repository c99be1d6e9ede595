"""Every page in both languages and both themes, wide and narrow: complete, readable, nothing hangs over the edge."""

import re

import pytest
from playwright.sync_api import Page, expect

from study.notes import lessons
from study.words import Words, app_words, languages

from . import axe
from .driver import all_drawn, idle, listening, resize, titled
from .heights import SIZES, too_high
from .wall import too_small

LOCALES = {"zh": "zh-CN", "en": "en-US"}

#: Note text without formulas and code: a star, a dollar or a TeX command that is still there was not rendered.
UNRENDERED = r"""() => [...document.querySelectorAll(".st-key-page .stMarkdown, .st-key-page label")].flatMap(node => {
  const copy = node.cloneNode(true);
  copy.querySelectorAll(".katex, code, pre").forEach(n => n.remove());
  const text = copy.textContent;
  return /\*\*|\$|\\[a-zA-Z]+|<!--/.test(text) ? [text.slice(0, 160)] : [];
})"""

BROKEN = "() => [...document.images].filter(n => n.complete && !n.naturalWidth).map(n => n.src)"

#: What is wider than the page, or hangs over its right edge outside of a box that scrolls.
OVERHANG = """() => {
  const main = document.querySelector(".stMain"), edge = main.getBoundingClientRect().left + main.clientWidth, out = [];
  if (main.scrollWidth - main.clientWidth > 1) out.push(`stMain scrolls: ${main.scrollWidth} > ${main.clientWidth}`);
  const scrolls = (n) => /auto|scroll/.test(getComputedStyle(n).overflowX);
  for (const n of document.querySelectorAll(".st-key-page *")) {
    if (!(n instanceof HTMLElement) || n.closest(".katex-mathml, svg")) continue;
    const box = n.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || box.right <= edge + 1) continue;
    let up = n.parentElement;
    const unseen = (n) => n.offsetWidth <= 1 && getComputedStyle(n).overflowX === "hidden";  // for screen readers
    while (up && !up.matches(".st-key-page") && !scrolls(up) && !unseen(up)) up = up.parentElement;
    if (up && !up.matches(".st-key-page")) continue;
    const where = n.closest("[class*=st-key-card_], [class*=st-key-note_], [class*=st-key-quiz_]");
    out.push(`${n.tagName}.${n.className}`.slice(0, 60) + ` to ${Math.round(box.right)} of ${edge} in ` +
      (where ? where.className.match(/st-key-\\w+/)[0] : "?"));
  }
  return out.slice(0, 6);
}"""


def quiet(page: Page, script: str, what: str) -> None:
    """Waits until `script` finds nothing to complain about."""
    found: list[str] = []
    for _ in range(20):
        found = page.evaluate(script)
        if not found:
            return
        page.wait_for_timeout(150)  # figures follow a new width
    raise AssertionError(f"{what}: " + " | ".join(found))


def texts(words: Words) -> dict[str, str]:
    """Every text of the app's own words by its path."""

    def walk(node, path):
        if isinstance(node, dict):
            for key, inner in node.items():
                yield from walk(inner, f"{path}.{key}" if path else str(key))
        else:
            yield path, str(node)

    return dict(walk(words.texts, ""))


def foreign(lang: str) -> list[re.Pattern]:
    """The other languages' interface texts, as whole lines; longer ones anywhere in a line."""
    own, found = texts(app_words(lang)), []
    for other in set(languages()) - {lang}:
        for path, text in texts(app_words(other)).items():
            if text == own.get(path) or path == "language" or not re.search(r"\w{2}", re.sub(r"\{\w+\}", "", text)):
                continue
            pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(text.replace("**", "")))
            found.append(re.compile(pattern if " " in text and len(text) > 10 else rf"\s*{pattern}\s*$"))
    return found


LOOKS = [("en", "light"), ("zh", "dark"), ("zh", "light"), ("en", "dark")]


# Both languages and both themes, each in one visit for all that is only looked at: to draw a page takes longest.
@pytest.mark.parametrize(("lang", "scheme"), LOOKS[:2])
@pytest.mark.parametrize("lesson", lessons, ids=lambda le: le.stem)
def test_lesson(open_page, lesson, lang, scheme):
    page = open_page(f"/{lesson.stem}", locale=LOCALES[lang], scheme=scheme, size=SIZES["wide"])
    all_drawn(page, lesson)
    complete(page, lesson.title(lang), lang, scheme)
    for size in SIZES:
        assert too_high(page, size) == {}, size
        quiet(page, OVERHANG, size)
    resize(page, axe.SIZE)
    idle(page)
    assert axe.findings(page) == []
    if lessons.index(lesson) % 2 == (lang == "zh"):  # a wall takes seconds: every second lesson in the other language
        assert too_small(page, lesson.demos) == {}


@pytest.mark.parametrize(("lang", "scheme"), LOOKS)
def test_home(open_page, lang, scheme):
    page = open_page("/", locale=LOCALES[lang], scheme=scheme, size=SIZES["wide"])
    expect(page.locator(".st-key-note_home")).to_be_visible()
    idle(page)
    complete(page, app_words(lang)("name"), lang, scheme)
    fits(page)


@pytest.mark.parametrize(("lang", "scheme"), LOOKS[:2])
def test_workbook(open_page, lang, scheme):
    page = open_page("/workbook", locale=LOCALES[lang], scheme=scheme, size=SIZES["wide"])
    listening(page)
    complete(page, app_words(lang)("pages.workbook"), lang, scheme)
    fits(page)
    resize(page, axe.SIZE)
    assert axe.findings(page) == []


@pytest.mark.parametrize(("lang", "scheme"), LOOKS[:2])
def test_lecture(open_page, lang, scheme):
    show = "t5_attention.scaling:d_k=128,b3_wordpiece"
    page = open_page(f"/lecture?show={show}", locale=LOCALES[lang], scheme=scheme, size=SIZES["wide"])
    listening(page)
    expect(page.locator(".lf[data-drawn]")).to_be_attached()
    complete(page, app_words(lang)("pages.lecture"), lang, scheme)
    fits(page)
    resize(page, axe.SIZE)
    assert axe.findings(page) == []


def fits(page: Page) -> None:
    """In every size nothing hangs over."""
    for name, size in SIZES.items():
        resize(page, size)
        idle(page)
        quiet(page, OVERHANG, name)


def complete(page: Page, title: str, lang: str, scheme: str) -> None:
    """Title, language and theme are right, nothing is broken or left as markup, no text is in another language."""
    expect(page.locator("html")).to_have_attribute("lang", LOCALES[lang] if lang == "zh" else lang)
    titled(page, title)
    for bad in (
        ".katex-error",
        "[data-testid=stException]",
        "[data-testid=stAlertContentError]",
        ".lf-note-error",
        ".lf-failed",
    ):
        expect(page.locator(bad)).to_have_count(0)
    assert page.evaluate(UNRENDERED) == []
    assert page.evaluate(BROKEN) == []

    lines = page.locator(".st-key-page").inner_text().splitlines()
    lines += page.locator("[data-testid=stSidebar]").inner_text().splitlines()
    formulas = {line for text in page.locator(".katex").all_inner_texts() for line in text.splitlines()}
    lines = [line for line in lines if line not in formulas]  # an operator's name is the same in every language
    assert [line for line in lines for pattern in foreign(lang) if pattern.match(line)] == []

    shown = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    dark = sum(map(int, re.findall(r"\d+", shown)[:3])) < 3 * 128
    assert dark == (scheme == "dark"), shown


@pytest.mark.parametrize(("locale", "lang"), [("zh-CN", "zh"), ("zh-TW", "zh"), ("en-US", "en"), ("fr-FR", "en")])
def test_language_follows_the_browser(open_page, locale, lang):
    page = open_page("/", locale=locale)
    titled(page, app_words(lang)("name"))


def test_the_home_page_leads_to_every_lesson(open_page):
    page = open_page("/")
    for lesson in lessons:
        expect(page.locator(f".st-key-small_{lesson.stem} a[href$={lesson.stem}]")).to_be_visible()
    page.locator(f".st-key-small_{lessons[0].stem} a").click()
    titled(page, lessons[0].title("en"))
