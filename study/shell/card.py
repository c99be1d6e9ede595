"""A demo as a card: its controls, its figure with the bar of quiet links, its claims, its numbers as a table."""

import logging
from dataclasses import dataclass, field
from time import monotonic_ns
from typing import Any
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from models.records import Unusable
from study import lecture
from study.answer_figure import computed
from study.cited import cited
from study.controls import Refusal, Text
from study.demo import Demo, Evidence
from study.look import Look
from study.markdown import shortened
from study.named_cells import NamedCells, as_widgets
from study.once import in_a_run
from study.shell import address, chips, data, health, widgets, work
from study.shell.checks import checks, large_results, result_text
from study.shell.counts import newer, reset
from study.shell.data import NOTHING
from study.shell.drawn import drawings
from study.shell.formula import put_ours, without_images
from study.shell.live_figure import live_figure, near
from study.shell.pace import paced
from study.shell.parts import card_url
from study.shell.put import offer, put
from study.shell.session import event, here, is_whole, key_of, value
from study.stored import Stored
from study.words import DemoWords, FlawedText, Words, app_words

log = logging.getLogger(__name__)
RESERVED = 560  # px: about what figures, numbers and checks take


def card(demo: Demo, words: DemoWords, look: Look, place: DeltaGenerator | None = None) -> None:
    """Draws a demo's card: in this place, or where the page is."""
    with (place or st).container(border=True, key=f"card_{demo.name}"):
        _demo(demo, words, look)


@st.fragment
def _demo(demo: Demo, words: DemoWords, look: Look) -> None:
    try:
        with health.run("work" if demo.work else "demo"), in_a_run():
            _contents(demo, words, look)
    except FlawedText as flaw:
        log.exception("%s has a flawed text", key_of(demo))
        st.error(app_words(words.lang)("errors.text"))
        st.code(str(flaw), language=None, wrap_lines=True)


def _contents(demo: Demo, words: DemoWords, look: Look) -> None:
    st.subheader(words("title"), anchor=demo.name)
    looks, figure = st.container(key=f"looks_{demo.name}"), st.container()
    with figure:
        is_near = near(key_of(demo), RESERVED)
    if not is_near:
        put_ours(without_images(words("look_for"), look), looks)
        return
    values, rail, kind = widgets.rail(demo, words)
    memory = here()
    if memory.sentence_changed:
        memory.sentence_changed = False
        st.rerun()  # the sentence serves every demo of the lesson
    with rail:
        outcome = _outcome(demo, words, values)
    sentences, outcome.looks = chips.looks(outcome.evidence, demo, words, values)
    put_ours(without_images(sentences, look), looks)
    with figure:
        _figure(demo, outcome, words, look, values, kind)
    if outcome.evidence and not outcome.refused:
        checks(outcome.evidence, demo, words)
    if outcome.evidence and key_of(demo) in memory.data_shown:
        _data(outcome.evidence, words, key_of(demo))
    if outcome.running and not is_whole():
        work.again(demo, values)


@dataclass
class Outcome:
    """What the values of the controls lead to.

    said: sentences about them, (kind, text). refused: the evidence, if there is any, is that of the values before.
    stored: the evidence is that of a run on another machine. bare: its measured numbers are of other values.
    looks: the numbers of the steps that have a sentence of their own to look for.
    """

    evidence: Evidence | None = None
    running: bool = False
    refused: bool = False
    stored: Stored | None = None
    bare: bool = False
    said: list[tuple[str, str]] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)


