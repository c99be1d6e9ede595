"""Every text is there and says the same in every language: sections, formulas, labels, quiz, interview."""

import re

import pytest

from study.demo import demos
from study.markdown import symbols
from study.note_text import flat, pieces, unfolded
from study.notes import Lesson, home_text
from study.quiz import truth
from study.words import NOTES, Words, app_words, leaves, parse
from tests.lessons import LANGUAGES, STEMS, each_language, each_lesson, in_both


def shape(texts) -> set[str]:
    """The path of every text: what a translation must have in common."""
    return {path for path, _ in leaves(texts)}


def places(texts) -> set[tuple[str, ...]]:
    """The {places} of every text that has some, however they are written ({n:,}), behind its path; braces in a
    formula are none.
    """
    prose = ((path, text) for path, text in leaves(texts) if isinstance(text, str) and "$" not in text)
    found = ((path, sorted(re.findall(r"\{(\w+)(?::[^{}]*)?\}", text))) for path, text in prose)
    return {(path, *names) for path, names in found if names}


def assert_alike(zh, en, what: str) -> None:
    """The same texts with the same places, or the paths that one of them lacks."""
    for parts in (shape, places):
        a, b = parts(zh), parts(en)
        assert a == b, f"{what}: only in zh: {sorted(a - b) or 'none'}; only in en: {sorted(b - a) or 'none'}"


def test_no_text_leaves_its_plural_to_the_reader():
    """Say "Rows left out: {rows}", which is right for one and for many, not "{rows} row(s) left out"."""
    for path in sorted((NOTES / "en").glob("*.yaml")):
        texts = (str(said) for _, said in leaves(parse(path.read_text(encoding="utf-8"), path.name)))
        found = [said for said in texts if re.search(r"\{\w+\}.*\w\(s\)", said)]
        assert not found, f"{path.name}: {found}"


def test_there_are_lessons_in_both_languages():
    assert {"zh", "en"} <= set(LANGUAGES)
    assert {"t5_attention", "t2_layer_vs_batch_norm"} <= set(STEMS)


def test_notes_have_a_page():
    for path in NOTES.glob("*/*.md"):
        assert path.stem in {*STEMS, "home"}, f"{path} has no page: there is no folder pages/{path.stem}"


@each_language
@each_lesson
def test_every_lesson_is_written_and_places_its_demos(lesson, lang):
    note, sections = f"{lang}/{lesson.stem}.md", lesson.sections(lang)
    assert len(sections) >= 4, f"{note}: {len(sections)} sections (##); at least 4"
    placed = [name for _, body in sections for name in placed_in(body)]
    defined = sorted(demos(lesson.stem))
    assert sorted(placed) == defined, (
        f"{note} places {sorted(placed)} with <!-- demo: … -->, once each; it has {defined}"
    )


@in_both
@each_lesson
def test_both_languages_say_the_same(lesson, both):
    zh, en = map(lesson.sections, both)
    assert len(zh) == len(en), f"{lesson.stem}.md: {len(zh)} sections in zh, {len(en)} in en"
    for (heading, a), (other, b) in zip(zh, en, strict=True):
        a, b = map(placed_in, (a, b))
        assert a == b, f"{lesson.stem}.md: zh has the demos {a} under {heading!r}, en has {b} under {other!r}"
    for a, b in zip(*(displayed(lesson, lang) for lang in both), strict=True):
        assert a == b, f"{lesson.stem}.md: the formula is {a} in zh, {b} in en"


def placed_in(section: str) -> list[str]:
    """The demos of a section, those in its folds as well."""
    return [piece.text for piece in flat(pieces(section)) if piece.kind == "demo"]


def displayed(lesson: Lesson, lang: str) -> list[str]:
    """The formulas between double dollars, without blanks and words."""
    body = "\n".join(text for _, text in lesson.sections(lang))
    found = re.findall(r"\$\$(.+?)\$\$", body, re.DOTALL)
    return [re.sub(r"\\text\{[^}]*\}|\s", "", formula) for formula in found]


@in_both
@each_lesson
def test_labels_have_the_same_keys(lesson, both):
    zh, en = (lesson.words(lang).texts["demos"] for lang in both)
    assert_alike(zh, en, f"{lesson.stem}.yaml, under demos")


@in_both
def test_app_words_have_the_same_keys(both):
    assert_alike(*(app_words(lang).texts for lang in both), "app.yaml")
    assert all(map(home_text, both))


def test_what_differs_is_named():
    with pytest.raises(AssertionError, match=r"x.yaml: only in zh: \['a.b'\]; only in en: \['a.c.0'\]"):
        assert_alike({"a": {"b": "1"}}, {"a": {"c": ["1"]}}, "x.yaml")
    with pytest.raises(AssertionError, match=r"only in zh: none; only in en: \[\('a', 'n'\)\]"):
        assert_alike({"a": "5"}, {"a": "{n}"}, "x.yaml")
    assert_alike({"a": "{n}"}, {"a": "{n:,}"}, "x.yaml")


@each_language
@each_lesson
def test_a_quiz_can_be_graded(lesson, lang):
    quiz, file = lesson.quiz(lang), f"{lang}/{lesson.stem}.yaml"
    assert 6 <= len(quiz) <= 10, f"{file}: {len(quiz)} quiz items; 6 to 10"
    predicts = [item for item in quiz if item.kind == "predict"]
    assert len(predicts) >= 2, f"{file}: {len(predicts)} quiz items are predictions; at least 2"
    assert {item.kind for item in quiz} == {"choice", "number", "predict"}, f"{file}: a kind of quiz items is missing"
    names = [item.id for item in quiz]
    assert len(set(names)) == len(names), f"{file}: two quiz items have one id: {sorted(names)}"
    for item in quiz:
        if item.kind == "choice":
            place = f"{file}: quiz item {item.id}"
            assert {choice.right for choice in item.choices} == {True, False}, f"{place}: no right or no wrong choice"
            assert len({choice.say for choice in item.choices}) == len(item.choices), f"{place}: two choices are equal"
    for item in predicts:
        claim = truth(lesson.stem, item)
        assert claim.holds, f"{file}: quiz item {item.id}: {claim.name} does not hold there: {claim}"


