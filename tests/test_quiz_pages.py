"""A lesson's quiz, ten questions and the home page through Streamlit's AppTest: answered, kept, shown again, due."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from study import practice
from study.map import in_order
from study.notes import lessons
from study.quiz import truth
from study.shell.who import LOCAL
from study.words import ROOT, app_words
from study.workbook import Workbook, open_workbook
from tests.test_pages import opened, text

EN, ZH = app_words("en"), app_words("zh")
T9 = next(lesson for lesson in lessons if lesson.stem == "t9_bleu")  # its quiz has every kind of items
ITEMS = T9.quiz("en")
START = datetime(2026, 6, 1, 9, tzinfo=UTC)


def several(item) -> bool:
    return sum(choice.right for choice in item.choices) > 1


ONE = next(i for i, item in enumerate(ITEMS) if item.kind == "choice" and not several(item))
SOME = next(i for i, item in enumerate(ITEMS) if several(item))
NUMBER, PREDICT = (next(i for i, item in enumerate(ITEMS) if item.kind == kind) for kind in ("number", "predict"))
RIGHT, WRONG = (next(n for n, c in enumerate(ITEMS[ONE].choices) if c.right is good) for good in (True, False))


@pytest.fixture(autouse=True)
def clock(tmp_path, monkeypatch):
    """A workbook of its own, and clock(days=1): the time since the start from now on; it goes on a little by itself."""
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/workbook.sqlite")
    time = [START]

    def now():
        time[0] += timedelta(milliseconds=1)
        return time[0]

    monkeypatch.setattr(practice, "now", now)
    return lambda **since: time.__setitem__(0, START + timedelta(**since))


def quiz(lang: str = "en", at: int = 0) -> AppTest:
    """A new session at the lesson's quiz. at: the item that is shown."""
    return shown(coming(lang), at)


SCRIPT = """
from study.notes import Lesson
from study.shell.quiz import render_quiz
from study.shell.session import here

here().near.add("t9_bleu._quiz")
render_quiz(Lesson("t9_bleu"), {lang!r}, "light")
"""


def coming(lang: str = "en") -> AppTest:
    """The quiz alone: the lesson's page around it takes a second (test_pages.py draws it whole)."""
    return ran(AppTest.from_string(SCRIPT.format(lang=lang), default_timeout=60))


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest, at: int) -> AppTest:
    app.session_state["_here"].quizzes.at[f"{T9.stem}._quiz"] = at
    return ran(app)


def key(at: int) -> str:
    return f"{T9.stem}._quiz.{ITEMS[at].id}"


def press(app: AppTest, name: str) -> AppTest:
    next(button for button in app.button if button.key == name).click()
    return ran(app)


def choose(app: AppTest, n: int, name: str = "") -> AppTest:
    app.radio(key=f"{name or key(ONE)}.en").set_value(n)
    return ran(app)


def guess(app: AppTest, at: int, typed: str) -> AppTest:
    app.text_input(key=key(at)).input(typed)
    return press(app, f"{key(at)}._go")


def kept(at: int) -> practice.Record | None:
    return practice.load(open_workbook().kept(LOCAL, practice.name(T9.stem, ITEMS[at].id)))


def row(app: AppTest) -> list[str]:
    return [button.label for button in app.button if "._at." in button.key]


def test_one_item_stands_on_the_page_and_nothing_is_made_by_looking(tmp_path):
    app = quiz()
    asked = [item.ask for item in ITEMS if any(item.ask in markdown.value for markdown in app.markdown)]
    assert asked == [ITEMS[0].ask] and len(row(app)) == len(ITEMS)
    press(app, f"{T9.stem}._quiz._next")
    assert f"2. {ITEMS[1].ask}" in text(app) and f"1. {ITEMS[0].ask}" not in text(app)
    press(press(app, f"{T9.stem}._quiz._previous"), f"{T9.stem}._quiz._previous")
    assert f"{len(ITEMS)}. {ITEMS[-1].ask}" in text(app)  # it goes round
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("everything", [True, False])
def test_for_print_all_items_stand_there(everything):
    """Where figures are waited for, the browser asks for everything; where all have come, for the rest of the quiz."""
    app = quiz()
    memory = app.session_state["_here"]
    memory.all_near = everything
    memory.near |= set() if everything else {f"{T9.stem}._quiz._rest"}
    shown = text(ran(app))
    assert all(f"{n}. {item.ask}" in shown for n, item in enumerate(ITEMS, 1))