def _outcome(demo: Demo, words: DemoWords, values: dict[str, Any]) -> Outcome:
    app, key, memory, result = app_words(words.lang), key_of(demo), here(), Outcome()
    if bad := memory.mended.pop(key, []):
        memory.told_mended[key] = (bad, dict(values))
    bad, mended = memory.told_mended.get(key, ([], {}))
    if bad and mended == values:  # said until the reader changes something
        names = app("list_mark").join(_bare(words(f"controls.{p}")) for p in bad)
        result.said.append(("info", app("link_mended", controls=names)))
    if told := memory.put.pop(key, None):
        result.said.append(told)
    try:
        if demo.work:
            shown = work.advance(demo, words, values)
            result.evidence, result.running, result.stored = shown.evidence, shown.running, shown.stored
            result.bare = not shown.fits and not shown.stored
        else:
            result.evidence = evidence_of(demo, values)
            memory.drawn[key] = dict(values)
        notices = result.evidence.notices if result.evidence else ()
        result.said += [("info", words.either("notices", n.key, **dict(n.values))) for n in notices]
    except Refusal as refusal:
        shown = {k: shortened(v) if isinstance(v, str) else v for k, v in refusal.values.items()}
        result.said.append(("warning", words.either("refusals", refusal.key, **shown)))
        result.refused = True
    except Unusable as unusable:
        log.exception("%s failed", key)
        result.said.append(("error", app(f"errors.{unusable.reason}")))
        result.refused = True
    except Exception:
        log.exception("%s failed", key)
        result.said.append(("error", app("errors.unexpected")))
        result.refused = True
    if result.refused and demo.work:
        result.evidence = work.waiting(demo, values)
    elif result.refused and key in memory.drawn:
        result.evidence = evidence_of(demo, memory.drawn[key])
    return result


def evidence_of(demo: Demo, values: dict[str, Any]) -> Evidence:
    """The evidence of a pure demo for these values, from the cache where it is there; every part of it worked out."""
    paced()
    with here().budget.spending():
        return computed(demo, demo.values(values)).whole()


def picture_of(demo: Demo, values: dict[str, Any]) -> Evidence:
    """The same, for one who shows a step and neither claims nor results."""
    paced()
    with here().budget.spending():
        return computed(demo, demo.values(values))


def _bare(label: str) -> str:
    """A label without the marks of a formula, for a place that shows text."""
    return label.replace("$", "").replace("\\", "")


def _figure(demo: Demo, outcome: Outcome, words: DemoWords, look: Look, values: dict[str, Any], rail: str) -> None:
    app, key, evidence = app_words(words.lang), key_of(demo), outcome.evidence
    query, long = address.write(demo, values)
    controls = {p.name: p.control for p in demo.params}
    views = as_widgets(evidence.views, controls, values) if evidence else ()
    offered = offer(demo, evidence, values, app)
    live_figure(
        drawings(views, look, words),
        {
            "steps": chips.tabs(evidence, words),
            "step": here().steps.get(key),
            "presets": chips.chips(evidence, demo, words, values),
            "looks": outcome.looks,
            "rail": rail,
            "said": [{"kind": kind, "text": text} for kind, text in outcome.said],
            "numbers": [] if outcome.refused or not evidence else _numbers(evidence, words, outcome.bare),
            "bar": _bar(demo, outcome, words, query, bool(long)) | {"item": lecture.shown(demo, values).text} | offered,
            "words": {"presets": app("presets")},
            "failed": app("errors.figure"),
            "dim": outcome.refused,
            "stored": outcome.stored is not None,
            # work goes on piece by piece, a fragment each: one that a run of the whole page met is asked for again
            "resume": monotonic_ns() // 1_000_000 if outcome.running and is_whole() else 0,
        },
        f"{key}._figure",
        on_click=lambda: _clicked(demo, evidence),
        on_act=lambda: _acted(demo, evidence, offered, app),
    )


def _numbers(evidence: Evidence, words: DemoWords, bare: bool) -> list[dict[str, str]]:
    """The first results that were measured, in large type, and the step of each. bare: their names alone."""
    return [
        {
            "label": words(f"measured.{result.name}"),
            "value": NOTHING if bare else result_text(result, words),
            "step": result.step,
        }
        for result in large_results(evidence)
    ]


