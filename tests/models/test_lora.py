"""models.lora: nothing changes at first, only A and B learn, and what was adapted can be merged, stored and undone."""

import copy

import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from models import bert, lora

sizes = st.integers(1, 9)
repeatable = settings(derandomize=True, max_examples=40, deadline=None, database=None)
TINY = bert.BertConfig(vocab_size=40, n_position=16, d_model=24, n_layer=2, n_head=3, d_ff=36)
IDS = torch.tensor([[1, 7, 9, 2], [1, 30, 8, 2]])


def close(a, b, atol=1e-12):
    torch.testing.assert_close(a, b, rtol=0, atol=atol)


def random(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def tiny(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return bert.Encoder(TINY).double()


def last(encoder, ids=IDS):
    """The last hidden state, (B, T, C)."""
    return encoder(ids, torch.zeros_like(ids))[1][-1]


def trained(parameters, seed=7):
    """As if by training: B is no longer 0."""
    with torch.no_grad():
        for i, p in enumerate(parameters):
            p += 0.3 * random(*p.shape, seed=seed + i).to(p)


@repeatable
@given(d_in=sizes, d_out=sizes, rank=sizes, alpha=st.floats(0.1, 100), bias=st.booleans(), seed=st.integers(0, 999))
def test_output_is_the_formula(d_in, d_out, rank, alpha, bias, seed):
    base = nn.Linear(d_in, d_out, bias, dtype=torch.float64)
    layer = lora.LoRA(base, rank, alpha, torch.Generator().manual_seed(seed))
    x = random(2, 3, d_in, seed=seed)
    assert torch.equal(layer(x), base(x))  # B = 0
    assert {name for name, p in layer.named_parameters() if p.requires_grad} == {"lora_a", "lora_b"}
    assert layer.lora_a.shape == (rank, d_in) and layer.lora_b.shape == (d_out, rank)
    assert layer.lora_a.numel() + layer.lora_b.numel() == lora.count_parameters(rank, d_in, d_out)
    trained([layer.lora_b])
    expected = base.weight + alpha / rank * layer.lora_b @ layer.lora_a
    close(layer(x), F.linear(x, expected, base.bias), atol=1e-10 * alpha)
    close(layer.weight, expected, atol=1e-12 * alpha)
    assert layer.bias is base.bias


def test_a_is_gaussian_with_the_variance_of_the_authors_code():
    layer = lora.LoRA(nn.Linear(300, 5), 200, 8, torch.Generator().manual_seed(0))
    theirs = nn.init.kaiming_uniform_(torch.empty(200, 300), a=5**0.5)
    assert layer.lora_a.std().item() == pytest.approx(theirs.std().item(), rel=0.02)
    normal = layer.lora_a.flatten() / layer.lora_a.std()
    assert normal.abs().lt(1).double().mean().item() == pytest.approx(0.6827, abs=0.005)
    assert normal.abs().lt(2).double().mean().item() == pytest.approx(0.9545, abs=0.005)


def test_attach_adapts_what_is_named():
    encoder = tiny()
    parameters = lora.attach(encoder, ["query", "layers.1.expand"], rank=3)
    adapted = [name for name, m in encoder.named_modules() if isinstance(m, lora.LoRA)]
    assert adapted == ["layers.0.attention.query", "layers.1.attention.query", "layers.1.expand"]
    assert [tuple(p.shape) for p in parameters] == [(3, 24), (24, 3), (3, 24), (24, 3), (3, 24), (36, 3)]
    assert {id(p) for p in encoder.parameters() if p.requires_grad} == {id(p) for p in parameters}
    assert all(m.scale == 1 for m in encoder.modules() if isinstance(m, lora.LoRA))  # alpha = rank

    by_function = tiny()
    lora.attach(by_function, lambda name, layer: layer.out_features == 36, rank=3)
    assert list(lora.adapters(by_function)) == [f"layers.{i}.expand.lora_{m}" for i in (0, 1) for m in "ab"]
    by_name = tiny()
    lora.attach(by_name, "attention.output", rank=2, alpha=6)
    assert list(lora.adapters(by_name)) == [f"layers.{i}.attention.output.lora_{m}" for i in (0, 1) for m in "ab"]
    assert by_name.layers[0].attention.output.scale == 3


def test_seeds_repeat_and_leave_the_global_one_alone():
    before, (a, again, other) = torch.get_rng_state(), (tiny() for _ in range(3))
    for encoder, seed in ((a, 1), (again, 1), (other, 2)):
        lora.attach(encoder, "value", rank=2, seed=seed)
    assert torch.equal(torch.get_rng_state(), before)
    a, again, other = (lora.adapters(e) for e in (a, again, other))
    assert all(torch.equal(a[k], again[k]) for k in a)
    assert not any(torch.equal(a[k], other[k]) for k in a if k.endswith("lora_a"))
    first, second = (v for k, v in a.items() if k.endswith("lora_a"))
    assert not torch.equal(first, second)


def test_training_moves_the_adapters_and_nothing_else():
    encoder = tiny()
    original = {k: v.clone() for k, v in encoder.state_dict().items()}
    at_first = last(encoder)
    parameters = lora.attach(encoder, ["query", "value", "contract"], rank=4, alpha=8)
    assert torch.equal(last(encoder), at_first)
    optimizer = torch.optim.AdamW(parameters, lr=0.05, weight_decay=0.1)
    losses, target = [], last(tiny(seed=1)).detach()
    for step in range(8):
        optimizer.zero_grad()
        loss = (last(encoder) - target).square().mean()
        loss.backward()
        if step == 0:  # while B is 0, no gradient reaches A
            assert all(p.grad.any() == (p.shape[0] != 4) for p in parameters)
        losses.append(loss.item())
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]
    own = {id(p) for p in parameters}
    assert all(p.grad is None for p in encoder.parameters() if id(p) not in own)
    lora.detach(encoder)
    state = encoder.state_dict()
    assert state.keys() == original.keys() and all(torch.equal(state[k], original[k]) for k in original)
    assert torch.equal(last(encoder), at_first)


def test_detach_restores_the_module():
    encoder = tiny().eval()
    encoder.embedding.requires_grad_(False)
    layers, flags = dict(encoder.named_modules()), {k: p.requires_grad for k, p in encoder.named_parameters()}
    trained(lora.attach(encoder, lambda *_: True, rank=2))
    assert not any(m.training for m in encoder.modules())
    lora.detach(encoder)
    assert {k: id(m) for k, m in encoder.named_modules()} == {k: id(m) for k, m in layers.items()}
    assert {k: p.requires_grad for k, p in encoder.named_parameters()} == flags
    lora.detach(encoder)  # nothing to undo
    lora.attach(encoder, "query", rank=2)  # and another time


def test_a_merged_module_is_plain_and_says_the_same():
    encoder = tiny()
    encoder.embedding.requires_grad_(False)
    names = list(encoder.state_dict())
    flags = {k: p.requires_grad for k, p in encoder.named_parameters()}
    base = encoder.layers[0].attention.query
    weight = base.weight.clone()
    trained(lora.attach(encoder, lambda *_: True, rank=3, alpha=5))
    adapted, changed = last(encoder), encoder.layers[0].attention.query.weight
    assert (adapted - last(tiny())).abs().max() > 0.1
    lora.merge(encoder)
    assert list(encoder.state_dict()) == names and not any(isinstance(m, lora.LoRA) for m in encoder.modules())
    assert {k: p.requires_grad for k, p in encoder.named_parameters()} == flags
    close(last(encoder), adapted)
    close(encoder.layers[0].attention.query.weight, changed)
    assert torch.equal(base.weight, weight)


def test_adapters_go_through_safetensors(tmp_path):
    encoder = tiny()
    trained(lora.attach(encoder, ["query", "value"], rank=3, alpha=6))
    tensors = lora.adapters(encoder)
    assert sum(t.numel() for t in tensors.values()) == 4 * lora.count_parameters(3, 24, 24)
    safetensors.torch.save_file(tensors, tmp_path / "adapters.safetensors")
    fresh = tiny()
    lora.attach(fresh, ["query", "value"], rank=3, alpha=6, seed=5)
    lora.load_adapters(fresh, safetensors.torch.load_file(tmp_path / "adapters.safetensors"))
    assert torch.equal(last(fresh), last(encoder))
    trained([p for p in fresh.parameters() if p.requires_grad])
    assert all(torch.equal(tensors[k], v) for k, v in lora.adapters(encoder).items())
    tensors["layers.0.attention.query.lora_b"].zero_()  # a copy: the model keeps its own
    assert lora.adapters(encoder)["layers.0.attention.query.lora_b"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("layers.1.attention.value.lora_a"), r"missing: layers\.1\.attention\.value\.lora_a$"),
        (lambda t: t.update({"head.lora_a": torch.zeros(1)}), r"foreign: head\.lora_a$"),
        (
            lambda t: t.update({"layers.0.attention.value.lora_b": torch.zeros(24, 9)}),
            r"wrong shape: layers\.0\.attention\.value\.lora_b is \(24, 9\), not \(24, 2\)$",
        ),
        (lambda t: t.clear(), r"missing: .* and 1 more$"),
    ],
)
def test_foreign_adapters_are_refused_and_change_nothing(change, message):
    encoder = tiny()
    lora.attach(encoder, "value", rank=2)
    before = lora.adapters(encoder)
    tensors = {k: torch.ones_like(v) for k, v in before.items()}
    change(tensors)
    with pytest.raises(ValueError, match=message):
        lora.load_adapters(encoder, tensors)
    assert all(torch.equal(before[k], v) for k, v in lora.adapters(encoder).items())


