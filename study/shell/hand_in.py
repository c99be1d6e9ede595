"""The page of the workbook: what is answered, the cover, own words, the files to hand in, a lesson as a handout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import streamlit as st

from study.classroom import is_class
from study.export import Chapter, Cover, Result, file_name, missing, to_html, to_pdf, to_zip
from study.export.book import chapters
from study.export.handout import cover as handout_cover
from study.export.handout import handout
from study.markdown import plain
from study.notes import lessons
from study.own_words import Overlap, overlaps
from study.shell.keep import backup, further
from study.shell.pace import paced
from study.shell.photos import folder, mine, photos
from study.shell.picks import pick
from study.shell.session import Reader, begin, here, put, value
from study.shell.who import student
from study.words import Words, app_words
from study.workbook import QUESTIONS, Unkept, open_workbook
from study.workbook.pictures import Picture

FIELDS = ("title", "name", "number", "date")
LONGEST_FIELD = 120  # characters of a line of the cover
KINDS = {"pdf": "application/pdf", "html": "text/html", "zip": "application/zip"}
WRITERS: dict[str, Callable[..., Result]] = {"pdf": to_pdf, "html": to_html}
MOST_PASSAGES = 5  # shown of an answer
WORTH = 0.05  # share of an answer from which on it is named


def render_hand_in(reader: Reader) -> None:
    """Draws the page below its title."""
    words, titles = app_words(reader.lang), question_titles(reader.lang)
    st.markdown(words("class.hand_in" if is_class() else "hand_in.intro"))
    answers = _answers(words)
    if answers is not None:
        _overview(answers, titles, reader)
        st.header(words("keep.further"), anchor="further")
        further(titles, reader)
        st.header(words("photos.heading"), anchor="photos")
        st.fragment(photos)(words, "_photos")
        st.header(words("hand_in.heading"), anchor="hand_in")
        _hand_in(answers, titles, words)
        st.header(words("hand_in.own_words.heading"), anchor="own_words")
        _own_words(answers, titles, words)
        st.header(words("keep.heading"), anchor="keep")
        backup(words)
    st.header(words("hand_in.handout.heading"), anchor="handout")
    _handout(reader)


def question_titles(lang: str) -> dict[str, str]:
    """The title of every question, in the order in which they are handed in."""
    words = app_words(lang)
    named = {lesson.stem: f"{lesson.number} {lesson.title(lang)}" for lesson in lessons if not lesson.flaw}
    return {q: named.get(q) or words(f"questions.{q}.title") for q in QUESTIONS if q in named or "_" not in q}


def _answers(words: Words) -> dict[str, str] | None:
    """What is kept, by question; None, and told, where the workbook cannot be read."""
    try:
        return {question: answer.text for question, answer in open_workbook().answers(student()).items()}
    except Unkept as unkept:
        st.error(words("hand_in.unread", why=words(f"workbook.unkept.{unkept.key}")))
        return None


def _overview(answers: Mapping[str, str], titles: Mapping[str, str], reader: Reader) -> None:
    words, blank = app_words(reader.lang), set(missing(answers, titles))
    st.progress((len(titles) - len(blank)) / len(titles))
    st.markdown(words("hand_in.answered", count=len(titles) - len(blank), all=len(titles)))
    with st.container(key="small_answers"):
        for question, title in titles.items():
            icon = ":material/check_box_outline_blank:" if question in blank else ":material/check_box:"
            if question in reader.pages:
                st.page_link(reader.pages[question], label=title, icon=icon)
            else:
                st.markdown(f"{icon} {title}")


@st.fragment
def _hand_in(answers: Mapping[str, str], titles: Mapping[str, str], words: Words) -> None:
    """The cover and the three files; what is missing is told before one is made."""
    blank = missing(answers, titles)
    if len(blank) == len(titles) and not any(text.strip() for text in answers.values()):
        st.caption(words("hand_in.nothing"))
        return
    begin("_cover.title", words("hand_in.course_title"))
    begin("_cover.date", date.today().isoformat())
    typed = {
        name: st.text_input(
            words(f"hand_in.fields.{name}"), key=f"_cover.{name}", max_chars=LONGEST_FIELD, persist_state="session"
        )
        for name in FIELDS
    }
    if blank:
        named = words("list_mark").join(titles[question] for question in blank)
        st.warning(words("hand_in.missing", questions=named))
    front = Cover(**{name: text.strip() for name, text in typed.items()})
    written = chapters(answers, titles)
    short = words("hand_in.short_title")
    order = Order(
        front,
        lambda: written,
        lambda kind: file_name(front.name, front.number, short, kind),
        made_of=tuple(written),
        pictures=mine,
        compare=lambda: _alike(answers, titles, words),
    )
    _files("_hand_in", order, words)


@dataclass(frozen=True)
class Order:
    """What files can be made of. name: of a file of a kind; made_of: with it changes what write makes; compare: what
    there is to say of its words.
    """

    front: Cover
    write: Callable[[], list[Chapter]]
    name: Callable[[str], str]
    made_of: tuple
    kinds: tuple[str, ...] = tuple(KINDS)
    pictures: Callable[[], Sequence[Picture]] = tuple
    compare: Callable[[], list[str]] = list


@dataclass(frozen=True)
class Made:
    """A file, what it was made of, the titles of its chapters, and what there is to say of its words."""

    stamp: tuple
    kind: str
    result: Result
    titles: dict[str, str]
    alike: list[str]


def _files(key: str, order: Order, words: Words) -> None:
    """A button for each kind of file; the file that was made stays until what it was made of changes."""
    with st.container(horizontal=True):
        pressed = [kind for kind in order.kinds if st.button(words(f"hand_in.make.{kind}"), key=f"{key}.{kind}")]
    try:
        named = tuple(order.pictures())
        stamp = (order.front, order.made_of, named, words.lang)
        if pressed:
            written = order.write()
            paced()
            with here().budget.spending(), folder(named) as place:
                result = _made(pressed[0], order.front, written, words, place)
                titles = {chapter.place: chapter.title for chapter in written}
                put(f"{key}._made", Made(stamp, pressed[0], result, titles, order.compare()))
    except Unkept as unkept:
        st.error(words("hand_in.unread", why=words(f"workbook.unkept.{unkept.key}")))
        return
    made = value(f"{key}._made")
    if made is None or made.stamp != stamp:
        return
    _told(made.result, made.titles, words)
    if made.alike:
        st.warning("\n".join([words("hand_in.own_words.told"), *(f"- {line}" for line in made.alike)]))
    if made.result.data:
        file, kind = order.name(made.kind), KINDS[made.kind]
        label = words("hand_in.save", file=plain(file, 120))
        st.download_button(label, made.result.data, file, kind, key=f"{key}.save", on_click="ignore", type="primary")


def _made(kind: str, front: Cover, written: list[Chapter], words: Words, pictures: Path) -> Result:
    if kind == "zip":
        return to_zip(front, written, words.lang, pictures=pictures)
    bar = st.progress(0.0)

    def progress(share: float, place: str) -> None:
        said = words("hand_in.working", place=plain(place)) if place else words("hand_in.laying")
        bar.progress(min(share, 1.0), said)

    result = WRITERS[kind](front, written, words.lang, pictures=pictures, progress=progress)
    bar.empty()
    return result


def _told(result: Result, titles: Mapping[str, str], words: Words) -> None:
    """What did not come out as it was written, and where."""
    if not result.failures:
        st.success(words("hand_in.clean"))
        return
    lines = [words("hand_in.failed", count=len(result.failures))]
    for failure in result.failures:
        what = words(f"hand_in.failures.{failure.what.value}")
        place, detail = plain(titles.get(failure.place, failure.place)), plain(failure.detail, 300)
        lines.append("- " + words("hand_in.failure", place=place, what=what, detail=detail))
    st.warning("\n".join(lines))


@st.fragment
def _own_words(answers: Mapping[str, str], titles: Mapping[str, str], words: Words) -> None:
    st.caption(words("hand_in.own_words.intro"))
    if not st.button(words("hand_in.own_words.check"), key="_own_words"):
        return
    named = {lesson.stem: lesson.number for lesson in lessons}
    worth = _worth(answers)
    for question, found in worth.items():
        lines = [_share(question, found, titles, words)]
        for passage in found.passages[:MOST_PASSAGES]:
            source = f"{named.get(passage.lesson, '')} {words(f'hand_in.own_words.sources.{passage.source}')}".strip()
            lines.append("- " + words("hand_in.own_words.passage", text=plain(passage.text, 160), source=source))
        st.warning("\n".join(lines))
    if not worth:
        st.success(words("hand_in.own_words.none"))


def _alike(answers: Mapping[str, str], titles: Mapping[str, str], words: Words) -> list[str]:
    """A line for every answer of which much is text of the app."""
    return [_share(question, found, titles, words) for question, found in _worth(answers).items()]


def _worth(answers: Mapping[str, str]) -> dict[str, Overlap]:
    return {question: found for question, found in overlaps(answers).items() if found.share >= WORTH}


def _share(question: str, found: Overlap, titles: Mapping[str, str], words: Words) -> str:
    place = plain(titles.get(question, question))
    return words("hand_in.own_words.share", place=place, share=round(100 * found.share))


@st.fragment
def _handout(reader: Reader) -> None:
    """A lesson for a class."""
    words = app_words(reader.lang)
    shown = {le.stem: le for le in lessons if le.stem in reader.pages}
    st.caption(words("hand_in.handout.intro"))
    stem = pick(
        st.selectbox,
        words("hand_in.handout.lesson"),
        list(shown),
        lambda s: f"{shown[s].number} {shown[s].title(reader.lang)}",
        "_handout.lesson",
        reader.lang,
    )
    with_answers = st.checkbox(words("hand_in.handout.answers"), key="_handout.answers")
    typed = st.text_area(words("hand_in.handout.figures"), key="_handout.values", height=90, max_chars=2000)
    values = dict(line.strip().split("?", 1) for line in typed.splitlines() if "?" in line)
    lesson = shown[stem]
    order = Order(
        handout_cover(lesson, reader.lang),
        lambda: handout(lesson, reader.lang, with_answers, values),
        lambda kind: file_name(lesson.number, words("hand_in.handout.made"), lesson.title(reader.lang), kind),
        made_of=(stem, with_answers, tuple(sorted(values.items()))),
        kinds=("pdf", "html"),
    )
    _files("_handout", order, words)
