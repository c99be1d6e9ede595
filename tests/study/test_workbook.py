"""The workbook keeps every answer, on SQLite and on PostgreSQL alike."""

import base64
import io
import itertools
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from PIL import Image

from study import practice
from study.export.photos import Refused
from study.notes import stems
from study.words import ROOT
from study.workbook import (
    LONGEST,
    QUESTIONS,
    Conflict,
    Merged,
    Newer,
    NotABackup,
    TooLong,
    Workbook,
    begun,
    clean,
    store,
)
from study.workbook import pictures as workbook_pictures
from study.workbook.pictures import free
from study.workbook.tables import tables as METADATA

ASKED = "t5_attention"
NUMBERS = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, tmp_path):
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new folder/workbook.sqlite"
        return
    server, name = request.getfixturevalue("postgres"), f"workbook_{next(NUMBERS)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def book(url):
    book = Workbook(url)
    yield book
    book._store.engine.dispose()


def drawn(n: int, kind: str = "PNG") -> bytes:
    """A picture that differs from those of other numbers."""
    out = io.BytesIO()
    Image.new("RGB", (20 + n, 10)).save(out, kind)
    return out.getvalue()


def tables(book):
    return set(sa.inspect(book._store.engine).get_table_names())


def test_the_questions_are_the_lessons_and_four_more():
    assert QUESTIONS[:16] == tuple(stem for stem in stems() if stem[0] in "tb")
    assert QUESTIONS[16:] == ("x1", "x2", "x3", "free")


def test_to_ask_whether_a_workbook_was_begun_makes_none(tmp_path, monkeypatch):
    for address in (f"sqlite:///{tmp_path}/book.sqlite", f"sqlite:///{tmp_path}/book.sqlite?timeout=5"):
        monkeypatch.setenv("STUDY_DATABASE_URL", address)
        (tmp_path / "book.sqlite").unlink(missing_ok=True)
        assert not begun() and not list(tmp_path.iterdir())
        Workbook()._store.engine.dispose()
        assert begun()
    monkeypatch.setenv("STUDY_DATABASE_URL", "postgresql+psycopg://postgres@/book")
    assert begun()


def test_an_answer_is_kept(book, url):
    before = datetime.now(UTC)
    assert book.answer("me", ASKED) is None and book.answers("me") == {} and book.versions("me", ASKED) == []
    saved = book.save("me", ASKED, "注意力 $QK^T$", {"0", "2"}, seen=0)
    assert (saved.text, saved.points, saved.version, saved.question) == ("注意力 $QK^T$", {"0", "2"}, 1, ASKED)
    assert before <= saved.saved <= datetime.now(UTC) and saved.saved.utcoffset() == timedelta(0)
    again = Workbook(url)
    assert again.answer("me", ASKED) == saved and again.answers("me") == {ASKED: saved}
    again._store.engine.dispose()


def test_each_student_has_a_workbook_of_their_own(book):
    book.save("me", ASKED, "mine", (), 0)
    book.save("you", ASKED, "yours", (), 0)
    book.keep("me", "quiz.t5", "1")
    assert book.answer("me", ASKED).text == "mine" and book.answer("you", ASKED).text == "yours"
    assert book.kept("you", "quiz.t5") is None and book.kept("me", "quiz.t5") == "1"


def test_versions_are_kept_and_restored(book):
    for n, text in enumerate(("one", "two", "three")):
        book.save("me", ASKED, text, {str(n)}, seen=n)
    assert [(a.version, a.text, a.points) for a in book.versions("me", ASKED)] == [
        (3, "three", {"2"}),
        (2, "two", {"1"}),
        (1, "one", {"0"}),
    ]
    assert book.restore("me", ASKED, 1).version == 4
    assert book.answer("me", ASKED).same("one", {"0"})
    assert [a.text for a in book.versions("me", ASKED)] == ["one", "three", "two", "one"]
    with pytest.raises(KeyError):
        book.restore("me", ASKED, 9)


def test_what_says_the_same_is_no_further_version(book):
    first = book.save("me", ASKED, "text", {"1"}, 0)
    assert book.save("me", ASKED, "text", ["1", "1"], 1) == first == book.save("me", ASKED, "text", {"1"}, 0)
    assert book.save("me", ASKED, "text", {"2"}, 1).version == 2


