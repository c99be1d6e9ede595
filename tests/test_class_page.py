"""A class through Streamlit's AppTest: who sees what, who may drive, following, the poll; visitors by their cookie."""

import base64
import io
from types import SimpleNamespace

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from study.classroom import open_room
from study.demo import demos
from study.markdown import plain, symbols
from study.notes import lessons
from study.place import Place
from study.shell import classroom, visitor, who
from study.words import app_words
from study.workbook import QUESTIONS, Workbook, open_workbook
from tests.test_pages import opened, text

T5 = next(lesson for lesson in lessons if lesson.stem == "t5_attention")
PLACE = Place("t5_attention", "scaling", (("t5_attention.scaling.d_k", "128"),))
SECRET = "abcde-fghjk"
TEACHER, A, B = "T" * 32, "A" * 32, "B" * 32
EN, ZH = app_words("en"), app_words("zh")
_OUT = io.BytesIO()
Image.new("RGB", (8, 8)).save(_OUT, "PNG")
PNG = _OUT.getvalue()
each_lang = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture
def visit(tmp_path, monkeypatch):
    """visit(token, page): the page as the browser with this cookie has it, in a class of its own."""
    monkeypatch.setenv("STUDY_CLASS", "1")
    monkeypatch.setenv("STUDY_SECRET", SECRET)
    monkeypatch.setenv("STUDY_HOSTS", "192.168.1.7,localhost")
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{tmp_path}/class.sqlite")
    cookies = []
    monkeypatch.setattr(visitor, "token", lambda _: cookies[-1])  # AppTest has no cookies

    class Visit:
        def __init__(self, token: str, page: str = "", lang: str = "en", **query: str):
            self.token = token
            cookies.append(token)
            self.app = opened(lang, page, **query)

        def run(self) -> "Visit":
            cookies.append(self.token)
            self.app.run()
            assert not self.app.exception, self.app.exception
            return self

        def press(self, key: str) -> "Visit":
            cookies.append(self.token)
            self.app.button(key=key).click().run()
            assert not self.app.exception, self.app.exception
            return self

        def widgets(self) -> set[str]:
            widgets = (*self.app.button, *self.app.toggle, *self.app.selectbox, *self.app.radio, *self.app.text_input)
            return {widget.key for widget in widgets}

        def memory(self):
            return self.app.session_state["_here"]

    return Visit


@pytest.fixture
def teacher(visit):
    """The instructor, who has entered, on the page of T5."""
    page = enter(visit(TEACHER, "classroom"), SECRET)
    assert EN("class.you_drive") in text(page.app)
    return visit(TEACHER, T5.stem)


def enter(page, typed: str):
    page.app.text_input(key="_class_secret").input(typed)
    button = next(b for b in page.app.button if b.label == EN("class.enter"))
    button.click()
    return page.run()


def name(token: str) -> str:
    return who._name("class", token)


def listed(app: AppTest) -> bool:
    return any(
        link.proto.page_script_hash and EN("pages.classroom") == link.proto.label for link in app.get("page_link")
    )


# --- whose workbook --------------------------------------------------------------------------------------------------
def test_outside_a_class_there_is_one_reader_and_no_strip(monkeypatch):
    monkeypatch.delenv("STUDY_CLASS", raising=False)
    app = opened("en", "classroom")
    assert EN("class.alone") in text(app) and EN("class.waiting") not in text(app)
    assert not listed(app)
    monkeypatch.setenv("STUDY_CLASS", "0")
    assert who.student() == who.LOCAL


@each_lang
def test_a_student_has_a_name_that_stays(lang, visit):
    words = app_words(lang)
    first, again, other = (visit(token, "classroom", lang) for token in (A, A, B))
    said = words("class.you_are", name=who.pseudonym(name(A), words))
    assert said in text(first.app) and said in text(again.app) and said not in text(other.app)
    assert listed(first.app) == (lang == "en")
    assert words("class.kept") in text(first.app)