@in_both
@each_lesson
def test_a_prediction_is_printed_nowhere_before(lesson, both):
    """Not in what the note says unfolded, and not in the words of the demos, which name each claim."""
    items = [item for item in lesson.quiz("en") if item.kind == "predict"]
    patterns = {item.id: _printed(truth(lesson.stem, item).measured) for item in items}
    for lang in both:
        said = [
            piece.text for _, body in lesson.sections(lang) for piece in unfolded(pieces(body)) if piece.kind == "text"
        ]
        labels = leaves(lesson.words(lang).texts["demos"])
        said += [text for path, text in labels if isinstance(text, str) and ".options." not in path]
        assert not {name: text for name, p in patterns.items() for text in said if re.search(p, text)}, lang


def _printed(value: float) -> str:
    """A pattern of how a number of two digits or more may be written; of one digit it finds nothing: too many are."""
    size, whole = abs(value), value == round(value)
    forms = {f"{size:.0f}", f"{size:,.0f}"} if whole or size >= 100 else {f"{size:.2g}", f"{size:.3g}"}
    told = [re.escape(form) for form in sorted(forms) if len(form.lstrip("0.")) >= 2]
    return rf"(?<![\d.,])(?:{'|'.join(told)})(?![.,]?\d)" if told else "(?!)"


def test_a_printed_answer_is_found():
    for value, text in {
        1.8: "a lead of 1.8 points",
        31114752: "31,114,752 in all",
        0.4794: "about 0.48",
        600: "n = 600",
    }.items():
        assert re.search(_printed(value), text) and not re.search(_printed(value), "11.85, 1,600, 60, 0.481, §3.6")
    assert not re.search(_printed(4), "4 of 4")


@in_both
@each_lesson
def test_quiz_is_the_same_in_both_languages_and_can_be_graded(lesson, both):
    zh, en = map(lesson.quiz, both)
    assert len(zh) == len(en) >= 4, f"{lesson.stem}.yaml: {len(zh)} quiz items in zh, {len(en)} in en"
    for a, b in zip(zh, en, strict=True):
        for part in ("id", "kind", "number", "abs", "demo", "preset", "given", "claim"):
            one, other = getattr(a, part), getattr(b, part)
            assert one == other, f"{lesson.stem}.yaml: quiz item {a.id}: {part} is {one!r} in zh, {other!r} in en"
        one, other = ([choice.right for choice in item.choices] for item in (a, b))
        assert one == other, f"{lesson.stem}.yaml: quiz item {a.id}: {len(one)} choices in zh, {len(other)} in en"


SENTENCE = {"zh": r"[。？！]", "en": r"[.?!](?:\s|$)"}  # how one ends


@each_language
@each_lesson
def test_every_lesson_has_an_interview_box(lesson, lang):
    box, place = lesson.interview(lang), f"{lang}/{lesson.stem}.yaml: interview"
    assert box and box.ask, f"{place}: there is none; write `interview:` with ask, answer and points"
    assert len(box.points) >= 3, f"{place}: {len(box.points)} points; at least 3"
    length = len(re.findall(SENTENCE[lang], box.answer))
    assert 3 <= length <= 6, f"{place}: the answer has {length} sentences; 3 to 6"


@in_both
@each_lesson
def test_interviews_make_the_same_points(lesson, both):
    zh, en = (len(lesson.interview(lang).points) for lang in both)
    assert zh == en, f"{lesson.stem}.yaml: interview: {zh} points in zh, {en} in en"


def test_missing_text_is_an_error():
    with pytest.raises(KeyError, match="no text for"):
        Words("en", {"a": {"b": "c"}}, "x.yaml")("a.d")


RAW_SYMBOL = re.compile(r"\b[A-Za-z]_[A-Za-z]+\b")  # W_Q, d_model


@each_language
@each_lesson
def test_what_to_look_for_and_a_control_set_symbols_as_symbols(lesson, lang):
    """They are markdown: d_k stands in them as $d_k$."""
    for name in lesson.demos:
        words = lesson.words(lang).texts["demos"][name]
        said = [words["look_for"], *words.get("looks", {}).values(), *words.get("controls", {}).values()]
        raw = [text for text in said if RAW_SYMBOL.search(re.sub(r"\$[^$]*\$|`[^`]*`|\{[^}]*\}", "", str(text)))]
        assert raw == [], f"{lang}/{lesson.stem}.yaml, {name}"


@each_language
@each_lesson
def test_the_quiz_sets_symbols_as_symbols(lesson, lang):
    """A page sets √d_k and W_Q as formulas; what it does not know, like q_i or W_i^Q, must stand between $."""
    for item in lesson.quiz(lang):
        texts = [item.ask, item.because, *(text for c in item.choices for text in (c.say, c.because))]
        seen = [re.sub(r"\$[^$]*\$|`[^`]*`", "", symbols(text)) for text in texts]
        raw = [text for text in seen if re.search(r"(?<![A-Za-z_])[A-Za-z]_([A-Za-z0-9](?!\w)|\{)", text)]
        assert raw == [], f"{lang}/{lesson.stem}.yaml, {item.id}"
