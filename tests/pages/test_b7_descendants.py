"""B7: the tree, printed numbers, masks by hand, ALBERT against transformers, fakes, soft targets, DeBERTa's terms."""

import collections
import itertools
import math

import numpy as np
import pytest
import torch
from transformers.models.deberta.configuration_deberta import DebertaConfig
from transformers.models.deberta.modeling_deberta import DisentangledSelfAttention

from models import metrics, mlm, toy
from pages.b7_descendants import disentangled, distilled, masks, our_line, replaced, reported, sharing, tree
from study.controls import Refusal
from study.views import Say, Table
from study.views.diagram import Box
from tests.facts import b7_descendants as fact


def measured(evidence):
    return {m.name: m.value for m in evidence.measured}


def holds(evidence):
    return all(c.holds for c in evidence.claims)


# ---- the tree


def test_every_model_has_its_place_and_its_line():
    places = [(m.column, m.row) for m in tree.MODELS.values()]
    assert len(set(places)) == len(places) == 27
    assert all(set(m.changed) <= set(tree.CHANGES) for m in tree.MODELS.values())
    assert all(m.changed for name, m in tree.MODELS.items() if name != "bert")
    assert set(tree.CHANGES) == {kind for m in tree.MODELS.values() for kind in m.changed}
    assert tree.ancestors("all_minilm") == ["all_minilm", "minilm", "bert"]
    assert tree.ancestors("deberta_v3") == ["deberta_v3", "deberta", "roberta", "bert"]


def test_who_has_the_most_descendants_as_the_note_tells():
    straight = collections.Counter(m.parent for m in tree.MODELS.values() if m.parent not in ("", "bert"))
    assert straight.most_common(2)[0] == ("roberta", 6) and straight.most_common(2)[1][1] == 1
    names = [m.label for m in tree.MODELS.values() if m.parent == "roberta"]
    assert names == ["XLM-R", "Longformer", "DeBERTa", "BigBird", "ModernBERT", "NeoBERT"]


def test_rows_are_in_the_order_of_time():
    for a, b in itertools.permutations(tree.MODELS.values(), 2):
        assert a.row >= b.row or a.month <= b.month, (a.label, b.label)
    for year, row in tree.YEARS.items():
        assert min(m.month[:4] for m in tree.MODELS.values() if m.row >= row) == str(year)


@pytest.mark.parametrize("kind", tree.CHANGES)
def test_the_filter_fills_what_was_changed(kind):
    drawn = tree.tree(changed=kind).views[0].parts
    filled = {p.name for p in drawn if isinstance(p, Box) and p.filled}
    assert filled == {name for name, m in tree.MODELS.items() if kind in m.changed}


def test_our_line():
    assert holds(our_line.our_line())


# ---- reported averages


def test_berts_own_row_is_table_1():
    base, large = reported.TABLES["bert"].rows
    assert (base.average, large.average) == (metrics.PAPER_TABLE_1["base"][-1], metrics.PAPER_TABLE_1["large"][-1])


@pytest.mark.parametrize("table", [reported.EVERY, *reported.TABLES])
def test_printed_sizes_agree_with_counted_ones(table):
    evidence = reported.reported(table)
    assert holds(evidence) and measured(evidence)["base_spread"] == pytest.approx(5.2)


def test_what_the_note_says_of_the_tables():
    modern = {r.name: r for r in reported.TABLES["modern"].rows}
    small, other = modern["ModernBERT-base"], modern["DeBERTaV3-base"]
    assert small.millions < other.millions and small.average > other.average
    assert modern["RoBERTa-base"].average > modern["BERT-large"].average
    assert modern["RoBERTa-base"].millions / modern["BERT-large"].millions < 0.4
    sizes = [r.average for r in reported.TABLES["released"].rows]
    assert sizes == sorted(sizes)


# ---- masks


