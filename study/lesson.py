"""The only place that renders a lesson: the note, each demo as a card with widgets, figure, evidence and links."""

import logging
import re
from typing import Any
from urllib.parse import quote

import streamlit as st

from study import link
from study.controls import Cell, Choice, Numbers, Refusal, SeedControl, Sentence, Slider, Text, Texts, Toggle
from study.demo import Demo, Evidence, Param, Progress, demos
from study.figures import draw_all
from study.live_figure import card_url, live_figure
from study.notes import DemoWords, Lesson, app_words, colored, linked, pieces
from study.quiz_view import render_quiz
from study.theme import number
from study.views import Say

log = logging.getLogger(__name__)
FIRST = 4  # controls shown at once; the rest stand under "more"


@st.cache_resource(max_entries=256, show_spinner=False)
def _evidence(stem: str, name: str, values: tuple[tuple[str, Any], ...]) -> Evidence:
    """Pure demos are cached by value for all readers: the arrays are frozen and carry no language or theme."""
    return demos(stem)[name](**dict(values))


def render(lesson: Lesson, lang: str, theme: str) -> None:
    """A whole lesson page: question, short answer, note with its demos, quiz."""
    words = app_words(lang)
    _adopt_link(lesson)
    for job in st.session_state["_jobs"].values():
        job["steps"] = None  # a run of the whole page (another language, another sentence) cannot go on piece by piece
    st.caption(
        f"{words(f'sections.{lesson.section}')} · {lesson.number} · {words('minutes', n=lesson.front(lang, 'minutes'))}"
    )
    st.title(lesson.title(lang), anchor=False)
    with st.container(key="note_question"):
        st.markdown(f"**{lesson.question(lang)}**")
        st.caption(lesson.front(lang, "source"))
    for i, (heading, body) in enumerate(lesson.sections(lang)):
        box = st.container(border=i == 0, key="short" if i == 0 else f"section_{i}")
        with box:
            st.subheader(heading, anchor=f"s{i}")
            for j, (kind, piece) in enumerate(pieces(body)):
                if kind == "demo":
                    _card(demos(lesson.stem)[piece], lesson.demo_words(lang, piece), theme)
                else:
                    with st.container(key=f"note_{i}_{j}"):
                        st.markdown(colored(linked(piece, lesson, lang), theme))
    render_quiz(lesson, lang, theme)


# --- the link --------------------------------------------------------------------------------------------------------
def _adopt_link(lesson: Lesson) -> None:
    """Takes the URL's values over when it is not the one that we wrote last (a followed link, back, forward)."""
    query = st.query_params.to_dict()
    mine = {k: v for k, v in query.items() if k.startswith(f"{lesson.stem}.")}
    session = st.session_state
    stayed = session.get("_stem") == lesson.stem
    session["_stem"] = lesson.stem
    jobs = session.setdefault("_jobs", {})
    for key in [k for k in jobs if not k.startswith(f"{lesson.stem}.")]:
        del jobs[key]  # the reader left: that work ends
    if mine == session.get("_link", {}) if stayed else not mine:
        return
    for demo in demos(lesson.stem).values():
        values, bad = link.read(demo, mine)
        for p in demo.params:
            session[link.name(demo, p)] = values.get(p.name, p.default)
        if bad:
            session[f"{lesson.stem}.{demo.name}._bad"] = bad
    session["_link"] = mine


def leave() -> None:
    """The reader is on a page that is no lesson: running work ends, and what they set waits for their return."""
    st.session_state["_stem"], st.session_state["_jobs"] = None, {}


