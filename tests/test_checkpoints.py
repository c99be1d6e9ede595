"""What lies in models/checkpoints: together small, each with its card, each as good as its card says, and refused where
a file is damaged, missing or another model's. The translator has tests of its own: tests/models/test_translator.py.
"""

import json
import math
import shutil

import pytest

from models import checkpoint, glue, gpt, mlm, nsp, student, translator
from models.train.glue import card as glue_card
from models.train.glue.examples import EXAMPLES, judged
from models.train.gpt import card as gpt_card
from models.train.mlm import card as mlm_card
from models.train.student import card as student_card

ROOT = translator.PATH.parent
LOADERS = {  # folder under ROOT -> what loads a folder put in its place
    "translator": translator.load,
    "gpt": gpt.load,
    "mlm": mlm.load,
    "nsp": nsp.load,
    "student": student.load,
    **{f"glue/{task}": (lambda path, task=task: glue.load(task, path.parent)) for task in glue.SAVED},
}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


# --- all of them -----------------------------------------------------------------------------------------------------
def test_together_they_are_small_and_nothing_is_pickled():
    files = [f for f in ROOT.rglob("*") if f.is_file()]
    assert sum(f.stat().st_size for f in files) <= 60e6
    assert {f.suffix for f in files} == {".safetensors", ".json", ".md"}


@pytest.mark.parametrize(
    ("folder", "writer_of"), [("glue", glue_card), ("gpt", gpt_card), ("mlm", mlm_card), ("student", student_card)]
)
def test_a_card_is_what_its_script_writes_of_the_results(folder, writer_of):
    """So a word that is changed in one is changed in the other. The lookup's has a test of its own; the translator's
    results lack what its script has learnt to record since."""
    assert writer_of.card(read(ROOT / folder / "results.json")) == (ROOT / folder / "CARD.md").read_text("utf-8")


@pytest.mark.parametrize("folder", sorted({f.parent.name for f in ROOT.rglob("CARD.md")} | {"gpt", "glue", "mlm"}))
def test_every_card_says_what_it_is(folder):
    card = (ROOT / folder / "CARD.md").read_text(encoding="utf-8")
    for part in ("**Data**", "**Licence**", "**Command**", "python -m models.train.", "seed", "minutes", "Limits"):
        assert part in card, part


@pytest.mark.parametrize("name", LOADERS)
def test_a_damaged_missing_or_foreign_checkpoint_is_refused(name, tmp_path):
    load, copy = LOADERS[name], tmp_path / name.rsplit("/")[-1]
    for reason, spoil in (("damaged", _flip), ("missing", _remove), ("foreign", _rename)):
        shutil.copytree(ROOT / name, copy)
        assert load(copy) is load(copy)
        spoil(copy)
        with pytest.raises(checkpoint.Unusable, match=str(copy)) as caught:
            load(copy)
        assert caught.value.reason == f"checkpoint_{reason}"
        shutil.rmtree(copy)


def _flip(folder):
    content = bytearray((folder / checkpoint.WEIGHTS).read_bytes())
    content[-1] ^= 1
    (folder / checkpoint.WEIGHTS).write_bytes(content)


def _remove(folder):
    (folder / checkpoint.WEIGHTS).unlink()


def _rename(folder):
    config = read(folder / checkpoint.CONFIG)
    (folder / checkpoint.CONFIG).write_text(json.dumps(config | {"kind": "another"}), encoding="utf-8")


# --- GLUE ------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def glue_results():
    return read(glue.PATH / "results.json")


@pytest.mark.parametrize("task", glue.SAVED)
def test_the_judges_say_what_their_card_says(task, glue_results):
    on_file, now = [row for row in glue_results["examples"] if row["task"] == task], judged(task)
    assert len(now) == len(on_file) == sum(e.task == task for e in EXAMPLES)
    for before, row in zip(on_file, now, strict=True):
        assert row["text"] == before["text"]
        if task == "stsb":
            assert row["score"] == pytest.approx(before["score"], abs=0.02)
        else:
            of_the_label = row["probability"] if row["label"] == before["label"] else 1 - row["probability"]
            assert of_the_label == pytest.approx(before["probability"], abs=0.01)


def test_every_run_of_glue_is_on_file_and_in_the_card(glue_results):
    runs, card = glue_results["runs"], (glue.PATH / "CARD.md").read_text(encoding="utf-8")
    for task, posed in glue.POSED.items():
        for stage in ("probe", "lora"):
            found = [r for r in runs if (r["task"], r["stage"]) == (task, stage)]
            assert {r["seed"] for r in found} == {0, 1, 2}
            for metric in posed.metrics:
                scores = [100 * r["dev"][metric] for r in found]
                assert f"{sum(scores) / 3:.1f} ({min(scores):.1f} to {max(scores):.1f})" in card
    for start in ("pretrained", "random"):
        sizes = [r["examples"] for r in runs if r["stage"] == start]
        assert sorted(sizes) == [100] * 3 + [1000] * 3 + [10000] * 3
    assert "WNLI" in card and "There is no GLUE score here" in card


def test_fine_tuning_reached_what_was_expected(glue_results):
    def mean(task, metric):
        found = [r["dev"][metric] for r in glue_results["runs"] if (r["task"], r["stage"]) == (task, "lora")]
        return sum(found) / len(found)

    assert mean("sst2", "accuracy") >= 0.88 and mean("stsb", "pearson") >= 0.85
    assert 0 < mean("cola", "matthews") < 1


