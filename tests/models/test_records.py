"""Results that are missing or of another form are told as such, whichever training wrote them; none needs torch."""

import subprocess
import sys

import pytest

from models.records import Unusable, lookup, recall, sentence_vectors, student
from study.words import ROOT

LOADERS = {
    "lookup": lookup.results,
    "recall": recall.results,
    "sentence_vectors": sentence_vectors.load,
    "student": student.results,
}
GRID = ['{"task": {}}', '{"task": {}, "runs": [{}]}']
#: JSON that is no file of results, beside what is none of any training.
FOREIGN = {
    "lookup": [*GRID, '{"task": 3, "runs": []}'],
    "recall": GRID,
    "sentence_vectors": ['{"spearman": {}}'],
    "student": ['{"models": {}, "curves": {}}'],
}


@pytest.mark.parametrize("name", LOADERS)
def test_missing_results_say_what_to_do(name, tmp_path):
    with pytest.raises(Unusable, match=rf"python -m models\.train\.{name}") as error:
        LOADERS[name](tmp_path / "results.json")
    assert error.value.reason == "checkpoint_missing"


@pytest.mark.parametrize(
    ("name", "content"), [(name, content) for name in LOADERS for content in ("", "[]", "{}", *FOREIGN[name])]
)
def test_what_is_no_file_of_results_is_refused(name, content, tmp_path):
    (tmp_path / "results.json").write_text(content, encoding="utf-8")
    with pytest.raises(Unusable) as error:
        LOADERS[name](tmp_path / "results.json")
    assert error.value.reason == "checkpoint_damaged"


@pytest.mark.parametrize("name", LOADERS)
def test_results_load_without_torch(name):
    load = LOADERS[name].__name__
    code = f"import sys; from models.records import {name}; {name}.{load}(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
