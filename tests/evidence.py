"""Calls demos the way that readers do: at defaults, at the ends of every control, at random values."""

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from study.controls import Numbers, Refusal, SeedControl, Slider, Text
from study.demo import Demo, Evidence, Param
from study.views import Say
from study.words import DemoWords, app_words

LIMIT = 400_000  # bytes of a demo's figures at its largest control values

#: What people type: short, long, repeated, Chinese, emoji, control characters, mark-up, combining marks, joiners, from
#: right to left, ends of lines, formulas, templates, and texts of which little or nothing is left for some tokenizer.
TEXTS = [
    "a", "the the the", "我爱北京天安门。", "🙂 😀🎉", "it's 3.14 — isn't it?", "<script>alert(1)</script>",
    "![x](http://example.com/a.png) $x$ **b**", "a\u0000b\u200bc\td", "e\u0301 ﷽ \u202eabc", "x" * 290,
    "[MASK] [CLS] ##less", "می‌خواهم 👨‍👩‍👧 क्‍ष 🫨 ❤️", "שלום עולם", "a\u2028b\x85c\vd", "a\n\nb\r\n", "=1+1 -2 @x",
    "100%{x} {y} <i>z</i>", "\ufffd", "\u0301", "<skipped>", "lily", "ZYX", "........", "1e999 -0 ½ ٣",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
]  # fmt: skip


def params_of(p: Param) -> list[Any]:
    """Values of one control to try: its ends and its default."""
    return [*p.control.ends(), p.default]


def ends(demo: Demo) -> Iterator[dict[str, Any]]:
    """Defaults, then each control at each of its ends with the others at their defaults; choices also in pairs."""
    yield {}
    if demo.work:  # costs seconds each: its defaults stand for it
        return
    for p in demo.params:
        for value in p.control.ends():
            yield {p.name: value}
    few = [p for p in demo.params if not isinstance(p.control, Slider | Text) and len(p.control.ends()) <= 4]
    for a, b in itertools.combinations(few, 2):
        for x, y in itertools.product(a.control.ends(), b.control.ends()):
            given = {a.name: x, b.name: y}
            if given.items() <= demo.values(given).items():  # neither is hidden
                yield given


def corners(demo: Demo) -> Iterator[dict[str, Any]]:
    """Every combination of the highest slider values with every choice, and texts as long as the demo takes.

    Of the controls that are shown only at times, those that the other choices show.
    """
    if demo.work:
        yield {}
        return
    defaults = {p.name: p.default for p in demo.params}
    top = {p.name: p.control.ends()[-1] for p in demo.params if isinstance(p.control, Slider)}
    choices = [p for p in demo.params if not isinstance(p.control, Slider | Text)]
    texts = [p for p in demo.params if isinstance(p.control, Text)]

    def combined(params: list[Param], given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for values in itertools.product(*(p.control.ends() for p in params)):
            yield given | dict(zip((p.name for p in params), values, strict=True))

    for always in combined([p for p in choices if not p.when], top):
        for given in combined([p for p in choices if p.when and p.when.holds(defaults | always)], always):
            yield given  # texts at their defaults
            for p in texts:
                for n in (8, 16, 22, 30, 46, 62, 126, 254):  # as many words as it takes before it refuses
                    if not p.when or p.when.holds(defaults | given):
                        yield given | {p.name: " ".join(["word"] * n)}


def anything(demo: Demo, seed: int) -> dict[str, Any]:
    """Random values of every control, from a seed."""
    rng, given = random.Random(seed), {}
    for p in demo.params:
        control = p.control
        if isinstance(control, Text):
            given[p.name] = rng.choice([*TEXTS, p.default])
        elif isinstance(control, Numbers):
            some = rng.choice(cells(control, rng))
            rows = [[rng.choice(some) for _ in control.columns] for _ in range(rng.randint(0, control.most))]
            given[p.name] = control.clean(rng.choice([rows, p.default]))
        elif isinstance(control, SeedControl):
            given[p.name] = rng.randint(0, 999)
        elif isinstance(control, Slider):
            given[p.name] = control.clean(rng.uniform(control.low, control.high))
            if control.scale == "log":
                given[p.name] = rng.choice(control.ladder)
        else:
            given[p.name] = rng.choice(params_of(p))
    return given


def cells(control: Numbers, rng: random.Random) -> list[list[float | None]]:
    """Families of cells for a table: few, so that many are equal; tiny; huge; nearly equal; of all sizes."""
    near, step = rng.uniform(control.low, control.high), 1e-4  # the finest that a table keeps
    return [
        [*range(-3, 4), None, near],
        [step * i for i in range(-5, 6)],
        [control.low, control.high, control.low + step, control.high - step, None],
        [near + step * i for i in range(4)],
        [near, near + step],
        [s * 10.0**e for s in (-1, 1) for e in range(-4, 4)],
    ]


def told(evidence: Evidence, words: DemoWords) -> list[str]:
    """Every text that stands with this evidence, in the language of the words; raises MissingText."""
    found = []
    for view in evidence.views:
        columns, rows = view.table()
        keys = (*view.keys(), *columns, *(c for row in rows for c in row if isinstance(c, Say)))
        found += [words.label(key) for key in keys]
    found += [words(f"claims.{c.name}") for c in evidence.claims]
    found += [words(f"measured.{m.name}") for m in evidence.measured]
    found += [app_words(words.lang)(f"units.{m.unit}") for m in evidence.measured if m.unit]
    return found + [words.either("notices", n.key, **dict(n.values)) for n in evidence.notices]


def evidence_or_refusal(demo: Demo, given: dict, refused: Callable[[Refusal], Any] = lambda r: None) -> Evidence | None:
    """The (first) evidence, or None where the demo refuses the input (after telling `refused`)."""
    try:
        return next(demo.start(**given))
    except Refusal as refusal:
        refused(refusal)
        return None
