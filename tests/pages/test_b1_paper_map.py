"""B1: the paper's tables against what its text says of them, the figure's coordinates, the map, the exercise."""

import itertools
import math
import re

import pytest
import yaml

from models import metrics, shapes
from models.bert import BertConfig
from pages.b1_paper_map import ablations, abstract, appendix_c, sections, tables, which_table
from study.demo import Origin, demos
from study.views import Chain, Diagram, Say, Table
from study.views.diagram import Box, Text
from study.words import NOTES, text
from tests.facts import b1_paper_map as fact
from tests.lessons import each_language

D = demos("b1_paper_map")
PRINTED = [tables.GLUE, tables.SQUAD_1, tables.SQUAD_2, tables.SWAG, tables.TASKS, tables.SIZE, tables.FEATURES,
           tables.MASKING]  # fmt: skip


def measured(evidence):
    return {m.name: m.value for m in evidence.measured}


def every(name):
    """A demo's evidence at all values of its controls."""
    names = [p.name for p in D[name].params]
    for values in itertools.product(*(p.control.options for p in D[name].params)):
        given = dict(zip(names, values, strict=True))
        yield given, D[name](**given)


# ---- the tables


def test_there_are_eight_tables_each_full():
    assert [t.place for t in PRINTED] == [f"Table {n}" for n in range(1, 9)]
    assert all(len(row) == len(t.columns) for t in PRINTED for row in t.rows.values())
    assert [len(t.rows) for t in PRINTED] == [5, 10, 6, 7, 4, 6, 11, 6]


@pytest.mark.parametrize("table", [t for t in PRINTED if t.place != "Table 6"], ids=lambda t: t.place)
def test_scores_are_per_cent(table):
    numbers = [n for row in table.rows.values() for n in row if not math.isnan(n)]
    assert all(35 <= n <= 98 for n in numbers) and len(numbers) >= 9


def test_what_the_text_says_of_the_tables():
    """Devlin et al. 2019, §4.1 to §5.3: the differences that its sentences name."""
    glue, squad, swag = tables.GLUE, tables.SQUAD_1, tables.SWAG
    assert glue.minus("base", "gpt")[-1] == 4.5 and glue.minus("large", "gpt")[-1] == 7.0
    assert min(glue.minus("base", "before_gpt")) > 0, "ahead of all systems on all tasks"
    assert squad.minus("ensemble", "nlnet")[-1] == 1.5
    assert squad.minus("large", "qanet")[-1] == 1.3, "'as a single system': the row below is an ensemble"
    assert sorted(squad.minus("large", "large_alone")[:2] + squad.minus("ensemble", "ensemble_alone")[:2]) == [
        0.1, 0.2, 0.4, 0.4,
    ]  # fmt: skip
    assert tables.SQUAD_2.minus("large", "mir_mrc")[-1] == 5.1
    assert swag.minus("large", "elmo")[1] == 27.1 and swag.minus("large", "gpt")[1] == 8.3
    assert tables.FEATURES.minus("base", "concat")[0] == 0.3


def test_table_1_is_where_two_lessons_find_it():
    assert tables.GLUE.rows["large"] == (86.7, 85.9, 72.1, 92.7, 94.9, 60.5, 86.5, 89.3, 70.1, 82.1)
    assert tables.GLUE.columns == (*metrics.PAPER_COLUMNS, "Average")


def test_the_average_on_paper():
    """The note's example: nine leads, and the two means before they were rounded."""
    leads = tables.GLUE.minus("large", "gpt")[:-1]
    assert leads == [4.6, 4.5, 1.8, 5.3, 3.6, 15.1, 6.5, 7.0, 14.1]
    assert sum(leads) == pytest.approx(62.5) and sum(leads) / 9 == pytest.approx(6.944, abs=1e-3)
    large, gpt = (sum(tables.GLUE.rows[name][:-1]) for name in ("large", "gpt"))
    assert (large, gpt) == (pytest.approx(738.7), pytest.approx(676.2))
    assert round((leads[5] + leads[8]) / sum(leads), 2) == 0.47


