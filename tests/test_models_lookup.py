"""The look-up experiment: the same numbers twice, the same budget for all, and a record with nothing missing."""

import math
import subprocess
import sys
from dataclasses import replace
from itertools import product

import pytest
import torch

from models import lookup
from models.train import lookup as training

TINY = lookup.Task(symbols=8, pairs=4, classes=4, d_model=16, batch=16, test=200)
KINDS = pytest.mark.parametrize("kind", lookup.KINDS)


@pytest.fixture(scope="module")
def recorded():
    return lookup.results()


@KINDS
def test_same_seed_same_points(kind):
    torch.manual_seed(1)
    first = list(training.train(kind, 8, seed=3, steps=5, lr=1e-2, task=TINY, every=1))
    torch.manual_seed(2)
    assert first == list(training.train(kind, 8, seed=3, steps=5, lr=1e-2, task=TINY, every=1))
    assert [p.step for p in first] == [0, 1, 2, 3, 4, 5]
    assert first != list(training.train(kind, 8, seed=4, steps=5, lr=1e-2, task=TINY, every=1))


@KINDS
def test_loss_falls(kind):
    points = list(training.train(kind, 8, seed=0, steps=60, lr=1e-2, task=TINY))
    assert points[-1].loss < 0.8 * points[0].loss
    assert points[-1].accuracy > points[0].accuracy
    assert all(0 <= p.accuracy <= 1 for p in points)


def test_the_kinds_start_alike_and_differ_in_w_v_only():
    dot, scaled, additive = (training.initial(kind, 8, 0, TINY) for kind in lookup.KINDS)
    assert dot.keys() == scaled.keys() == additive.keys() - {"w_v"}
    assert all(torch.equal(w, scaled[name]) and torch.equal(w, additive[name]) for name, w in dot.items())
    assert additive["w_v"].shape == (8,)
    with pytest.raises(ValueError, match="kind"):
        training.initial("cosine", 8, 0, TINY)


@pytest.mark.parametrize("d_k", [8, 512])
def test_queries_and_keys_start_with_variance_one(d_k):
    task = lookup.Task()
    w = training.initial("dot", d_k, 0, task)
    for name in ("w_q", "w_k"):
        assert (w["symbol"] @ w[name].T).var().item() == pytest.approx(1, rel=0.15)
    scores = (w["symbol"] @ w["w_q"].T) @ (w["symbol"] @ w["w_k"].T).T
    assert scores.var().item() == pytest.approx(d_k, rel=0.4)  # one draw of W_q and W_k


def test_examples_are_what_the_task_says():
    keys, values, query, target = training.batch(TINY, 200, torch.Generator().manual_seed(0))
    assert keys.shape == values.shape == (200, 4) and query.shape == (200, 1) and target.shape == (200,)
    assert all(len(set(row.tolist())) == 4 for row in keys)
    assert ((keys == query).sum(1) == 1).all()
    assert torch.equal(values[keys == query], target)
    assert keys.unique().tolist() == list(range(8)) and values.unique().tolist() == list(range(4))


@KINDS
def test_weights_of_a_look_up_sum_to_one(kind):
    keys, values, query, _ = training.batch(TINY, 5, torch.Generator().manual_seed(0))
    logits, weights = training.look_up(kind, training.initial(kind, 8, 0, TINY), keys, values, query)
    assert logits.shape == (5, TINY.classes) and weights.shape == (5, 1, TINY.pairs)
    torch.testing.assert_close(weights.sum(-1), torch.ones(5, 1))


def command(path, *more):
    training.main(
        ["--out", str(path), "--steps", "2", "--every", "1", "--d-k", "2", "3", "--lr", "0.01", "0.1", "--seeds", *more]
    )


