"""Every demo's labels, controls and drawings: each text there, each state in a link, figures small, lines apart."""

import json
import re

import pytest

from study import link
from study.by_chips import by_chips
from study.controls import Text
from study.demo import STEP, demos
from study.figures import draw_all
from study.look import DASHES, Look
from study.views import Lines, Series
from tests.evidence import LIMIT, corners, ends, evidence_or_refusal, params_of, told
from tests.lessons import each_demo, each_language, written


@each_demo
@each_language
def test_every_text_of_a_demo_is_there(lesson, name, lang):
    demo, words = demos(lesson.stem)[name], lesson.demo_words(lang, name)
    assert words("title") and words("look_for")
    for p in demo.params:
        if type(p.control).__name__ != "Cell":
            assert words(f"controls.{p.name}")
        if type(p.control).__name__ == "Block" or p is by_chips(demo):  # boxes and chips have their texts on them
            unread = [option for option in p.control.options if words.has(f"options.{p.name}.{option}")]
            assert not unread, f"{name}: nobody reads options.{p.name}"
            continue
        for option in getattr(p.control, "options", getattr(p.control, "columns", ())):
            assert words(f"options.{p.name}.{option}")


@each_demo
def test_at_the_ends_of_its_controls_every_text_is_there_and_dashes_differ(lesson, name):
    demo, words = demos(lesson.stem)[name], {lang: lesson.demo_words(lang, name) for lang in written(lesson)}

    def refused(refusal):
        for each in words.values():
            assert each.either("refusals", refusal.key, **refusal.values)

    for given in ends(demo):
        evidence = evidence_or_refusal(demo, given, refused)
        for lang, each in words.items() if evidence else ():
            assert all(told(evidence, each)), f"{lang}/{lesson.stem}.yaml: {name}: an empty text with {given}"
        for view in evidence.views if evidence else ():
            if isinstance(view, Lines):
                drawn = strokes(view)
                assert not drawn["dashed"] & drawn["undashed"], f"{name}: {view.title or view.y}: {drawn} with {given}"


@each_demo
def test_defaults_are_valid_and_links_restore_them(lesson, name):
    demo = demos(lesson.stem)[name]
    for p in demo.params:
        assert p.control.clean(p.default) == p.default, f"{name}: {p.name} cannot be {p.default!r}: {p.control}"
        for value in params_of(p):
            assert p.control.clean(p.control.parse(p.control.text(value))) == value
    assert link.write(demo, {p.name: p.default for p in demo.params}) == ({}, [])


@each_language
@each_demo
def test_a_chip_that_quotes_a_text_brings_it(lesson, name, lang):
    """Else it would speak of "it" above a sentence of the reader's in which there is none."""
    demo, words = demos(lesson.stem)[name], lesson.demo_words(lang, name)
    for chip, preset in demo.presets.items():
        set_to = demo.values({k: v for k, v in preset.items() if k != STEP})
        texts = (p for p in demo.params if isinstance(p.control, Text) and (not p.when or p.when.holds(set_to)))
        said = [words(key) for key in (f"presets.{chip}", f"looks.{chip}") if words.has(key)]
        quoted = {word for each in said for word in re.findall(r"“([^”]+)”", each)}
        for p in texts:
            found = {word for word in quoted if re.search(rf"\b{re.escape(word)}\b", p.default)}
            assert p.name in preset or not found, f"{lesson.stem}: {name}: {chip} speaks of {found}, without {p.name}"


@each_demo
def test_figures_stay_small(lesson, name):
    demo = demos(lesson.stem)[name]
    words, drawn = lesson.demo_words(written(lesson)[0], name), 0
    for given in corners(demo):
        evidence = evidence_or_refusal(demo, given)
        if evidence:
            drawn += 1
            size = len(json.dumps(draw_all(evidence.views, Look("light"), words.label), ensure_ascii=False).encode())
            assert size <= LIMIT, f"{size / 1000:.0f} kB with {given}"
    assert drawn


def strokes(view: Lines) -> dict[str, set[str]]:
    """How the dashed and the undashed lines of a view are drawn: {"dashed": …, "undashed": …}."""
    figure = draw_all((view,), Look("light"), str)[0]["figure"]
    drawn = [trace["line"]["dash"] for trace in figure["data"] if "dash" in trace["line"]]
    pairs = list(zip(view.series, drawn, strict=True))
    return {kind: {dash for s, dash in pairs if s.dashed == (kind == "dashed")} for kind in ("dashed", "undashed")}


@pytest.mark.parametrize("dashed", [(0,), (1,), (2, 4), (0, 1, 2, 3, 4)])
def test_dashes_beside_undashed_lines(dashed):
    view = Lines(
        [Series(str(i), [0, 1], [0, 1], low=[0, 0], high=[1, 1], dashed=i in dashed) for i in range(5)], x="x", y="y"
    )
    assert strokes(view) == {"dashed": {"dash"}, "undashed": {"solid"} if len(dashed) < 5 else set()}
    assert strokes(Lines([Series(str(i), [0], [0]) for i in range(3)], x="x", y="y"))["undashed"] == set(DASHES[:3])
