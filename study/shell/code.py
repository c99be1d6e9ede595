"""Python source of ours with coloured tokens, as HTML: Streamlit's own highlighter is a script of 1.5 MB."""

import builtins
import html
import io
import itertools
import keyword
import token
import tokenize
from collections.abc import Iterator
from functools import lru_cache

import streamlit as st

KINDS = {token.STRING: "s", token.NUMBER: "m", token.COMMENT: "c"}
KINDS |= {getattr(token, name): "s" for name in token.tok_name.values() if name.startswith("FSTRING_")}
CONSTANTS = {"True", "False", "None"}


def code(source: str) -> None:
    """Shows Python source that wraps. source: ours, not what a reader typed."""
    st.html(f'<pre class="source"><code>{marked(source)}</code></pre>')


@lru_cache(maxsize=256)
def marked(source: str) -> str:
    """The source as HTML, its tokens in spans of the classes that Pygments gives them: k (keyword), kc (constant),
    s (string), m (number), c (comment), nf (function), nc (class), nb (built-in), nd (decorator). Source that is not
    whole Python stays without them from where it breaks off.
    """
    out, at = [], 0
    for kind, start, end in _marks(source):
        if start < at:  # Python 3.12 names parts of an f-string twice where it holds {{
            continue
        out.append(html.escape(source[at:start], quote=False))
        out.append(f'<span class="{kind}">{html.escape(source[start:end], quote=False)}</span>')
        at = end
    return "".join([*out, html.escape(source[at:], quote=False)])


def _marks(source: str) -> Iterator[tuple[str, int, int]]:
    """The kind of each token that has a colour, and where in the source it begins and ends."""
    before, begins = "", [0, *itertools.accumulate(map(len, io.StringIO(source)))]
    try:
        for t in tokenize.generate_tokens(io.StringIO(source).readline):
            if kind := KINDS.get(t.type) or _of_name(t, before):
                yield kind, begins[t.start[0] - 1] + t.start[1], begins[t.end[0] - 1] + t.end[1]
            before = t.string
    except (tokenize.TokenError, IndentationError):  # a part of a file may break off within brackets
        return


def _of_name(t: tokenize.TokenInfo, before: str) -> str:
    if t.type != token.NAME:
        return "nd" if t.string == "@" and not t.line[: t.start[1]].strip() else ""
    if before in ("def", "class"):
        return "nf" if before == "def" else "nc"
    if t.string in CONSTANTS:
        return "kc"
    if keyword.iskeyword(t.string):
        return "k"
    return "nb" if before != "." and hasattr(builtins, t.string) else ""
