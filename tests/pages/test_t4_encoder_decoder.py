"""T4: what the note says in words about its demos, where the house's own tests do not look."""

import pytest
import torch
from torch import nn

from pages.t4_encoder_decoder import blocks, by_hand, residual, step_decoder, training_and_use
from pages.t4_encoder_decoder.reading import CHINESE, LIMIT, read, the_translator
from study.controls import Refusal
from study.demo import Origin, demos
from study.views import Diagram, Heatmap, Say, Table
from study.views.stacks import BLOCKS

DEMOS = demos("t4_encoder_decoder")
PURE = ["house", "three_attentions", "residual", "step_decoder"]


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def preset(demo: str, name: str):
    """The evidence of a demo's preset."""
    return DEMOS[demo](**{k: v for k, v in DEMOS[demo].presets[name].items() if k != "step"})


# --- on paper --------------------------------------------------------------------------------------------------------
def test_the_layer_on_paper_is_the_note_s():
    a = by_hand.attend(by_hand.X, by_hand.X, by_hand.X)
    u = by_hand.norm(by_hand.X + a)
    assert a.tolist() == [[2, 1, 3, 2]] * 2
    assert (by_hand.X + a).tolist() == [[6, 2, 6, 2], [2, 2, 6, 6]]
    assert u.tolist() == [[1, -1, 1, -1], [-1, -1, 1, 1]]
    assert by_hand.feed_forward(u).tolist() == [[0, 2, -2, 0], [2, 0, 0, -2]]
    z = by_hand.encoder_layer(by_hand.X, by_hand.attend, by_hand.feed_forward, by_hand.norm)
    assert z.tolist() == [[1, 1, -1, -1], [1, -1, 1, -1]]


def test_the_layers_are_wired_as_torch_s():
    assert by_hand.wiring() < 1e-12


# --- house -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("layer", [0, 2])
def test_every_block_is_computed_a_second_time(block, layer):
    evidence = DEMOS["house"](block=block, layer=layer, chinese="他不喜欢咖啡。")
    assert all(c.holds for c in evidence.claims)
    drawing, _, told = evidence.views
    assert isinstance(drawing, Diagram) and drawing.selected == block and drawing.pick == "block"
    assert isinstance(told, Table) and told.rows[1][0] == Say(f"why_{block}")


def test_shapes_are_told():
    told = {block: DEMOS["house"](block=block).views[-1].rows[0][0] for block in BLOCKS}
    shapes = {block: " → ".join(value for _, value in say.values) for block, say in told.items()}
    assert shapes["source"] == "9 → 9" and shapes["target"] == "10 → 10"
    assert shapes["encoder_self"] == "9 × 256 → 9 × 256"
    assert shapes["cross_attention"] == "10 × 256, 9 × 256 → 10 × 256"
    assert shapes["softmax"] == "10 × 3000 → 10 × 3000"


def test_the_softmax_shows_the_next_token_on_its_diagonal():
    heatmap = preset("house", "end").views[1]
    assert isinstance(heatmap, Heatmap) and heatmap.rows[1:] == heatmap.cols[:-1]
    assert (heatmap.z.argmax(1) == range(len(heatmap.rows))).all()  # greedy took the best each time


def test_a_wrong_weight_would_be_seen():
    pair = read(CHINESE)
    here = blocks.at(pair, "encoder_feed_forward", 1)
    other = blocks.at(pair, "encoder_feed_forward", 2)
    assert (here.values - other.again).abs().max() > 1


# --- three attentions ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("chinese", ["好", "他来了。", "我们在公园里玩了一整天。", "😀 zzz"])
def test_a_source_token_moves_all_and_the_last_target_token_itself(chinese):
    found = measured(DEMOS["three_attentions"](chinese=chinese))
    assert found["moved_by_source"] == found["positions"]
    assert found["moved_by_target"] == 1


@pytest.mark.parametrize("chinese", ["好", "我们在公园里玩了一整天。"])
def test_the_decoder_hears_of_the_source_in_its_first_cross_attention(chinese):
    """A prediction of the quiz: recomputed from the model's own layers, sub-layer by sub-layer."""
    pair = read(chinese)
    model, target, other = pair.translator.model, pair.target_ids, pair.source_ids.clone()
    other[0, -1] = 8 if other[0, -1] == 7 else 7  # any other character
    with torch.no_grad():
        before, after = model.trace(pair.source_ids, target), model.trace(other, target)
    same = [torch.equal(a, b) for a, b in zip(before.decoder_states, after.decoder_states, strict=True)]
    first = model.decoder[0]
    kinds = [name for name, part in first.named_children() if name.startswith("around_")]
    assert len(kinds) == 3 and kinds[same.index(False) - 1] == "around_cross"
    found = {claim.name: claim for claim in DEMOS["three_attentions"](chinese=chinese).claims}
    assert found["source_arrives"].measured == same.index(False) == 2


