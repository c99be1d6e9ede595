"""Measures the finished students and writes what stands beside them: checkpoint, results, card."""

import time
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

from models import bert, checkpoint, metrics, student
from models.bert_adapters import fingerprint
from models.shapes import parameters_in
from models.train import loop
from models.train.glue import data as glue_data
from models.train.student.card import card

NEAREST, TIMED = 1_000, 50  # sentences among which neighbours are sought; sentences that are timed


def write(trainers: Mapping[str, loop.Trainer], stsb: Path, out: Path | None = None) -> dict:
    """Everything under models/checkpoints/student (or out): the weights are read back before they are measured."""
    folder, trainer = out or student.PATH, trainers["kept"]
    data, teacher = trainer.data, trainer.data.base
    save(trainer, folder)
    kept = student.load(folder, teacher)
    pairs = glue_data.read(stsb, "stsb").dev
    texts = [text for of in data.test_passages.values() for text in of]
    with trainers["random"].averaged() as network:
        compared = {
            "teacher": teacher,
            "student": kept,
            "random": network.model,
            "untrained": student.build(teacher, student.KEPT),
            "embeddings": student.build(teacher, ()),
        }
        measured = measure(compared, pairs, texts)
    sentences = {side: sum(of.values()) for side, of in data.passages_of.items()}
    results = loop.about(trainer, "models.train.student") | {
        "minutes": sum(t.progress.minutes for t in trainers.values()),
        "sources": dict(data.passages_of["train"]),
        "sentences": sentences | {"stsb": len(pairs)},
        "parameters": {
            "teacher": parameters_in(teacher.encoder),
            "student": parameters_in(kept.encoder),
            "stored": parameters_in(kept.encoder.layers),
        },
        "models": measured,
        "curves": {start: t.progress.curve for start, t in trainers.items()},
    }
    del results["curve"], results["snapshots"]
    loop.save_json(folder / "results.json", results)
    (folder / "CARD.md").write_text(card(results), encoding="utf-8")
    return results


def save(trainer: loop.Trainer, folder: Path) -> None:
    """The averaged weights of the student's layers, and config.json."""
    config = {"kept": list(student.KEPT), "base": fingerprint(trainer.data.base.encoder)}
    with trainer.averaged() as network:
        checkpoint.write(folder, "student", network.layers.state_dict(), config)


def measure(models: Mapping[str, bert.Bert], pairs: list[glue_data.Example], texts: list[str]) -> dict[str, dict]:
    """Each model on STS-B's pairs and on held-out texts, in the form of records.student.Measure."""
    scores, ms = [p.answer for p in pairs], milliseconds(models, texts[:TIMED])
    teacher = unit(models["teacher"], texts)  # (N, C)
    found = {}
    for name, model in models.items():
        u, v = unit(model, [p.text for p in pairs]), unit(model, [p.pair or "" for p in pairs])  # (P, C) each
        own = teacher if name == "teacher" else unit(model, texts)  # (N, C)
        found[name] = {
            "layers": model.config.n_layer,
            "stsb": round(metrics.spearman((u * v).sum(1).tolist(), scores), 4),
            "agreement": round(float((own * teacher).sum(1).mean()), 4),
            "neighbour": round(float((nearest(own) == nearest(teacher)).float().mean()), 4),
            "ms": ms[name],
        }
    return found


def milliseconds(models: Mapping[str, bert.Bert], texts: list[str], rounds: int = 7) -> dict[str, float]:
    """A sentence, the least of some rounds in which the models take turns: other work on the machine only adds time."""
    taken: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(rounds):
        for name, model in models.items():
            start = time.perf_counter()
            student.vectors(model, texts)
            taken[name].append(1000 * (time.perf_counter() - start) / len(texts))
    return {name: round(min(found), 3) for name, found in taken.items()}


def unit(model: bert.Bert, texts: list[str]) -> Tensor:
    """The sentences' vectors, all of length 1: (N, C)."""
    return normalize(student.vectors(model, texts))


def nearest(vectors: Tensor) -> Tensor:
    """Of each of the first sentences the nearest other one, by the cosine."""
    first = vectors[:NEAREST]
    cosines = first @ first.T  # (N, N)
    return cosines.fill_diagonal_(-torch.inf).argmax(1)  # (N,)
