"""start.py's decisions: which Python, when to install, which port, which browser. Nothing is installed here."""

import ast
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import start

posix = pytest.mark.skipif(os.name == "nt", reason="makes executable shell scripts")


def test_old_pythons_can_read_it():
    ast.parse(Path(start.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_standard_library_only():
    tree = ast.parse(Path(start.__file__).read_text(encoding="utf-8"))
    names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    names |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13), (3, 14)])
def test_supported_pythons(version):
    start.check_python(version)


@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 15)])
def test_other_pythons_are_told_in_both_languages(version):
    with pytest.raises(SystemExit) as stopped:
        start.check_python(version)
    zh, en = stopped.value.code.splitlines()
    assert "需要 Python 3.11–3.14" in zh and "Python 3.11 to 3.14 is needed" in en
    assert f"{version[0]}.{version[1]}" in zh and f"{version[0]}.{version[1]}" in en


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty project folder; start.py's commands are noted instead of run and end with `codes`."""
    (tmp_path / "requirements.txt").write_text("torch==2.13.0   # why\nidna\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\npytest\n")
    venv = tmp_path / ".venv"
    house = SimpleNamespace(path=tmp_path, calls=[], commands=[], codes={})
    places = {"HERE": tmp_path, "VENV": venv, "PYTHON": str(venv / "python"), "STAMP": venv / "stamp"}
    for name, value in places.items():
        monkeypatch.setattr(start, name, value)

    def run(*command, **_):
        kind = "venv" if "venv" in command else "cpu" if start.CPU_TORCH in command else "pip"
        house.calls.append(kind)
        house.commands.append(command)
        if kind == "venv":
            shutil.rmtree(venv, ignore_errors=True)
            venv.mkdir()
            (venv / "python").touch()
        return house.codes.get(kind, 0)

    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(start, "works", lambda *command, **_: os.path.exists(command[0]))
    monkeypatch.setattr(start, "cpu_torch_is_better", lambda: False)
    return house


def test_installs_once(house):
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip"]
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip"], "the second run installs nothing"


def test_tests_need_more_and_keep_what_is_there(house):
    start.install("requirements.txt")
    start.install("requirements.txt", "requirements-dev.txt")
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip", "pip"]


def test_changed_requirements_are_installed_into_the_same_venv(house):
    start.install("requirements.txt")
    (house.path / "requirements.txt").write_text("torch==2.13.0\nidna>=3\n")
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip", "pip"]


