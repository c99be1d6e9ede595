"""First weights: the same for the same seed whatever other threads build; no trace in torch's own stream."""

from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

from models.seeded import seeded


def built(seed: int) -> torch.Tensor:
    with seeded(seed):
        return torch.cat([nn.Linear(8, 8).weight for _ in range(20)]).detach()


def test_many_threads_build_what_one_builds():
    alone = [built(seed) for seed in range(40)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(built, range(40)))
    assert all(torch.equal(a, b) for a, b in zip(alone, together, strict=True))
    assert not torch.equal(alone[0], alone[1])


def test_the_stream_stands_where_it_stood():
    with seeded(3):
        torch.manual_seed(7)
        expected = torch.rand(3)
        torch.manual_seed(7)
        built(1)
        assert torch.equal(torch.rand(3), expected)
