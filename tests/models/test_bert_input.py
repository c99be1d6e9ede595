"""BERT's input, part by part: refusals, and the terms of the scores of the first layer."""

import pytest
import torch

from models import bert, bert_input


def test_too_long_is_said():
    with pytest.raises(bert.TooLong):
        bert_input.taken_apart("word " * 600)


def test_what_enters_the_layers_is_the_sum_normed():
    s, trace = bert_input.taken_apart("a cat", "a dog"), bert.load().trace("a cat", "a dog")
    torch.testing.assert_close(s.normed.float(), trace.hidden[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(s.scaled.sum(0), s.normed)


def test_terms_of_the_scores_softmax_to_the_models_weights():
    terms = bert_input.score_terms(bert_input.taken_apart("the cat sat", "it slept"))
    weights = bert.load().trace("the cat sat", "it slept").attentions[0]
    torch.testing.assert_close(terms.sum((0, 1)).softmax(-1).float(), weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(bert_input.score_shares(terms).sum((0, 1)), torch.ones(12, dtype=torch.float64))


def test_tokens_in_another_order_get_the_positions_anew():
    s = bert_input.taken_apart("one two three")
    turned = s.ordered([0, 3, 2, 1, 4])
    assert turned.tokens == ["[CLS]", "three", "two", "one", "[SEP]"]
    assert torch.equal(turned.position, s.position) and torch.equal(turned.token[1], s.token[3])
