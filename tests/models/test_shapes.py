"""models.shapes against the real modules: their parameters, torch's FLOP counter, and what autograd really keeps."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig as HFBertConfig
from transformers import BertModel, GPT2Config, GPT2Model, OpenAIGPTConfig, OpenAIGPTModel

from models import shapes
from models.bert import BertConfig, Encoder
from models.decoder import GPT, GPTConfig
from models.transformer import Transformer, TransformerConfig

repeatable = settings(derandomize=True, max_examples=20, deadline=None, database=None)
BASE = BertConfig(d_model=768, n_layer=12, n_head=12, d_ff=3072)
LARGE = BertConfig(d_model=1024, n_layer=24, n_head=16, d_ff=4096)
GPT1, GPT2 = GPTConfig(40_478, 512, pre_norm=False), GPTConfig()


def on_meta(build):
    with torch.device("meta"):
        return build()


def numel(module):
    return sum(p.numel() for p in module.parameters())


@repeatable
@given(
    sizes=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    d_k=st.integers(1, 6),
    n_head=st.integers(1, 4),
    n_layer=st.integers(1, 3),
    d_ff=st.integers(1, 30),
    pre_norm=st.booleans(),
    tied=st.booleans(),
    shared=st.booleans(),
)
def test_parameters_of_the_transformer(sizes, d_k, n_head, n_layer, d_ff, pre_norm, tied, shared):
    source, target = (sizes[0], sizes[0]) if shared else sizes
    config = TransformerConfig(source, target, d_k * n_head, n_layer, n_head, d_ff, 0.1, pre_norm, shared, tied)
    module = on_meta(lambda: Transformer(config))
    count = shapes.count_parameters(config)
    assert count.total == numel(module) == sum(count.parts.values())
    assert count.parts["encoder_self_projections"] == sum(numel(layer.self_attention) for layer in module.encoder)
    assert count.parts["encoder_feed_forward"] == sum(numel(layer.feed_forward) for layer in module.encoder)
    assert count.parts["decoder_cross_projections"] == sum(numel(layer.cross_attention) for layer in module.decoder)
    assert count.parts["target_embedding"] == numel(module.target_embedding)
    assert count.parts["decoder_cross_scores"] == 0


def test_heads_do_not_change_parameters_or_flops():
    for config in (TransformerConfig(100, 100), BertConfig(), GPTConfig()):
        few, many = (replace(config, n_head=n) for n in (1, 32))
        assert shapes.count_parameters(few) == shapes.count_parameters(many)
        assert shapes.flops(few, T=50) == shapes.flops(many, T=50)
        few, many = (shapes.activation_memory(c, T=50) for c in (few, many))
        more = {part for part in few.parts if many.parts[part] != few.parts[part]}
        assert more and all(part.endswith("scores") for part in more)


@pytest.mark.parametrize("config, total", [(BASE, 109_482_240), (LARGE, 335_141_888)])
def test_parameters_of_bert(config, total):
    theirs = HFBertConfig(
        hidden_size=config.d_model,
        num_hidden_layers=config.n_layer,
        num_attention_heads=config.n_head,
        intermediate_size=config.d_ff,
    )
    assert shapes.count_parameters(config).total == total == numel(on_meta(lambda: BertModel(theirs)))
    ours = numel(on_meta(lambda: Encoder(config)))
    assert shapes.count_parameters(config, pooler=False).total == ours


def test_parameters_of_decoders():
    gpt1 = numel(on_meta(lambda: OpenAIGPTModel(OpenAIGPTConfig())))
    assert shapes.count_parameters(GPT1).total == gpt1 == 116_534_784
    gpt2 = numel(on_meta(lambda: GPT2Model(GPT2Config())))
    assert shapes.count_parameters(GPT2).total == gpt2 == 124_439_808


@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_parameters_of_our_decoder(pre_norm, tied):
    config = GPTConfig(60, 20, 24, 2, 3, 36, pre_norm=pre_norm, tied_output=tied)
    assert shapes.count_parameters(config).total == numel(on_meta(lambda: GPT(config)))
    with pytest.raises(ValueError, match="20 positions"):
        shapes.flops(config, T=21)


@pytest.mark.parametrize("B, S, T", [(1, 5, 5), (3, 7, 4)])
def test_flops_are_those_that_torch_counts(B, S, T):
    config = TransformerConfig(50, 40, d_model=24, n_layer=2, n_head=3, d_ff=36)
    source, target = torch.ones(B, S, dtype=torch.long), torch.ones(B, T, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        Transformer(config).eval().trace(source, target)
    assert shapes.flops(config, T, S, B).total == counter.get_total_flops()

    config = BertConfig(vocab_size=50, d_model=24, n_layer=2, n_head=3, d_ff=36)
    with FlopCounterMode(display=False) as counter:
        Encoder(config)(target, torch.zeros_like(target))
    assert shapes.flops(config, T, B=B, pooler=False).total == counter.get_total_flops()


def test_flops_of_gpt2():
    """torch counts one multiply-add as two as well; GPT2Model ends before the logits."""
    B, T = 2, 64
    model = on_meta(lambda: GPT2Model(GPT2Config(attn_implementation="eager")).eval())
    with FlopCounterMode(display=False) as counter:
        model(torch.ones(B, T, dtype=torch.long, device="meta"))
    ours = shapes.flops(GPT2, T, B=B)
    assert ours.total - ours.parts["output"] == counter.get_total_flops()


def kept_by_autograd(loss_of, module):
    """Bytes of all floating-point tensors that the graph of a loss holds, parameters left out."""
    own = {p.untyped_storage().data_ptr() for p in module.parameters()}
    held = {}

    def pack(x):
        if x.is_floating_point() and x.untyped_storage().data_ptr() not in own:
            held[x.untyped_storage().data_ptr()] = x  # also keeps it from being freed, and its address from reuse
        return x

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        loss_of(module)
    return sum(x.untyped_storage().nbytes() for x in held.values())


@pytest.mark.parametrize("pre_norm", [False, True])
def test_memory_is_what_autograd_keeps(pre_norm):
    """To the byte, but for what is one number per position or per pair: statistics of norms and softmax, masks."""
    B, S, T, L, H = 4, 24, 20, 2, 2
    config = TransformerConfig(300, 200, d_model=96, n_layer=L, n_head=H, d_ff=384, pre_norm=pre_norm)
    source, target = torch.ones(B, S, dtype=torch.long), torch.ones(B, T, dtype=torch.long)
    kept = kept_by_autograd(
        lambda m: cross_entropy(m(source, target).flatten(0, 1), target.flatten()), Transformer(config).eval()
    )
    norms = 2 * ((2 * L + pre_norm) * B * S + (3 * L + pre_norm) * B * T)  # mean and deviation
    softmax = L * B * H * (S + 2 * T)  # log of the sum of each row
    masks = L * B * (T * T + 2 * S)  # turned into numbers, for each layer
    ours = shapes.activation_memory(config, T, S, B, fused=True).total
    assert ours <= kept <= ours + 4 * (norms + softmax + masks + 1)


@repeatable
@given(h=st.integers(1, 64).map(lambda n: 16 * n), a=st.sampled_from([1, 2, 4, 8]), s=st.integers(1, 512))
def test_memory_of_a_layer_is_korthikantis(h, a, s):
    """Korthikanti et al. 2022, §4.1: s b h (34 + 5 a s / h) bytes in 16 bits, of which dropout 2 s b h + 3 a s² b."""
    b = 3
    two, one = (
        shapes.activation_memory(GPTConfig(d_model=h, n_head=a, d_ff=4 * h, n_layer=n), s, B=b, bytes_per_number=2)
        for n in (2, 1)
    )
    assert two.total - one.total == s * b * h * 34 + 5 * a * s * s * b - (2 * s * b * h + 3 * a * s * s * b)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(TypeError, match="transformers"):
        shapes.count_parameters(HFBertConfig())
    for size in ({"T": 0}, {"T": 3, "B": 0}, {"T": 3, "S": 0}, {"T": 513}):
        with pytest.raises(ValueError):
            shapes.flops(BertConfig(), **size)
