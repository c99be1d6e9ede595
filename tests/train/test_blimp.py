"""Minimal pairs: reading the archive, drawing a sample, accuracies beside the published ones."""

import json
import zipfile

import numpy as np
import pytest

from models.train import blimp


@pytest.fixture
def folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "BLiMP.zip", "w") as archive:
        archive.writestr("data/", "")
        archive.writestr("__MACOSX/data/._b.jsonl", b"\x00\x05")
        for name, term, n in (("b", "binding", 200), ("a", "binding", 50), ("c", "islands", 100)):
            about = {"UID": name, "linguistics_term": term}
            rows = [about | {"sentence_good": f"{name} good {i}", "sentence_bad": f"{name} bad {i}"} for i in range(n)]
            archive.writestr(f"data/{name}.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    terms = [("a", "binding"), ("b", "binding"), ("c", "islands"), ("overall", "overall")]
    others = [
        {"UID": uid, "linguistics_term": term, "ngram": 0.4, "lstm": 0.5, "txl": 0.6, "gpt2": 0.7 + 0.1 * i}
        for i, (uid, term) in enumerate(terms)
    ]
    (tmp_path / "models_summary.jsonl").write_text("\n".join(map(json.dumps, others)))
    (tmp_path / "human_validation_summary.csv").write_text('"Condition","total_mean"\n"a",0.9\n"b",0.8\n"z",0.1\n')
    return tmp_path


def number(sentence):
    return int(sentence.split()[-1])


def score(sentences):
    """Right in "a" always, in "b" for even pairs, in "c" never but for a tie in pair 0."""
    out = []
    for s in sentences:
        name, kind, i = s.split()
        right = {"a": True, "b": int(i) % 2 == 0, "c": False}[name]
        out.append(0.0 if name == "c" and i == "0" else float((kind == "good") == right))
    return out


def test_all_pairs_are_read_with_what_was_published(folder):
    found = blimp.read(folder)
    named = [(p.name, p.term, len(p.pairs)) for p in found]
    assert named == [("a", "binding", 50), ("b", "binding", 200), ("c", "islands", 100)]
    assert found[0].pairs[3] == blimp.Pair("a good 3", "a bad 3")
    assert found[0].published == {"ngram": 0.4, "lstm": 0.5, "txl": 0.6, "gpt2": 0.7, "human": 0.9}
    assert "human" not in found[2].published
    (folder / "models_summary.jsonl").unlink()
    (folder / "human_validation_summary.csv").unlink()
    assert blimp.read(folder)[0].published == {}


def test_only_a_line_feed_ends_a_line(folder):
    """JSON may hold U+2028 as it is."""
    row = {"UID": "d", "linguistics_term": "x", "sentence_good": "a\u2028b", "sentence_bad": "c\x85d"}
    with zipfile.ZipFile(folder / "BLiMP.zip", "w") as archive:
        archive.writestr("data/d.jsonl", json.dumps(row, ensure_ascii=False) + "\n")
    published = {"UID": "d", **dict.fromkeys(blimp.PUBLISHED, 0.5), "about": "a\u2028b"}
    (folder / "models_summary.jsonl").write_text(json.dumps(published, ensure_ascii=False) + "\n", encoding="utf-8")
    assert [p.pairs for p in blimp.read(folder)] == [(blimp.Pair("a\u2028b", "c\x85d"),)]


def test_accuracies_of_all_pairs_have_no_error(folder):
    found = blimp.evaluate(blimp.read(folder), score)
    rows = [(p["accuracy"], p["se"], p["pairs"]) for p in found["paradigms"]]
    assert rows == [(1, 0, 50), (0.5, 0, 200), (0, 0, 100)]
    overall = found["overall"]
    assert (overall["accuracy"], overall["paradigms"], overall["pairs"]) == (0.5, 3, 350)
    assert found["overall"]["gpt2"] == pytest.approx(0.8) and "human" not in found["overall"]
    binding, islands = found["terms"]
    assert (binding["term"], binding["accuracy"], binding["human"]) == ("binding", 0.75, pytest.approx(0.85))
    assert (islands["term"], islands["accuracy"], islands["gpt2"]) == ("islands", 0, pytest.approx(0.9))


def test_a_sample_is_seeded_and_says_how_sure_it_is(folder):
    seen = []

    def watched(sentences):
        seen.append([number(s) for s in sentences[::2]])
        return score(sentences)

    found = blimp.evaluate(blimp.read(folder), watched, size=60, seed=1)
    assert [len(s) for s in seen] == [50, 60, 60] and len(set(seen[1])) == 60 and seen[1] != sorted(seen[1])
    share = np.mean([i % 2 == 0 for i in seen[1]])
    b = found["paradigms"][1]
    assert b["accuracy"] == pytest.approx(share, abs=1e-4)
    assert b["se"] == pytest.approx((share * (1 - share) / 60) ** 0.5, abs=1e-4)
    assert found["overall"]["se"] == pytest.approx(b["se"] / 3, abs=1e-4)
    first = seen[:]
    seen.clear()
    blimp.evaluate(blimp.read(folder), watched, size=60, seed=1)
    assert seen == first
    blimp.evaluate(blimp.read(folder), watched, size=60, seed=2)
    assert seen[4] != first[1]


def test_the_section_of_a_card(folder):
    text = blimp.section(blimp.evaluate(blimp.read(folder), score), "the higher score")
    assert "| **overall** | 3 | **50.0%** | 40.0% | 50.0% | 60.0% | 80.0% |" in text and "350 pairs" in text
    assert "%** ±" not in text, "nothing was sampled: a margin would read as a precision"
    sampled = blimp.evaluate(blimp.read(folder), score, size=10)
    assert f"± {sampled['overall']['se']:.1%} |" in blimp.section(sampled, "the higher score")
    assert "Best: a 100%" in text and "Worst: c 0%" in text
    assert blimp.section(None, "x") == ""
