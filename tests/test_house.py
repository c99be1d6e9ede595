"""Holds the house together: imports as designed, no circles, lessons as islands, files that can be read aloud."""

import ast
import graphlib
import importlib
import re
import subprocess
import sys

import pytest

from study.demo import demos
from study.notes import STEM
from study.words import ROOT
from tests.house import (
    below,
    density,
    fits,
    functions,
    imports,
    is_demo,
    lesson_files,
    local_names,
    module,
    shown,
    sources,
    tables,
    tree,
)

#: Files, what they do not import (* = all that Python does not bring along), what of it they may, and why.
#: Late imports and those for type checkers count, too.
WALLS = [
    ("**/*.py", "pickle requests urllib3 httpx", "", "files of data are not code; nothing is fetched from the network"),
    ("start.py", "*", "", "it runs before anything is installed"),
    ("app.py", "plotly models", "", "the entry starts the app, lessons bring what they need"),
    ("pages/*.py", "torch plotly models pages", "", "a page that is no lesson shows what study knows"),
    (
        "pages/*/*.py",
        "streamlit plotly accelerate tqdm study pages models.train",
        "study.demo study.controls study.named_cells study.views study.memo study.local_bert pages.{folder}",
        "a demo is a pure function of its own lesson: study's shell shows it, its figures draw it",
    ),
    (
        "models/**/*.py",
        "study pages streamlit plotly",
        "",
        "models know nothing of the app: they are imported from notebooks",
    ),
    ("models/*.py", "models.train accelerate tqdm", "", "only training needs what training needs"),
    ("models/records/*.py", "*", "models.records", "readers of what training wrote need the standard library only"),
    ("study/**/*.py", "torch pages models.train", "", "the app runs without torch until a lesson needs it"),
    ("study/*.py", "streamlit plotly study.shell", "", "all that knows Streamlit lies in study/shell"),
    ("study/views/*.py", "streamlit plotly study.shell study.figures", "", "views say what, figures how"),
    ("study/figures/*.py", "streamlit study.shell", "", "drawings are plain dicts"),
    ("study/shell/*.py", "models", "models.records", "of the models the shell knows the one error of their files"),
]
#: What is not even imported at the top of a file.
TOP_WALLS = [
    ("study/**/*.py", "models plotly.graph_objects", "models.records", "the home page is there before torch is")
]

LESSONS = lesson_files()
OF_LESSONS = [path for files in LESSONS.values() for path in files]
CODE = sources("app.py", "start.py", "models/**/*.py", "pages/**/*.py", "study/**/*.py")
LONGEST, LONGEST_OF_LESSON, LONGEST_FUNCTION, LOCALS, DENSEST = 300, 200, 70, 20, 6.0
ABOUT = 150  # lines of a demo's file, from which on a part of it may stand beside it


def test_every_page_is_a_lesson_or_renders_itself():
    for path in (ROOT / "pages").glob("*.py"):
        assert not STEM.fullmatch(path.stem), f"{shown(path)}: a lesson is a folder, pages/{path.stem}/<demo>.py"
        assert "def render(" in path.read_text(encoding="utf-8"), f"{shown(path)}: defines no render(reader)"
    assert {"t5_attention", "t2_layer_vs_batch_norm"} <= set(LESSONS)


@pytest.mark.parametrize("path", sources(), ids=shown)
def test_imports(path):
    for walls, late in ((WALLS, True), (TOP_WALLS, False)):
        for pattern, forbidden, but, why in walls:
            if fits(path, pattern):
                allowed = set(but.format(folder=path.parent.name).split())
                names = {name for name in imports(path, late) if below(name, set(forbidden.split()))}
                wrong = sorted(name for name in names if not below(name, allowed))
                assert not wrong, f"{shown(path)} imports {', '.join(wrong)}: {why}"


def test_every_wall_stands_before_files():
    for pattern, *_ in WALLS + TOP_WALLS:
        assert sources(pattern), f"no file is called {pattern}"


@pytest.mark.parametrize(
    ("name", "forbidden", "inside"),
    [
        ("models.train.loop", "models.train", True),
        ("models.training", "models.train", False),
        ("models", "models.train", False),
        ("json", "*", False),
        ("numpy.linalg", "*", True),
    ],
)
def test_what_a_wall_keeps_out(name, forbidden, inside):
    assert below(name, set(forbidden.split())) == inside


def test_late_imports_are_read_too(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.house.ROOT", tmp_path)
    path = tmp_path / "x.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import plotly\ntry:\n    import torch\n"
        "except ImportError:\n    pass\ndef f():\n    from models import bert\nfrom .a import b\n"
    )
    assert imports(path) == {"typing", "plotly", "torch", "models.bert", "a"}
    assert imports(path, late=False) == {"typing", "torch", "a"}


def test_no_import_goes_in_a_circle():
    graph = {module(path): imports(path) - {module(path)} for path in sources() if path.name != "start.py"}
    try:
        graphlib.TopologicalSorter({name: needs & graph.keys() for name, needs in graph.items()}).prepare()
    except graphlib.CycleError as error:
        raise AssertionError(f"a circle of imports: {' -> '.join(reversed(error.args[1]))}") from None


@pytest.mark.parametrize("path", OF_LESSONS, ids=shown)
def test_a_file_of_a_lesson_is_a_demo_or_shared(path):
    """A demo imports no other demo. What is no demo serves two files, or one that would be too long with it."""
    users = [other for other in LESSONS[path.parent.name] if module(path) in imports(other)]
    if is_demo(path):
        assert not users, f"{shown(path)} is a demo and imported by {', '.join(map(shown, users))}"
        return
    together = len(lines(path)) + sum(len(lines(other)) for other in users)
    assert len(users) >= 2 or (users and together >= ABOUT), (
        f"{shown(path)} is no demo (a function {path.stem}(...) -> Evidence makes it one) and serves "
        f"{', '.join(map(shown, users)) or 'no file'}: what one file needs stands in it while both have < {ABOUT} lines"
    )


