"""B4: counts known by hand, the drawings' arrows, masks on real weights, what the note says in words."""

import importlib
import itertools

import pytest
import torch
from transformers import BertConfig as TheirConfig
from transformers import BertModel

from models import bert, mlm, shapes
from models.attention import causal_mask
from models.bert import BertConfig
from pages.b4_bert_vs_transformer.inputs import LINE
from study.controls import Refusal
from study.demo import demos
from study.views import Bars, Diagram, Heatmap, Say, Table
from study.views.diagram import Arrow, Box
from study.views.stacks import BLOCKS

DEMOS = demos("b4_bert_vs_transformer")
what_changes, configure, masks, one_sided = (
    importlib.import_module(f"pages.b4_bert_vs_transformer.{name}")
    for name in ("what_changes", "configure", "masks", "one_sided")
)


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def claimed(evidence) -> dict[str, float]:
    return {c.name: c.measured for c in evidence.claims}


def view(evidence, kind):
    return next(v for v in evidence.views if isinstance(v, kind))


# --- Figure 3 --------------------------------------------------------------------------------------------------------
def test_figure_3_has_an_arrow_for_every_pair():
    arrows = [part for part in view(DEMOS["three_models"](), Diagram).parts if isinstance(part, Arrow)]
    transformers = [a for a in arrows if a.role == "hidden"]
    # two layers of 9 (BERT) and of 6 (GPT), and three arrows to the outputs of each
    assert len(transformers) == 2 * 9 + 3 + 2 * 6 + 3
    # ELMo: each half three in, three between the layers, three out, and two steps along each of its two layers
    assert len(arrows) - len(transformers) == 2 * (3 + 3 + 3 + 2 * 2)


def test_each_half_of_elmo_sees_one_side():
    real = importlib.import_module("pages.b4_bert_vs_transformer.three_models")._real()
    assert torch.equal(real["forward"], causal_mask(3)) and torch.equal(real["backward"], causal_mask(3).T)


# --- what changes ----------------------------------------------------------------------------------------------------
def test_every_block_has_its_words():
    told = {topic: what_changes.verdict(topic) for topic in {*what_changes.TOPICS.values(), what_changes.REST}}
    assert {t for t, v in told.items() if v == "goes"} == {"causal", "cross", "output", "decoder"}
    for block in (*BLOCKS, *what_changes.HEADS):
        assert len(view(DEMOS["what_changes"](block=block), Table).rows) == 4


def test_the_decoder_is_faint_and_can_be_picked():
    drawn = view(DEMOS["what_changes"](block="softmax"), Diagram)
    assert drawn.selected == "softmax" and set(drawn.names) == {*BLOCKS, *what_changes.HEADS}
    dashed = {part.name for part in drawn.parts if isinstance(part, Box) and part.dashed}
    assert dashed == set(BLOCKS[8:])


def test_an_encoder_layer_of_another_kind_is_told_apart():
    """With ReLU the states differ: the parity of the demo is none of a check that holds anyway."""
    assert measured(DEMOS["what_changes"]())["with_relu"] > 0.5


def test_the_number_of_the_activation_stands_at_its_block_only():
    told = {block for block in (*BLOCKS, *what_changes.HEADS) if DEMOS["what_changes"](block=block).measured}
    assert told == {"encoder_feed_forward"}


# --- parameters ------------------------------------------------------------------------------------------------------
def test_the_smallest_bert_of_the_note():
    config = BertConfig(10, n_position=4, n_segment=2, d_model=4, n_layer=1, n_head=2, d_ff=16)
    parts = shapes.count_parameters(config).parts
    assert parts["token_embedding"] + parts["position_embedding"] + parts["segment_embedding"] == 64
    assert (parts["embedding_norm"], parts["self_projections"], parts["feed_forward"], parts["norm"]) == (
        8,
        80,
        148,
        16,
    )
    assert parts["pooler"] == 20 and sum(parts.values()) == 336


