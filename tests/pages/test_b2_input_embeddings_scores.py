"""The terms of the first layer's scores add up to the scores."""

import torch

from models import bert, bert_input
from pages.b2_input_embeddings.scores import whole_scores


def test_terms_of_the_scores_add_up_and_only_row_constants_are_left_out():
    s = bert_input.taken_apart("the cat sat", "it slept")
    terms = bert_input.score_terms(s)
    torch.testing.assert_close(terms.sum((0, 1)), whole_scores(s), atol=1e-9, rtol=0)
    without_key_bias = terms[:, :3].sum((0, 1))
    torch.testing.assert_close(without_key_bias.softmax(-1), whole_scores(s).softmax(-1), atol=1e-12, rtol=0)
    weights = bert.load().trace("the cat sat", "it slept").attentions[0]
    torch.testing.assert_close(whole_scores(s).softmax(-1).float(), weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(bert_input.score_shares(terms).sum((0, 1)), torch.ones(12, dtype=torch.float64))
