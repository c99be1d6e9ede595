"""The look-up task: the same numbers twice, the same start for all kinds, examples as the task says."""

import pytest
import torch

from models import lookup
from models.records import lookup as records

TINY = records.Task(symbols=8, pairs=4, classes=4, d_model=16, batch=16, test=200)
KINDS = pytest.mark.parametrize("kind", records.KINDS)


@KINDS
def test_same_seed_same_points(kind):
    torch.manual_seed(1)
    first = list(lookup.train(kind, 8, seed=3, steps=5, lr=1e-2, task=TINY, every=1))
    torch.manual_seed(2)
    assert first == list(lookup.train(kind, 8, seed=3, steps=5, lr=1e-2, task=TINY, every=1))
    assert [p.step for p in first] == [0, 1, 2, 3, 4, 5]
    assert first != list(lookup.train(kind, 8, seed=4, steps=5, lr=1e-2, task=TINY, every=1))


@KINDS
def test_loss_falls(kind):
    points = list(lookup.train(kind, 8, seed=0, steps=60, lr=1e-2, task=TINY))
    assert points[-1].loss < 0.8 * points[0].loss
    assert points[-1].accuracy > points[0].accuracy
    assert all(0 <= p.accuracy <= 1 for p in points)


def test_the_kinds_start_alike_and_differ_in_w_v_only():
    dot, scaled, additive = (lookup.initial(kind, 8, 0, TINY) for kind in records.KINDS)
    assert dot.keys() == scaled.keys() == additive.keys() - {"w_v"}
    assert all(torch.equal(w, scaled[name]) and torch.equal(w, additive[name]) for name, w in dot.items())
    assert additive["w_v"].shape == (8,)
    with pytest.raises(ValueError, match="kind"):
        lookup.initial("cosine", 8, 0, TINY)


@pytest.mark.parametrize("d_k", [8, 512])
def test_queries_and_keys_start_with_variance_one(d_k):
    task = records.Task()
    w = lookup.initial("dot", d_k, 0, task)
    for name in ("w_q", "w_k"):
        assert (w["symbol"] @ w[name].T).var().item() == pytest.approx(1, rel=0.15)
    scores = (w["symbol"] @ w["w_q"].T) @ (w["symbol"] @ w["w_k"].T).T
    assert scores.var().item() == pytest.approx(d_k, rel=0.4)  # one draw of W_q and W_k


def test_examples_are_what_the_task_says():
    keys, values, query, target = lookup.batch(TINY, 200, torch.Generator().manual_seed(0))
    assert keys.shape == values.shape == (200, 4) and query.shape == (200, 1) and target.shape == (200,)
    assert all(len(set(row.tolist())) == 4 for row in keys)
    assert ((keys == query).sum(1) == 1).all()
    assert torch.equal(values[keys == query], target)
    assert keys.unique().tolist() == list(range(8)) and values.unique().tolist() == list(range(4))


@KINDS
def test_weights_of_a_look_up_sum_to_one(kind):
    keys, values, query, _ = lookup.batch(TINY, 5, torch.Generator().manual_seed(0))
    logits, weights = lookup.look_up(kind, lookup.initial(kind, 8, 0, TINY), keys, values, query)
    assert logits.shape == (5, TINY.classes) and weights.shape == (5, 1, TINY.pairs)
    torch.testing.assert_close(weights.sum(-1), torch.ones(5, 1))
