"""Many readers at once see what one alone sees, and leave what they share as it was."""

import json
import subprocess
import sys

import pytest

from study.demo import demos
from study.notes import lessons
from study.words import ROOT


def read(seed: int, threads: int) -> dict[str, dict[str, str]]:
    """What tests.many_readers prints, in a process of its own."""
    command = [sys.executable, "-m", "tests.many_readers", str(seed), str(threads)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.long
def test_every_demo_from_sixteen_threads_in_a_fresh_process():
    alone, crowd = read(seed=0, threads=1), read(seed=1, threads=16)
    assert set(crowd["digests"]) == {f"{lesson.stem}.{name}" for lesson in lessons for name in demos(lesson.stem)}
    assert len({name.split(".")[0] for name in crowd["digests"]}) == len(lessons) >= 16
    assert len(crowd["weights"]) >= 8 and crowd["weights"] == alone["weights"]
    assert crowd["digests"] == alone["digests"]
