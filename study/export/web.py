"""The tree of a text as one HTML file that holds everything it shows: pictures inside, no script, no request."""

import base64
from html import escape
from typing import TYPE_CHECKING

from study.export.book import Chapter, Cover
from study.export.materials import Materials
from study.export.pictures import Drawn
from study.export.text import BLOCKS, TASK, is_task_mark, parse, split, task
from study.export.tree import address, footnotes, language, softly, table
from study.words import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.tree import SyntaxTreeNode

#: Nothing is fetched and nothing runs, whatever stands in the text.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
TYPES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
PLAIN = {"strong": "strong", "em": "em", "s": "s", "bullet_list": "ul", "blockquote": "blockquote"}


def to_html(cover: Cover, chapters: "Iterable[Chapter]", materials: Materials) -> str:
    """The file's text."""
    from study.export.typeset import cover_lines

    words = materials.words
    lines = "".join(f"<p>{escape(line)}</p>" for line in cover_lines(cover, words))
    bodies, entries = [], []
    for n, chapter in enumerate(chapters, 1):
        entries.append(f'<li><a href="#c{n}">{escape(chapter.title)}</a></li>')
        body = Writer(materials, n).chapter(chapter)
        bodies.append(f'<section><h1 id="c{n}">{escape(chapter.title)}</h1>{body}</section>')
    contents = f"<nav><h2>{escape(words('hand_in.contents'))}</h2><ol>{''.join(entries)}</ol></nav>"
    style = (ROOT / "assets" / "book.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{escape(materials.lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(cover.title)}</title>'
        f"<style>{style}</style></head><body><header><p class=title>{escape(cover.title)}</p>{lines}</header>"
        f"{contents if len(bodies) > 1 else ''}<main>{''.join(bodies)}</main></body></html>"
    )


