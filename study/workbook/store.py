"""The workbook's tables: opened, brought to their newest form, read and added to. All that knows SQL."""

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from study.workbook.errors import Damaged, Full, Locked, Newer, ReadOnly, Unkept, Unreachable
from study.workbook.tables import ANSWERS, KEPT, PICTURES

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
HEAD = max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))[:4]
PATIENCE = 5.0  # seconds until a locked file counts as locked
EVERY = timedelta(minutes=10)  # of old versions one in this time is left …
RECENT = 50  # … but these newest stay, all of them
TRIES = 5  # of adding a version while others add theirs
LOCK = 170603762  # PostgreSQL: who holds this advisory lock migrates
#: SQLite's primary result codes (https://www.sqlite.org/rescode.html) and PostgreSQL's SQLSTATEs.
SQLITE = {5: Locked, 6: Locked, 8: ReadOnly, 10: Unreachable, 11: Damaged, 13: Full, 14: ReadOnly, 26: Damaged}
POSTGRES = {"53100": Full, "25006": ReadOnly, "42501": ReadOnly, "55P03": Locked, "40P01": Locked, "XX001": Damaged}

Row = sa.Row
#: (newest version, seen version) -> (text, points) of the one to add; None where the newest will do.
Decide = Callable[[Row | None, Row | None], tuple[str, str] | None]