def test_a_browser_without_a_cookie_is_somebody_else_each_time_and_is_told(visit):
    one, two = visit("", "classroom"), visit("", "classroom")
    assert [w.value for w in one.app.warning] == [EN("class.no_cookie")]
    assert one.memory().room.visitor != two.memory().room.visitor
    assert text(one.app) != text(two.app)


def test_pseudonyms_are_many():
    assert len({who.pseudonym(f"class.{n}", EN) for n in range(500)}) > 490
    for words in (EN, ZH):
        assert (len(words("class.kinds").split()), len(words("class.animals").split())) == (16, 24)


def test_what_one_writes_no_other_reads(visit):
    """Answers, pictures, hand-in, backup, earlier versions; A has written, B looks everywhere."""
    open_workbook().save(name(A), T5.stem, "Written by A.", (), seen=0)
    open_workbook().pictures(name(A)).take("of_a.png", PNG)
    open_workbook().keep(name(A), "quiz.x", "picked by A")
    mine, theirs = visit(A, "workbook"), visit(B, "workbook")
    assert EN("hand_in.answered", count=1, all=len(QUESTIONS)) in text(mine.app)
    assert EN("hand_in.answered", count=0, all=len(QUESTIONS)) in text(theirs.app)
    assert EN("hand_in.nothing") in text(theirs.app)
    lesson = visit(B, T5.stem)
    lesson.memory().near.add(f"{T5.stem}._answer")
    lesson.run()
    assert "Written by A." not in text(lesson.app) and EN("workbook.nothing") in text(lesson.app)
    open_workbook().save(name(B), T5.stem, "![](of_a.png)", (), seen=0)
    lesson = visit(B, T5.stem)
    lesson.memory().near.add(f"{T5.stem}._answer")
    lesson.run()
    assert EN("workbook.picture_missing", name=plain("of_a.png")) in [said.value for said in lesson.app.warning]
    assert not lesson.app.image
    assert "![](of_a.png)" in [code.value for code in mine.app.code]
    assert "![](of_a.png)" not in [code.value for code in visit(B, "workbook").app.code]
    assert b"by A" in open_workbook().backup(name(A))
    of_b = open_workbook().backup(name(B))
    assert b"by A" not in of_b and base64.b64encode(PNG) not in of_b
    assert [answer.text for answer in open_workbook().versions(name(B), T5.stem)] == ["![](of_a.png)"]
    assert open_workbook().answers("me") == {}


def test_a_student_deletes_what_is_theirs_and_nothing_else(visit):
    for token in (A, B):
        open_workbook().save(name(token), T5.stem, f"By {token[0]}.", (), seen=0)
        open_workbook().keep(name(token), "quiz.x", "1")
        open_workbook().pictures(name(token)).take("a.png", PNG)
    page = visit(A, "classroom")
    assert page.app.button(key="_class_forget").disabled
    page.app.checkbox(key="_class_sure").check()
    page.run().press("_class_forget")
    assert [said.value for said in page.app.success] == [EN("class.forgotten")]
    assert open_workbook().answers(name(A)) == {} and open_workbook().kept(name(A), "quiz.x") is None
    assert open_workbook().answers(name(B))[T5.stem].text == "By B."
    assert [len(open_workbook().pictures(name(token)).all()) for token in (A, B)] == [0, 1]
    assert page.app.button(key="_class_forget").disabled


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ({}, "class"),
        ({"is_logged_in": False, "iss": "https://school", "sub": "1"}, "class"),
        ({"is_logged_in": True, "sub": "1"}, "class"),
        ({"is_logged_in": True, "iss": "https://school", "sub": "1", "name": "Somebody Real"}, "oidc"),
    ],
)
def test_who_is_logged_in_is_their_account(monkeypatch, user, kind):
    monkeypatch.setenv("STUDY_CLASS", "1")
    context = SimpleNamespace(cookies={visitor.COOKIE: A})
    monkeypatch.setattr(who, "st", SimpleNamespace(user=SimpleNamespace(to_dict=lambda: user), context=context))
    assert who.student().startswith(f"{kind}.") and "Real" not in who.student()
    one = who.student()
    assert (who.student() == one) and (one == name(A)) == (kind == "class")
    if kind == "oidc":
        for changed in ({"iss": "https://other"}, {"sub": "2"}):
            monkeypatch.setattr(who.st.user, "to_dict", lambda changed=changed: user | changed)
            assert who.student().startswith("oidc.") and who.student() != one


