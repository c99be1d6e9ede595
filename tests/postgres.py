"""A PostgreSQL server of the tests' own, from Debian's package: in a temporary folder, on a socket, no port."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import sqlalchemy as sa


def programs() -> Path | None:
    """The folder of the newest installed server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextlib.contextmanager
def running(bin_: Path) -> Iterator[str]:
    """The URL of a fresh server. It does not run as root: then it runs as the package's own user."""
    folder = tempfile.mkdtemp(prefix="pg")  # not below pytest's, which only its owner may enter
    as_ = []
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        as_ = ["runuser", "-u", "postgres", "--"]
    data = f"{folder}/data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    make = [str(bin_ / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([*as_, *make], check=True, **quiet)
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    server = subprocess.Popen([*as_, str(bin_ / "postgres"), "-D", data, *settings], **quiet)
    try:
        _wait(folder, server)
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        # runuser hands the signal on; the server then ends its children
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def database(server: str, name: str) -> str:
    """The URL of an empty database of this name on that server."""
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _wait(folder: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            return psycopg.connect(host=folder, user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
