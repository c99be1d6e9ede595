"""What the recall experiment wrote: nothing is missing in it, the same budget for all, read as it was written."""

import math
from itertools import product

import pytest

from models.records import recall as records


@pytest.fixture(scope="module")
def recorded():
    return records.results()


def test_saving_changes_nothing(recorded, tmp_path):
    records.save(recorded, tmp_path / "copy.json")
    assert records.results(tmp_path / "copy.json") == recorded


def test_record_is_complete_and_the_budget_is_the_same(recorded):
    assert recorded.lengths == (8, 16, 32, 64, 128) and len(recorded.seeds) >= 3
    assert recorded.tuning_seed not in recorded.seeds
    assert recorded.at_steps[0] == 0 and recorded.at_steps[-1] == recorded.steps
    for kind, n in product(records.KINDS, recorded.lengths):
        tuning, final = recorded.tuning(kind, n), recorded.final(kind, n)
        assert tuple(r.lr for r in tuning) == recorded.lr_grid
        assert tuple(r.seed for r in final) == recorded.seeds
        assert {r.lr for r in final} == {records.best_lr(tuning)}
    for r in recorded.runs:
        assert len(r.loss) == len(r.accuracy) == len(recorded.at_steps)
        assert all(math.isfinite(x) and x >= 0 for x in r.loss) and all(0 <= a <= 1 for a in r.accuracy)
