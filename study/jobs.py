"""Work that takes a while: a queue of the app's process, and processes of low priority that do one job at a time.

A process, not a thread: what trains in Python holds the lock that every reader's run needs, and a thread of low
priority that holds it keeps all of them waiting; a process can be ended in the middle of a matrix, and gives its memory
back. It is kept between jobs, for it takes seconds to import torch.
"""

import contextlib
import functools
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.records import Unusable
from study.controls import Refusal
from study.demo import Demo, Evidence
from study.stored import decoded
from study.words import ROOT

GRACE = 0.7  # seconds for a stopped job to end by itself; then its process is ended
ALONE = 15.0  # seconds after which a job ends that nobody asks for
IDLE = 600.0  # seconds after which a process without work goes
TICK = 0.2  # seconds between two looks at a job under way


@dataclass(eq=False)
class _Task:
    """A job as the queue knows it. over: nothing more will come. left: when its reader left it.

    spent: hears in the end how many seconds a process was busy with it.
    """

    order: dict[str, Any]
    spent: Callable[[float], None]
    pieces: deque[tuple[float | None, Any]] = field(default_factory=deque)
    error: dict[str, Any] | None = None
    over: bool = False
    left: float | None = None
    asked: float = field(default_factory=time.monotonic)


class Run:
    """A job as its reader knows it. Dropping it ends the job."""

    def __init__(self, line: "Line", task: _Task):
        self._line, self._task = line, task

    @property
    def ahead(self) -> int:
        """How many jobs come before it; 0 when it is being done, or was."""
        return self._line.ahead(self._task)

    @property
    def over(self) -> bool:
        """All of its pieces have been taken, and no more will come."""
        return self._task.over and not self._task.pieces

    def wait(self, seconds: float, ahead: int = 0) -> bool:
        """Waits for a piece, its end, or another place in the queue than `ahead`; True if there is one of them."""
        task, line = self._task, self._line

        def news() -> bool:
            return bool(task.pieces) or task.over or line.ahead(task) != ahead

        with line.changed:
            task.asked = time.monotonic() + seconds  # who waits, asks
            return line.changed.wait_for(news, seconds)

    def take(self) -> tuple[float | None, Evidence] | None:
        """The next piece (the share of the work that is done, the evidence), None if there is none yet.

        Raises what the demo raised, once all that came before it has been taken: Refusal, Unusable, RuntimeError.
        """
        with self._line.changed:
            self._task.asked = time.monotonic()
            if self._task.pieces:
                done, evidence = self._task.pieces.popleft()
                return done, decoded(evidence)
            error = self._task.error if self._task.over else None
        if error:
            raise _error(error)
        return None

    def close(self) -> None:
        self._line.leave(self._task)

    def __del__(self):
        self.close()


def _error(told: dict[str, Any]) -> Exception:
    if "refusal" in told:
        return Refusal(told["refusal"], **told["values"])
    if "unusable" in told:
        return Unusable(told["unusable"], Path(told["path"]), told["message"])
    return RuntimeError(told["failed"])


class _Process:
    """A worker that runs. Its answers are heard by a thread of its own."""

    def __init__(self, line: "Line"):
        self.line, self.task = line, None
        self.child = subprocess.Popen(
            [sys.executable, "-m", "study.worker"],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),  # Windows has no os.nice
        )
        threading.Thread(target=self._hear, daemon=True).start()

    def say(self, order: dict[str, Any]) -> None:
        """Raises OSError where the process has ended."""
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()

    def end(self) -> None:
        self.child.kill()
        self.child.wait()
        with contextlib.suppress(OSError):  # what was written last reaches nobody any more
            self.child.stdin.close()

    def _hear(self) -> None:
        with self.child.stdout as lines:
            for line in lines:
                self._note(json.loads(line))
        with self.line.changed:
            if self.task and not self.task.over:
                self.task.error = {"failed": f"the worker ended with {self.child.wait()}"}
                self.task.over = True
            self.line.changed.notify_all()

    def _note(self, answer: dict[str, Any]) -> None:
        with self.line.changed:
            task = self.task
            if task is None or task.order["n"] != answer["n"]:
                return
            if "over" in answer:
                task.error, task.over = answer["over"], True
            elif task.left is None:
                task.pieces.append((answer["done"], answer["evidence"]))
            self.line.changed.notify_all()


