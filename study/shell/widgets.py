"""A control of a demo as a widget of the page."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from study import typed_number
from study.by_chips import on_rail
from study.controls import Choice, Numbers, SeedControl, Sentence, Text, Texts, Toggle
from study.demo import Demo, Param
from study.figures.base import text_width
from study.markdown import plain
from study.shell.counts import reset
from study.shell.sentence import sentence
from study.shell.session import Editor, begin, here, key_of, put, value
from study.shell.slider import slider
from study.words import DemoWords, Words, app_words

RAIL, BUTTON = 196, 11  # px: the rail's width, what a button adds to its label
FIRST = 4  # controls shown at once beside texts and tables; the rest, and seeds, stand under "more"


def rail(demo: Demo, words: DemoWords) -> tuple[dict[str, Any], st.delta_generator.DeltaGenerator, str]:
    """The controls that have a meaning now, one below the other: beside the figures, on a phone below them.

    Returns every control's value, the rail (for the button of a demo that works), and its kind: "" where there is
    none, "rail", or "railwide" for a table.
    """
    for p in demo.params:
        begin(p.key, p.default)
    values = {p.name: value(p.key) for p in demo.params}
    drawn = on_rail(demo)
    if not drawn and not demo.work:
        return values, st.container(), ""
    wide = any(isinstance(p.control, Numbers) and _shown(p, values) for p in drawn)
    kind = "railwide" if wide else "rail"
    place = st.container(key=f"{kind}_{demo.name}")
    with place:
        left = FIRST
        rare = []
        for p in sorted(drawn, key=lambda p: not isinstance(p.control, Choice)):  # a choice says which others there are
            if not _shown(p, values):
                continue
            if not isinstance(p.control, Text | Numbers):
                left -= 1
                if left < 0 or isinstance(p.control, SeedControl):
                    rare.append(p)
                    continue
            values[p.name] = table(p, words) if isinstance(p.control, Numbers) else _widget(demo, p, values, words)
        if rare:
            more = app_words(words.lang)("more")
            rest = st.popover(more, icon=":material/tune:", key=f"{key_of(demo)}._more", on_change="rerun")
            if rest.open:  # Streamlit searches the whole session for each box of a number
                with rest:
                    for p in rare:
                        values[p.name] = _widget(demo, p, values, words)
    return values, place, kind


def _shown(p: Param, values: dict[str, Any]) -> bool:
    return p.when is None or p.when.holds(values)


def _widget(demo: Demo, p: Param, values: dict[str, Any], words: DemoWords) -> Any:
    label, control = words(f"controls.{p.name}"), p.control
    keep: dict[str, Any] = {"key": p.key, "persist_state": "session"}
    if any(p.name in other.anew for other in demo.params):
        keep |= {"on_change": begin_anew, "args": (demo, p.name)}
    if isinstance(control, Sentence):
        return sentence(demo, p, label)
    if isinstance(control, Texts):
        return st.text_area(label, height=110, **keep)
    if isinstance(control, Text):
        return st.text_input(label, live="400ms", **keep)
    if isinstance(control, Toggle):
        return st.toggle(label, **keep)
    if isinstance(control, Choice):
        options = {option: words(f"options.{p.name}.{option}") for option in control.options}
        with st.container(key=f"loose_{p.key}") if _wraps(options.values()) else contextlib.nullcontext():
            return st.segmented_control(label, options, format_func=options.__getitem__, required=True, **keep)
    if isinstance(control, SeedControl):
        return st.number_input(label, control.low, control.high, step=1, **keep)
    return slider(p, label, values, lambda: begin_anew(demo, p.name))


def _wraps(labels: Iterable[str]) -> bool:
    """Are these too long for one line of the rail? On several lines a joined row of buttons would be torn apart."""
    return sum(text_width(label) * 13 / 12 + BUTTON for label in labels) > RAIL


def begin_anew(demo: Demo, changed: str) -> None:
    """The reader has changed a control: those that begin anew with it take their defaults."""
    for p in demo.params:
        if changed in p.anew:
            reset(p, p.default)


def table(p: Param, words: DemoWords) -> tuple:
    """An editable table with rows to spare. The editor keeps what was typed as changes of the table that it began with;
    a value that did not come from it (a link, a reset, a return to the page) begins a new one.

    Its cells are text: a cell for numbers would take the comma out of "4,25" and the letters out of "4a", unasked.
    """
    import pandas

    control: Numbers = p.control
    editors = here().editors
    editor = editors.get(p.key, Editor((), 0, ""))
    if value(p.key) != editor.value or value(editor.key) is None:
        count = editor.count + 1
        editor = editors[p.key] = Editor(value(p.key), count, f"{p.key}._editor{count}")
    rows = [["" if cell is None else f"{cell:.10g}" for cell in row] for row in editor.base]
    rows += [[""] * len(control.columns)] * (control.most - len(rows))
    names = [words(f"options.{p.name}.{column}") for column in control.columns]
    config = {column: st.column_config.TextColumn(name) for column, name in zip(control.columns, names, strict=True)}
    st.caption(words(f"controls.{p.name}"))
    edited = st.data_editor(
        pandas.DataFrame(rows, columns=list(control.columns), dtype=str),
        key=editor.key,
        column_config=config,
        hide_index=True,
        row_height=30,
        placeholder="",
    )
    editor.value = _read(control, edited.itertuples(index=False), app_words(words.lang))
    put(p.key, editor.value)
    return editor.value


def _read(control: Numbers, rows: Iterable[Sequence[str]], app: Words) -> tuple:
    """The numbers that were typed; a cell that is none counts as empty, and is named."""
    numbers = []
    for i, row in enumerate(rows):
        numbers.append([])
        for cell in row:
            text = str(cell or "").strip()
            try:
                number = typed_number.read(text) if text else None
                if number is not None and not control.low <= number <= control.high:
                    outside = {"typed": plain(text), "row": i + 1, "low": control.low, "high": control.high}
                    st.warning(app("cell_outside", **outside))
                    number = None
            except ValueError:
                st.warning(app("cell_no_number", typed=plain(text), row=i + 1))
                number = None
            numbers[-1].append(number)
    return control.clean(numbers)