def _bar(demo: Demo, outcome: Outcome, words: DemoWords, query: dict[str, str], is_short: bool) -> dict[str, str]:
    """What the bar under the figure says: where the numbers come from (where there are some), and the quiet links."""
    app, link = app_words(words.lang), "&".join(f"{k}={quote(v, safe='')}" for k, v in query.items())
    return (_origin(outcome.evidence, outcome.stored, app) if outcome.evidence else {}) | {
        "demo": key_of(demo),
        "link": f"{'?' * bool(link)}{link}",
        "anchor": f"#{demo.name}",
        "reset": app("reset"),
        "copy": app("copy"),
        "copied": app("copied_short" if is_short else "copied"),
        "data": app("data"),
        "full": app("full"),
        "leave": app("leave"),
    }


def _origin(evidence: Evidence, stored: Stored | None, app: Words) -> dict[str, str]:
    if stored:
        machine = app("stored_on", system=stored.system, cores=stored.cores, threads=stored.threads)
        source = f"{machine} · {stored.date}"
        meaning = app("origin_meanings.stored", machine=machine, versions=stored.versions, date=stored.date)
        return {"kind": "stored", "origin": app("origins.stored"), "meaning": meaning, "source": source, "card": ""}
    origin = evidence.origin.value
    return {
        "kind": origin,
        "origin": app(f"origins.{origin}"),
        "meaning": app(f"origin_meanings.{origin}"),
        "source": cited(evidence.source, app),
        "card": card_url(evidence.source),
    }


def _data(evidence: Evidence, words: DemoWords, key: str) -> None:
    """Each view as a table, and as CSV."""
    app = app_words(words.lang)
    for i, view in enumerate(evidence.views):
        frame = data.frame(view, words.label)
        st.caption(words.label(view.title) if view.title else words("title"))
        st.dataframe(frame, hide_index=True, height=min(36 * (len(frame) + 1), 320), key=f"{key}._frame{i}")
        st.download_button(
            app("csv"),
            lambda f=frame: data.csv(f),
            f"{key}.{i + 1}.csv",
            "text/csv",
            key=f"{key}._csv{i}",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _clicked(demo: Demo, evidence: Evidence) -> None:
    """A click or an arrow key in a figure sets the controls that the view names."""
    click = event(f"{key_of(demo)}._figure", "click")
    view = evidence.views[click["view"]] if click and click["view"] < len(evidence.views) else None
    if not (pick := getattr(view, "pick", "")):
        return
    names = (pick,) if isinstance(pick, str) else pick
    cell = click["cell"] if isinstance(click["cell"], str) else tuple(click["cell"])  # the name of a box, (row, column)
    picked = (cell,) if isinstance(pick, str) else cell
    for p in demo.params:
        if p.name in names:
            at, named = picked[names.index(p.name)], isinstance(p.control, NamedCells)
            if named and not newer(f"{p.key}._clicked", click["n"]):
                continue  # a click that is told twice would undo itself
            reset(p, p.control.clicked(value(p.key), at) if named else p.control.clean(at))
            widgets.begin_anew(demo, p.name)


def _acted(demo: Demo, evidence: Evidence | None, offered: dict[str, Any], app: Words) -> None:
    """A quiet link under the figure was pressed."""
    key, memory = key_of(demo), here()
    act = event(f"{key}._figure", "act")
    if act.get("name") == "data":
        memory.data_shown ^= {key}
    elif act.get("name") == "put":
        put(demo, offered, act.get("step"), app)
    elif act.get("name") == "resend":
        memory.held.pop(f"{key}._figure", None)
    elif act.get("name") == "reset":
        memory.end(key)
        memory.jobs.pop(key, None)
        _set(demo, {p.name: p.default for p in demo.params}, act.get("counts"))
    elif act.get("name") == "preset" and act.get("preset") in demo.presets:
        preset = demo.presets[act["preset"]]
        texts = {p.name for p in demo.params if isinstance(p.control, Text)}
        _set(demo, {p.name: p.default for p in demo.params if p.name not in texts} | preset, act.get("counts"))
        memory.ask_step(key, chips.step_of(preset, evidence))


def _set(demo: Demo, values: dict[str, Any], counts: Any) -> None:
    """Sets these controls. counts: of the sentences, as the browser had them."""
    for p in demo.params:
        if p.name in values:
            reset(p, values[p.name], counts)
