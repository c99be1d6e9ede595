"""What a reader does on a lesson page, and what must come of it. T5 has every kind of control; T2 stands beside it."""

import csv
import io
import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from study.demo import demos
from study.map import in_order
from study.notes import lessons
from study.words import app_words

from .driver import (
    LESSONS,
    SLOW,
    T5,
    act,
    all_drawn,
    at,
    box,
    card,
    cell,
    drawn,
    idle,
    listening,
    panel,
    redraws,
    slider,
    step,
    titled,
    visit,
    widget,
)

T2 = "t2_layer_vs_batch_norm"
SCORES = 0  # the first view of that step of step_by_step
EN, ZH = app_words("en"), app_words("zh")
OWN = "a cat sees a dog"


def default(key: str, steps: int = 0) -> str:
    """What a slider of T5 shows at its default, or so many steps above it."""
    demo, name = key.split(".")
    param = next(p for p in demos(T5)[demo].params if p.name == name)
    ladder = param.control.ladder if param.control.scale == "log" else [param.default]
    return param.control.text(ladder[ladder.index(param.default) + steps])


def expect_query(page: Page, **wanted: str | None) -> None:
    """Waits until the URL has these parameters of T5 (None: has not); `__` stands for a dot."""
    names = {key: f"{T5}.{key.replace('__', '.')}" for key in wanted}
    found = {}
    for _ in range(100):
        query = parse_qs(urlsplit(page.url).query, keep_blank_values=True)
        found = {key: query.get(name, [None])[0] for key, name in names.items()}
        if found == wanted:
            return
        page.wait_for_timeout(100)
    assert found == wanted


def expect_value(page: Page, key: str, text: str) -> None:
    expect(slider(page, f"{T5}.{key}")).to_have_attribute("aria-valuetext", text)


def large(page: Page) -> list[str]:
    """The dot product of the chosen cell, that of the swapped one and the weight, as they are shown."""
    return card(page, "step_by_step").locator(".lf-numbers dd").all_inner_texts()


def notices(page: Page, demo: str):
    """The sentences about what was typed, above the figure."""
    return card(page, demo).locator(".lf-note")


# --- (a) a control moves its own figure only --------------------------------------------------------------------------
def test_a_control_redraws_its_own_figure_in_place(t5):
    page = t5()
    slider(page, f"{T5}.scaling.d_k").focus()
    page.wait_for_timeout(1000)  # what came near the screen has been drawn again
    others = {name: drawn(page, name) for name in ("step_by_step", "additive_vs_dot", "real_heads")}
    page.evaluate("document.querySelectorAll('.st-key-card_scaling .lf-body').forEach(n => { n.__mark = 1; })")
    with redraws(page, "scaling"):
        page.keyboard.press("ArrowRight")
    expect_query(page, scaling__d_k=default("scaling.d_k", 1))
    kept = "[...document.querySelectorAll('.st-key-card_scaling .lf-body')].map(n => n.__mark === 1 && n.isConnected)"
    assert page.evaluate(kept) == [True]
    assert {name: drawn(page, name) for name in others} == others
    expect(slider(page, f"{T5}.scaling.d_k")).to_be_focused()


# --- (b) links --------------------------------------------------------------------------------------------------------
def test_a_deep_link_is_the_first_request_to_a_fresh_server(open_page, fresh_server):
    page = open_page(f"/{T5}?{T5}.scaling.d_k=128", base=fresh_server())
    all_drawn(page, LESSONS[T5])
    titled(page, LESSONS[T5].title("en"))
    expect_value(page, "scaling.d_k", "128")
    expect_query(page, scaling__d_k="128")
    checks = card(page, "scaling").locator(".st-key-small_scaling")
    checks.locator("summary").click()
    expect(checks).to_contain_text(" 128")  # the claim's expected value


