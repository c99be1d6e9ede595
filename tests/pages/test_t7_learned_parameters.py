"""T7: numbers known by hand, what pruning does and does not touch, what the note says in words."""

import importlib

import numpy as np
import pytest
import torch

from models import attention
from models.transformer import Transformer, TransformerConfig
from pages.t7_learned_parameters import pruning
from pages.t7_learned_parameters.translator_heads import N_HEAD, ROWS, attentions, load
from study.controls import Refusal
from study.demo import Progress, demos

DEMOS = demos("t7_learned_parameters")
TINY = TransformerConfig(20, 20, d_model=8, n_layer=3, n_head=N_HEAD, d_ff=16, dropout=0.0)
prune, roles, learning, by_importance = (
    importlib.import_module(f"pages.t7_learned_parameters.{name}")
    for name in ("prune", "head_roles", "learning_to_look", "by_importance")
)


def measured(evidence) -> dict[str, float]:
    return {m.name: m.value for m in evidence.measured}


def claimed(evidence) -> dict[str, float]:
    return {c.name: c.measured for c in evidence.claims}


@pytest.fixture
def tiny() -> tuple[Transformer, torch.Tensor, torch.Tensor]:
    """A small untrained model in float64 and a batch of two pairs, one of them padded."""
    model = Transformer(TINY, seed=1).double().eval()
    source = torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0]])  # (B, S)
    target = torch.tensor([[2, 10, 11, 12], [2, 13, 14, 0]])  # (B, T)
    return model, source, target


# --- the picture and the count ---------------------------------------------------------------------------------------
def test_the_layer_on_paper():
    assert claimed(DEMOS["where_learned"]()) == {"attention": 80, "layer": 172}


@pytest.mark.parametrize("n_head", ["1", "2", "4", "8", "16", "32"])
def test_heads_do_not_change_the_count(n_head):
    assert claimed(DEMOS["count"](n_head=n_head))["same_as_module"] == 63_082_496
    assert claimed(DEMOS["count"](n_head=n_head, d_model=128))["one_attention"] == 66_048
    assert measured(DEMOS["count"](n_head=n_head))["times_h"] == pytest.approx(4 * 512**2 * int(n_head) / 1e6)


def test_the_total_under_the_chart_has_three_digits_at_any_size():
    tiny = {name: value for name, value in DEMOS["count"].presets["tiny"].items() if name != "step"}
    for values, total in ((tiny, "0.148"), ({}, "63.1"), ({"d_model": 2048, "d_ff": 8192, "n_layer": 24}, "2900")):
        assert list(DEMOS["count"](**values).steps[0].views[0].labels) == [total]


# --- learning to look ------------------------------------------------------------------------------------------------
def test_the_next_letter_and_the_place_before():
    x, looks, answer = learning.examples("next_letter", 5, torch.Generator().manual_seed(0))
    letters, colours = x[..., :6].argmax(-1), x[..., 12:].argmax(-1)  # (5, T) each
    assert (x.sum(-1) == 3).all() and (x[..., 6:12].argmax(-1) == torch.arange(6)).all()
    assert (letters.gather(1, looks) == (letters + 1) % 6).all()
    assert (colours.gather(1, looks) == answer).all()
    _, looks, _ = learning.examples("previous_place", 1, torch.Generator().manual_seed(0))
    assert looks[0].tolist() == [5, 0, 1, 2, 3, 4]


def test_weights_begin_even_and_find_the_rule():
    first, *_, last = DEMOS["learning_to_look"].start(Progress())
    assert measured(first)["on_rule"] == pytest.approx(1 / 6, abs=0.01)
    assert measured(last)["on_rule"] > 0.97 and measured(last)["right"] > 0.99
    product = last.steps[2].views[0].z  # (C, C)
    assert product[:6, :6].argmax(1).tolist() == [1, 2, 3, 4, 5, 0]  # A finds B, …, F finds A
    assert np.abs(product[:6, :6]).mean() > 10 * np.abs(product[6:, 6:]).mean()
    w_q, w_k, w_v = (view.z for view in last.steps[1].views)  # (C, d_k) twice, (C, colours)
    assert all(np.abs(w[:6]).mean() > 5 * np.abs(w[6:]).mean() for w in (w_q, w_k))  # of the letters' rows
    assert w_v[12:].argmax(1).tolist() == [0, 1, 2, 3] and np.abs(w_v[:12]).max() < 0.5