# --- GPT -------------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def gpt_results():
    return read(gpt.PATH / "results.json")


def test_the_writer_finds_held_out_passages_as_probable_as_its_card_says(gpt_results):
    passages = read(gpt.PATH / "held_out.json")
    found = gpt.load().scores([p["text"] for p in passages])
    for passage, score in zip(passages, found, strict=True):
        assert len(score.tokens) == passage["tokens"]
        assert score.total == pytest.approx(passage["log_prob"], rel=1e-3)
    perplexity = math.exp(-sum(s.total for s in found) / sum(len(s.tokens) for s in found))
    assert perplexity == pytest.approx(gpt_results["test"]["all"]["perplexity"], rel=0.25)  # 20 passages of them all


def test_the_writer_learnt_something_and_says_how_much(gpt_results):
    test, card = gpt_results["test"]["all"], (gpt.PATH / "CARD.md").read_text(encoding="utf-8")
    assert test["perplexity"] < test["unigram_perplexity"] / 5 and f"**{test['perplexity']:.1f}**" in card
    assert gpt_results["bytes"] == (gpt.PATH / checkpoint.WEIGHTS).stat().st_size
    assert sum(f.stat().st_size for f in gpt.PATH.iterdir()) <= 7e6
    assert gpt_results["blimp"]["overall"]["accuracy"] > 0.55 and "GPT-2" in card
    assert gpt_results["tokens_per_second"] >= 50


def test_the_writer_continues_as_on_file(gpt_results):
    sample = next(s for s in gpt_results["samples"] if s["temperature"] == 0 and s["prompt"])
    found = gpt.load().generate(sample["prompt"], 20, temperature=0)
    assert sample["text"].startswith(found.text[:40])
    assert all(s.id == int(s.distribution.argmax()) for s in found.steps)


# --- masked words ----------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def mlm_results():
    return read(mlm.PATH / "results.json")


def test_held_out_words_are_guessed_as_often_as_the_card_says(mlm_results):
    passages, model = read(mlm.PATH / "held_out.json"), mlm.load()
    right, same, masks = 0, 0, 0
    for passage in passages:
        e = model.encode(passage["text"])
        assert [e.tokens[i] for i in passage["positions"]] == passage["tokens"]
        best = model.distribution(e.ids, passage["positions"]).argmax(-1).tolist()
        guesses = [model.pieces[i] for i in best]
        right += sum(a == b for a, b in zip(guesses, passage["tokens"], strict=True))
        same += sum(a == b for a, b in zip(guesses, passage["guesses"], strict=True))
        masks += len(guesses)
    assert masks >= 100 and same >= 0.98 * masks  # a near tie may be decided otherwise on another machine
    share = mlm_results["test"]["gutenberg"]["top1"]
    assert right / masks == pytest.approx(share, abs=3 * math.sqrt(share * (1 - share) / masks))


def test_gaps_are_filled_as_on_file(mlm_results):
    model, card = mlm.load(), (mlm.PATH / "CARD.md").read_text(encoding="utf-8")
    for probe in mlm_results["probes"]:
        found = model.fill(probe["text"], k=10).masks[0]
        on_file = dict(probe["fills"])
        now = {token: p for token, p in found.candidates if token in on_file}
        assert now == pytest.approx(on_file, abs=0.01), probe["text"]
        assert probe["text"] in card
        if probe["rank"] == 1 and probe["fills"][0][1] > probe["fills"][1][1] + 0.02:
            assert found.candidates[0][0] in probe["answers"]
    assert any(probe["rank"] > 5 for probe in mlm_results["probes"]), "the card has to show what goes wrong, too"


def test_the_masked_language_model_reached_what_was_aimed_at(mlm_results):
    test, card = mlm_results["test"], (mlm.PATH / "CARD.md").read_text(encoding="utf-8")
    assert test["all"]["top1"] >= 0.38 and test["all"]["top5"] >= 0.56
    assert "wikitext2-test" in test and mlm_results["tested_only"] == ["wikitext2-test"]
    for scores in test.values():
        assert scores["top1"] > scores["unigram_top1"] and scores["top5"] > scores["unigram_top5"]
        assert f"**{scores['top1']:.1%}**" in card and f"**{scores['top5']:.1%}**" in card
    assert mlm_results["blimp"]["overall"]["accuracy"] > 0.55 and "GPT-2" in card


# ---- NOTICE.md


def test_the_notice_names_every_data_set_of_glue_and_every_bundled_text():
    notice = (ROOT.parents[1] / "NOTICE.md").read_text(encoding="utf-8")
    rows = [line for line in notice.splitlines() if line.startswith("| ")]
    for task in json.loads((glue.PATH / "results.json").read_text("utf-8"))["data"]:
        name = glue.POSED[task].name if task in glue.POSED else task.upper()
        assert any(name in row.split("|")[1] and len(row.split("|")) == 5 for row in rows), name
    for path in ROOT.rglob("held_out.json"):
        held_out = json.loads(path.read_text("utf-8"))
        pieces = held_out["pairs"] if isinstance(held_out, dict) else held_out
        assert f"models/checkpoints/{path.parent.name}" in notice and f"{len(pieces)} " in notice, path
