"""Work that measures or trains: started and stopped by a button, done by a process of its own (study/jobs.py).

One piece of evidence a rerun. Before it has run, a stored run of another machine stands there in grey; runs with other
settings stay as faded curves.
"""

from dataclasses import dataclass
from time import sleep
from typing import Any

import streamlit as st

from study import runs, stored
from study.demo import Demo, Evidence
from study.jobs import line
from study.shell.session import Job, asked, give_way, here, key_of
from study.stored import Stored
from study.views import Key, Say
from study.words import DemoWords, Words, app_words

EARLIER = 3  # runs that stay beside the newest
LOOK = 0.1  # seconds between two looks at what the reader does, while there is no news


@dataclass(frozen=True)
class Shown:
    """What such a demo shows now. running: the work goes on. stored: the run of another machine that is shown.

    fits: it is of the controls' values, not of their defaults or, where nothing is stored, of other runs alone.
    """

    evidence: Evidence | None
    running: bool = False
    stored: Stored | None = None
    fits: bool = True


def advance(demo: Demo, words: DemoWords, values: dict[str, Any]) -> Shown:
    """Start and stop buttons; advances the running work by one piece of evidence, so that it can be stopped.

    Other control values end it; its curve stays. Raises what the demo raises.
    """
    values = demo.values(values)
    jobs, job = here().jobs.setdefault(key_of(demo), []), _job(demo, values)
    for other in jobs:
        if other is not job:
            other.end()
    line().warm(demo.stem)
    # the button stands above what the work says, but is drawn when it is known whether it goes on
    slot = st.container()
    try:
        if job and job.due and not here().work.wait():
            job.due, job.run = False, line().start(demo, values, here().work.spend)
        if job and job.run:
            _go_on(job)
    finally:
        running = bool(job and job.goes_on)
        with slot:
            _button(demo, words, values, running)
    earlier = [other for other in jobs if other is not job and other.evidence]
    shown = _shown(demo, words, values, job, [other for other in earlier if runs.comparable(other.evidence)])
    _told(demo, words, values, job, shown)
    return shown


def waiting(demo: Demo, values: dict[str, Any]) -> Evidence | None:
    """What stands behind a refusal: the newest run, or a stored one in grey."""
    ran = [job.evidence for job in here().jobs.get(key_of(demo), []) if job.evidence]
    other, _ = stored.nearest(demo, demo.values(values))
    return ran[-1] if ran else runs.grey(other.evidence) if other else None


def again(demo: Demo, values: dict[str, Any]) -> None:
    """Ends this run of a demo's fragment and begins the next one, once there is news of the work.

    It waits as long as the reader does nothing: a rerun for every look would cost as much as the work, with a class in
    the queue. All has been drawn before: nothing on the card looks stale meanwhile.
    """
    job = _job(demo, demo.values(values))
    while job and job.goes_on and not _news(job) and not asked():
        give_way()
    give_way()  # st.rerun takes the place of a request that waits, say for another page: that one first
    st.rerun(scope="fragment")


def _news(job: Job) -> bool:
    """Looks for a moment whether there is something new to show of it."""
    if job.run:
        return job.run.wait(LOOK, job.ahead)
    sleep(min(LOOK, here().work.wait()))
    return here().work.wait() == 0


def _job(demo: Demo, values: dict[str, Any]) -> Job | None:
    """The work of these values that is under way or ended."""
    return next((job for job in here().jobs.get(key_of(demo), []) if job.values == values), None)


def _go_on(job: Job) -> None:
    """The next piece of evidence; work that has come to its end, or raises, has ended."""
    run, job.run = job.run, None
    if piece := run.take():
        job.done, job.evidence = piece
    job.ahead = run.ahead
    if run.over:
        run.take()  # raises what the demo raised
    else:
        job.run = run


def _shown(demo: Demo, words: DemoWords, values: dict[str, Any], job: Job | None, earlier: list[Job]) -> Shown:
    """The run of these control values, or a stored one in grey, and behind it the earlier ones."""
    app, running, other, fits = app_words(words.lang), bool(job and job.goes_on), None, True
    evidence = job.evidence if job else None
    if evidence is None:
        other, fits = stored.nearest(demo, values)
        evidence = runs.grey(other.evidence) if other else earlier[-1].evidence if earlier else None
    if evidence is None or not earlier:
        return Shown(evidence, running, other, fits)
    differing = runs.differing(demo, [values, *(run.values for run in earlier)])

    def named(state: dict[str, Any]) -> str:
        return app("list_mark").join(_setting(words, name, state[name]) for name in differing)

    top = _as_is(app("run_stored" if other else "run_now", settings=named(values))) if fits else None
    evidence = runs.compared(evidence, top, [(_as_is(named(run.values)), run.evidence) for run in earlier])
    return Shown(evidence, running, other if fits else None, fits)


def _as_is(text: str) -> Key:
    return Say("as_is", text=text)


def _setting(words: DemoWords, name: str, value: Any) -> str:
    """A control's value as the name of a run tells it: the option's label, or a number behind a short name."""
    option = f"options.{name}.{value}"
    text = words(option) if words.has(option) else runs.value_text(value)
    return words(f"runs.{name}", value=text) if words.has(f"runs.{name}") else text


def _button(demo: Demo, words: Words, values: dict[str, Any], running: bool) -> None:
    st.button(
        app_words(words.lang)("stop" if running else "start"),
        key=f"{key_of(demo)}._go",
        on_click=_pressed,
        args=(demo, dict(values)),
        icon=":material/stop:" if running else ":material/play_arrow:",
    )


def _told(demo: Demo, words: Words, values: dict[str, Any], job: Job | None, shown: Shown) -> None:
    """Under the button: how far the work is and how long a stored run took, or whose run it is that is shown."""
    app = app_words(words.lang)
    if shown.running:
        if job.due:
            st.caption(app("work_paced"))
        elif job.ahead:
            st.caption(app("work_ahead", n=job.ahead))
        else:
            run, _ = stored.nearest(demo, values)
            about = app("work_about", seconds=_seconds(run)) if run else None
            if job.done is not None:
                st.progress(job.done, about)
            else:
                st.caption(about or app("work_on"))
    elif shown.stored:
        st.caption(app("stored_run" if shown.fits else "stored_other", seconds=_seconds(shown.stored)))
    elif shown.evidence is None or not shown.fits:
        st.caption(app("not_started"))


def _seconds(run: stored.Stored) -> int:
    return max(1, round(run.seconds))


def _pressed(demo: Demo, values: dict[str, Any]) -> None:
    """Start or stop, before the rerun, so that the button that is drawn then says what it will do."""
    jobs, job = here().jobs.setdefault(key_of(demo), []), _job(demo, values)
    if job and job.goes_on:
        job.end()
        return
    here().end()  # one job a session
    kept = [other for other in jobs if other is not job and other.evidence][-EARLIER:]
    here().jobs[key_of(demo)] = [*kept, Job(values, None, due=True)]
