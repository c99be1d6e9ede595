"""The board of a class in the workbook's database, for several processes: study/classroom.py says what stands on it."""

import copy
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from study.workbook import open_workbook
from study.workbook.errors import Unkept
from study.workbook.store import Store

log = logging.getLogger(__name__)
#: Among the names of students: theirs are "me", or have a dot.
ROOM, VOTES = "room", "room votes"
FRESH = 0.7  # seconds for which what was read is believed: a hundred pages ask in that time


class Shared:
    """One row for the room, one for each vote. Reading never fails: the last that was read stays. Writing: Unkept."""

    def __init__(self, empty: dict[str, Any]):
        self._lock, self._empty = threading.Lock(), empty
        self._written, self._votes, self._until = self._new(), {}, 0.0

    def _new(self) -> dict[str, Any]:
        return copy.deepcopy(self._empty)

    def _store(self) -> Store:
        return open_workbook()._store

    def _look(self, at_once: bool = False) -> None:
        if not at_once and time.monotonic() < self._until:
            return  # without the lock: who reads what is fresh never waits for who asks the database
        with self._lock:
            if at_once or time.monotonic() >= self._until:
                try:
                    text = self._store().kept(ROOM).get("state")
                    self._written = json.loads(text) if text else self._new()
                    self._votes = self._store().kept(VOTES)
                except Unkept as unkept:
                    log.warning("the class's room cannot be read: %s", unkept)
                self._until = time.monotonic() + FRESH

    def waits(self) -> bool:
        return time.monotonic() >= self._until - 0.1  # not to the last moment: it is read a little later

    def read(self) -> dict[str, Any]:
        self._look()
        return self._written

    def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        def changed(old: str | None) -> str:
            new = json.loads(old) if old else self._new()
            change(new)
            return json.dumps(new)

        self._store().change(ROOM, "state", changed)
        self._look(at_once=True)

    def votes(self, now: bool = False) -> dict[str, str]:
        self._look(at_once=now)
        return dict(self._votes)

    def vote(self, voter: str, value: str) -> None:
        self._store().keep(VOTES, {voter: value})
        self._look(at_once=True)

    def clear(self) -> None:
        self._store().forget(VOTES)
        self._look(at_once=True)
