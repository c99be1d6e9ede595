"""Work that takes time: it starts, stops, and never holds the reader who goes elsewhere."""

import re

from playwright.sync_api import expect

from study.words import app_words

from .driver import LESSONS, SLOW, T5, act, all_drawn, card, drawn, idle, redraws, slider, start, titled, visit, widget

EN, ZH = app_words("en"), app_words("zh")


def origin(page, demo):
    """Where the numbers on a card come from."""
    return card(page, demo).locator(".lf-origin")


def rested(page, demo):
    """How often a figure was drawn, once it rests: what had come before the stop may still be drawn."""
    for _ in range(20):
        before = drawn(page, demo)
        page.wait_for_timeout(1500)
        if drawn(page, demo) == before:
            break
    return drawn(page, demo)


def test_work_starts_stops_and_ends_when_the_reader_leaves(t5):
    page = t5()
    go = widget(page, f"{T5}.race._go").locator("button")
    expect(origin(page, "race")).to_have_text(EN("origins.stored"))
    expect(go).to_contain_text(EN("start"))
    go.click()
    expect(origin(page, "race")).to_have_text(EN("origins.timed"), timeout=SLOW)
    idle(page)
    expect(go).to_contain_text(EN("start"))

    go, figure = widget(page, f"{T5}.train_live._go").locator("button"), card(page, "train_live").locator(".lf")
    start(go, EN("stop"))
    expect(figure).to_have_attribute("data-drawn", re.compile(r"^([3-9]|\d\d)"), timeout=SLOW)
    go.click()
    expect(go).to_contain_text(EN("start"))
    idle(page)
    seen = rested(page, "train_live")
    with redraws(page, "scaling"):  # time passes; nothing of the stopped work arrives
        slider(page, f"{T5}.scaling.d_k").press("ArrowRight")
    assert drawn(page, "train_live") == seen

    start(go, EN("stop"))
    visit(page, 0)
    titled(page, EN("name"))
    idle(page)
    visit(page, T5)
    all_drawn(page, LESSONS[T5])
    expect(go).to_contain_text(EN("start"))
    expect(origin(page, "train_live")).to_have_text(EN("origins.stored"))


def test_the_stored_run_gives_way_to_the_reader_s_and_that_to_the_next_on_the_same_place(t5):
    page = t5(f"{T5}.train_live.kind=scaled_dot")
    live, go = card(page, "train_live"), widget(page, f"{T5}.train_live._go").locator("button")
    names, height = live.locator(".lf-legend").first.locator("bdi"), live.evaluate("card => card.offsetHeight")
    expect(live.locator(".lf-stored .lf-numbers")).to_contain_text("100%")
    go.click()
    expect(origin(page, "train_live")).to_have_text(EN("origins.trained_here"), timeout=SLOW)
    expect(live.locator(".lf-stored")).to_have_count(0)
    assert live.evaluate("card => card.offsetHeight") == height  # while it runs
    expect(go).to_contain_text(EN("start"), timeout=90_000)
    live.locator("[data-preset=faster]").click()
    kinds = LESSONS[T5].demo_words("en", "train_live")
    before, now = kinds("options.kind.scaled_dot"), kinds("options.kind.dot")
    expect(names.first).to_contain_text(before, timeout=SLOW)
    expect(names.nth(1)).to_contain_text(now)  # stored, until it is run here
    expect(origin(page, "train_live")).to_have_text(EN("origins.stored"))
    assert live.evaluate("card => card.offsetHeight") == height
    act(page, "train_live", "reset").click()
    expect(names).to_have_count(2, timeout=SLOW)  # the stored curve and the level to compare with
    expect(names.first).not_to_contain_text(before)


def test_training_goes_on_through_a_language_switch_to_its_end(t5):
    page = t5(f"{T5}.train_live.d_k=8")
    live, go = card(page, "train_live"), widget(page, f"{T5}.train_live._go").locator("button")
    steps = "plot => plot.calcdata[0].at(-1).x"  # where the newest curve ends
    live.scroll_into_view_if_needed()
    stored = live.locator(".js-plotly-plot").first.evaluate(steps)
    start(go, EN("stop"))
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, LESSONS[T5].title("zh"))
    expect(go).to_contain_text(ZH("start"), timeout=90_000)
    idle(page)
    expect(page.locator("[data-testid=stException], [data-testid=stAlertContentError]")).to_have_count(0)
    expect(live.locator("[data-testid=stProgress]")).to_have_count(0)
    expect(origin(page, "train_live")).to_have_text(ZH("origins.trained_here"))
    assert live.locator(".js-plotly-plot").first.evaluate(steps) == stored


def test_a_reader_who_leaves_while_it_trains_gets_there(t5):
    page = t5()
    go = widget(page, f"{T5}.train_live._go").locator("button")
    for wait in range(0, 400, 100):  # ms: other places of a step of the training
        start(go, EN("stop"))
        page.wait_for_timeout(wait)
        visit(page, 0)
        titled(page, EN("name"))
        idle(page)
        visit(page, T5)
        all_drawn(page, LESSONS[T5])