# --- who drives ------------------------------------------------------------------------------------------------------
def test_another_secret_lets_nobody_in(visit):
    page = visit(A, "classroom")
    for typed in ("", "<b>abcde-fghjk</b>", "x" * 100, "口令😀\x07"):
        refused(enter(page, typed))


def refused(page):
    assert [w.value for w in page.app.warning] == [EN("class.wrong_secret")]
    assert "_class_lead" not in page.widgets() and not open_room().drives(name(A))
    assert page.app.text_input(key="_class_secret").value == ""


def test_too_many_tries_are_told(visit):
    page = visit(A, "classroom")
    for _ in range(6):
        page = enter(page, "wrong")
    assert [w.value for w in page.app.warning] == [EN("class.too_many")]


def test_only_the_instructor_sees_what_drives(visit, teacher):
    assert "_class_lead" in teacher.widgets() and "_class_follow" not in teacher.widgets()
    student = visit(A, T5.stem)
    assert "_class_lead" not in student.widgets() and "_class_follow" in student.widgets()
    again = visit(TEACHER, "classroom")  # a reload, another tab: the cookie knows them
    assert "_class_leave" in again.widgets()
    assert "_class_lead" not in again.press("_class_leave").widgets()


def _tries() -> None:
    """What a student's session could call: everything that drives."""
    from study.classroom import Refused, open_room
    from study.notes import sound
    from study.shell import classroom, poll
    from study.shell.session import here
    from study.shell.who import student

    room, refused = open_room(), 0
    classroom._show("t5_attention#symmetry")
    poll._open("t5_attention", sound("t5_attention").quiz("en")[0])
    for drive in (room.close, room.reveal, room.end):
        poll._do(drive)
    for drive in (lambda: room.counts(student()), lambda: room.short(student(), "t5_attention")):
        try:
            drive()
        except Refused:
            refused += 1
    here().room.said = f"{here().room.said} {refused}"


def test_a_student_s_session_that_calls_what_drives_is_refused(visit, teacher, monkeypatch):
    room = open_room()
    room.show(name(TEACHER), PLACE.link())
    room.ask(name(TEACHER), T5.stem, T5.quiz("en")[0].id, 4)
    before = room.state()
    monkeypatch.setattr(visitor, "token", lambda _: A)
    app = AppTest.from_function(_tries).run()
    assert not app.exception and app.session_state["_here"].room.said == "not_done 2"
    assert open_room().state() == before


# --- following -------------------------------------------------------------------------------------------------------
def lead(teacher, place: Place = PLACE):
    teacher.memory().room.at = place  # as the browser reports it
    teacher.app.toggle(key="_class_lead").set_value(True)
    return teacher.run()


def test_what_the_instructor_shows_is_offered_and_not_forced(visit, teacher):
    student = visit(A)
    assert EN("class.waiting") in text(student.app)
    lead(teacher)
    assert EN("class.shown", place=f"T5 · {T5.demo_titles('en')['scaling']}") in text(teacher.app)
    student.run()
    assert EN("class.is_at", place=f"T5 · {T5.demo_titles('en')['scaling']}") in text(student.app)
    assert not student.memory().room.go
    student.press("_class_go")
    assert student.memory().room.go["page"] == T5.stem and student.memory().room.go["demo"] == "scaling"
    assert student.memory().room.coming == PLACE and not student.memory().room.follows


