"""A class at work: the place that its instructor shows, one poll, and who may drive. No Streamlit, safe in threads.

    room = open_room()
    room.enter("the secret", who)            # from now on `who` drives
    room.show(who, "t5_attention#scaling")   # anybody else: Refused
    room.vote(student, room.state().poll.id, [2])

`who` is a name of study/shell/who.py. Neither these names nor the secret are kept: what is kept of them is sealed with
the secret (HMAC), so that a new secret is a new class, and nobody who reads the database knows who answered what.
"""

import collections
import functools
import hashlib
import hmac
import math
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from study.board import EMPTY, Board, Memory
from study.place import Place, read

MINUTE, OWN_TRIES, ALL_TRIES = 60.0, 5, 120  # seconds; tries of the secret in that time: of one visitor, of all
DRIVERS, LINKS = 20, 200  # the newest stay
CODE = 6  # characters of a short link


class Refused(Exception):
    """Only who has entered with the secret may do this, or there is nothing (any more) to do it with."""


class TooMany(Refused):
    """The secret was tried too often; in a minute again."""


@dataclass(frozen=True)
class Poll:
    """A question to the room: the item of a lesson's quiz. options: how many choices, 0 where a number is asked for."""

    id: str
    stem: str
    item: str
    options: int
    several: bool
    open: bool
    revealed: bool


@dataclass(frozen=True)
class State:
    """What everybody may know. version: grows with every change. shown: what the instructor shows, if anything."""

    version: int
    shown: Place | None
    poll: Poll | None


class Room:
    """One class. secret: who knows it may drive; with an empty one nobody may."""

    def __init__(self, secret: str, board: Board, clock: Callable[[], float] = time.monotonic):
        self._secret, self._board, self._clock = _plain(secret), board, clock
        self._lock, self._tries = threading.Lock(), collections.OrderedDict()

    def state(self) -> State:
        written = self._board.read()
        poll = written["poll"]
        known = poll and Poll(**{name: poll[name] for name in Poll.__dataclass_fields__})
        return State(written["version"], read(written["shown"]) if written["shown"] else None, known)

    def waits(self) -> bool:
        """Would reading wait for a database now?"""
        return self._board.waits()

    def pulse(self) -> tuple[int, int]:
        """The version, and how many have answered the open poll: what a page asks for again and again."""
        poll = self._board.read()["poll"]
        return self._board.read()["version"], len(self._board.votes()) if poll and poll["open"] else 0

    # --- who drives --------------------------------------------------------------------------------------------------
    def enter(self, typed: str, who: str) -> None:
        """From now on `who` drives. Raises Refused for another secret than ours, TooMany for too many tries."""
        self._count(who)
        if not self._secret or not hmac.compare_digest(_plain(typed), self._secret):
            raise Refused("not the secret")
        seal = self._seal("driver", who)

        def add(written: dict[str, Any]) -> None:
            written["drivers"] = [*(d for d in written["drivers"] if d != seal), seal][-DRIVERS:]

        self._board.change(add)

    def leave(self, who: str) -> None:
        """`who` drives no longer."""
        seal = self._seal("driver", who)
        self._board.change(lambda written: written.update(drivers=[d for d in written["drivers"] if d != seal]))

    def drives(self, who: str) -> bool:
        return bool(self._secret) and self._seal("driver", who) in self._board.read()["drivers"]

    def _drive(self, who: str, change: Callable[[dict[str, Any]], None], quietly: bool = False) -> None:
        """A change that only who drives may make. quietly: nobody needs to look. Raises Refused."""

        def allowed(written: dict[str, Any]) -> None:
            if not self._secret or self._seal("driver", who) not in written["drivers"]:
                raise Refused("only the instructor drives")
            change(written)
            written["version"] += not quietly

        self._board.change(allowed)

    def _count(self, who: str) -> None:
        now = self._clock()
        with self._lock:
            for name in [name for name, tries in self._tries.items() if now - tries[-1] > MINUTE]:
                del self._tries[name]
            own = [at for at in self._tries.get(who, []) if now - at <= MINUTE]
            if len(own) >= OWN_TRIES or sum(map(len, self._tries.values())) >= ALL_TRIES:
                raise TooMany("too many tries")
            self._tries[who] = [*own, now]

    def _seal(self, what: str, name: str) -> str:
        return hmac.new(self._secret, f"{what}\0{name}".encode(), hashlib.sha256).hexdigest()

    # --- what is shown -----------------------------------------------------------------------------------------------
    def show(self, who: str, link: str) -> None:
        """Everybody is offered this place; "" ends it. Raises Refused, and ValueError for what is no link."""
        if link and read(link) is None:
            raise ValueError("no place of a lesson")
        self._drive(who, lambda written: written.update(shown=link))

    def short(self, who: str, link: str) -> str:
        """A code for this link: the same for the same link. Raises Refused, and ValueError for what is no link."""
        if read(link) is None:
            raise ValueError("no place of a lesson")
        code = hashlib.sha256(link.encode()).hexdigest()[:CODE]
        if self._board.read()["links"].get(code) != link:

            def add(written: dict[str, Any]) -> None:
                links = {**{c: kept for c, kept in written["links"].items() if c != code}, code: link}
                written["links"] = dict([*links.items()][-LINKS:])

            self._drive(who, add, quietly=True)
        return code

    def link(self, code: str) -> str | None:
        """The link behind a code; "now" is what is shown now."""
        written = self._board.read()
        return (written["shown"] if code == "now" else written["links"].get(code)) or None

    # --- the poll ----------------------------------------------------------------------------------------------------
    def ask(self, who: str, stem: str, item: str, options: int = 0, several: bool = False) -> str:
        """Opens a poll in place of the one before; its id. Raises Refused."""
        poll = Poll(secrets.token_hex(8), stem, item, options, several, open=True, revealed=False)
        self.end(who)
        self._drive(who, lambda written: written.update(poll={**vars(poll), "counts": {}}))
        return poll.id

    def close(self, who: str) -> None:
        """Nobody answers any more. What remains are the counts: who answered what is forgotten. Raises Refused."""

        def shut(**new: Any) -> Callable[[dict[str, Any]], None]:
            return lambda written: written["poll"].update(new) if written["poll"] else None

        poll = self._board.read()["poll"]
        self._drive(who, shut(open=False))
        if poll and poll["open"]:
            self._drive(who, shut(counts=self._counted(now=True)))
            self._board.clear()

    def reveal(self, who: str) -> None:
        """Everybody sees the counts; the poll is closed. Raises Refused."""
        self.close(who)
        self._drive(who, lambda written: (written["poll"] or {}).update(revealed=True))

    def end(self, who: str) -> None:
        """The poll goes, its counts too. Raises Refused."""
        self._drive(who, lambda written: written.update(poll=None))
        self._board.clear()

    def vote(self, who: str, poll: str, answer: Sequence[int] | float) -> None:
        """An answer, in place of this student's earlier one: positions of choices (as the yaml has them), or a number.

        Raises Refused where that poll is not open (any more), ValueError for what is no answer to it.
        """
        now = self.state().poll
        if now is None or now.id != poll or not now.open:
            raise Refused("this poll is closed")
        self._board.vote(self._seal(now.id, who), _value(now, answer))

    def counts(self, who: str) -> dict[str, int]:
        """How many gave each answer: a position or a number, as text. Raises Refused before they are revealed."""
        poll = self._board.read()["poll"]
        if poll is None or not (poll["revealed"] or self.drives(who)):
            raise Refused("not revealed")
        return self._counted() if poll["open"] else dict(poll["counts"])

    def _counted(self, now: bool = False) -> dict[str, int]:
        votes = self._board.votes(now).values()
        return dict(collections.Counter(one for vote in votes for one in vote.split(",")))


