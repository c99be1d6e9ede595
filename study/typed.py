"""What the reader typed, as the local BERT reads it: for the demos of several lessons. Imports torch when asked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from study.controls import Refusal
from study.demo import memo
from study.views import Say

if TYPE_CHECKING:
    from models import bert


def fits(text: str, limit: int, pair: str | None = None) -> None:
    """Raises Refusal("too_many_tokens") where text and pair have more than limit tokens, [CLS] and [SEP] included."""
    from models import bert

    try:
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
    """The trace of a text of at most so many tokens. Raises Refusal("too_many_tokens")."""
    fits(text, limit)
    return traced(text)


def unknown(tokens: Sequence[str], key: str = "unknown_pieces") -> list[Say]:
    """The notice that some tokens are [UNK], if there are any."""
    count = tokens.count("[UNK]")
    return [Say(key, count=count)] if count else []