class Writer:
    """Writes one chapter. number: of the chapter, for the names of its notes."""

    def __init__(self, materials: Materials, number: int):
        self.materials, self.number = materials, number
        self.notes: dict[str, SyntaxTreeNode] = {}
        self.told: list[str] = []  # labels of notes in the order of their first mark

    def chapter(self, chapter: Chapter) -> str:
        tree = parse(self.materials.open(chapter))
        self.notes = footnotes(tree)
        body = self.inside(tree.children)
        notes, done = [], 0
        while done < len(self.told):  # a note may refer to another one
            name = f"n{self.number}-{done + 1}"
            back = f' <a href="#{name}b">↩</a>'
            notes.append(f'<li id="{name}">{self.inside(self.notes[self.told[done]].children)}{back}</li>')
            done += 1
        return body + (f'<ol class="notes">{"".join(notes)}</ol>' if notes else "")

    def inside(self, nodes: "list[SyntaxTreeNode]") -> str:
        return "".join(map(self.write, nodes))

    def write(self, node: "SyntaxTreeNode") -> str:
        if node.type in PLAIN:
            tag = PLAIN[node.type]
            return f"<{tag}>{self.inside(node.children)}</{tag}>"
        return getattr(self, f"_{node.type}", self._unknown)(node)

    def _unknown(self, node: "SyntaxTreeNode") -> str:
        return self.inside(node.children) if node.children else escape(node.content)

    def _paragraph(self, node: "SyntaxTreeNode") -> str:
        parts = []
        for part in split(node.children[0]):
            body = self.inside(part)
            parts.append(body if node.hidden or part[0].type in BLOCKS else f"<p>{body}</p>")
        return "".join(parts)

    def _heading(self, node: "SyntaxTreeNode") -> str:
        level = min(int(node.tag[1]) + 1, 6)
        return f"<h{level}>{self.inside(node.children)}</h{level}>"

    def _ordered_list(self, node: "SyntaxTreeNode") -> str:
        start = min(int(node.attrs.get("start", 1)), 10**9)
        return f'<ol start="{start}">{self.inside(node.children)}</ol>'

    def _list_item(self, node: "SyntaxTreeNode") -> str:
        done = task(node)
        if done is None:
            return f"<li>{self.inside(node.children)}</li>"
        return f'<li class="task">{"☑" if done else "☐"} {self.inside(node.children)}</li>'

    def _hr(self, node: "SyntaxTreeNode") -> str:
        return "<hr>"

    def _fence(self, node: "SyntaxTreeNode") -> str:
        return f'<pre data-language="{escape(language(node.info))}"><code>{escape(node.content)}</code></pre>'

    _code_block = _fence

    def _table(self, node: "SyntaxTreeNode") -> str:
        head, rows, aligned = table(node)
        columns = [f' class="{a}"' if a else "" for a in aligned]

        def line(tag: str, cells: list) -> str:
            pairs = zip(cells, columns, strict=True)
            return (
                "<tr>" + "".join(f"<{tag}{css}>{self.inside(cell.children)}</{tag}>" for cell, css in pairs) + "</tr>"
            )

        return f"<table><thead>{line('th', head)}</thead><tbody>{''.join(line('td', r) for r in rows)}</tbody></table>"

    def _math_block(self, node: "SyntaxTreeNode") -> str:
        return f'<div class="math">{self._formula(node.content, display=True)}</div>'

    _math_inline_double = _math_block

    def _footnote_reference(self, node: "SyntaxTreeNode") -> str:
        return "" if node.meta["label"] in self.notes else self.inside(node.children)

    def _text(self, node: "SyntaxTreeNode") -> str:
        return escape(TASK.sub("", node.content, count=1) if is_task_mark(node) else node.content)

    def _softbreak(self, node: "SyntaxTreeNode") -> str:
        return "\n" if softly(node) else ""

    def _hardbreak(self, node: "SyntaxTreeNode") -> str:
        return "<br>"

    def _code_inline(self, node: "SyntaxTreeNode") -> str:
        return f"<code>{escape(node.content)}</code>"

    def _link(self, node: "SyntaxTreeNode") -> str:
        target = address(str(node.attrs.get("href", "")))
        body = self.inside(node.children)
        return f'<a href="{escape(target)}" rel="noopener noreferrer">{body}</a>' if target else body

    def _image(self, node: "SyntaxTreeNode") -> str:
        source, alt = str(node.attrs.get("src", "")), node.content
        found = self.materials.image(source)
        if found is None:
            said = self.materials.words("hand_in.picture_absent", name=alt or source[:80])
            return f'<span class="absent">{escape(said)}</span>'
        caption = f"<small>{self.inside(node.children)}</small>" if alt else ""
        return f'<span class="photo">{_picture(*found, alt)}{caption}</span>'

    def _math_inline(self, node: "SyntaxTreeNode") -> str:
        return self._formula(node.content, display=False)

    def _formula(self, tex: str, display: bool) -> str:
        tex = tex.strip()
        drawn = self.materials.formula(tex, display)
        if drawn is None:
            return f'<code class="broken">{escape(tex)}</code>'
        size = f"width:{drawn.width:.3f}em;vertical-align:{-drawn.depth:.3f}em"
        return _picture(drawn.svg.encode(), "svg", tex, size)

    def _footnote_ref(self, node: "SyntaxTreeNode") -> str:
        label = node.meta["label"]
        if label not in self.notes:
            return escape(f"[^{label}]")
        first = label not in self.told
        if first:
            self.told.append(label)
        n = self.told.index(label) + 1
        name = f"n{self.number}-{n}"
        back = f' id="{name}b"' if first else ""
        return f'<sup{back}><a href="#{name}">{n}</a></sup>'

    def _figure(self, node: "SyntaxTreeNode") -> str:
        drawn = self.materials.figure(node.content)
        if drawn is None:
            said = self.materials.words("hand_in.figure_absent", name=node.content[:120])
            return f'<span class="absent">{escape(said)}</span>'
        views = "".join(self._view(view) for view in drawn.views)
        return f"<figure>{views}<figcaption>{self._caption(drawn)}</figcaption></figure>"

    def _view(self, view) -> str:
        title = f"<b>{self._line(view.title)}</b>" if view.title else ""
        if view.svg:
            return f"<div>{title}{_picture(view.svg.encode(), 'svg', view.alt, f'width:{view.width:.0f}px')}</div>"
        head = "".join(f"<th>{self._line(name)}</th>" for name in view.columns)
        rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in view.rows)
        more = self.materials.words("hand_in.rows_left_out", count=view.left_out) if view.left_out else ""
        return f"<div>{title}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{escape(more)}</div>"

    def _caption(self, drawn: Drawn) -> str:
        return f"{self._line(drawn.title)} · {escape(drawn.origin)}"

    def _line(self, text: str) -> str:
        """A text of ours with formulas in it."""
        if "$" not in text:
            return escape(text)
        tree = parse(text)
        return self.inside(tree.children[0].children) if tree.children else ""


def _picture(data: bytes, ending: str, alt: str, style: str = "") -> str:
    """A picture inside the file: as an image, no script in it would run."""
    source = f"data:{TYPES[ending]};base64,{base64.b64encode(data).decode()}"
    return f'<img src="{source}" alt="{escape(alt)}" style="{style}">'
