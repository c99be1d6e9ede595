"""Markdown as a page shows it: the theme's colours in formulas, demos as links, what a person typed as plain text."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from study.formula import INLINE, in_html
from study.look import ROLES

CHINESE = "[\u3000-\u9fff\uff00-\uffef]"
#: LaTeX colour names that notes use for roles; the theme's exact colours take their place.
ROLE_OF_COLOR = {"royalblue": "query", "chocolate": "key", "seagreen": "value", "blueviolet": "position"}


def colored(markdown: str, theme: str, typed: bool = False) -> str:
    """Markdown as the page shows it: our symbols set, then as `_formulas` says.

    typed: by a reader, whose symbols are formulas only where they say so.
    """
    return _formulas(markdown if typed else symbols(markdown), theme)


def noted(markdown: str, theme: str, drawn: Callable[[str, bool], str]) -> str:
    """As `colored`, for a text of ours on a page that reads HTML, too: what needs no KaTeX is set by itself.

    drawn: the HTML of a drawing of a formula (LaTeX; is it displayed?); "" where there is none: KaTeX sets it.
    Nothing that a person typed may come here: its HTML would be read.
    """

    def image(found: re.Match) -> str:
        tex = found[0].strip("$").strip()
        return (found[0].startswith("$") and drawn(role_colors(tex, theme), found[0].startswith("$$"))) or found[0]

    return _formulas(INLINE.sub(image, in_html(symbols(markdown))), theme)


def _formulas(markdown: str, theme: str) -> str:
    """The theme's colours in formulas; a stop after an inline one is taken into it, so that no line begins with it."""
    stop = re.compile(r"\$\$.*?\$\$|`[^`]*`|\$([^$\n]+)\$([，。；：！？、.,;:!?]?)", re.DOTALL)
    markdown = stop.sub(lambda m: f"${m[1]}\\text{{{m[2]}}}$\u200b" if m[2] else m[0], markdown)
    return role_colors(markdown, theme)


def role_colors(tex: str, theme: str) -> str:
    r"""The theme's exact role colours in place of the names in \textcolor{royalblue}{Q}."""
    return re.sub(
        r"\\textcolor\{(\w+)\}",
        lambda m: rf"\textcolor{{{ROLES[theme][ROLE_OF_COLOR[m[1]]]}}}" if m[1] in ROLE_OF_COLOR else m[0],
        tex,
    )


#: Our symbols with an index: d_k, W_Q, log_k. assets/figure/dom.js knows the same.
SYMBOL = r"(?<![a-z_])([dWMp]|log(?=_k\b))_(model|ff|[kvqhQKVOn])\b"
#: Those that labels and quizzes write as text: √d_k, W_Q. What stands in formulas, code, links and headings is left.
_SYMBOL = re.compile(
    r"\$\$.*?\$\$|\$[^$\n]+\$|```.*?```|`[^`]*`|\]\([^)]*\)|<!--.*?-->|^#.*?$"
    rf"|(√?){SYMBOL}(²?)",
    re.DOTALL | re.MULTILINE | re.ASCII,
)


def symbols(markdown: str) -> str:
    """Markdown with our symbols set as formulas: √d_k becomes $\\sqrt{d_k}$."""

    def formula(found: re.Match) -> str:
        root, letter, index, power = found.groups()
        if not letter:
            return found[0]
        letter = letter if len(letter) == 1 else f"\\{letter}"
        symbol = f"{letter}_{{\\text{{{index}}}}}" if len(index) > 1 else f"{letter}_{index}"
        symbol = f"\\sqrt{{{symbol}}}" if root else symbol
        return f"${symbol}^2$" if power else f"${symbol}$"

    return _SYMBOL.sub(formula, markdown)


def linked(markdown: str, titles: Mapping[str, str]) -> str:
    """A demo named in a note, `scaling`, becomes a link with the demo's title. titles: by demo. Beside links and behind
    a full-width mark that ends what is bold, the spaces that Markdown asks for go.
    """
    for demo, title in titles.items():
        markdown = markdown.replace(f"`{demo}`", f"[{title}](#{demo})")
    markdown = re.sub(r"([：。？！；])\*\* (?=\S)", r"**\1", markdown)  # a full-width mark has its space within itself
    return re.sub(rf"(?<={CHINESE}) (?=\[{CHINESE})|(?<={CHINESE}\]\()(#\w+\)) (?={CHINESE})", r"\1", markdown)


#: Controls, ends of lines, lone surrogates; embeddings, overrides and isolates of the text's direction.
_OUT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def plain(typed: str, longest: int = 80) -> str:
    """What a person typed, for a place that reads Markdown: as `shortened`, marks escaped."""
    return re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", shortened(typed, longest))


def shortened(typed: str, longest: int = 80) -> str:
    """What a person typed, for a place that shows text: control characters out, cut where it is long.

    Joiners and the like stay, as they belong to words; what would turn the direction of the words around goes.
    """
    shown = "".join(" " if _OUT.match(ch) else ch for ch in typed[: longest + 1])
    return shown[:longest] + "…" if len(typed) > longest else shown


def folded(text: str) -> str:
    """A text without case, width, and the marks of Markdown and formulas: "$d_k$" and "ｄ_k" are one."""
    return "".join(ch for ch in unicodedata.normalize("NFKC", text).casefold() if ch not in "$*`\\{}“”\"'")
