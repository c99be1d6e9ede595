"""Renders a lesson's quiz; `quiz.py` grades."""

import streamlit as st

from study.notes import Interview, Item, Lesson, Words, app_words, colored
from study.quiz import close, shuffled, truth
from study.theme import number


def render_quiz(lesson: Lesson, lang: str, theme: str) -> None:
    """Check yourself: every item with feedback per choice. Answers live as long as the session."""
    items = lesson.quiz(lang)
    if not items:
        return
    words = app_words(lang)
    with st.container(key="quiz"):
        st.subheader(words("quiz.heading"), anchor="quiz")
        for i, item in enumerate(items):
            with st.container(border=True, key=f"quiz_{i}"):
                _item(lesson.stem, i, item, words, theme)
        if interview := lesson.interview(lang):
            with st.container(border=True, key="interview"):
                _interview(lesson.stem, interview, words, theme)


@st.fragment
def _interview(stem: str, interview: Interview, words: Words, theme: str) -> None:
    """The reader says it in their own words first; then ours, and the points to compare by."""
    key = f"{stem}._interview"
    st.markdown(f"**{words('quiz.interview')}** {colored(interview.ask, theme)}")
    st.text_area(words("quiz.own_words"), key=key, height=130, persist_state="session")
    if st.toggle(words("quiz.compare"), key=f"{key}.shown", persist_state="session"):
        st.markdown(colored(interview.answer, theme))
        said = [
            st.checkbox(colored(point, theme), key=f"{key}.{n}", persist_state="session")
            for n, point in enumerate(interview.points)
        ]
        st.caption(words("quiz.said", count=sum(said), all=len(said)))


@st.fragment
def _item(stem: str, i: int, item: Item, words: Words, theme: str) -> None:
    key = f"{stem}._quiz.{i}"
    st.markdown(colored(f"{i + 1}. {item.ask}", theme))
    {"choice": _choice, "number": _number, "predict": _predict}[item.kind](stem, key, item, words, theme)


def _verdict(good: bool, words: Words) -> str:
    return f":green[✓ {words('quiz.right')}]" if good else f":red[✗ {words('quiz.wrong')}]"


def _choice(stem: str, key: str, item: Item, words: Words, theme: str) -> None:
    choices = shuffled(item, key)
    texts = [colored(c.say, theme) for c in choices]
    options = range(len(choices))
    if sum(c.right for c in choices) == 1:
        picked = st.radio(item.ask, options, index=None, format_func=texts.__getitem__, key=key,
                          label_visibility="collapsed", persist_state="session")  # fmt: skip
        answered = [] if picked is None else [picked]
    else:
        st.caption(words("quiz.several"))
        answered = [n for n in options if st.checkbox(texts[n], key=f"{key}.{n}", persist_state="session")]
    for n in answered:
        st.markdown(f"{_verdict(choices[n].right, words)} {colored(choices[n].because, theme)}")


def _guess(key: str, button: str, words: Words) -> float | None:
    """The reader's number once they asked to compare it; None before."""
    guess = st.number_input(words("quiz.guess"), value=None, format="%.6g", key=key, persist_state="session", width=220)
    asked = f"{key}.asked"
    if st.button(words(button), key=f"{key}.go", disabled=guess is None):
        st.session_state[asked] = guess
    return guess if guess is not None and st.session_state.get(asked) == guess else None


def _number(stem: str, key: str, item: Item, words: Words, theme: str) -> None:
    guess = _guess(key, "quiz.check", words)
    if guess is not None:
        good = abs(guess - item.number) <= item.abs
        answer = "" if good else words("quiz.answer", value=number(item.number))
        st.markdown(f"{_verdict(good, words)} {answer} {colored(item.because, theme)}")


def _predict(stem: str, key: str, item: Item, words: Words, theme: str) -> None:
    guess = _guess(key, "quiz.reveal", words)
    if guess is not None:
        claim = truth(stem, item)
        verdict = f":green[✓ {words('quiz.close')}] " if close(guess, claim.measured, claim.tolerance) else ""
        told = words("quiz.truth", truth=number(claim.measured), guess=number(guess))
        st.markdown(f"{verdict}{told} {colored(item.because, theme)}")