@pytest.mark.parametrize("model", ["base", "large", "local"])
@pytest.mark.parametrize("pooler", [True, False])
def test_the_formula_of_the_note(model, pooler):
    config = configure.MODELS[model]
    V, H, L = config.vocab_size, config.d_model, config.n_layer
    formula = (V + 512 + 2) * H + 2 * H + L * (12 * H**2 + 13 * H) + pooler * (H**2 + H)
    evidence = DEMOS["configure"](model=model, pooler=pooler)
    assert claimed(evidence)["same_as_transformers"] == formula
    rows = next(v for v in evidence.views if isinstance(v, Table) and "formula" in v.columns).rows
    assert sum(dict(row[2].values)["n"] for row in rows) == formula


def test_the_local_bert_is_counted_as_it_is():
    own = sum(p.numel() for p in bert.load().encoder.parameters())
    assert claimed(DEMOS["configure"](model="local", pooler=False))["same_as_transformers"] == own


def test_half_the_width():
    full, half = (measured(DEMOS["configure"](model="own", d_model=d)) for d in (768, 384))
    assert half["one_layer"] / full["one_layer"] == pytest.approx(0.25, abs=0.001)


@pytest.mark.parametrize(("d_model", "n_layer", "vocab"), [(64, 1, 1000), (768, 12, 30_000), (2048, 48, 120_000)])
def test_the_total_below_the_bars_is_that_of_the_card(d_model, n_layer, vocab):
    evidence = DEMOS["configure"](model="own", d_model=d_model, n_layer=n_layer, vocab=vocab)
    (label,) = view(evidence, Bars).labels
    assert float(label) == pytest.approx(measured(evidence)["total"], rel=1e-3)


def test_both_ways_round_to_what_the_paper_says():
    table = next(v for v in DEMOS["configure"]().views if isinstance(v, Table) and "paper" in v.columns)
    for _, _, with_pooler, with_heads, paper in table.rows:
        assert round(with_pooler, -1) == round(with_heads, -1) == paper


# --- masks -----------------------------------------------------------------------------------------------------------
def test_three_masks_by_hand():
    assert masks.allowed("decoder", 3, 1).tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert masks.allowed("prefix", 3, 2).tolist() == [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    assert masks.allowed("encoder", 3, 1).all()
    assert torch.equal(masks.allowed("prefix", 4, 1), causal_mask(4))  # one token: everyone sees the first anyway
    assert masks.allowed("prefix", 4, 4).all()


def test_one_more_token_in_the_prefix_is_a_column():
    more = masks.allowed("prefix", 6, 4).int() - masks.allowed("prefix", 6, 3).int()  # (T, T)
    assert more.sum(0).tolist() == [0, 0, 0, 3, 0, 0]


@pytest.mark.parametrize("text", ["", "\u0301", "\ufffd", " "])
def test_nothing_to_read(text):
    for name in ("masks", "one_sided"):
        with pytest.raises(Refusal):
            DEMOS[name](sentence=text)
    for first, second in ((text, "a"), ("a", text)):
        with pytest.raises(Refusal):
            DEMOS["cls_or_mean"](first=first, second=second)


def test_too_long():
    for name in ("masks", "one_sided"):
        with pytest.raises(Refusal) as refusal:
            DEMOS[name](sentence="a " * 40)
        assert dict(refusal.value.values) == {"tokens": 42, "limit": 20}


@pytest.mark.parametrize("sentence", ["a", "🙂", "我 喜欢", "[MASK] [SEP] x"])
@pytest.mark.parametrize("pattern", ["encoder", "decoder", "prefix"])
def test_claims_hold_on_odd_texts(sentence, pattern):
    for prefix, layer in itertools.product((1, 20), (0, 5)):
        assert all(
            c.holds for c in DEMOS["masks"](sentence=sentence, pattern=pattern, prefix=prefix, layer=layer).claims
        )
    for cell in ((0, 0), (6, 19)):
        assert all(c.holds for c in DEMOS["one_sided"](sentence=sentence, cell=cell).claims)


def test_the_local_bert_under_a_mask_is_transformers_bert_under_it():
    config = bert.load().config
    theirs = BertModel(
        TheirConfig(
            hidden_size=config.d_model,
            num_hidden_layers=config.n_layer,
            num_attention_heads=config.n_head,
            intermediate_size=config.d_ff,
            attn_implementation="eager",
        ),
        add_pooling_layer=False,
    ).eval()
    ours = bert.load().encoder.state_dict()
    weights = {theirs_name: ours[_ours(theirs_name)] for theirs_name in theirs.state_dict()}
    theirs.load_state_dict(weights)
    ids = torch.tensor([bert.load().encode(LINE).ids])  # (1, T)
    mask = causal_mask(ids.shape[1])
    with torch.no_grad():
        added = torch.zeros(mask.shape).masked_fill(~mask, torch.finfo(torch.float32).min)
        last = theirs(input_ids=ids, attention_mask=added[None, None]).last_hidden_state[0]  # (T, C)
    torch.testing.assert_close(last, bert.load().trace(LINE, mask=mask).hidden[-1], atol=1e-4, rtol=1e-4)


def _ours(name: str) -> str:
    """The name that a tensor of transformers' BertModel has in models/bert.py."""
    for their, our in bert.RENAMED:
        name = name.replace(their, our)
    return name


# --- from the left only ----------------------------------------------------------------------------------------------
def test_door_on_the_left_and_book_on_both_sides():
    bars = view(DEMOS["one_sided"](**DEMOS["one_sided"].presets["book"]), Bars)
    best = {name: bars.labels[int(values.argmax())] for name, values in bars.values.items()}
    assert best == {"both": "book", "left": "door"}


def test_nobody_guesses_a_word_in_place_of_a_mark():
    for at, token in ((0, "[CLS]"), (11, "[SEP]")):
        evidence = DEMOS["one_sided"](cell=(6, at))
        assert not any(isinstance(v, Bars) for v in evidence.views) and set(measured(evidence)) == {"here", "mean"}
        assert evidence.notices == (Say("no_word", token=token),)


def test_a_full_mask_is_no_mask():
    ids = mlm.load().encode(LINE).ids
    full = torch.ones(len(ids), len(ids), dtype=torch.bool)
    one, other = (mlm.load().distribution(ids, [4], mask) for mask in (None, full))
    torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)


