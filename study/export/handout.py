"""Any lesson as a handout: its note, its figures at chosen values, its questions, with or without answers.

It becomes Markdown as a student could have written it, and goes the same way as an answer.
"""

import re
from collections.abc import Iterator, Mapping

from study.demo import Demo, demos
from study.export.book import Chapter, Cover
from study.look import number
from study.markdown import CHINESE, linked, symbols
from study.note_text import BOXES, Piece, pieces
from study.notes import Lesson
from study.quiz import Choice, Item, shuffled, truth
from study.source import source
from study.words import Words, app_words

#: Links of a note lead to pages and demos of the app: on paper their text is left.
LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?!https?:)[^)\n]*\)")


def handout(lesson: Lesson, lang: str, answers: bool, values: Mapping[str, str] | None = None) -> list[Chapter]:
    """The chapters. values: of the figures, "d_k=128&seed=1" by demo. Without answers, no fold is opened either: what
    one should see stands in folds.
    """
    words = app_words(lang)
    title = f"{lesson.number} {lesson.title(lang)}"
    chapters = [Chapter(lesson.number, title, "\n\n".join(_note(lesson, lang, answers, values or {})))]
    items, interview = lesson.quiz(lang), lesson.interview(lang)
    asked = [_question(lesson, n, item) for n, item in enumerate(items, 1)]
    if interview:
        asked.append(f"**{words('hand_in.handout.interview')}** {interview.ask}")
    chapters.append(Chapter("?", words("hand_in.handout.questions"), symbols("\n\n".join(asked))))
    if answers:
        solved = [_solution(lesson, n, item, words) for n, item in enumerate(items, 1)]
        if interview:
            points = "\n".join(f"- {point}" for point in interview.points)
            solved.append(f"**{words('hand_in.handout.interview')}** {interview.answer}\n\n{points}")
        chapters.append(Chapter("!", words("hand_in.handout.solutions"), symbols("\n\n".join(solved))))
    return chapters


def cover(lesson: Lesson, lang: str) -> Cover:
    """Of a handout: nobody's name on it."""
    return Cover("", "", "", f"{lesson.number} {lesson.title(lang)}")


def _note(lesson: Lesson, lang: str, answers: bool, values: Mapping[str, str]) -> Iterator[str]:
    titles = lesson.demo_titles(lang)
    yield f"**{lesson.question(lang)}**"
    known = demos(lesson.stem)
    for heading, body in lesson.sections(lang):
        yield f"# {heading}"
        for piece in pieces(body):
            yield from _piece(piece, lesson, titles, known, answers, values)


def _piece(
    piece: Piece,
    lesson: Lesson,
    titles: Mapping[str, str],
    known: Mapping[str, Demo],
    answers: bool,
    values: Mapping[str, str],
) -> Iterator[str]:
    if piece.kind == "demo":
        yield f"{{{{figure: {lesson.stem}/{piece.text}{_query(known[piece.text], values)}}}}}"
    elif piece.kind == "code":
        found = source(piece.text)
        yield f"```python\n{found.code}\n```\n\n`{found.path}`"
    elif piece.kind in BOXES:
        if answers or piece.kind == "further":
            yield f"## {piece.text}"
            for inner in piece.inside:
                yield from _piece(inner, lesson, titles, known, answers, values)
    else:
        yield _text(piece.text, titles)


def _query(demo: Demo, values: Mapping[str, str]) -> str:
    """ "?d_k=128"; the first state that the demo offers where nothing was chosen."""
    chosen = values.get(demo.name, "")
    first = next(iter(demo.presets), "")
    return f"?{chosen}" if chosen else f"?preset={first}" if first else ""


def _text(markdown: str, titles: Mapping[str, str]) -> str:
    """As on the page; a demo's title, there a link, stands in quotation marks."""
    markdown = linked(symbols(markdown), titles)
    for demo, title in titles.items():
        markdown = markdown.replace(f"[{title}](#{demo})", f"“{title}”")
    markdown = re.sub(rf"(?<={CHINESE}) (?=“)|(?<=”) (?={CHINESE})", "", markdown)
    return LINK.sub(r"\1", markdown)


def _question(lesson: Lesson, n: int, item: Item) -> str:
    code = f"\n\n```python\n{item.code}\n```" if item.code else ""
    choices = "\n".join(f"- **{_letter(i)}** {choice.say}" for i, choice in enumerate(_choices(lesson, item)))
    return f"**{n}.** {item.ask}{code}" + (f"\n\n{choices}" if choices else "")


def _solution(lesson: Lesson, n: int, item: Item, words: Words) -> str:
    if item.kind == "choice":
        right = [(i, choice) for i, choice in enumerate(_choices(lesson, item)) if choice.right]
        letters = ", ".join(_letter(i) for i, _ in right)
        return f"**{n}.** **{letters}** {' '.join(choice.because for _, choice in right)}"
    if item.kind == "number":
        return f"**{n}.** **{words('hand_in.handout.number', value=number(item.number))}** {item.because}"
    found = words("hand_in.handout.predicted", value=number(truth(lesson.stem, item).measured))
    return f"**{n}.** **{found}** {item.because}"


def _choices(lesson: Lesson, item: Item) -> list[Choice]:
    """In one order in the questions and in the answers; the yaml has the right ones first."""
    return shuffled(item, f"{lesson.stem}.{item.id}")


def _letter(i: int) -> str:
    return "ABCDEFGHIJ"[i]