@pytest.mark.parametrize("stem", LESSONS)
def test_the_demos_are_the_files_that_define_them(stem):
    assert sorted(demos(stem)) == [path.stem for path in LESSONS[stem] if is_demo(path)]


def test_the_table_of_contents_of_the_models():
    """models/__init__.py names every file and folder of models/ at the left of a line, and no other."""
    text = importlib.import_module("models").__doc__
    table = re.findall(r"^ {4,}([a-z]\w+/?(?:,? [a-z]\w+/?)*)(?:  .*)?$", text, re.M)
    names = sorted(name for left in table for name in re.findall(r"\w+", left))
    folder = [path for path in (ROOT / "models").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    assert names == sorted(path.stem for path in folder if path.stem != "__init__")


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_files_and_functions_are_short(path):
    most = LONGEST_OF_LESSON if path in OF_LESSONS else LONGEST
    assert len(lines(path)) <= most, f"{shown(path)} has {len(lines(path))} lines; at most {most}"
    for function in functions(path):
        length, names = function.end_lineno - function.lineno + 1, local_names(function)
        place = f"{shown(path)}:{function.lineno} {function.name}"
        assert length <= LONGEST_FUNCTION, f"{place} has {length} lines; at most {LONGEST_FUNCTION}"
        assert len(names) <= LOCALS, f"{place} has {len(names)} local names; at most {LOCALS}: {sorted(names)}"


@pytest.mark.parametrize("path", sources("pages/**/*.py"), ids=shown)
def test_pages_can_be_read_aloud(path):
    result = density(path)
    assert result <= DENSEST, f"{shown(path)} has {result:.2f} expressions on a line of code; at most {DENSEST}"


def test_density_counts_what_runs(tmp_path):
    source = '"""Doc."""\n\n# a comment\ndef f(a: dict[str, int] = {}) -> int:\n    """Doc."""\n    return a + 1\n'
    (tmp_path / "x.py").write_text(source)
    assert density(tmp_path / "x.py") == 4 / 2  # {}; a + 1, a, 1


def test_the_session_s_memory_is_opened_in_two_files():
    names = {"study/shell/session.py", "study/shell/widgets.py"}
    users = {shown(path) for path in CODE if _names(path, "session_state")}
    assert users and users <= names, f"st.session_state is named in {', '.join(sorted(users - names))}"


def _names(path, attribute):
    return any(isinstance(node, ast.Attribute) and node.attr == attribute for node in ast.walk(tree(path)))


def test_an_option_is_said_in_the_reader_s_language_in_one_file():
    """Elsewhere a switch of the language makes the browser answer with words of no option: see picks.py."""

    def speaks(node):
        name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        return name in ("radio", "selectbox", "multiselect", "select_slider") and any(
            word.arg == "format_func" for word in node.keywords
        )

    assert speaks(ast.parse("st.radio('a', [1], format_func=str)").body[0].value)
    assert [shown(path) for path in CODE if any(map(speaks, ast.walk(tree(path))))] == []


def test_torchs_one_stream_of_random_numbers_is_seeded_in_one_file():
    """All readers' threads share it; trainings, run from the command line, have it for themselves."""
    seeds = re.compile(r"torch\.(random\.)?(manual_seed|seed|fork_rng|set_rng_state)\(")
    files = [*(ROOT / "models").glob("*.py"), *(ROOT / "pages").rglob("*.py"), *(ROOT / "study").rglob("*.py")]
    assert [path.name for path in files if seeds.search(path.read_text(encoding="utf-8"))] == ["seeded.py"]


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_has_nothing_to_say(arguments):
    run = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", sources(), ids=shown)
def test_only_tables_of_data_are_laid_out_by_hand(path):
    closes = tables(path)
    for number, line in enumerate(lines(path), 1):
        mark = re.search(r"# (fmt|yapf): *\w+", line)
        if mark and not re.search(r"[\"']# ", line):
            place = f"{shown(path)}:{number}"
            assert line.rstrip().endswith("# fmt: skip"), f"{place}: only `# fmt: skip`, behind one table of data"
            assert number in closes, f"{place}: closes no literal of data, so ruff format decides its form"


def test_what_is_a_table_of_data(tmp_path):
    (tmp_path / "x.py").write_text(
        "A = [\n 1, -2, a.b,\n F('x', y=3),\n]\n"  # lines 1 to 4
        "B = f(\n 1,\n 2)\nC = [\n x for x in A]\n"  # lines 5 to 9
        "D = {\n 'a': (1,\n 2)}\nE = [1, 2]\n"  # lines 10 to 13
    )
    assert tables(tmp_path / "x.py") == {4, 12}


def test_nothing_typed_becomes_html():
    ours = sources("study/**/*.py", "pages/**/*.py")
    formulas = ROOT / "study" / "shell" / "formula.py"  # those of our own texts, in notes and over cards
    assert [path for path in ours if "unsafe_allow" in path.read_text(encoding="utf-8")] == [formulas]
    putting = [path.name for path in ours if "put_ours(" in path.read_text(encoding="utf-8")]
    assert sorted(putting) == ["card.py", "formula.py", "guest.py", "note.py"]
    scripts = sorted((ROOT / "assets").rglob("*.js"))
    assert {"shell.js", "index.js", "tokens.js"} <= {path.name for path in scripts}
    for path in scripts:
        script = path.read_text(encoding="utf-8")
        assert "innerHTML" not in script and "insertAdjacentHTML" not in script, path.name
