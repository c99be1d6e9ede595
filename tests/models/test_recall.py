"""The recall task: the same numbers twice, examples as the task says, an open gate where one is promised."""

import pytest
import torch

from models import recall
from models.records.recall import KINDS, Task

TINY = Task(symbols=4, width=8, batch=16, test=64)
EACH = pytest.mark.parametrize("kind", KINDS)


@EACH
def test_same_seed_same_points(kind):
    torch.manual_seed(1)
    first = list(recall.train(kind, 5, seed=3, steps=4, lr=1e-2, task=TINY, every=1))
    torch.manual_seed(2)
    assert first == list(recall.train(kind, 5, seed=3, steps=4, lr=1e-2, task=TINY, every=1))
    assert [p.step for p in first] == [0, 1, 2, 3, 4]
    assert first != list(recall.train(kind, 5, seed=4, steps=4, lr=1e-2, task=TINY, every=1))


@EACH
def test_two_tokens_are_learned(kind):
    points = list(recall.train(kind, 2, seed=0, steps=150, lr=1e-2, task=TINY, every=150))
    assert points[-1].accuracy > 0.9 > points[0].accuracy


@EACH
def test_shapes(kind):
    symbols, first = recall.batch(TINY, 6, 3, torch.Generator().manual_seed(0))
    assert symbols.shape == (3, 6) and torch.equal(first, symbols[:, 0])
    assert recall.initial(kind, 6, 0, TINY)(symbols).shape == (3, TINY.symbols)


def test_the_open_gate_is_the_only_difference():
    plain, opened = (recall.initial(kind, 6, 0, TINY).state_dict() for kind in ("lstm", "lstm_open"))
    different = [name for name in plain if not torch.equal(plain[name], opened[name])]
    assert different == ["recurrent.bias_ih_l0"]
    moved = opened["recurrent.bias_ih_l0"] - plain["recurrent.bias_ih_l0"]
    assert torch.allclose(moved, torch.tensor([0.0] * 8 + [recall.OPEN] * 8 + [0.0] * 16))


def test_the_common_stream_of_random_numbers_stays():
    state = torch.get_rng_state()
    recall.initial("lstm", 6, 0, TINY)
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(ValueError, match="kind"):
        recall.initial("gru", 6, 0, TINY)