def test_attach_refuses_what_it_cannot_do():
    encoder = tiny()
    flags = [p.requires_grad for p in encoder.parameters()]
    with pytest.raises(ValueError, match=r"found for queery; there are: layers\.0\.attention\.query, .* and 9 more"):
        lora.attach(encoder, ["query", "queery"], rank=2)
    with pytest.raises(ValueError, match="no linear layer found"):
        lora.attach(encoder, "uery", rank=2)  # whole parts of a name only
    with pytest.raises(ValueError, match="no linear layer found"):
        lora.attach(encoder, "attention_norm", rank=2)
    with pytest.raises(ValueError, match="no linear layer found"):
        lora.attach(encoder, [], rank=2)
    with pytest.raises(ValueError, match="no linear layer found"):
        lora.attach(encoder, lambda *_: False, rank=2)
    with pytest.raises(ValueError, match="at least 1"):
        lora.attach(encoder, "query", rank=0)
    assert [p.requires_grad for p in encoder.parameters()] == flags and not lora.adapters(encoder)
    lora.attach(encoder, "query", rank=2)
    with pytest.raises(ValueError, match="already"):
        lora.attach(encoder, "value", rank=2)
    with pytest.raises(ValueError, match="missing"):
        lora.load_adapters(encoder, {})
    with pytest.raises(ValueError, match="foreign"):
        lora.load_adapters(tiny(), lora.adapters(encoder))