def test_the_older_of_two_tabs_overwrites_nothing(book):
    book.save("me", ASKED, "begun", (), 0)
    book.save("me", ASKED, "tab A", (), 1)
    with pytest.raises(Conflict) as told:
        book.save("me", ASKED, "tab B", (), 1)
    assert told.value.theirs == book.answer("me", ASKED) and told.value.theirs.text == "tab A"
    assert [a.text for a in book.versions("me", ASKED)] == ["tab A", "begun"]
    assert book.save("me", ASKED, "tab B", (), seen=2).version == 3
    with pytest.raises(Conflict):
        book.save("me", ASKED, "never saw any", (), 0)


def test_a_version_that_went_back_to_what_was_seen_is_no_conflict(book):
    book.save("me", ASKED, "begun", (), 0)
    book.save("me", ASKED, "other", (), 1)
    book.restore("me", ASKED, 1)
    assert book.save("me", ASKED, "goes on", (), seen=1).version == 4


def test_of_many_who_answer_at_once_one_is_first(book):
    gate = threading.Barrier(6)

    def save(n):
        gate.wait()
        try:
            return book.save("me", ASKED, f"text {n}", (), 0)
        except Conflict as conflict:
            return conflict.theirs

    with ThreadPoolExecutor(6) as pool:
        results = set(pool.map(save, range(6)))
    assert results == {book.answer("me", ASKED)} and len(book.versions("me", ASKED)) == 1


def test_many_students_save_at_once(book):
    def work(student):
        for n in range(8):
            book.save(student, ASKED, f"{student} {n}", (), n)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(work, "abcde"))
    assert {s: book.answer(s, ASKED).text for s in "abcde"} == {s: f"{s} 7" for s in "abcde"}


def test_versions_go_by_number_when_the_clock_goes_back(book, monkeypatch):
    for n in range(3):
        monkeypatch.setattr(store, "_now", lambda n=n: datetime(2026, 6, 1, 12 - n, tzinfo=UTC).isoformat())
        book.save("me", ASKED, f"text {n}", (), n)
    versions = book.versions("me", ASKED)
    assert [a.text for a in versions] == ["text 2", "text 1", "text 0"] and versions[0].saved < versions[2].saved
    assert book.answers("me")[ASKED].text == "text 2"


def test_old_versions_are_thinned_and_recent_ones_stay(book, monkeypatch):
    monkeypatch.setattr(store, "RECENT", 5)
    start = datetime(2026, 6, 1, tzinfo=UTC)
    for n in range(60):  # a version a minute
        monkeypatch.setattr(store, "_now", lambda n=n: (start + timedelta(minutes=n)).isoformat())
        book.save("me", ASKED, f"text {n}", (), n)
    minutes = [int(a.text.split()[1]) for a in book.versions("me", ASKED)]
    assert minutes[:5] == [59, 58, 57, 56, 55] and {0, 10, 20, 30, 40, 50} <= set(minutes)
    assert len(minutes) <= 5 + 6 + 1


HOSTILE = ["\x00", "a\x00b\x01\x1b[31m", "👩‍🔬🫨\U0010ffff", "\ud800 half", "a\r\nb\rc", "'; DROP TABLE answers; --",
           "<script>alert(1)</script>", "‮rtl", "%s %(a)s :a {b}", " " * 50, ""]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_kept_as_text(book, text):
    saved = book.save("me", ASKED, text, {text[:9]}, 0)
    assert saved.text == clean(text) and saved == book.answer("me", ASKED)
    assert book.merge("you", book.backup("me")).added == (ASKED,)
    assert book.answer("you", ASKED).same(saved.text, saved.points)


def test_what_cannot_be_text_is_shown_as_missing():
    assert clean("a\x00b\ud800c") == "a\ufffdb\ufffdc" and clean("a\r\nb\rc\n") == "a\nb\nc\n"
    assert clean("\x01\x1b\u202e👩‍🔬") == "\x01\x1b\u202e👩‍🔬"


def test_what_is_too_long_is_refused_and_the_old_answer_stays(book):
    book.save("me", ASKED, "字" * LONGEST, (), 0)
    for text, points in (("字" * 200_000, ()), ("a", ["x" * LONGEST + "x"])):
        with pytest.raises(TooLong):
            book.save("me", ASKED, text, points, 1)
    with pytest.raises(TooLong):
        book.keep("me", "item", "x" * (LONGEST + 1))
    assert book.answer("me", ASKED).text == "字" * LONGEST and book.kept("me", "item") is None