def test_bad_values_in_a_link_are_mended_and_told(t5):
    bad = {
        "scaling.d_k": ("99999", "512"),
        "scaling.n_keys": ("banana", None),
        "additive_vs_dot.d_k": ("-3", "1"),
        "additive_vs_dot.d_hidden": ("nan", None),
        "additive_vs_dot.size": ("1e999", None),
        "retrieval.angle": ("", None),
    }  # what the link says; the nearest valid value, or None for the default
    hostile = {"a.b": "1", "step_by_step.source": "<script>", "step_by_step.cell": "9", "step_by_step.causal": "2"}
    given = {key: raw for key, (raw, _) in bad.items()} | hostile
    page = t5("&".join(f"{T5}.{key}={raw}" for key, raw in given.items()) + "&x=%00")
    for key, (_, mended) in bad.items():
        expect_value(page, key, mended or default(key))
    for demo in ("scaling", "additive_vs_dot", "retrieval", "step_by_step"):
        expect(notices(page, demo), demo).to_have_count(1)
        expect(notices(page, demo)).to_contain_text(EN("link_mended", controls="").strip())
    for key in bad:
        demo, control = key.split(".")
        label = LESSONS[T5].demo_words("en", demo)(f"controls.{control}")
        expect(notices(page, demo), key).to_contain_text(re.split("[$_]", label)[0].strip())
    expect_query(page, scaling__d_k="512", scaling__n_keys=None, additive_vs_dot__d_k="1", retrieval__angle=None)


# --- (c) copy link ----------------------------------------------------------------------------------------------------
def test_a_copied_link_restores_every_control_for_someone_else(t5):
    page = t5()
    with redraws(page, "step_by_step"):
        box(page, f"{T5}.step_by_step.sentence").fill(OWN)
    expect_query(page, sentence=OWN)
    wider = default("step_by_step.d_k", 1)
    with redraws(page, "step_by_step"):
        slider(page, f"{T5}.step_by_step.d_k").press("ArrowRight")
    step(page, "step_by_step", "scores")
    with redraws(page, "step_by_step"):
        cell(page, "step_by_step", SCORES, (3, 1), (5, 5))
    expect_query(page, step_by_step__d_k=wider, step_by_step__cell="3-1")
    copy = act(page, "step_by_step", "copy")
    copy.click()
    expect(copy).to_have_text(EN("copied"))
    link = page.evaluate("navigator.clipboard.readText()")

    other = t5(urlsplit(link).query, locale="zh-CN")
    assert urlsplit(link).path == f"/{T5}"
    expect(box(other, f"{T5}.step_by_step.sentence")).to_have_value(OWN)
    expect(box(other, f"{T5}.real_heads.sentence")).to_have_value(OWN)
    expect_value(other, "step_by_step.d_k", wider)
    expect_query(other, step_by_step__cell="3-1")
    expect(card(other, "step_by_step").locator(".lf[data-step='scores']")).to_be_visible()
    assert large(other) == large(page)


# --- (d) language -----------------------------------------------------------------------------------------------------
def test_the_language_switch_keeps_page_controls_and_sentence(t5, open_page):
    page = t5(f"{T5}.scaling.d_k=128&{T5}.sentence={quote(OWN)}")
    page.get_by_text(ZH("language"), exact=True).click()
    titled(page, LESSONS[T5].title("zh"))
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    all_drawn(page, LESSONS[T5])
    expect_value(page, "scaling.d_k", "128")
    expect(box(page, f"{T5}.step_by_step.sentence")).to_have_value(OWN)
    expect_query(page, scaling__d_k="128", sentence=OWN)

    again = open_page("/", context=page.context)  # the browser still says en-US
    titled(again, ZH("name"))


# --- (e) the sentence -------------------------------------------------------------------------------------------------
def test_a_sentence_typed_once_serves_every_demo_of_the_lesson(t5):
    page = t5()
    numbers = "document.querySelector('.st-key-card_additive_vs_dot .lf').__state.text"  # the names of its drawings
    untouched = page.evaluate(numbers)
    with redraws(page, "step_by_step"):
        box(page, f"{T5}.step_by_step.sentence").press("End")
        box(page, f"{T5}.step_by_step.sentence").press_sequentially(" Yes", delay=30)  # followed while it is typed
    typed = box(page, f"{T5}.step_by_step.sentence").input_value()
    assert typed.endswith("Yes")
    expect(box(page, f"{T5}.real_heads.sentence")).to_have_value(typed)
    card(page, "real_heads").scroll_into_view_if_needed()  # far from the screen nothing is drawn
    expect(panel(page, "real_heads", 1).locator(".ytick")).to_have_count(17)
    expect(panel(page, "real_heads", 1).locator(".ytick", has_text="yes")).to_have_count(1)
    with redraws(page, "real_heads"):
        box(page, f"{T5}.real_heads.sentence").fill(OWN)
    expect(box(page, f"{T5}.step_by_step.sentence")).to_have_value(OWN)
    assert untouched and page.evaluate(numbers) == untouched


