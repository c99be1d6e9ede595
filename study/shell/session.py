"""What a reader's session remembers beside the values of widgets: one object under one key of st.session_state."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from study.budget import WORK, Budget
from study.demo import Claim, Demo, Evidence
from study.jobs import Run
from study.look import Look
from study.once import once
from study.place import Place
from study.practice import Record
from study.workbook import Answer


@dataclass(frozen=True)
class Reader:
    """Who a page is drawn for: the language and the look, and the links to all pages, by the name in their URL."""

    lang: str
    look: Look
    pages: dict[str, Any]  # name -> st.Page


@dataclass
class Job:
    """Work that a reader started: for which values, its run (None once it ended), its newest evidence.

    values: all of them, hidden controls at their defaults. done: the share of the work, None where nobody knows it.
    ahead: how many jobs of others come before it, as the reader was told. due: it joins them when its reader may have
    more work.
    """

    values: dict[str, Any]
    run: Run | None
    evidence: Evidence | None = None
    done: float | None = None
    ahead: int = 0
    due: bool = False

    @property
    def goes_on(self) -> bool:
        """Is more to come of it?"""
        return self.due or self.run is not None

    def end(self) -> None:
        """Its work stops; what it has shown stays."""
        if self.run:
            self.run.close()
        self.run, self.due = None, False


@dataclass
class Editor:
    """The table editor of a Numbers control: the table that it began with, what it makes of it, its widget's key."""

    base: tuple
    count: int
    key: str
    value: tuple | None = None


@dataclass
class Draft:
    """An answer of the workbook that is being written. seen: the version that it goes on from, 0 for none.

    saved: when that one was saved, ISO 8601. theirs: what another tab saved meanwhile, which waits for a decision.
    unkept: why it could not be kept (a key of app.yaml), "" when it was. known: browser sessions that have been heard.
    """

    text: str = ""
    points: frozenset[str] = frozenset()
    seen: int = 0
    saved: str = ""
    theirs: Answer | None = None
    unkept: str = ""
    known: set[str] = field(default_factory=set)


@dataclass
class Quizzes:
    """What a session knows of quiz items, by the key of their widgets, by the name of their record, or by their row.

    unkept: why the last answer was not kept (a key of app.yaml), "" when it was. pending: what still has to be kept.
    """

    records: dict[str, dict[str, Record]] = field(default_factory=dict)  # by student, then by name
    pending: dict[str, Record] = field(default_factory=dict)
    unkept: str = ""
    at: dict[str, int] = field(default_factory=dict)  # which item of a row is shown
    opened: dict[str, datetime] = field(default_factory=dict)  # since when an item stands open anew, by key
    tries: dict[str, bool] = field(default_factory=dict)  # was the first answer of this round right, by key
    shown: dict[str, datetime] = field(default_factory=dict)  # the answer that the widgets show, by its time, by key
    checked: dict[str, str] = field(default_factory=dict)  # what stood in the box when the answer was asked, by key
    truths: dict[str, Claim] = field(default_factory=dict)  # what a prediction is compared with, by name
    practice: list[str] = field(default_factory=list)  # the ten that are being practised, by name
    rounds: int = 0  # how often ten were chosen


@dataclass
class InClass:
    """What a session remembers of its class.

    visitor: stands for the cookie where the browser keeps none. follows: goes wherever the instructor goes; seen: the
    link that it went to last. go: what the browser is to do for it. coming: waits for its lesson's page. leads: shows
    the class where it is; at: the place that its browser reported. answered: the polls' answers, by poll.
    """

    visitor: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    follows: bool = False
    seen: str = ""
    go: dict[str, str] = field(default_factory=dict)
    coming: Place | None = None
    leads: bool = False
    at: Place | None = None
    answered: dict[str, Any] = field(default_factory=dict)
    said: str = ""  # why the last thing did not work (a key of app.yaml)


@dataclass
class Stage:
    """A lecture that is shown. show: the text of its link, None before it was read; at: the card whose turn it is.

    ready: the card (its place, its text) that was set to its state; step: the one in sight; unread: what was pasted and
    names no card.
    """

    show: str | None = None
    at: int = 0
    ready: tuple[int, str] | None = None
    step: str = ""
    unread: str = ""