class Store:
    """One database. Every method raises Unkept."""

    def __init__(self, url: str):
        parsed = sa.make_url(url)
        self.lite = parsed.get_backend_name() == "sqlite"
        self.file = Path(parsed.database) if self.lite and parsed.database else None
        if self.lite:
            # A connection for each call: the last to close leaves one whole file, which may be copied or moved away.
            options = {"poolclass": sa.NullPool, "connect_args": {"timeout": PATIENCE}}
        else:
            options = {"pool_pre_ping": True, "connect_args": {"connect_timeout": int(PATIENCE)}}
        self.engine = sa.create_engine(parsed, **options)
        if self.lite:
            sa.event.listen(self.engine, "connect", _prepare)
            sa.event.listen(self.engine, "begin", _begin)
        try:
            self._open()
        except BaseException:
            self.engine.dispose()
            raise

    def _open(self) -> None:
        """Makes the file where there is none, checks it where there is one, migrates it where it is old."""
        if self.file:
            with _told():
                self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._reading() as connection:
            if self.lite:
                told = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                if told != "ok":
                    raise Damaged(f"{self.file}: {told}")
            if _revision(connection) == HEAD:
                return
        with _told(), self.engine.begin() as connection:
            _migrate(connection)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _told(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        if self.file and not self.file.exists():
            self._open()  # it was moved away while the app was open
        with _told(), self.engine.begin() as connection:
            yield connection

    def newest(self, student: str) -> list[Row]:
        """The newest version of every question."""
        last = sa.select(ANSWERS.c.question, sa.func.max(ANSWERS.c.version).label("version"))
        last = last.where(ANSWERS.c.student == student).group_by(ANSWERS.c.question).subquery()
        on = (ANSWERS.c.question == last.c.question) & (ANSWERS.c.version == last.c.version)
        return self._rows(sa.select(ANSWERS).join(last, on).where(ANSWERS.c.student == student))

    def versions(self, student: str, question: str, most: int | None = None) -> list[Row]:
        """Newest first."""
        return self._rows(_of(student, question).order_by(ANSWERS.c.version.desc()).limit(most))

    def all(self, student: str) -> list[Row]:
        """Every version, by question, oldest first."""
        wanted = sa.select(ANSWERS).where(ANSWERS.c.student == student)
        return self._rows(wanted.order_by(ANSWERS.c.question, ANSWERS.c.version))

    def _rows(self, wanted: sa.Select) -> list[Row]:
        if self.file and not self.file.exists():
            return []
        with self._reading() as connection:
            return list(connection.execute(wanted))

    def add(self, student: str, question: str, seen: int, decide: Decide, saved: str = "") -> Row:
        """Adds what `decide` says as the next version and returns it, or the newest. What decide raises adds nothing.

        SQLite lets one write at a time. In PostgreSQL two may choose the same number: the later one decides anew.
        """
        return self._tried(lambda connection: self._add(connection, student, question, seen, decide, saved or _now()))

    def append(self, student: str, question: str, text: str, points: str, saved: str = "") -> Row:
        """A further version, whatever the current one is. saved: when it was, ISO 8601; "" for now."""
        return self.add(student, question, 0, lambda newest, at: (text, points), saved)

    def _tried(self, write: Callable[[sa.Connection], Any]) -> Any:
        """What `write` returns, which is done again where PostgreSQL let another one be first."""
        for left in reversed(range(TRIES)):
            try:
                with self._writing() as connection:
                    return write(connection)
            except IntegrityError:
                if not left:
                    raise Locked("others keep changing the same") from None
        raise AssertionError("the last try returns or raises")

    def _add(
        self, connection: sa.Connection, student: str, question: str, seen: int, decide: Decide, saved: str
    ) -> Row:
        wanted = _of(student, question)
        newest = connection.execute(wanted.order_by(ANSWERS.c.version.desc()).limit(1)).first()
        at = connection.execute(wanted.where(ANSWERS.c.version == seen)).first()
        new = decide(newest, at)
        if new is None:
            return newest
        version = newest.version + 1 if newest else 1
        connection.execute(ANSWERS.insert().values((student, question, version, *new, saved)))
        self.thin(connection, student, question)
        return connection.execute(wanted.where(ANSWERS.c.version == version)).one()

    def thin(self, connection: sa.Connection, student: str, question: str) -> None:
        """A pause in typing makes a version: once it is no longer recent, it goes where one a little older stays."""
        old = _of(student, question).order_by(ANSWERS.c.version.desc()).offset(RECENT).limit(2)
        rows = list(connection.execute(old))
        if len(rows) == 2:
            apart = datetime.fromisoformat(rows[0].saved) - datetime.fromisoformat(rows[1].saved)
            if timedelta(0) <= apart < EVERY:  # a clock that was set back makes nothing go
                at = (ANSWERS.c.student == student) & (ANSWERS.c.question == question)
                connection.execute(ANSWERS.delete().where(at & (ANSWERS.c.version == rows[0].version)))

    def kept(self, student: str) -> dict[str, str]:
        rows = self._rows(sa.select(KEPT).where(KEPT.c.student == student))
        return {row.item: row.value for row in rows}

    def keep(self, student: str, values: dict[str, str]) -> None:
        with self._writing() as connection:
            for item, value in values.items():
                at = (KEPT.c.student == student) & (KEPT.c.item == item)
                if not connection.execute(KEPT.update().where(at).values(value=value)).rowcount:
                    connection.execute(KEPT.insert().values(student=student, item=item, value=value))

    def change(self, student: str, item: str, decide: Callable[[str | None], str]) -> str:
        """Keeps what `decide` makes of what is kept, None for nothing; nobody else writes it in between."""
        at = (KEPT.c.student == student) & (KEPT.c.item == item)

        def write(connection: sa.Connection) -> str:
            old = connection.execute(sa.select(KEPT.c.value).where(at).with_for_update()).scalar()
            value, there = decide(old), old is not None
            change = KEPT.update().where(at) if there else KEPT.insert().values(student=student, item=item)
            connection.execute(change.values(value=value))
            return value

        return self._tried(write)

    def pictures(self, student: str) -> list[Row]:
        """Name, digest and size of each, the oldest first."""
        return self._rows(_listed(student).order_by(PICTURES.c.saved, PICTURES.c.name))

    def picture(self, student: str, name: str) -> bytes | None:
        wanted = sa.select(PICTURES.c.data).where(_picture(student, name))
        return next((row.data for row in self._rows(wanted)), None)

    def add_pictures(self, student: str, decide: Callable[[list[Row]], dict[str, bytes]]) -> None:
        """Adds what `decide` makes of those that are there: by names that are free. What it raises adds nothing."""

        def write(connection: sa.Connection) -> None:
            for name, data in decide(list(connection.execute(_listed(student)))).items():
                told = {"digest": hashlib.sha256(data).hexdigest(), "size": len(data), "saved": _now()}
                connection.execute(PICTURES.insert().values(student=student, name=name, data=data, **told))

        self._tried(write)

    def remove_picture(self, student: str, name: str) -> None:
        with self._writing() as connection:
            connection.execute(PICTURES.delete().where(_picture(student, name)))

    def forget(self, student: str) -> None:
        with self._writing() as connection:
            for table in (ANSWERS, KEPT, PICTURES):
                connection.execute(table.delete().where(table.c.student == student))


def set_aside(url: str) -> Path:
    """Renames a damaged SQLite file, and what lies beside it, to a name that is free. Returns where it is now."""
    file = Path(sa.make_url(url).database)
    taken = (file.with_name(f"{file.name}.damaged-{n}") for n in itertools.count(1))
    new = next(path for path in taken if not path.exists())
    with _told():
        for ending in ("-wal", "-shm", ""):
            if (part := Path(f"{file}{ending}")).exists():
                part.rename(f"{new}{ending}")
    return new


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _of(student: str, question: str) -> sa.Select:
    return sa.select(ANSWERS).where((ANSWERS.c.student == student) & (ANSWERS.c.question == question))


def _listed(student: str) -> sa.Select:
    return sa.select(PICTURES.c.name, PICTURES.c.digest, PICTURES.c.size).where(PICTURES.c.student == student)


def _picture(student: str, name: str) -> sa.ColumnElement:
    return (PICTURES.c.student == student) & (PICTURES.c.name == name)


def _prepare(connection, record) -> None:
    """We begin transactions ourselves. WAL: who reads does not wait for who writes; FULL: what is saved is on disk."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: sa.Connection) -> None:
    """Who is going to write takes the lock first: who began to read and then wrote could be refused half-way."""
    if not connection.get_execution_options().get("reading"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _revision(connection: sa.Connection) -> str | None:
    """The migration that the tables stand at; None before the first. Raises Newer."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    if found and found > HEAD:
        raise Newer(f"the tables stand at {found}, this release knows {HEAD}")
    return found


def _migrate(connection: sa.Connection) -> None:
    """All steps or none; two who open the same new file do it one after the other."""
    from alembic import command  # a tenth of a second, for a file that is new or old only
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What a database or the disk says, in our words."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        code, state = getattr(error.orig, "sqlite_errorcode", None), getattr(error.orig, "sqlstate", None)
        kind = SQLITE.get((code or 0) & 0xFF) or POSTGRES.get(state or "")
        lost = isinstance(error, OperationalError) and code is None and state is None
        raise (kind or (Unreachable if lost else Unkept))(str(error.orig)) from error
    except OSError as error:
        raise ReadOnly(str(error)) from error
