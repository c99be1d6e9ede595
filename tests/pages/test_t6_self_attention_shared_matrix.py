"""T6, shared_matrix.py: the circulating class is one block down the diagonal; the paper's is not."""

import pytest
import torch
from torch.nn import functional as F

from pages.t6_self_attention import shared_matrix


@pytest.mark.parametrize("n_head", [1, 2, 4, 8])
def test_it_is_a_repeated_block_divided_by_the_wrong_root(n_head):
    b = shared_matrix.both(n_head, seed=1)
    full = [shared_matrix.as_full(z.weight, n_head) for z in (b.circulating.queries, b.circulating.keys)]
    again = shared_matrix.weights_of(b.x, *full, n_head, scale=64**-0.5)
    torch.testing.assert_close(b.circulating(b.x), again, atol=1e-12, rtol=0)
    zeros = (full[0] == 0).sum().item()
    assert zeros == 64 * 64 - n_head * (64 // n_head) ** 2


@pytest.mark.parametrize("n_head", [1, 2, 8])
def test_the_papers_weights_are_torchs(n_head):
    b = shared_matrix.both(n_head, seed=2)
    w = torch.cat([b.paper.queries.weight, b.paper.keys.weight, b.paper.keys.weight])
    zero, one = torch.zeros(192, dtype=w.dtype), torch.eye(64, dtype=w.dtype)
    _, weights = F.multi_head_attention_forward(
        b.x, b.x, b.x, 64, n_head, w, zero, None, None, False, 0.0, one, None, average_attn_weights=False
    )
    torch.testing.assert_close(b.paper(b.x), weights, atol=1e-12, rtol=0)


def test_with_one_head_the_two_agree_but_for_the_weights():
    b = shared_matrix.both(1, seed=3)
    same = shared_matrix.weights_of(b.x, b.circulating.queries.weight, b.circulating.keys.weight, 1)
    torch.testing.assert_close(b.circulating(b.x), same, atol=1e-12, rtol=0)


def test_building_them_leaves_the_global_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    shared_matrix.both(4, seed=0)
    assert torch.equal(torch.rand(1), expected)
