"""Stored runs: those of each demo that works are there, of its present form, and told in both languages."""

import json

import numpy as np
import pytest

from study import stored
from study.demo import Claim, Demo, Evidence, Measured, Origin, Progress, Step, demos
from study.notes import Lesson, lessons
from study.views import Histogram, Lines, Say, Series
from tests.evidence import told
from tests.lessons import written

IMPURE = [demo for le in lessons for demo in demos(le.stem).values() if demo.work]
GROWING = [demo for demo in IMPURE if demo.work[1] is Progress]
each_work = pytest.mark.parametrize("demo", IMPURE, ids=lambda demo: f"{demo.stem}.{demo.name}")


def form(evidence: Evidence) -> list:
    """What stands on a card but for its numbers: steps, views and their labels, claims, results, origin."""
    views = [
        (step.name, type(view).__name__, list(view.keys()), view.table()[0])
        for step in evidence.steps
        for view in step.views
    ]
    results = [(result.name, result.unit) for result in evidence.measured]
    return [views, [claim.name for claim in evidence.claims], results, evidence.origin, evidence.source]


def xs(evidence: Evidence) -> list[list[float]]:
    return [series.x.tolist() for view in evidence.views for series in getattr(view, "series", ())]


@each_work
def test_the_defaults_and_every_preset_are_stored(demo: Demo):
    runs = stored.load(demo)
    assert [run.link for run in runs] == [stored.link.write(demo, demo.values(v))[0] for v in stored.states(demo)]
    assert json.loads(stored.path_of(demo).read_text())["command"].endswith(f"study.stored {demo.stem}.{demo.name}")
    for run in runs:
        assert run.seconds >= 0 and run.system and run.cores >= 1 and run.threads >= 1 and run.versions and run.date
        assert all(claim.holds for claim in run.evidence.claims)
        for lang in written(Lesson(demo.stem)):
            assert all(told(run.evidence, Lesson(demo.stem).demo_words(lang, demo.name)))


@each_work
def test_a_stored_run_has_the_form_of_a_fresh_one(demo: Demo):
    """Its first evidence tells the form at once; how far the curves go shows at the end of the run."""
    for values, run in zip(stored.states(demo), stored.load(demo), strict=True):
        fresh = demo.start(**values)
        assert form(run.evidence) == form(next(fresh)), f"python -m study.stored {demo.stem}.{demo.name}"
        fresh.close()


def lengths(view: Lines) -> list[int]:
    return [len(series.x) for series in view.series]


@pytest.mark.parametrize("demo", GROWING, ids=lambda demo: f"{demo.stem}.{demo.name}")
def test_axes_stay_while_curves_grow(demo: Demo):
    """The first evidence of a run has the axes that its last one needs: a curve that moves is one that changes."""
    fresh, run = demo.start(), stored.load(demo)[0]
    for first, last in zip(next(fresh).views, run.evidence.views, strict=True):
        if not isinstance(first, Lines) or lengths(first) == lengths(last):
            continue
        assert first.x_range and first.y_range, first.title
        assert (first.x_range, first.y_range) == (last.x_range, last.y_range), first.title
        for series in last.series:
            assert last.x_range[0] <= series.x.min() and series.x.max() <= last.x_range[1], first.title
            assert last.y_range[0] <= series.y.min() and series.y.max() <= last.y_range[1], first.title
    fresh.close()


@pytest.mark.long
@each_work
def test_a_stored_run_goes_as_far_as_a_fresh_one(demo: Demo):
    run, fresh = stored.load(demo)[0], demo()
    assert form(run.evidence) == form(fresh) and xs(run.evidence) == xs(fresh)
    if run.evidence.origin is not Origin.TIMED:  # a seed makes it the same on every machine, but for rounding
        for old, new in zip(run.evidence.views, fresh.views, strict=True):
            for a, b in zip(getattr(old, "series", ()), getattr(new, "series", ()), strict=True):
                np.testing.assert_allclose(a.y[:2], b.y[:2], rtol=1e-3)


BANDED = Series("a", [0, 1], [0.1, 2], low=[0, 1], high=[1, 3])
EVIDENCE = Evidence(
    Step("one", Lines([BANDED, Series(Say("b", n=2), [0.0], [1 / 3])], x="x", y="y", y_range=(0, 1))),
    Step("two", Lines([Series("c", [0], [0], dashed=True, pair=1)], x="x", y="y", log_x=True)),
    claims=[Claim("same", measured=1e-9, expected=0, abs=1e-6)],
    measured=[Measured("m", 0.1 + 0.2, unit="share")],
    origin=Origin.TRAINED_HERE,
    source="here",
    notices=[Say("unknown", tokens="x, y")],
)


def test_what_is_stored_is_read_back_to_the_last_digit():
    text = json.dumps(stored.encoded(EVIDENCE))
    again = stored.decoded(json.loads(text))
    assert form(again) == form(EVIDENCE) and again.claims == EVIDENCE.claims and again.measured == EVIDENCE.measured
    assert again.notices == EVIDENCE.notices
    for a, b in zip(EVIDENCE.views, again.views, strict=True):
        assert a.table() == b.table() and a.y_range == b.y_range and a.log_x == b.log_x
        assert [(s.dashed, s.pair) for s in a.series] == [(s.dashed, s.pair) for s in b.series]
        assert not any(s.y.flags.writeable for s in b.series)


def test_a_view_that_could_not_be_read_back_is_refused():
    with pytest.raises(KeyError, match="Histogram"):
        stored.encoded(Evidence(Histogram({"a": [1, 2]}, x="x"), origin=Origin.TOY))


def test_the_run_of_these_values_or_that_of_the_defaults():
    demo = demos("t5_attention")["train_live"]
    run, fits = stored.nearest(demo, {"kind": "scaled_dot"})
    assert fits and run.link == {"t5_attention.train_live.kind": "scaled_dot"}
    run, fits = stored.nearest(demo, {"d_k": 8})
    assert not fits and run.link == {}


def test_nothing_is_stored_where_there_is_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(stored, "path_of", lambda demo: tmp_path / "x.json")
    assert stored.nearest(IMPURE[0], {}) == (None, False)