def test_who_arrives_has_the_instructor_s_values(visit, teacher):
    lead(teacher, Place(PLACE.stem, PLACE.demo, PLACE.query, "lengths"))
    student = visit(A).press("_class_go")
    student.app._page_hash = visit(B, T5.stem).app._page_hash  # the browser follows the side bar's link
    student.run()
    assert student.app.session_state["t5_attention.scaling.d_k"] == 128
    assert student.memory().steps["t5_attention.scaling"]["name"] == "lengths"
    assert student.memory().room.coming is None


def test_who_follows_on_the_same_page_keeps_the_other_demos(visit, teacher):
    student = visit(A, T5.stem, **{"t5_attention.scaling.d_k": "16"})
    other = demos(T5.stem)["real_heads"].params[1]
    student.app.session_state[other.key] = before = other.control.clean(5)
    student.app.toggle(key="_class_follow").set_value(True)
    student.run()
    assert student.app.session_state["t5_attention.scaling.d_k"] == 16
    lead(teacher)
    for follows in (False, True):
        student.app.toggle(key="_class_follow").set_value(follows)
        student.run()
    assert student.app.session_state["t5_attention.scaling.d_k"] == 128
    assert student.app.session_state[other.key] == before


def test_who_lets_go_stays(visit, teacher):
    student = visit(A, T5.stem)
    student.app.toggle(key="_class_follow").set_value(True)
    student.run()
    student.app.toggle(key="_class_follow").set_value(False)
    student.run()
    lead(teacher)
    student.run()
    assert not student.memory().room.go


def test_a_place_that_is_not_here_takes_nobody_anywhere(visit, teacher):
    open_room().show(name(TEACHER), "t99_gone#x")
    student = visit(A).press("_class_go")
    assert not student.memory().room.go and student.memory().room.coming is None


def _reports() -> None:
    """The instructor's browser says what is in sight: of what is no demo of ours at most the open lesson remains."""
    from study.shell import classroom
    from study.shell.session import here

    memory = here()
    memory.stem, memory.room.leads = "t5_attention", True
    memory.link = {"t5_attention.scaling.d_k": "128", "t5_attention.sentence": "It is.", "t5_attention.masks.kind": "x"}
    for said in ({"demo": 5}, {"demo": "t5_attention.<b>"}, {"demo": "x.y", "step": []}, {"demo": "t99_gone.x"}):
        classroom.event = lambda key, name, said=said: said
        classroom._at()
    memory.room.said = memory.room.at.link()
    classroom.event = lambda key, name: {"demo": "t5_attention.scaling", "step": "lengths", "n": 1}
    classroom._at()


def test_what_the_instructor_s_browser_reports_is_shown(visit, teacher, monkeypatch):
    monkeypatch.setattr(visitor, "token", lambda _: TEACHER)
    monkeypatch.setattr(classroom, "event", None)  # put back afterwards
    app = AppTest.from_function(_reports).run()
    assert not app.exception and app.session_state["_here"].room.said == T5.stem
    assert open_room().state().shown == Place(T5.stem, "scaling", PLACE.query, "lengths")


def test_a_link_to_what_is_in_sight_is_made_once_it_is_asked_for(visit, teacher):
    lead(teacher)
    assert not teacher.app.code and open_room().link("now") == PLACE.link()
    teacher.app.session_state["_class_link"] = True
    teacher.run()
    code = teacher.app.code[0].value.rpartition("/")[2]
    assert teacher.app.code[0].value == f"http://192.168.1.7/go/{code}" and open_room().link(code) == PLACE.link()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("http://localhost:8501/classroom", "http://192.168.1.7:8501"),
        ("http://127.0.0.1:9000/", "http://192.168.1.7:9000"),
        ("https://study.school.example/t5_attention", "https://study.school.example"),
        ("http://[2001:db8::1]:8501/", "http://[2001:db8::1]:8501"),
        ("", "http://192.168.1.7"),
    ],
)
def test_others_are_told_an_address_that_they_can_reach(monkeypatch, at, expected):
    monkeypatch.setenv("STUDY_HOSTS", "192.168.1.7, box, localhost")
    monkeypatch.setattr(classroom, "st", SimpleNamespace(context=SimpleNamespace(url=at)))
    assert classroom.base() == expected