def test_a_choice_is_judged_kept_and_shown_at_a_later_visit_in_the_other_language():
    app = choose(quiz(at=ONE), WRONG)
    assert ITEMS[ONE].choices[WRONG].because in text(app) and EN("quiz.wrong") in text(app)
    assert (kept(ONE).first, kept(ONE).right, kept(ONE).answer) == (False, False, str(WRONG))
    assert row(app)[ONE] == f":red[{ONE + 1} ✗]" and row(app)[SOME] == f"{SOME + 1}"
    choose(app, RIGHT)
    assert (kept(ONE).first, kept(ONE).right) == (False, True)
    assert row(app)[ONE] == f":green[{ONE + 1} ↻]"
    later = quiz("zh", at=ONE)
    assert later.radio(key=f"{key(ONE)}.zh").value == RIGHT
    assert T9.quiz("zh")[ONE].choices[RIGHT].because in text(later) and ZH("quiz.right") in text(later)
    assert ZH("quiz.count", done=1, all=len(ITEMS), first=0, later=1, wrong=0) in text(later)


def test_a_switch_of_the_language_keeps_what_was_picked_and_takes_it_for_no_new_answer(clock):
    app = choose(quiz(at=ONE), WRONG)
    before = kept(ONE)
    clock(hours=1)
    for lang in ("zh", "en", "zh"):
        app._script_path = coming(lang)._script_path
        ran(app)
        assert app.radio(key=f"{key(ONE)}.{lang}").value == WRONG and kept(ONE) == before
    app.radio(key=f"{key(ONE)}.zh").set_value(RIGHT)
    ran(app)
    app._script_path = coming("en")._script_path
    assert ran(app).radio(key=f"{key(ONE)}.en").value == RIGHT and kept(ONE).right


def test_try_again_opens_an_item_anew_and_the_first_try_stays_what_it_was(clock):
    app = choose(quiz(at=ONE), WRONG)
    clock(hours=1)
    press(app, f"{key(ONE)}._again")
    assert app.radio(key=f"{key(ONE)}.en").value is None and EN("quiz.wrong") not in text(app)
    assert row(app)[ONE] == f"{ONE + 1}" and kept(ONE).answer == str(WRONG)
    choose(app, RIGHT)
    assert row(app)[ONE] == f":green[{ONE + 1} ↻]"
    assert kept(ONE).first is False and kept(ONE).card.due > START + timedelta(hours=20)


def test_several_right_choices_are_checked_together():
    app = press(quiz(at=SOME), f"{key(SOME)}._go")
    assert EN("quiz.nothing") in [warning.value for warning in app.warning] and kept(SOME) is None
    rights = [n for n, choice in enumerate(ITEMS[SOME].choices) if choice.right]
    app.checkbox(key=f"{key(SOME)}.{rights[0]}").check()
    app = press(app, f"{key(SOME)}._go")
    assert EN("quiz.missing") in text(app) and kept(SOME).right is False
    for n in rights:
        app.checkbox(key=f"{key(SOME)}.{n}").check()
    app = press(app, f"{key(SOME)}._go")
    assert kept(SOME).right is True and EN("quiz.missing") not in text(app) and not app.warning
    for n in rights:
        app.checkbox(key=f"{key(SOME)}.{n}").uncheck()
    app = press(app, f"{key(SOME)}._go")
    assert EN("quiz.nothing") in [warning.value for warning in app.warning] and EN("quiz.right") not in text(app)
    assert kept(SOME).right is True  # nothing was answered
    later = quiz(at=SOME)
    assert [n for n in range(len(ITEMS[SOME].choices)) if later.checkbox(key=f"{key(SOME)}.{n}").value] == rights


def test_a_number_is_judged_and_what_is_none_is_told_and_not_kept():
    app = quiz(at=NUMBER)
    for typed, told in (
        ("", EN("quiz.empty")),
        ("八", "八"),
        ("\x07😀" * 300, "cannot be read"),
        ("1" * 400, "cannot"),
    ):
        app = guess(app, NUMBER, typed)
        assert any(told in warning.value for warning in app.warning), typed
        assert kept(NUMBER) is None and app.text_input(key=key(NUMBER)).value == typed
    exact = f"{ITEMS[NUMBER].number:.15g}"
    app = guess(app, NUMBER, "0" * 300 + exact)  # a number all the same, kept in a shorter form
    assert kept(NUMBER).answer == exact and kept(NUMBER).first and EN("quiz.right") in text(app)
    assert quiz("zh", at=NUMBER).text_input(key=key(NUMBER)).value == exact


