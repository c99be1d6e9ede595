"""T8: shapes known by hand, costs against torch's own counter, padding against the model's own mask, refusals."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from models import shapes, translator
from models.transformer import Transformer, TransformerConfig
from pages.t8_text_to_tensor import counted
from pages.t8_text_to_tensor.batched import LIMIT, batch
from pages.t8_text_to_tensor.inputs import CHINESE
from pages.t8_text_to_tensor.real_shapes import run
from pages.t8_text_to_tensor.stations import STATIONS
from pages.t8_text_to_tensor.travel import travel
from study.controls import Refusal
from study.demo import demos

ON_PAPER = {  # B = 2, S = T = 3, d_model = 4, h = 2, d_ff = 16, V = 10
    "ids": (2, 3),
    "embedding": (2, 3, 4),
    "position": (2, 3, 4),
    "qkv": (2, 2, 3, 2),
    "scores": (2, 2, 3, 3),
    "weights": (2, 2, 3, 3),
    "mixed": (2, 2, 3, 2),
    "joined": (2, 3, 4),
    "projected": (2, 3, 4),
    "added": (2, 3, 4),
    "wide": (2, 3, 16),
    "memory": (2, 3, 4),
    "target": (2, 3),
    "entered": (2, 3, 4),
    "masked": (2, 2, 3, 3),
    "cross": (2, 2, 3, 3),
    "states": (2, 3, 4),
    "logits": (2, 3, 10),
    "next": (2, 3, 10),
}


def demo(name):
    return demos("t8_text_to_tensor")[name]


def claims(evidence):
    return {claim.name: claim for claim in evidence.claims}


def test_the_example_on_paper_is_what_a_real_module_does():
    config = TransformerConfig(10, 10, d_model=4, n_layer=2, n_head=2, d_ff=16)
    assert run(config, B=2, S=3, T=3).shapes == ON_PAPER
    sizes = {"B": 2, "S": 3, "T": 3, "H": 2, "d_model": 4, "d_k": 2, "d_ff": 16, "V": 10}
    assert {name: STATIONS[name].shape(sizes) for name in ON_PAPER} == ON_PAPER


def test_every_letter_has_its_place():
    config = TransformerConfig(23, 29, d_model=21, n_layer=1, n_head=3, d_ff=19, pre_norm=True)
    found = run(config, B=2, S=5, T=11).shapes
    assert found["cross"] == (2, 3, 11, 5) and found["masked"] == (2, 3, 11, 11) and found["scores"] == (2, 3, 5, 5)
    assert found["qkv"] == (2, 3, 5, 7) and found["wide"] == (2, 5, 19) and found["logits"] == (2, 11, 29)


def test_a_module_that_is_not_what_the_letters_say_is_found():
    """The claim can fail: another number of heads has other shapes."""
    four, two = (run(TransformerConfig(9, 9, 8, 1, heads, 16), 1, 3, 3).shapes for heads in (4, 2))
    assert {name for name in four if four[name] != two[name]} == {
        "qkv",
        "scores",
        "weights",
        "mixed",
        "masked",
        "cross",
    }


@pytest.mark.parametrize(("n_head", "d_model"), [(5, 64), (3, 4), (16, 4)])
def test_heads_that_do_not_divide_the_width_are_refused(n_head, d_model):
    with pytest.raises(Refusal) as refused:
        demo("twin")(n_head=n_head, d_model=d_model)
    assert refused.value.key == "not_divisible" and refused.value.values == {"d_model": d_model, "n_head": n_head}


@pytest.mark.parametrize("T", [8, 12, 40])
@pytest.mark.parametrize("tied", [True, False])
def test_operations_are_those_of_torchs_counter(T, tied):
    config = TransformerConfig(16, 20, d_model=12, n_layer=2, n_head=3, d_ff=10, tied_output=tied)
    model = Transformer(config).eval()
    ids = torch.ones(1, T, dtype=torch.long)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.trace(ids, ids)
    assert counted.flops(config, T) == counter.get_total_flops() == shapes.flops(config, T).total


def test_parameters_of_a_module_without_numbers():
    config = TransformerConfig(16, 20, d_model=12, n_layer=2, n_head=3, d_ff=10)
    assert counted.parameters(config) == sum(p.numel() for p in Transformer(config).parameters())


@pytest.mark.parametrize("written", [0, 3, 12])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_trip_is_the_model_s_own_pass(written, layer):
    trip = travel(CHINESE, written, layer)
    added = trip.trace.encoder_added[2 * layer]  # (1, S, C)
    torch.testing.assert_close(trip.tensors["projected"], added, atol=1e-5, rtol=0)
    torch.testing.assert_close(trip.tensors["added"], trip.trace.encoder_states[2 * layer + 1], atol=1e-5, rtol=0)
    assert len(trip.target) == min(written, len(trip.translation.tokens)) + 1
    assert trip.tensors["mixed"].transpose(1, 2).flatten(2).equal(trip.tensors["joined"])


@pytest.mark.parametrize("station", list(STATIONS))
@pytest.mark.parametrize("text", ["你", "😀", "𠮷 a\tb", "我" * 24])
def test_every_station_can_be_shown(station, text):
    evidence = demo("journey")(chinese=text, station=station, written=12)
    assert all(claim.holds for claim in evidence.claims)


@pytest.mark.parametrize(
    ("text", "key"), [("我" * 25, "too_many_tokens"), ("\ufe0f", "empty"), ("\u0301\ufffd", "empty")]
)
def test_what_cannot_be_read_is_refused(text, key):
    with pytest.raises(Refusal) as refused:
        travel(text, 0, 0)
    assert refused.value.key == key


def test_padding_under_the_model_s_own_mask():
    lines = ("你好。", "我昨天在图书馆看书。")
    found, ours = batch(lines), translator.load().model
    assert found.lengths == [3, 10] and found.ids.shape == (2, 10)
    with torch.no_grad():
        own = ours.encode(found.ids).memory  # (B, S, C), float32, the model's own mask and fused attention
    torch.testing.assert_close(found.masked.float(), own, atol=1e-4, rtol=0)
    assert max(found.gaps(found.masked)) < 1e-12 < 0.1 < found.gaps(found.unmasked)[0]
    assert next(ours.parameters()).dtype == torch.float32  # the copy is double, the shared model is as it was


def test_bars_of_no_difference_stand_on_the_axis():
    def axis(lines: str):
        [bars] = demo("batching")(lines=lines).steps[-1].views
        return bars.y_range, max(map(max, bars.values.values()))

    assert axis("我喜欢猫") == ((0, 1), 0)  # a sentence alone has no padding
    between, largest = axis("你好\n我喜欢猫")
    assert between is None and largest > 0.01


@pytest.mark.parametrize(
    ("lines", "key", "values"),
    [
        ("你好\n\ufe0f\u0301", "empty_line", {"line": 2}),
        ("你\n" + "我" * (LIMIT + 1), "line_too_long", {"line": 2, "tokens": LIMIT + 1, "limit": LIMIT}),
        ("\n".join("abcdef"), "too_many_lines", {"lines": 6, "limit": 5}),
    ],
)
def test_lines_that_cannot_be_a_batch_are_refused(lines, key, values):
    with pytest.raises(Refusal) as refused:
        demo("batching")(lines=lines)
    assert refused.value.key == key and refused.value.values == values


def test_known_costs():
    base = claims(demo("cost")())
    assert base["parameters"].measured == 63_082_496
    assert claims(demo("cost")(model="big"))["parameters"].measured == 214_245_376
    assert claims(demo("cost")(model="ours"))["parameters"].measured == 6_907_392
    assert base["meet"].measured == 3 * 6 * 8 * 1024 * 512**2  # 3 attentions, 6 layers, 8 T d_model²


def test_a_view_alone_misplaces_eight_of_twelve():
    assert claims(demo("heads_split")())["misplaced"].measured == 8
