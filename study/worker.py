"""The process in which demos work for a while:  python -m study.worker     (study/jobs.py starts it and feeds it)

A line of JSON each: in come {"warm": stem}, {"n", "stem", "name", "values"} and {"stop": n}; out go {"n", "done",
"evidence"} for each piece and {"n", "over": null or the error}. It ends when its input does.
"""

import contextlib
import json
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from models.records import Unusable
from study.controls import Refusal
from study.demo import Demo, Progress, demos
from study.stored import encoded

#: A reader who moves a control comes first: under full load this process gets a third of what another gets.
NICE = 5
Say = Callable[..., None]


def told(error: Exception) -> dict[str, Any]:
    """An error as the app's process hears of it; what nobody expected stays here, in the log."""
    if isinstance(error, Refusal):
        return {"refusal": error.key, "values": error.values}
    if isinstance(error, Unusable):
        return {"unusable": error.reason, "path": str(error.path), "message": str(error)}
    return {"failed": f"{type(error).__name__}: {error}"}


def tuples(value: Any) -> Any:
    """Control values are hashable; JSON makes lists of their tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def perform(demo: Demo, values: dict[str, Any], stopped: threading.Event, say: Say) -> None:
    """Runs a demo piece by piece, as far as it gets before it is stopped."""
    effort = demo.work[1]()
    with contextlib.closing(demo.start(effort, **values)) as pieces:
        for evidence in pieces:
            if stopped.is_set():
                return
            say(done=effort.done if isinstance(effort, Progress) else None, evidence=encoded(evidence))


def listen(orders: TextIO, jobs: "queue.Queue[dict]", stops: dict[int, threading.Event]) -> None:
    """Hears what is wanted while a demo works. At the end of the input nobody is there any more who wants anything."""
    for line in orders:
        order = json.loads(line)
        if "stop" in order:
            if stopped := stops.get(order["stop"]):  # it may have come to its end meanwhile
                stopped.set()
            continue
        if "n" in order:
            stops[order["n"]] = threading.Event()
        jobs.put(order)
    os._exit(0)  # at once: the other thread may be in the middle of a long matrix


def work(order: dict[str, Any], stopped: threading.Event, say: Say) -> None:
    """One job, to its end or its error."""
    error = None
    try:
        values = {name: tuples(value) for name, value in order["values"].items()}
        perform(demos(order["stem"])[order["name"]], values, stopped, say)
    except Exception as raised:
        if not isinstance(raised, Refusal):
            logging.getLogger(__name__).exception("%s.%s failed", order["stem"], order["name"])
        error = told(raised)
    say(over=error)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the app; it closes our input
    if hasattr(os, "nice"):
        os.nice(NICE)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    jobs: queue.Queue[dict] = queue.Queue()
    stops: dict[int, threading.Event] = {}
    threading.Thread(target=listen, args=(sys.stdin, jobs, stops), daemon=True).start()

    def say(n: int, **answer: Any) -> None:
        out.write(json.dumps({"n": n, **answer}, separators=(",", ":")) + "\n")
        out.flush()

    ready = False
    while True:
        order = jobs.get()
        if not ready:
            from models.ready import make_ready  # torch: seconds, in which orders are heard already

            make_ready()
            ready = True
        if "warm" in order:
            with contextlib.suppress(Exception):  # said when somebody starts it
                demos(order["warm"])
        else:
            n = order["n"]
            work(order, stops[n], lambda n=n, **answer: say(n, **answer))
            del stops[n]


if __name__ == "__main__":
    main()
