"""Each training is a command: python -m models.train.<name>, whose help says what it is and how it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

TRAININGS = sorted(path.parent.name for path in Path(__file__).parents[2].glob("models/train/*/__main__.py"))


def test_which_there_are():
    names = ["glue", "gpt", "lookup", "mlm", "nsp", "recall", "sentence_vectors", "sides", "student", "translator"]
    assert names == TRAININGS


@pytest.mark.parametrize("name", TRAININGS)
def test_help(name):
    command = [sys.executable, "-m", f"models.train.{name}", "--help"]
    out = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout
    assert out.startswith(f"usage: python -m models.train.{name} ") and "--out" in out and "20" in out
