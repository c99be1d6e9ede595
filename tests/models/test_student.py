"""models.student: layers of its own on shared embeddings, read as its teacher is read; what is on file."""

import pytest
import torch

from models import bert, checkpoint, student
from models.bert_adapters import fingerprint
from models.records import Unusable
from models.records import student as records
from tests.models.test_mlm import tiny_base


def test_a_student_shares_the_embeddings_and_owns_its_layers():
    base = tiny_base()
    made = student.build(base, (1,))
    assert made.config.n_layer == 1 and len(base.encoder.layers) == 2, "the teacher keeps its layers"
    assert made.encoder.embedding is base.encoder.embedding
    ours, theirs = made.encoder.layers[0].state_dict(), base.encoder.layers[1].state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert not {p.data_ptr() for p in made.encoder.layers.parameters()} & {
        p.data_ptr() for p in base.encoder.parameters()
    }


def test_all_layers_kept_are_the_teacher():
    base = tiny_base()
    texts = ["the cat sat", "on a mat it slept"]
    whole = student.vectors(student.build(base, (0, 1)), texts)
    by_trace = torch.stack([base.trace(text).hidden[-1].mean(0) for text in texts])
    assert torch.allclose(whole, by_trace, atol=1e-6)
    none = student.vectors(student.build(base, ()), texts)
    assert torch.allclose(none, torch.stack([base.trace(t).hidden[0].mean(0) for t in texts]), atol=1e-6)


def test_random_layers_are_the_seeds():
    base = tiny_base()
    one, same, other = (student.build(base, None, seed=s).encoder.layers[0].expand.weight for s in (1, 1, 2))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_written_and_read_back(tmp_path):
    base = tiny_base()
    made = student.build(base, (0,))
    config = {"kept": [0], "base": fingerprint(base.encoder)}
    checkpoint.write(tmp_path, "student", made.encoder.layers.state_dict(), config)
    read = student.load(tmp_path, base)
    assert read.config.n_layer == 1
    assert torch.allclose(student.vectors(read, ["a cat"]), student.vectors(made, ["a cat"]), atol=1e-3)
    with pytest.raises(Unusable, match="another BERT"):
        student.load(tmp_path, tiny_base(seed=5))


# ---- what is on file


def test_the_student_learned_something_and_says_how_much():
    r = records.results()
    card = records.PATH.with_name("CARD.md").read_text(encoding="utf-8")
    teacher, ours = r.models["teacher"], r.models["student"]
    assert teacher.agreement == pytest.approx(1, abs=1e-3) and teacher.neighbour == 1
    assert teacher.stsb > ours.stsb > r.models["untrained"].stsb
    assert teacher.agreement > ours.agreement > r.models["random"].agreement > r.models["untrained"].agreement
    assert ours.ms < teacher.ms and [m.layers for m in r.models.values()] == [6, 2, 2, 2, 0]
    assert all(f"| {100 * m.stsb:.1f} | {m.agreement:.3f} |" in card for m in r.models.values())
    assert sum(f.stat().st_size for f in student.PATH.iterdir()) <= 8e6


def test_the_student_is_the_one_on_file():
    """Six sentences of our own: it agrees with its teacher about as well as the results say."""
    texts = ["A man is playing a guitar.", "She read the letter twice.", "The town lies on a small river.",
             "It will rain tomorrow.", "The company was founded in 1920.", "Where can I buy a ticket?"]  # fmt: skip
    u, v = (torch.nn.functional.normalize(student.vectors(m, texts)) for m in (student.load(), bert.load()))
    assert float((u * v).sum(1).mean()) == pytest.approx(records.results().models["student"].agreement, abs=0.08)
