"""{{figure: t5_attention/scaling?d_k=128}} in an answer: which figure that is, for the page's preview and for paper.

The values are written as in a link, by the control's own name; preset= names one of the demo's states, step= the step
to show. A lesson may be named by its number, and a copied link is understood. Nothing of a name becomes a module before
it is known to be a lesson's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote

from study import link, stored
from study.cited import cited
from study.controls import Refusal
from study.demo import STEP, Demo, Evidence, Step, demos
from study.memo import memo
from study.notes import Lesson, lessons, sound
from study.words import DemoWords, FlawedText, Words, app_words

LONGEST = 8000  # characters between "figure:" and "}}"
MARK = re.compile(rf"\{{\{{[ \t]*figure:[ \t]*([^{{}}\n]{{1,{LONGEST}}}?)[ \t]*\}}\}}")
MOST_VALUES = 100  # of a name
#: A character that stands in a mark as it is: none of Markdown's, none that a link reads in its own way.
PLAIN = re.compile(r"[A-Za-z0-9_.,:!/()'-]|[^\x00-\x7f]")


class Flaw(ValueError):
    """Why there is no such figure, in the reader's words."""


@dataclass(frozen=True)
class Figure:
    """What a mark names. mended: controls whose value in it was none of theirs, as the reader knows them."""

    demo: Demo
    words: DemoWords
    values: Mapping[str, Any]
    evidence: Evidence
    step: Step
    mended: tuple[str, ...]

    @property
    def title(self) -> str:
        """The demo's, and where it has several steps the step's."""
        title = self.words("title")
        return f"{title} · {self.words(f'steps.{self.step.name}')}" if len(self.evidence.steps) > 1 else title

    @property
    def origin(self) -> str:
        """Where its numbers come from."""
        app = app_words(self.words.lang)
        named = app(f"origins.{self.evidence.origin.value}")
        return " · ".join(part for part in (named, cited(self.evidence.source, app)) if part)


@memo(size=256)
def _computed(stem: str, name: str, values: tuple[tuple[str, Any], ...]) -> Evidence:
    return demos(stem)[name](**dict(values))


def computed(demo: Demo, values: Mapping[str, Any]) -> Evidence:
    """The evidence of a pure demo, kept by value for all readers, on the page and on paper: its arrays are frozen and
    carry no language or theme.
    """
    return _computed(demo.stem, demo.name, tuple(sorted(values.items())))


def figure(name: str, lang: str, compute: Callable[[Demo, Mapping[str, Any]], Evidence] = computed) -> Figure:
    """The figure of a mark, name: what it says behind "figure:". compute: of pure demos. Raises Flaw."""
    app, (path, query) = app_words(lang), _cut(name)
    lesson, demo = _demo(path, app)
    words = lesson.demo_words(lang, demo.name)
    given = {name: text for name, text in query.items() if not name.startswith("lang")}
    state = link.state(demo, given)
    values, bad = demo.values(state.values), [*state.mended, *state.unknown]
    try:
        evidence = compute(demo, values) if not demo.work else _stored(demo, values, app)
    except Refusal as refusal:
        raise Flaw(words.either("refusals", refusal.key, **refusal.values)) from None
    except Flaw:
        raise
    except Exception as error:  # a demo's own error leaves the others, and the text, as they are
        raise Flaw(f"{type(error).__name__}: {error}"[:200]) from error
    step = next((step for step in evidence.steps if step.name == state.step), None)
    if state.step and step is None:
        bad.append(STEP)
    labels = tuple(_label(words, control) for control in bad)
    return Figure(demo, words, values, evidence, step or evidence.steps[0], labels)


def mark(demo: Demo, values: Mapping[str, Any], step: str = "") -> tuple[str, list[str]]:
    """The mark of a demo in this state, and the names of texts that are too long for one: they are left out."""
    written, long = link.write(demo, values)
    given = {p.name: _quoted(written[p.key]) for p in demo.params if p.key in written}
    while sum(map(len, given.values())) > LONGEST / 2:
        long.append(max(given, key=lambda name: len(given[name])))
        del given[long[-1]]
    query = "&".join(f"{name}={value}" for name, value in (given | ({STEP: step} if step else {})).items())
    return f"{{{{figure: {demo.stem}/{demo.name}{'?' * bool(query)}{query}}}}}", long


def _quoted(text: str) -> str:
    """A value as it stands in a mark: Chinese stays Chinese, a space is "+"."""
    kept = (ch if PLAIN.fullmatch(ch) and ch.isprintable() else quote(ch, safe="", errors="replace") for ch in text)
    return "".join(kept).replace("%20", "+").replace("~", "%7E")


def _cut(name: str) -> tuple[str, dict[str, str]]:
    """ "t5_attention/scaling?d_k=128" -> the path and the values."""
    path, _, query = name.strip().partition("?")
    query, _, fragment = query.partition("#")
    path = re.sub(r"^(https?://[^/]*)?/*", "", path)
    if fragment and "/" not in path:  # a copied link: …/t5_attention?t5_attention.scaling.d_k=128#scaling
        path = f"{path}/{fragment}"
    try:
        return path, dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_VALUES))
    except ValueError:  # more than that
        return path, {}


def _demo(path: str, app: Words) -> tuple[Lesson, Demo]:
    typed, _, name = path.partition("/")
    stem = typed.lower()
    lesson = sound(next((lesson.stem for lesson in lessons if lesson.number.lower() == stem), stem))
    if lesson is None:
        raise Flaw(app("hand_in.no_lesson"))
    try:
        demo = demos(lesson.stem).get(name) if name in lesson.demos else None
    except FlawedText as flaw:
        raise Flaw(str(flaw)) from None
    if demo is None:
        raise Flaw(app("hand_in.no_demo", demos=app("list_mark").join(lesson.demos)))
    return lesson, demo


def _stored(demo: Demo, values: Mapping[str, Any], app: Words) -> Evidence:
    """Work that measures or trains is not started for a picture: what is stored of it is shown."""
    run, fits = stored.nearest(demo, values)
    if run is None or not fits:
        raise Flaw(app("hand_in.no_run"))
    return run.evidence


def _label(words: DemoWords, name: str) -> str:
    path = f"controls.{name}"
    return words(path) if "." not in name and words.has(path) else name[:60]
