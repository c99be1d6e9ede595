"""Training the small GPT, on made-up text: tokenizer, windows, the loop, what is written."""

import json
import math
import sys
import zipfile
from dataclasses import replace
from itertools import islice, pairwise, product

import numpy as np
import pytest
import torch

from models import gpt
from models.gpt import START, Writer
from models.train import loop
from models.train.gpt import report
from models.train.gpt.training import Data, Recipe, Trainer, byte_level_bpe, measured, stream

TINY = Recipe(
    steps=6,
    batch_tokens=128,
    warmup=2,
    n_context=32,
    d_model=16,
    n_layer=1,
    n_head=2,
    d_ff=32,
    vocab_size=300,
    precision="no",
    every=3,
    least=150,
    dropout=0.1,
)
WHO = ("The king", "The cat", "A child", "My sister", "The old man")
WHAT = ("opened the door", "read a letter", "sang a song", "saw the sea")
WHEN = ("in the morning", "at night", "after dinner")


@pytest.fixture
def files(tmp_path):
    sentences = [f"{a} {b} {c}." for a, b, c in product(WHO, WHAT, WHEN)]
    mixed = [sentences[i] for i in np.random.default_rng(0).permutation(len(sentences))]
    paragraphs = [" ".join(mixed[i : i + 3]) for i in range(0, len(mixed), 3)]
    (tmp_path / "tales.txt").write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    (tmp_path / "more.txt").write_text("\n".join(f"He counted {i} ships." for i in range(100)), encoding="utf-8")
    return [f"tales={tmp_path / 'tales.txt'}", str(tmp_path / "more.txt")]


def test_the_tokenizer_has_every_byte_and_learns_words():
    t = byte_level_bpe(["the cat sat on the mat\n"] * 20, 280)
    assert t.get_vocab_size() <= 280 and t.id_to_token(START) == "<|endoftext|>"
    for text in ("the cat", "Ωmega 漢字 \x00\t", "  two  spaces\n\n"):
        assert t.decode(t.encode(text).ids) == text
    assert len(t.encode(" the cat sat").ids) <= 4 < len(t.encode(" xyzzy").ids)


def test_windows_cover_the_text_of_an_epoch():
    rows = [np.array([START, *range(100 * i, 100 * i + n)]) for i, n in enumerate((30, 7, 18, 25), 1)]
    for epoch in range(6):
        found = stream(rows, 8, seed=3, epoch=epoch)
        assert found.shape[1] == 9 and len(found) in (9, 10)
        heads = [tuple(w) for w in found]
        pairs = [(a, b) for w in heads for a, b in pairwise(w)]
        assert len(set(pairs)) == len(pairs), "every prediction once"
        assert all(b == a + 1 or b == START or a == START for a, b in pairs)
        assert all(b % 100 == 0 for a, b in pairs if a == START), "START stands before a passage"
        assert len(pairs) >= sum(map(len, rows)) - 2 * 8
    assert np.array_equal(stream(rows, 8, 3, 1), stream(rows, 8, 3, 1))
    assert not np.array_equal(stream(rows, 8, 3, 1)[:9], stream(rows, 8, 3, 2)[:9])
    assert len({tuple(stream(rows, 8, 0, e)[:, 0]) for e in range(8)}) == 8


def test_data_is_split_and_the_tokenizer_learns_from_what_trains(files):
    data = Data(files, TINY)
    assert set(data.train) == set(data.dev) == set(data.test) == {"tales", "more"}
    decoded = [data.tokenizer.decode(ids[1:].tolist()) for ids in data.rows]
    held_out = [p for side in (data.dev, data.test) for of in side.values() for p in of]
    assert not set(decoded) & set(held_out) and all(ids[0] == START for ids in data.rows)
    assert data.counts.sum() == sum(map(len, data.rows)) and data.counts[START] == len(data.rows)
    assert sum(len(p) < 150 for p in [*decoded, *held_out]) <= 2, "only the last one of a file is shorter"
    assert any("\n" in p for p in decoded) and not any("ships.\n" in p for p in decoded), "paragraphs, not sentences"
    again = Data(files, TINY)
    assert again.checksum == data.checksum and again.tokenizer.to_str() == data.tokenizer.to_str()
    assert Data(files[:1], TINY).checksum != data.checksum
    tokens = data.tokens()
    assert tokens["train"]["tales"] == sum(len(ids) - 1 for ids in data.train["tales"])
    with pytest.raises(ValueError, match="too few for one window"):
        Data(files, replace(TINY, n_context=10**6))


def test_batches_are_windows_and_the_same_for_the_same_epoch(files, tmp_path):
    trainer = Trainer(Data(files, TINY), TINY, tmp_path)
    one, again, other = (list(trainer.batches(e)) for e in (0, 0, 1))
    assert all(b.shape == (4, 33) for b in one) and len(one) > 3
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=False))
    loss, total = trainer.loss(one[0], [0, 2])
    assert total == 128 and loss.item() == pytest.approx(64 * math.log(trainer.bare.config.vocab_size), rel=0.05)