def test_two_seeds_share_the_product_and_not_the_matrices():
    one, other = (DEMOS["learning_to_look"](seed=seed) for seed in (0, 1))
    products = [evidence.steps[2].views[0].z[:6, :6].ravel() for evidence in (one, other)]
    queries = [evidence.steps[1].views[0].z[:6].ravel() for evidence in (one, other)]
    assert np.corrcoef(products)[0, 1] > 0.7 > 0.4 > abs(np.corrcoef(queries)[0, 1])


def test_without_a_rule_nothing_is_learned_and_a_run_can_be_stopped():
    assert measured(DEMOS["learning_to_look"](rule="none"))["on_rule"] == pytest.approx(1 / 6, abs=0.02)
    progress = Progress()
    work = DEMOS["learning_to_look"].start(progress)
    next(work)
    next(work)
    work.close()
    assert 0 < progress.done < 1


# --- roles -----------------------------------------------------------------------------------------------------------
def test_which_keys_a_role_means():
    read = roles.Read(("[START]", "▁Tom", "▁ran"), ("汤", "姆", "跑"), torch.zeros(12, 3, 3))
    assert roles.keys("translation", "cross", read).int().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert roles.keys("read", "cross", read).int().tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert roles.keys("diagonal", "cross", read).int().tolist() == torch.eye(3).int().tolist()
    again = roles.Read(tuple("abac"), tuple("abac"), torch.zeros(12, 4, 4))
    assert roles.keys("previous", "encoder", again).nonzero().tolist() == [[1, 0], [2, 1], [3, 2]]
    assert roles.keys("next", "encoder", again).nonzero().tolist() == [[0, 1], [1, 2], [2, 3]]
    assert roles.keys("same_word", "encoder", again).nonzero().tolist() == [[0, 2], [2, 0]]
    assert roles.keys("same_word", "decoder", again).nonzero().tolist() == [[2, 0]]
    assert roles.keys("last", "encoder", again)[:, 3].all()


@pytest.mark.parametrize("site", ["encoder", "decoder"])
def test_a_head_for_the_previous_token_and_its_chance(site, monkeypatch):
    """By chance one of four rows asks (encoder), or one of those that see the key: only the next one looks there."""
    weights = torch.zeros(12, 4, 4)
    weights[:, 0, 0] = 1
    weights[:, [1, 2, 3], [0, 1, 2]] = 1
    read = roles.Read(tuple("abcd"), tuple("abcd"), weights)
    monkeypatch.setattr(roles, "readings", lambda: {site: (read,)})
    found = roles.found.__wrapped__("previous", site)
    assert found.n == 3 and found.weight.tolist() == [1] * 12
    first = 2 / 4  # row 0 looks at key 0, too
    rest = {"encoder": (1 / 4, 1 / 4), "decoder": (1 / 3, 1 / 2)}[site]
    assert found.chance[0].item() == pytest.approx((first + sum(rest)) / 3)


def test_what_the_note_says_about_roles():
    found = {site: roles.roles(site) for site in roles.ROLES}
    aligned, before, same = found["cross"]["translation"], found["encoder"]["previous"], found["encoder"]["same_word"]
    assert (aligned.weight > 0.8).sum() == 2
    assert before.weight.max() < 0.3 and before.weight.max() > before.best_by_chance.max()
    assert same.weight.max() <= same.best_by_chance.quantile(0.95)
    assert found["decoder"]["itself"].weight.max() == pytest.approx(2 / 3, abs=0.02)
    habit = found["decoder"]["first"].weight
    assert 0.2 < habit.min() < habit.max() < 0.4  # between a fifth and nearly two fifths


# --- pruning ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("E0.1", {("E0", 1)}),
        ("c2 , D1.h3", {("C2", 0), ("C2", 1), ("C2", 2), ("C2", 3), ("D1", 3)}),
        ("E0.1、e0.1；E0H2", {("E0", 1), ("E0", 2)}),
    ],
)
def test_heads_as_they_are_written(text, heads):
    assert prune.parse(text) == heads


@pytest.mark.parametrize("text", ["E0.1", "C2 E0.1", "D", "E1 E0.3", "E D C"])
def test_heads_that_are_clicked_are_written_as_they_are_read(text):
    cells = prune.cells(text)
    assert prune.cells(prune.names(cells)) == cells
    assert prune.names(prune.cells("c2.3 C2.0 C2.1 C2.2 e0.1")) == "E0.1 C2"


def test_whole_attentions():
    assert len(prune.parse("e")) == 12 and len(prune.parse("E D C")) == 36


