"""The project's own source, as a note shows it: found by its dotted name, nothing is imported for it."""

import ast
import functools
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from study import words
from study.words import FlawedText, text


@dataclass(frozen=True)
class Source:
    """A function or class. path: of its file below the root; code: dedented, docstring folded."""

    path: str
    code: str


def source(name: str) -> Source:
    """The source of models.attention.scores, or of a method, models.layers.LayerNorm.forward. Raises FlawedText.

    Of its docstring only the first line stays.
    """
    path, inner = _file(name)
    return _found(name, path, tuple(inner), text(words.ROOT / path))


@functools.lru_cache(maxsize=256)
def _found(name: str, path: str, inner: tuple[str, ...], code: str) -> Source:
    try:
        node = _defined(ast.parse(code), inner)
    except SyntaxError as error:
        raise FlawedText(f"{path}: line {error.lineno}: {error.msg}") from None
    if node is None:
        raise FlawedText(f"code: {name}: {path} defines no {'.'.join(inner)}")
    lines = code.splitlines()[_first(node) - 1 : node.end_lineno]
    doc = node.body[0] if ast.get_docstring(node) is not None else None
    if doc is not None and doc.end_lineno > doc.lineno:
        above, below = doc.lineno - _first(node), doc.end_lineno - _first(node) + 1
        head = lines[above].rstrip()
        lines[above:below] = [f'{head.rstrip(".")} …"""']
    return Source(path, textwrap.dedent("\n".join(lines)))


def _first(node: ast.AST) -> int:
    """The first line of a definition, its decorators included."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _file(name: str) -> tuple[str, list[str]]:
    """The file of the longest beginning of a dotted name, and what is left of the name."""
    parts = name.split(".")
    for n in range(len(parts) - 1, 0, -1):
        path = "/".join(parts[:n]) + ".py"
        if parts[0] in ("models", "pages", "study") and (words.ROOT / path).is_file():
            return path, parts[n:]
    raise FlawedText(f"code: {name}: there is no such file")


def _defined(node: ast.AST, inner: Sequence[str]) -> ast.FunctionDef | ast.ClassDef | None:
    for name in inner:
        kinds = (ast.FunctionDef, ast.ClassDef)
        node = next((n for n in getattr(node, "body", ()) if isinstance(n, kinds) and n.name == name), None)
    return node
