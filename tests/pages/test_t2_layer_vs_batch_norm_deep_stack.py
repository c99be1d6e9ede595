"""Gradients of untrained stacks, and that nobody's random numbers are drawn for them."""

import torch

from models import normalization
from pages.t2_layer_vs_batch_norm import deep_stack


def test_the_sweep_over_depths_agrees_with_the_stacks_themselves():
    for pre in (False, True):
        sweep = deep_stack.last_gradients(pre, normalization.layer_norm, 0)
        for depth in (1, 5, 24):
            whole = deep_stack.gradients(pre, normalization.layer_norm, depth, 0).w_2[-1].flatten(1).norm(dim=1)
            torch.testing.assert_close(sweep[depth - 1], whole)


def test_pytorchs_own_block_draws_no_random_numbers():
    before = torch.get_rng_state()
    deep_stack.twin_gradients(True, True, 2, 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(w.requires_grad for block in deep_stack.task(0)[3] for w in vars(block).values())