# --- (f) hostile text -------------------------------------------------------------------------------------------------
LONG = "words and more " * 667  # 10,005 characters
TYPED = {
    "long": (LONG, "too_many_characters"),
    "empty": ("", "empty"),
    "blank": (" \u200b\u3000 ", "empty"),
    "many tokens": ("a b c d e f g h " * 8, "too_many_tokens"),
    "script": ("<script>alert(1)</script>", None),
    "emoji and controls": ("🙂👩‍👩‍👧 \u0007\u001b[31m e\u0301 \u202eabc", None),
    "markdown": ("![x](http://a.example/a.png) **b** :red[r]", None),
    "link": ("[x](http://a.example)", None),
    "formula": ("$\\frac{1}{0}$ $$ {key} {0}", None),
    "tags": ("<img src=x onerror=alert(2)> %{z} &lt;", None),
}


def test_hostile_text_is_refused_in_words_or_shown_as_it_is(t5):
    page = t5()
    sentence = box(page, f"{T5}.step_by_step.sentence")
    for name, (text, refusal) in TYPED.items():
        sentence.fill(text)
        said = EN(f"refusals.{refusal}", characters=len(text), limit=300, tokens=64) if refusal else None
        for demo in ("step_by_step", "real_heads"):
            if refusal == "too_many_tokens":
                said = EN("refusals.too_many_tokens", tokens="#", limit="#").split("#")[0]
            if said:
                expect(notices(page, demo).filter(has_text=said), name).to_have_count(1)
            else:
                expect(card(page, demo).locator(".lf[data-drawn]"), name).to_be_visible()
        idle(page)
        assert len(page.url) < 1000, name  # a text over 500 characters stays out of the link
        expect(sentence, name).to_have_value(text)  # what was typed stays
        expect(box(page, f"{T5}.real_heads.sentence"), name).to_have_value(text)
        for bad in (
            "[data-testid=stException]",
            "[data-testid=stAlertContentError]",
            ".lf-note-error",
            ".lf-failed",
            ".st-key-page img:not([src^='/live/tex/'], .lf-cell > img)",  # formulas, and the matrices of a grid
        ):
            expect(page.locator(bad), name).to_have_count(0)
        expect(page.locator(".st-key-page a[href*='a.example'], .lf script"), name).to_have_count(0)
    with redraws(page, "scaling"):  # the rest of the page lives
        slider(page, f"{T5}.scaling.d_k").press("ArrowLeft")


# --- (g) arrow keys between lessons -----------------------------------------------------------------------------------
def test_arrow_keys_turn_to_the_neighbours(open_page):
    page, order = open_page("/"), [None, *in_order(lessons)]
    titles = [lesson.title("en") if lesson else EN("name") for lesson in order]
    listening(page)
    expect(page.locator(".st-key-go_next a")).to_have_count(1, timeout=SLOW)  # the page has come to its end
    for title in titles[1:]:
        page.keyboard.press("ArrowRight")
        titled(page, title)
        expect(page.locator(".st-key-go_previous a")).to_have_count(1, timeout=SLOW)  # the left page's is gone
        idle(page)
    page.keyboard.press("ArrowRight")  # the last: nothing
    for title in reversed(titles[:-1]):
        page.keyboard.press("ArrowLeft")
        titled(page, title)
        expect(page.locator(".st-key-go_next a")).to_have_count(1, timeout=SLOW)  # the left page's is gone
        idle(page)


def test_a_link_opened_in_another_tab_leaves_this_page_where_it_is(t5):
    page = t5()
    listening(page)
    with page.context.expect_page() as opened:
        page.locator(f".st-key-pages a[href$={T2}]").click(modifiers=["ControlOrMeta"])
    page.wait_for_timeout(2500)  # longer than a link that was overtaken waits before it is followed again
    titled(page, LESSONS[T5].title("en"))
    titled(opened.value, LESSONS[T2].title("en"))