def _plain(secret: str) -> bytes:
    """As it is compared: small letters, without what a person puts between groups."""
    return "".join(ch for ch in secret.lower() if ch.isalnum()).encode("utf-8", "replace")


def _value(poll: Poll, answer: Sequence[int] | float) -> str:
    if not poll.options:
        if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
            raise ValueError("no number")
        return repr(float(answer))
    if isinstance(answer, int | float) or not all(type(n) is int and 0 <= n < poll.options for n in answer):
        raise ValueError("no choice")
    picked = sorted(set(answer))
    if not picked or (len(picked) > 1 and not poll.several):
        raise ValueError("one choice")
    return ",".join(map(str, picked))


def is_class() -> bool:
    """Does this process serve a class?"""
    return os.environ.get("STUDY_CLASS") == "1"


def allowed_hosts() -> list[str]:
    """The names and addresses under which this server is found: STUDY_HOSTS, those of the network first."""
    return [host for part in os.environ.get("STUDY_HOSTS", "").split(",") if (host := part.strip(" []"))]


_opening = threading.Lock()


def open_room() -> Room:
    """The room of this process; with STUDY_DATABASE_URL the one of all processes that use that database."""
    with _opening:
        return _room(os.environ.get("STUDY_SECRET", ""), os.environ.get("STUDY_DATABASE_URL", ""))


@functools.lru_cache(maxsize=4)
def _room(secret: str, url: str) -> Room:
    if not url:
        return Room(secret, Memory())
    from study.workbook.board import Shared  # sqlalchemy takes a third of a second: only where there is a database

    return Room(secret, Shared(EMPTY))
