"""The search: titles, questions, headings, the texts of notes and demos, what the quizzes ask, terms of the glossary.

Everything is searched in every language; what stands in the reader's own comes first. Pure.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from study.glossary import PAGE, Term, glossary
from study.markdown import folded
from study.note_text import TERM, Piece, flat, pieces
from study.notes import Lesson
from study.words import languages

LONGEST = 200  # characters of a query that are looked at
WIDTH = 110  # characters of a sentence that are shown, about
CHINESE = "\u2e80-\u9fff\uff00-\uffef"
#: A sentence cut where a line may be: formulas, code, Chinese characters and stops, words with their spaces.
_ATOM = re.compile(rf"\$[^$]+\$|`[^`]+`|[{CHINESE}]|[^\s$`{CHINESE}]+\s*|\s+|.", re.DOTALL)
_END = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+(?=[A-Z$(“`])")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.|\|)\s)|\n(?=\|)")
_COMMAND = re.compile(r"\\textcolor\{\w+\}|\\(?:mathsf|mathrm|mathbf|text\w*|operatorname|[,;!])\s*")
_MARK = re.compile(r"^\s*(?:[-*]|\d+\.|\|)\s*|\s*\|\s*$|^\|[-:| ]+\|$", re.MULTILINE)
_STARS = re.compile(r"(\$[^$]*\$|`[^`]*`)|\*+")
MARKUP = set("*_$`\\[]<>:")  # a word with one of these is found and not set in bold
_LEFT_OUT = str.maketrans("", "", "_^")


@dataclass(frozen=True)
class Place:
    """Where something stands: a lesson, and the anchor in it ("" for its top); or the glossary, and the term there."""

    lesson: Lesson | None
    anchor: str

    @property
    def page(self) -> str:
        """The name of the page in its address."""
        return self.lesson.stem if self.lesson else PAGE

    def label(self, lang: str) -> str:
        """Its heading in a language, as Markdown; for a lesson's quiz, whose heading is the app's, the lesson's."""
        lesson = self.lesson
        if lesson is None:
            return glossary(lang)[self.anchor].term
        if not self.anchor or self.anchor == QUIZ:
            return lesson.title(lang)
        if self.anchor in lesson.demos:
            return lesson.demo_titles(lang)[self.anchor]
        return lesson.sections(lang)[int(self.anchor[1:])][0]


QUIZ = "quiz"  # the anchor of every lesson's quiz


@dataclass(frozen=True)
class Hit:
    """A place, and a sentence of it, as Markdown: the one that was found, or what the place is about; "" for none."""

    place: Place
    sentence: str = ""


@dataclass(frozen=True)
class Entry:
    """Something that can be found. rank: what is found before it. text: folded. sentence: what is shown of it."""

    rank: int
    place: Place
    lang: str
    text: str
    sentence: str = ""


def fold(text: str) -> str:
    """As `folded`, and formulas as they are typed: √d_k finds $\\sqrt{d_k}$, and QKᵀ finds $QK^{\\mathsf T}$."""
    return folded(_COMMAND.sub("", text).replace(r"\sqrt", "√")).translate(_LEFT_OUT)


def find(query: str, lessons: Iterable[Lesson], lang: str = "en", most: int = 10) -> list[Hit]:
    """What holds every word of the query, each place once: titles first, then the reader's language, at most `most`."""
    wanted = fold(query[:LONGEST]).split()
    if not wanted:
        return []
    everything = [entry for lesson in lessons for entry in entries(lesson)] + [*_terms()]
    found = [entry for entry in everything if all(word in entry.text for word in wanted)]
    found.sort(key=lambda entry: (entry.rank, entry.lang != lang))  # stable: in the order of the lessons
    first: dict[Place, Entry] = {}
    for entry in found:
        first.setdefault(entry.place, entry)
    return [Hit(entry.place, excerpt(entry.sentence, query[:LONGEST].split())) for entry in list(first.values())[:most]]


def entries(lesson: Lesson) -> tuple[Entry, ...]:
    """Everything that can be found in a lesson, in all languages; read anew when one of its files changes."""
    return _entries(lesson, lesson.stamp())


@functools.lru_cache(maxsize=64)
def _entries(lesson: Lesson, stamp: tuple) -> tuple[Entry, ...]:
    return tuple(entry for lang in languages() for entry in _read(lesson, lang))