def _write_link(demo: Demo, values: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Puts this demo's values into the URL; returns its own parameters and the texts that were too long for it."""
    query, long = link.write(demo, values)
    names = {link.name(demo, p) for p in demo.params}
    old = st.query_params.to_dict()
    new = {k: v for k, v in old.items() if k not in names} | query
    if new != old:
        st.query_params.from_dict(new)
    st.session_state["_link"] = {k: v for k, v in new.items() if k.startswith(f"{demo.stem}.")}
    return query, long


# --- a demo ----------------------------------------------------------------------------------------------------------
def _card(demo: Demo, words: DemoWords, theme: str) -> None:
    with st.container(border=True, key=f"card_{demo.name}"):
        _demo(demo, words, theme)


@st.fragment
def _demo(demo: Demo, words: DemoWords, theme: str) -> None:
    st.subheader(words("title"), anchor=demo.name)
    values = _controls(demo, words)
    tables = [p for p in demo.params if isinstance(p.control, Numbers) and (p.when is None or p.when.holds(values))]
    side, place = st.columns([1, 2], gap="medium") if tables else (None, st.container())
    for p in tables:
        with side:
            values[p.name] = _numbers(p.control, link.name(demo, p), words, p.name)
    with place:
        _outcome(demo, words, theme, values)


def _outcome(demo: Demo, words: DemoWords, theme: str, values: dict[str, Any]) -> None:
    app, key = app_words(words.lang), f"{demo.stem}.{demo.name}"
    session = st.session_state
    if session.pop(f"{demo.stem}._sentence_changed", False):
        st.rerun()  # the sentence serves every demo of the lesson
    query, long = _write_link(demo, values)
    bad = [words(f"controls.{p}") for p in session.pop(f"{key}._bad", [])]
    if bad:
        st.info(app("link_mended", controls=app("list_mark").join(bad)), icon=":material/link:")
    evidence, running = None, False
    try:
        if demo.work:
            evidence, running = _work(demo, words, values)
        else:
            evidence = _evidence(demo.stem, demo.name, tuple(demo.values(values).items()))
    except Refusal as refusal:
        values_told = {k: plain(v) if isinstance(v, str) else v for k, v in refusal.values.items()}
        st.warning(words.either("refusals", refusal.key, **values_told), icon=":material/edit:")
    except Exception as error:
        log.exception("%s failed", key)
        reason = getattr(error, "reason", "unexpected")
        st.error(app(f"errors.{reason}" if app.has(f"errors.{reason}") else "errors.unexpected"))
    if evidence:
        _show(demo, evidence, words, theme, query, long)
    if running:
        st.rerun(scope="fragment")


def _show(demo: Demo, evidence: Evidence, words: DemoWords, theme: str, query: dict, long: list[str]) -> None:
    app, key = app_words(words.lang), f"{demo.stem}.{demo.name}"
    session = st.session_state
    for notice in evidence.notices:
        st.info(words.either("notices", notice.key, **dict(notice.values)), icon=":material/info:")
    bar = {
        "kind": evidence.origin.value, "origin": app(f"origins.{evidence.origin.value}"),
        "meaning": app(f"origin_meanings.{evidence.origin.value}"), "source": evidence.source,
        "card": card_url(evidence.source),
        "link": "?" + "&".join(f"{k}={quote(v, safe='')}" for k, v in query.items()) if query else "",
        "reset": app("reset"), "copy": app("copy"), "copied": app("copied_short" if long else "copied"),
        "data": app("data"), "full": app("full"),
    }  # fmt: skip
    live_figure(
        draw_all(evidence.views, theme, words.label), bar, app("errors.figure"), f"{key}._figure",
        on_click=lambda: _clicked(demo, evidence), on_act=lambda: _acted(demo),
    )  # fmt: skip
    with st.container(key=f"small_{demo.name}"):
        st.markdown(_evidence_text(evidence, words))
    if session.get(f"{key}._data"):
        _data(evidence, words, key)


def plain(typed: str, longest: int = 80) -> str:
    """What a person typed, for a place that reads Markdown: marks escaped, control characters out, shortened."""
    shown = "".join(ch if ch.isprintable() else " " for ch in typed[: longest + 1])
    if len(typed) > longest:
        shown = shown[:longest] + "…"
    return re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", shown)


def _evidence_text(evidence: Evidence, words: DemoWords) -> str:
    """What to look for, then each claim with its tick and numbers, then what was measured: one Markdown text."""
    app = app_words(words.lang)
    lines = [words("look_for"), ""]
    for claim in evidence.claims:
        tick = f":green[✓ {app('holds')}]" if claim.holds else f":red[✗ {app('fails')}]"
        slack = f" ± {number(claim.tolerance)}" if claim.tolerance else ""
        told = app(
            "claim_numbers", measured=number(claim.measured), op=claim.op, expected=number(claim.expected), slack=slack
        )
        lines.append(f"- {tick} {words(f'claims.{claim.name}')} :gray[{told}]")
    for found in evidence.measured:
        unit = f" {app(f'units.{found.unit}')}" if found.unit else ""
        lines.append(
            "- ◦ " + app("measured_line", name=words(f"measured.{found.name}"), value=number(found.value) + unit)
        )
    return "\n".join(lines)


def _data(evidence: Evidence, words: DemoWords, key: str) -> None:
    """Each view as a table: for a screen reader, and as CSV."""
    import pandas

    app = app_words(words.lang)
    for i, view in enumerate(evidence.views):
        columns, rows = view.table()
        names = [words.label(c) for c in columns]
        names = [n if names.index(n) == j else f"{n} ({j + 1})" for j, n in enumerate(names)]
        told = [[words.label(v) if isinstance(v, Say) else v for v in row] for row in rows]
        frame = pandas.DataFrame(told, columns=names)
        st.caption(words.label(view.title) if view.title else words("title"))
        st.dataframe(frame, hide_index=True, height=min(36 * (len(frame) + 1), 320), key=f"{key}._frame{i}")
        st.download_button(
            app("csv"), lambda f=frame: f.to_csv(index=False).encode("utf-8-sig"), f"{key}.{i + 1}.csv", "text/csv",
            key=f"{key}._csv{i}", type="tertiary", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


# --- clicks ----------------------------------------------------------------------------------------------------------
def _clicked(demo: Demo, evidence: Evidence) -> None:
    click = st.session_state[f"{demo.stem}.{demo.name}._figure"].click
    view = evidence.views[click["view"]] if click and click["view"] < len(evidence.views) else None
    pick = getattr(view, "pick", "")
    if not pick:
        return
    names = (pick,) if isinstance(pick, str) else pick
    picked = [tuple(click["cell"])] if isinstance(pick, str) else click["cell"]
    for p in demo.params:
        if p.name in names:
            st.session_state[link.name(demo, p)] = p.control.clean(picked[names.index(p.name)])


def _acted(demo: Demo) -> None:
    key = f"{demo.stem}.{demo.name}"
    act = (st.session_state[f"{key}._figure"].act or {}).get("name")
    if act == "data":
        st.session_state[f"{key}._data"] = not st.session_state.get(f"{key}._data")
    elif act == "reset":
        for p in demo.params:
            st.session_state[link.name(demo, p)] = p.default
            if isinstance(p.control, Sentence):
                st.session_state[f"{demo.stem}._sentence_changed"] = True


# --- widgets ---------------------------------------------------------------------------------------------------------
def _controls(demo: Demo, words: DemoWords) -> dict[str, Any]:
    """Draws the widgets of the controls that have a meaning now; returns every control's value."""
    session = st.session_state
    for p in demo.params:
        session.setdefault(link.name(demo, p), p.default)
    values = {p.name: session[link.name(demo, p)] for p in demo.params}
    shown = [p for p in demo.params if p.when is None or p.when.holds(values)]
    lines = [p for p in shown if isinstance(p.control, Text)]
    others = [p for p in demo.params if not isinstance(p.control, Text | Cell | Numbers)]
    for p in lines:
        values[p.name] = _widget(demo, p, words)
    others = [p for p in others if p.when is None or p.when.holds(values)]
    for row, folded in ((others[:FIRST], False), (others[FIRST:], True)):
        if row:
            place = st.expander(app_words(words.lang)("more")) if folded else st.container()
            with place, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
                for p in row:
                    values[p.name] = _widget(demo, p, words)
    return values


def _widget(demo: Demo, p: Param, words: DemoWords) -> Any:
    name, label, control = link.name(demo, p), words(f"controls.{p.name}"), p.control
    keep = {"key": name, "persist_state": "session"}
    if isinstance(control, Sentence):
        own = f"{demo.stem}.{demo.name}.{p.name}"
        if st.session_state.get(own) != st.session_state[name]:
            st.session_state[own] = st.session_state[name]
        return st.text_input(label, key=own, live="400ms", on_change=_sentence_typed, args=(demo.stem, own, name))
    if isinstance(control, Texts):
        return st.text_area(label, height=140, **keep)
    if isinstance(control, Text):
        return st.text_input(label, live="400ms", **keep)
    if isinstance(control, Toggle):
        return st.toggle(label, **keep)
    if isinstance(control, Choice):
        options = {option: words(f"options.{p.name}.{option}") for option in control.options}
        return st.segmented_control(label, options, format_func=options.__getitem__, required=True, **keep)
    if isinstance(control, SeedControl):
        return st.number_input(label, control.low, control.high, step=1, width=150, **keep)
    assert isinstance(control, Slider)
    if control.scale == "log":
        return st.select_slider(label, control.ladder, format_func=control.text, width=200, **keep)
    step = control.step or (1 if control.whole else (control.high - control.low) / 100)
    low, high, step = (int(v) if control.whole else float(v) for v in (control.low, control.high, step))
    return st.slider(label, low, high, step=step, width=200, **keep)


def _numbers(control: Numbers, name: str, words: DemoWords, param: str) -> tuple:
    """An editable table with rows to spare. The editor keeps what was typed as changes of the table that it began with;
    a value that did not come from it (a link, a reset, a return to the page) begins a new one.
    """
    import pandas

    session = st.session_state
    known = session.get(f"{name}._editor", {"count": 0})
    if session[name] != known.get("value") or known["key"] not in session:
        count = known["count"] + 1
        known = {"base": session[name], "count": count, "key": f"{name}._editor{count}"}
    spare = [(None,) * len(control.columns)] * (control.most - len(known["base"]))
    frame = pandas.DataFrame([*known["base"], *spare], columns=list(control.columns), dtype=float)
    config = {
        column: st.column_config.NumberColumn(
            words(f"options.{param}.{column}"), min_value=control.low, max_value=control.high, format="%.4g"
        )
        for column in control.columns
    }
    st.caption(words(f"controls.{param}"))
    look = {"hide_index": True, "row_height": 30, "placeholder": ""}
    edited = st.data_editor(frame, key=known["key"], column_config=config, **look)
    session[name] = known["value"] = control.clean(edited.itertuples(index=False))
    session[f"{name}._editor"] = known
    return session[name]


def _sentence_typed(stem: str, own: str, shared: str) -> None:
    st.session_state[shared] = st.session_state[own]
    st.session_state[f"{stem}._sentence_changed"] = True


# --- work that measures or trains ------------------------------------------------------------------------------------
def _work(demo: Demo, words: DemoWords, values: dict[str, Any]) -> tuple[Evidence | None, bool]:
    """Start and stop buttons; advances the running work by one piece of evidence a rerun, so that it can be stopped.

    Returns the newest evidence and whether the work goes on. Other control values end it.
    """
    app, key = app_words(words.lang), f"{demo.stem}.{demo.name}"
    jobs = st.session_state["_jobs"]
    job = jobs.get(key)
    if job and job["values"] != values:
        job = jobs.pop(key) and None
    slot = st.container()
    running = bool(job and job["steps"])
    if running:
        step = next(job["steps"], None)
        if step is None:
            job["steps"], running = None, False
        else:
            job["evidence"] = step
    with slot:
        st.button(
            app("stop" if running else "start"), key=f"{key}._go", on_click=_pressed, args=(demo, key, dict(values)),
            icon=":material/stop:" if running else ":material/play_arrow:",
        )  # fmt: skip
    if job is None:
        st.caption(app("not_started"))
        return None, False
    if running and isinstance(job["effort"], Progress):
        st.progress(job["effort"].done)
    return job["evidence"], running


def _pressed(demo: Demo, key: str, values: dict[str, Any]) -> None:
    """Start or stop, before the rerun, so that the button that is drawn then says what it will do."""
    jobs = st.session_state["_jobs"]
    job = jobs.get(key)
    if job and job["steps"]:
        job["steps"] = None
    else:
        effort = demo.work[1]()
        steps = demo.start(effort, **demo.values(values))
        jobs[key] = {"values": values, "steps": steps, "effort": effort, "evidence": None}
