"""What both writers ask of the tree of a text."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from study.markdown import CHINESE

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

SCHEMES = ("http", "https", "mailto")
#: A run of letters that no line would hold gets places where it may be broken: those between Chinese have theirs.
LONG_RUN = re.compile(r"[^\s\u2e80-\u9fff\uf900-\uffef\U00020000-\U0003ffff]{50,}")
LONG_CODE = re.compile(r"\S{86,}")
PIECE = 24


def broken(text: str, code: bool = False) -> str:
    """The text with zero-width spaces in runs that are too long for a line."""
    long = LONG_CODE if code else LONG_RUN
    return long.sub(lambda run: "\u200b".join(re.findall(rf".{{1,{PIECE}}}", run[0], re.DOTALL)), text)


def softly(node: "SyntaxTreeNode") -> str:
    """What a line's end in a paragraph means: nothing between Chinese, a space elsewhere."""
    before, after = (_neighbour(node, step) for step in (-1, 1))
    return "" if re.search(f"{CHINESE}$", before) and re.match(CHINESE, after) else " "


def _neighbour(node: "SyntaxTreeNode", step: int) -> str:
    siblings = node.siblings
    at = siblings.index(node) + step
    other = siblings[at] if 0 <= at < len(siblings) else None
    while other is not None and other.children:
        other = other.children[0 if step > 0 else -1]
    return other.content if other is not None and other.type == "text" else ""


def language(info: str) -> str:
    """The language of a fence: "python" of "python title=x"."""
    found = re.match(r"[A-Za-z0-9+#_-]{1,20}", info.strip())
    return found[0].lower() if found else ""


def address(href: str) -> str:
    """A link's target where it leads to a page or a mail; "" for everything else."""
    try:
        return href if urlsplit(href).scheme.lower() in SCHEMES and len(href) <= 2000 else ""
    except ValueError:
        return ""


def table(node: "SyntaxTreeNode") -> tuple[list, list[list], list[str]]:
    """(cells of the head, rows of cells, how the columns are aligned: "", left, center, right)."""
    head = node.children[0].children[0].children
    body = node.children[1].children if len(node.children) > 1 else []
    aligned = [str(cell.attrs.get("style", "")).removeprefix("text-align:") for cell in head]
    return list(head), [list(row.children) for row in body], aligned


def footnotes(tree: "SyntaxTreeNode") -> "dict[str, SyntaxTreeNode]":
    """The notes that something refers to, by label, the first of each name."""
    used = {node.meta["label"] for node in tree.walk() if node.type == "footnote_ref"}
    notes: dict = {}
    for node in tree.walk():
        if node.type == "footnote_reference" and node.meta["label"] in used:
            notes.setdefault(node.meta["label"], node)
    return notes