def test_a_prediction_is_compared_only_when_the_reader_asks():
    item = ITEMS[PREDICT]
    measured = truth(T9.stem, item).measured
    app = quiz(at=PREDICT)
    app.text_input(key=key(PREDICT)).input("-987,5")
    ran(app)
    assert kept(PREDICT) is None and EN("quiz.far") not in text(app)
    app = guess(app, PREDICT, "-987,5")
    assert EN("quiz.far") in text(app) and "-987.5" in text(app).replace("−", "-") and kept(PREDICT).right is False
    app = guess(app, PREDICT, f"{measured:.12g}")
    assert f"✓ {EN('quiz.close')}" in text(app) and kept(PREDICT).right is True and kept(PREDICT).first is False


def test_another_tabs_first_try_counts():
    one, other = quiz(at=ONE), quiz(at=ONE)
    choose(one, WRONG)
    choose(other, RIGHT)
    assert kept(ONE).first is False and kept(ONE).right is True


def test_an_answer_to_an_item_that_was_changed_since_breaks_nothing():
    stale = practice.answered(None, "seven", False, START, anew=True)
    out = practice.answered(None, "0 77", False, START, anew=True)
    for at, record in ((ONE, stale), (SOME, out), (NUMBER, practice.answered(None, "a b", True, START, anew=True))):
        open_workbook().keep(LOCAL, practice.name(T9.stem, ITEMS[at].id), practice.dump(record))
        app = quiz(at=at)
        press(app, f"{key(at)}._again")


def test_a_workbook_that_cannot_be_opened_is_told_and_the_quiz_goes_on(tmp_path, monkeypatch):
    file = tmp_path / "damaged.sqlite"
    file.write_bytes(b"no database" * 200)
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{file}")
    app = choose(quiz(at=ONE), RIGHT)
    told = EN("quiz.unkept", why=EN("workbook.unkept.damaged"))
    assert told in [warning.value for warning in app.warning]
    assert EN("quiz.right") in text(app) and row(app)[ONE] == f":green[{ONE + 1} ✓]"
    assert file.read_bytes().startswith(b"no database")
    file.unlink()  # the reader puts that right: the answer that waits is kept with the next one
    app = guess(shown(app, NUMBER), NUMBER, f"{ITEMS[NUMBER].number:.15g}")
    assert told not in [warning.value for warning in app.warning]
    book = Workbook(f"sqlite:///{file}")
    assert len(book.kept_under(LOCAL, practice.PREFIX)) == 2
    book._store.engine.dispose()


# --- ten questions and the home page ---------------------------------------------------------------------------------
def keep(at: datetime, right: bool, *names: str) -> None:
    for name in names:
        open_workbook().keep(LOCAL, name, practice.dump(practice.answered(None, "0", right, at, anew=True)))


def names_of(lesson) -> list[str]:
    return [practice.name(lesson.stem, item.id) for item in lesson.quiz("en")]


def every_name() -> list[str]:
    return [name for lesson in lessons for name in names_of(lesson)]


def far(words, done: int, all_: int, first: int, due: int) -> str:
    parts = words("progress.done", done=done, all=all_), words("progress.first", first=first)
    return " · ".join((*parts, words("progress.due", due=due)) if due else parts)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_home_tells_how_far_one_is(lang, clock):
    words, names = app_words(lang), names_of(T9)
    keep(START, True, *names[:3])
    keep(START, False, names[3])
    clock(minutes=5)
    caption = [caption.value for caption in opened(lang).caption]
    one = words("progress.lesson", far=far(words, 4, len(names), 3, 0))
    assert f"{words('lesson_size', minutes=T9.minutes(lang), demos=len(T9.demos))} · {one}" in caption
    assert sum(f" · {words('progress.lesson', far='')}" in said for said in caption) == 1  # of the begun one only
    clock(hours=1)
    assert words("progress.whole", far=far(words, 4, len(every_name()), 3, 1)) in text(opened(lang))


def test_home_says_nothing_of_quizzes_to_who_has_answered_none():
    home = text(opened("en"))
    assert EN("progress.whole", far="") not in home and EN("progress.lesson", far="") not in home


def leads(app: AppTest) -> list[str]:
    """What the links of a page say."""
    return [link.proto.label for link in app.get("page_link")]


def named(lesson) -> str:
    return f"{lesson.number} {lesson.title('en')}"