@dataclass
class Here:
    """Names of demos are "<stem>.<demo>", names of controls are those of the link."""

    lang: str = ""
    theme: str = ""
    stem: str = ""  # the page on screen: a lesson's stem, or another page's name
    link: dict[str, str] = field(default_factory=dict)  # the lesson's part of the URL, as it was written last
    jobs: dict[str, list[Job]] = field(default_factory=dict)  # work under way and what ended, by demo, newest last
    mended: dict[str, list[str]] = field(default_factory=dict)  # controls whose value in the link was bad, by demo
    told_mended: dict[str, tuple[list[str], dict[str, Any]]] = field(default_factory=dict)  # … and what they became
    data_shown: set[str] = field(default_factory=set)  # demos whose numbers stand open
    counts: dict[str, int] = field(default_factory=dict)  # how often each lesson's sentence was set: see sentence.py
    sentence_changed: bool = False  # every demo of the lesson is drawn anew
    editors: dict[str, Editor] = field(default_factory=dict)  # by control
    drawn: dict[str, dict[str, Any]] = field(default_factory=dict)  # the values of the last figure, by demo
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)  # {"name", "n"} asked for by a link or chip, by demo
    near: set[str] = field(default_factory=set)  # what the reader has come near: demos and more
    awaited: str = ""  # the demo that the reader of a new page waits for, until it is drawn
    all_near: bool = False  # … but for print, export and tests, which ask for all of them at once
    spread: bool = False  # the page is to be drawn anew with all of them
    held: dict[str, frozenset[str]] = field(default_factory=dict)  # the drawings that the browser has, by figure
    listed_anew: bool = False  # an answer was begun or emptied where all are listed
    drafts: dict[str, Draft] = field(default_factory=dict)  # answers that are being written, by question
    quizzes: Quizzes = field(default_factory=Quizzes)
    put: dict[str, tuple[str, str]] = field(default_factory=dict)  # (kind, text) of a figure put into an answer
    uploads: int = 0  # how often pictures were given
    refused: list[tuple[str, str]] = field(
        default_factory=list
    )  # files that were not taken as pictures: (name, why: a key of app.yaml)
    room: InClass = field(default_factory=InClass)
    budget: Budget = field(default_factory=Budget)  # computing that this reader can ask for
    work: Budget = field(default_factory=lambda: Budget(WORK, WORK))  # … and of work that measures or trains
    lecture: Stage = field(default_factory=Stage)
    picks: dict[str, tuple[str, Any]] = field(default_factory=dict)  # (language, option): see picks.py
    token: str = field(default_factory=lambda: secrets.token_hex(4))  # tells the browser this session from another

    def ask_step(self, demo: str, step: str) -> None:
        """The browser is to show this step of a demo, once: what the reader clicks afterwards is newer."""
        self.steps[demo] = {"name": step, "n": self.steps.get(demo, {"n": 0})["n"] + 1}

    def end(self, key: str = "") -> None:
        """Ends the work of this demo, or of all."""
        for job in self.jobs.get(key, []) if key else chain.from_iterable(self.jobs.values()):
            job.end()

    def is_near(self, name: str) -> bool:
        """Is this demo, this quiz, all of this quiz to be drawn?"""
        return self.all_near or name in self.near

    def arrive(self, stem: str) -> bool:
        """The reader is on this page. Work of another lesson ends; True where they were elsewhere before."""
        for key in [k for k in self.jobs if not stem or not k.startswith(f"{stem}.")]:
            self.end(key)
            del self.jobs[key]
        came, self.stem = self.stem != stem, stem
        if came:
            self.near, self.held, self.all_near, self.told_mended, self.awaited = set(), {}, False, {}, ""
            self.lecture, self.refused = Stage(), []
            self.drafts = {name: draft for name, draft in self.drafts.items() if draft.theirs or draft.unkept}
        return came


@once
def here() -> Here:
    """The session's memory: made when it is first asked for, and looked up once a run of the hundred times."""
    if "_here" not in st.session_state:
        st.session_state["_here"] = Here()
    return st.session_state["_here"]


def give_way() -> None:
    """Ends this run where the browser has asked for another page, or for this one anew: reading the session does that,
    each time anew (what `here` gives is looked up once a run).
    """
    st.session_state.get("_here")


def asked() -> bool:
    """Does something that the reader did wait for the end of this run?

    `give_way` serves a wish for another page at once, but for another fragment only once this run has ended, and says
    nothing of it: the place where it waits is Streamlit's own.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = context and context.script_requests
    return bool(requests) and requests._state is not ScriptRequestType.CONTINUE


def is_whole() -> bool:
    """Is this a run of the whole page, and not of a fragment alone?"""
    context = get_script_run_ctx(suppress_warning=True)
    return not (context and context.fragment_ids_this_run)


def key_of(demo: Demo) -> str:
    return f"{demo.stem}.{demo.name}"


def value(key: str, default: Any = None) -> Any:
    """The value of a widget."""
    return st.session_state.get(key, default)


def event(key: str, name: str) -> dict[str, Any]:
    """What a component of ours said with this event, {} where nothing of it is held.

    On a slow machine the browser asks twice, and the second question can come when its component has gone.
    """
    return getattr(value(key), name, None) or {}


def put(key: str, new: Any) -> None:
    """Sets a widget's value, before it is drawn."""
    st.session_state[key] = new


def begin(key: str, default: Any) -> None:
    """Gives a widget its value where it has none yet."""
    st.session_state.setdefault(key, default)
