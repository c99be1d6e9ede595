"""CONTRIBUTING.md is true: its example as printed passes the command that it gives, its tables are complete."""

import dataclasses
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from study import controls, views
from study.named_cells import NamedCells
from study.words import ROOT, app_words, languages

#: What the tests of one lesson need of the repository; the checkpoints are large and lie where they are.
NEEDED = ("app.py", "start.py", "pyproject.toml", "CONTRIBUTING.md", "README.md", "assets", "notes", "pages", "study")
NEEDED += ("models", "tests", ".streamlit")


def guide() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks() -> dict[str, str]:
    """The example: file -> its content as printed."""
    found = re.findall(r"^### `([^`\n]+)`\n\n(`{3,})\w+\n(.*?)^\2$", guide(), re.DOTALL | re.MULTILINE)
    return {file: content for file, _, content in found}


def command(pattern: str = r"^python start\.py test (-k x9_\w+ -m .*)$") -> list[str]:
    """The arguments that CONTRIBUTING gives pytest for the quick tests of the example."""
    return shlex.split(re.search(pattern, guide(), re.MULTILINE)[1])


def command_for_english() -> list[str]:
    """Those for a lesson that is not yet written in Chinese."""
    return command(r"`(-k \"[^`]*not zh\"[^`]*)` tests the English lesson alone")


def snippet() -> str:
    """How to call a demo from Python."""
    return re.search(r"called from Python.*?```python\n(.*?)```", guide(), re.DOTALL)[1]


def copied(folder: Path) -> Path:
    """A copy of the repository with the example in it."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "checkpoints")
            shutil.copytree(ROOT / name, folder / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, folder / name)
    (folder / "models" / "checkpoints").symlink_to(ROOT / "models" / "checkpoints", target_is_directory=True)
    for file, content in blocks().items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.long
def test_the_example_passes_the_command_that_is_given(tmp_path):
    """And so does the way to call a demo from Python; a mistake in the example makes the command fail; one language
    alone passes what is given for it."""
    folder = copied(tmp_path)
    done = run(folder, "-m", "pytest", *command())
    assert done.returncode == 0, done.stdout[-6000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 30, done.stdout[-600:]
    called = run(folder, "-c", snippet())
    assert called.returncode == 0 and "Claim(name='cosine_here'" in called.stdout, called.stdout + called.stderr
    style = run(folder, "-m", "ruff", "check", "pages/x9_cosine")
    form = run(folder, "-m", "ruff", "format", "--check", "pages/x9_cosine")
    assert style.returncode == form.returncode == 0, style.stdout + form.stdout
    for kind in ("md", "yaml"):
        (folder / "notes" / "zh" / f"x9_cosine.{kind}").unlink()
    english = run(folder, "-m", "pytest", *command_for_english())
    assert english.returncode == 0, english.stdout[-6000:]
    demo = folder / "pages" / "x9_cosine" / "turning.py"
    demo.write_text(demo.read_text(encoding="utf-8").replace("v @ u", "v.sum(1)").replace("chosen,", "chosen + 1,"))
    broken = run(folder, "-m", "pytest", *command(), "-x", "tests/test_demos.py")
    assert broken.returncode == 1 and "cosine_here: measured" in broken.stdout, broken.stdout[-600:]


def test_the_example_is_a_page_and_two_notes_with_labels():
    notes = {f"notes/{lang}/x9_cosine.{kind}" for lang in languages() for kind in ("md", "yaml")}
    assert set(blocks()) == notes | {"pages/x9_cosine/turning.py", "pages/x9_cosine/on_paper.py"}
    assert not (ROOT / "pages" / "x9_cosine").exists()


def rows(heading: str) -> dict[str, list[str]]:
    """The calls in the first column of the table under a heading: name -> its arguments, * among them."""
    section = re.search(rf"^## {heading}\n(.*?)^## ", guide(), re.DOTALL | re.MULTILINE)[1]
    calls = re.findall(r"^\| `(\w+)\(([^)]*)\)` \|", section, re.MULTILINE)
    return {name: [part.strip() for part in arguments.split(",") if part] for name, arguments in calls}


def arguments_of(thing: type) -> list[str]:
    """The names of its arguments, with * before those that are given by name."""
    parameters = inspect.signature(thing).parameters.values()
    names = [f"*{p.name}" if p.kind is p.VAR_POSITIONAL else p.name for p in parameters]
    by_name = [p.kind is p.KEYWORD_ONLY for p in parameters]
    if True in by_name and not any(name.startswith("*") for name in names):
        names.insert(by_name.index(True), "*")
    return names


def test_every_control_is_in_its_table():
    written = rows("Controls")
    kinds = (controls.Slider, controls.Choice, controls.Text)
    defined = {*(kind for of in kinds for kind in of.__subclasses__()), *controls.Control.__args__, NamedCells}
    by_name = {control.__name__: control for control in defined}
    assert set(written) == set(by_name)
    for name, arguments in written.items():
        known = arguments_of(by_name[name])
        assert [argument for argument in arguments if argument not in known] == [], f"{name} takes {known}"


def test_every_view_is_in_its_table_with_its_arguments():
    written = rows("Views")
    defined = [*views.View.__args__, views.Series, views.Points]
    assert set(written) == {view.__name__ for view in defined}
    for view in defined:
        assert written[view.__name__] == arguments_of(view), view.__name__
        assert dataclasses.is_dataclass(view)
    for name in ("Span", "Say"):
        assert f"`{name}(" in guide()


def test_the_units_are_named():
    units = re.search(r"The units are (.*?);", guide())[1]
    assert set(re.findall(r"`(\w+)`", units)) == set(app_words("en").texts["units"])


def test_the_limits_are_those_of_the_tests():
    from tests import evidence, test_house

    for said in (
        f"at most {test_house.LONGEST_OF_LESSON}; other files at most {test_house.LONGEST}",
        f"at most {test_house.LONGEST_FUNCTION} lines and {test_house.LOCALS} local names",
        f"{test_house.DENSEST:.0f} expressions on a line",
        f"{evidence.LIMIT // 1000} kB",
    ):
        assert said in guide(), said


@pytest.mark.parametrize("file", ["CONTRIBUTING.md", "README.md"])
def test_the_paths_that_are_named_exist(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    named = re.findall(r"`((?:study|models|tests|pages|notes|assets)/[\w./]*)`|\]\((?!http)([\w./]+)\)", text)
    for path in filter(None, (one or other for one, other in named)):
        assert path in blocks() or (ROOT / path).exists(), f"{file} names {path}"
