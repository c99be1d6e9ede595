"""What the house tests read from the source: its files, what each imports, how long and how dense it is."""

import ast
import fnmatch
import functools
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from study.notes import RESULTS, STEM, page_functions
from study.words import ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*patterns: str) -> list[Path]:
    """The Python files that match any of these patterns of paths below the root; all of the house without one."""
    roots = [ROOT / "app.py", ROOT / "start.py"]
    files = roots + [path for folder in ("models", "pages", "study", "tests") for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in files if not patterns or any(fits(path, pattern) for pattern in patterns))


def fits(path: Path, pattern: str) -> bool:
    """As a shell reads it: * stays in its folder, ** goes through all of them."""
    parts, wanted = path.relative_to(ROOT).parts, pattern.split("/")
    if "**" in wanted:
        at = wanted.index("**")
        parts, wanted = (*parts[:at], parts[-1]), [*wanted[:at], *wanted[at + 1 :]]
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatch, parts, wanted))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module(path: Path) -> str:
    """models/records/glue.py is models.records.glue, models/__init__.py is models."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def modules() -> frozenset[str]:
    return frozenset(map(module, sources()))


def imports(path: Path, late: bool = True) -> set[str]:
    """The modules that a file imports, late ones and those for type checkers included; `from models import bert` is
    models.bert. late=False: only what is imported with the file itself.
    """
    result: set[str] = set()
    for node in ast.walk(tree(path)) if late else _at_once(tree(path)):
        if isinstance(node, ast.Import):
            result |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name: f"{origin(path, node)}.{alias.name}" for alias in node.names}
            result |= {full if full in modules() else origin(path, node) for full in names.values()}
    return result


def _at_once(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a file is imported: nothing inside functions, nothing that stands there for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function) or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            continue
        yield child
        yield from _at_once(child)


def origin(path: Path, node: ast.ImportFrom) -> str:
    """The module that is imported from; for `from .driver import …` counted from the file's own package."""
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def below(name: str, ancestors: set[str]) -> bool:
    """Is it one of these modules, or inside one of them? "*" stands for all that Python does not bring along."""
    steps = name.split(".")
    if "*" in ancestors and steps[0] not in sys.stdlib_module_names:
        return True
    return any(".".join(steps[:n]) in ancestors for n in range(1, len(steps) + 1))


def is_demo(path: Path) -> bool:
    """A file of a lesson that defines a function of its own name which returns Evidence."""
    return page_functions(path.read_text(encoding="utf-8")).get(path.stem) in RESULTS


def lesson_files() -> dict[str, list[Path]]:
    """The files of each lesson's folder."""
    folders = [path for path in (ROOT / "pages").iterdir() if path.is_dir() and STEM.fullmatch(path.name)]
    return {folder.name: sorted(folder.glob("*.py")) for folder in sorted(folders)}


def functions(path: Path) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def local_names(function: Function) -> set[str]:
    """Parameters, and every name that is bound in it, comprehensions and inner functions included; but _."""
    arguments = function.args
    names = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    stored = (node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return (names | {node.id for node in stored}) - {"_"}


def density(path: Path) -> float:
    """Expressions per line of code, neither counted with docstrings nor with annotations, lines not with comments; a
    file whose own tables of data are denser than the rest is judged without them.
    """
    tables = [node for node in tree(path).body if isinstance(node, ast.Assign) and is_data(node.value)]
    return min(_density(path, []), _density(path, tables))


def _density(path: Path, without: list[ast.Assign]) -> float:
    left_out = {id(part) for table in without for part in ast.walk(table)}
    parts = [part for part in ast.walk(tree(path)) if id(part) not in left_out]
    hints = (getattr(node, name, None) for node in parts for name in ("annotation", "returns"))
    apart = {id(part) for hint in hints if hint is not None for part in ast.walk(hint)}
    apart |= {id(doc.value) for doc in _docstrings(path)}
    expressions = sum(isinstance(node, ast.expr) and id(node) not in apart for node in parts)
    lines = _code_lines(path) - {line for table in without for line in range(table.lineno, table.end_lineno + 1)}
    return expressions / max(len(lines), 1)


def _docstrings(path: Path) -> list[ast.Expr]:
    owners = (node for node in ast.walk(tree(path)) if isinstance(node, ast.Module | ast.ClassDef | Function))
    return [node.body[0] for node in owners if ast.get_docstring(node) is not None]


def _code_lines(path: Path) -> set[int]:
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    readline = io.StringIO(path.read_text(encoding="utf-8")).readline
    tokens = (token for token in tokenize.generate_tokens(readline) if token.type not in layout)
    lines = {line for token in tokens for line in range(token.start[0], token.end[0] + 1)}
    return lines - {line for doc in _docstrings(path) for line in range(doc.lineno, doc.end_lineno + 1)}


def is_data(node: ast.expr) -> bool:
    """Nothing but values in brackets: constants, texts, names, signs before numbers, records made of the same."""
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Name | ast.Attribute):
        return True
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return all(map(is_data, node.elts))
    if isinstance(node, ast.Dict):
        return all(key is not None and is_data(key) for key in node.keys) and all(map(is_data, node.values))
    if isinstance(node, ast.UnaryOp | ast.Starred):
        return is_data(node.operand if isinstance(node, ast.UnaryOp) else node.value)
    if isinstance(node, ast.BinOp):
        return is_data(node.left) and is_data(node.right)
    if isinstance(node, ast.Call):
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        return isinstance(node.func, ast.Name | ast.Attribute) and all(map(is_data, values))
    return False


def tables(path: Path) -> set[int]:
    """The lines on which a literal of data closes, [...], (...) or {...}, or a decorator around a test's cases."""
    nodes = list(ast.walk(tree(path)))
    around = [call for node in nodes if isinstance(node, Function) for call in node.decorator_list]
    literals = [node for node in nodes if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)]
    tall = [node for node in literals + around if node.end_lineno > node.lineno]
    return {node.end_lineno for node in tall if is_data(node)}