def test_minus_and_cells():
    t = tables.Printed("x", ("a", "b"), {"one": (1.3, 2.0), "two": (1.0, math.nan)})
    assert t.minus("one", "two")[0] == 0.3 and math.isnan(t.minus("one", "two")[1])
    assert t.cell("one", "b") == 2.0
    with pytest.raises(ValueError):
        t.cell("one", "c")


def test_figure_5_lies_on_its_grid():
    """The corners are at whole thousands of steps and at tenths of a per cent, as far as the drawing rounds."""
    assert [round(k) for k in tables.STEPS] == [30, 50, 100, 200, 400, 600, 800, 1000]
    assert all(abs(k - round(k)) < 0.02 for k in tables.STEPS)
    tenths = {name: [round(y, 1) for y in line] for name, line in tables.ACCURACY.items()}
    assert tenths["mlm"] == [78.6, 79.6, 80.5, 82.2, 83.2, 84.0, 84.3, 84.4]
    assert tenths["ltr"] == [79.4, 79.8, 80.3, 81.0, 81.7, 81.9, 82.1, 82.2]
    assert all(abs(y - round(y, 1)) < 1e-3 for line in tables.ACCURACY.values() for y in line)


# ---- the demos


@pytest.mark.parametrize("name", sorted(D))
def test_all_numbers_are_the_papers(name):
    for given, evidence in every(name):
        assert evidence.origin is Origin.PAPER and evidence.source.startswith("Devlin et al. 2019")
        assert all(c.holds for c in evidence.claims), (given, evidence.claims)


def test_the_abstract():
    gains = {name: measured(abstract.abstract(name))["gain_here"] for name in abstract.HEADLINES}
    assert gains == {"glue": 7.7, "average": 7.0, "mnli": 4.6, "squad_1": 1.5, "squad_2": 5.1}
    subtracted = [value for _, value in abstract.abstract("mnli").views[1].links]
    assert subtracted == [86.7, 82.1]  # the gain stands in large type alone, where a lecture can hide it
    assert "to_people" not in measured(abstract.abstract("mnli"))
    assert measured(abstract.abstract("squad_2"))["to_people"] == pytest.approx(-6.4)


def test_the_sizes_are_counted():
    """BERT-base and large as the library builds them; heads do not change the count."""
    assert ablations._parameters("12/768/12") == 109_482_240 and ablations._parameters("24/1024/16") == 335_141_888
    assert ablations._parameters("6/768/3") == ablations._parameters("6/768/12")
    assert shapes.count_parameters(BertConfig()).total != ablations._parameters("6/768/12")


def test_same_model_twice():
    apart = {task: abs(a - b) for task, a, b, _ in appendix_c.TWICE}
    assert apart == pytest.approx({"MNLI": 0.2, "SST-2": 0.2, "MRPC": 0, "NER": 1.0, "NER ‖": 1.2})


def test_the_facts_of_the_note():
    assert fact.nsp_on_squad() == pytest.approx(0.6) and fact.mrpc_from_the_left() == pytest.approx(9.0)
    assert fact.best_mixture() == pytest.approx(0.2)
    assert fact.one_model_over_people() == pytest.approx(0.6) and fact.behind_on_entities() == pytest.approx(0.3)


def test_what_is_larger_than_one_model_twice():
    """The note: on MNLI only the mixtures without [MASK] lose more than BERT-base twice; on NER none does."""
    apart = {task: round(abs(a - b), 2) for task, a, b, _ in appendix_c.TWICE}
    for column, task in (("MNLI", "MNLI"), ("NER", "NER"), ("NER_features", "NER ‖")):
        ours = tables.MASKING.cell(appendix_c.OURS, column)
        change = {row: round(tables.MASKING.cell(row, column) - ours, 2) for row in tables.MASKING.rows}
        larger = {row for row, by in change.items() if abs(by) > apart[task]}
        assert larger == ({"0/20/80", "0/0/100"} if column == "MNLI" else set())


