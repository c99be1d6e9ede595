"""One quiz item: asked, answered, opened anew; `study/quiz.py` grades, progress.py keeps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from study import practice, typed_number
from study.demo import Claim
from study.markdown import colored, plain
from study.practice import Record, Sign
from study.quiz import Item, close, shuffled, told, truth, within
from study.shell import progress
from study.shell.code import code
from study.shell.picks import choose, pick
from study.shell.session import begin, here, put, value
from study.words import Words

Grade = Callable[[float], bool]  # of a guess: is it right?


@dataclass(frozen=True)
class Asked:
    """An item where it is asked. key: of its widgets. page, label: of the lesson, where it is asked elsewhere."""

    stem: str
    item: Item
    key: str
    page: Any = None
    label: str = ""

    @property
    def name(self) -> str:
        return practice.name(self.stem, self.item.id)

    @property
    def record(self) -> Record | None:
        """What was answered in this round; None while the item is open."""
        record, since = progress.records().get(self.name), here().quizzes.opened.get(self.key)
        return record if record and (since is None or record.at > since) else None

    @property
    def sign(self) -> Sign:
        return practice.sign(self.record, here().quizzes.tries.get(self.key) if self.page else None)


def quiz_item(i: int, asked: Asked, words: Words, theme: str) -> None:
    """Draws an item. i: its place in its row, from 0."""
    if asked.page:
        with st.container(key=f"to_practice_{i}_{asked.stem}--quiz"):
            st.page_link(asked.page, label=asked.label)
    st.markdown(colored(f"{i + 1}. {asked.item.ask}", theme))
    if asked.item.code:
        code(asked.item.code)
    draw = {"choice": _choice, "number": _number, "predict": _predict}[asked.item.kind]
    draw(asked, asked.record, words, theme)
    if asked.record:
        st.button(words("quiz.again"), key=f"{asked.key}._again", on_click=_again, args=(asked,), type="tertiary")


def _again(asked: Asked) -> None:
    """Opens an item anew."""
    memory = here().quizzes
    memory.opened[asked.key] = practice.now()
    for left in (memory.tries, memory.shown, memory.checked):
        left.pop(asked.key, None)
    if asked.item.several:
        for n in range(len(asked.item.choices)):
            put(f"{asked.key}.{n}", False)
    elif asked.item.choices:
        choose(asked.key, None)
    else:
        put(asked.key, "")


def _answer(asked: Asked, answer: str, right: bool) -> None:
    """The reader answers."""
    anew = asked.record is None
    if anew:
        here().quizzes.tries[asked.key] = right
    progress.keep(asked.name, answer, right, anew)
    if record := asked.record:
        here().quizzes.shown[asked.key] = record.at


def _shows(asked: Asked, record: Record | None) -> bool:
    """Are the widgets to be set to this record: a kept one, or one of another place where the item was asked?"""
    shown = here().quizzes.shown
    if record is None or shown.get(asked.key) == record.at:
        return False
    shown[asked.key] = record.at
    return True


def _verdict(good: bool, words: Words) -> str:
    return f":green[✓ {words('quiz.right')}]" if good else f":red[✗ {words('quiz.wrong')}]"


# --- choices: named by their positions in the yaml, the same in every language ---------------------------------------
def _choice(asked: Asked, record: Record | None, words: Words, theme: str) -> None:
    choices = asked.item.choices
    order = [choices.index(choice) for choice in shuffled(asked.item, f"{asked.stem}._quiz.{asked.item.id}")]
    texts = [colored(choice.say, theme) for choice in choices]
    answered = [n for n in map(int, record.answer.split()) if n < len(choices)] if _positions(record) else []
    draw = _ticks if asked.item.several else _radio
    draw(asked, order, texts, answered if _shows(asked, record) else None, words)
    if here().quizzes.checked.get(asked.key) == "":
        return  # a verdict on what was ticked before would stand beside the warning that nothing is
    for n in answered:
        st.markdown(f"{_verdict(choices[n].right, words)} {colored(choices[n].because, theme)}")
    if answered and all(choices[n].right for n in answered) and not _all_right(asked.item, answered):
        st.markdown(f":red[✗ {words('quiz.missing')}]")


def _positions(record: Record | None) -> bool:
    """The item may have been of another kind when it was answered."""
    return bool(record) and all(n.isascii() and n.isdigit() for n in record.answer.split())


def _all_right(item: Item, answered: Sequence[int]) -> bool:
    return set(answered) == {n for n, choice in enumerate(item.choices) if choice.right}


def _radio(asked: Asked, order: list[int], texts: list[str], kept: list[int] | None, words: Words) -> None:
    def chosen(n: int | None) -> None:
        if n is not None:
            _answer(asked, str(n), asked.item.choices[n].right)

    if kept:
        choose(asked.key, kept[0])
    said = texts.__getitem__
    pick(st.radio, asked.item.ask, order, said, asked.key, words.lang, chosen, index=None, label_visibility="collapsed")


def _ticks(asked: Asked, order: list[int], texts: list[str], kept: list[int] | None, words: Words) -> None:
    def check() -> None:
        ticked = [n for n in sorted(order) if value(f"{asked.key}.{n}")]
        here().quizzes.checked[asked.key] = " ".join(map(str, ticked))
        if ticked:
            _answer(asked, here().quizzes.checked[asked.key], _all_right(asked.item, ticked))

    st.caption(words("quiz.several"))
    for n in order:
        key = f"{asked.key}.{n}"
        begin(key, False)
        if kept is not None:
            put(key, n in kept)
        st.checkbox(texts[n], key=key, persist_state="session")
    st.button(words("quiz.check"), key=f"{asked.key}._go", on_click=check)
    if here().quizzes.checked.get(asked.key) == "":
        st.warning(words("quiz.nothing"))


# --- numbers ---------------------------------------------------------------------------------------------------------
def _guess(asked: Asked, record: Record | None, button: str, grade: Grade, words: Words) -> float | None:
    """The reader's number once they asked to compare it; None before, and where it is none."""
    key, checked = asked.key, here().quizzes.checked

    def check() -> None:
        typed = checked[key] = (value(key) or "").strip()
        guess = _read(typed)
        if guess is not None:
            if len(typed) > practice.LONGEST:
                put(key, typed := f"{guess:.15g}")
            _answer(asked, typed, grade(guess))

    if _shows(asked, record):
        put(key, record.answer)
    with st.form(f"{key}._form", border=False):  # Enter in the box presses the button; to leave the box does not
        typed = st.text_input(words("quiz.guess"), key=key, persist_state="session", width=220).strip()
        st.form_submit_button(words(button), key=f"{key}._go", on_click=check)
    if record and typed == record.answer:
        return _read(typed)
    if checked.get(key) == typed:
        st.warning(words("quiz.no_number", typed=plain(typed)) if typed else words("quiz.empty"))
    return None


