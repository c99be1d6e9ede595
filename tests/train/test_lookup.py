"""The look-up experiment: it resumes, refuses to mix, and what it recorded can be had again."""

from dataclasses import replace

import pytest
import torch

from models import lookup
from models.records import lookup as records
from models.train.lookup import __main__, grid
from models.train.lookup.card import card

TINY = records.Task(symbols=8, pairs=4, classes=4, d_model=16, batch=16, test=200)
KINDS = pytest.mark.parametrize("kind", records.KINDS)


@pytest.fixture(scope="module")
def recorded():
    return records.results()


def command(path, *more):
    __main__.main(
        ["--out", str(path), "--steps", "2", "--every", "1", "--d-k", "2", "3", "--lr", "0.01", "0.1", "--seeds", *more]
    )


@KINDS
def test_gradient_of_the_scores_is_autograds(kind):
    w = lookup.initial(kind, 8, 0, TINY)
    keys, values, query, target = lookup.batch(TINY, TINY.batch, torch.Generator().manual_seed(0))
    x_q, x_k = w["symbol"][query].squeeze(1), w["symbol"][keys]
    q, k = x_q @ w["w_q"].T, x_k @ w["w_k"].T
    if kind == "additive":
        scores = torch.tanh(q[:, None] + k) @ w["w_v"]
    else:
        scores = torch.einsum("bd,bsd->bs", q, k) * (8**-0.5 if kind == "scaled_dot" else 1)
    mean_value = torch.einsum("bs,bsc->bc", torch.softmax(scores, -1), w["value"][values])
    loss = torch.nn.functional.cross_entropy(mean_value @ w["readout"].T, target, reduction="sum")
    (by_scores,) = torch.autograd.grad(loss, scores, retain_graph=True)
    (by_w_q,) = torch.autograd.grad(loss / TINY.batch, w["w_q"])
    before = grid.start(kind, 8, 0, TINY)
    assert before.score_gradient == pytest.approx(by_scores.norm(dim=-1).quantile(0.5).item(), rel=1e-4)
    assert before.gradient == pytest.approx(by_w_q.norm().item(), rel=1e-4)


def test_command_resumes_and_refuses_to_mix(tmp_path, monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setattr(grid, "ms_per_step", lambda *_: 1.0)
    path = tmp_path / "made" / "results.json"
    try:
        command(path, "0")
        first = records.results(path)
        assert len(first.runs) == 2 * 3 * (2 + 1)
        command(path, "0", "1")
        second = records.results(path)
    finally:
        torch.set_num_threads(threads)
    assert set(first.runs) < set(second.runs) and len(second.runs) == 2 * 3 * (2 + 2)
    assert second.seeds == (0, 1) and second.d_ks == (2, 3) and second.minutes >= first.minutes
    assert (path.parent / "CARD.md").read_text(encoding="utf-8") == card(second)
    assert not list(path.parent.glob("*.part"))
    with pytest.raises(ValueError, match="steps"):
        grid.experiment(path, replace(second, steps=3), [2], [0])
    with pytest.raises(ValueError, match="seed 100"):
        grid.experiment(path, second, [2], [100])


def test_one_recorded_run_can_be_had_again(recorded):
    """Two points of one run, loosely: sums come in another order on another processor."""
    r = recorded.final("scaled_dot", 8)[0]
    again = list(lookup.train(r.kind, r.d_k, r.seed, recorded.at_steps[1], r.lr, recorded.task, recorded.at_steps[1]))
    assert [p.loss for p in again] == pytest.approx(r.loss[:2], rel=0.02)
    before = grid.start(r.kind, r.d_k, r.seed, recorded.task)
    for name in ("entropy", "score_gradient", "gradient"):
        assert getattr(before, name) == pytest.approx(getattr(r, name), rel=0.01)


def test_the_card_says_what_the_record_says(recorded):
    assert (records.PATH.parent / "CARD.md").read_text(encoding="utf-8") == card(recorded)
