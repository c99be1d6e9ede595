"""What KaTeX will say of a formula, without a browser: unknown commands, braces and pairs that do not close."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import streamlit

MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)
#: A command, an escaped character, a brace; what stands between is of no interest here.
TOKEN = re.compile(r"\\([a-zA-Z]+)\*?|\\(.)|([{}])|([&])", re.DOTALL)
#: What stands behind \left or \right.
DELIMITER = re.compile(r"\s*(\\[a-zA-Z]+|\\[{}|]|[()\[\]|/<>.])")
#: What \begin may begin.
ENVIRONMENTS = {
    "matrix",
    "pmatrix",
    "bmatrix",
    "vmatrix",
    "cases",
    "array",
    "aligned",
    "gathered",
    "split",
    "smallmatrix",
}
#: Commands of Streamlit's KaTeX that would leave the page: links, images, HTML. KaTeX refuses them.
UNTRUSTED = {"href", "url", "includegraphics", "htmlClass", "htmlData", "htmlId", "htmlStyle"}


@functools.cache
def commands() -> frozenset[str]:
    """The commands that Streamlit's own copy of KaTeX knows: the names in its source."""
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("katex.*.js"))
    return frozenset(re.findall(r"\\\\([a-zA-Z]+)", source)) - UNTRUSTED


def formulas(markdown: str) -> list[str]:
    """The formulas between dollars, in order; code is left out."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return [displayed or inline for displayed, inline in MATH.findall(prose)]


def complaints(formula: str) -> list[str]:
    """What is wrong with a formula, in words; [] where nothing is."""
    return [*_unknown(formula), *_open_pairs(formula), *_bare(formula)]


def _unknown(formula: str) -> Iterator[str]:
    for token in TOKEN.finditer(formula):
        if token[1] and token[1] not in commands():
            yield f"KaTeX knows no \\{token[1]}"


def _open_pairs(formula: str) -> Iterator[str]:
    """Braces, \\begin … \\end and \\left … \\right, each closed by its like, the last opened first."""
    opened: list[str] = []
    for token in TOKEN.finditer(formula):
        command, brace = token[1], token[3]
        behind = formula[token.end() :]
        if brace == "{":
            opened.append("{")
        elif command == "begin" or command == "end":
            name = re.match(r"\{(\w+\*?)\}", behind)
            if not name or name[1] not in ENVIRONMENTS:
                yield f"\\{command} without one of {', '.join(sorted(ENVIRONMENTS))}"
            elif command == "begin":
                opened.append(f"\\begin{{{name[1]}}}")
            elif _closed(opened, f"\\begin{{{name[1]}}}"):
                yield f"\\end{{{name[1]}}} closes nothing"
        elif command == "left" or command == "right":
            if not DELIMITER.match(behind):
                yield f"\\{command} without a delimiter behind it"
            if command == "left":
                opened.append("\\left")
            elif _closed(opened, "\\left"):
                yield "\\right without its \\left"
        elif brace == "}" and _closed(opened, "{"):
            yield "a } too many"
    yield from (f"{start} is not closed" for start in opened)


def _closed(opened: list[str], start: str) -> bool:
    """Takes what was opened last off the list; True where that is something else."""
    if opened and opened[-1] == start:
        opened.pop()
        return False
    return True


def _bare(formula: str) -> Iterator[str]:
    """A % begins a comment; an index or a power wants something to be; & stands in a table."""
    text = re.sub(r"\\text\w*\{[^{}]*\}", "x", formula)
    if re.search(r"(?<!\\)%", text):
        yield "a bare % begins a comment: write \\%"
    if re.search(r"[\^_]\s*([\^_}&]|$)", re.sub(r"\\[_^]", "x", text)):
        yield "an empty index or power"
    if "\\begin" not in text and re.search(r"(?<!\\)&", text):
        yield "an & outside of \\begin{…}"