def test_going_on_equals_never_having_stopped(files, tmp_path):
    data = Data(files, TINY)
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


def test_it_learns_and_records_how(files, tmp_path):
    recipe = replace(TINY, steps=200, every=100, peak=2e-2, d_model=32, n_layer=2, average=0.9, batch_tokens=256)
    trainer = Trainer(Data(files, recipe), recipe, tmp_path)
    loop.train(trainer, show=False)
    curve, seen = trainer.progress.curve, trainer.progress.snapshots
    assert [p["step"] for p in curve] == [100, 200]
    assert curve[-1]["dev_loss"] < 1.2 < 3 < math.log(300) and curve[-1]["dev_bits"] < 1
    assert [s["step"] for s in seen] == sorted(loop.snapshot_steps(recipe)) and len(seen[0]["texts"]) == 3
    with trainer.averaged() as model:
        text = Writer(model, trainer.data.tokenizer).generate("The king opened", 12, temperature=0).text
    assert text.startswith(" the door")


def test_perplexities_are_those_of_the_formula(files, tmp_path):
    data = Data(files, TINY)
    trainer = Trainer(data, TINY, tmp_path)
    texts = ["The king sang at night.", "Ein Café."]
    writer = Writer(trainer.bare.eval(), data.tokenizer)
    found = measured(writer, texts, data.counts)
    nats = -sum(writer.score(t).total for t in texts)
    tokens = sum(len(writer.ids(t)) - 1 for t in texts)
    assert (found["tokens"], found["characters"], found["bytes"]) == (tokens, 32, 33)
    assert found["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-3)
    assert found["char_perplexity"] == pytest.approx(math.exp(nats / 32), rel=1e-3)
    assert found["bits_per_byte"] == pytest.approx(nats / 33 / math.log(2), rel=1e-3)
    p = (data.counts + 1) / (data.counts + 1).sum()
    ids = [i for t in texts for i in writer.ids(t)[1:]]
    assert found["unigram_perplexity"] == pytest.approx(math.exp(-np.log(p[ids]).mean()), rel=1e-2)


def test_what_is_written_can_be_used(files, tmp_path, monkeypatch):
    recipe = replace(TINY, steps=40, every=20, peak=1e-2)
    trainer = Trainer(Data(files, recipe), recipe, tmp_path / "work")
    loop.train(trainer, show=False)
    (tmp_path / "blimp").mkdir()
    with zipfile.ZipFile(tmp_path / "blimp" / "BLiMP.zip", "w") as archive:
        row = {"sentence_good": "The cat sang.", "sentence_bad": "The cat sing.", "UID": "x", "linguistics_term": "y"}
        archive.writestr("data/x.jsonl", "\n".join([json.dumps(row)] * 5))
    monkeypatch.setattr(sys, "argv", ["gpt.py", "--data", *files, "--steps", "40"])
    monkeypatch.setattr(report, "speed", lambda model: 123)
    monkeypatch.setattr(report, "QUOTED", ("tales",))
    out = tmp_path / "out"
    report.write(trainer, out, tmp_path / "blimp")
    names = {"model.safetensors", "config.json", "tokenizer.json", "results.json", "held_out.json", "CARD.md"}
    assert {p.name for p in out.iterdir()} == names
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert str(tmp_path) not in (out / "results.json").read_text() + (out / "CARD.md").read_text()
    assert "models.train.gpt --data tales=tales.txt more.txt --steps 40" in results["command"]
    model = gpt.load(out)
    assert measured(model, trainer.data.test["more"], trainer.data.counts) == results["test"]["more"]
    assert results["test"]["all"]["tokens"] == sum(results["test"][name]["tokens"] for name in ("tales", "more"))
    for sample in results["samples"]:
        again = model.generate(sample["prompt"], report.LENGTH, temperature=sample["temperature"]).text
        assert again == sample["text"]
    good, bad = (model.score(s).total for s in ("The cat sang.", "The cat sing."))
    assert results["blimp"]["overall"]["accuracy"] == float(good > bad)
    [held_out] = json.loads((out / "held_out.json").read_text(encoding="utf-8"))
    assert [held_out["text"]] == trainer.data.test["tales"] and held_out["source"] == "tales"
    assert model.score(held_out["text"]).total == pytest.approx(held_out["log_prob"], abs=0.01)
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert f"{results['test']['all']['perplexity']:.1f}" in card and "BLiMP" in card and "123" in card
    assert results["parameters"] == sum(p.numel() for p in trainer.bare.parameters())


def test_speed_is_counted_in_tokens(files, tmp_path):
    data = Data(files, TINY)
    assert report.speed(Writer(Trainer(data, TINY, tmp_path).bare, data.tokenizer), n=20) > 0


def test_the_default_model_fits_in_six_megabytes():
    r = Recipe()
    config = gpt.GPTConfig(r.vocab_size, r.n_context, r.d_model, r.n_layer, r.n_head, r.d_ff)
    with torch.device("meta"):
        assert 2 * sum(p.numel() for p in gpt.GPT(config).parameters()) < 5.8e6