def test_words_and_their_pieces():
    u = masks.read("the unhappily married")
    assert u.tokens == ("the", "un", "##ha", "##pp", "##ily", "married") and u.word == (0, 1, 1, 1, 1, 2)
    u = masks.read("语言 模型, 好")
    assert u.tokens == ("语", "言", "模", "型", ",", "好") and u.word == (0, 0, 1, 1, 2, 3)


def test_expectation_and_variance_by_hand():
    assert masks.expect(4, 2) == 1.75 and masks.variance(4, 2) == 0.1875  # 1 with p = 1/4, 2 with p = 3/4
    assert masks.expect(45, 1) == 1 and masks.variance(45, 1) == 0
    assert masks.expect(1, 50) == 1 and masks.variance(1, 50) == 0


def test_distinct_ones_are_counted():
    drawn = np.array([[3, 3, 5, 3, 7], [1, 2, 3, 4, 5]])
    assert masks._distinct(drawn).tolist() == [[1, 1, 2, 2, 3], [1, 2, 3, 4, 5]]


def test_word_by_word():
    u = masks.Units(("a", "b", "##c", "d"), (0, 1, 1, 2))
    for seed in range(30):
        chosen = masks.choose(u, 2, seed, whole=True)
        assert masks.in_part(u, chosen) == 0 and 1 <= len(chosen) <= 2
        assert len(masks.choose(u, 2, seed, whole=False)) == 2
    assert masks.in_part(u, {1}) == 1 and masks.in_part(u, {1, 2, 3}) == 0


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_is_as_expected_for_every_seed(seed):
    assert holds(masks.masks(seed=seed)) and holds(masks.masks("a b c", epochs=3, seed=seed))


@pytest.mark.parametrize(("words", "key"), [("   a ", "too_few"), ("a " * 50, "too_many_tokens")])
def test_sentences_that_cannot_be_masked(words, key):
    with pytest.raises(Refusal) as refused:
        masks.masks(words)
    assert refused.value.key == key


def test_chinese_has_no_surprises_of_ours():
    evidence = masks.masks("语言 模型 要 猜出 词语")
    first = evidence.steps[1].views[0]
    assert isinstance(first, Table) and first.rows == ((Say("none_cut"),),) and not evidence.notices


# ---- sharing


def test_albert_base_by_hand():
    parts = sharing.count(sharing.SIZES["base"], True, True)
    assert parts == {
        "tokens": 3_840_000,
        "others": 66_048,
        "projection": 99_072,
        "layers": 7_087_872,
        "pooler": 590_592,
    }
    assert sum(parts.values()) == 11_683_584


@pytest.mark.parametrize("size", sharing.SIZES)
def test_all_four_ways_are_transformers(size):
    for factorised, shared in itertools.product((False, True), repeat=2):
        assert holds(sharing.sharing(size, factorised, shared))


@pytest.mark.parametrize("size", ["base", "large", "xlarge"])
def test_the_paper_prints_about_as_many(size):
    s = sharing.SIZES[size]
    assert sum(sharing.count(s, True, True).values()) / 1e6 == pytest.approx(s.printed, rel=0.04)


# ---- replaced tokens


def test_a_draw_that_is_the_old_token_counts_as_original():
    rounds = [replaced.corrupted(replaced.LINE, 25, seed) for seed in range(12)]
    assert any(len(r.fakes) < len(r.positions) for r in rounds)
    for r in rounds:
        assert r.fakes == [i for i in range(len(r.ids)) if r.ids[i] != r.shown[i]]
        assert len(r.positions) == round(0.25 * (len(r.ids) - 2)) and torch.allclose(r.p.sum(1), torch.ones(4).double())


def test_the_chip_says_what_its_look_says():
    """Chip 3: at least one token was drawn and is the original again."""
    r = replaced.corrupted(replaced.LINE, 25, replaced.PRESETS["same"]["seed"])
    assert len(r.fakes) < len(r.positions)


