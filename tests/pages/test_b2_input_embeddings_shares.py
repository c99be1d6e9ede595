"""What a part contributes to a sum, in a case that can be computed by hand."""

import torch

from models import bert_input
from pages.b2_input_embeddings import shares


def test_shares_of_vectors_at_right_angles_are_their_squares():
    z = torch.zeros(2, 4, dtype=torch.float64)
    token, segment, position = z.clone(), z.clone(), z.clone()
    token[:, 0], segment[:, 1], position[0, 2], position[1, 2] = 2, 1, 1, -1
    s = bert_input.Sum(["a", "b"], [0, 0], [0, 0], token, segment, position)
    torch.testing.assert_close(shares.contributions(s)[:, 0], torch.tensor([4, 1, 1], dtype=torch.float64) / 6)
    assert shares.shares_of_difference(s).tolist() == [0, 0, 1]  # token and segment are the same in both rows
