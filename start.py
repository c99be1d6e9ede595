"""Sets up and starts the study companion.

python start.py [--port N] [--no-browser]    first run: installs into .venv (minutes); afterwards starts at once
python start.py class [--port N]             the same for a class: all of this network can come; see docs/class.md
python start.py test [pytest arguments]      sets up what the tests need, checks the style (ruff), then runs pytest
"""  # standard library only; old Pythons can read this file too, so that they can say which Python is needed

import argparse
import contextlib
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
STAMP = VENV / "start.stamp"  # fingerprints of the requirements that are installed, or "installing"
OLDEST, NEWEST = (3, 11), (3, 14)
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
MAC_BROWSERS = [
    "/Applications/%s.app/Contents/MacOS/%s" % (n, n) for n in ("Google Chrome", "Chromium", "Microsoft Edge")
]
WINDOWS_CHROME = r"%s\Google\Chrome\Application\chrome.exe"
BROWSERS = [
    "$CHROMIUM", "chromium-headless-shell", "chromium", "chromium-browser",
    "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge",
    *MAC_BROWSERS, WINDOWS_CHROME % "%ProgramFiles%", WINDOWS_CHROME % "%LocalAppData%",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
]  # fmt: skip
APT = "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium fonts-noto-cjk"


def check_python(version):
    if not OLDEST <= version <= NEWEST:
        sys.exit(
            "需要 Python 3.11–3.14，这是 %d.%d。见 https://www.python.org/downloads/\n"
            "Python 3.11 to 3.14 is needed; this is %d.%d. See https://www.python.org/downloads/" % (version * 2)
        )


def run(*command, meanwhile=lambda process: None):
    """Runs a command to its end, returns its exit code. It never outlives this script."""
    with subprocess.Popen(command) as process:  # waits for its end on the way out
        try:
            meanwhile(process)
            return process.wait()
        finally:
            process.terminate()


def works(*command, timeout=60):
    """Runs a command unseen; True if it ended well and in time."""
    try:
        return not subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired):
        return False


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE).stdout.decode().strip()


