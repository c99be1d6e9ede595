"""Seeded batches, and which of their positions are real tokens."""

import torch

from pages.t2_layer_vs_batch_norm.batch import token_names, tokens
from pages.t2_layer_vs_batch_norm.padding import real_tokens


def test_toy_batches_are_named_masked_and_repeatable():
    assert token_names(1, 2) == ["s1·t1", "s1·t2"]
    assert real_tokens((1, 3), 3).tolist() == [[True, False, False], [True, True, True]]
    assert torch.equal(tokens(2, 3, 4, 7), tokens(2, 3, 4, 7))
