"""What was trained on GLUE's tasks, read back."""

import json
import subprocess
import sys

import pytest

from models import glue
from models.records import Unusable
from models.records import glue as glue_results
from models.train.glue import data as glue_data

RUN = {"task": "cola", "stage": "lora", "examples": 5, "dev": {"matthews": 0.25}, "cells": None, "minutes": 1.0}
FILE = {"command": "c", "date": "d", "machine": "m", "minutes": 2.0, "data": {}, "plan": {}, "baselines": {}}


def written(tmp_path, **more):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(FILE | {"runs": []} | more), "utf-8")
    return path


def test_runs_are_found_by_task_stage_and_seed(tmp_path):
    half, none = {"matthews": 0.5}, {"matthews": None}
    runs = [RUN | {"seed": 2, "dev": half}, RUN | {"seed": 0}, RUN | {"seed": 1, "dev": none}]
    r = glue_results.load(written(tmp_path, runs=runs))
    assert r.scores("cola", "lora", "matthews") == [25, 50]  # by seed; the undefined one left out
    assert r.scores("cola", "probe", "matthews") == r.scores("sst2", "lora", "accuracy") == []
    assert r.run("cola", "lora", 2).dev == half and r.run("cola", "lora", 3) is None
    assert r.unfinished == ("SST-2", "RTE", "MRPC", "STS-B")


def test_baselines_are_read(tmp_path):
    baselines = {"mrpc": {"majority": {"answer": 1, "dev": {"accuracy": 0.7, "f1": 0.8}}},
                 "stsb": {"cosine": {"dev": {"pearson": None}}}}  # fmt: skip
    r = glue_results.load(written(tmp_path, baselines=baselines))
    assert r.blind("mrpc", "f1") == 80 and r.blind("stsb", "pearson") is None and r.blind("cola", "matthews") is None


def test_dev_sets_of_glue_are_told_from_others(tmp_path):
    data = {"cola": {"measured_on": glue_data.GLUES}, "mrpc": {"measured_on": glue_data.DRAWN}}
    r = glue_results.load(written(tmp_path, data=data))
    assert r.drawn("mrpc") and not r.drawn("cola") and not r.drawn("rte")


@pytest.mark.parametrize("content", [None, "", "{", "[]", "null", "{}", '{"runs": [{}]}', '{"runs": 3}', "\x00"])
def test_what_is_no_file_of_results_is_told(tmp_path, content):
    path = tmp_path / "results.json"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(Unusable, match=r"results\.json"):
        glue_results.load(path)


def test_names_are_those_of_the_trainer():
    assert {t: task.name for t, task in glue.POSED.items()} == glue_results.NAMES
    assert glue_results.PATH == glue.PATH / "results.json"


def test_the_results_here_are_of_these_tasks():
    r = glue_results.load()
    assert {x.task for x in r.runs} <= set(glue_results.NAMES) and r.command.startswith("python -m models.train.glue")
    for x in r.runs:
        assert set(x.dev) == set(glue.POSED[x.task].metrics)


def test_no_torch_is_needed():
    script = "import sys, models.records.glue; print(sorted({'torch', 'sklearn', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "[]"
