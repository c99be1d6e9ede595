"""Chips with marks, and lines from tokens to tokens, as the browser's own scripts draw them."""

import base64
import re
from typing import Any

from study.figures.base import Words
from study.look import Look, direction, visible
from study.views import TokenLines, Tokens

MARK = re.compile(r"\[[A-Z]+\]")  # of the model, as [CLS]: no word of the text


def tokens(view: Tokens, look: Look, words: Words) -> dict[str, Any]:
    chips = [{"text": visible(token, 24), "mark": "", "note": ""} for token in view.tokens]
    for span in view.spans:
        if span.stop - span.start == 1:
            chips[span.start] |= {"mark": span.mark, "note": words(span.hover) if span.hover else ""}
    lanes = [[[s.start, s.stop, s.mark, words(s.hover) if s.hover else ""] for s in row] for row in view.lanes()]
    legend = [[mark, words(key)] for mark, key in view.legend.items()]
    text = " ".join(token for token in view.tokens if not MARK.fullmatch(token))
    reading = direction(text)  # where the first chip stands
    return {"kind": "tokens", "tokens": chips, "lanes": lanes, "legend": legend, "dir": reading}


def token_lines(view: TokenLines, look: Look, words: Words) -> dict[str, Any]:
    n_head = len(view.names)
    colors = [_wheel(i / n_head, look) for i in range(n_head)] if n_head > 1 else [look.role("query")]
    return {
        "kind": "token_lines",
        "z": base64.b64encode(view.shown.tobytes()).decode(),
        "shape": list(view.shown.shape),
        "left": [visible(token) for token in view.left],
        "right": [visible(token) for token in view.right],
        "names": [view.names[h] for h in view.heads],
        "colors": [colors[h] for h in view.heads],
        "least": view.least,
        "focus": view.focus,
        "left_title": words(view.left_title) if view.left_title else "",
        "right_title": words(view.right_title) if view.right_title else "",
        "hover": words(view.hover) if view.hover else "",
    }


def _wheel(share: float, look: Look) -> str:
    """A colour of its own for each head: around the wheel of hues, as light as the theme asks."""
    return f"hsl({round(360 * share)}, {'65%, 42%' if look.theme == 'light' else '75%, 68%'})"
