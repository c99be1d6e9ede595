"""Every demo at its defaults, at the ends of its controls and at random values: it returns, and its claims hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.demo import Claim, Evidence, Measured, Origin, demos
from study.notes import Lesson, lessons
from study.views import Bars
from tests.evidence import anything, ends, evidence_or_refusal, told
from tests.lessons import written

DEMOS = [demos(le.stem)[name] for le in lessons for name in le.demos]
PURE = [d for d in DEMOS if not d.work]
IMPURE = [d for d in DEMOS if d.work]


def ids(found):
    return [f"{d.stem}.{d.name}" for d in found]


def check(evidence: Evidence, given: dict) -> None:
    for claim in evidence.claims:
        wanted = f"{claim.op} {claim.expected}" + (f" ± {claim.tolerance:g}" if claim.tolerance else "")
        assert claim.holds, f"{claim.name}: measured {claim.measured}, {wanted} with {given}"
    for found in evidence.measured:
        assert np.isfinite(found.value), f"{found.name} with {given}"
    names = [c.name for c in evidence.claims]
    assert len(set(names)) == len(names), f"two claims have one name: {sorted(names)}"


@pytest.mark.parametrize("demo", PURE, ids=ids(PURE))
def test_claims_hold_at_the_ends(demo):
    for values in ends(demo):
        evidence = evidence_or_refusal(demo, values)
        if evidence:
            check(evidence, values)


@pytest.mark.parametrize("demo", PURE, ids=ids(PURE))
def test_claims_hold_at_random_values(demo):
    @settings(max_examples=40, derandomize=True, deadline=None, database=None)
    @given(st.integers(0, 2**32))
    def run(seed):
        values = anything(demo, seed)
        evidence = evidence_or_refusal(demo, values)
        if evidence:
            check(evidence, values)

    run()


@pytest.mark.parametrize("demo", PURE, ids=ids(PURE))
def test_same_values_same_picture(demo):
    assert_same(demo(), demo(), f"{demo.stem}.{demo.name}")


def assert_same(first: Evidence, second: Evidence, what: str) -> None:
    """No random number without a seed: not in a figure, and not in a claim or a measurement alone."""
    for a, b in zip(first.views, second.views, strict=True):
        np.testing.assert_equal(a.table()[1], b.table()[1])
    assert first.claims == second.claims, f"{what}: claims differ from call to call: is a random source unseeded?"
    for a, b in zip(first.measured, second.measured, strict=True):
        assert a == b, f"{what}: {a.name} differs from call to call: is a random source unseeded?"
    assert (first.source, first.notices) == (second.source, second.notices)


def upto(demo) -> dict:
    """The sliders of a demo that end where the other values end them, by name."""
    return {p.name: p.control for p in demo.params if getattr(p.control, "upto", None)}


ENDED = [d for d in PURE if upto(d)]


@pytest.mark.parametrize("demo", ENDED, ids=ids(ENDED))
def test_a_slider_ends_where_nothing_more_would_be_shown(demo):
    for name, control in upto(demo).items():
        (p,) = (p for p in demo.params if p.name == name)
        given = dict(p.when.conditions) if p.when else {}
        end = control.upto(demo.values(given))
        assert control.low < end < control.high, name
        last, before, beyond = (demo(**given, **{name: v}) for v in (end, end - 1, control.high))
        assert_same(last, beyond, f"{demo.stem}.{demo.name}")
        with pytest.raises(AssertionError):
            assert_same(last, before, "")


@pytest.mark.parametrize("part", ["views", "claims", "measured"])
def test_unseeded_numbers_are_found_wherever_they_show(part):
    def evidence(x: float) -> Evidence:
        parts = {name: x if name == part else 0.0 for name in ("views", "claims", "measured")}
        claims = [Claim("c", measured=parts["claims"], expected=0, abs=9)]
        measured = [Measured("m", parts["measured"])]
        return Evidence(Bars([parts["views"]], ["a"]), claims=claims, measured=measured, origin=Origin.TOY)

    assert_same(evidence(0.0), evidence(0.0), "x9.x")
    with pytest.raises(AssertionError):
        assert_same(evidence(0.0), evidence(1.0), "x9.x")


@pytest.mark.long
@pytest.mark.parametrize("demo", IMPURE, ids=ids(IMPURE))
def test_work_runs_to_its_end_and_claims_hold(demo):
    effort, lesson = demo.work[1](), Lesson(demo.stem)
    shown = list(demo.start(effort))
    assert shown
    for evidence in shown:
        check(evidence, {})
        for lang in written(lesson):
            assert all(told(evidence, lesson.demo_words(lang, demo.name)))


@pytest.mark.parametrize("demo", PURE, ids=ids(PURE))
def test_evidence_cannot_be_changed(demo):
    evidence = demo()
    for view in evidence.views:
        for value in vars(view).values():
            if isinstance(value, np.ndarray):
                assert not value.flags.writeable


@pytest.mark.parametrize("demo", PURE, ids=ids(PURE))
def test_figure_is_a_plotly_figure(demo):
    import plotly.graph_objects as go

    assert isinstance(demo().figure, go.Figure)


def test_a_false_claim_does_not_hold():
    assert not Claim("x", measured=1.0, expected=2.0, abs=0.5).holds
    assert not Claim("x", measured=float("nan"), expected=0.0, abs=1.0).holds
    assert not Claim("x", measured=2.0, expected=1.0, op="≤").holds
    assert not Claim("x", measured=1.0, expected=2.0, op="≥").holds
    assert not Claim("x", measured=1e-12, expected=0.0).holds
    assert Claim("x", measured=1.0, expected=2.0, op="≤").holds
    assert Claim("x", measured=99, expected=100, rel=0.01).holds