def test_the_first_column_does_not_depend_on_the_text():
    first, other = (one_sided._read(text).left[:, 0] for text in (LINE, "Rain falls on the roof of the old house."))
    torch.testing.assert_close(first, other, atol=1e-4, rtol=0)


def test_chapter_changes_least_and_the_first_the_most():
    evidence = DEMOS["one_sided"]()
    last, tokens = view(evidence, Heatmap).z[-1], one_sided._read(LINE).tokens
    assert tokens[int(last.argmin())] == "chapter" and int(last.argmax()) == tokens.index("the")


def test_a_stacked_bilstm_joins_after_every_layer():
    """torch's: in the second layer the forward state of the first token has read the last one."""
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    torch.nn.LSTM(3, 3, 2, bidirectional=True)(x)[0][0, :3].sum().backward()
    assert x.grad[-1].abs().max() > 0


def test_nothing_changes_before_the_first_layer():
    z = view(DEMOS["one_sided"](), Heatmap).z
    assert z[0].max() < 1e-6 and z[1:, 1:-1].max() > 0.1


# --- [CLS] or the mean -----------------------------------------------------------------------------------------------
def test_under_the_causal_mask_cls_has_no_bar():
    pair, recorded = (v for v in DEMOS["cls_or_mean"](mask="causal").views if isinstance(v, Bars))
    assert "cls" in pair.values and "cls" not in recorded.values


def test_both_notes_name_the_chips_in_order():
    """What the Try-its call chip 1 to 5 stands in the file at that place."""
    order = {name: list(demo.presets) for name, demo in DEMOS.items()}
    assert order["what_changes"] == ["stays", "changes", "positions", "new", "goes"]
    assert order["configure"] == ["base", "large", "formula", "stated", "own"]
    assert order["masks"] == ["bert", "gpt", "prefix", "looks_back"]
    assert order["one_sided"] == ["book", "opened", "chapter", "cls"]