def test_a_guess_is_graded():
    r = replaced.corrupted(replaced.LINE, 25, 0)
    for i in range(1, len(r.ids) - 1):
        evidence = replaced.replaced(guess=f"t{i}")
        assert measured(evidence)["fakes"] == len(r.fakes)
        assert evidence.views[-1].title.key == ("hit" if i in r.fakes else "miss")
    assert "fakes" not in measured(replaced.replaced())
    assert "fakes" not in measured(replaced.replaced(guess="t24")), "there is no such token"


# ---- distillation


def test_halved_logits_take_the_roots_of_the_odds():
    p = torch.tensor([16, 4, 1], dtype=torch.float64) / 21
    assert distilled.soften(p.log(), 2).tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert float(distilled.entropy(torch.full((4,), 0.25))) == pytest.approx(math.log(4))


def test_the_gradient_keeps_its_size():
    z = torch.tensor([2.0, 0.0, -1.0], dtype=torch.float64)
    far = distilled.gradient(z, 1000)
    assert far.tolist() == pytest.approx((-(z - z.mean()) / 3).tolist(), abs=1e-3)  # Hinton et al. 2015, eq. (4)


@pytest.mark.parametrize(("text", "key"), [("no gap", "no_mask"), ("", "empty"), ("word " * 60, "too_many_tokens")])
def test_sentences_without_a_gap(text, key):
    with pytest.raises(Refusal) as refused:
        distilled.distilled(text)
    assert refused.value.key == key


# ---- DeBERTa


def test_scores_are_those_of_transformers():
    """One head, no mask. The paper reads the last term at δ(j, i), equation (4); transformers' code at δ(i, j)."""
    n, d, k = 7, 16, 3
    config = DebertaConfig(
        hidden_size=d,
        num_attention_heads=1,
        relative_attention=True,
        max_relative_positions=k,
        pos_att_type=["c2p", "p2c"],
    )
    theirs = DisentangledSelfAttention(config).eval().double()
    x = toy.normal(1, n, d, seed=0, name="x")
    rel = toy.normal(2 * k, d, seed=0, name="P")
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(toy.normal(*p.shape, seed=i, name="W") / 4)
        mixed = x @ theirs.in_proj.weight.T  # (1, T, 3 d)
        q, key, _ = mixed[0].chunk(3, dim=-1)
        q = q + theirs.q_bias
        q_r, k_r = rel @ theirs.pos_q_proj.weight.T + theirs.pos_q_proj.bias, rel @ theirs.pos_proj.weight.T
        offset = torch.arange(n)[:, None] - torch.arange(n)[None, :]
        content, position, _ = disentangled.scores(q, key, q_r, k_r, k)
        last = (key @ q_r.T).gather(1, (k - offset).clamp(0, 2 * k - 1)).T / math.sqrt(3 * d)
        ours = (content + position + last).softmax(-1)
        mask = torch.ones(1, 1, n, n, dtype=torch.long)
        out = theirs(x, mask, output_attentions=True, relative_pos=offset[None], rel_embeddings=rel)
    assert torch.allclose(ours, out[1][0, 0], atol=1e-9)


def test_distances_beyond_the_reach_share_a_vector():
    assert [disentangled.bucket(i, 3) for i in (-9, -3, -2, 0, 2, 3, 9)] == [0, 0, 1, 3, 5, 5, 5]


def test_only_content_scores_are_alike_for_a_word_twice():
    maps = disentangled.disentangled(**disentangled.PRESETS["same_word"]).views[0].terms
    alike = [np.allclose(m.z[0], m.z[3]) for m in maps]
    assert alike == [True, False, False, False]


# ---- the facts of the note


def test_facts():
    assert fact.split_words() == 49 and fact.all_masked() > fact.rest_visible() + 3
    assert fact.saved_by_sharing() == pytest.approx(11 * 7.087872)
    assert fact.saved_by_table() == pytest.approx((109_081_344 - 89_650_176) / 1e6)
    assert mlm.load().base.config.n_layer == 6