@pytest.mark.parametrize("name", ["", "../x", "a b", "T5", "x" * 101, "a\x00"])
def test_what_is_no_name_is_refused(book, name):
    for call in (lambda: book.save("me", name, "text", (), 0), lambda: book.keep("me", name, "1")):
        with pytest.raises(ValueError):
            call()
    assert book.answers("me") == {}


def test_a_value_is_kept_in_place_of_the_last(book):
    book.keep("me", "quiz.t5.a", "1")
    book.keep("me", "quiz.t5.a", "2\x00")
    assert book.kept("me", "quiz.t5.a") == "2\ufffd" and book.kept("me", "quiz.t5.b") is None


def test_a_backup_fills_an_empty_workbook(book):
    book.save("me", ASKED, "one", {"1"}, 0)
    book.save("me", ASKED, "two 二", {"2"}, 1)
    book.save("me", "free", "free", (), 0)
    book.keep("me", "quiz.t5", "1")
    data = book.backup("me")
    assert json.loads(data)["answers"][ASKED][1]["text"] == "two 二"
    assert set(book.merge("other", data).added) == {ASKED, "free"}
    for question in (ASKED, "free"):
        assert book.versions("other", question) == book.versions("me", question)
    assert book.kept("other", "quiz.t5") == "1"


def test_a_backup_overwrites_nothing(book):
    book.save("me", ASKED, "mine", (), 0)
    book.save("me", "free", "as in the backup", (), 0)
    book.save("me", "free", "and on", (), 1)
    book.keep("me", "quiz", "mine")
    book.save("you", ASKED, "theirs", {"1"}, 0)
    book.save("you", "free", "as in the backup", (), 0)
    book.save("you", "x1", "new", (), 0)
    book.keep("you", "quiz", "theirs")
    assert book.merge("me", book.backup("you")) == Merged(added=("x1",), kept=("free",), conflicts=(ASKED,))
    assert {q: a.text for q, a in book.answers("me").items()} == {ASKED: "mine", "free": "and on", "x1": "new"}
    assert [a.text for a in book.versions("me", ASKED)] == ["mine", "theirs", "mine"]
    assert book.kept("me", "quiz") == "mine"
    assert book.merge("me", book.backup("you")) == Merged(kept=("free", ASKED, "x1"))  # once more changes nothing
    assert len(book.versions("me", ASKED)) == 3


# --- pictures --------------------------------------------------------------------------------------------------------
def test_a_picture_is_kept_with_its_student_and_goes_when_it_is_to(book):
    pictures = book.pictures("me")
    assert pictures.all() == [] and pictures.data("plan.png") is None
    assert pictures.take("my plan.png", drawn(1)) == "my_plan.png"
    assert [(p.name, p.size) for p in pictures.all()] == [("my_plan.png", len(pictures.data("my_plan.png")))]
    assert Image.open(io.BytesIO(pictures.data("my_plan.png"))).size == (21, 10)
    assert book.pictures("you").all() == [] and book.pictures("you").data("my_plan.png") is None
    book.pictures("you").take("x.png", drawn(2))
    pictures.remove("my_plan.png")
    book.forget("nobody")
    assert pictures.all() == [] and len(book.pictures("you").all()) == 1
    book.forget("you")
    assert book.pictures("you").all() == []


def test_no_picture_replaces_another_and_the_same_one_is_kept_once(book):
    pictures = book.pictures("me")
    names = [pictures.take("image.png", drawn(n)) for n in (1, 2, 1, 3)]
    assert names == ["image.png", "image-2.png", "image.png", "image-3.png"]
    assert pictures.take("IMAGE.png", drawn(4)) == "IMAGE-4.png"  # some disks do not tell them apart
    assert len(pictures.all()) == 4


