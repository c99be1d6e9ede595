"""Jobs: pieces come as if the demo ran here, errors too; the queue; who stops, leaves or is alone frees the process."""

import json
import subprocess
import sys
import time

import pytest

from study import jobs
from study.controls import Refusal
from study.demo import demos
from study.stored import encoded
from study.words import ROOT
from study.worker import tuples

T5 = demos("t5_attention")
BEYOND = demos("t3_positional_encoding")["beyond"]  # with 500 pairs it takes twenty seconds, four for each piece
LONG = 120  # seconds: a process that starts imports torch, on a machine that tests keep busy


@pytest.fixture(scope="module")
def line():
    return jobs.Line(1)


def begun(line, demo, **given):
    return line.start(demo, demo.values(given))


def news(run, ahead=0):
    assert run.wait(LONG, ahead), "nothing in two minutes"


def piece(run):
    """The next piece, None at the end. A change of the place in the queue is news, too, and no piece."""
    while (got := run.take()) is None and not run.over:
        news(run, run.ahead)
    return got


def free(line):
    """Waits until no job is under way or waits."""
    with line.changed:
        assert line.changed.wait_for(lambda: not (line.running or line.length), LONG)


def test_the_pieces_are_those_of_the_demo(line):
    demo, run, pieces = T5["train_live"], begun(line, T5["train_live"], seed=3), []
    while not run.over:
        if (got := piece(run)) is not None:
            pieces.append(got)
    here = list(demo.start(seed=3))
    assert [encoded(evidence) for _, evidence in pieces] == [encoded(evidence) for evidence in here]
    assert [done for done, _ in pieces] == [pytest.approx(i / 20) for i in range(21)]
    assert run.take() is None


def test_a_refusal_arrives_as_one(line):
    run = begun(line, demos("t7_learned_parameters")["prune"], remove="E9")
    news(run)
    with pytest.raises(Refusal) as raised:
        run.take()
    assert (raised.value.key, raised.value.values) == ("unknown_head", {"text": "E9"}) and run.over


def test_who_comes_later_waits_and_who_stops_lets_the_next_one_go_on(line):
    first, second, third = (begun(line, BEYOND, pairs=500), *(begun(line, T5["train_live"]) for _ in range(2)))
    with line.changed:
        assert line.changed.wait_for(lambda: line.length == 2, LONG)  # what came before it is tidied up
    assert (first.ahead, second.ahead, third.ahead) == (0, 1, 2) and line.running == 1
    second.close()  # it has not begun
    assert second.over and third.ahead == 1
    first.close()  # in the middle of what takes seconds and yields nothing on the way
    news(third, ahead=1)
    assert third.ahead == 0
    assert piece(third)[0] == 0.0
    del third  # a session that is gone has no other word for it
    free(line)


def test_how_long_a_process_was_busy_is_told_once_and_of_no_job_that_never_began(line):
    free(line)
    told, began, demo = {"first": [], "second": []}, time.monotonic(), T5["train_live"]
    first = line.start(BEYOND, BEYOND.values({"pairs": 500}), told["first"].append)
    with line.changed:
        assert line.changed.wait_for(lambda: line.running == 1, LONG)
    line.start(demo, demo.values({}), told["second"].append).close()
    assert told == {"first": [], "second": []}
    first.close()
    free(line)
    assert len(told["first"]) == 1 and 0 < told["first"][0] <= time.monotonic() - began and not told["second"]


def test_a_job_that_nobody_asks_for_ends(line, monkeypatch):
    monkeypatch.setattr(jobs, "ALONE", 0.3)
    run = begun(line, BEYOND, pairs=500)
    free(line)
    assert run.over


def test_a_process_that_dies_is_told_and_replaced(line):
    run = begun(line, BEYOND, pairs=500)
    with line.changed:
        assert line.changed.wait_for(lambda: any(process.task for process in line._processes), LONG)
    line._processes[0].child.kill()
    with pytest.raises(RuntimeError, match="ended"):
        while True:  # pieces may have come before
            news(run)
            run.take()
    assert piece(begun(line, T5["train_live"]))[0] == 0.0
    free(line)


def test_a_worker_does_not_outlive_the_app():
    worker = subprocess.Popen([sys.executable, "-m", "study.worker"], cwd=ROOT, stdin=subprocess.PIPE, text=True)
    order = {"n": 1, "stem": BEYOND.stem, "name": BEYOND.name, "values": BEYOND.values({"pairs": 500})}
    worker.stdin.write(json.dumps(order) + "\n")
    worker.stdin.flush()
    time.sleep(0.5)
    worker.stdin.close()
    assert worker.wait(LONG) == 0


def test_control_values_survive_the_way():
    assert tuples([[1, 2.5], "x", [[3]]]) == ((1, 2.5), "x", ((3,),))