def _read(typed: str) -> float | None:
    try:
        return typed_number.read(typed)
    except ValueError:
        return None


def _number(asked: Asked, record: Record | None, words: Words, theme: str) -> None:
    item = asked.item
    guess = _guess(asked, record, "quiz.check", lambda guess: within(guess, item), words)
    if guess is not None:
        good = within(guess, item)
        answer = "" if good else words("quiz.answer", value=told(item.number, words.lang))
        st.markdown(f"{_verdict(good, words)} {answer} {colored(item.because, theme)}")


def _predict(asked: Asked, record: Record | None, words: Words, theme: str) -> None:
    def near(guess: float) -> bool:
        return close(guess, _truth(asked).measured, _truth(asked).tolerance)

    guess = _guess(asked, record, "quiz.reveal", near, words)
    if guess is not None:
        verdict = f":green[✓ {words('quiz.close')}]" if near(guess) else f":red[✗ {words('quiz.far')}]"
        measured = told(_truth(asked).measured, words.lang)
        both = words("quiz.truth", truth=measured, guess=told(guess, words.lang))
        st.markdown(f"{verdict} {both} {colored(asked.item.because, theme)}")


def _truth(asked: Asked) -> Claim:
    """Computed once a session: the demo may be a model that thinks for a second."""
    truths = here().quizzes.truths
    if asked.name not in truths:
        with here().budget.spending():
            truths[asked.name] = truth(asked.stem, asked.item)
    return truths[asked.name]
