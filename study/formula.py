r"""Inline formulas that HTML sets as well as KaTeX does: letters, numbers, an index or a power, signs between them.

KaTeX makes thirty nodes of $d_k$, and a note has a hundred formulas of that kind: they were two thirds of what stood
on its page. HTML needs three, in the same faces (assets/style.css), and finding, copying and reading aloud see letters
instead of layout. Fractions, sums and hats stay KaTeX's. Spaces are nearly those of the TeXbook, chapter 18: around
relations and operations, a thin one behind commas, none in an index.
"""

import re
from functools import lru_cache
from html import escape

INLINE = re.compile(r"\$\$.*?\$\$|```.*?```|`[^`]*`|\$([^$\n]+)\$", re.DOTALL)
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.")
_NAMED = "alpha beta gamma delta varepsilon lambda mu pi rho sigma tau omega ell"
_GREEK = dict(zip(_NAMED.split(" "), "αβγδελμπρστωℓ", strict=True))
_UPRIGHT = {"Delta": "Δ", "Pi": "Π", "Phi": "Φ", "Sigma": "Σ", "infty": "∞", "dots": "…", "%": "%"}
_NAMES = {"ln", "log", "exp", "max", "min", "sin", "cos", "tanh"}
_RELATIONS = {"=": "=", "<": "<", ">": ">", "\\approx": "≈", "\\in": "∈", "\\le": "≤", "\\ge": "≥", "\\to": "→"}
_OPERATIONS = {"+": "+", "-": "−", "\\times": "×", "\\cdot": "·", "\\pm": "±"}
_FIXED = {"\\,": "\u202f", "\\;": "\u00a0", "\\ ": "\u00a0"}
_MARKS = str.maketrans({c: f"&#{ord(c)};" for c in "*_[]|:~`\\#!"})  # what Markdown would read
_WIDE, _THIN = "\u00a0", "\u202f"
#: Letters that lean out of their width: room behind them, unless an index stands there.
_FAR, _LITTLE = (re.compile(f"([{letters}])(?=</i>(?!<sub|<s>)|</sub>)") for letters in ("VY", "FMNPTUW"))
_SCRIPT = '<su(?:b|p|b class="r")>(?:<i>)?[^<]*(?:</i>)?</su[bp]>'
_BARE = re.compile(f"(?:<i>[^<]*</i>(?:{_SCRIPT})?)+")
SHORT = 16  # signs; a longer formula may be broken


class _Beyond(Exception):
    """Something that HTML does not set well."""


def in_html(markdown: str) -> str:
    """Markdown with those of its inline formulas that HTML can set as HTML; the others, and code, as they are."""
    return INLINE.sub(lambda m: (m[1] and html(m[1])) or m[0], markdown)


@lru_cache(maxsize=4096)
def html(latex: str) -> str:
    """A formula as <var>…</var>, or several that a line may be broken between; "" where it needs KaTeX.

    Letters with no more than an index or a power are <i>…</i><sub>…</sub>: there are a hundred of them on a page.
    """
    try:
        parts, rest = _row(_TOKEN.findall(latex.strip()), script=False)
    except _Beyond:
        return ""
    if rest or not parts:
        return ""
    long = sum(len(re.sub("<.*?>|&.*?;", "x", part)) for _, part in parts) > SHORT
    set_lines = (_LITTLE.sub("\\1\u200a", _FAR.sub("\\1\u2009", line)) for line in _lines(parts, long))
    return " ".join(line if _BARE.fullmatch(line) else f"<var>{line}</var>" for line in set_lines)


def _lines(parts: list[tuple[str, str]], breaks: bool) -> list[str]:
    """The parts with their spaces, cut behind each relation and each sum or difference outside of parentheses."""
    lines, line, before, depth, may_end = [], "", "", 0, False
    for kind, part in parts:
        if kind == "operation" and before in ("", "operation", "relation", "comma", "open", "name"):
            kind = "letter"  # a sign in front of a number
        gap = _gap(before, kind)
        if breaks and may_end and kind != "space":
            lines, line, gap = [*lines, line], "", ""
        depth += {"open": 1, "close": -1}.get(kind, 0)
        may_end = depth == 0 and (kind == "relation" or (kind == "operation" and part in "+−"))
        line, before = line + gap + part, kind
    return [*lines, line]


def _gap(left: str, right: str) -> str:
    if not left or "space" in (left, right):
        return ""
    if {left, right} & {"relation", "operation"}:
        return _WIDE
    if left == "comma" or (left == "name" and right not in ("open", "close", "comma")):
        return _THIN
    return _THIN if right == "name" and left in ("letter", "close") else ""


