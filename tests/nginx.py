"""An nginx of the tests' own, from Debian's package: deploy/nginx.conf with other ports and folders."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from study.words import ROOT
from tests.browser.driver import free_port

CONFIG = ROOT / "deploy" / "nginx.conf"
PORTS = (8501, 8502)  # of the two processes, in CONFIG


def program() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def changed(config: str, folder: Path, port: int, apps: Sequence[int]) -> str:
    """CONFIG for this port, with everything that it writes below `folder` and the apps on these ports of loopback.

    Raises ValueError where a part that is to be changed is not in it.
    """
    user = "user root;\n" if os.geteuid() == 0 else ""
    changes = [
        (r"worker_processes +auto;", f"{user}worker_processes 1;\ndaemon off;"),
        (r"pid +/run/nginx.pid;", f"pid {folder}/nginx.pid;"),
        (r"/var/log/nginx/error.log", f"{folder}/error.log"),
        (r"/var/cache/nginx/study", f"{folder}/cache"),
        (r"listen +80;", f"listen 127.0.0.1:{port};"),
        (r"access_log +off;", f"access_log off; {_temporary(folder)}"),
        *((rf"app-[ab]:{old}", f"127.0.0.1:{new}") for old, new in zip(PORTS, apps, strict=True)),
        *((rf"~:{old}\$", f"~:{new}$") for old, new in zip(PORTS, apps, strict=True)),
    ]
    for pattern, text in changes:
        config, count = re.subn(pattern, lambda _, text=text: text, config)
        if not count:
            raise ValueError(f"deploy/nginx.conf holds no {pattern}")
    return config


def _temporary(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


@contextlib.contextmanager
def running(apps: Sequence[int]) -> Iterator[str]:
    """The address of an nginx before apps on these ports. Raises RuntimeError where it does not start."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="nginx") as name:
        folder = Path(name)
        (folder / "nginx.conf").write_text(changed(CONFIG.read_text(encoding="utf-8"), folder, port, apps), "utf-8")
        command = [program(), "-p", name, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait(port, server, folder / "error.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def _wait(port: int, server: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 10
    while True:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"nginx did not come up:\n{log.read_text() if log.exists() else ''}")
        time.sleep(0.02)
