"""Our symbols with an index, d_k and W_Q, in the labels of drawings: the index is set low."""

import re

from study.markdown import SYMBOL

_SYMBOL = re.compile(SYMBOL, re.ASCII)
LOW, INDEX = 0.25, 0.75  # an index stands so far below the line, in its own size; its size, of the letter's


def for_plotly(escaped: str) -> str:
    """An escaped text with the tags that Plotly reads."""
    return _SYMBOL.sub(r"\1<sub>\2</sub>", escaped)


def for_svg(escaped: str) -> str:
    """An escaped text for the inside of an SVG text; what follows an index stands on the line again."""
    first, *more = _SYMBOL.split(escaped)  # text, letter, index, text …
    low, back = f'dy="{LOW}em" font-size="{INDEX}em"', f'dy="-{LOW * INDEX:g}em"'
    out, end = first, ""
    for letter, index, after in zip(more[::3], more[1::3], more[2::3], strict=True):
        out += f"{letter}{end}<tspan {low}>{index}</tspan><tspan {back}>{after}"
        end = "</tspan>"
    return out + end