def _row(tokens: list[str], script: bool) -> tuple[list[tuple[str, str]], list[str]]:
    """(kind, HTML) of what stands up to the end or to a closing brace, and the tokens behind it. Raises _Beyond."""
    parts: list[tuple[str, str]] = []
    while tokens and tokens[0] != "}":
        token, *tokens = tokens
        if token in ("_", "^"):
            if not parts:
                raise _Beyond
            raised, tokens = _argument(tokens)
            parts[-1] = (parts[-1][0], _with_script(parts[-1][1], token, raised))
        elif not token.isspace():
            part, tokens = _atom(token, tokens)
            if parts and parts[-1][1].endswith("</i>") and part[1].startswith("<i>"):
                parts[-1] = ("letter", f"{parts[-1][1]}{part[1]}".replace("</i><i>", ""))
            else:
                parts.append(part)
    return ([("letter", part) for _, part in parts] if script else parts), tokens


def _with_script(base: str, mark: str, script: str) -> str:
    """A letter with its index or power; where it has the one, the other stands above or below it.

    Most indices are one italic letter: so is <sub> (assets/style.css), unless its class says that it is upright.
    """
    has_index = base.endswith("</sub>")
    if base.endswith(("</sup>", "</s>")) or (has_index and mark == "_"):
        raise _Beyond
    if mark == "_":
        slanted = re.fullmatch("<i>([^<]*)</i>", script)
        return base + (f"<sub>{slanted[1]}</sub>" if slanted else f'<sub class="r">{script}</sub>')
    if not has_index:
        return f"{base}<sup>{script}</sup>"
    at = base.rindex("<sub")
    return f"{base[:at]}<s><sup>{script}</sup>{base[at:]}</s>"


def _atom(token: str, tokens: list[str]) -> tuple[tuple[str, str], list[str]]:
    name = token[1:] if token[0] == "\\" else ""
    if token == "{":
        inner, rest = _row(tokens, script=True)
        if rest[:1] != ["}"]:
            raise _Beyond
        return ("letter", "".join(part for _, part in inner)), rest[1:]
    if name in ("text", "mathrm", "operatorname"):
        said, rest = _braced(tokens)
        return ("name" if name == "operatorname" else "letter", _plain(said)), rest
    if name == "sqrt" and "".join(tokens[:1]).isdigit() and len(tokens[0]) == 1:
        return ("letter", f"√<u>{tokens[0]}</u>"), tokens[1:]
    if name == "sqrt" and tokens[:1] == ["{"]:
        inner, rest = _row(tokens[1:], script=False)
        if rest[:1] != ["}"] or any("<u>" in part for _, part in inner):
            raise _Beyond
        return ("letter", f"√<u>{_lines(inner, breaks=False)[0]}</u>"), rest[1:]
    if name == "mathsf":
        tokens = tokens[1:] if "".join(tokens[:1]).isspace() else tokens
        said, rest = _braced(tokens) if tokens[:1] == ["{"] else ("".join(tokens[:1]), tokens[1:])
        return ("letter", f"<b>{_plain(said)}</b>"), rest
    for kind, known in (("relation", _RELATIONS), ("operation", _OPERATIONS), ("space", _FIXED)):
        if token in known:
            return (kind, escape(known[token])), tokens
    if name in _NAMES:
        return ("name", name), tokens
    if name in _GREEK or re.fullmatch(r"[A-Za-z]", token):
        return ("letter", f"<i>{_GREEK.get(name, token)}</i>"), tokens
    if name in _UPRIGHT or re.fullmatch(r"[\d.]+|[/!]", token):
        return ("letter", _plain(_UPRIGHT.get(name, token))), tokens
    for kind, signs in (("comma", ",;"), ("open", "(["), ("close", ")]")):
        if token in signs:
            return (kind, _plain(token)), tokens
    if token == ":":
        return ("relation", _plain(token)), tokens
    raise _Beyond


def _argument(tokens: list[str]) -> tuple[str, list[str]]:
    """What stands behind _ or ^: a group in braces, or one token."""
    if not tokens or tokens[0] in "_^}" or tokens[0].isspace():
        raise _Beyond
    if tokens[0].isdigit() and len(tokens[0]) > 1:  # TeX takes one digit
        raise _Beyond
    (_, part), rest = _atom(tokens[0], tokens[1:])
    if "<u>" in part or "<su" in part:  # an index of an index: KaTeX's sizes
        raise _Beyond
    return part, rest


def _braced(tokens: list[str]) -> tuple[str, list[str]]:
    """The text of a group in braces that holds no command, and the tokens behind it."""
    if tokens[:1] != ["{"] or "}" not in tokens:
        raise _Beyond
    end = tokens.index("}")
    if any(token[0] == "\\" for token in tokens[1:end]):
        raise _Beyond
    return "".join(tokens[1:end]), tokens[end + 1 :]


def _plain(text: str) -> str:
    return escape(text, quote=False).replace(" ", _WIDE).translate(_MARKS)