def test_an_interrupted_install_is_made_again(house, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    start.install("requirements.txt")
    (house.path / "requirements.txt").write_text("idna>=3\n")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(start, "run", interrupted)
        start.install("requirements.txt")
    house.calls.clear()
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip"]


def test_a_venv_without_its_python_is_made_again(house):
    start.install("requirements.txt")
    Path(start.PYTHON).unlink()
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip"] * 2


def test_failed_install_says_so_and_tries_again_next_time(house):
    house.codes["pip"] = 1
    with pytest.raises(SystemExit, match=r"安装失败.*\n.*Installing failed"):
        start.install("requirements.txt")
    house.codes.clear()
    start.install("requirements.txt")
    assert house.calls == ["venv", "pip", "pip"]


def test_where_no_venv_can_be_made_the_missing_package_is_named(house):
    house.codes["venv"] = 1
    with pytest.raises(SystemExit, match=r"python3-venv\n.*python3-venv"):
        start.install("requirements.txt")


def test_the_small_torch_is_pinned_as_in_the_requirements(house, monkeypatch):
    monkeypatch.setattr(start, "cpu_torch_is_better", lambda: True)
    start.install("requirements.txt")
    assert house.calls == ["venv", "cpu", "pip"]
    assert house.commands[1][-4:] == ("--no-deps", "--index-url", start.CPU_TORCH, "torch==2.13.0")


def test_fingerprint_follows_the_files_and_the_python(house, monkeypatch):
    first = start.fingerprint(["requirements.txt"])
    assert first == start.fingerprint(["requirements.txt"]) and len(first) == 64
    assert first != start.fingerprint(["requirements.txt", "requirements-dev.txt"])
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert first != start.fingerprint(["requirements.txt"])


def test_the_project_pins_torch():
    lines = (Path(start.__file__).parent / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("torch==") for line in lines)
    assert all("#" in line for line in lines if line), "every requirement says why it is there"


def test_a_taken_port_gives_way_to_the_next(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = start.free_port(port)
        assert port < chosen < port + 20
        zh, en = capsys.readouterr().err.splitlines()
        assert str(chosen) in zh and f"Port {port} is taken; using {chosen}." == en
    assert not start.taken(port)
    assert start.free_port(port) == port


def test_no_free_port(monkeypatch):
    monkeypatch.setattr(start, "taken", lambda port: True)
    with pytest.raises(SystemExit, match="--port"):
        start.free_port(8501)


@pytest.fixture
def browsers(tmp_path, monkeypatch):
    """Call it with a name to make that browser: on PATH, or as Playwright's own. Nothing else can be found."""
    on_path, own = tmp_path / "path", tmp_path / "own"
    on_path.mkdir()
    own.mkdir()

    def make(name: str, folder: Path = on_path, code: int = 0) -> str:
        path = folder / name
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
        return str(path)

    make.own = own
    monkeypatch.setenv("PATH", str(on_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(start, "BROWSERS", [name for name in start.BROWSERS if not name.startswith("/Applications")])
    monkeypatch.setattr(start, "output", lambda *_: str(own / "chrome"))
    return make


@posix
def test_browsers_are_found_in_order(browsers, monkeypatch):
    assert start.find_browser() is None
    own = browsers("chrome", browsers.own)
    assert start.find_browser() == own
    edge = browsers("msedge")
    assert start.find_browser() == edge
    chrome = browsers("google-chrome")
    assert start.find_browser() == chrome
    chromium = browsers("chromium")
    assert start.find_browser() == chromium
    monkeypatch.setenv("CHROMIUM", browsers("mine", browsers.own))
    assert start.find_browser() == str(browsers.own / "mine")


@posix
def test_a_browser_that_does_not_start_is_passed_over(browsers, monkeypatch):
    browsers("chromium", code=1)
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert start.find_browser() is None
    chrome = browsers("google-chrome")
    assert start.find_browser() == chrome


@pytest.mark.parametrize(
    ("check", "form", "tests", "code"),
    [(0, 0, 0, 0), (1, 0, 0, 1), (0, 1, 0, 1), (0, 0, 2, 2), (1, 1, 2, 2)],
)
def test_pytest_runs_last_with_the_arguments(monkeypatch, check, form, tests, code):
    commands = []

    def run(*command, **_):
        commands.append(command[2:])
        return {("ruff", "check"): check, ("ruff", "format"): form}.get(command[2:4], tests)

    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(start, "find_browser", lambda: "/some/chromium")
    monkeypatch.setenv("CHROMIUM", "")
    assert start.test(["-k", "t5"]) == code
    assert commands == [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("pytest", "-k", "t5")]
    assert os.environ["CHROMIUM"] == "/some/chromium"


def test_without_any_browser_it_explains(monkeypatch):
    monkeypatch.setattr(start, "run", lambda *command, **_: 1)
    monkeypatch.setattr(start, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match=r"CHROMIUM.*\n.*CHROMIUM"):
        start.test([])


def test_help_names_the_options():
    said = subprocess.run([sys.executable, start.__file__, "--help"], capture_output=True, text=True, check=True).stdout
    assert "--port" in said and "--no-browser" in said and "start.py test" in said


# --- a class ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def class_started(monkeypatch):
    """Call it for what a class is started with: the environment, and the commands that were run."""
    for name in ("STUDY_CLASS", "STUDY_SECRET", "STUDY_HOSTS"):
        monkeypatch.setenv(name, "")
    commands = []
    monkeypatch.setattr(start, "run", lambda *command, **_: commands.append(command) or 0)
    monkeypatch.setattr(start, "addresses", lambda: ["192.168.1.7", "10.0.0.3"])

    def begin(**given):
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        assert start.start_class(9000, False) == 0
        return {name: os.environ[name] for name in ("STUDY_CLASS", "STUDY_SECRET", "STUDY_HOSTS")}, commands

    return begin


def test_a_class_is_open_to_the_network_and_says_where(class_started, capsys):
    environment, (qr, streamlit) = class_started()
    assert environment["STUDY_CLASS"] == "1"
    hosts = environment["STUDY_HOSTS"].split(",")
    assert hosts[:2] == ["192.168.1.7", "10.0.0.3"] and {"localhost", "127.0.0.1"} <= {*hosts}
    assert qr[1:] == ("-m", "study.qr", "http://192.168.1.7:9000")
    assert {"--server.address=0.0.0.0", "--server.port=9000"} <= {*streamlit}
    said = capsys.readouterr().out
    assert said.count(environment["STUDY_SECRET"]) == 1 and "http://10.0.0.3:9000" in said
    assert not any(environment["STUDY_SECRET"] in part for part in (*qr, *streamlit)), "every process can read these"


def test_secrets_differ_and_can_be_given(class_started):
    secrets = {start.new_secret() for _ in range(50)}
    assert len(secrets) == 50 and all(len(s) == 11 and not set(s) & set("0o1il") for s in secrets)
    environment, _ = class_started(STUDY_SECRET="my own", STUDY_HOSTS="school.example")
    assert (environment["STUDY_SECRET"], environment["STUDY_HOSTS"]) == ("my own", "school.example")


def test_the_addresses_are_those_of_networks():
    assert not any(address.startswith("127.") for address in start.addresses())


def test_class_takes_the_same_options(monkeypatch):
    began = []
    monkeypatch.setattr(start, "install", lambda *files: None)
    monkeypatch.setattr(start, "start_class", lambda *options: began.append(options) or 0)
    monkeypatch.setattr(start, "start", lambda *options: began.append(("alone", *options)) or 0)
    monkeypatch.setattr(start, "free_port", lambda port: port)
    monkeypatch.setattr(start.signal, "signal", lambda *_: None)
    monkeypatch.chdir(start.HERE)
    for arguments in (["class", "--port", "9001", "--no-browser"], ["--port", "9002"]):
        assert start.main(arguments) == 0
    assert began == [(9001, False), ("alone", 9002, True)]


def test_a_qr_code_on_the_terminal():
    command = [sys.executable, "-m", "study.qr", "http://192.168.1.7:8501"]
    run = subprocess.run(command, capture_output=True, cwd=Path(start.__file__).parent, check=True)
    said = run.stdout.decode()
    assert said.startswith("http://192.168.1.7:8501\n") and said.count("\n") > 12 and "█" in said