def test_home_leads_on_from_the_lesson_answered_last():
    t5, *others = in_order(lessons)
    begin, on = EN("home.start", lesson=named(t5)), [EN("home.go_on", lesson=named(one)) for one in (t5, *others)]
    assert begin in (shown := leads(opened("en"))) and not set(on) & set(shown)
    keep(START, True, *names_of(others[-1])[:1])
    keep(START + timedelta(hours=1), False, *names_of(others[2])[1:])
    assert on[3] in (shown := leads(opened("en"))) and begin not in shown  # it is not done
    keep(START + timedelta(hours=2), True, *names_of(others[2]))
    assert on[4] in leads(opened("en"))  # the next one to read
    keep(START + timedelta(hours=3), True, *names_of(others[-1]))
    assert on[0] in leads(opened("en"))  # behind the last one, what was left out
    keep(START + timedelta(hours=4), True, *every_name())
    assert not {begin, *on} & set(leads(opened("en")))


@pytest.mark.parametrize("at", [0, 3, 16])
def test_previous_and_next_follow_the_order_to_read_in(at):
    pages = ["", *(lesson.stem for lesson in in_order(lessons))]
    titles = [EN("pages.home"), *map(named, in_order(lessons))]
    neighbours = titles[max(at - 1, 0) : at] + titles[at + 1 : at + 2]
    links = [link.proto.label for link in opened("en", pages[at]).main.get("page_link")]
    assert links[-len(neighbours) :] == neighbours


def test_ten_questions_begin_with_what_is_due_and_a_round_has_an_end(clock):
    due, others = names_of(T9)[:2], [name for name in every_name() if name not in names_of(T9)[:2]]
    keep(START, True, *others)
    keep(START, False, *due)
    clock(hours=1)
    app = opened("en", "practice")
    memory = app.session_state["_here"].quizzes
    assert memory.practice == due
    assert f"1. {ITEMS[0].ask}" in text(app) and ITEMS[0].kind == "choice"
    assert app.radio[0].value is None  # it stands open, whatever was answered before
    right = next(n for n, choice in enumerate(ITEMS[0].choices) if choice.right)
    name = f"practice{memory.rounds}.{T9.stem}.{ITEMS[0].id}"
    choose(app, right, name)
    assert row(app) == [":green[1 ✓]", "2"]
    assert kept(0).first is False and kept(0).card.due > START + timedelta(hours=20)
    assert EN("practice.left", all=2) in text(app)
    keep(practice.now(), True, due[1])  # as if it were answered
    memory.records.clear()
    ran(app)
    assert EN("practice.result", all=2, right=2) in text(app)
    press(app, "_practice.more")
    assert EN("practice.none", date=f"{kept(0).card.due:%Y-%m-%d}") in [said.value for said in app.info]


def test_of_ten_questions_all_are_printed_also_two_of_one_lesson(clock):
    keep(START, False, *names_of(T9)[:2])
    clock(hours=1)
    app = opened("en", "practice")
    memory = app.session_state["_here"]
    memory.near.add(f"practice{memory.quizzes.rounds}._rest")
    shown = text(ran(app))
    assert len(row(app)) == 10 and all(f"{n}. {item.ask}" in shown for n, item in enumerate(ITEMS[:2], 1))
    assert "10. " in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_beginner_gets_ten_of_ten_lessons_and_nothing_is_made_by_looking(lang, tmp_path):
    app = opened(lang, "practice")
    chosen = app.session_state["_here"].quizzes.practice
    assert len({name.split(".")[1] for name in chosen}) == 10 and list(tmp_path.iterdir()) == []
    assert app_words(lang)("practice.intro") in text(app)


def test_ten_questions_need_no_torch():
    code = (
        "import sys; from tests.test_pages import opened; app = opened('en', 'practice'); app.run(); "
        "app.radio[0].set_value(0); app.run(); assert not app.exception and app.markdown; "
        "print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert out.stdout.split()[-1:] == ["False"], out.stdout + out.stderr


def test_a_backup_that_is_taken_in_shows_at_once(tmp_path):
    there = Workbook(f"sqlite:///{tmp_path}/there.sqlite")
    there.keep(LOCAL, names_of(T9)[ONE], practice.dump(practice.answered(None, str(RIGHT), True, START, anew=True)))
    app = opened("en", "workbook")
    app.file_uploader(key="_keep.file").set_value(("workbook.json", there.backup(LOCAL), "application/json"))
    press(ran(app), "_keep.merge")
    there._store.engine.dispose()
    assert EN("keep.records", count=1) in app.success[0].value
    assert app.session_state["_here"].quizzes.records[LOCAL].keys() == {names_of(T9)[ONE]}
    assert kept(ONE).right is True