def test_there_is_an_end_of_pictures(book, monkeypatch):
    pictures = book.pictures("me")
    monkeypatch.setattr(workbook_pictures, "MOST", 2)
    for n in (1, 2):
        pictures.take("a.png", drawn(n))
    with pytest.raises(Refused, match="many"):
        pictures.take("a.png", drawn(3))
    assert pictures.take("b.png", drawn(2)) == "a-2.png"  # it is there
    monkeypatch.setattr(workbook_pictures, "MOST", 40)
    monkeypatch.setattr(workbook_pictures, "MOST_BYTES", sum(p.size for p in pictures.all()))
    with pytest.raises(Refused, match="many"):
        pictures.take("a.png", drawn(3))
    with pytest.raises(Refused, match="kind"):
        pictures.take("a.png", b"none")
    assert len(pictures.all()) == 2


def test_many_pictures_at_once_are_all_kept(book):
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda n: book.pictures("me").take("image.jpg", drawn(n, "JPEG")), range(4)))
    assert len(set(names)) == 4 == len(book.pictures("me").all())


def test_a_name_that_is_free_is_no_longer_than_the_database_takes():
    longest = "x" * 96 + ".png"
    name = free(longest, [longest])
    assert name.endswith("-2.png") and len(name) == 100 and workbook_pictures.NAME.fullmatch(name)


def test_a_backup_brings_its_pictures_and_replaces_none(book):
    mine, yours = book.pictures("me"), book.pictures("you")
    for pictures, n in ((mine, 1), (yours, 2)):
        pictures.take("plan.png", drawn(n))
    yours.take("only there.png", drawn(3))
    text = "![my plan](plan.png) ![](only_there.png) `plan.png`"
    book.save("me", ASKED, "![](plan.png)", (), 0)
    book.save("you", "free", text, (), 0)
    data = book.backup("you")
    assert book.merge("me", data) == Merged(added=("free",), pictures=2)
    named = book.answer("me", "free").text
    assert named == "![my plan](plan-2.png) ![](only_there.png) `plan.png`"
    assert mine.data("plan-2.png") == yours.data("plan.png") != mine.data("plan.png")
    assert mine.data("only_there.png") == yours.data("only_there.png")
    assert book.merge("me", data) == Merged(kept=("free",))  # once more changes nothing
    assert len(mine.all()) == 3 and book.answer("me", "free").text == named
    old = json.loads(data)
    del old["pictures"]  # as it was written before there were any
    assert book.merge("else", json.dumps(old).encode()) == Merged(added=("free",))


def test_pictures_for_which_there_is_no_room_are_told_and_the_answers_come(book, monkeypatch):
    for n in (1, 2):
        book.pictures("you").take(f"{n}.png", drawn(n))
    book.save("you", "free", "text", (), 0)
    monkeypatch.setattr(workbook_pictures, "MOST", 1)
    assert book.merge("me", book.backup("you")) == Merged(added=("free",), pictures=1, left=("2.png",))


# --- records of quiz items (what is in them: test_practice.py) -------------------------------------------------------
def record(day: int, right: bool, answer: str = "0", old: str | None = None) -> str:
    at = datetime(2026, 6, day, tzinfo=UTC)
    return practice.dump(practice.answered(practice.load(old), answer, right, at, anew=True))


def test_a_value_is_changed_by_what_is_kept(book):
    assert book.change("me", "quiz.t5.a", lambda old: f"{old} 1") == "None 1"
    assert (
        book.change("me", "quiz.t5.a", lambda old: f"{old} 2\x00") == "None 1 2\ufffd" == book.kept("me", "quiz.t5.a")
    )
    book.keep("me", "quizzes", "x")
    book.keep("you", "quiz.t5.a", "x")
    assert book.kept_under("me", "quiz.") == {"quiz.t5.a": "None 1 2\ufffd"}
    with pytest.raises(ValueError):
        book.change("me", "../x", lambda old: "x")


