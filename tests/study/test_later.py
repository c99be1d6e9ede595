"""Parts of the evidence that are given as functions: worked out when somebody asks, and only what is asked for."""

import gc
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from study.demo import Claim, Evidence, Measured, Origin, Step
from study.stored import decoded, encoded
from study.views import Table
from study.words import ROOT

VIEW = Table(["a"], [["1"]])


@pytest.fixture
def asked():
    return []


@pytest.fixture
def evidence(asked):
    def later(name, value):
        return lambda: asked.append(name) or value

    return Evidence(
        Step("first", VIEW),
        Step("second", VIEW, later("view", VIEW)),
        claims=later("claims", [Claim("one", measured=1, expected=1)]),
        measured=later("measured", [Measured("two", 2)]),
        origin=Origin.TOY,
    )


def test_nothing_is_worked_out_before_it_is_asked_for_and_nothing_twice(evidence, asked):
    assert evidence.steps[0].views == (VIEW,) and [step.name for step in evidence.steps] == ["first", "second"]
    assert asked == []
    assert [claim.name for claim in evidence.claims] == [claim.name for claim in evidence.claims] == ["one"]
    assert asked == ["claims"]
    assert evidence.steps[1].views == (VIEW, VIEW) and evidence.whole() is evidence
    assert asked == ["claims", "view", "measured"]
    assert evidence.views == (VIEW, VIEW, VIEW) and evidence.measured[0].value == 2
    assert asked == ["claims", "view", "measured"]


def test_what_a_part_needed_is_let_go_with_it():
    large = np.zeros(9)
    gone = weakref.ref(large)
    evidence = Evidence(
        VIEW, claims=lambda large=large: [Claim("zero", measured=large.sum(), expected=0)], origin=Origin.TOY
    )
    del large
    assert gone() is not None and evidence.claims[0].holds
    gc.collect()
    assert gone() is None


def test_two_who_ask_at_once_get_the_same():
    """The second one is let in while the first works."""
    both = threading.Barrier(2, timeout=30)

    def claims():
        both.wait()
        return [Claim("one", measured=1, expected=1)]

    evidence = Evidence(VIEW, claims=claims, origin=Origin.TOY)
    with ThreadPoolExecutor(2) as pool:
        found = [each.result() for each in [pool.submit(lambda: evidence.claims) for _ in range(2)]]
    assert [claims[0].name for claims in found] == ["one", "one"]


def test_evidence_that_is_kept_in_a_file_is_whole(evidence, asked):
    again = decoded(encoded(evidence))
    assert again.claims == evidence.claims and len(again.views) == 3 and sorted(asked) == ["claims", "measured", "view"]


def test_what_fails_in_a_part_fails_for_who_asks_for_all():
    def fails():
        raise ValueError("no library")

    evidence = Evidence(VIEW, claims=fails, origin=Origin.TOY)
    assert evidence.views == (VIEW,) and evidence.measured == ()
    with pytest.raises(ValueError, match="no library"):
        evidence.whole()
    with pytest.raises(AttributeError, match="nothing"):
        _ = evidence.nothing


def test_figures_on_paper_wait_for_no_library_that_they_do_not_show():
    """transformers, scikit-learn and torch's compiler take a second each to import; claims ask for them."""
    names = [
        "t1_why_attention/complexity",
        "t7_learned_parameters/count",
        "b2_input_embeddings/parts",
        "b4_bert_vs_transformer/configure",
        "b6_glue/confusion",
        "b6_glue/correlation",
    ]
    code = (
        "import sys; from study.export.pictures import Pictures\n"
        f"for name in {names}: assert Pictures('en').draw(name).views\n"
        "print(sorted({'transformers', 'sklearn', 'scipy', 'torch._dynamo'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
