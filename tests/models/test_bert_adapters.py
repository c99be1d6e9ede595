"""models.bert_adapters: what is taken can be put back, weights are shared, and a BERT is known by its fingerprint."""

import copy

import pytest
import torch
from torch import nn

from models import bert, lora
from models.bert_adapters import ADAPTED, fingerprint, put, shared, taken

TINY = bert.BertConfig(vocab_size=40, n_position=16, d_model=24, n_layer=2, n_head=3, d_ff=36)


def tiny(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return bert.Encoder(TINY), nn.Linear(24, 3)


def test_adapters_are_in_every_linear_layer_and_the_given_encoder_stays_as_it_is():
    encoder, _ = tiny()
    own = shared(encoder)
    layers = [name for name, m in encoder.named_modules() if isinstance(m, nn.Linear)]
    assert len(lora.attach(own, ADAPTED, rank=2)) == 2 * len(layers) == 2 * 6 * TINY.n_layer
    assert not any(isinstance(m, lora.LoRA) for m in encoder.modules())
    assert {id(p) for p in encoder.parameters()} < {id(p) for p in own.parameters()}


@pytest.mark.parametrize("half", [False, True])
def test_what_is_taken_can_be_put_back(half):
    (encoder, head), (other, other_head) = tiny(), tiny(1)
    for e in (encoder, other):
        lora.attach(e, ADAPTED, rank=2)
    kept = {name: torch.randn_like(t) for name, t in taken(encoder, head).items()}
    kept = {name: t.half() for name, t in kept.items()} if half else kept
    put(other, other_head, kept)
    again = taken(other, other_head)
    assert again.keys() == kept.keys() and {"head.weight", "head.bias"} < again.keys()
    assert all(torch.equal(again[name], t.float()) for name, t in kept.items())
    with pytest.raises(ValueError, match="not the adapters"):
        put(other, other_head, {name: t for name, t in kept.items() if "query" not in name})
    with pytest.raises(RuntimeError, match="bias"):
        put(other, other_head, {name: t for name, t in kept.items() if name != "head.bias"})


def test_a_bert_is_known_by_its_fingerprint_with_adapters_or_without():
    encoder, _ = tiny()
    known = fingerprint(encoder)
    adapted = shared(encoder)
    lora.attach(adapted, ADAPTED, rank=2)
    assert fingerprint(adapted) == known == fingerprint(copy.deepcopy(encoder))
    other = copy.deepcopy(encoder)
    with torch.no_grad():
        other.layers[1].attention.key.bias[3] += 1e-6
    assert fingerprint(other) != known