@pytest.mark.parametrize("text", ["E3", "E0.4", "X1", "all", "🙂", "E0.", "C-1", "１", "E0.1.2"])
def test_no_such_head(text):
    with pytest.raises(Refusal, match="unknown_head") as refused:
        prune.parse(f"C2.1, {text}")
    assert refused.value.values == {"text": text}  # as it was typed


@pytest.mark.parametrize("text", [",", " ， ;"])
def test_nothing_to_remove(text):
    with pytest.raises(Refusal, match="empty"):
        prune.parse(text)


@pytest.mark.parametrize("part", ["output", "value"])
def test_a_pruned_model_shares_the_rest_and_leaves_its_model_alone(tiny, part):
    model, source, target = tiny
    before = {name: p.clone() for name, p in model.named_parameters()}
    logits = model(source, target)
    pruned = pruning.without(model, frozenset({("E1", 2), ("C0", 0)}), part)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    assert torch.equal(model(source, target), logits) and not torch.equal(pruned(source, target), logits)
    own = [name for (name, p), q in zip(model.named_parameters(), pruned.parameters(), strict=True) if p is not q]
    assert own and all(f".{part}." in name for name in own)


def test_a_pruned_attention_is_a_narrower_one(tiny):
    model, *_ = tiny
    pruned = pruning.without(model, frozenset({("E0", 1), ("E0", 3)}))
    x = torch.randn(1, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))  # (1, T, C)
    module, mask = pruned.encoder[0].self_attention, torch.ones(1, 1, 1, 5, dtype=torch.bool)
    ours = module(x, module.keys_values(x), mask)  # (1, T, C)
    kept, w = [0, 1, 4, 5], dict(model.encoder[0].self_attention.named_parameters())  # channels of heads 0 and 2
    q, k, v = (x @ w[f"{n}.weight"][kept].T + w[f"{n}.bias"][kept] for n in ("query", "key", "value"))  # (1, T, 4)
    heads = [attention.scaled_dot_product(q[..., c], k[..., c], v[..., c])[0] for c in (slice(0, 2), slice(2, 4))]
    theirs = torch.cat(heads, -1) @ w["output.weight"][:, kept].T + w["output.bias"]  # (1, T, C)
    torch.testing.assert_close(ours, theirs)


def test_importance_is_the_slope_of_the_loss(tiny):
    model, source, target = tiny
    slopes = pruning._slopes(model, source, target)  # (B, 9, 4)
    row, head, small = "C1", 2, 1e-5

    def losses(gate: float) -> torch.Tensor:
        copied = pruning.without(model, frozenset())
        with torch.no_grad():
            dict(attentions(copied))[row].output.weight[:, 2 * head : 2 * head + 2] *= gate
            logits = copied(source, target[:, :-1])
        answer = target[:, 1:]
        lost = torch.nn.functional.cross_entropy(logits.transpose(1, 2), answer, ignore_index=0, reduction="none")
        return lost.sum(-1)  # (B,)

    numeric = (losses(1 + small) - losses(1 - small)) / (2 * small)
    torch.testing.assert_close(slopes[:, ROWS.index(row), head].double(), numeric, rtol=1e-4, atol=1e-6)


def test_the_paired_bootstrap_of_equal_texts_is_zero():
    texts = ["He complained about the noise."] * 30
    assert prune.interval(texts, texts) == (0, 0)


def test_cross_attention_is_needed_most_and_the_shared_model_stays():
    before = [p.clone() for p in load().model.parameters()]
    runs = {name: [*DEMOS["prune"].start(Progress(), remove=name)][-1] for name in "EDC"}
    left = {name: measured(evidence)["pruned"] for name, evidence in runs.items()}
    assert left["C"] < 1 < left["D"] < left["E"] < measured(runs["E"])["whole"]
    assert len(set(pruning.translations(prune.parse("C"), 0))) == 1  # blind to the source, it says one sentence
    assert all(torch.equal(a, b) for a, b in zip(before, load().model.parameters(), strict=True))


def test_the_order_of_importance_helps_until_few_heads_are_left():
    by_seed = [DEMOS["by_importance"](**chip) for chip in DEMOS["by_importance"].presets.values()]
    important, random = ([evidence.steps[0].views[0].series[i].y for evidence in by_seed] for i in (0, 1))
    half, six = by_importance.LEFT.index(18), by_importance.LEFT.index(6)
    assert all(a[half] > b[half] + 5 for a, b in zip(important, random, strict=True))
    assert sum(a[six] < b[six] for a, b in zip(important, random, strict=True)) == 2


def test_one_head_less_is_within_chance():
    one = measured(DEMOS["prune"](remove="E0.1"))
    assert one["low"] < 0 < one["high"]
