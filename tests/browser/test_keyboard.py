"""By keyboard alone: all that can be worked on a lesson's page is reached, and where the focus is can be seen."""

from playwright.sync_api import Page, expect

from study.words import app_words

from .driver import LESSONS, T5, all_drawn, card, listening

EN = app_words("en")
#: What has the focus: its kind, and whether that can be seen on it or on what is drawn around it.
FOCUS = """() => {
  const n = document.activeElement;
  if (!n || n === document.body) return ["body", true, ""];
  const kinds = {
    chip: ".lf-chip", tab: ".lf-tab", link: ".lf-act", figure: ".lf-body", slider: "input[type=range]",
    answer: ".answer textarea", sentence: ".sentence input", quiz: "[class*=st-key-quiz_] input",
    option: "[data-testid=stButtonGroup] *", search: ".st-key-side_search input", page: ".st-key-pages a",
    fold: "summary", skip: "[data-testid=stSkipToContent]",
  };
  const kind = Object.entries(kinds).find(([, selector]) => n.matches(selector))?.[0] ?? n.tagName;
  const seen = (m) => {
    const s = getComputedStyle(m), ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
    return ring || s.boxShadow !== "none";
  };
  const up = n.parentElement, around = [n, up, up?.parentElement, n.nextElementSibling, up?.firstElementChild];
  const typed = n.matches("textarea, input[type=text]");  // the caret shows where one is
  return [kind, typed || around.some((m) => m && seen(m)), n.outerHTML.slice(0, 140)];
}"""
WANTED = {"skip", "search", "page", "sentence", "slider", "tab", "chip", "figure", "link", "fold", "quiz", "answer"}
MOST = 400  # presses of Tab


def walk(page: Page, wanted: set[str]) -> tuple[set[str], list[str]]:
    """Presses Tab until all kinds were met; the kinds, and elements on which the focus is not seen."""
    met, unseen = set(), []
    for _ in range(MOST):
        page.keyboard.press("Tab")
        kind, seen, html = page.evaluate(FOCUS)
        met.add(kind)
        if not seen:
            unseen.append(html)
        if wanted <= met:
            break
    return met, unseen


def test_tab_reaches_everything_and_is_seen(open_page):
    page = open_page(f"/{T5}")
    listening(page)
    all_drawn(page, LESSONS[T5])
    page.evaluate(
        "() => { document.activeElement.blur(); document.querySelector('[data-testid=stMain]').scrollTop = 0; }"
    )
    met, unseen = walk(page, WANTED)
    assert WANTED - met == set()
    assert unseen == []


def test_chips_steps_the_quiz_and_the_answer_are_worked_by_keys(open_page):
    page = open_page(f"/{T5}")
    listening(page)
    all_drawn(page, LESSONS[T5])
    chip = card(page, "scaling").locator(".lf-chip").nth(2)
    chip.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "true")
    tab = card(page, "step_by_step").locator(".lf-tab[tabindex='0']")
    before = tab.get_attribute("data-step")
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(card(page, "step_by_step").locator(".lf")).not_to_have_attribute("data-step", before)
    choice = page.locator(".st-key-quiz_0 input").first
    choice.focus()
    page.keyboard.press("Space")
    said = page.locator(".st-key-quiz_0")
    expect(said.get_by_text(EN("quiz.right")).or_(said.get_by_text(EN("quiz.wrong"))).first).to_be_visible()
    page.evaluate("document.querySelector('.st-key-answer h2').scrollIntoView()")
    area = page.locator(".answer textarea")
    area.focus()
    page.keyboard.type("by keys")
    page.keyboard.press("Tab")  # a box of text is no trap
    expect(area).not_to_be_focused()
    expect(area).to_have_value("by keys")
    area.fill("")
