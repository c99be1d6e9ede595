"""The local BERT as demos use it: its controls, what the reader typed as it reads it. Imports torch when asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from study.controls import Refusal, Slider
from study.memo import memo
from study.views import Heatmap, Key, Say

if TYPE_CHECKING:
    from models import bert

MODEL = "all-MiniLM-L6-v2"
N_LAYER, N_HEAD = 6, 12
Layer, Head = Annotated[int, Slider(0, N_LAYER - 1)], Annotated[int, Slider(0, N_HEAD - 1)]  # counted from 0


def source(layer: int | None = None, head: int | None = None) -> str:
    """The model's name for `Evidence.source`, with the layer and head that are shown: "all-MiniLM-L6-v2 L3·H1"."""
    place = "·".join(f"{letter}{n}" for letter, n in (("L", layer), ("H", head)) if n is not None)
    return f"{MODEL} {place}".rstrip()


def by_head(z: Any, title: Key, layer: int, head: int, **look: Any) -> Heatmap:
    """One number for each head, z (N_LAYER, N_HEAD): a heatmap whose cells set the controls `layer` and `head`."""
    rows, cols = [f"L{n}" for n in range(N_LAYER)], [f"H{n}" for n in range(N_HEAD)]
    chosen = {"pick": ("layer", "head"), "selected": (layer, head)}
    return Heatmap(z, rows, cols, title, x="head", y="layer", **chosen, **look)


def fits(text: str, limit: int, pair: str | None = None) -> None:
    """Raises Refusal("empty") where BERT reads nothing of the text, which may be full of characters that it drops, and
    Refusal("too_many_tokens") where text and pair have more than limit tokens, [CLS] and [SEP] included."""
    from models import bert

    try:
        if bert.load().encode(text).tokens == ["[CLS]", "[SEP]"]:
            raise Refusal("empty")
        tokens = len(bert.load().encode(text, pair).tokens)
    except bert.TooLong as error:
        tokens = error.tokens
    if tokens > limit:
        raise Refusal("too_many_tokens", tokens=tokens, limit=limit)


@memo
def traced(text: str, pair: str | None = None) -> "bert.Trace":
    """Bert.trace, shared by the demos that show the same text. Raises bert.TooLong."""
    from models import bert

    return bert.load().trace(text, pair)


def trace(text: str, limit: int) -> "bert.Trace":
    """The trace of a text of at most so many tokens. Raises Refusal("empty") and Refusal("too_many_tokens")."""
    fits(text, limit)
    return traced(text)


def unknown(tokens: Sequence[str], key: str = "unknown_pieces") -> list[Say]:
    """The notice that some tokens are [UNK], if there are any."""
    count = tokens.count("[UNK]")
    return [Say(key, count=count)] if count else []