def fingerprint(files):
    """SHA-256 of the Python version and the requirements files: when it changes, they are installed again."""
    contents = [b"%d.%d" % sys.version_info[:2], *((HERE / name).read_bytes() for name in files)]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def install(*files):
    """Makes .venv hold what `files` ask for. A .venv that an interruption left half done is made again."""
    state = STAMP.read_text() if STAMP.exists() else ""
    if fingerprint(files) in state and os.path.exists(PYTHON):
        return
    usable = "import pip, sys; sys.exit(not %r <= sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)
    make = [getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--clear", str(VENV)]
    if (state == "installing" or not works(PYTHON, "-c", usable)) and run(*make):
        sys.exit(
            "无法建立 .venv（原因见上）。Debian/Ubuntu 请先运行：sudo apt install python3-venv\n"
            "Could not make .venv (see above). On Debian and Ubuntu: sudo apt install python3-venv"
        )
    print("正在把依赖装入 .venv；第一次要几分钟。 Installing into .venv; the first time takes minutes.", flush=True)
    STAMP.write_text("installing")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install"]
    if cpu_torch_is_better():
        torch = next(x.split()[0] for x in (HERE / files[0]).read_text("utf-8").splitlines() if x.startswith("torch=="))
        run(*pip, "--no-deps", "--index-url", CPU_TORCH, torch)
    if run(*pip, *("--requirement=%s" % (HERE / name) for name in files)):
        STAMP.unlink()  # pip gave up by itself: nothing is half done
        sys.exit(
            "安装失败（原因见上）。多半是网络不通：换个网络或 pip 镜像，再运行一次。\n"
            "Installing failed (see above). Most likely the network: try another or a mirror, then run again."
        )
    STAMP.write_text(fingerprint(files) + fingerprint(files[:1]))


def cpu_torch_is_better():
    """For Linux the default build of PyTorch brings gigabytes of CUDA, the CPU build is 0.2 GB: True where there is no
    NVIDIA GPU, no wheels that someone supplies (pip's find-links), and PyTorch's own index answers at once."""
    ask = "import urllib.request as r; r.urlopen('%s/torch/', timeout=2)" % CPU_TORCH
    if not sys.platform.startswith("linux") or os.path.exists("/proc/driver/nvidia"):
        return False
    return "find-links" not in output(PYTHON, "-m", "pip", "config", "list") and works(PYTHON, "-c", ask, timeout=4)


def taken(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def free_port(first):
    port = next((p for p in range(first, first + 20) if not taken(p)), None)
    if port is None:
        sys.exit("从 %d 起没有空闲端口，请用 --port 另选。\nNo free port from %d on; use --port." % (first, first))
    if port != first:
        print("端口 %d 已被占用，改用 %d。\nPort %d is taken; using %d." % ((first, port) * 2), file=sys.stderr)
    return port


def start(port, browser, address="127.0.0.1"):
    def open_browser(server):
        while server.poll() is None and not taken(port):
            time.sleep(0.05)
        screen = sys.platform != "linux" or {"DISPLAY", "WAYLAND_DISPLAY"} & {*os.environ}
        if browser and screen and server.poll() is None:
            webbrowser.open("http://127.0.0.1:%d" % port)

    streamlit = [PYTHON, "-m", "streamlit", "run", "app.py", "--server.headless=true", "--server.address=%s" % address]
    return run(*streamlit, "--server.port=%d" % port, meanwhile=open_browser)


def addresses():
    """This machine's addresses in its networks, the one that leads on first. Nothing is sent."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, contextlib.suppress(OSError):  # no network at all
        s.connect(("192.0.2.1", 9))  # of documentation's own network: only asks which way it would go
        found.append(s.getsockname()[0])
    with contextlib.suppress(OSError):  # a name that nobody knows
        found += [info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return [a for a in dict.fromkeys(found) if not a.startswith(("127.", "0."))]


def new_secret():
    """Ten letters and digits that are not taken for each other: 49 bits."""
    letters = "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(10))
    return letters[:5] + "-" + letters[5:]


def start_class(port, browser):
    """Serves everybody in the networks of this machine; who knows the secret drives."""
    found = addresses()
    secret = os.environ.get("STUDY_SECRET") or new_secret()
    hosts = os.environ.get("STUDY_HOSTS") or ",".join([*found, socket.gethostname(), "localhost", "127.0.0.1"])
    os.environ.update(STUDY_CLASS="1", STUDY_SECRET=secret, STUDY_HOSTS=hosts)
    run(PYTHON, "-m", "study.qr", *["http://%s:%d" % (a, port) for a in found[:1]])
    print("\n".join("http://%s:%d" % (a, port) for a in found[1:]))
    if not found:
        print("没有找到局域网地址，只有这台电脑能打开。\nNo network found: only this machine can open the class.")
    print("老师口令  The instructor's secret: %s" % secret)
    print(
        "同一网络里的人都能打开（明文 HTTP，请只在可信的网络里使用）。\n"
        "Everybody in this network can open it (plain HTTP: only in a network that you trust).",
        flush=True,
    )
    return start(port, browser, "0.0.0.0")


def find_browser():
    """The first Chromium that starts: $CHROMIUM, one on PATH or in a usual place, Playwright's own; or None."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    found = filter(None, map(shutil.which, [*map(os.path.expandvars, BROWSERS), output(PYTHON, "-c", ask)]))
    return next((path for path in found if os.name == "nt" or works(path, "--version")), None)


def test(arguments):
    apt = shutil.which("apt-get") and os.geteuid() == 0
    steps = [[], [PYTHON, "-m", "playwright", "install", "chromium"], *([["sh", "-c", APT]] if apt else [])]
    browser = next(filter(None, (find_browser() for step in steps if not step or run(*step) == 0)), None)
    if not browser:
        sys.exit(
            "没有能启动的 Chromium：请安装 Chrome、Edge 或 Chromium，或用环境变量 CHROMIUM 指明路径。\n"
            "No Chromium that starts. Install Chrome, Edge or Chromium (Debian and Ubuntu: sudo apt install "
            "chromium), or name one by the environment variable CHROMIUM."
        )
    os.environ["CHROMIUM"] = browser
    style = [run(PYTHON, "-m", "ruff", *checks, ".") for checks in (["check"], ["format", "--check"])]
    return run(PYTHON, "-m", "pytest", *arguments) or max(style)


def main(arguments):
    check_python(sys.version_info[:2])
    os.chdir(str(HERE))
    for kind in (signal.SIGTERM, signal.SIGINT):  # quietly; what was started ends, too
        signal.signal(kind, lambda number, _: sys.exit(128 + number))
    if arguments[:1] == ["test"]:
        install("requirements.txt", "requirements-dev.txt")
        return test(arguments[1:])
    for_class = arguments[:1] == ["class"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args(arguments[for_class:])
    install("requirements.txt")
    begin = start_class if for_class else start
    return begin(free_port(options.port), not options.no_browser)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
