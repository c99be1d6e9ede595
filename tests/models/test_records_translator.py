"""models.records.translator: reads what the training writes, and says which file is missing or damaged."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from models.records import Unusable
from models.records import translator as held_out

ROWS = [
    {"chinese": "你好。", "english": "Hello.", "greedy": "Hi.", "beam": "Hello.", "attribution": "#1 (a)"},
    {"chinese": "谢谢。", "english": "Thanks.", "greedy": "", "beam": "Thank you.", "attribution": "#2 (b)"},
]
SCORES = {"bleu": 30.12, "precisions": [60.0, 40.0, 25.0, 16.0], "bp": 0.98, "pairs": 1500, "exact": 200}
RESULTS = {
    "command": "python -m models.train.translator",
    "parameters": 7_000_000,
    "minutes": 85.3,
    "pairs": {"train": 27000, "dev": 500, "test": 1500},
    "test": {"greedy": SCORES, "beam 4": SCORES | {"bleu": 31.5}},
    "curve": [{"step": 500, "dev_loss": 3.0, "dev_bleu": 5.5}, {"step": 1000, "dev_loss": 2.5, "dev_bleu": 11.7}],
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "held_out.json").write_text(json.dumps({"beam": 4, "pairs": ROWS}, ensure_ascii=False), "utf-8")
    (tmp_path / "results.json").write_text(json.dumps(RESULTS), "utf-8")
    return tmp_path


def test_pairs(folder):
    found = held_out.load(folder)
    assert found.beam == 4 and [p.english for p in found.pairs] == ["Hello.", "Thanks."]
    assert found.pairs[1] == held_out.HeldOutPair(**ROWS[1])
    with pytest.raises(FrozenInstanceError):
        found.pairs[0].greedy = "Hello."


def test_results(folder):
    found = held_out.results(folder)
    assert (found.beam, found.parameters, found.pairs["test"]) == (4, 7_000_000, 1500)
    assert set(found.test) == {"greedy", "beam"} and found.test["beam"].bleu == 31.5
    assert found.test["greedy"].precisions == (60, 40, 25, 16) and found.test["greedy"].exact == 200
    assert found.curve[-1]["dev_bleu"] == 11.7


def test_what_the_report_writes_can_be_read(folder):
    """The same form as models/train/translator/report.py: one item of a list per line."""
    text = json.dumps({"beam": 4, "pairs": ROWS}, ensure_ascii=False, separators=(",", ":"))
    (folder / "again").mkdir()
    (folder / "again" / "held_out.json").write_text(text.replace('},{"', '},\n{"') + "\n", encoding="utf-8")
    assert held_out.load(folder / "again") == held_out.load(folder)


@pytest.mark.parametrize("read", [held_out.load, held_out.results])
def test_a_missing_file(read, tmp_path):
    with pytest.raises(Unusable, match="cannot read") as error:
        read(tmp_path / "nowhere")
    assert error.value.reason == "checkpoint_missing" and error.value.path.parent == tmp_path / "nowhere"


DAMAGED_PAIRS = [
    "",
    "[]",
    "{",
    '"pairs"',
    json.dumps({"pairs": ROWS}),
    json.dumps({"beam": "four", "pairs": ROWS}),
    json.dumps({"beam": 4, "pairs": []}),
    json.dumps({"beam": 4, "pairs": [{"chinese": "你好。"}]}),
    json.dumps({"beam": 4, "pairs": [ROWS[0] | {"greedy": None}]}),
    json.dumps({"beam": 4, "pairs": [ROWS[0] | {"english": ""}]}),
]
DAMAGED_RESULTS = [
    "[]",
    "{}",
    json.dumps(RESULTS | {"test": {"greedy": SCORES}}),
    json.dumps(RESULTS | {"test": {"beam 4": SCORES}}),
    json.dumps(RESULTS | {"test": {"greedy": SCORES, "beam 4": {"bleu": 1}}}),
    json.dumps(RESULTS | {"pairs": 3}),
    json.dumps(RESULTS | {"curve": [1]}),
]
CASES = [(held_out.load, "held_out.json", text) for text in DAMAGED_PAIRS]
CASES += [(held_out.results, "results.json", text) for text in DAMAGED_RESULTS]


@pytest.mark.parametrize(("read", "name", "text"), CASES)
def test_a_damaged_file(read, name, text, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(Unusable) as error:
        read(tmp_path)
    assert error.value.reason == "checkpoint_damaged" and name in str(error.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "held_out.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Unusable) as error:
        held_out.load(tmp_path)
    assert error.value.reason == "checkpoint_damaged"


def test_torch_is_not_needed():
    code = "import sys; from models.records import translator; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_files_of_this_project():
    found, measured = held_out.load(), held_out.results()
    assert len(found.pairs) == 500 and found.beam == measured.beam
    assert all("tatoeba" in p.attribution.lower() for p in found.pairs)
