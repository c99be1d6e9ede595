"""Training the masked language model, on tiny weights and made-up sentences: masks, batches, the loop, what is written.

The loop itself (models/train/loop.py) is tested here too: going on, processes, the average.
"""

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from itertools import islice, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import mlm
from models.train import loop
from models.train.command import told
from models.train.mlm import report
from models.train.mlm.probes import PROBES, WATCHED
from models.train.mlm.training import (
    MASKED_FOR_TEST,
    Data,
    Recipe,
    Trainer,
    batches,
    evaluate,
    mask,
    repetitions,
)
from tests.models.test_mlm import tiny_base

TINY = Recipe(
    steps=6,
    batch_tokens=120,
    warmup=2,
    rank=4,
    alpha=4.0,
    precision="no",
    every=3,
    longest=16,
    dev_share=0.05,
    test_share=0.1,
    least=0,
)
WHO = ("I", "we", "they", "you", "children", "teachers")
WHAT = ("read books", "drink tea", "sing songs", "buy flowers", "see birds", "eat bread")
WHEN = ("today", "tomorrow", "at night", "on monday", "in summer")
CLS, SEP, MASK, UNK = 101, 102, 103, 100


@pytest.fixture(scope="module")
def base():
    return tiny_base()


@pytest.fixture
def files(tmp_path):
    made = [f"{a} {b} {c}." for a, b, c in product(WHO, WHAT, WHEN)]
    (tmp_path / "made.txt").write_text("\n".join(made) + "\n", encoding="utf-8")
    other = [f"{a} never {b}.\tx" for a, b in product(WHO, WHAT)]
    (tmp_path / "other.tsv").write_text("\n".join(other) + "\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("we read books today.\nmany dogs sleep.\n", encoding="utf-8")
    return [str(tmp_path / "made.txt"), f"table={tmp_path / 'other.tsv'}"], [f"unseen={tmp_path / 'test.txt'}"]


# --- masks -----------------------------------------------------------------------------------------------------------
@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(
    B=st.integers(1, 6), T=st.integers(3, 30), share=st.floats(0, 0.6), seed=st.integers(0, 99), always=st.booleans()
)
def test_masks_hide_a_share_of_the_ordinary_tokens(base, B, T, share, seed, always):
    g = np.random.default_rng(seed)
    ids = g.integers(999, 30_522, (B, T))
    ids[:, 0], ids[:, -1] = CLS, SEP
    if T > 4:
        ids[:, 2] = UNK
    m = mask(ids, base, share, np.random.default_rng(seed), always)
    hidden, rows, positions, targets = (t.numpy() for t in (m.ids, m.rows, m.positions, m.targets))
    assert (np.diff(rows) >= 0).all() and (ids[rows, positions] == targets).all() and (targets > MASK).all()
    assert len(set(zip(rows.tolist(), positions.tolist(), strict=True))) == len(rows)
    assert len(rows) == B * min(max(1, round(share * (T - 2))), T - 2 - (T > 4))
    if always:
        assert (hidden[rows, positions] == MASK).all()
    chosen = np.zeros(ids.shape, dtype=bool)
    chosen[rows, positions] = True
    assert (hidden == ids)[~chosen].all()


def test_of_the_chosen_eighty_percent_are_masked_ten_replaced_ten_kept(base):
    ids = np.full((2000, 12), 2000)
    ids[:, 0], ids[:, -1] = CLS, SEP
    m = mask(ids, base, 0.5, np.random.default_rng(0))
    now = m.ids[m.rows, m.positions]
    assert len(now) == 2000 * 5
    assert (now == MASK).float().mean().item() == pytest.approx(0.8, abs=0.015)
    assert (now == 2000).float().mean().item() == pytest.approx(0.1, abs=0.012)
    replaced = now[(now != MASK) & (now != 2000)]
    assert len(replaced.unique()) > 900, "drawn from the whole vocabulary"
    assert torch.bincount(m.positions, minlength=12)[1:-1].min() > 800, "every position alike"
    again = mask(ids, base, 0.5, np.random.default_rng(0))
    assert torch.equal(m.ids, again.ids) and not torch.equal(m.ids, mask(ids, base, 0.5, np.random.default_rng(1)).ids)


def test_nothing_is_masked_where_nothing_can_be(base):
    ids = np.array([[CLS, UNK, UNK, SEP], [CLS, UNK, 2000, SEP]])
    m = mask(ids, base, 0.9, np.random.default_rng(0), always=True)
    assert m.rows.tolist() == [1] and m.positions.tolist() == [2] and m.ids.tolist()[0] == ids[0].tolist()


# --- data and batches ------------------------------------------------------------------------------------------------
def test_every_sequence_is_in_one_batch_of_its_length():
    g = np.random.default_rng(0)
    lengths = g.integers(3, 30, 400).tolist()
    for epoch in range(3):
        cut = batches(lengths, 100, 0, epoch)
        assert sorted(i for b in cut for i in b) == list(range(400))
        for b in cut:
            assert len({lengths[i] for i in b}) == 1 and (len(b) == 1 or len(b) * lengths[b[0]] <= 100)
    assert batches(lengths, 100, 0, 1) == batches(lengths, 100, 0, 1) != cut
    assert {tuple(sorted(b)) for b in cut} != {tuple(sorted(b)) for b in batches(lengths, 100, 0, 1)}, "mixed anew"
    sizes = [len(b) for b in cut]
    assert sizes != sorted(sizes)


def test_data_is_encoded_split_and_kept_apart(files, base):
    data = Data(files[0], TINY, base, files[1])
    decode = base.tokenizer.decode
    sides = {"train": data.train, "dev": data.dev, "test": data.test}
    texts = {side: {decode(ids) for rows in of.values() for ids in rows} for side, of in sides.items()}
    assert not texts["train"] & texts["test"] and not texts["dev"] & texts["test"] and not texts["train"] & texts["dev"]
    assert "we read books today." in texts["test"] and set(data.test) == {"made", "table", "unseen"}
    assert set(data.train) == {"made", "table"} and data.others == ("unseen",)
    ids = data.rows[0]
    assert ids[0] == CLS and ids[-1] == SEP and (ids[1:-1] > MASK).all()
    assert data.counts.sum() == sum(map(len, data.rows)) and len(data.rows) == sum(map(len, data.train.values()))
    assert data.tokens()["test"]["unseen"] == 9
    twice = Data(files[0], replace(TINY, repeat="table=3"), base, files[1])
    assert len(twice.rows) == len(data.rows) + 2 * len(data.train["table"]) and twice.checksum != data.checksum
    with pytest.raises(ValueError, match="both called"):
        Data(files[0], TINY, base, [files[0][0]])


def test_long_texts_are_cut_and_running_text_is_joined(tmp_path, base):
    (tmp_path / "a.txt").write_text("\n".join(f"{i} cats sleep." for i in range(100, 300)))
    (tmp_path / "b.tsv").write_text("\n".join(f"{i} dogs sleep.\tx" for i in range(100, 150)))
    data = Data([str(tmp_path / "a.txt"), str(tmp_path / "b.tsv")], replace(TINY, least=30), base)
    assert {base.tokenizer.decode(ids).count(".") for ids in data.train["a"]} == {2}
    assert {base.tokenizer.decode(ids).count(".") for ids in data.train["b"]} == {1}, "rows of a table stay alone"
    cut = data.encode(["cat " * 40])
    assert [len(ids) for ids in cut] == [16, 16, 14] and all(ids[0] == CLS and ids[-1] == SEP for ids in cut)


def test_repetitions_name_sources():
    assert repetitions("a=2,c=3", {"a": 0, "b": 0, "c": 0}) == {"a": 2, "b": 1, "c": 3}
    for wrong in ("d=2", "a", "a=x"):
        with pytest.raises(ValueError, match="--repeat"):
            repetitions(wrong, {"a": 0, "b": 0})


def test_no_probe_filled_is_trained_on(tmp_path, base):
    lines = [f"{a} {b} {c}." for a, b, c in product(WHO, WHAT, WHEN)]
    (tmp_path / "a.txt").write_text("\n".join([*lines, PROBES[0].filled[0], PROBES[9].filled[0].upper()]))
    data = Data([str(tmp_path / "a.txt")], TINY, base)
    kept = sum(len(of["a"]) for of in (data.train, data.dev, data.test))
    assert kept == len(lines)


def test_probes_are_sound(base):
    assert len({p.text for p in PROBES}) == len(PROBES) >= 30 and set(WATCHED) <= set(PROBES)
    for p in PROBES:
        assert p.text.count("[MASK]") == 1 and p.answers
        assert all(base.tokenizer.token_to_id(a) for a in p.answers), f"{p.text}: an answer is not one piece"


# --- the loop --------------------------------------------------------------------------------------------------------
def test_the_learning_rate_rises_and_falls():
    for decay in ("cosine", "linear"):
        recipe = loop.Recipe(steps=110, warmup=10, peak=2.0, floor=0.1, decay=decay)
        rates = [loop.learning_rate(s, recipe) for s in range(1, 111)]
        assert rates[4] == pytest.approx(1) and max(rates) == rates[9] == pytest.approx(2)
        assert rates[9:] == sorted(rates[9:], reverse=True) and rates[-1] == pytest.approx(0.2)
        assert loop.learning_rate(60, recipe) == pytest.approx(0.2 + 1.8 / 2)
    linear, cosine = (loop.Recipe(steps=110, warmup=10, peak=2.0, floor=0.1, decay=d) for d in ("linear", "cosine"))
    assert loop.learning_rate(35, linear) == pytest.approx(0.2 + 1.8 * 0.75)
    assert loop.learning_rate(35, cosine) > loop.learning_rate(35, linear) + 0.1


def test_another_decay_is_refused(files, base, tmp_path):
    with pytest.raises(ValueError, match="decay"):
        Trainer(Data(files[0], TINY, base), replace(TINY, decay="steps"), tmp_path)


def test_going_on_equals_never_having_stopped(files, base, tmp_path):
    data = Data(files[0], TINY, base)
    whole = Trainer(data, TINY, tmp_path / "whole")
    loop.train(whole, show=False)
    first = Trainer(data, TINY, tmp_path / "parts")
    for _, batch in islice(loop.numbered(first), 3):
        first.step(batch)
    first.save()
    second = Trainer(data, TINY, tmp_path / "parts")
    assert second.resume() and second.progress.step == 3
    loop.train(second, show=False)
    for name, p in whole.learnt.items():
        assert torch.equal(p, second.learnt[name]) and torch.equal(whole.average[name], second.average[name]), name
    assert whole.progress.curve[-1]["dev_loss"] == second.progress.curve[-1]["dev_loss"]
    with pytest.raises(ValueError, match="another recipe"):
        Trainer(data, replace(TINY, peak=1.0), tmp_path / "parts").resume()
    with pytest.raises(ValueError, match="another data"):
        Trainer(Data(files[0][:1], TINY, base), TINY, tmp_path / "parts").resume()
    assert not Trainer(data, TINY, tmp_path / "new").resume()


def test_a_stopped_training_goes_on_where_it_was_saved(files, base, tmp_path):
    """Stopped between two points of the curve: what came after the last one is done again."""
    data = Data(files[0], TINY, base)
    whole, stopped = Trainer(data, TINY, tmp_path / "whole"), Trainer(data, TINY, tmp_path / "stopped")
    loop.train(whole, show=False)
    step = stopped.step

    def until_five(batch):
        if stopped.progress.step == 5:
            raise KeyboardInterrupt
        return step(batch)

    stopped.step = until_five
    with pytest.raises(KeyboardInterrupt):
        loop.train(stopped, show=False)
    again = Trainer(data, TINY, tmp_path / "stopped")
    assert again.resume() and again.progress.step == 3
    loop.train(again, show=False)
    for name, p in whole.learnt.items():
        assert torch.equal(p, again.learnt[name]), name
    strip = lambda points: [{k: v for k, v in p.items() if k != "minutes"} for p in points]  # noqa: E731
    assert strip(again.progress.curve) == strip(whole.progress.curve)
    assert again.progress.snapshots == whole.progress.snapshots


def test_only_adapter_and_head_are_saved_and_the_base_stays(files, base, tmp_path):
    before = {name: p.clone() for name, p in base.encoder.named_parameters()}
    trainer = Trainer(Data(files[0], replace(TINY, peak=0.1), base), replace(TINY, peak=0.1), tmp_path)
    start = {name: p.clone() for name, p in trainer.learnt.items()}
    loop.train(trainer, show=False)
    assert all(torch.equal(p, before[name]) for name, p in base.encoder.named_parameters())
    assert all(not torch.equal(p, start[name]) for name, p in trainer.learnt.items())
    assert (tmp_path / "state.safetensors").stat().st_size < 5e6 and not (tmp_path / "state.new").exists()


def test_looking_at_the_average_leaves_the_weights_alone(files, base, tmp_path):
    trainer = Trainer(Data(files[0], TINY, base), TINY, tmp_path)
    for _, batch in islice(loop.numbered(trainer), 4):
        trainer.step(batch)
    own = {name: p.clone() for name, p in trainer.learnt.items()}
    with pytest.raises(RuntimeError, match="looked"), trainer.averaged() as network:
        for name, p in trainer.learnt.items():
            assert torch.equal(p, trainer.average[name])
        assert not torch.equal(network.head.dense.weight, own["head.dense.weight"])
        raise RuntimeError("looked")
    assert all(torch.equal(p, own[name]) and p.requires_grad for name, p in trainer.learnt.items())
    trainer.snapshot()
    assert all(torch.equal(p, own[name]) and p.requires_grad for name, p in trainer.learnt.items())


def test_the_average_is_the_exponential_one(files, base, tmp_path):
    recipe = replace(TINY, average=0.4)
    trainer, name = Trainer(Data(files[0], recipe, base), recipe, tmp_path), "head.dense.weight"
    expected = trainer.learnt[name].detach().clone()
    for number, (_, batch) in enumerate(islice(loop.numbered(trainer), 5), 1):
        trainer.step(batch)
        decay = min(0.4, (1 + number) / (10 + number))
        expected = decay * expected + (1 - decay) * trainer.learnt[name].detach()
    assert torch.allclose(trainer.average[name], expected, atol=1e-6)


def test_it_learns_and_records_how(files, base, tmp_path):
    recipe = replace(TINY, steps=150, every=50, peak=3e-2, rank=8, average=0.9, batch_tokens=300)
    trainer = Trainer(Data(files[0], recipe, base, files[1]), recipe, tmp_path)
    loop.train(trainer, show=False)
    curve, seen = trainer.progress.curve, trainer.progress.snapshots
    assert [p["step"] for p in curve] == [50, 100, 150] and curve[-1]["epoch"] > 3
    assert curve[-1]["dev_loss"] < curve[0]["dev_loss"] < 10 and curve[-1]["dev_top1"] > 0.35
    rows = [ids for of in trainer.data.dev.values() for ids in of]
    with trainer.averaged() as network:
        found = evaluate(network, base, rows, 0, trainer.data.counts)
        assert found["top1"] == curve[-1]["dev_top1"] and found["loss"] == curve[-1]["dev_loss"]
        assert found["top5"] > found["unigram_top5"] >= found["unigram_top1"] and found["words"] <= found["masks"]
        model = mlm.MaskedLM(base, network)
        best = {t for t, _ in model.fill("we [MASK] books at night.", k=3).masks[0].candidates}
    assert "read" in best
    assert {s["step"] for s in seen} == loop.snapshot_steps(recipe) and 0 in {s["step"] for s in seen}
    assert all(len(s["fills"]) == len(WATCHED) and len(s["fills"][0]) == 5 for s in seen)


def test_evaluation_counts_right(base):
    """A network that always says the same: right as often as that token stands there."""

    class Constant(torch.nn.Module):
        def __init__(self, order):
            super().__init__()
            self.head = mlm.Head(base.config)
            self.logits = torch.zeros(base.config.vocab_size)
            self.logits[order] = torch.arange(len(order), 0, -1).float()

        def forward(self, ids, rows, positions):
            assert (ids[rows, positions] == MASK).all()
            return self.logits.expand(len(rows), -1)

    cat, comma, dog = (base.tokenizer.token_to_id(t) for t in ("cat", ",", "dog"))
    rows = [np.array([CLS, token, SEP]) for token in (cat, comma, dog, cat)]
    counts = np.zeros(base.config.vocab_size, dtype=int)
    counts[[comma, dog]] = 5, 4
    found = evaluate(Constant([cat, 2000, 2001, comma, 2002]), base, rows, 0, counts)
    assert (found["masks"], found["words"]) == (4, 3)
    assert (found["top1"], found["top5"], found["words_top1"]) == (0.5, 0.75, pytest.approx(2 / 3, abs=1e-4))
    assert (found["unigram_top1"], found["unigram_top5"]) == (0.25, 0.5)
    assert MASKED_FOR_TEST == 0.15


# --- what is written -------------------------------------------------------------------------------------------------
def test_what_is_written_can_be_used(files, base, tmp_path, monkeypatch):
    recipe = replace(TINY, steps=40, every=20, peak=1e-2, repeat="table=2")
    trainer = Trainer(Data(files[0], recipe, base, files[1]), recipe, tmp_path / "work")
    loop.train(trainer, show=False)
    (tmp_path / "blimp").mkdir()
    with zipfile.ZipFile(tmp_path / "blimp" / "BLiMP.zip", "w") as archive:
        row = {"sentence_good": "We read books.", "sentence_bad": "We reads books."}
        line = json.dumps(row | {"UID": "x", "linguistics_term": "y"})
        archive.writestr("data/x.jsonl", "\n".join([line] * 5))
    arguments = ["mlm.py", "--data", *files[0], "--test", *files[1], "--steps", "40"]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(report, "QUOTED", ("made",))
    out = tmp_path / "out"
    report.write(trainer, out, tmp_path / "blimp", pairs=3)
    names = {"model.safetensors", "config.json", "results.json", "held_out.json", "CARD.md"}
    assert {p.name for p in out.iterdir()} == names
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    model = mlm.load(out, base)
    assert str(tmp_path) not in (out / "results.json").read_text() + (out / "CARD.md").read_text()
    assert "models.train.mlm --data made.txt table=other.tsv --test unseen=test.txt --steps 40" in results["command"]
    again = evaluate(model.network, base, trainer.data.test["made"], 0, trainer.data.counts)
    assert again == results["test"]["made"] and set(results["test"]) == {"all", "made", "table", "unseen"}
    own = [results["test"][name] for name in ("made", "table")]
    assert results["test"]["all"]["masks"] == sum(t["masks"] for t in own)
    right = sum(t["masks"] * t["top5"] for t in own) / sum(t["masks"] for t in own)
    assert results["test"]["all"]["top5"] == pytest.approx(right, abs=1e-3)
    assert results["blimp"]["overall"]["pairs"] == 3
    good, bad = (model.score(s).total for s in ("We read books.", "We reads books."))
    assert results["blimp"]["overall"]["accuracy"] == float(good > bad)
    for probe in results["probes"]:
        found = model.fill(probe["text"], k=5).masks[0]
        assert [t for t, _ in found.candidates] == [t for t, _ in probe["fills"]]
        first = next((i for i, (t, _) in enumerate(found.candidates, 1) if t in probe["answers"]), 6)
        assert probe["rank"] == first if first < 6 else probe["rank"] >= 6
    held_out = json.loads((out / "held_out.json").read_text(encoding="utf-8"))
    assert [h["text"] for h in held_out] == trainer.data.test_passages["made"][: len(held_out)] and len(held_out) > 3
    for h in held_out:
        e = model.encode(h["text"])
        assert [e.tokens[i] for i in h["positions"]] == h["tokens"]
        best = model.distribution(e.ids, h["positions"]).argmax(-1).tolist()
        assert [model.pieces[i] for i in best] == h["guesses"]
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert f"{results['test']['all']['top1']:.1%}" in card and PROBES[0].text in card and "BLiMP" in card
    assert results["parameters"]["adapter"] + results["parameters"]["head"] == sum(
        p.numel() for p in trainer.learnt.values()
    )


def test_a_command_line_is_told_without_places(tmp_path):
    given = ["--data", f"tatoeba={tmp_path}/cmn.tsv", str(tmp_path / "books"), "x.txt", "--peak", "1e-3", "C:\\a\\b"]
    assert told(given)[:6] == ["--data", "tatoeba=cmn.tsv", "books", "x.txt", "--peak", "1e-3"]


WORKER = """
import json, sys
from itertools import islice
from pathlib import Path
import torch
from models.train import loop
from models.train.mlm.training import Data, Trainer
from tests.models.test_mlm import tiny_base
from tests.train.test_mlm import TINY
torch.set_num_threads(1)
trainer = Trainer(Data(sys.argv[2:], TINY, tiny_base()), TINY, Path(sys.argv[1]))
found = [trainer.step(b) for _, b in islice(loop.numbered(trainer), 4)]
if trainer.accelerator.is_main_process:
    print(json.dumps([trainer.accelerator.num_processes, found]))
"""


@pytest.mark.long
def test_two_processes_do_what_one_does_with_the_doubled_batch(files, base, tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "HF_HUB_OFFLINE": "1"}
    out = subprocess.run(
        [*launch, str(script), str(tmp_path), *files[0]],
        capture_output=True,
        text=True,
        env=env,
        timeout=300,
        check=False,
    )
    assert out.returncode == 0, out.stderr[-3000:]
    processes, losses = json.loads(out.stdout.strip().splitlines()[-1])
    assert processes == 2
    doubled = replace(TINY, batch_tokens=2 * TINY.batch_tokens)
    one = Trainer(Data(files[0], doubled, base), doubled, tmp_path)
    alone = [one.step(b) for _, b in islice(loop.numbered(one), 4)]
    assert losses == pytest.approx(alone, abs=1e-4)
    assert losses[0] != losses[-1]