@KINDS
def test_gradient_of_the_scores_is_autograds(kind):
    w = training.initial(kind, 8, 0, TINY)
    keys, values, query, target = training.batch(TINY, TINY.batch, torch.Generator().manual_seed(0))
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
    before = training.start(kind, 8, 0, TINY)
    assert before.score_gradient == pytest.approx(by_scores.norm(dim=-1).quantile(0.5).item(), rel=1e-4)
    assert before.gradient == pytest.approx(by_w_q.norm().item(), rel=1e-4)


def test_command_resumes_and_refuses_to_mix(tmp_path, monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setattr(training, "ms_per_step", lambda *_: 1.0)
    path = tmp_path / "made" / "results.json"
    try:
        command(path, "0")
        first = lookup.results(path)
        assert len(first.runs) == 2 * 3 * (2 + 1)
        command(path, "0", "1")
        second = lookup.results(path)
    finally:
        torch.set_num_threads(threads)
    assert set(first.runs) < set(second.runs) and len(second.runs) == 2 * 3 * (2 + 2)
    assert second.seeds == (0, 1) and second.d_ks == (2, 3) and second.minutes >= first.minutes
    assert (path.parent / "CARD.md").read_text(encoding="utf-8") == training.card(second)
    assert not list(path.parent.glob("*.part"))
    with pytest.raises(ValueError, match="steps"):
        training.experiment(path, replace(second, steps=3), [2], [0])
    with pytest.raises(ValueError, match="seed 100"):
        training.experiment(path, second, [2], [100])


def test_missing_results_say_what_to_do(tmp_path):
    with pytest.raises(lookup.NoResults, match=r"python -m models\.train\.lookup"):
        lookup.results(tmp_path / "results.json")


def test_results_load_without_torch():
    code = "import sys; from models import lookup; lookup.results(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=lookup.PATH.parents[3]).returncode == 0


def test_saving_changes_nothing(recorded, tmp_path):
    lookup.save(recorded, tmp_path / "copy.json")
    assert lookup.results(tmp_path / "copy.json") == recorded
    assert lookup.PATH.stat().st_size < 200_000


def test_record_is_complete_and_the_budget_is_the_same(recorded):
    assert set(recorded.d_ks) >= {8, 32, 128, 512} and len(recorded.seeds) >= 3
    assert recorded.tuning_seed not in recorded.seeds
    assert recorded.at_steps[0] == 0 and recorded.at_steps[-1] == recorded.steps
    for kind, d_k in product(lookup.KINDS, recorded.d_ks):
        tuning, final = recorded.tuning(kind, d_k), recorded.final(kind, d_k)
        assert tuple(r.lr for r in tuning) == recorded.lr_grid
        assert {r.seed for r in tuning} == {recorded.tuning_seed}
        assert tuple(r.seed for r in final) == recorded.seeds
        assert {r.lr for r in final} == {lookup.best_lr(tuning)}
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


def test_one_recorded_run_can_be_had_again(recorded):
    """Two points of one run, loosely: sums come in another order on another processor."""
    r = recorded.final("scaled_dot", 8)[0]
    again = list(training.train(r.kind, r.d_k, r.seed, recorded.at_steps[1], r.lr, recorded.task, recorded.at_steps[1]))
    assert [p.loss for p in again] == pytest.approx(r.loss[:2], rel=0.02)
    before = training.start(r.kind, r.d_k, r.seed, recorded.task)
    for name in ("entropy", "score_gradient", "gradient"):
        assert getattr(before, name) == pytest.approx(getattr(r, name), rel=0.01)


def test_steps_to_is_the_first_step_that_is_good_enough(recorded):
    run = replace(recorded.runs[0], accuracy=(0.0, 0.5, 0.95, 0.9))
    small = replace(recorded, at_steps=(0, 10, 20, 30))
    assert small.steps_to(run, 0.9) == 20 and small.steps_to(run, 0.0) == 0 and small.steps_to(run, 0.99) is None


def test_the_card_says_what_the_record_says(recorded):
    assert (lookup.PATH.parent / "CARD.md").read_text(encoding="utf-8") == training.card(recorded)
