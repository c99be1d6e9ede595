"""What happens to a workbook file: the app is killed, the disk is full, the file is held, damaged or read-only."""

import contextlib
import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from study.words import ROOT
from study.workbook import (
    Damaged,
    Full,
    Locked,
    ReadOnly,
    Unkept,
    Unreachable,
    Workbook,
    open_workbook,
    set_aside,
    store,
)

ASKED = "t5_attention"
#: Saves in a loop; a line says which version is on disk.
SAVES = """
import sys
from study.workbook import Workbook
book = Workbook(sys.argv[1])
last = book.answer("me", "t5_attention")
n = last.version if last else 0
while True:
    n = book.save("me", "t5_attention", f"text {n + 1} " + "字" * 3000, (), n).version
    print(n, flush=True)
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where open_workbook() keeps its file."""
    file = tmp_path / "workbook.sqlite"
    monkeypatch.setenv("STUDY_DATABASE_URL", f"sqlite:///{file}")
    return file


@pytest.fixture
def written(file):
    """A file with one answer."""
    Workbook().save("me", ASKED, "text", {"0"}, 0)
    return file


def test_who_is_killed_while_saving_loses_nothing_that_was_acknowledged(file):
    for kill_after in (1, 4, 15):
        child = subprocess.Popen(
            [sys.executable, "-c", SAVES, f"sqlite:///{file}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(kill_after):
            acknowledged = int(child.stdout.readline())
        time.sleep(0.003 * kill_after)  # somewhere within a later save
        os.kill(child.pid, signal.SIGKILL)
        rest = child.communicate()[0].split("\n")[:-1]
        acknowledged = max([acknowledged, *map(int, rest)])
        answer = Workbook().answer("me", ASKED)
        assert answer.version in (acknowledged, acknowledged + 1)
        assert answer.text == f"text {answer.version} " + "字" * 3000


def test_a_full_disk_is_told_and_the_old_answer_stays(written):
    book = Workbook()
    pages = sqlite3.connect(written).execute("PRAGMA page_count").fetchone()[0]
    sa.event.listen(book._store.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages + 1}"))
    with pytest.raises(Full):
        book.save("me", ASKED, "x" * 50_000, (), 1)
    assert book.answer("me", ASKED).text == "text"
    assert Workbook().save("me", ASKED, "x" * 50_000, (), 1).version == 2  # once there is room again


def test_a_picture_for_which_the_disk_has_no_room_is_told_and_the_others_stay(written):
    book, out = Workbook(), io.BytesIO()
    pictures = book.pictures("me")
    Image.effect_noise((300, 300), 100).save(out, "PNG")
    assert pictures.take("one.png", out.getvalue()) == "one.png"
    pages = sqlite3.connect(written).execute("PRAGMA page_count").fetchone()[0]
    sa.event.listen(book._store.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages + 1}"))
    other = io.BytesIO()
    Image.effect_noise((320, 300), 100).save(other, "PNG")
    with pytest.raises(Full):
        pictures.take("two.png", other.getvalue())
    assert [picture.name for picture in pictures.all()] == ["one.png"] and book.answer("me", ASKED).text == "text"


def test_a_full_disk_at_the_first_opening_is_told(file, monkeypatch):
    prepare = store._prepare
    monkeypatch.setattr(store, "_prepare", lambda c, r: (prepare(c, r), c.execute("PRAGMA max_page_count=2")))
    with pytest.raises(Full):
        open_workbook()
    monkeypatch.setattr(store, "_prepare", prepare)
    assert open_workbook().save("me", ASKED, "text", (), 0).version == 1  # nothing half-made is in the way


@contextlib.contextmanager
def held(file):
    """Another program writes, and does not come to an end."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_a_locked_file_can_be_read_and_says_so_when_it_is_written(written, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    book = Workbook()
    with held(written):
        assert book.answer("me", ASKED).text == "text"
        with pytest.raises(Locked):
            book.save("me", ASKED, "new", (), 1)
    assert book.save("me", ASKED, "new", (), 1).version == 2


def test_who_saves_waits_for_who_holds_the_file_for_a_moment(written):
    hold = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    hold += "c.execute('BEGIN IMMEDIATE'); print(1, flush=True); time.sleep(0.5)"
    other = subprocess.Popen([sys.executable, "-c", hold, str(written)], stdout=subprocess.PIPE)
    other.stdout.readline()
    assert Workbook().save("me", ASKED, "new", (), 1).version == 2
    other.communicate()


def broken(file):
    """Random bytes over its first page."""
    data = bytearray(file.read_bytes())
    data[:200] = b"\x93" * 200
    file.write_bytes(data)


def in_the_middle(file):
    """Its header is whole, what it holds is not."""
    data = bytearray(file.read_bytes())
    data[4096:] = b"\x93" * (len(data) - 4096)
    file.write_bytes(data)


def no_database(file):
    file.write_text("These are my notes. " * 500)


@pytest.mark.parametrize("damage", [broken, in_the_middle, no_database])
def test_a_damaged_file_is_left_as_it_is_until_the_reader_sets_it_aside(written, damage):
    damage(written)
    before = written.read_bytes()
    for _ in range(2):
        with pytest.raises(Damaged):
            open_workbook()
    assert written.read_bytes() == before  # no new one was begun in its place
    aside = set_aside()
    assert aside.read_bytes() == before and not written.exists()
    assert open_workbook().answers("me") == {}
    open_workbook().save("me", ASKED, "anew", (), 0)
    written.write_bytes(before)
    other = set_aside()
    assert other != aside and aside.read_bytes() == before == other.read_bytes()


def test_a_file_that_is_damaged_while_it_is_open_is_told(written):
    book = Workbook()
    broken(written)
    before = written.read_bytes()
    for call in (lambda: book.answers("me"), lambda: book.save("me", ASKED, "new", (), 1)):
        with pytest.raises(Damaged):
            call()
    assert written.read_bytes() == before


def test_a_file_that_is_moved_away_while_the_app_runs_is_begun_anew(written, tmp_path):
    book = Workbook()
    written.rename(tmp_path / "moved.sqlite")
    assert book.answers("me") == {}
    assert book.save("me", ASKED, "anew", (), 0).version == 1
    assert Workbook(f"sqlite:///{tmp_path}/moved.sqlite").answer("me", ASKED).text == "text"  # a whole file by itself


@contextlib.contextmanager
def as_nobody():
    """Nothing is read-only for root: for this while the effective user is another."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="a Windows folder has no such mode")
def test_a_folder_that_may_not_be_written_is_told():
    folder = Path(tempfile.mkdtemp())  # pytest's own may not even be entered by another user
    try:
        Workbook(f"sqlite:///{folder}/workbook.sqlite").save("me", ASKED, "text", (), 0)
        (folder / "workbook.sqlite").chmod(0o444)
        folder.chmod(0o555)
        with as_nobody():
            for url in (f"sqlite:///{folder}/new/workbook.sqlite", f"sqlite:///{folder}/other.sqlite"):
                with pytest.raises(ReadOnly):
                    Workbook(url)
            with pytest.raises(ReadOnly):
                Workbook(f"sqlite:///{folder}/workbook.sqlite").save("me", ASKED, "new", (), 1)
        folder.chmod(0o755)
        assert Workbook(f"sqlite:///{folder}/workbook.sqlite").answer("me", ASKED).text == "text"
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReadOnly):
        Workbook(f"sqlite:///{tmp_path}/file/workbook.sqlite")


def test_a_server_that_does_not_answer_is_told(tmp_path):
    with pytest.raises(Unreachable):
        Workbook(f"postgresql+psycopg://postgres@/postgres?host={tmp_path}")


def test_every_reason_has_a_key_of_its_own():
    keys = [kind.key for kind in (Unkept, *Unkept.__subclasses__())]
    assert len(set(keys)) == len(keys) == 9


def test_the_app_starts_without_a_database_library(tmp_path):
    code = (
        "import sys; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('study/shell/main.py', default_timeout=60).run(); assert not app.exception\n"
        "import study.workbook\n"
        "print([m for m in ('sqlalchemy', 'alembic', 'psycopg', 'platformdirs') if m in sys.modules])"
    )
    new = os.environ | {"STUDY_DATABASE_URL": f"sqlite:///{tmp_path}/workbook.sqlite"}  # others begin theirs
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=new, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1:] == ["[]"], run.stdout + run.stderr
