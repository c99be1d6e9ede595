"""The recall experiment: it resumes, refuses to mix, and what it recorded can be had again."""

from dataclasses import replace

import pytest
import torch

from models import recall
from models.records import recall as records
from models.train.recall import __main__, grid
from models.train.recall.card import card


def command(path, *seeds):
    lengths, rates = ["--lengths", "2", "3"], ["--lr", "0.01", "0.1"]
    __main__.main(["--out", str(path), "--steps", "2", "--every", "1", *lengths, *rates, "--seeds", *seeds])


def test_it_resumes_and_refuses_another_budget(tmp_path):
    threads, path = torch.get_num_threads(), tmp_path / "made" / "results.json"
    try:
        command(path, "0")
        first = records.results(path)
        command(path, "0", "1")
        second = records.results(path)
    finally:
        torch.set_num_threads(threads)
    assert len(first.runs) == 2 * 4 * (2 + 1) and len(second.runs) == 2 * 4 * (2 + 2)
    assert set(first.runs) < set(second.runs) and second.seeds == (0, 1) and second.lengths == (2, 3)
    assert (path.parent / "CARD.md").read_text(encoding="utf-8") == card(second)
    assert not list(path.parent.glob("*.part"))
    with pytest.raises(ValueError, match="steps"):
        grid.experiment(path, replace(second, steps=3), [2], [0])
    with pytest.raises(ValueError, match="seed 100"):
        grid.experiment(path, second, [2], [100])


def test_one_recorded_run_can_be_had_again():
    """Two points of one run, loosely: sums come in another order on another processor."""
    recorded = records.results()
    r, every = recorded.final("attention", 16)[0], recorded.at_steps[1]
    again = list(recall.train(r.kind, r.n, r.seed, every, r.lr, recorded.task, every))
    assert [p.loss for p in again] == pytest.approx(r.loss[:2], rel=0.02)


def test_the_card_says_what_the_record_says():
    assert (records.PATH.parent / "CARD.md").read_text(encoding="utf-8") == card(records.results())