def test_of_many_who_change_a_value_at_once_none_is_lost(book):
    gate = threading.Barrier(4)

    def work(n):
        gate.wait()
        for _ in range(3):
            book.change("me", "quiz.t5.a", lambda old: str(int(old or 0) + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert book.kept("me", "quiz.t5.a") == "12"


def test_two_computers_records_become_one(book):
    here, there, alone = record(2, True, "here"), record(1, False, "there"), record(3, True)
    there = record(9, True, "there, later", there)
    book.keep("me", "quiz.t5.a", here)
    book.keep("me", "quiz.t5.b", "no record")
    book.keep("you", "quiz.t5.a", there)
    book.keep("you", "quiz.t5.b", alone)
    book.keep("you", "quiz.t5.c", alone)
    for new in (3, 0):  # once more changes nothing
        assert book.merge("me", book.backup("you")) == Merged(records=new)
        both = practice.load(book.kept("me", "quiz.t5.a"))
        assert both.first is False and both.answer == "there, later" and both.card == practice.load(there).card
        assert book.kept("me", "quiz.t5.b") == alone == book.kept("me", "quiz.t5.c")


PNG = base64.b64encode(drawn(1)).decode()
FORMAT = {"format": "study-companion workbook", "version": 1, "answers": {}, "kept": {}}
ENTRY = {"text": "a", "points": [], "saved": "2026-06-01T00:00:00+00:00", "version": 1}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 100_000,
        FORMAT | {"format": "other"}, FORMAT | {"version": 2}, FORMAT | {"answers": []}, FORMAT | {"kept": {"a": 1}},
        FORMAT | {"answers": {ASKED: []}}, FORMAT | {"answers": {"../x": [ENTRY]}}, FORMAT | {"kept": {"A b": "1"}},
        FORMAT | {"answers": {"free": [ENTRY], ASKED: [ENTRY | {"text": 1}]}},
        FORMAT | {"answers": {"free": [ENTRY]}, "pictures": {"a.png": "bm8="}},
        FORMAT | {"answers": {"free": [ENTRY]}, "pictures": {"../a.png": PNG}},
        FORMAT | {"answers": {"free": [ENTRY]}, "pictures": ["a.png"]},
        FORMAT | {"answers": {"free": [ENTRY]}, "pictures": {"a.png": "not base64!"}},
        FORMAT | {"answers": {ASKED: [ENTRY | {"points": 1}]}},
        FORMAT | {"answers": {ASKED: [ENTRY | {"saved": "yesterday"}]}},
        FORMAT | {"answers": {ASKED: [ENTRY | {"text": "x" * (LONGEST + 1)}]}},
    ],
    ids=range(21),
)  # fmt: skip
def test_what_is_no_backup_changes_nothing(book, data):
    with pytest.raises(NotABackup):
        book.merge("me", data if isinstance(data, bytes) else json.dumps(data).encode())
    assert book.answers("me") == {} and book.pictures("me").all() == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.tuples(some.text(max_size=60), some.frozensets(some.text(max_size=8))), max_size=5))
def test_any_text_comes_back_and_survives_a_backup(book, versions):
    student, copy = f"s{next(NUMBERS)}", f"c{next(NUMBERS)}"
    for text, points in versions:
        last = book.answer(student, ASKED)
        saved = book.save(student, ASKED, text, points, last.version if last else 0)
        assert saved == book.answer(student, ASKED) and saved.same(clean(text), map(clean, points))
    book.merge(copy, book.backup(student))
    assert book.versions(copy, ASKED) == book.versions(student, ASKED)


# --- the tables ------------------------------------------------------------------------------------------------------
def test_the_newest_migration_is_the_head_and_says_what_the_code_says(book):
    config = Config()
    config.set_main_option("script_location", str(store.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [store.HEAD]
    from alembic.autogenerate import compare_metadata

    with book._store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_again_changes_nothing_and_needs_no_alembic(book, url):
    book.save("me", ASKED, "text", (), 0)
    code = (
        "import sys; from study.workbook import Workbook; "
        f"print(Workbook(sys.argv[1]).answer('me', {ASKED!r}).text, 'alembic' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.split() == ["text", "False"], run.stderr
    assert tables(book) == {"answers", "kept", "pictures", "alembic_version"}


def test_an_old_file_is_brought_to_today_s_form(book, url):
    book.save("me", ASKED, "old", (), 0)
    with book._store.engine.begin() as connection:  # as the first release left it
        for table in ("kept", "pictures"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    book._store.engine.dispose()
    new = Workbook(url)
    assert new.answer("me", ASKED).text == "old" and {"kept", "pictures"} <= tables(new)
    new.keep("me", "item", "1")
    new._store.engine.dispose()


def test_a_newer_release_s_file_is_not_touched(book, url):
    with book._store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    book._store.engine.dispose()
    with pytest.raises(Newer):
        Workbook(url)


def test_many_open_a_new_database_at_once(url):
    def work(n):
        book = Workbook(url)
        book.save("me", ASKED, "the same", (), 0)
        book._store.engine.dispose()
        return n

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
