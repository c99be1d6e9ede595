"""Distilling a student, on tiny weights and made-up sentences: what is trained, the loss, going on, the report."""

import json
from itertools import product

import pytest
import torch

from models import student
from models.records import student as records
from models.train import loop
from models.train.student import report
from models.train.student.card import card
from models.train.student.training import Data, Network, Recipe, Trainer, apart, distance
from tests.models.test_mlm import tiny_base

TINY = Recipe(steps=6, batch_tokens=120, warmup=2, precision="no", every=3, longest=16, dev_share=0.05, test_share=0.1)


@pytest.fixture(scope="module")
def base():
    return tiny_base()


@pytest.fixture(autouse=True)
def kept(monkeypatch):
    monkeypatch.setattr(student, "KEPT", (1,))


@pytest.fixture
def data(tmp_path, base):
    who, what, when = (
        ("I", "we", "they", "you"),
        ("read books", "drink tea", "sing songs"),
        ("today", "now", "at night"),
    )
    made = [f"{a} {b} {c}." for a, b, c in product(who, what, when)]
    (tmp_path / "made.txt").write_text("\n".join(made) + "\n", encoding="utf-8")
    return Data([str(tmp_path / "made.txt")], TINY, base)


def test_only_the_layers_are_trained(base):
    network = Network(base, TINY)
    assert {name.split(".")[0] for name, _ in network.named_parameters()} == {"layers"}
    assert not any(p.requires_grad for p in base.encoder.parameters()), "the teacher is left alone"


def test_the_teacher_is_at_no_distance_from_itself(base, monkeypatch):
    monkeypatch.setattr(student, "KEPT", (0, 1))
    ids = torch.tensor([[101, 2057, 3191, 102], [101, 2027, 3191, 102]])
    of_states, of_mean = distance(Network(base, TINY), base, ids)
    assert torch.allclose(of_states, torch.zeros(2), atol=1e-5) and torch.allclose(of_mean, torch.zeros(2), atol=1e-5)


def test_training_brings_the_student_nearer_and_leaves_the_teacher(data, base, tmp_path):
    before = [p.clone() for p in base.encoder.parameters()]
    trainer = Trainer(data, TINY, tmp_path / "work")
    rows = data.rows
    first = apart(trainer.bare, base, rows)
    loop.train(trainer, show=False)
    assert sum(apart(trainer.bare, base, rows)) < sum(first)
    assert all(torch.equal(a, b) for a, b in zip(before, base.encoder.parameters(), strict=True))
    again = Trainer(data, TINY, tmp_path / "work")
    assert again.resume() and again.progress.step == TINY.steps
    assert all(torch.equal(a, b) for a, b in zip(again.learnt.values(), trainer.learnt.values(), strict=True))


def test_the_report_can_be_read(data, tmp_path):
    trainers = {s: Trainer(data, Recipe(**{**vars(TINY), "start": s}), tmp_path / s) for s in ("kept", "random")}
    for trainer in trainers.values():
        loop.train(trainer, show=False)
    stsb = tmp_path / "STS-B"
    stsb.mkdir()
    rows = "\n".join(f"a\tb\tc\t{i}\t{i / 2}\twe read books\tthey sing {'songs ' * i}now" for i in range(6))
    for side in ("train", "dev"):
        (stsb / f"sts-{side}.tsv").write_text(rows + "\n", encoding="utf-8")
    results = report.write(trainers, tmp_path, tmp_path / "out")
    assert json.loads((tmp_path / "out" / "results.json").read_text())["models"] == results["models"]
    assert records.results(tmp_path / "out" / "results.json").models["embeddings"].layers == 0
    assert (tmp_path / "out" / "CARD.md").read_text(encoding="utf-8") == card(results)
