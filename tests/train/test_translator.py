"""Training the translator, on a few made-up pairs: the split, the loop, going on, processes, what is written."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from itertools import islice, product

import numpy as np
import pytest
import torch

from models import translator, translator_vocabulary
from models.train import loop, pairs
from models.train.pairs import Pair
from models.train.translator import report
from models.train.translator.training import (
    Data,
    Recipe,
    Trainer,
    drop_words,
    token_losses,
)
from models.translator_vocabulary import PAD, SPECIAL, UNK

TINY = Recipe(
    steps=6,
    batch_tokens=120,
    warmup=2,
    d_model=16,
    n_layer=1,
    n_head=2,
    d_ff=32,
    subwords=60,
    precision="no",
    dev=8,
    test=8,
    every=3,
    dropout=0.0,
    word_dropout=0.0,
)
WHO = {"我": "I", "你": "You", "他们": "They", "我们": "We"}
WHAT = {"看书": "read books", "喝茶": "drink tea", "唱歌": "sing songs", "买花": "buy flowers", "学习": "study"}
WHEN = {"今天": "today", "明天": "tomorrow", "每天": "every day", "晚上": "at night"}


@pytest.fixture
def tsv(tmp_path):
    lines = [
        f"{WHO[w]} {WHAT[x]} {WHEN[y]}.\t{w}{y}{x}。\tCC-BY 2.0 (France) #{i}"
        for i, (w, x, y) in enumerate(product(WHO, WHAT, WHEN))
    ]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(*texts):
    return [Pair(en, zh, "") for en, zh in texts]


# --- the split -------------------------------------------------------------------------------------------------------
def test_no_sentence_is_on_two_sides():
    g = np.random.default_rng(0)
    many = [Pair(f"english {g.integers(150)}", f"中文 {g.integers(150)}", str(i)) for i in range(300)]
    lone = [Pair(f"alone {i}", f"独 {i}", "") for i in range(200)]
    found = pairs.split(many + lone, seed=3, dev=20, test=40)
    assert len(found.dev) >= 20 and len(found.test) >= 40
    assert sorted(map(repr, found.train + found.dev + found.test)) == sorted(map(repr, many + lone))
    sides = [found.train, found.dev, found.test]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        for language in ("english", "chinese"):
            one, other = ({pairs.key(getattr(p, language)) for p in sides[i]} for i in (a, b))
            assert not one & other


def test_pairs_linked_through_others_stay_together():
    linked = rows(("a", "甲"), ("b", "甲"), ("b", "乙"), ("c", "乙"))
    other = rows(*((f"x{i}", f"子{i}") for i in range(30)))
    for seed in range(8):
        found = pairs.split(linked + other, seed, dev=3, test=3)
        assert any(set(map(repr, linked)) <= set(map(repr, side)) for side in vars(found).values())


def test_sentences_that_differ_in_marks_only_are_the_same():
    assert pairs.key("Hello, Tom!") == pairs.key("hello TOM") == pairs.key("Ｈｅｌｌｏ　Tom")
    assert pairs.key("你好。") == pairs.key("你好！") != pairs.key("您好")
    assert pairs.key("?!") != pairs.key("...")


def test_what_is_held_out_is_dropped_with_what_shares_it():
    given = rows(("a", "甲"), ("b", "甲"), *((f"x{i}", f"子{i}") for i in range(30)))
    found = pairs.split(given, 0, 2, 2, held_out=("A!",))
    assert not {"a", "b"} & {p.english for side in vars(found).values() for p in side}


def test_split_is_seeded_and_refuses_too_little():
    given = rows(*((f"x{i}", f"子{i}") for i in range(30)))
    assert pairs.split(given, 1, 5, 5) == pairs.split(given, 1, 5, 5) != pairs.split(given, 2, 5, 5)
    with pytest.raises(ValueError, match="too few"):
        pairs.split(given, 0, 10, 10)


def test_a_line_without_three_columns_is_named(tmp_path):
    (tmp_path / "x.tsv").write_text("a\tb\tc\nonly one\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        pairs.read(tmp_path / "x.tsv")


def test_only_a_line_feed_ends_a_line(tmp_path):
    (tmp_path / "x.tsv").write_text("a\u2028b\t甲\x85乙\tc\r\nd\t丁\te", encoding="utf-8", newline="")
    assert [p.english for p in pairs.read(tmp_path / "x.tsv")] == ["a\u2028b", "d"]


# --- vocabulary and batches ------------------------------------------------------------------------------------------
def test_the_vocabulary_goes_there_and_back(tsv, tmp_path):
    words = Data(tsv, TINY).vocabulary
    assert words.source[: len(SPECIAL)] == SPECIAL
    for text in ("You drink tea today.", "They study at night."):
        assert words.decode_target(words.encode_target(text)) == text
    assert words.encode_source("我?") == words.encode_source(" 我？\n") and words.encode_source("鱻") == [UNK]
    words.save(tmp_path / "t.json")
    again = translator_vocabulary.load(tmp_path / "t.json")
    assert again.source == words.source and again.encode_target("We sing.") == words.encode_target("We sing.")
    assert translator_vocabulary.PAD not in words.encode_source("[PAD][START]我")


def test_every_pair_is_in_one_batch_that_fits():
    g = np.random.default_rng(0)
    some = [([5] * g.integers(1, 30), [6] * g.integers(1, 30)) for _ in range(200)]
    for epoch in range(3):
        cut = list(pairs.batches(some, 200, 0, epoch))
        assert sorted(i for b in cut for i in b) == list(range(200))
        for b in cut:
            batch = pairs.collate([some[i] for i in b])
            assert len(b) == 1 or batch.source.size + batch.target[:, 1:].size <= 200
    assert list(pairs.batches(some, 200, 0, 1)) == list(pairs.batches(some, 200, 0, 1)) != cut


def test_the_target_stands_between_start_and_end():
    batch = pairs.collate([([9], [7, 8]), ([9, 9, 9], [7])])
    assert batch.target.tolist() == [[2, 7, 8, 3], [2, 7, 3, 0]]
    assert batch.source.tolist() == [[9, 0, 0], [9, 9, 9]]
    assert batch.tokens == 5


# --- the loop --------------------------------------------------------------------------------------------------------
def test_words_are_dropped_but_nothing_else():
    ids = torch.tensor([[2, 10, 11, 12, 3, PAD]] * 2000)
    torch.manual_seed(0)
    out = drop_words(ids, 0.25)
    assert (out[:, [0, 4, 5]] == ids[:, [0, 4, 5]]).all()
    assert (out[:, 1:4] == UNK).float().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(drop_words(ids, 0.0), ids)


def test_losses_leave_padding_out():
    logits = torch.randn(2, 3, 5)
    target = torch.tensor([[1, 2, PAD], [4, PAD, PAD]])
    by_hand = -(logits.log_softmax(-1)[[0, 0, 1], [0, 1, 0], [1, 2, 4]]).sum()
    assert token_losses(logits, target).item() == pytest.approx(by_hand.item(), abs=1e-5)


def weights(trainer):
    return {n: p.clone() for n, p in trainer.bare.state_dict().items()}


def test_going_on_equals_never_having_stopped(tsv, tmp_path):
    recipe = replace(TINY, dropout=0.1, word_dropout=0.1)
    whole = Trainer(Data(tsv, recipe), recipe, tmp_path / "whole")
    loop.train(whole, show=False)
    first = Trainer(Data(tsv, recipe), recipe, tmp_path / "parts")
    for _, batch in islice(loop.numbered(first), 3):
        first.step(batch)
    first.save()
    second = Trainer(Data(tsv, recipe), recipe, tmp_path / "parts")
    assert second.resume() and second.progress.step == 3
    loop.train(second, show=False)
    for name, p in weights(whole).items():
        assert torch.equal(p, weights(second)[name]), name
        assert torch.equal(whole.average[name], second.average[name]), name
    with pytest.raises(ValueError, match="another recipe"):
        Trainer(Data(tsv, recipe), replace(recipe, peak=1.0), tmp_path / "parts").resume()


def test_it_learns_and_records_how(tsv, tmp_path):
    recipe = replace(TINY, steps=300, every=100, peak=1e-2, d_model=32, warmup=20, average=0.9)
    trainer = Trainer(Data(tsv, recipe), recipe, tmp_path)
    loop.train(trainer, show=False)
    curve, seen = trainer.progress.curve, trainer.progress.snapshots
    assert [p["step"] for p in curve] == [100, 200, 300]
    assert curve[-1]["dev_loss"] < curve[0]["dev_loss"] and curve[-1]["dev_bleu"] > 90 > 20 > seen[0]["dev_bleu"]
    assert [s["step"] for s in seen] == sorted(loop.snapshot_steps(recipe, trainer.looked_at))
    for s in seen:
        attention = np.array(s["attention"][0])  # (L, H, T, S)
        assert attention.shape[:2] == (1, 2) and np.allclose(attention.sum(-1), 1, atol=0.02)


def test_what_is_written_can_be_used(tsv, tmp_path):
    recipe = replace(TINY, steps=60, every=30, peak=1e-2, warmup=5, average=0.9)
    trainer = Trainer(Data(tsv, recipe), recipe, tmp_path / "work")
    loop.train(trainer, show=False)
    report.write(trainer, tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "results.json",
        "held_out.json",
        "CARD.md",
    }
    tr = translator.load(tmp_path / "out")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    held = json.loads((tmp_path / "out" / "held_out.json").read_text(encoding="utf-8"))["pairs"]
    assert [tr.translate(p["chinese"]).text for p in held] == [p["greedy"] for p in held]
    assert results["test"]["greedy"]["pairs"] == len(trainer.data.split.test) == len(held)
    zh, _, source, target = results["watched"][0]
    shape = np.array(results["snapshots"][-1]["attention"][0]).shape
    assert shape[2:] == (len(target), len(source)) and tr.source_tokens(zh) == tuple(source)
    card = (tmp_path / "out" / "CARD.md").read_text(encoding="utf-8")
    assert f"{results['test']['greedy']['bleu']:.2f}" in card and "CC BY 2.0 FR" in card and held[0]["chinese"] in card


WORKER = """
import json, sys
from itertools import islice
from pathlib import Path
import torch
from models.train import loop
from models.train.translator.training import Data, Trainer
from tests.train.test_translator import TINY
torch.set_num_threads(1)
trainer = Trainer(Data(Path(sys.argv[1]), TINY), TINY, Path(sys.argv[2]))
found = [trainer.step(b) for _, b in islice(loop.numbered(trainer), 4)]
if trainer.accelerator.is_main_process:
    print(json.dumps([trainer.accelerator.num_processes, found]))
"""


@pytest.mark.long
def test_two_processes_do_what_one_does_with_the_doubled_batch(tsv, tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WORKER, encoding="utf-8")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "HF_HUB_OFFLINE": "1"}
    out = subprocess.run(
        [*launch, str(script), str(tsv), str(tmp_path)],
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
    one = Trainer(Data(tsv, doubled), doubled, tmp_path)
    alone = [one.step(b) for _, b in islice(loop.numbered(one), 4)]
    assert losses == pytest.approx(alone, abs=1e-5)
    assert losses[0] != losses[-1]


@pytest.mark.long
@pytest.mark.parametrize("launch", [[], ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=1"]])
def test_the_command_trains_and_writes_whatever_starts_it(tsv, tmp_path, launch):
    recipe = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(replace(TINY, steps=2, every=2)).items()]
    places = ["--data", str(tsv), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work"), "--threads", "1"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, *launch, "-m", "models.train.translator", *recipe, *places]
    out = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    assert out.returncode == 0, out.stderr[-3000:]
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["command"].startswith("python -m models.train.translator ") and results["curve"][-1]["step"] == 2
    assert results["test"]["greedy"]["pairs"] == 8 and translator.load(tmp_path / "out").config.d_model == 16
