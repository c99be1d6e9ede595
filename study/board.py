"""Where the room of a class is written down: what a board can do, and the board of one process.

The one of several processes, in a database: study/workbook/board.py. What stands on it: study/classroom.py.
"""

import copy
import threading
from collections.abc import Callable
from typing import Any, Protocol

EMPTY = {"version": 0, "shown": "", "poll": None, "drivers": [], "links": {}}


class Board(Protocol):
    """Where a room is written down: in this process, or for all processes in a database."""

    def waits(self) -> bool:
        """Would reading wait for a database now?"""

    def read(self) -> dict[str, Any]:
        """What is written. Not to be changed."""

    def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Lets `change` change it; nobody else's change comes between. What it raises changes nothing."""

    def votes(self, now: bool = False) -> dict[str, str]:
        """The answer of each voter. now: those of other processes, too, to the last one."""

    def vote(self, voter: str, value: str) -> None:
        """In place of what this voter said before."""

    def clear(self) -> None:
        """There are no votes any more."""


class Memory:
    """The board of one process."""

    def __init__(self):
        self._lock, self._written, self._votes = threading.Lock(), copy.deepcopy(EMPTY), {}

    def waits(self) -> bool:
        return False

    def read(self) -> dict[str, Any]:
        return self._written

    def change(self, change: Callable[[dict[str, Any]], None]) -> None:
        with self._lock:
            new = copy.deepcopy(self._written)  # who reads meanwhile reads the old one, whole
            change(new)
            self._written = new

    def votes(self, now: bool = False) -> dict[str, str]:
        with self._lock:
            return dict(self._votes)

    def vote(self, voter: str, value: str) -> None:
        with self._lock:
            self._votes[voter] = value

    def clear(self) -> None:
        with self._lock:
            self._votes.clear()
