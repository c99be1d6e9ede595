"""The room of a class: who drives, what is shown, the poll; in one process and, on a database, in several."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from study.board import EMPTY, Board, Memory
from study.classroom import ALL_TRIES, MINUTE, OWN_TRIES, Refused, Room, TooMany
from study.place import LONGEST, Place, read
from study.workbook import Unkept, open_workbook
from study.workbook.board import Shared
from study.workbook.tables import tables

SECRET, TEACHER, A, B = "abcde-fghjk", "class.teacher", "class.a", "class.b"
LINK = "t5_attention?t5_attention.scaling.d_k=128#scaling"


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def board(request, tmp_path, monkeypatch) -> Board:
    if request.param == "memory":
        yield Memory()
        return
    server = request.getfixturevalue("postgres") if request.param == "postgres" else ""
    monkeypatch.setenv("STUDY_DATABASE_URL", server or f"sqlite:///{tmp_path}/room.sqlite")
    board = Shared(EMPTY)
    yield board
    if server:
        with board._store().engine.begin() as connection:
            connection.execute(sa.text(f"DROP TABLE {', '.join(tables.tables)}, alembic_version"))
    open_workbook()._store.engine.dispose()
    open_workbook.__globals__["_opened"].cache_clear()


@pytest.fixture
def room(board) -> Room:
    """A room that TEACHER drives."""
    room = Room(SECRET, board)
    room.enter(SECRET, TEACHER)
    return room


def test_nobody_but_the_instructor_drives(room):
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    room.vote(A, poll, [1])
    before = room.state()
    for who in (A, "", "class", "teacher", f"{TEACHER} ", "me"):
        for drive in (
            lambda who=who: room.show(who, LINK),
            lambda who=who: room.show(who, ""),
            lambda who=who: room.short(who, LINK),
            lambda who=who: room.ask(who, "t5_attention", "roles", 4),
            lambda who=who: room.close(who),
            lambda who=who: room.reveal(who),
            lambda who=who: room.end(who),
            lambda who=who: room.counts(who),
        ):
            with pytest.raises(Refused):
                drive()
        assert not room.drives(who)
    assert room.state() == before and room.counts(TEACHER) == {"1": 1}


@pytest.mark.parametrize("typed", ["", "abcde", "abcde-fghjx", "ABCDE fghjk x", "名", "\ud800", "a" * 100_000])
def test_another_secret_is_refused(typed):
    room = Room(SECRET, Memory())
    with pytest.raises(Refused):
        room.enter(typed, A)
    assert not room.drives(A)


@pytest.mark.parametrize("typed", ["abcde-fghjk", " ABCDE fghjk ", "abcdefghjk"])
def test_the_secret_as_people_type_it(typed):
    room = Room(SECRET, Memory())
    room.enter(typed, A)
    assert room.drives(A)


def test_without_a_secret_nobody_drives():
    room = Room("", Memory())
    for typed in ("", "-", "None"):
        with pytest.raises(Refused):
            room.enter(typed, A)
    assert not room.drives(A)


def test_a_few_tries_a_minute():
    now = [0.0]
    room = Room(SECRET, Memory(), clock=lambda: now[0])
    for _ in range(OWN_TRIES):
        with pytest.raises(Refused):
            room.enter("wrong", A)
    with pytest.raises(TooMany):
        room.enter(SECRET, A)
    room.enter(SECRET, B)
    now[0] = MINUTE + 1
    room.enter(SECRET, A)


def test_many_visitors_have_not_as_many_tries():
    """A student can throw their cookie away for a new one."""
    room = Room(SECRET, Memory(), clock=lambda: 0.0)
    for n in range(ALL_TRIES):
        with pytest.raises(Refused):
            room.enter("wrong", f"class.{n}")
    with pytest.raises(TooMany):
        room.enter("wrong", "class.more")


def test_who_leaves_drives_no_longer(room):
    room.leave(TEACHER)
    with pytest.raises(Refused):
        room.show(TEACHER, LINK)


def test_a_new_secret_is_a_new_class(room, board):
    assert not Room("another", board).drives(TEACHER)


def test_what_is_shown_is_seen_by_all_and_has_a_newer_version(room):
    before = room.state().version
    room.show(TEACHER, LINK)
    assert room.state().shown == Place("t5_attention", "scaling", (("t5_attention.scaling.d_k", "128"),))
    assert room.state().version == before + 1 == room.pulse()[0]
    assert room.link("now") == LINK
    room.show(TEACHER, "")
    assert room.state().shown is None and room.link("now") is None


def test_a_link_has_a_short_one_and_nobody_is_called(room):
    before, code = room.state().version, room.short(TEACHER, LINK)
    assert len(code) == 6 and room.link(code) == LINK and room.short(TEACHER, LINK) == code
    assert room.link("other") is None and room.state().version == before
    codes = [room.short(TEACHER, f"t5_attention?t5_attention.scaling.d_k={n}#scaling") for n in range(3)]
    assert len({code, *codes}) == 4


def test_students_answer_once_and_may_think_again(room):
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    for who, answer in ((A, [1]), (B, [1]), (A, [3])):
        room.vote(who, poll, answer)
    assert room.pulse()[1] == 2 and room.counts(TEACHER) == {"1": 1, "3": 1}
    room.close(TEACHER)
    assert room.pulse()[1] == 0 and room.counts(TEACHER) == {"1": 1, "3": 1}
    with pytest.raises(Refused):
        room.vote(A, poll, [0])


def test_counts_are_seen_once_they_are_revealed(room):
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    room.vote(A, poll, [2])
    with pytest.raises(Refused):
        room.counts(A)
    room.close(TEACHER)
    with pytest.raises(Refused):
        room.counts(A)
    room.reveal(TEACHER)
    assert room.counts(A) == {"2": 1} and not room.state().poll.open
    room.end(TEACHER)
    assert room.state().poll is None
    with pytest.raises(Refused):
        room.counts(A)


def test_a_new_poll_begins_without_votes(room):
    old = room.ask(TEACHER, "t5_attention", "roles", 4)
    room.vote(A, old, [2])
    new = room.ask(TEACHER, "t5_attention", "other", 2)
    assert new != old and room.counts(TEACHER) == {}
    with pytest.raises(Refused):
        room.vote(A, old, [1])


@pytest.mark.parametrize("answer", [[], [4], [-1], [0, 1], [True], ["1"], [1.0], 1, 2.5])
def test_what_is_no_choice(answer):
    room = Room(SECRET, Memory())
    room.enter(SECRET, TEACHER)
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    with pytest.raises(ValueError):
        room.vote(A, poll, answer)
    assert room.counts(TEACHER) == {}


def test_several_choices_and_numbers():
    room = Room(SECRET, Memory())
    room.enter(SECRET, TEACHER)
    room.vote(A, room.ask(TEACHER, "t5_attention", "roles", 4, several=True), [2, 0, 2])
    assert room.counts(TEACHER) == {"0": 1, "2": 1}
    poll = room.ask(TEACHER, "t5_attention", "number")
    for answer in (float("nan"), float("inf"), True, [1]):
        with pytest.raises(ValueError):
            room.vote(A, poll, answer)
    room.vote(A, poll, 3)
    room.vote(B, poll, 0.5)
    assert room.counts(TEACHER) == {"3.0": 1, "0.5": 1}


def test_a_class_answers_at_once(room):
    poll, students = room.ask(TEACHER, "t5_attention", "roles", 4), 24
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: room.vote(f"class.{n}", poll, [n % 4]), range(students)))
    room.close(TEACHER)
    assert room.counts(TEACHER) == {str(n): students // 4 for n in range(4)}


def test_what_is_written_down_names_nobody(room, board):
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    room.vote(A, poll, [2])
    written = json.dumps([board.read(), board.votes()])
    assert not any(name in written for name in (SECRET, "abcdefghjk", TEACHER, A))
    room.close(TEACHER)
    assert board.votes(now=True) == {}


def test_another_process_sees_it(room, board):
    """A second board on the same database; on no database there is no second one."""
    if isinstance(board, Memory):
        return
    other = Room(SECRET, Shared(EMPTY))
    room.show(TEACHER, LINK)
    poll = room.ask(TEACHER, "t5_attention", "roles", 4)
    assert other.drives(TEACHER) and not other.drives(A) and other.link("now") == LINK
    other.vote(A, poll, [1])
    room.close(TEACHER)
    assert room.counts(TEACHER) == {"1": 1}


def test_what_was_just_read_is_there_at_once(room, board):
    """The event loop may read it then; what waits for a database is read in a thread."""
    room.pulse()
    assert not room.waits()
    board._until = 0.0
    assert room.waits() == (not isinstance(board, Memory))


def test_a_database_that_fails_leaves_what_was_read(room, board, monkeypatch):
    if isinstance(board, Memory):
        return
    room.show(TEACHER, LINK)
    with monkeypatch.context() as patch:
        patch.setenv("STUDY_DATABASE_URL", "postgresql+psycopg://nobody@/none?host=/nowhere")
        board._until = 0.0
        assert room.link("now") == LINK
        with pytest.raises(Unkept):
            room.show(TEACHER, "")
    board._until = 0.0
    assert room.link("now") == LINK


@pytest.mark.parametrize(
    "place",
    [
        Place("t5_attention"),
        Place("t5_attention", "scaling"),
        Place("t5_attention", "scaling", (("t5_attention.scaling.d_k", "128"),), "weights"),
        Place("t5_attention", "masks", (("t5_attention.sentence", "it & <b>她</b> #1?"),)),
    ],
)
def test_a_place_is_read_from_its_link(place):
    assert read(place.link()) == place


LONG = "t5_attention?x=" + "y" * LONGEST
MANY = "t5_attention?" + "&".join(f"a{n}=1" for n in range(101))
NO_PLACES = [
    "", "//evil.example/t5_attention", "https://evil.example", "javascript:alert(1)", "../x", "t5_attention/x",
    "t5_attention#<b>", "t5_attention?a", "T5", "t5_attention?t5_attention.scaling.step=%0a#scaling", "http://[",
]  # fmt: skip


@pytest.mark.parametrize("link", [*NO_PLACES, LONG, MANY], ids=lambda link: link[:40])
def test_what_is_no_place(link):
    assert read(link) is None


def test_of_another_lesson_s_controls_a_place_takes_none():
    assert read("t5_attention?t2_layer_vs_batch_norm.a.b=1&lang=zh#scaling") == Place("t5_attention", "scaling")