@pytest.mark.parametrize(
    ("n_layer", "d_model", "matrices", "rank", "millions", "rounding"),
    [
        (12, 768, 2, 8, 0.3, 0.05),  # RoBERTa base: Table 2, rank from Table 9
        (24, 1024, 2, 8, 0.8, 0.05),  # RoBERTa large
        (96, 12288, 2, 1, 4.7, 0.05),  # GPT-3: Table 4, ranks from appendix D.4
        (96, 12288, 2, 8, 37.7, 0.05),
        (96, 12288, 4, 2, 18, 1),  # Table 5: a budget of 18M, spent in three ways
        (96, 12288, 2, 4, 18, 1),
        (96, 12288, 1, 8, 18, 1),
    ],
)
def test_counts_are_the_papers(n_layer, d_model, matrices, rank, millions, rounding):
    trained_numbers = n_layer * matrices * lora.count_parameters(rank, d_model, d_model)
    assert trained_numbers / 1e6 == pytest.approx(millions, abs=rounding)


def test_the_local_bert_takes_rank_64():
    shared = bert.load()
    encoder = copy.deepcopy(shared.encoder)
    m = bert.Bert(shared.config, shared.tokenizer, encoder)
    at_first = shared.trace("the cat sat").hidden
    parameters = lora.attach(encoder, ["query", "key", "value", "output", "expand", "contract"], rank=64)
    assert torch.equal(m.trace("the cat sat").hidden, at_first)
    assert sum(p.numel() for p in parameters) == 6 * (4 * 64 * (384 + 384) + 2 * 64 * (384 + 1536)) == 2_654_208
    with torch.no_grad():
        for i, p in enumerate(parameters):
            p += 0.01 * random(*p.shape, seed=i).to(p)
    adapted = m.trace("the cat sat").hidden
    assert (adapted - at_first).abs().max() > 0.01
    lora.merge(encoder)
    close(m.trace("the cat sat").hidden, adapted, atol=2e-5)  # float32
    assert torch.equal(shared.trace("the cat sat").hidden, at_first)


class Tied(nn.Module):
    """One layer under two names, and a second pair of names through a shared parent."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4, dtype=torch.float64)
        self.block = nn.Sequential(nn.Linear(4, 4, dtype=torch.float64), nn.Tanh())
        self.again = nn.ModuleDict({"tied": self.first, "block": self.block})

    def forward(self, x):
        for layer in (self.first, self.block, self.again["tied"], self.again["block"]):
            x = layer(x)
        return x


@pytest.mark.parametrize("where", [["first", "block.0"], ["tied", "0"], lambda name, layer: True])
def test_a_layer_with_two_names_is_adapted_under_both(where):
    module, x = Tied(), random(3, 4, seed=0)
    before, bases = module(x), (module.first, module.block[0])
    parameters = lora.attach(module, where, rank=2)
    names = [f"{layer}.{matrix}" for layer in ("first", "block.0") for matrix in ("lora_a", "lora_b")]
    assert list(lora.adapters(module)) == names and len(parameters) == len(names)
    assert module.first is module.again["tied"] and module.block[0] is module.again["block"][0]
    assert isinstance(module.first, lora.LoRA) and torch.equal(module(x), before)
    trained(parameters)
    adapted = module(x)
    assert not torch.allclose(adapted, before)
    merged = copy.deepcopy(module)
    lora.merge(merged)
    assert merged.first is merged.again["tied"] and type(merged.first) is nn.Linear
    close(merged(x), adapted)
    lora.detach(module)
    assert (module.first, module.block[0]) == bases and module.again["tied"] is bases[0]
    assert torch.equal(module(x), before) and all(p.requires_grad for p in module.parameters())
