"""Markdown as a tree: what a student writes, read as the page reads it, and more kindly where Chinese stands.

CommonMark with tables, footnotes, task lists, strikethrough and formulas; HTML is text; figures are named by
{{figure: t5_attention/scaling?d_k=128}}.
"""

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from study.answer_figure import MARK

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

#: ![caption](name.png) with nothing further in it, and not behind a backslash.
PICTURE = re.compile(r"(?<!\\)!\[((?:[^\[\]\n\\]|\\.|\[[^\[\]\n]*\])*)\]\(([^()\s<>\\]+)\)")
TASK = re.compile(r"\[([ xX])\]\s")
BLOCKS = ("figure", "image", "math_inline_double")  # of a paragraph's children, what stands on its own
DEPTH = 20  # of blocks and of emphasis: deeper ones stay text; at 40 Typst gives up the layout
BRACKETS = 2000  # "[" in a text, up to which links are sought: each unclosed one is sought an end for to the end
#: No font has them, and no text means them: controls, lone surrogates, what turns the direction of the words around.
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def parse(markdown: str) -> "SyntaxTreeNode":
    """The tree of a text. Types: those of markdown-it, with math_inline, math_block, footnote_ref and figure."""
    from markdown_it.tree import SyntaxTreeNode

    markdown = NO_TEXT.sub("", markdown)
    return SyntaxTreeNode(_parser(links=markdown.count("[") <= BRACKETS).parse(markdown))


@functools.cache
def _parser(links: bool) -> "MarkdownIt":
    from markdown_it import MarkdownIt
    from mdit_py_cjk_friendly import cjk_friendly  # **注意力（Attention）**机制 is bold
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEPTH})
    parser.enable(["table", "strikethrough"])
    # Formulas with blanks inside the dollars, and blank lines in a block: students write both
    parser.use(
        dollarmath_plugin,
        allow_labels=False,
        allow_space=True,
        allow_digits=True,
        allow_blank_lines=True,
        double_inline=True,
    )
    parser.use(footnote_plugin, inline=False, move_to_end=False).use(cjk_friendly)
    parser.inline.ruler.before("escape", "figure", _figure)
    parser.core.ruler.push("captions", _captions)
    if not links:
        parser.disable(["link", "image", "footnote_ref"])
    return parser


def _figure(state: Any, silent: bool) -> bool:
    """markdown-it's rule for {{figure: …}}: a token of its own."""
    mark = MARK.match(state.src, state.pos, state.posMax) if state.src.startswith("{{", state.pos) else None
    if mark is None:
        return False
    if not silent:
        state.push("figure", "", 0).content = mark[1]
    state.pos = mark.end()
    return True


def _captions(state: Any) -> None:
    """A figure in the caption of a picture is text: the preview, too, shows words below a picture."""
    waiting = [child for token in state.tokens for child in token.children or () if child.type == "image"]
    for image in waiting:
        waiting += [child for child in image.children or () if child.type == "image"]
        for figure in image.children or ():
            if figure.type == "figure":
                figure.type, figure.content = "text", f"{{{{figure: {figure.content}}}}}"


def figures(markdown: str) -> list[str]:
    """What the figures of a text are named, in order, those in code and in captions left out."""
    return [node.content for node in parse(markdown).walk() if node.type == "figure"]


@dataclass(frozen=True)
class Place:
    """Where a figure or a picture stands in a text. name: a figure's, or a picture's file; caption: of a picture."""

    begin: int
    end: int
    name: str
    caption: str | None = None


def places(markdown: str) -> list[Place]:
    """Where the figures and the student's own pictures stand, outside code, tables and links."""
    lines = [0, *(end.end() for end in re.finditer("\r\n?|\n", markdown)), len(markdown)]
    found: list[Place] = []
    in_table = False
    for token in _parser(links=markdown.count("[") <= BRACKETS).parse(NO_TEXT.sub("", markdown)):
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.type == "inline" and token.map and token.children and not in_table:
            between = lines[token.map[0]], lines[token.map[1]]
            marks, hits = (list(pattern.finditer(markdown, *between)) for pattern in (MARK, PICTURE))
            for child in token.children:  # what stands in code, or in a formula, is passed by
                if child.type == "figure" and marks:
                    found.append(Place(*marks[0].span(), marks[0][1]))
                elif child.type == "image" and hits and unquote(hits[0][2]) == unquote(str(child.attrs["src"])):
                    if child.level == 0 and not urlsplit(hits[0][2]).scheme:
                        found.append(Place(*hits[0].span(), unquote(hits[0][2]), hits[0][1]))
                    del hits[0], marks[: len(MARK.findall(child.content))]
                    continue
                del marks[: 1 if child.type == "figure" else len(MARK.findall(child.content))]
                del hits[: len(PICTURE.findall(child.content))]
    return sorted(found, key=lambda place: place.begin)


def prose(markdown: str) -> str:
    """The words of a text, without marks, code, formulas and figures; a line a paragraph."""
    lines: list[str] = []
    for node in parse(markdown).walk():
        if node.type == "inline":
            lines.append("".join(_words(part) for part in node.walk()))
    return "\n".join(line for line in lines if line.strip())


def _words(node: "SyntaxTreeNode") -> str:
    return node.content if node.type == "text" else " " if node.type in ("softbreak", "hardbreak") else ""


def task(item: "SyntaxTreeNode") -> bool | None:
    """Is a list's item a task, and done? None where it is none."""
    text = _first_text(item)
    mark = TASK.match(text.content) if text else None
    return mark[1] != " " if mark else None


def is_task_mark(node: "SyntaxTreeNode") -> bool:
    """Is this the text whose "[x] " says that its item is a task?"""
    item = node
    while item is not None and item.type != "list_item":
        item = item.parent
    return item is not None and _first_text(item) is node and bool(TASK.match(node.content))


def _first_text(item: "SyntaxTreeNode") -> "SyntaxTreeNode | None":
    node: SyntaxTreeNode | None = item
    while node is not None and node.children:
        node = node.children[0]
    return node if node is not None and node.type == "text" else None


def split(inline: "SyntaxTreeNode") -> "list[list[SyntaxTreeNode]]":
    """What a paragraph consists of: its lines, and between them what stands on its own (a list of that alone)."""
    parts: list[list[SyntaxTreeNode]] = []
    for node in inline.children:
        if node.type in BLOCKS or not parts or parts[-1][0].type in BLOCKS:
            parts.append([])
        parts[-1].append(node)
    return [part for part in parts if any(node.type != "softbreak" for node in part)]