def test_arrow_keys_stay_with_what_has_the_focus(t5):
    page = t5()
    step(page, "step_by_step", "scores")
    focused = {
        "slider": slider(page, f"{T5}.scaling.d_k"),
        "text box": box(page, f"{T5}.step_by_step.sentence"),
        "segmented control": widget(page, f"{T5}.step_by_step.source").locator("button").first,
        "button": widget(page, f"{T5}.race._go").locator("button"),
        "quiet link": act(page, "scaling", "data"),
        "figure": panel(page, "step_by_step", SCORES),
        "grid": card(page, "real_heads").locator(".lf-cell[tabindex='0']"),
    }
    for name, place in focused.items():
        place.focus()
        for key in ("ArrowLeft", "ArrowRight"):
            page.keyboard.press(key)
        idle(page)
        assert urlsplit(page.url).path == f"/{T5}", name
    page.keyboard.press("Control+ArrowLeft")
    page.locator("h1").click()
    page.keyboard.press("Shift+ArrowLeft")
    idle(page)
    titled(page, LESSONS[T5].title("en"))
    page.keyboard.press("ArrowLeft")  # and now nothing has the focus
    expect(page.locator("h1")).not_to_have_text([LESSONS[T5].title("en")])


# --- (h) (i) picking in a figure --------------------------------------------------------------------------------------
def test_a_cell_is_picked_by_click_and_by_arrow_keys(t5):
    page = t5(f"{T5}.sentence={quote(OWN)}")
    step(page, "step_by_step", "scores")
    before = large(page)
    with redraws(page, "step_by_step"):
        cell(page, "step_by_step", SCORES, (2, 3), (5, 5))
    expect_query(page, step_by_step__cell="2-3")
    lights_row_and_column(page, (2, 3), (5, 5))
    clicked = large(page)
    assert clicked != before
    panel(page, "step_by_step", SCORES).focus()
    with redraws(page, "step_by_step"):
        page.keyboard.press("ArrowRight")
    expect_query(page, step_by_step__cell="2-4")
    assert large(page) != clicked
    page.keyboard.press("ArrowRight")  # the edge holds
    with redraws(page, "step_by_step"):
        page.keyboard.press("ArrowUp")
    expect_query(page, step_by_step__cell="1-4")
    expect(panel(page, "step_by_step", SCORES)).to_be_focused()


def lights_row_and_column(page: Page, chosen: tuple[int, int], shape: tuple[int, int]) -> None:
    """The mouse on a cell lights its row and column, on a name beside the matrix that one's row, elsewhere nothing."""
    area = panel(page, "step_by_step", SCORES).locator(".nsewdrag").first.bounding_box()
    lit = card(page, "step_by_step").locator(".lf-cross")
    height, width = area["height"] / shape[0], area["width"] / shape[1]
    y, x = area["y"] + (chosen[0] + 0.5) * height, area["x"] + (chosen[1] + 0.5) * width
    page.mouse.move(x, y)
    expect(lit).to_have_count(2)
    row, col = (lit.nth(i).bounding_box() for i in range(2))
    assert (row["y"] + row["height"] / 2, row["height"]) == (pytest.approx(y, abs=2), pytest.approx(height, abs=3))
    assert (col["x"] + col["width"] / 2, col["width"]) == (pytest.approx(x, abs=2), pytest.approx(width, abs=3))
    page.mouse.move(area["x"] - 12, y)
    expect(lit).to_have_count(1)
    page.mouse.move(2, 2)
    expect(lit).to_have_count(0)


def test_a_small_panel_picks_layer_and_head(t5):
    page = t5()

    def small(row: int, col: int):
        return card(page, "real_heads").locator(f".lf-cell[data-cell='{row},{col}']")

    chosen = int(default("real_heads.layer")), int(default("real_heads.head"))
    assert chosen != (1, 4)
    expect(small(*chosen)).to_have_attribute("aria-pressed", "true")
    with redraws(page, "real_heads"):
        small(1, 4).click()
    expect_query(page, real_heads__layer="1", real_heads__head="4")
    expect_value(page, "real_heads.layer", "1")
    expect_value(page, "real_heads.head", "4")
    expect(small(1, 4)).to_have_attribute("aria-pressed", "true")
    expect(small(*chosen)).to_have_attribute("aria-pressed", "false")
    with redraws(page, "real_heads"):
        page.keyboard.press("ArrowUp")
    expect_value(page, "real_heads.layer", "0")
    expect_value(page, "real_heads.head", "4")
    expect(small(0, 4)).to_be_focused()