def test_the_map_can_be_clicked_everywhere():
    for name, s in sections.SECTIONS.items():
        drawing, told = D["sections"](section=name).views
        boxes = [part for part in drawing.parts if isinstance(part, Box)]
        assert drawing.pick == "section" and drawing.selected == name
        assert [box.name for box in boxes] == list(sections.SECTIONS)
        heading = "appendix" if s.row == "details" else "chosen"
        assert told.title == Say(heading, number=s.number) and len(told.rows) == 3
        assert all(a.x + a.width <= b.x for a, b in itertools.pairwise(boxes) if a.y == b.y), "boxes of a row overlap"


# ---- the exercise


def graded(statement, answer):
    evidence = D["which_table"](statement=statement, answer=answer)
    rows = [row for view in evidence.views if isinstance(view, Table) for row in view.rows]
    return evidence, {row[0].key: row[1].key for row in rows}


@pytest.mark.parametrize("statement", which_table.ITEMS)
def test_one_answer_is_right_and_each_is_graded(statement):
    verdicts = {place: graded(statement, place)[1]["verdict"] for place in which_table.PLACES}
    assert [p for p, v in verdicts.items() if v == "right"] == [which_table.ITEMS[statement].answer]
    assert set(verdicts.values()) == {"right", "wrong"}


@pytest.mark.parametrize("statement", which_table.ITEMS)
def test_nothing_is_given_away_before_the_answer(statement):
    evidence, told = graded(statement, which_table.OPEN)
    assert not told and [n.key for n in evidence.notices] == ["answer_first"]
    assert not evidence.measured and not any(isinstance(v, Chain) for v in evidence.views)
    drawing = next(v for v in evidence.views if isinstance(v, Diagram))
    assert {part.role for part in drawing.parts} == {""} and not drawing.selected
    assert drawing.title == Say(f"{statement}_claim"), "the claim stands above the places to choose from"


def test_the_drawing_marks_both_answers():
    def marked(**given):
        parts = D["which_table"](**given).views[0].parts
        boxes = {part.name: part.role for part in parts if isinstance(part, Box) and part.role}
        return boxes, [(part.text, part.role) for part in parts if isinstance(part, Text)]

    boxes, signs = marked(statement="bilstm", answer="table_1")
    assert boxes == {"table_1": "wrong", "table_5": "right"}
    assert signs == [("✗", "wrong"), ("✓", "right")], "not by colour alone"
    assert marked(statement="seeds", answer="none") == ({"none": "right"}, [("✓", "right")])


@pytest.mark.parametrize("statement", which_table.ITEMS)
def test_a_wrong_answer_says_what_is_found_there(statement):
    for place in which_table.PLACES:
        told = graded(statement, place)[1]
        right = place == which_table.ITEMS[statement].answer
        assert told.get(place) == (None if right else f"{place}_holds")


def test_every_table_is_asked_for():
    assert {item.answer for item in which_table.ITEMS.values()} == set(which_table.PLACES)


@each_language
def test_an_answer_of_the_map_cites_its_own_section(lang):
    series = yaml.safe_load(text(NOTES / lang / "b1_paper_map.yaml"))["demos"]["sections"]["series"]
    cited = {
        name: set(re.findall(r"from: Devlin et al\. 2019, (.+?) -->", series[f"{name}_answer"]))
        for name in sections.SECTIONS
    }
    cited = {name: places for name, places in cited.items() if places}
    assert {"pretraining", "size", "procedure"} <= cited.keys()
    for name, places in cited.items():
        section = sections.SECTIONS[name]
        own = {f"§{section.number}", *(f"Table {n}" for n in section.tables)}
        elsewhere = {place for place in places - own if not place.startswith(f"{section.number}.")}
        assert not elsewhere, name