# --- residual --------------------------------------------------------------------------------------------------------
def test_a_copy_without_paths_changes_nothing_for_others():
    model = the_translator().model
    before = {name: p.clone() for name, p in model.state_dict().items()}
    kinds = [type(m) for m in model.modules()]
    logits = read(CHINESE).trace.logits.clone()
    for without in residual.WHERE:
        DEMOS["residual"](without=without, stack="decoder")
    assert [type(m) for m in model.modules()] == kinds
    assert all(torch.equal(p, before[name]) for name, p in model.state_dict().items())
    pair = read(CHINESE)
    with torch.no_grad():
        assert torch.equal(model.trace(pair.source_ids, pair.target_ids).logits, logits)


def test_the_copy_has_modules_of_its_own_and_no_weights():
    model = the_translator().model
    copied = residual.own_copy(model)
    assert {id(p) for p in copied.parameters()} == {id(p) for p in model.parameters()}
    assert not {id(m) for m in copied.modules()} & {id(m) for m in model.modules()}


def test_without_the_path_a_state_is_what_was_added():
    pair = read(CHINESE)
    trace = residual.traced(pair, "both")
    assert torch.equal(trace.encoder_states[1:], trace.encoder_added)
    assert torch.equal(trace.decoder_states[1:], trace.decoder_added)
    assert measured(preset("residual", "both"))["loss_cut"] > measured(preset("residual", "both"))["loss_with"]


# --- step by step ----------------------------------------------------------------------------------------------------
def test_greedy_is_the_translator_s_own():
    path = step_decoder.follow(CHINESE, ())
    ours = the_translator().translate(CHINESE)
    assert [step.id for step in ours.steps] == list(path.ids)
    assert path.log_prob == pytest.approx(ours.log_prob, abs=1e-6)


def test_another_first_token_changes_what_follows():
    greedy, other = preset("step_decoder", "first"), preset("step_decoder", "second_best")
    assert measured(other)["log_prob"] > measured(greedy)["log_prob"]  # as the note tells
    assert [v.tokens[0] for v in other.steps[0].views[1:]] == ["▁Would", "▁Do"]
    assert greedy.steps[0].views[1].tokens[-1] == "[END]"


def test_a_step_behind_the_last_shows_the_last():
    evidence = DEMOS["step_decoder"](step_number=LIMIT)
    assert [n.key for n in evidence.notices] == ["last_step"]
    assert all(c.holds for c in evidence.claims)


# --- training and use ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("chinese", [CHINESE, "好"])
def test_three_ways_have_the_same_logits(chinese):
    pair = read(chinese)
    one, cached, again = (
        way(pair.translator.model, pair.source_ids, pair.target_ids) for way in training_and_use.WAYS.values()
    )
    torch.testing.assert_close(cached, one, atol=1e-4, rtol=0)
    torch.testing.assert_close(again, one, atol=1e-4, rtol=0)


@pytest.mark.parametrize("n", [1, 2, 8, 33])
def test_a_longer_target_has_the_length_asked_for(n):
    longer = training_and_use._longer(read(CHINESE).target_ids, n)
    assert longer.shape == (1, n) and longer[0, 0] == read(CHINESE).target_ids[0, 0]


def test_positions_without_a_cache_add_up():
    assert training_and_use._work(20).rows[2][3] == sum(range(1, 21))


# --- any input -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("demo", PURE)
@pytest.mark.parametrize(("chinese", "key"), [("\u0301\ufffd", "empty"), ("好" * (LIMIT + 1), "too_many_tokens")])
def test_what_cannot_be_read_is_refused(demo, chinese, key):
    with pytest.raises(Refusal) as refusal:
        DEMOS[demo](chinese=chinese)
    assert refusal.value.key == key


@pytest.mark.parametrize("demo", PURE)
def test_unknown_characters_are_told(demo):
    evidence = DEMOS[demo](chinese="我🙂。")
    assert "unknown_to_translator" in [n.key for n in evidence.notices]
    assert all(c.holds for c in evidence.claims) and evidence.origin is Origin.TRAINED_HERE


def test_torch_s_attention_is_the_model_s():
    module = the_translator().model.encoder[0].self_attention
    assert isinstance(module, nn.Module)
    x = torch.randn(5, 256, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        everywhere = torch.ones(1, 1, 1, 5, dtype=torch.bool)
        ours = module(x[None], module.keys_values(x[None]), everywhere)[0]
        theirs, weights = blocks.by_torch.attention(module, x, x)
    torch.testing.assert_close(ours.double(), theirs, atol=1e-5, rtol=0)
    assert weights.shape == (4, 5, 5)