# --- (j) the quiet links ----------------------------------------------------------------------------------------------
def test_reset_brings_the_defaults_back(t5):
    page = t5(f"{T5}.scaling.d_k=128&{T5}.scaling.n_keys=4&{T5}.sentence={quote(OWN)}")
    with redraws(page, "scaling"):
        act(page, "scaling", "reset").click()
    expect_value(page, "scaling.d_k", default("scaling.d_k"))
    expect_value(page, "scaling.n_keys", default("scaling.n_keys"))
    expect_query(page, scaling__d_k=None, scaling__n_keys=None, sentence=OWN)  # what is not this demo's stays
    with redraws(page, "step_by_step"):
        act(page, "step_by_step", "reset").click()
    expect(box(page, f"{T5}.real_heads.sentence")).not_to_have_value(OWN)
    expect_query(page, sentence=None)


def test_data_shows_tables_and_csv(t5):
    page = t5()
    tables = card(page, "additive_vs_dot").locator("[data-testid=stDataFrame]")
    act(page, "additive_vs_dot", "data").click()
    expect(tables).to_have_count(2)
    idle(page)
    with page.expect_download() as waiting:
        widget(page, f"{T5}.additive_vs_dot._csv0").locator("button").click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert (len(head), len(rows)) == (9, 6)
    assert head[1:] == [f"k{j + 1}" for j in range(8)] and [r[0] for r in rows] == [f"q{i + 1}" for i in range(6)]
    for row in rows:
        assert sum(map(float, row[1:])) == pytest.approx(1, abs=1e-5)
    act(page, "additive_vs_dot", "data").click()
    expect(tables).to_have_count(0)


# --- (k) theme --------------------------------------------------------------------------------------------------------
def _in_sight(page: Page, demo: str):
    """A demo's card, scrolled to: figures far from the screen are let go."""
    card(page, demo).scroll_into_view_if_needed()
    return card(page, demo)


def _brightness(color: str) -> int:
    return sum(map(int, re.findall(r"\d+", color)[:3]))


def test_figures_follow_the_theme_without_a_reload(t5):
    page = t5()
    ink = "getComputedStyle(document.querySelector('.st-key-card_scaling .xtick text')).fill"
    expect(_in_sight(page, "scaling").locator(".xtick text").first).to_be_visible()
    light = page.evaluate(ink)
    with redraws(page, "scaling"):
        page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ink)
    assert _brightness(light) < 300 < 500 < _brightness(dark), (light, dark)
    again = page.context.new_page()  # remembered: drawn once, in the right theme
    again.emulate_media(color_scheme="dark")
    again.goto(page.url)
    all_drawn(again, LESSONS[T5])
    assert drawn(again, "scaling") == 1
    expect(_in_sight(again, "scaling").locator(".xtick text").first).to_be_visible()
    assert _brightness(again.evaluate(ink)) > 500


# --- (l) other pages --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("way", [0, T2], ids=["home", "t2"])
def test_controls_survive_a_visit_to_another_page(t5, way):
    page = t5(f"{T5}.scaling.d_k=128")
    visit(page, way)
    titled(page, LESSONS[way].title("en") if way else EN("name"))
    idle(page)
    visit(page, T5)
    all_drawn(page, LESSONS[T5])
    expect_value(page, "scaling.d_k", "128")


# --- (m) rounds -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_a_new_round_begins_anew(open_page, locale):
    """What was chosen and revealed in one round does not stand in the next; a link may say all of it."""
    key = "t9_bleu.blind_round."
    query = f"{key}turn=2&{key}best=C&{key}worst=A&{key}reveal=1"
    page = at(open_page, "t9_bleu", query, locale=locale)
    state = (
        "[...new URLSearchParams(location.search)].filter(([k]) => k !== 'lang').map(([k, v]) => `${k}=${v}`).join('&')"
    )
    assert page.evaluate(state) == query
    slider(page, f"{key}turn").press("ArrowRight")
    page.wait_for_function(f"() => {state} === '{key}turn=3'", timeout=SLOW)
