"""Work that takes time: it starts, stops, and never holds the reader who goes elsewhere."""

import re

from playwright.sync_api import expect

from study.notes import app_words

from .driver import LESSONS, SLOW, T5, all_drawn, card, drawn, idle, redraws, slider, titled, visit, widget

EN, ZH = app_words("en"), app_words("zh")


def test_work_starts_stops_and_ends_when_the_reader_leaves(t5):
    page = t5()
    go = widget(page, f"{T5}.race._go").locator("button")
    expect(card(page, "race").locator(".lf")).to_have_count(0)
    expect(go).to_contain_text(EN("start"))
    go.click()
    expect(card(page, "race").locator(".lf[data-drawn]")).to_be_visible(timeout=SLOW)
    idle(page)
    expect(go).to_contain_text(EN("start"))

    go, figure = widget(page, f"{T5}.train_live._go").locator("button"), card(page, "train_live").locator(".lf")
    go.click()
    expect(go).to_contain_text(EN("stop"))
    expect(figure).to_have_attribute("data-drawn", re.compile(r"^([3-9]|\d\d)"), timeout=SLOW)
    go.click()
    expect(go).to_contain_text(EN("start"))
    idle(page)
    page.wait_for_timeout(1000)  # a figure that had come before the stop may still be drawn
    seen = drawn(page, "train_live")
    with redraws(page, "scaling"):  # time passes; nothing of the stopped work arrives
        slider(page, f"{T5}.scaling.d_k").press("ArrowRight")
    assert drawn(page, "train_live") == seen

    go.click()
    expect(go).to_contain_text(EN("stop"))
    visit(page, 0)
    titled(page, EN("name"))
    idle(page)
    visit(page, T5)
    all_drawn(page, LESSONS[T5])
    expect(go).to_contain_text(EN("start"))
    expect(figure).to_have_count(0)


def test_training_goes_on_through_a_language_switch_to_its_end(t5):
    page = t5(f"{T5}.train_live.d_k=8")
    go = widget(page, f"{T5}.train_live._go").locator("button")
    go.click()
    expect(go).to_contain_text(EN("stop"))
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, LESSONS[T5].title("zh"))
    expect(go).to_contain_text(re.compile(f"{ZH('start')}|{ZH('stop')}"))
    expect(page.locator("[data-testid=stException], [data-testid=stAlertContentError]")).to_have_count(0)
    expect(go).to_contain_text(ZH("start"), timeout=90_000)
    idle(page)
    expect(card(page, "train_live").locator("[data-testid=stProgress]")).to_have_count(0)
    assert drawn(page, "train_live") >= 1


def test_a_reader_who_leaves_while_it_trains_gets_there(t5):
    page = t5()
    go = widget(page, f"{T5}.train_live._go").locator("button")
    for wait in range(0, 400, 50):  # ms: other places of a step of the training
        go.click()
        expect(go).to_contain_text(EN("stop"))
        page.wait_for_timeout(wait)
        visit(page, 0)
        titled(page, EN("name"))
        idle(page)
        visit(page, T5)
        all_drawn(page, LESSONS[T5])