# --- the poll --------------------------------------------------------------------------------------------------------
def ask(kind: str) -> str:
    """The instructor asks an item of this kind; the poll's id."""
    item = next(i for i in T5.quiz("en") if i.kind == kind)
    several = sum(choice.right for choice in item.choices) > 1
    return open_room().ask(name(TEACHER), T5.stem, item.id, len(item.choices), several)


def bars(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


@each_lang
def test_a_poll_from_its_question_to_its_answers(lang, visit, teacher):
    teacher.app.selectbox(key=f"_poll_{T5.stem}.en").set_value(single().id)
    teacher.run().press(f"_poll_open_{T5.stem}")
    poll, words = open_room().state().poll, app_words(lang)
    students = [visit(token, lang=lang) for token in (A, B)]
    for student, pick in zip(students, (0, 1), strict=True):
        student.app.radio(key=f"_poll.{poll.id}.{lang}").set_value(pick)
        student.run()
        assert f"✓ {words('class.poll.in')}" in text(student.app)
        assert not bars(student.app), "nobody sees what others answered"
    teacher.run()
    assert EN("class.poll.answers", count=2) in text(teacher.app) and not bars(teacher.app)
    teacher.press("_poll_reveal")
    for page in (teacher, *students):
        shown = bars(page.run().app)
        assert [line.startswith("**1**") for line in shown] == [True, True] + [False] * (poll.options - 2)
    assert not students[0].app.radio
    teacher.press("_poll_end")
    assert open_room().state().poll is None and not bars(students[0].run().app)


def single():
    return next(i for i in T5.quiz("en") if i.kind == "choice" and sum(c.right for c in i.choices) == 1)


def test_what_is_no_number_counts_for_nothing_and_is_told(visit, teacher):
    poll, student = ask("number"), visit(A)
    for typed in ("seven", "😀", "1e999", "<b>3</b>", "9" * 90):
        student.app.text_input(key=f"_poll.{poll}").input(typed)
        student.run()
        assert open_room().pulse()[1] == typed.isdigit()
        assert len(student.app.warning) == (not typed.isdigit())


def test_numbers_are_counted_and_the_right_one_is_told(visit, teacher):
    poll, item = ask("number"), next(i for i in T5.quiz("en") if i.kind == "number")
    for token, typed in ((A, "3"), (B, "0,5")):
        student = visit(token)
        student.app.text_input(key=f"_poll.{poll}").input(typed)
        student.run()
        assert EN("class.poll.in_number", value=typed.replace(",", ".")) in text(student.app)
    open_room().reveal(name(TEACHER))
    shown = visit(A)
    assert bars(shown.app) == ["**1** · 0.5", "**1** · 3"]
    assert symbols(item.because)[:20] in text(shown.app)


def test_a_late_answer_is_told(visit, teacher):
    poll, student = ask("number"), visit(A)
    open_room().close(name(TEACHER))
    student.app.text_input(key=f"_poll.{poll}").input("3")
    student.run()
    assert EN("class.poll.late") in [w.value for w in student.app.warning]


def test_a_workbook_of_a_class_is_not_the_one_at_home(visit, tmp_path):
    book = Workbook(f"sqlite:///{tmp_path}/class.sqlite")
    book.save("me", T5.stem, "Written at home.", (), seen=0)
    assert EN("hand_in.nothing") in text(visit(A, "workbook").app)
