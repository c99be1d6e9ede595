"""Runs side by side: a stored one in grey, earlier ones faded behind the newest."""

from study import runs
from study.demo import Evidence, Measured, Origin, Step, demos
from study.figures import draw_all
from study.figures.charts import FADED
from study.look import ROLES, Look
from study.views import Lines, Series

ONE = {"x": "x", "y": "y"}


def run(y: float, **more) -> Evidence:
    level = Series("level", [0, 1], [0, 0], dashed=True)
    curve = Lines([Series("curve", [0, 1], [y, y]), level], title="single", **ONE)
    two = Lines([Series("a", [0], [y]), Series("b", [0], [y])], title="several", **ONE)
    return Evidence(Step("s", curve), Step("t", two), measured=[Measured("m", y)], origin=Origin.TRAINED_HERE, **more)


def names(evidence: Evidence) -> list[list]:
    return [[s.name for s in view.series] for view in evidence.views]


def test_earlier_runs_stand_faded_behind_the_newest():
    shown = runs.compared(run(3, source="here"), "now", [("first", run(1)), ("second", run(2))])
    assert names(shown) == [["first", "second", "now", "level"], ["a", "b"]]
    series = shown.views[0].series
    assert [s.faded for s in series] == [True, True, False, False]
    assert [float(s.y[0]) for s in series] == [1, 2, 3, 0]
    assert (shown.measured[0].value, shown.source, [s.name for s in shown.steps]) == (3, "here", ["s", "t"])
    drawn = draw_all(shown.views, Look(), str)[0]["figure"]["data"]
    assert [trace["opacity"] for trace in drawn] == [FADED, FADED, 1, 1]


def test_a_line_keeps_its_colour_when_runs_come_behind_it_or_it_is_left_out():
    def colours(evidence):
        return {t["name"]: t["line"]["color"] for t in draw_all(evidence.views, Look(), str)[0]["figure"]["data"]}

    alone, behind = colours(run(3)), colours(runs.compared(run(3), "curve", [("first", run(1))]))
    without = colours(runs.compared(run(3), None, [("first", run(1))]))
    assert alone == {name: behind[name] for name in alone} and len(set(behind.values())) == 3
    assert without == {name: behind[name] for name in ("first", "level")}


def test_a_stored_run_is_grey_but_for_its_levels():
    drawn = draw_all(runs.grey(run(1)).views, Look("dark"), str)[0]["figure"]["data"]
    grey = ROLES["dark"]["stored"]
    assert [trace["line"]["color"] == grey for trace in drawn] == [True, False]


def test_curves_over_seeds_are_no_run_and_keep_their_colours():
    both = [Series.over_seeds(name, [1, 10], [[y, y + 1], [y, y + 2]]) for name, y in (("a", 1), ("b", 5))]
    found = Evidence(Step("s", Lines(both, title="seeds", **ONE)), origin=Origin.TRAINED_HERE)
    assert runs.grey(found).views[0].series == found.views[0].series


def test_what_differs_between_runs():
    demo = demos("t5_attention")["train_live"]
    one, two = demo.values({}), demo.values({"kind": "scaled_dot", "lr": 0.01})
    assert runs.differing(demo, [one, two]) == ["kind", "lr"] and runs.differing(demo, [one]) == []
    assert runs.comparable(run(1)) and not runs.comparable(Evidence(run(1).steps[1], origin=Origin.TOY))
