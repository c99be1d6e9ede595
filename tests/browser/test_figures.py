"""Figures after something changed: drawn in place, they are what a fresh page draws."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from study.demo import demos
from study.views import Equation

from .driver import LESSONS, T5, act, at, box, card, cell, idle, panel, redraws, slider, step, widget

B2, T2, T3, T4, T7, T9 = (
    "b2_input_embeddings", "t2_layer_vs_batch_norm", "t3_positional_encoding", "t4_encoder_decoder",
    "t7_learned_parameters", "t9_bleu",
)  # fmt: skip
#: Where the area of each plot, its bars and its tick texts lie within their panel, in whole pixels.
GEOMETRY = """demo => [...document.querySelectorAll(`.st-key-card_${demo} .lf-body.js-plotly-plot`)].map(body => {
  const at = body.getBoundingClientRect();
  const box = (n) => n.getBoundingClientRect();
  const place = (n) => [box(n).left - at.left, box(n).top - at.top, box(n).width, box(n).height].map(Math.round);
  return [".nsewdrag", ".point path", ".xtick text", ".ytick text"].map(k => [...body.querySelectorAll(k)].map(place));
})"""
#: By how many pixels the names above each chart of a card reach into the area of its plot, and beyond their own panel.
LEGENDS = """card => [...card.querySelectorAll(".lf-body.js-plotly-plot")].flatMap(body => {
  const names = body.parentElement.querySelector(".lf-legend:not([hidden])"), area = body.querySelector(".nsewdrag");
  if (!names || !area) return [];
  const panel = body.parentElement.getBoundingClientRect(), legend = names.getBoundingClientRect();
  const right = Math.max(...[...names.children].map(name => name.getBoundingClientRect().right));
  return [legend.bottom - area.getBoundingClientRect().top, right - panel.right];
})"""


def geometry(page: Page, demo: str) -> list:
    page.wait_for_timeout(800)  # an animation would be over
    return page.evaluate(GEOMETRY, demo)


def test_bars_of_a_sentence_of_ones_own_are_drawn_as_on_a_fresh_page(open_page):
    page = at(open_page, B2)
    before, text = geometry(page, "shares"), "my neighbours are playing loudly in the garden behind the house"
    with redraws(page, "shares"):
        box(page, f"{B2}.parts.text").or_(box(page, f"{B2}.text")).first.fill(text)
    typed = geometry(page, "shares")
    assert typed != before
    assert typed == geometry(at(open_page, B2, f"{B2}.text={quote(text)}"), "shares")
    with redraws(page, "shares"):
        act(page, "shares", "reset").click()
    assert geometry(page, "shares") == before


@pytest.mark.parametrize("stem", [T2, T9])
def test_legends_stay_above_the_curves_when_the_width_changes(open_page, stem):
    page = at(open_page, stem)
    first = page.locator("[class*=st-key-card_]:has(.lf-head .lf-legend:not([hidden]) .lf-legend-item)").first
    for change in ("none", "collapse", 1000, 390, 1280):
        if change == "collapse":
            page.locator("[data-testid=stSidebar]").hover()
            page.locator("[data-testid=stSidebarCollapseButton] button").click()
        elif change != "none":
            page.set_viewport_size({"width": change, "height": 900})
        page.wait_for_timeout(2500)
        first.scroll_into_view_if_needed()  # figures far away are let go
        expect(first.locator(".nsewdrag").first).to_be_visible()
        idle(page)
        gaps = first.evaluate(LEGENDS)
        assert gaps and max(gaps) <= 1, change


def test_a_name_above_a_chart_hides_its_line(open_page):
    page = at(open_page, T3)
    relative = card(page, "relative")
    lines, name = relative.locator(".scatterlayer .trace"), relative.locator(".lf-legend-item")
    relative.scroll_into_view_if_needed()
    expect(lines).to_have_count(3, timeout=15_000)
    assert name.count() == 3
    name.first.click()
    expect(lines).to_have_count(2)
    expect(name.first).to_have_attribute("aria-pressed", "false")
    name.first.click()
    expect(lines).to_have_count(3)


def test_an_equation_reads_as_a_sum_at_the_cell_that_was_chosen_in_any_matrix(open_page):
    page = at(open_page, T3)
    terms = card(page, "added").locator(".lf-term")
    assert terms.locator("i:not(.lf-low)").all_inner_texts() == ["", "=", "+", "+", "+"]
    assert card(page, "added").locator(".lf-equation").evaluate("e => e.scrollWidth <= e.clientWidth")
    area = terms.nth(2).locator(".nsewdrag")
    with redraws(page, "added"):
        size = area.bounding_box()
        area.click(position={"x": size["width"] * 0.1, "y": size["height"] * 0.5})  # the third token asks the first
    equation = next(v for v in demos(T3)["added"](cell=(2, 0)).views if isinstance(v, Equation))
    shown = [float(text.replace("−", "-")) for text in terms.locator("b").all_inner_texts()]
    assert shown == pytest.approx([float(term.z[2, 0]) for term in equation.terms], abs=0.051)


#: Words of tables that stand on more than one line though the table need not be so narrow.
BROKEN = r"""() => [...document.querySelectorAll(".lf-table :is(td, th)")].flatMap(cell => {
  const text = cell.textContent, range = document.createRange();
  if (!/^\S{1,16}$/.test(text) || /[\u2e80-\uffff-]/.test(text)) return [];
  range.selectNodeContents(cell);
  return range.getClientRects().length > 1 ? [text] : [];
})"""


@pytest.mark.parametrize("stem", [B2, T9])
def test_tables_on_a_phone_do_not_break_words_to_save_room(open_page, stem):
    page = at(open_page, stem, size=(390, 800))
    assert page.locator(".lf-table td").count() > 10
    assert page.evaluate(BROKEN) == []


def test_a_formula_in_a_table_has_its_index_set_low(open_page):
    page = at(open_page, "b4_bert_vs_transformer")
    table = card(page, "what_changes").locator(".lf-table")
    expect(table).to_contain_text("dff = 4 H")  # not d_ff
    expect(table.locator("sub")).to_have_text(["ff"])


def test_a_table_on_a_phone_hides_no_half_row(open_page):
    """What scrolls within a page that scrolls is overlooked: it is worth it only for more than a row."""
    page = at(open_page, T4, size=(390, 844))
    step(page, "training_and_use", "work")
    bodies = card(page, "training_and_use").locator(".lf-body:has(.lf-table)")
    expect(bodies).to_have_count(2)
    assert bodies.evaluate_all("all => all.map(n => n.scrollHeight - n.clientHeight)") == [0, 0]


def test_the_numbers_that_a_step_asks_for_are_not_told_by_the_steps_before(open_page):
    page = at(open_page, T4)
    numbers = card(page, "three_attentions").locator(".lf-numbers dt")
    expect(numbers).to_have_count(0)
    step(page, "three_attentions", "changed")
    expect(numbers).to_have_count(3)


def test_a_text_written_from_the_right_is_read_from_the_right(open_page):
    page = at(open_page, T9)
    chips = card(page, "anatomy").locator(".lf-tokens").first.locator(".lf-token-text")

    def lefts() -> list[float]:
        return [chip.bounding_box()["x"] for chip in chips.all()[:3]]

    assert lefts() == sorted(lefts())
    with redraws(page, "anatomy"):
        box(page, f"{T9}.anatomy.candidate").fill("שלום עולם טוב")
    assert len(lefts()) == 3 and lefts() == sorted(lefts(), reverse=True)
    assert (
        page.locator(f".st-key-{T9}-anatomy-candidate input").evaluate("n => getComputedStyle(n).unicodeBidi")
        == "plaintext"
    )


def test_of_the_look_for_sentences_of_a_card_one_is_seen(open_page):
    """They stand one behind the other."""
    page = at(open_page, T5)
    looks = card(page, "step_by_step").locator("[class*=st-key-looks_] p")
    assert looks.count() > 1
    for name in demos(T5)["step_by_step"]().steps[:3]:
        step(page, "step_by_step", name.name)
        assert sum(look.is_visible() for look in looks.all()) == 1


def test_a_chip_shows_the_step_that_its_sentence_is_about(open_page):
    """One that names no step shows the first: what it does not name is at its default."""
    page, name = at(open_page, T7), "head_roles"
    looks = LESSONS[T7].demo_words("en", name)
    chip = card(page, name).locator("[data-preset=habit]")
    said = card(page, name).get_by_text(looks("looks.habit"), exact=True)
    step(page, name, "roles")
    chip.click()
    expect(card(page, name).locator(".lf[data-step=heads]")).to_be_visible()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(said).to_be_visible()
    step(page, name, "roles")  # a table: neither the chip nor its sentence is about it
    expect(chip).to_have_attribute("aria-pressed", "false")
    expect(said).to_be_hidden()


def test_the_large_numbers_are_those_of_the_step(open_page):
    page = at(open_page, "t6_self_attention", locale="en-US")
    names = card(page, "symmetry").locator(".lf-numbers dt")
    expect(names).to_contain_text(["Weight of this cell", "The way back", "This cell"])
    step(page, "symmetry", "heads")
    expect(names).to_contain_text(["Asymmetry of the chosen head", "Least of the 72", "Greatest of the 72"])
    step(page, "symmetry", "weights")
    expect(names).to_contain_text(["Weight of this cell", "The way back", "This cell"])


def test_a_shorter_table_leaves_what_follows_in_its_place(open_page):
    page, name = at(open_page, "t1_why_attention"), "paper_finder"
    for chip in ("weaknesses", "order"):  # six rows, three rows
        card(page, name).locator(f"[data-preset={chip}]").click()
        expect(card(page, name).locator(f"[data-preset={chip}]")).to_have_attribute("aria-pressed", "true")
        idle(page)
    rows, table = panel(page, name, 0).locator("tr"), panel(page, name, 0)
    expect(rows).to_have_count(1 + 3)
    assert table.bounding_box()["height"] > table.locator("table").bounding_box()["height"] + 50


def test_the_matrices_of_a_line_stand_at_one_height_on_a_phone(open_page):
    page = at(open_page, "t3_positional_encoding", size=(390, 844))
    terms = panel(page, "added", 0).locator(".lf-term-body .nsewdrag")
    tops = [terms.nth(i).bounding_box()["y"] for i in range(4)]  # two stand in a line
    assert tops[0] == pytest.approx(tops[1], abs=1) and tops[2] == pytest.approx(tops[3], abs=1)


def test_a_slider_ends_at_the_last_line_and_grows_with_the_text(open_page):
    stem = "t8_text_to_tensor"
    page = at(open_page, stem, f"{stem}.batching.line=5&{stem}.journey.written=12")
    line, written = slider(page, f"{stem}.batching.line"), slider(page, f"{stem}.journey.written")
    expect(line).to_have_attribute("aria-valuetext", "3")
    expect(written).to_have_attribute("aria-valuetext", "6")  # I read a book yesterday .
    with redraws(page, "batching"):
        widget(page, f"{stem}.batching.lines").locator("textarea").fill("你好\n我\n猫\n书")
        page.keyboard.press("Control+Enter")
    expect(line).to_have_attribute("aria-valuetext", "4")
    with redraws(page, "batching"):
        line.press("ArrowLeft")
    expect(line).to_have_attribute("aria-valuetext", "3")


def test_a_click_on_a_head_removes_it_and_the_next_brings_it_back(open_page):
    page = at(open_page, T7)
    heads = box(page, f"{T7}.prune.remove")
    hatched = panel(page, "prune", 1).locator(".shapelayer path")
    expect(heads).to_have_value("C2")
    before = hatched.first.get_attribute("d")
    cell(page, "prune", 1, (0, 1), (9, 4))
    expect(heads).to_have_value("E0.1 C2")
    expect(hatched.first).not_to_have_attribute("d", before)  # at once, before anything is translated
    cell(page, "prune", 1, (0, 1), (9, 4))
    expect(heads).to_have_value("C2")
    expect(hatched.first).to_have_attribute("d", before)


def test_a_box_of_a_drawing_is_chosen_by_click_and_arrow_keys(open_page):
    page = at(open_page, T4)
    boxes = card(page, "house").locator("[data-block]")
    chosen = card(page, "house").locator("[data-block][aria-pressed=true]")
    boxes.and_(page.locator("[data-block=encoder_self]")).click()
    expect(chosen).to_have_attribute("data-block", "encoder_self")
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_attribute("data-block", "decoder_self")
    expect(chosen).to_be_focused()
    assert page.url.endswith(f"{T4}.house.block=decoder_self")
    page.keyboard.press("ArrowRight")  # at the edge: it leads nowhere, and to no other lesson
    idle(page)
    expect(chosen).to_have_attribute("data-block", "decoder_self")


def test_arrow_keys_lead_to_an_answer_and_do_not_give_it(open_page):
    page = at(open_page, "b1_paper_map")
    boxes = card(page, "which_table").locator("[data-block]")
    focused, chosen = boxes.and_(page.locator(":focus")), boxes.and_(page.locator("[aria-pressed=true]"))
    boxes.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_attribute("data-block", "table_7")
    idle(page)
    expect(chosen).to_have_count(0)
    page.keyboard.press("Enter")
    expect(chosen).to_have_attribute("data-block", "table_7")
    expect(chosen).to_be_focused()


def test_matrices_that_are_compared_have_cells_of_one_size_and_all_their_names(open_page):
    page = at(open_page, T4, size=(1280, 800))
    names = {view.title: view.cols for view in demos(T4)["three_attentions"]().steps[0].views}
    assert len({len(cols) for cols in names.values()}) == 2  # of two lengths
    cells = []
    for i, cols in enumerate(names.values()):
        shown = panel(page, "three_attentions", i)
        expect(shown.locator(".xtick text")).to_have_count(len(cols))
        cells.append(shown.locator(".nsewdrag").first.bounding_box()["width"] / len(cols))
    assert min(cells) > 14 and max(cells) - min(cells) < 1
