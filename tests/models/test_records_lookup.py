"""What the look-up experiment wrote: nothing is missing in it, the same budget for all, read as it was written."""

import math
from dataclasses import replace
from itertools import product

import pytest

from models.records import lookup as records


@pytest.fixture(scope="module")
def recorded():
    return records.results()


def test_saving_changes_nothing(recorded, tmp_path):
    records.save(recorded, tmp_path / "copy.json")
    assert records.results(tmp_path / "copy.json") == recorded
    assert records.PATH.stat().st_size < 200_000


def test_record_is_complete_and_the_budget_is_the_same(recorded):
    assert set(recorded.d_ks) >= {8, 32, 128, 512} and len(recorded.seeds) >= 3
    assert recorded.tuning_seed not in recorded.seeds
    assert recorded.at_steps[0] == 0 and recorded.at_steps[-1] == recorded.steps
    for kind, d_k in product(records.KINDS, recorded.d_ks):
        tuning, final = recorded.tuning(kind, d_k), recorded.final(kind, d_k)
        assert tuple(r.lr for r in tuning) == recorded.lr_grid
        assert {r.seed for r in tuning} == {recorded.tuning_seed}
        assert tuple(r.seed for r in final) == recorded.seeds
        assert {r.lr for r in final} == {records.best_lr(tuning)}
    assert len(recorded.runs) == 3 * len(recorded.d_ks) * (len(recorded.lr_grid) + len(recorded.seeds))


def test_recorded_numbers_make_sense(recorded):
    for r in recorded.runs:
        assert len(r.loss) == len(r.accuracy) == len(recorded.at_steps)
        assert all(math.isfinite(x) and x >= 0 for x in r.loss) and all(0 <= a <= 1 for a in r.accuracy)
        assert (
            0 <= r.entropy <= math.log(recorded.task.pairs)
            and r.gradient > 0
            and r.score_gradient >= 0
            and r.ms_per_step > 0
        )


def test_steps_to_is_the_first_step_that_is_good_enough(recorded):
    run = replace(recorded.runs[0], accuracy=(0.0, 0.5, 0.95, 0.9))
    small = replace(recorded, at_steps=(0, 10, 20, 30))
    assert small.steps_to(run, 0.9) == 20 and small.steps_to(run, 0.0) == 0 and small.steps_to(run, 0.99) is None