def _read(lesson: Lesson, lang: str) -> Iterator[Entry]:
    top = Place(lesson, "")
    yield Entry(0, top, lang, fold(f"{lesson.number} {lesson.title(lang)}"), lesson.question(lang))
    for demo, title in lesson.demo_titles(lang).items():
        texts = lesson.demo_words(lang, demo).texts
        yield Entry(1, Place(lesson, demo), lang, fold(title), str(texts.get("look_for") or ""))
        for text in (texts.get("look_for"), *(texts.get("looks") or {}).values()):
            yield from _sentences(4, Place(lesson, demo), lang, str(text or ""))
    yield Entry(3, top, lang, fold(lesson.question(lang)), lesson.question(lang))
    for i, (heading, body) in enumerate(lesson.sections(lang)):
        place = Place(lesson, f"s{i}")
        yield Entry(2, place, lang, fold(heading))
        for piece in pieces(body):
            if piece.kind == "further":
                yield Entry(2, _within(piece, place), lang, fold(piece.text))
            for part in flat((piece,)):
                if part.kind == "text":
                    yield from _sentences(5, _within(piece, place), lang, part.text)
    for item in lesson.quiz(lang):
        yield from _sentences(4, Place(lesson, QUIZ), lang, item.ask)


def _within(piece: Piece, section: Place) -> Place:
    """Where a link to a piece leads: to a card of a further part, as that opens it."""
    cards = [part.text for part in flat((piece,)) if part.kind == "demo"]
    return Place(section.lesson, cards[0]) if piece.kind == "further" and cards else section


def _sentences(rank: int, place: Place, lang: str, markdown: str) -> Iterator[Entry]:
    """An entry for each sentence of a text. What stands in a formula of its own line is no sentence."""
    text = re.sub(r"\$\$.*?\$\$", "\n\n", _plain(markdown, lang), flags=re.DOTALL)
    for block in _BLOCK.split(text):
        for sentence in _END.split(_STARS.sub(lambda m: m[1] or "", _MARK.sub("", block))):
            if said := " ".join(sentence.split()).replace(" | ", " · "):
                yield Entry(rank, place, lang, fold(said), said)


def _plain(markdown: str, lang: str) -> str:
    """Terms and links as the words that are seen of them."""
    terms = glossary(lang)
    named = TERM.sub(lambda m: m[2] or terms[m[1]].term, markdown)
    return re.sub(r"\[([^\]\n]+)\]\([^)\s]+\)", r"\1", named)


def excerpt(sentence: str, wanted: Iterable[str]) -> str:
    """A sentence with the words that are wanted in bold, cut around the first of them where it is long. What stands in
    formulas and code is left whole and as it is.
    """
    atoms = _ATOM.findall(sentence)
    ends = list(itertools.accumulate(map(len, atoms)))
    at = min((i for word in wanted if (i := sentence.casefold().find(word.casefold())) >= 0), default=0)
    hit = next((i for i, end in enumerate(ends) if at < end), 0)
    width = WIDTH // 2 if re.search(f"[{CHINESE}]", sentence) else WIDTH
    begin = max(0, min(at - width // 3, len(sentence) - width))
    kept = [i for i, end in enumerate(ends) if len(sentence) <= width * 1.2 or begin < end <= begin + width]
    if kept and hit == kept[-1] + 1 and len(atoms[hit]) <= 2 * width:  # the word stands in long code
        kept.append(hit)
    if not kept:  # one formula, longer than that
        return ""
    bare = (re.sub(r"^\W+|\W+$", "", word) for word in wanted)  # bold begins and ends with a letter
    words = sorted((re.escape(word) for word in bare if word and not set(word) & MARKUP), key=len, reverse=True)
    bold = functools.partial(re.sub, f"(?:{'|'.join(words)})+" if words else r"(?!)", r"**\g<0>**", flags=re.IGNORECASE)
    runs = itertools.groupby((atoms[i] for i in kept), key=lambda atom: atom[0] in "$`" and len(atom) > 1)
    text = "".join("".join(run) if is_code else bold("".join(run)) for is_code, run in runs)
    return f"{'…' if kept[0] else ''}{text.strip()}{'…' if kept[-1] < len(atoms) - 1 else ''}"


def _terms() -> tuple[Entry, ...]:
    """The same of the glossary's terms: found by a term in any language, or by what is said of it."""
    return _glossary(tuple((lang, tuple(glossary(lang).values())) for lang in languages()))


@functools.lru_cache(maxsize=4)
def _glossary(terms: tuple[tuple[str, tuple[Term, ...]], ...]) -> tuple[Entry, ...]:
    found = []
    for lang, named in terms:
        for entry in named:
            place = Place(None, entry.name)
            found.append(Entry(1, place, lang, fold(entry.term), entry.says))
            found.append(Entry(4, place, lang, fold(entry.says), entry.says))
    return tuple(found)
