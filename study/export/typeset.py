"""The tree of a text as Typst code, which assets/book.typ lays out.

Everything is a call in code mode; what a person wrote stands in string literals only, so that no text of theirs is read
as Typst.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from study.export.book import Chapter, Cover
from study.export.materials import Materials
from study.export.pictures import Drawn
from study.export.text import BLOCKS, NO_TEXT, TASK, is_task_mark, parse, split, task
from study.export.tree import address, broken, footnotes, language, softly, table

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

PIXEL = 0.64  # pt of a figure's pixel on paper: 12 px of its text become 7.7 pt
TEXT_WIDTH = 453  # pt
ALIGN = {"left": "left", "center": "center", "right": "right", "": "left"}


def string(text: str) -> str:
    """A Typst string literal."""
    escaped = NO_TEXT.sub("", text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def call(name: str, *args: str, **named: str) -> str:
    given = [*(f"{key}: {value}" for key, value in named.items()), *args]
    return f"{name}({', '.join(given)})"


def to_typst(cover: Cover, chapters: list[Chapter], materials: Materials, folder: Path, contents: bool = True) -> str:
    """The source of main.typ; pictures are written into its folder."""
    words = materials.words
    writer = Writer(materials, folder)
    named = {
        "lang": string(materials.lang),
        "title": string(cover.title),
        "author": string(cover.name),
        "lines": "(" + "".join(f"{string(line)}, " for line in cover_lines(cover, words)) + ")",
        "contents": string(words("hand_in.contents")) if contents else "none",
    }
    parts = ['#import "book.typ": *', f"#show: book.with({', '.join(f'{k}: {v}' for k, v in named.items())})"]
    for chapter in chapters:
        parts.append(f"#{{\n{call('heading', string(chapter.title), level='1')}\n{writer.chapter(chapter)}\n}}")
    return "\n".join(parts) + "\n"


def cover_lines(cover: Cover, words) -> list[str]:
    """What stands under the title: name, number, date."""
    given = {"name": cover.name, "number": cover.number, "date": cover.date}
    return [words(f"hand_in.cover.{key}", value=value) for key, value in given.items() if value]


class Writer:
    """Writes chapters, one after the other."""

    def __init__(self, materials: Materials, folder: Path):
        self.materials, self.folder, self.files, self.notes = materials, folder, {}, {}
        self.chapters, self.written, self.open = 0, set(), set()

    def chapter(self, chapter: Chapter) -> str:
        tree = parse(self.materials.open(chapter))
        self.chapters, self.notes, self.written, self.open = self.chapters + 1, footnotes(tree), set(), set()
        return self.blocks(tree.children)

    def blocks(self, nodes: "list[SyntaxTreeNode]") -> str:
        return "\n".join(part for part in map(self.block, nodes) if part) or "none"

    def block(self, node: "SyntaxTreeNode") -> str:
        return getattr(self, f"_{node.type}", self._unknown)(node)

    def inline(self, node: "SyntaxTreeNode") -> str:
        """The children of a node as the body of a call."""
        return self._joined(node.children)

    def _joined(self, nodes: "list[SyntaxTreeNode]") -> str:
        parts = []
        for node in nodes:
            part = self.block(node)
            if part:  # in a line, say in a table's cell, what stands on its own elsewhere gets a box
                parts.append(call("box", part) if node.type in BLOCKS else part)
        return "{" + "; ".join(parts) + "}" if parts else '""'

    def _unknown(self, node: "SyntaxTreeNode") -> str:
        return self.inline(node) if node.children else self.words(node.content)

    def words(self, text: str) -> str:
        return string(broken(text)) if text else ""

    # blocks

    def _inline(self, node: "SyntaxTreeNode") -> str:
        return self.inline(node)

    def _paragraph(self, node: "SyntaxTreeNode") -> str:
        parts = []
        for part in split(node.children[0]):
            if part[0].type in BLOCKS:
                parts.append(self.block(part[0]))
            else:
                body = self._joined(part)
                parts.append(body if node.hidden else call("par", body))
        return "\n".join(parts)

    def _heading(self, node: "SyntaxTreeNode") -> str:
        return call("heading", self.inline(node.children[0]), level=str(min(int(node.tag[1]) + 1, 6)))

    def _bullet_list(self, node: "SyntaxTreeNode") -> str:
        tight = "true" if self._tight(node) else "false"
        if any(task(item) is not None for item in node.children):
            rows = [f"({_box(task(item))}, {self._item(item)})" for item in node.children]
            return call("tasks", *rows)
        return call("list", *map(self._item, node.children), tight=tight)

    def _ordered_list(self, node: "SyntaxTreeNode") -> str:
        start = str(min(int(node.attrs.get("start", 1)), 10**9))
        return call(
            "enum", *map(self._item, node.children), tight="true" if self._tight(node) else "false", start=start
        )

    def _tight(self, node: "SyntaxTreeNode") -> bool:
        return all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")

    def _item(self, node: "SyntaxTreeNode") -> str:
        return "{\n" + self.blocks(node.children) + "\n}"

    def _blockquote(self, node: "SyntaxTreeNode") -> str:
        return call("cited", "{\n" + self.blocks(node.children) + "\n}")

    def _hr(self, node: "SyntaxTreeNode") -> str:
        return "rule()"

    def _fence(self, node: "SyntaxTreeNode") -> str:
        lang = language(node.info)
        named = {"lang": string(lang)} if lang else {}
        return call("raw", string(broken(node.content.rstrip("\n"), code=True)), block="true", **named)

    _code_block = _fence

    def _table(self, node: "SyntaxTreeNode") -> str:
        head, rows, aligned = table(node)
        columns = str(len(head))
        cells = [self.inline(cell) for row in rows for cell in row]
        header = call("table.header", *(call("strong", self.inline(cell)) for cell in head))
        align = "(" + "".join(f"{ALIGN[a]}, " for a in aligned) + ")"
        return call("ruled", header, *cells, columns=columns, align=align)

    def _math_block(self, node: "SyntaxTreeNode") -> str:
        return self._formula(node.content, display=True)

    _math_inline_double = _math_block

    def _footnote_reference(self, node: "SyntaxTreeNode") -> str:
        """A note that nothing refers to stays where it was written."""
        return "" if node.meta["label"] in self.notes else self.blocks(node.children)

    # in lines

    def _text(self, node: "SyntaxTreeNode") -> str:
        text = TASK.sub("", node.content, count=1) if is_task_mark(node) else node.content
        return self.words(text)

    def _softbreak(self, node: "SyntaxTreeNode") -> str:
        return string(softly(node)) if softly(node) else ""

    def _hardbreak(self, node: "SyntaxTreeNode") -> str:
        return "linebreak()"

    def _strong(self, node: "SyntaxTreeNode") -> str:
        return call("strong", self.inline(node))

    def _em(self, node: "SyntaxTreeNode") -> str:
        return call("emph", self.inline(node))

    def _s(self, node: "SyntaxTreeNode") -> str:
        return call("strike", self.inline(node))

    def _code_inline(self, node: "SyntaxTreeNode") -> str:
        return call("raw", string(broken(node.content, code=True)))

    def _link(self, node: "SyntaxTreeNode") -> str:
        target = address(node.attrs.get("href", ""))
        return call("link", string(target), self.inline(node)) if target else self.inline(node)

    def _image(self, node: "SyntaxTreeNode") -> str:
        source, alt = str(node.attrs.get("src", "")), node.content
        found = self.materials.image(source)
        if found is None:
            return call("absent", string(self.materials.words("hand_in.picture_absent", name=alt or source[:80])))
        caption = self.inline(node) if alt else "none"
        return call("photo", string(self._file(*found)), string(alt), caption)

    def _math_inline(self, node: "SyntaxTreeNode") -> str:
        return self._formula(node.content, display=False)

    def _formula(self, tex: str, display: bool) -> str:
        drawn = self.materials.formula(tex, display)
        if drawn is None:
            return call("broken", string(tex.strip()), block="true" if display else "false")
        file = string(self._file(drawn.svg.encode(), "svg"))
        size = {"width": f"{drawn.width:.4f}", "height": f"{drawn.height:.4f}", "depth": f"{drawn.depth:.4f}"}
        wide = display or drawn.width > 36
        return call("displayed" if wide else "formula", file, string(tex.strip()), **size)

    def _footnote_ref(self, node: "SyntaxTreeNode") -> str:
        label = node.meta["label"]
        note, name = self.notes.get(label), f"n{self.chapters}-{list(self.notes).index(label)}"
        if note is None or label in self.open:  # a note that refers to itself
            return self.words(f"[^{label}]")
        if label in self.written:
            return call("footnote", call("label", string(name)))
        self.written.add(label)
        self.open.add(label)
        first, *more = note.children
        body = f"{self.inline(first)}\n{self.blocks(more)}" if first.type == "paragraph" else self.blocks(note.children)
        self.open.discard(label)
        return f"[#footnote({{\n{body}\n}})#label({string(name)})]"

    def _figure(self, node: "SyntaxTreeNode") -> str:
        drawn = self.materials.figure(node.content)
        if drawn is None:
            return call("absent", string(self.materials.words("hand_in.figure_absent", name=node.content[:120])))
        return call("shown", *self._views(drawn), caption=self._caption(drawn))

    def _views(self, drawn: Drawn) -> list[str]:
        parts = []
        for view in drawn.views:
            title = self._line(view.title)
            if view.svg:
                file = string(self._file(view.svg.encode(), "svg"))
                width = f"{min(view.width * PIXEL, TEXT_WIDTH):.1f}pt"
                parts.append(call("view", title, call("image", file, width=width, alt=string(view.alt))))
            else:
                header = call("table.header", *(call("strong", self._line(name)) for name in view.columns))
                cells = [self._line(cell, math=False) for row in view.rows for cell in row]
                body = call("ruled", header, *cells, columns=str(len(view.columns)))
                if view.left_out:
                    more = self.materials.words("hand_in.rows_left_out", count=view.left_out)
                    body = f"{{{body}; {string(more)}}}"
                parts.append(call("view", title, body))
        return parts

    def _caption(self, drawn: Drawn) -> str:
        return "{" + "; ".join((self._line(drawn.title), string(f" · {drawn.origin}"))) + "}"

    def _line(self, text: str, math: bool = True) -> str:
        """A text of ours with formulas in it; a token or a number as it is."""
        if not math or "$" not in text:
            return self.words(text) or '""'
        tree = parse(text)
        return self.inline(tree.children[0].children[0]) if tree.children else '""'

    def _file(self, data: bytes, ending: str) -> str:
        """Its name in the folder; what stands there already is not written twice, and Typst reads it once."""
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self.files:
            self.files[digest] = f"{len(self.files) + 1}.{ending}"
            (self.folder / self.files[digest]).write_bytes(data)
        return self.files[digest]


def _box(done: bool | None) -> str:
    return "none" if done is None else "true" if done else "false"
