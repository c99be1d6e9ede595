"""What deploy/ describes, on loopback: processes of the app behind nginx, one database for all."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import nginx
from tests.browser.driver import served


@dataclass(frozen=True)
class Cluster:
    """url: nginx's. apps: those of the processes, in the order of their seats a, b."""

    url: str
    apps: tuple[str, ...]

    def kill(self, seat: int) -> None:
        """One process is gone, at once and without a word."""
        os.kill(pid_of(self.apps[seat]), signal.SIGKILL)


@contextlib.contextmanager
def running(database: str) -> Iterator[Cluster]:
    """Two processes and nginx, until the end of the block. database: a URL, as STUDY_DATABASE_URL takes it."""
    settings = {"STUDY_DATABASE_URL": database, "STREAMLIT_SERVER_COOKIE_SECRET": "of the tests"}
    with contextlib.ExitStack() as stack:
        apps = tuple(stack.enter_context(served(env=settings)) for _ in nginx.PORTS)
        url = stack.enter_context(nginx.running([int(app.rsplit(":", 1)[1]) for app in apps]))
        yield Cluster(url, apps)


def pid_of(url: str) -> int:
    """The process that listens on this address (Linux)."""
    port = f"{int(url.rsplit(':', 1)[1]):04X}"
    line = next(x for x in Path("/proc/net/tcp").read_text().splitlines() if f":{port} " in x and " 0A " in x)
    inode = line.split()[9]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(fd) == f"socket:[{inode}]" for fd in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    raise RuntimeError(f"nobody listens on {url}")


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """Its resident memory in kB."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
