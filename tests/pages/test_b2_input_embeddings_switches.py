"""The model run from its sum on, against the model itself; parts left out, sentences swapped."""

import pytest
import torch

from models import bert, bert_input
from pages.b2_input_embeddings import switches

TEXTS = [("my dog is cute", "he likes playing"), ("a", None), ("flightless 🙂 我爱", "x")]


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_the_run_is_the_models_own(text, pair):
    s, trace = bert_input.taken_apart(text, pair), bert.load().trace(text, pair)
    run = switches.run(s)
    torch.testing.assert_close(run.hidden, trace.hidden, atol=1e-4, rtol=0)
    torch.testing.assert_close(run.attentions, trace.attentions, atol=1e-4, rtol=0)
    torch.testing.assert_close(s.normed.float(), trace.hidden[0], atol=1e-5, rtol=0)


def test_what_is_left_out_is_left_out():
    s = bert_input.taken_apart("a cat", "a dog")
    none = switches.run(s, (False, False, False)).hidden[0]
    bias = bert.load().encoder.embedding.norm.bias
    torch.testing.assert_close(none, bias.expand_as(none), atol=1e-6, rtol=0)
    alone = switches.run(s, (True, False, False)).hidden[0]
    assert torch.equal(alone[1], alone[4])  # "a" twice, and nothing says where
    assert not torch.allclose(switches.run(s).hidden[0][1], switches.run(s).hidden[0][4])


def test_without_positions_the_outputs_are_permuted_with_the_tokens():
    s = bert_input.taken_apart("one two three four")
    order = [3, 0, 5, 1, 4, 2]
    keep = (True, True, False)
    torch.testing.assert_close(
        switches.run(s.ordered(order), keep).hidden, switches.run(s, keep).hidden[:, order], atol=1e-4, rtol=0
    )


def test_swapping_is_reading_the_other_way_round():
    s = bert_input.taken_apart("my dog", "he plays now")
    new, back = switches.swapped(s)
    theirs = bert.load().encode("he plays now", "my dog")
    assert (new.ids, new.segments) == (theirs.ids, theirs.segments)
    assert [new.tokens[i] for i in back] == s.tokens
    there_and_back, _ = switches.swapped(new)
    assert there_and_back.ids == s.ids and there_and_back.segments == s.segments
    alone = bert_input.taken_apart("my dog")
    assert switches.swapped(alone)[0].ids == alone.ids and switches.swapped(alone)[1] == [0, 1, 2, 3]


def test_attention_that_moves_completely_counts_as_one():
    a, b = torch.tensor([[1.0, 0.0], [0.5, 0.5]]), torch.tensor([[0.0, 1.0], [0.25, 0.75]])
    assert switches.moved(a, b).tolist() == [1.0, 0.25]