class Line:
    """The queue, first come, first served, and `count` threads that each feed a process of their own."""

    def __init__(self, count: int = 1):
        self.changed = threading.Condition(threading.RLock())
        self._count, self._threads = count, []
        self._waiting: deque[_Task] = deque()
        self._running: list[_Task] = []
        self._warm: list[str] = []
        self._processes: list[_Process] = []
        self._numbers = itertools.count(1)

    @property
    def length(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many jobs are being done."""
        return len(self._running)

    def ahead(self, task: _Task) -> int:
        with self.changed:
            return self._waiting.index(task) + len(self._running) if task in self._waiting else 0

    def warm(self, stem: str) -> None:
        """Somebody has come near work of this lesson: a process gets ready for it."""
        with self.changed:
            if not (self._processes or self._warm or self._waiting):
                self._warm.append(stem)
                self._begin()
                self.changed.notify_all()

    def start(self, demo: Demo, values: dict[str, Any], spent: Callable[[float], None] = lambda seconds: None) -> Run:
        """Joins the queue. values: all of them, as JSON takes them. spent: hears in the end how many seconds a process
        was busy with it.
        """
        order = {"n": next(self._numbers), "stem": demo.stem, "name": demo.name, "values": values}
        json.dumps(order)  # what cannot be sent is the caller's mistake, not the worker's
        task = _Task(order, spent)
        with self.changed:
            self._waiting.append(task)
            self._begin()
            self.changed.notify_all()
        return Run(self, task)

    def leave(self, task: _Task) -> None:
        """Nobody wants this job any more."""
        with self.changed:
            task.left = task.left or time.monotonic()
            task.pieces.clear()
            if task in self._waiting:
                self._waiting.remove(task)
                task.over = True
            self.changed.notify_all()

    def _begin(self) -> None:
        while len(self._threads) < self._count:
            thread = threading.Thread(target=self._serve, daemon=True, name="jobs")
            self._threads.append(thread)
            thread.start()

    def _serve(self) -> None:
        """Feeds one process: job after job, a new process after one that ended or was ended."""
        process = None
        while True:
            with self.changed:
                busy = self.changed.wait_for(lambda: bool(self._waiting or self._warm), IDLE)
                task, began = self._next(), time.monotonic()
                stem = self._warm.pop() if self._warm else ""
            if process and (not busy or process.child.poll() is not None):
                process.end()
                self._processes.remove(process)
                process = None
            if not busy:
                continue
            try:
                if not process:
                    process = _Process(self)
                    self._processes.append(process)
                if stem:
                    process.say({"warm": stem})
                if task:
                    self._do(process, task)
            except OSError as error:  # it could not be started, or ended before it was told
                self._fail(task, error)
            self._done(task, time.monotonic() - began)

    def _next(self) -> _Task | None:
        if not self._waiting:
            return None
        task = self._waiting.popleft()
        self._running.append(task)
        self.changed.notify_all()
        return task

    def _do(self, process: _Process, task: _Task) -> None:
        """Until it is over. Stops it when its reader is gone or asks no more; ends the process if that is in vain."""
        process.task, stopping = task, False
        try:
            process.say(task.order)
            while True:
                with self.changed:
                    if self.changed.wait_for(lambda: task.over, TICK):
                        return
                    now = time.monotonic()
                    if task.left is None and now - task.asked > ALONE:
                        self.leave(task)
                    left = task.left
                if left is not None and not stopping:
                    process.say({"stop": task.order["n"]})
                    stopping = True
                if left is not None and now - left > GRACE:
                    process.end()
        finally:
            process.task = None

    def _done(self, task: _Task | None, seconds: float) -> None:
        with self.changed:
            if task:
                task.spent(seconds)
                self._running.remove(task)
            self.changed.notify_all()

    def _fail(self, task: _Task | None, error: OSError) -> None:
        with self.changed:
            if task:
                task.error, task.over = {"failed": str(error)}, True
            self.changed.notify_all()


@functools.cache
def line() -> Line:
    """The queue of this process of the app. A core stays for those who read; two workers are enough for a class."""
    return Line(min(2, max(1, (os.cpu_count() or 2) - 1)))
